"""Binning benchmark: attentrack-bin beside the floor and beside every peer that is installed.

    cargo build --release && cargo build --release --bench rust_peers
    python3 -m venv venv && venv/bin/pip install numpy pyBigWig pysam pybigtools deeptools
    venv/bin/python benches/binning/run.py --scale 0.1

Makes its own data (scale 1: 4 GB, some ten minutes, kept in --data), runs the rows of each task in turn,
so that all share the machine's moods, and prints medians. Ratios of CPU seconds within one run are
what to compare; wall time depends on who else uses the machine. bedtools, featureCounts and samtools
are looked up in PATH. --slow adds what takes minutes. --check compares the matrices, bin by bin.
--tasks scaffolds is attentrack-bin alone, on 200,000 scaffolds in each format: no cost may grow with their square.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import data

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
COUNT, MEAN = ["bam1", "bam5"], ["bw1", "bw5"]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=0.02, help="size as a share of the human genome's [0.02]")
    parser.add_argument("--seed", type=int, default=1, help="seed of the data [1]")
    parser.add_argument("--rounds", type=int, default=3, help="times each row runs [3]")
    parser.add_argument("--tasks", default="bw1,bw5,bam1,bam5", help="tasks, separated by commas [all]")
    parser.add_argument("--only", default="", help="only peers whose name has one of these, separated by | [all]")
    parser.add_argument("--data", type=Path, default=ROOT / "target" / "bench-data", help="where data is kept [target/bench-data]")
    parser.add_argument("--slow", action="store_true", help="also multicov and computeMatrix, once each")
    parser.add_argument("--check", action="store_true", help="compare matrices instead of times")
    return parser.parse_args()


def attentrack(folder: Path, task: str, threads: int, out: Path) -> str:
    kind = "bw" if task in MEAN else "bam"
    marks = data.MARKS if task.endswith("5") else data.MARKS[:1]
    signals = " ".join(f"--signal {mark}={folder}/{mark}.{kind}" for mark in marks)
    return f"{ROOT}/target/release/attentrack-bin --genes {folder}/genes.bed {signals} --out {out} --sample bench --threads {threads} --quiet"


def rows(folder: Path, out: Path, task: str) -> dict:
    """Name of each row that can run here, and its command."""
    kind = "bw" if task in MEAN else "bam"
    files = [f"{folder}/{mark}.{kind}" for mark in (data.MARKS if task.endswith("5") else data.MARKS[:1])]
    joined = " ".join(files)
    rust = max(ROOT.glob("target/release/deps/rust_peers-*[!.][!d]"), key=os.path.getmtime, default=None)
    python = f"{sys.executable} {HERE}/python_peers.py"
    found = {f"attentrack-bin, {n} thread{'s' * (n > 1)}": attentrack(folder, task, n, out / f"{task}.{n}") for n in (1, 2)}

    def peer(name, needs, command):
        if needs:
            found[name] = command

    def module(name):
        return subprocess.run([sys.executable, "-c", f"import {name}"], capture_output=True).returncode == 0

    def each(command):
        return " && ".join(command.format(f=file, name=Path(file).name) for file in files)

    if task in MEAN:
        peer("floor: inflate the touched blocks", rust, f"{rust} floor-bigwig {folder}/windows.bed {joined}")
        peer("bigtools crate, a query a window", rust, f"{rust} bigtools {folder}/windows.bed {joined}")
        peer("bigtools crate, windows merged, blocks kept", rust, f"{rust} bigtools-cached {folder}/windows.bed {joined}")
        for name in ("pybigtools", "pyBigWig"):
            peer(f"{name}, a query a window", module(name), f"{python} {name} {folder}/windows.bed {out}/{name}.npy {joined}")
        matrix = Path(sys.executable).with_name("computeMatrix")
        peer("slow: deepTools computeMatrix", matrix.exists(), f"{matrix} reference-point -S {joined} -R {folder}/genes.bed -a 5000 -b 5000 -bs 100 --missingDataAsZero --sortRegions keep -p 1 -q -o {out}/deeptools.gz")
    else:
        peer("floor: inflate the touched blocks", rust, f"{rust} floor-bam {folder}/windows.bed {joined}")
        peer("noodles, the whole file streamed", rust, f"{rust} noodles {folder}/windows.bed {joined}")
        bedtools = shutil.which("bedtools")
        peer("bedtools intersect -c -sorted", bedtools, each(f"bedtools intersect -c -sorted -g {folder}/chrom.sizes -a {folder}/bins.sorted.bed -b {{f}} > {out}/intersect.{{name}}"))
        peer("featureCounts -O", shutil.which("featureCounts"), f"featureCounts -F SAF -a {folder}/bins.saf -O --minOverlap 1 -T 1 -o {out}/featureCounts {joined}")
        peer("pysam, a fetch a window", module("pysam"), f"{python} pysam {folder}/windows.bed {out}/pysam.npy {joined}")
        peer("slow: bedtools multicov", bedtools, f"bedtools multicov -bams {joined} -bed {folder}/bins.bed > {out}/multicov")
    return found


def scaffolds(args) -> None:
    """CPU seconds, wall seconds and memory on an assembly of 200,000 scaffolds, 20,000 of them with a gene."""
    folder = args.data / "scaffolds"
    data.make_scaffolds(folder)
    print("| 200,000 scaffolds | CPU s | wall s | peak MB |\n|---|---|---|---|")
    for kind in ("bedgraph", "tagAlign", "bw", "bam", "cram"):
        command = f"{ROOT}/target/release/attentrack-bin --genes {folder}/genes.bed --signal M={folder}/m.{kind} --reference {folder}/genome.fa --flank 100 --bin-size 100 --out {folder}/out.{kind} --threads 1 --quiet"
        runs = [measure(command) for _ in range(args.rounds)]
        wall, cpu, peak = (statistics.median(run[at] for run in runs) for at in range(3))
        print(f"| {kind} | {cpu:.2f} | {wall:.2f} | {peak:.0f} |", flush=True)


def measure(command: str) -> tuple:
    """Wall seconds, CPU seconds of all children, peak memory of the largest in MB (not below this
    script's own 40 MB, which a child starts with)."""
    started = time.monotonic()
    child = subprocess.Popen(["bash", "-c", f"exec >/dev/null 2>&1; {command}"])
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        sys.exit(f"failed: {command}")
    return time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def compare(args, folder: Path, out: Path) -> None:
    for task in args.tasks.split(","):
        commands = {name: row for name, row in rows(folder, out, task).items() if not args.only or any(part in name for part in args.only.split("|"))}
        for file in folder.glob("*.bw" if task in MEAN else "*.bam"):
            with open(file, "rb") as content:  # into the page cache
                while content.read(1 << 20):
                    pass
        results = {}
        for turn in range(args.rounds):
            for name, command in commands.items():
                slow = name.startswith("slow")
                if (slow and not args.slow) or (slow and turn > 0):
                    continue
                if turn == 0 and name.startswith("floor"):
                    measure(command)  # makes its list of blocks
                results.setdefault(name, []).append(measure(command))
                print(f"{task} {name}: {results[name][-1]}", file=sys.stderr, flush=True)
        ours = statistics.median(cpu for _, cpu, _ in results["attentrack-bin, 1 thread"])
        print(f"\n| {task} | CPU s | × attentrack | wall s | peak MB |\n|---|---|---|---|---|")
        for name, runs in sorted(results.items(), key=lambda row: statistics.median(run[1] for run in row[1])):
            wall, cpu, peak = (statistics.median(run[at] for run in runs) for at in range(3))
            print(f"| {name} | {cpu:.2f} | {cpu / ours:.2f} | {wall:.2f} | {peak:.0f} |", flush=True)


def read_matrix(path: Path):
    """The values [gene, mark, bin] of a matrix file (safetensors: a length, a JSON header, the tensors)."""
    import numpy as np

    content = path.read_bytes()
    size = int.from_bytes(content[:8], "little")
    tensor = json.loads(content[8 : 8 + size])["values"]
    begin, end = tensor["data_offsets"]
    return np.frombuffer(content[8 + size + begin : 8 + size + end], "<f4").reshape(tensor["shape"])


def check(args, folder: Path, out: Path) -> None:
    """Every bin of one file against pyBigWig's values, or against pysam's reads and bedtools multicov."""
    import numpy as np

    for task in [task for task in args.tasks.split(",") if task.endswith("1")]:
        commands = rows(folder, out, task)
        for threads in (1, 2):
            measure(commands[f"attentrack-bin, {threads} thread{'s' * (threads > 1)}"])
        if (out / f"{task}.1").read_bytes() != (out / f"{task}.2").read_bytes():
            sys.exit(f"{task}: one and two threads differ")
        ours = read_matrix(out / f"{task}.1")[:, 0]
        for name in [name for name in commands if name.startswith(("pyBigWig", "pysam", "slow: bedtools multicov"))]:
            measure(commands[name])
            if "multicov" in name:
                theirs = np.loadtxt(out / "multicov", np.float32, usecols=4, delimiter="\t").reshape(ours.shape)
            else:
                theirs = np.load(out / f"{name.split(',')[0]}.npy")[:, 0]
            error = np.abs(theirs - ours) / np.maximum(np.abs(theirs), 1e-9)
            print(f"{task}: {name}: largest relative difference {error.max():.1e} over {ours.size} bins")


def main() -> None:
    args = arguments()
    if args.tasks == "scaffolds":
        return scaffolds(args)
    folder = args.data / f"scale{args.scale:g}_seed{args.seed}"
    data.make(folder, args.scale, args.seed)
    out = folder / "out"
    out.mkdir(exist_ok=True)
    (check if args.check else compare)(args, folder, out)


if __name__ == "__main__":
    main()
