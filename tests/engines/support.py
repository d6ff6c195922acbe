"""Engines, scratch projects, and what a results folder holds. Python's standard library only.

`python3 -m unittest discover -s tests/engines` runs all tests; those of an engine that is not on the
PATH are skipped by name. The programs are those of `cargo build --release`."""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SNAKEFILE = ROOT / "workflow/Snakefile"
NEXTFLOW = ROOT / "workflow/main.nf"
DATA = Path(os.environ.get("ATTENTRACK_TEST_DATA", ROOT / "../shared/data"))
os.environ["PATH"] = f"{ROOT}/target/release:{os.environ['PATH']}"

# less than the quickstart's training: enough for every stage to have work
SMALL = """samples: samples.tsv
annotation: {path: annotation.gtf.gz, biotype: [protein_coding]}
expression: {path: expression.tsv}
window: {statistic: mean, flank: 1000}
split: {valid_chroms: [chr4], test_chroms: [chr5]}
model: {name: attentive-chrome, bin_hidden: 8, mark_hidden: 4}
train: {mode: per-sample, epochs: 3, learning_rate: 0.001, seed: 1}
evaluate: {bootstrap: 50}
"""

# what the chain has besides attention: the explanations of a model with one and graphs of marks, a small model without,
# and one that is no network
EXPLAINED = {
    "attentive-chrome": SMALL + "explain: {methods: [joint-attention, deep-lift]}\n"
    + "graph: {contexts: sample, nodes: [promoter, expression], halves: 10, nulls: 2}\n",
    "deep-chrome": SMALL.replace(
        "name: attentive-chrome, bin_hidden: 8, mark_hidden: 4",
        "name: deep-chrome, filters: 4, kernel_width: 3, pool: 2, hidden: [8]",
    ).replace("flank: 1000", "flank: 1000, bin_size: 250")
    + "explain: {faithfulness: true}\n",
    "logistic-regression": SMALL.replace("attentive-chrome, bin_hidden: 8, mark_hidden: 4", "logistic-regression"),
}
# a replacement that finds nothing would leave a test that tests nothing
assert all(f"model: {{name: {name}" in config for name, config in EXPLAINED.items())


def needs(engine):
    return unittest.skipUnless(shutil.which(engine), f"{engine} is not installed (.ci/install)")


class Project(unittest.TestCase):
    """A test in a scratch folder of its own, `self.dir`."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="attentrack-")
        self.addCleanup(folder.cleanup)
        self.dir = Path(folder.name)

    def quickstart(self, config=None):
        """A copy of the quickstart's data in the scratch folder, with a configuration of its own."""
        ignore = shutil.ignore_patterns("results", ".attentrack-run.json")
        shutil.copytree(ROOT / "examples/quickstart", self.dir, ignore=ignore, dirs_exist_ok=True)
        if config:
            self.write("config.yaml", config)

    def write(self, name, text):
        (self.dir / name).parent.mkdir(parents=True, exist_ok=True)
        (self.dir / name).write_text(text)

    def edit(self, name, old, new):
        text = (self.dir / name).read_text()
        self.assertIn(old, text)
        self.write(name, text.replace(old, new))

    def sh(self, command, fails=False, timeout=600, **environment):
        """Runs a command in the scratch folder; returns what it said, both streams together."""
        done = subprocess.run(
            [str(word) for word in command],
            cwd=self.dir,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout,
            env={**os.environ, **environment},
        )
        said = f"{' '.join(map(str, command))}\n{done.stdout}"
        if fails:
            self.assertNotEqual(done.returncode, 0, said)
        else:
            self.assertEqual(done.returncode, 0, said)
        return done.stdout

    def attentrack(self, *arguments, **how):
        return self.sh(["attentrack", *arguments], **how)

    def snakemake(self, *arguments, **how):
        command = ["snakemake", "--snakefile", SNAKEFILE, "--configfile", "config.yaml"]
        return self.sh([*command, *(arguments or ["--cores", "2"])], **how)

    def nextflow(self, *arguments, **how):
        """Runs the pipeline; returns what it said."""
        return self.sh(["nextflow", "run", NEXTFLOW, "-params-file", "config.yaml", *arguments], **how)

    def nextflow_tasks(self, outdir="results"):
        """The tasks of the last run as STAGE or STAGE.ID, each with its status."""
        lines = (self.dir / outdir / "pipeline_info/trace.tsv").read_text().splitlines()
        columns = lines[0].split("\t")
        rows = [dict(zip(columns, line.split("\t"))) for line in lines[1:]]
        found = [(re.fullmatch(r"(?:\w+:)*(\w+)(?: \((.+)\))?", row["name"]), row["status"]) for row in rows]
        names = [(name[1].lower(), name[2], status) for name, status in found]
        return {stage if not id or id == "all" else f"{stage}.{id}": status for stage, id, status in names}

    def started(self, command, **environment):
        """Starts a command that writes what it says into `said`."""
        with open(self.dir / "said", "w") as said:
            child = subprocess.Popen(
                [str(word) for word in command],
                cwd=self.dir,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, **environment},
            )
        self.addCleanup(kill, child)
        return child

    def wait(self, child, when, seconds):
        """Until `when()` holds; the command must go on running until then."""
        end = time.monotonic() + seconds
        while not when():
            self.assertIsNone(child.poll(), f"ended too early:\n{self.said()}")
            self.assertLess(time.monotonic(), end, f"never came so far:\n{self.said()}")
            time.sleep(0.005)

    def said(self):
        return (self.dir / "said").read_text(errors="replace")

    def killed(self, command, when):
        """Starts a command and kills it with all its children as soon as `when()` holds."""
        child = self.started(command)
        self.wait(child, when, 200)
        kill(child)

    def assertSame(self, one, other):
        """That two results folders hold the same files with the same bytes."""
        one, other = checksums(self.dir / one), checksums(self.dir / other)
        self.assertEqual(sorted(one), sorted(other))
        self.assertEqual([name for name in one if one[name] != other[name]], [])
        self.assertTrue(one)


def kill(child):
    """With all its children; nothing where it has ended."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    child.wait()


def checksums(folder):
    """SHA-256 of every artefact below a folder; what an engine keeps for itself is none."""
    own = re.compile(r"(logs|benchmarks|pipeline_info)/|(^|/)\.|\.tmp$")
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in names
        if not own.search(name)
    }


def snakemake_jobs(said):
    """The jobs that a Snakemake run or dry run names, as STAGE or STAGE.ID."""
    jobs = set()
    for rule, block in re.findall(r"^(?:local)?rule (\w+):\n((?:    .*\n)+)", said, re.MULTILINE):
        name = re.search(r"wildcards: \w+=(\S+)", block)
        jobs.add(f"{rule}.{name[1]}" if name else rule)
    return jobs - {"all"}
