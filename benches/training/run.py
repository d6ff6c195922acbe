"""Training benchmark: attentrack beside PyTorch.

    cargo build --release && cargo build --release --bench train_step
    python3 -m venv venv && venv/bin/pip install torch numpy
    venv/bin/python benches/training/run.py

Tasks (--tasks): steps times a train step and a forward pass at several batch sizes and threads; train
times the training of a model and score the scoring of 19,802 genes, both of a cell type of full size;
ensemble times models that are trained together; stream, which is not among the defaults, makes many
samples (4.4 GB, deleted afterwards) and gives the peak memory of an epoch on all of them. Programs take turns, so that all share the
machine's moods; a ratio is the median over the rounds of PyTorch's time divided by attentrack's in the
same round. Both get the same settings of glibc's allocator, by which it keeps large buffers.
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
ALLOCATOR = {
    "MALLOC_MMAP_THRESHOLD_": "4294967296",
    "MALLOC_TRIM_THRESHOLD_": "8589934592",
    "MALLOC_TOP_PAD_": "67108864",
}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", default="steps,train,score,ensemble", help="tasks, separated by commas [all]")
    parser.add_argument("--rounds", type=int, default=5, help="times each row of steps runs [5]; the rest: 1, score: 3")
    parser.add_argument("--seconds", type=float, default=2.0, help="time that each kind of step is measured for [2]")
    parser.add_argument("--batches", default="16,64,256", help="batch sizes [16,64,256]")
    parser.add_argument("--threads", default="1,2", help="numbers of threads [1,2]")
    parser.add_argument("--genes", type=int, default=19802, help="genes of the cell type, a third of them to train on [19802]")
    parser.add_argument("--epochs", type=int, default=30, help="epochs of train [30]; PyTorch runs one, times this")
    parser.add_argument("--members", type=int, default=8, help="models of ensemble [8]")
    parser.add_argument("--samples", type=int, default=110, help="samples of stream, 40 MB each [110]")
    parser.add_argument("--data", type=Path, default=ROOT / "target" / "bench-training", help="where data is kept [target/bench-training]")
    return parser.parse_args()


def run(command: list, threads: int) -> str:
    """Runs a program with the allocator's settings and returns its standard output."""
    environment = {**os.environ, **ALLOCATOR, "OMP_NUM_THREADS": str(threads)}
    done = subprocess.run([str(part) for part in command], env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"failed: {command}\n{done.stderr}")
    return done.stdout


def peer(mode: str, threads: int, *more) -> dict:
    return json.loads(run([sys.executable, HERE / "pytorch_peer.py", mode, "--threads", threads, *more], threads))


def wall(command: list, threads: int) -> float:
    started = time.monotonic()
    run(command, threads)
    return time.monotonic() - started


def steps(args) -> None:
    program = max(ROOT.glob("target/release/deps/train_step-*[!.][!d]"), key=os.path.getmtime, default=None)
    if program is None:
        sys.exit("target/release/deps/train_step-… is missing: cargo build --release --bench train_step")
    print("\n| | batch | threads | attentrack ms | PyTorch ms | ratio | against fewest threads |\n|---|---|---|---|---|---|---|", flush=True)
    counts = list(map(int, args.threads.split(",")))
    for batch in map(int, args.batches.split(",")):
        rounds = []
        for _ in range(args.rounds):
            more = ["--batch", batch, "--seconds", args.seconds]
            ours = {n: json.loads(run([program, "--threads", n, *more], n)) for n in counts}
            rounds.append((ours, {n: peer("steps", n, *more) for n in counts}))
        for n in counts:
            for what in ("train step", "forward"):
                times = [(ours[n][what], theirs[n][what]) for ours, theirs in rounds]
                ours, theirs = (statistics.median(side) for side in zip(*times))
                ratio = statistics.median(b / a for a, b in times)
                gain = statistics.median(round[counts[0]][what] / round[n][what] for round, _ in rounds)
                print(f"| {what} | {batch} | {n} | {ours:.2f} | {theirs:.2f} | {ratio:.2f} | {gain:.2f} |", flush=True)


