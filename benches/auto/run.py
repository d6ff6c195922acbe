"""Time and peak memory of `--model auto` on one simulated sample of full size, and of its contributions.

    cargo build --release
    python3 benches/auto/run.py

Makes genes with five marks, windows and bodies (attentrack-simulate), trains `auto` on them, and explains all of them.
Needs nothing but the programs.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
MARKS = ["H3K27me3", "H3K36me3", "H3K4me1", "H3K4me3", "H3K9me3"]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--genes", type=int, default=18000, help="genes of the sample [18000]")
    parser.add_argument("--threads", type=int, default=2, help="threads [2]")
    parser.add_argument("--data", type=Path, default=ROOT / "target" / "bench-auto", help="where data is kept [target/bench-auto]")
    return parser.parse_args()


def run(name: str, threads: int, *more) -> tuple:
    """Runs a stage; returns seconds, of the clock and of the processor, and its peak memory in MB."""
    command = [ROOT / "target" / "release" / f"attentrack-{name}", "--quiet", "--threads", threads, *more]
    started = time.monotonic()
    child = subprocess.Popen([str(part) for part in command])
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        sys.exit(f"failed: {command[0]}")
    return time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def make(folder: Path, genes: int, threads: int) -> None:
    if (folder / "x.bins.safetensors").exists():
        return
    project = folder / "project"
    run("simulate", threads, "--out", project, "--seed", 7, "--genes", genes, "--samples", 1, "--chroms", 8, "--planted", "body", "--format", "bigwig")
    run("tss", 1, "--annotation", project / "annotation.gtf.gz", "--biotype", "protein_coding", "--out", folder / "genes.bed")
    run("label", 1, "--expression", project / "expression.tsv", "--sample", "sample1", "--genes", folder / "genes.bed", "--out", folder / "labels.tsv")
    run("split", 1, "--genes", folder / "genes.bed", "--out", folder / "splits.tsv")
    signals = [part for mark in MARKS for part in ("--signal", f"{mark}={project}/signal/sample1.{mark}.bigWig")]
    run("bin", threads, "--genes", folder / "genes.bed", *signals, "--body", "--out", folder / "x.bins.safetensors")


def main() -> None:
    args = arguments()
    folder = args.data / f"genes{args.genes}"
    folder.mkdir(parents=True, exist_ok=True)
    make(folder, args.genes, args.threads)
    bins, model = ["--bins", folder / "x.bins.safetensors"], folder / "m.model.safetensors"
    inputs = [*bins, "--labels", folder / "labels.tsv", "--splits", folder / "splits.tsv", "--out", model]
    print("| `auto` | threads | s | processor s | peak MB |\n|---|---|---|---|---|", flush=True)
    steps = [
        (f"training, {args.genes} genes", "train", [*inputs, "--model", "auto"]),
        (f"contributions, {args.genes} genes", "explain", [*bins, "--model", model, "--out", folder / "c.bins.safetensors"]),
    ]
    for what, name, more in steps:
        clock, processor, memory = run(name, args.threads, *more)
        print(f"| {what} | {args.threads} | {clock:.0f} | {processor:.0f} | {memory:.0f} |", flush=True)


if __name__ == "__main__":
    main()
