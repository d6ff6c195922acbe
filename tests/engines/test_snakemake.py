"""Snakemake beside `attentrack run`: the same bytes, and only what is left to do is done."""

import json
import shutil
import unittest

from support import DATA, EXPLAINED, ROOT, SMALL, SNAKEFILE, Project, checksums, needs, snakemake_jobs


@needs("snakemake")
class Snakemake(Project):
    def test_the_quickstart_has_the_bytes_of_attentrack_run(self):
        self.quickstart()
        self.attentrack("run", "config.yaml", "--outdir", "run", "--quiet")
        self.snakemake()
        self.assertSame("run", "results")

    def test_every_mode_of_training_scatters_as_it_should(self):
        runs = {
            "pooled": {"train.pooled"},
            "per-sample": {"train.sample1", "train.sample2"},
            "leave-one-sample-out": {"train.without-sample1", "train.without-sample2"},
        }
        self.quickstart(SMALL)
        for mode, trainings in runs.items():
            self.write("config.yaml", SMALL.replace("per-sample", mode))
            jobs = snakemake_jobs(self.snakemake("--cores", "2", "--dry-run"))
            self.assertEqual({job for job in jobs if job.startswith("train.")}, trainings)
            stages = ("label", "bin", "predict", "faithfulness", "track")
            per_sample = {f"{stage}.sample{n}" for stage in stages for n in (1, 2)}
            per_sample |= {f"{stage}.sample{n}.contributions" for stage in ("explain", "track") for n in (1, 2)}
            self.assertEqual(jobs - trainings, per_sample | {"tss", "split", "evaluate", "report"})
        self.snakemake()
        self.attentrack("run", "config.yaml", "--outdir", "run", "--quiet")
        self.assertSame("run", "results")

    def test_explanations_and_a_model_without_attention(self):
        self.quickstart()
        for model, config in EXPLAINED.items():
            with self.subTest(model):
                self.write("config.yaml", config)
                self.attentrack("run", "config.yaml", "--outdir", f"run/{model}", "--quiet")
                self.snakemake("--cores", "2", "--config", f"outdir={model}")
                self.assertSame(f"run/{model}", model)
                method = "deep-lift" if model == "attentive-chrome" else "contributions"
                self.assertTrue((self.dir / model / f"tracks/sample2.{method}/H3K4me3.bw").exists())
                self.assertTrue((self.dir / model / "explain/sample2.faithfulness.tsv").exists())
                self.assertEqual((self.dir / model / "graph/edges.tsv").exists(), model == "attentive-chrome")

    def test_only_what_has_changed_is_done_again(self):
        self.quickstart(SMALL)
        self.snakemake()
        again = lambda: snakemake_jobs(self.snakemake("--cores", "2", "--dry-run"))
        self.assertEqual(again(), set())
        # more cores are no change
        self.assertEqual(snakemake_jobs(self.snakemake("--cores", "1", "--dry-run")), set())
        self.edit("config.yaml", "bootstrap: 50", "bootstrap: 60")
        self.assertEqual(again(), {"evaluate", "report"})
        signal = self.dir / "signal"
        shutil.copyfile(signal / "sample1.H3K36me3.bigWig", signal / "sample2.H3K36me3.bigWig")
        changed = {"bin.sample2", "train.sample2", "predict.sample2", "faithfulness.sample2", "track.sample2", "evaluate", "report"}
        changed |= {"explain.sample2.contributions", "track.sample2.contributions"}
        self.assertEqual(again(), changed)
        self.assertEqual(snakemake_jobs(self.snakemake()), changed)
        self.assertEqual(again(), set())
        self.attentrack("run", "config.yaml", "--outdir", "run", "--quiet")
        self.assertSame("run", "results")

    def test_a_killed_run_leaves_nothing_that_the_next_one_trusts(self):
        # long enough to be killed in the middle
        self.quickstart(SMALL.replace("per-sample", "pooled").replace("epochs: 3", "epochs: 60"))
        self.attentrack("run", "config.yaml", "--outdir", "run", "--quiet")
        command = ["snakemake", "--snakefile", SNAKEFILE, "--configfile", "config.yaml", "--cores", "2"]
        model = self.dir / "results/model"
        self.killed(command, (model / "pooled.state.safetensors").exists)
        self.assertFalse((model / "pooled.model.safetensors").exists())
        self.snakemake("--unlock")
        jobs = snakemake_jobs(self.snakemake())
        self.assertIn("train.pooled", jobs)
        self.assertNotIn("bin.sample1", jobs)
        self.assertSame("run", "results")

    def test_somebody_elses_pipeline_takes_the_rules_as_a_module(self):
        for part in ("workflow", "schemas", "examples/in-your-snakemake"):
            shutil.copytree(ROOT / part, self.dir / part)
        ignore = shutil.ignore_patterns("results")
        shutil.copytree(ROOT / "examples/quickstart", self.dir / "examples/quickstart", ignore=ignore)
        mine = self.dir / "examples/in-your-snakemake"
        said = self.sh(["snakemake", "--directory", mine, "--snakefile", mine / "Snakefile", "--cores", "2"])
        self.assertIn("rule attentrack_train", said)
        self.assertEqual(len((mine / "strongest.tsv").read_text().splitlines()), 20)
        # `with:` of the example takes hold
        self.assertIn("threads: 2", said)

    def test_no_config_and_no_program_are_explained(self):
        command = ["snakemake", "--snakefile", SNAKEFILE, "--cores", "2"]
        self.assertIn("give --configfile config.yaml", self.sh(command, fails=True))
        self.quickstart()
        python = shutil.which("snakemake").rpartition("/")[0]
        said = self.snakemake(fails=True, PATH=f"{python}:/usr/bin:/bin")
        self.assertIn("attentrack is not on the PATH", said)

    @unittest.skipUnless((DATA / "pilot").is_dir(), f"no real data at {DATA / 'pilot'}")
    def test_the_pilot_regions_of_two_cell_types(self):
        pilot = (DATA / "pilot").resolve()
        marks = ["H3K27me3", "H3K36me3", "H3K4me1", "H3K4me3", "H3K9me3"]
        rows = [
            f"{sample}\t{mark}\t{pilot}/bigwig/{sample}-{mark}.pilot.pval.hg19.bigWig\t\n"
            for sample in ("E003", "E116")
            for mark in marks
        ]
        self.write("samples.tsv", "sample\tmark\tpath\tcontrol\n" + "".join(rows))
        thresholds = (DATA / "median_rpkm_thresholds.json").read_text()
        # the published regime, as tests/it/accuracy.rs has it
        self.write(
            "config.yaml",
            f"samples: samples.tsv\nannotation: {{path: {pilot}/genes.pilot.GRCh37.gtf, assembly: hg19}}\n"
            f"expression: {{path: {pilot}/expression.tsv}}\n"
            f"labels: {{method: threshold, threshold: {thresholds}}}\n"
            "split: {method: chromosome, valid_chroms: [chr5, chr7, chr14, chr19], "
            "test_chroms: [chr2, chr6, chr11, chr16, chr21]}\nmodel: {name: attentive-chrome}\ntrain: {seed: 1}\n",
        )
        self.snakemake()
        self.attentrack("run", "config.yaml", "--outdir", "run", "--quiet")
        self.assertSame("run", "results")
        metrics = json.loads((self.dir / "results/metrics.json").read_text())
        for sample in metrics["samples"]:
            auroc = sample["splits"]["test"]["auroc"]["value"]
            print(f"pilot through Snakemake: {sample['sample']} test AUROC {auroc:.4f}")
            self.assertGreater(auroc, 0.88)
        tracks = [name for name in checksums(self.dir / "results") if name.startswith("tracks/")]
        folders = {f"{sample}{of}" for sample in ("E003", "E116") for of in ("", ".contributions")}
        self.assertEqual({name.split("/")[1] for name in tracks}, folders)
        self.assertTrue(all(f"tracks/{s}/{m}.bw" in tracks for s in ("E003", "E116") for m in marks))


if __name__ == "__main__":
    unittest.main()
