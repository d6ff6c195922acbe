"""DeepMotif's networks: a training step beside PyTorch, in turns, on one thread.

    cargo build --release --bench train_step
    VENV/bin/python benches/sequence/run.py [--rounds 5] [--length 101]

A ratio is the median over the rounds of PyTorch's time divided by attentrack's in the same round. Needs torch and numpy.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
# glibc keeps large buffers for both
ENVIRONMENT = {
    **os.environ,
    "OMP_NUM_THREADS": "1",
    "RAYON_NUM_THREADS": "1",
    "MALLOC_MMAP_THRESHOLD_": "4294967296",
    "MALLOC_TRIM_THRESHOLD_": "8589934592",
    "MALLOC_TOP_PAD_": "67108864",
}


def milliseconds(command: list) -> float:
    done = subprocess.run([str(part) for part in command], env=ENVIRONMENT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["train step"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--length", type=int, default=101)
    parser.add_argument("--seconds", type=float, default=4.0)
    args = parser.parse_args()
    program = max(ROOT.glob("target/release/deps/train_step-*[!.][!d]"), key=os.path.getmtime, default=None)
    if program is None:
        sys.exit("target/release/deps/train_step-… is missing: cargo build --release --bench train_step")
    print("| network | attentrack ms | PyTorch ms | ratio |\n|---|---|---|---|")
    for model in ("deep-motif-cnn", "deep-motif-rnn", "deep-motif-cnn-rnn"):
        more = ["--length", args.length, "--seconds", args.seconds]
        rounds = [
            (
                milliseconds([program, "--model", model, "--batch", 256, "--threads", 1, *more]),
                milliseconds([sys.executable, HERE / "pytorch.py", "steps", model, *more]),
            )
            for _ in range(args.rounds)
        ]
        ours, theirs = (statistics.median(times) for times in zip(*rounds))
        ratio = statistics.median(other / own for own, other in rounds)
        print(f"| `{model}` | {ours:.1f} | {theirs:.1f} | {ratio:.2f} |", flush=True)


if __name__ == "__main__":
    main()
