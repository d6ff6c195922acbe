"""Snakemake and Nextflow on a real Slurm of three nodes (.ci/slurm), one of which loses its power while
it trains. Training and prediction ask for a GPU, which two of the nodes have by name."""

import os
import shutil
import subprocess
import unittest

from support import NEXTFLOW, ROOT, SMALL, SNAKEFILE, Project, needs

SLURM = ROOT / ".ci/slurm"

# `attentrack plan` of a build for GPUs: it lets training, prediction and explanation ask for one, and yet they
# compute without
PLAN_OF_A_GPU_BUILD = """#!/usr/bin/env python3
import json, subprocess, sys
arguments = sys.argv[1:]
if arguments[:1] != ["plan"]:
    sys.exit(subprocess.call(["{real}", *arguments]))
config = sys.stdin.read()
assert "cuda" in config
out = None
if "--out" in arguments:
    at = arguments.index("--out")
    _, out = arguments[at : at + 2]
    del arguments[at : at + 2]
done = subprocess.run(
    ["{real}", *arguments], input=config.replace("cuda", "cpu"), stdout=subprocess.PIPE, text=True
)
if done.returncode != 0:
    sys.exit(done.returncode)
plan = json.loads(done.stdout)
for step in plan["steps"]:
    step["needs_gpu"] = step["stage"] in ("train", "predict", "explain", "faithfulness")
print(json.dumps(plan), file=open(out, "w") if out else sys.stdout)
"""


@unittest.skipUnless(os.geteuid() == 0, "a Slurm of one's own needs root")
@needs("slurmctld")
class Slurm(Project):
    def setUp(self):
        super().setUp()
        self.addCleanup(subprocess.run, [SLURM, "stop"], check=False)
        start = subprocess.run([SLURM, "start"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if start.returncode != 0:
            self.skipTest(f"no Slurm can be started here: {start.stdout[-2000:]}")
        # a training that lasts some seconds
        config = SMALL.replace("per-sample", "pooled").replace("epochs: 3", "epochs: 60")
        self.quickstart(config)
        self.attentrack("run", "config.yaml", "--outdir", "run", "--quiet")
        self.edit("config.yaml", "seed: 1", "seed: 1, device: cuda")
        self.write("bin/attentrack", PLAN_OF_A_GPU_BUILD.replace("{real}", shutil.which("attentrack")))
        (self.dir / "bin/attentrack").chmod(0o755)
        self.path = f"{self.dir}/bin:{os.environ['PATH']}"

    def jobs(self):
        """State, node and requested GPU of every job so far."""
        lines = self.sh(["squeue", "--noheader", "--states=all", "--format=%T|%N|%b"]).splitlines()
        return [line.split("|") for line in lines]

    def a_node_dies_while_it_trains(self, command, state):
        """Runs a command, kills the node that trains as soon as the file `state` (a pattern) is there, and
        lets the command end."""
        child = self.started(command, PATH=self.path)
        self.wait(child, lambda: any(self.dir.glob(state)), 240)
        [node] = [node for job, node, gpu in self.jobs() if job == "RUNNING"]
        self.sh([SLURM, "kill", node])
        self.assertEqual(child.wait(timeout=400), 0, self.said())
        jobs = self.jobs()
        lost = [job for job, of, gpu in jobs if of == node and gpu == "gres:gpu:1"]
        # a job that was cancelled meanwhile stays in completion until its dead node is given up
        self.assertIn(lost, (["NODE_FAIL"], ["COMPLETING"]), jobs)
        done = [(node, gpu) for job, node, gpu in jobs if job == "COMPLETED"]
        # label, bin, predict, explain, faithfulness, and two tracks of two samples; tss, split, train, evaluate, report
        self.assertEqual(len(done), 19, jobs)
        self.assertGreaterEqual(len({node for node, _ in done}), 2)
        with_gpu = [node for node, gpu in done if gpu == "gres:gpu:1"]
        self.assertEqual(len(with_gpu), 7, jobs)
        self.assertLessEqual(set(with_gpu), {"n2", "n3"} - {node})
        self.assertEqual({gpu for _, gpu in done} - {"gres:gpu:1"}, {"N/A"})
        self.assertSame("run", "results")
        print(f"{self.id()}: {len(done)} jobs on {len({n for n, _ in done})} nodes, one after {node} was lost")

    @needs("snakemake")
    def test_snakemake_outlives_a_node(self):
        profile = ROOT / "workflow/profiles/slurm"
        command = ["snakemake", "--snakefile", SNAKEFILE, "--configfile", "config.yaml"]
        command += ["--workflow-profile", profile, "--max-threads", "2"]
        command += ["--default-resources", "slurm_partition=test", "--slurm-no-account"]
        command += ["--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "2"]
        command += ["--seconds-between-status-checks", "2"]
        self.a_node_dies_while_it_trains(command, "results/model/pooled.state.safetensors")

    @needs("nextflow")
    def test_nextflow_outlives_a_node(self):
        self.write(
            "site.config",
            "process.queue = 'test'\nprocess.resourceLimits = [cpus: 2]\n"
            "executor {\n    queueStatInterval = '2 s'\n    pollInterval = '1 s'\n    exitReadTimeout = '5 s'\n}\n",
        )
        command = ["nextflow", "run", NEXTFLOW, "-params-file", "config.yaml", "-profile", "slurm", "-c", "site.config"]
        self.a_node_dies_while_it_trains(command, "work/*/*/pooled.state.safetensors")


if __name__ == "__main__":
    unittest.main()
