"""Kernel benchmark: attentrack-kernel beside FastSK's exact mode and GaKCo, one thread each.

    cargo build --release
    git clone https://github.com/QData/GaKCo-SVM && g++ -O3 -std=c++11 -pthread GaKCo-SVM/src/GaKCo.cpp -o gakco
    git clone https://github.com/QData/FastSK && pip install ./FastSK
    python3 benches/kernel/run.py --fasta EP300.train.fasta --fasta EP300.test.fasta --gakco ./gakco \\
      --dictionary GaKCo-SVM/data/dna.dictionary.txt

GaKCo's own Makefile compiles without -O, which makes it 2.4 times slower still. A task is a number of mismatches at
k = 6. Programs take turns; a ratio is the median over the rounds of the peer's CPU seconds divided by attentrack's in
the same round. attentrack writes a NumPy array, GaKCo a table of text; FastSK keeps its matrix in memory.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FASTSK = """
import sys
from fastsk import FastSK
g, m, *files = sys.argv[1:]
lines = [line.strip().upper() for file in files for line in open(file) if not line.startswith(">")]
rows = [["ACGT".find(letter) + 1 or 5 for letter in line] for line in lines]
half = len(rows) // 2
FastSK(g=int(g), m=int(m), t=1, approx=False).compute_kernel(rows[:half], rows[half:])
"""


def cpu_seconds(command: list) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"failed: {command}\n{done.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fasta", type=Path, action="append", required=True, help="sequences, one line each")
    parser.add_argument("--gakco", type=Path, help="GaKCo, compiled with -O3 [not run]")
    parser.add_argument("--dictionary", type=Path, help="GaKCo's dna.dictionary.txt")
    parser.add_argument("--mismatches", default="1,2,3,4", help="tasks [1,2,3,4]")
    parser.add_argument("--gakco-mismatches", type=int, default=3, help="most mismatches that GaKCo is run with [3]")
    parser.add_argument("--rounds", type=int, default=3, help="[3]")
    options = parser.parse_args()
    program = ROOT / "target" / "release" / "attentrack-kernel"
    print("mismatches\tattentrack_s\tfastsk_s\tfastsk_ratio\tgakco_s\tgakco_ratio")
    with tempfile.TemporaryDirectory() as folder:
        together = Path(folder) / "s.fa"
        together.write_text("".join(file.read_text() for file in options.fasta))
        for m in map(int, options.mismatches.split(",")):
            commands = {
                "attentrack": [program, "--fasta", together, "--kmer-length", 6 + m, "--mismatches", m, "--strands",
                               "one", "--unknown", "letter", "--out", Path(folder) / "k.npy", "--quiet"],
                "fastsk": [sys.executable, "-c", FASTSK, 6 + m, m, together],
            }
            if options.gakco and m <= options.gakco_mismatches:
                n = together.read_text().count(">")
                commands["gakco"] = [options.gakco.resolve(), "-g", 6 + m, "-k", 6, "-n", n, "-p", 0, together,
                                     options.dictionary, os.path.join(folder, "labels"), os.path.join(folder, "kernel")]
            times: dict[str, list[float]] = {name: [] for name in commands}
            for _ in range(options.rounds):
                for name, command in commands.items():
                    times[name].append(cpu_seconds(command))
            cells = [str(m), f"{statistics.median(times['attentrack']):.2f}"]
            for name in ("fastsk", "gakco"):
                if name in times:
                    ratios = [peer / own for peer, own in zip(times[name], times["attentrack"])]
                    cells += [f"{statistics.median(times[name]):.2f}", f"{statistics.median(ratios):.1f}"]
                else:
                    cells += ["NA", "NA"]
            print("\t".join(cells), flush=True)


if __name__ == "__main__":
    main()
