#!/usr/bin/env python3
"""Kill attentrack a thousand times, and see that nothing is torn, lost or left behind.

    tests/faults/kill.py --bin target/release --kills 1000 --faults 1000 --pairs 40

--kills: SIGKILL after a random time, of a stage or (one in ten) of `attentrack run`, then the same command again.
--faults: a random system call of a stage fails (needs strace): the stage ends with 1 and a message, or all is well.
--pairs: two runs at once that write one file, each the first process of its own PID namespace (needs root).
Right: every output that is there is whole, a rerun gives the bytes of an undisturbed run, no temporary file stays.
"""

import argparse
import filecmp
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SIGNAL = "--signal H3K4me3=data/signal/sample1.H3K4me3.bam --signal H3K27me3=data/signal/sample1.H3K27me3.bam"
DATA = "--bins s.bins.safetensors"
STAGES = {
    "tss": ("--annotation data/annotation.gtf.gz --out genes.bed", ["genes.bed"]),
    "label": ("--expression data/expression.tsv --sample sample1 --out s.labels.tsv", ["s.labels.tsv"]),
    "split": ("--genes genes.bed --method random --out splits.tsv", ["splits.tsv"]),
    "bin": (f"--genes genes.bed {SIGNAL} --out s.bins.safetensors", ["s.bins.safetensors"]),
    "train": (
        f"{DATA} --labels s.labels.tsv --splits splits.tsv --bin-hidden 4 --mark-hidden 4 --epochs 3 --resume"
        " --out s.model.safetensors",
        ["s.model.safetensors", "s.history.tsv"],
    ),
    "predict": (
        f"{DATA} --model s.model.safetensors --predictions s.predictions.tsv --attention s.attention.bins.safetensors",
        ["s.predictions.tsv", "s.attention.bins.safetensors"],
    ),
    "track": (
        "--input s.attention.bins.safetensors --format bed,bigwig,tsv --all --bgzip --out-dir tracks",
        ["tracks"],
    ),
    "evaluate": (
        "--predictions s.predictions.tsv --labels s.labels.tsv --splits splits.tsv --bootstrap 50 --out metrics.json",
        ["metrics.json"],
    ),
}
CONFIG = """samples: ../data/samples.tsv
annotation: {path: ../data/annotation.gtf.gz}
expression: {path: ../data/expression.tsv}
model: {name: attentive-chrome, bin_hidden: 4, mark_hidden: 4}
train: {epochs: 3, device: cpu}
split: {method: random}
evaluate: {bootstrap: 50}
"""
CALLS = ["write", "fsync", "rename", "openat", "read", "fchmod", "flock"]
ERRORS = ["ENOSPC", "EIO", "EINTR", "EACCES"]


