"""Nextflow beside `attentrack run`: the same bytes, and only what is left to do is done."""

import os
import re
import shutil
import unittest

from support import EXPLAINED, NEXTFLOW, ROOT, SMALL, Project, needs

CONTRIBUTIONS = {f"{stage}.sample{n}.contributions" for stage in ("explain", "track") for n in (1, 2)}
STAGES = {"tss", "split", "evaluate", "report"} | CONTRIBUTIONS | {
    f"{stage}.sample{n}" for stage in ("label", "bin", "predict", "faithfulness", "track") for n in (1, 2)
}


@needs("nextflow")
class Nextflow(Project):
    def test_the_quickstart_has_the_bytes_of_attentrack_run_and_is_cached(self):
        self.quickstart()
        self.attentrack("run", "config.yaml", "--outdir", "run", "--quiet")
        self.nextflow()
        self.assertSame("run", "results")
        self.nextflow("-resume")
        everything = STAGES | {"plan", "train.pooled"}
        self.assertEqual(self.nextflow_tasks(), dict.fromkeys(everything, "CACHED"))
        self.assertSame("run", "results")
        versions = (self.dir / "results/pipeline_info/attentrack_mqc_versions.yml").read_text()
        version = self.attentrack("--version").split()[1]
        self.assertIn(f"TRAIN:\n    attentrack: {version}\n", versions)

    def test_explanations_and_a_model_without_attention(self):
        self.quickstart()
        per_sample = lambda *steps: {f"{stage}.sample{n}{name}" for stage, name in steps for n in (1, 2)}
        trained = STAGES | {"plan", "train.sample1", "train.sample2"}
        deep_lift = per_sample(("explain", ".deep-lift"), ("track", ".deep-lift"))
        attention = per_sample(("explain", ".joint-attention"), ("track", ".joint-attention"))
        expected = {
            "deep-chrome": trained - per_sample(("track", "")),
            "logistic-regression": trained - per_sample(("track", "")),
            "attentive-chrome": (trained - CONTRIBUTIONS) | deep_lift | attention | {"graph"},
        }
        for model, config in EXPLAINED.items():
            with self.subTest(model):
                self.write("config.yaml", config)
                self.attentrack("run", "config.yaml", "--outdir", f"run/{model}", "--quiet")
                self.nextflow("--outdir", f"stub/{model}", "-stub")
                self.nextflow("--outdir", model)
                self.assertEqual(set(self.nextflow_tasks(model)), expected[model])
                self.assertEqual(set(self.nextflow_tasks(f"stub/{model}")), expected[model])
                self.assertSame(f"run/{model}", model)

    def test_a_step_without_a_process_is_named(self):
        self.quickstart(SMALL)
        self.attentrack("plan", "config.yaml", "--out", "plan.json")
        self.edit("plan.json", '"stage": "report"', '"stage": "oracle"')
        # an attentrack of the future, whose plan has a stage that these modules do not
        self.write("bin/attentrack", "#!/bin/sh\ncase $1 in plan) cp %s plan.json ;; *) echo attentrack 9.9.9 ;; esac\n" % (self.dir / "plan.json"))
        (self.dir / "bin/attentrack").chmod(0o755)
        said = self.nextflow(fails=True, PATH=f"{self.dir}/bin:{os.environ['PATH']}")
        self.assertIn("attentrack-oracle is not in the Nextflow workflow", said)

    def test_only_what_has_changed_is_done_again(self):
        self.quickstart(SMALL)
        self.nextflow()
        self.edit("config.yaml", "bootstrap: 50", "bootstrap: 60")
        self.nextflow("-resume")
        done = {task for task, status in self.nextflow_tasks().items() if status == "COMPLETED"}
        self.assertEqual(done, {"plan", "evaluate", "report"})
        signal = self.dir / "signal"
        shutil.copyfile(signal / "sample1.H3K36me3.bigWig", signal / "sample2.H3K36me3.bigWig")
        self.nextflow("-resume")
        done = {task for task, status in self.nextflow_tasks().items() if status == "COMPLETED"}
        self.assertEqual(done, {"bin.sample2", "train.sample2", "predict.sample2", "faithfulness.sample2", "track.sample2", "evaluate", "report"} | {
            step for step in CONTRIBUTIONS if "sample2" in step
        })
        self.attentrack("run", "config.yaml", "--outdir", "run", "--quiet")
        self.assertSame("run", "results")

    def test_a_killed_run_leaves_nothing_that_the_next_one_trusts(self):
        self.quickstart(SMALL.replace("per-sample", "pooled").replace("epochs: 3", "epochs: 60"))
        self.attentrack("run", "config.yaml", "--outdir", "run", "--quiet")
        command = ["nextflow", "run", NEXTFLOW, "-params-file", "config.yaml"]
        self.killed(command, lambda: any(self.dir.glob("work/*/*/pooled.state.safetensors")))
        self.assertFalse(any(self.dir.glob("work/*/*/pooled.model.safetensors")))
        self.nextflow("-resume")
        tasks = self.nextflow_tasks()
        self.assertEqual((tasks["bin.sample1"], tasks["train.pooled"]), ("CACHED", "COMPLETED"))
        self.assertSame("run", "results")

    def test_leave_one_sample_out_and_stubs(self):
        self.quickstart(SMALL.replace("per-sample", "leave-one-sample-out"))
        self.nextflow("-stub")
        trainings = {"train.without-sample1", "train.without-sample2"}
        self.assertEqual(set(self.nextflow_tasks()), STAGES | trainings | {"plan"})
        self.assertEqual((self.dir / "results/metrics.json").read_bytes(), b"")
        self.nextflow()
        self.attentrack("run", "config.yaml", "--outdir", "run", "--quiet")
        shutil.rmtree(self.dir / "results/tracks")  # the stubs' files have other names
        self.nextflow("-resume")
        self.assertSame("run", "results")

    def test_the_linter_finds_nothing(self):
        said = self.sh(["nextflow", "lint", ROOT / "workflow"])
        self.assertRegex(said, r"✅ \d\d files had no errors")
        self.assertEqual(re.findall(r"^(?:Warn|Error).*", said, re.MULTILINE), [])

    def test_somebody_elses_pipeline_takes_the_modules(self):
        said = self.sh(["nextflow", "run", ROOT / "examples/in-your-nextflow/main.nf"])
        self.assertIn("ATTENTRACK_BIN: attentrack", said)
        for sample in ("sample1", "sample2"):
            strongest = (self.dir / f"results/{sample}.strongest.tsv").read_text().splitlines()
            self.assertEqual(len(strongest), 20)
            self.assertTrue((self.dir / f"results/tracks/{sample}/H3K36me3.bw").exists())
        said = self.sh(["nextflow", "lint", ROOT / "examples/in-your-nextflow"])
        self.assertEqual(re.findall(r"^(?:Warn|Error).*", said, re.MULTILINE), [])

    def test_what_the_modules_say_of_themselves(self):
        for module in (ROOT / "workflow/modules").iterdir():
            script, meta = (module / "main.nf").read_text(), (module / "meta.yml").read_text()
            inputs, outputs = meta.split("\ninput:\n")[1].split("\ntopics:\n")[0].split("\noutput:\n")
            with self.subTest(module.name):
                self.assertIn(f"process {module.name.upper()} {{", script)
                self.assertEqual(re.findall(r"emit: (\w+)", script), re.findall(r"^  (\w+):", outputs, re.MULTILINE))
                declared = re.findall(r"(?:val|path)[ (](\w+)", script.split("input:")[1].split("output:")[0])
                self.assertEqual(declared, re.findall(r"^(?:  - |  - - |    - )(\w+):", inputs, re.MULTILINE))

    def test_no_config_is_explained(self):
        said = self.sh(["nextflow", "run", NEXTFLOW], fails=True)
        self.assertIn("give -params-file config.yaml", said)


if __name__ == "__main__":
    unittest.main()
