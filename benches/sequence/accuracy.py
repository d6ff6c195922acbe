"""Accuracy, time and memory of the models of DNA on sets of sequences, through the stages.

    cargo build --release
    git clone https://github.com/QData/FastSK
    python3 benches/sequence/accuracy.py --sets FastSK/data --names EP300,CTCF,TP53,KAT2B,ZZZ3,EP300_47848

A set is NAME.train.fasta and NAME.test.fasta with labels for headers. Validation is a fifth of the training sequences, drawn in groups that share
40 letters; the test set is looked at once, by attentrack-evaluate. Several --words are a choice: the pair of --kmer-length and
--mismatches with the best validation AUROC is shown, and chosen by nothing else. Seconds are of the training's CPU, megabytes its
largest memory. With --together the training sequences of all sets are one, for the time and memory of many.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
MODELS = "auto,gapped-kmer-svm,kmer-regression,dinucleotides,gc-content"


def run(stage: str, *arguments) -> tuple[str, float, float]:
    """The log of a stage, its CPU seconds and its largest memory in MB."""
    command = [ROOT / "target" / "release" / f"attentrack-{stage}", *map(str, arguments)]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, stderr=log, stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        log.seek(0)
        text = log.read().decode()
    if status:
        sys.exit(f"failed: {command}\n{text}")
    return text, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def measure(folder: Path, files: list, models: list, words: list, threads: int) -> list:
    fasta = [part for file in files for part in ("--fasta", file)]
    matrix, labels, splits = (folder / name for name in ("x.bins.safetensors", "l.tsv", "s.tsv"))
    run("bin", *fasta, "--out", matrix)
    run("label", *fasta, "--out", labels)
    log, *_ = run("split", *fasta, "--valid-fraction", 0.2, "--seed", 1, "--out", splits)
    leak = re.search(r"test: .*?\(([\d.]+) %\) share", log)
    rows = []
    for model in models:
        best = None
        for length, mismatches in words if model == "gapped-kmer-svm" else [(None, None)]:
            chosen = ["--kmer-length", length, "--mismatches", mismatches] if length else []
            out, table, metrics = (folder / name for name in ("m.model.safetensors", "p.tsv", "e.json"))
            _, seconds, megabytes = run(
                "train", "--bins", matrix, "--labels", labels, "--splits", splits, "--model", model, *chosen, "-t", threads, "--out", out
            )
            run("predict", "--bins", matrix, "--model", out, "--predictions", table)
            run("evaluate", "--predictions", table, "--labels", labels, "--splits", splits, "--out", metrics)
            found = json.loads(metrics.read_text())["pooled"]["splits"]
            valid, test = found["valid"]["auroc"]["value"], found["test"]["auroc"]
            name = f"{model} {length},{mismatches}" if length else model
            interval = f"{test['value']:.4f} [{test['low']:.3f}, {test['high']:.3f}]"
            if best is None or valid > best[0]:
                best = (valid, [name, f"{valid:.4f}", interval, f"{seconds:.1f}", f"{megabytes:.0f}", leak.group(1) if leak else "0"])
        rows.append(best[1])
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=Path, required=True, help="folder of NAME.train.fasta and NAME.test.fasta")
    parser.add_argument("--names", required=True, help="sets, separated by commas")
    parser.add_argument("--models", default=MODELS, help=f"[{MODELS}]")
    parser.add_argument("--words", default="11:4", help="pairs of --kmer-length:--mismatches that are tried [11:4]")
    parser.add_argument("--threads", type=int, default=1, help="[1]")
    parser.add_argument("--together", action="store_true", help="all sets as one, tested on the last one's test set")
    options = parser.parse_args()
    names = options.names.split(",")
    words = [tuple(map(int, pair.split(":"))) for pair in options.words.split(",")]
    sets = {name: [options.sets / f"{name}.{part}.fasta" for part in ("train", "test")] for name in names}
    if options.together:
        training = [options.sets / f"{name}.train.fasta" for name in names]
        sets = {"all": [*training, options.sets / f"{names[-1]}.test.fasta"]}
    print("set\tmodel\tvalid_auroc\ttest_auroc\tcpu_s\tmb\ttest_sharing_40_letters_%")
    for name, files in sets.items():
        with tempfile.TemporaryDirectory() as folder:
            for row in measure(Path(folder), files, options.models.split(","), words, options.threads):
                print("\t".join([name, *row]), flush=True)


if __name__ == "__main__":
    main()