class Trial:
    def __init__(self, programs: Path, folder: Path):
        self.programs, self.folder = programs.resolve(), folder
        self.bad: list[str] = []
        self.done = {"kills": 0, "kills_in_time": 0, "faults": 0, "faults_met": 0, "pairs": 0}
        self.reference = folder / "reference"
        self.reference.mkdir()
        self.stage_ok(
            "simulate", "--out data --seed 3 --genes 120 --samples 1 --chroms 3 --format bam --depth 0.1"
            " --marks H3K4me3,H3K27me3", self.reference)
        for stage, (arguments, _) in STAGES.items():
            self.stage_ok(stage, arguments, self.reference)
        (self.reference / "chain").mkdir()
        (self.reference / "chain/config.yaml").write_text(CONFIG)
        self.chain = [self.programs / "attentrack", "run", "chain/config.yaml", "-q", "--threads", "2"]
        subprocess.run(self.chain, cwd=self.reference, check=True)
        self.work = folder / "work"
        self.fresh()

    def fresh(self):
        shutil.rmtree(self.work, ignore_errors=True)
        shutil.copytree(self.reference, self.work)

    def command(self, stage, arguments):
        return [self.programs / f"attentrack-{stage}", "-q", *arguments.split()]

    def stage_ok(self, stage, arguments, folder):
        subprocess.run(self.command(stage, arguments), cwd=folder, check=True, stderr=subprocess.DEVNULL)

    def remove(self, outputs):
        for name in outputs:
            path = self.work / name
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)

    def files(self, root, outputs):
        for name in outputs:
            path = root / name
            files = [path] if path.is_file() else sorted(path.rglob("*")) if path.is_dir() else []
            yield from (file.relative_to(root) for file in files if file.is_file())

    def check(self, what, outputs, all_of_them):
        """Files that are there are whole; after a rerun all are there, and nothing else is."""
        wanted = [name for name in self.files(self.reference, outputs)]
        for name in wanted:
            own = self.work / name
            # what a run notes of itself holds times
            if name.name == ".attentrack-run.json" or "pipeline_info" in name.parts:
                continue
            if own.exists() and not filecmp.cmp(self.reference / name, own, shallow=False):
                self.bad.append(f"{what}: {name} is torn")
            if all_of_them and not own.exists():
                self.bad.append(f"{what}: {name} is missing after a rerun")
        if all_of_them:
            left = [path for path in self.work.rglob(".*.tmp")]
            left += list(self.work.rglob("*.state.safetensors"))
            self.bad += [f"{what}: {path.name} is left" for path in left]
            for path in left:
                path.unlink()

    def rerun(self, what, command):
        again = subprocess.run(command, cwd=self.work, capture_output=True, text=True)
        if again.returncode != 0:
            self.bad.append(f"{what}: the rerun ends with {again.returncode}: {again.stderr}")

    def kill(self, draw, times):
        chain = draw.random() < 0.1
        stage = draw.choice(list(STAGES))
        arguments, outputs = ("", ["chain/results"]) if chain else STAGES[stage]
        command, name = (self.chain, "run") if chain else (self.command(stage, arguments), stage)
        self.remove(outputs)
        if name not in times:
            start = time.monotonic()
            subprocess.run(command, cwd=self.work, check=True, stderr=subprocess.DEVNULL)
            times[name] = time.monotonic() - start
            self.remove(outputs)
        delay = draw.uniform(0, 1.1 * times[name])
        process = subprocess.Popen(command, cwd=self.work, stderr=subprocess.DEVNULL)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        self.done["kills"] += 1
        self.done["kills_in_time"] += process.wait() == -signal.SIGKILL
        what = f"{name} killed after {delay:.4f} s"
        self.check(what, outputs, False)
        self.rerun(what, command)
        self.check(what, outputs, True)

    def fault(self, draw):
        stage = draw.choice(list(STAGES))
        arguments, outputs = STAGES[stage]
        self.remove(outputs)
        call, error, at = draw.choice(CALLS), draw.choice(ERRORS), draw.randint(1, 12)
        # the loader's own files are none of ours
        at += 10 if call in ("openat", "read") else 0
        inject = ["strace", "-f", "-qq", "-o", "trace.txt", "-e", f"trace={call}", "-e",
                  f"inject={call}:error={error}:when={at}"]
        run = subprocess.run([*inject, *self.command(stage, arguments)], cwd=self.work, capture_output=True, text=True)
        self.done["faults"] += 1
        self.done["faults_met"] += "INJECTED" in (self.work / "trace.txt").read_text()
        what = f"{stage}, {call} {at}: {error}"
        in_words = run.returncode == 1 and "error:" in run.stderr
        # a message that cannot be written is lost
        silenced = run.returncode == 1 and call == "write"
        if run.returncode != 0 and not in_words and not silenced or "panicked" in run.stderr:
            self.bad.append(f"{what}: exit {run.returncode}: {run.stderr}")
        self.check(what, outputs, run.returncode == 0)
        self.rerun(what, self.command(stage, arguments))
        self.check(what, outputs, True)

    def pair(self, at):
        ids = [f"G{i:06d}" for i in range(20000)]
        texts = []
        for version in "ab":
            bed = self.work / f"{version}.bed"
            if at == 0:
                bed.write_text("".join(f"chr1\t{100 * i}\t{100 * i + 50}\t{version}{g}\t0\t+\n" for i, g in enumerate(ids)))
            texts.append(bed)
        start = ["unshare", "--pid", "--fork", *self.command("tss", "--out pair.bed --annotation")]
        both = [subprocess.Popen([*start, text], cwd=self.work) for text in texts]
        codes = [process.wait() for process in both]
        written = (self.work / "pair.bed").read_text()
        whole = [len(written.splitlines()) == len(ids) and all(v + "G" in line for line in written.splitlines()) for v in "ab"]
        if codes != [0, 0] or sum(whole) != 1:
            self.bad.append(f"pair {at}: exits {codes}, {len(written.splitlines())} lines")
        self.done["pairs"] += 1
        self.check(f"pair {at}", [], True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, default=Path("target/release"), help="folder of the programs")
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--faults", type=int, default=0)
    parser.add_argument("--pairs", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    draw, times, start = random.Random(arguments.seed), {}, time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(arguments.bin, Path(folder))
        for _ in range(arguments.kills):
            trial.kill(draw, times)
        for _ in range(arguments.faults):
            trial.fault(draw)
        for at in range(arguments.pairs):
            trial.pair(at)
    print(*trial.bad, sep="\n", end="\n" if trial.bad else "")
    figures = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in trial.done.items() if number)
    print(f"{figures}; {len(trial.bad)} faults found; {time.monotonic() - start:.0f} s, seed {arguments.seed}")
    sys.exit(bool(trial.bad))


if __name__ == "__main__":
    main()