def stage(name: str, threads: int, *more) -> list:
    return [ROOT / "target" / "release" / f"attentrack-{name}", "--threads", threads, "--quiet", *more]


def training(folder: Path, threads: int, epochs: int, *more) -> list:
    inputs = ["--bins", folder / "x.bins.safetensors", "--labels", folder / "labels.tsv", "--splits", folder / "splits.tsv"]
    return stage("train", threads, *inputs, "--epochs", epochs, "--out", folder / "m.model.safetensors", *more)


def train(args, folder: Path) -> None:
    print(f"\n| training, {args.epochs} epochs | threads | attentrack s | PyTorch s | ratio |\n|---|---|---|---|---|", flush=True)
    for threads in map(int, args.threads.split(",")):
        theirs = args.epochs * peer("epoch", threads, "--genes", args.genes // 3)["epoch"]
        ours = wall(training(folder, threads, args.epochs), threads)
        print(f"| {args.genes // 3} genes, batch 16 | {threads} | {ours:.1f} | {theirs:.1f} | {theirs / ours:.2f} |", flush=True)


def score(args, folder: Path) -> None:
    model = folder / "m.model.safetensors"
    if not model.exists():
        run(training(folder, 2, 1), 2)
    print("\n| scoring with both attentions | threads | attentrack s | PyTorch s, without files | ratio |\n|---|---|---|---|---|", flush=True)
    files = ["--predictions", folder / "p.tsv", "--attention", folder / "a.bins.safetensors"]
    for threads in map(int, args.threads.split(",")):
        command = stage("predict", threads, "--bins", folder / "x.bins.safetensors", "--model", model, *files)
        rounds = [(wall(command, threads), peer("score", threads, "--genes", args.genes)["score"]) for _ in range(3)]
        ours, theirs = (statistics.median(round[side] for round in rounds) for side in (0, 1))
        ratio = statistics.median(b / a for a, b in rounds)
        print(f"| {args.genes} genes | {threads} | {ours:.2f} | {theirs:.2f} | {ratio:.2f} |", flush=True)


def ensemble(args, folder: Path) -> None:
    print("\n| one epoch | threads | one model s | together s | cost |\n|---|---|---|---|---|", flush=True)
    for threads in map(int, args.threads.split(",")):
        rounds = []
        for _ in range(3):
            one = wall(training(folder, threads, 1), threads)
            rounds.append((one, wall(training(folder, threads, 1, "--ensemble", args.members), threads)))
        one, many = (statistics.median(round[side] for round in rounds) for side in (0, 1))
        cost = statistics.median(many / one for one, many in rounds)
        print(f"| {args.members} models | {threads} | {one:.2f} | {many:.2f} | {cost:.2f} × one |", flush=True)


def stream(args, folder: Path) -> None:
    copies = folder / "copies"
    try:
        inputs = data.make_copies(folder, copies, args.samples)
        print("\n| one epoch | threads | GB of matrices | s | peak MB |\n|---|---|---|---|---|", flush=True)
        size = sum(path.stat().st_size for path in copies.glob("*.bins.safetensors")) / 1e9
        for threads in map(int, args.threads.split(",")):
            more = ["--splits", folder / "splits.tsv", "--epochs", 1, "--out", copies / "m.model.safetensors"]
            command = [str(part) for part in stage("train", threads, *inputs, *more)]
            started = time.monotonic()
            child = subprocess.Popen(command)
            _, status, usage = os.wait4(child.pid, 0)
            if status:
                sys.exit(f"failed: {command[:3]} …")
            print(f"| {args.samples} samples | {threads} | {size:.1f} | {time.monotonic() - started:.0f} | {usage.ru_maxrss / 1024:.0f} |", flush=True)
    finally:
        shutil.rmtree(copies, ignore_errors=True)


def main() -> None:
    args = arguments()
    folder = args.data / f"genes{args.genes}"
    data.make(folder, args.genes, 1)
    for task in args.tasks.split(","):
        if task == "steps":
            steps(args)
        else:
            {"train": train, "score": score, "ensemble": ensemble, "stream": stream}[task](args, folder)


if __name__ == "__main__":
    main()
