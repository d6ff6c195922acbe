"""How time and memory of attentrack-graph grow with nodes and contexts.

    cargo build --release
    python3 benches/graph/growth.py

Data is of a chain of p nodes, 1,000 observations in each of K contexts, from tables of text to files. CPU seconds (all
threads, reading and writing too) and the largest resident memory of one run each.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

PROGRAM = Path(__file__).resolve().parents[2] / "target" / "release" / "attentrack-graph"
TASKS = [
    *(("jeek", p, 5, 0.3) for p in (500, 1000, 2000)),
    *(("jeek", 1000, k, 0.3) for k in (2, 10)),
    *(("diffee", p, 5, 0.3) for p in (500, 1000, 2000)),
    *(("simule", p, 2, 0.2) for p in (50, 100, 200, 400, 1000)),
    *(("simule", 100, k, 0.2) for k in (3, 5, 10)),
    *(("simule", p, 2, 0.05) for p in (50, 100, 200)),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", default="1", help="[1]")
    options = parser.parse_args()
    random = np.random.default_rng(1)
    print("method\tp\tK\tlambda\tcpu_s\tMB", flush=True)
    for method, p, contexts, value in TASKS:
        with tempfile.TemporaryDirectory() as folder:
            tables = [f"{folder}/{context}.tsv" for context in range(contexts)]
            for table in tables:
                mixed = random.normal(size=(1000, p))
                mixed[:, 1:] += 0.5 * mixed[:, :-1]
                header = "\t".join(f"n{node}" for node in range(p))
                np.savetxt(table, mixed, "%.5f", "\t", header=header, comments="")
            command = [PROGRAM, "--quiet", "--threads", options.threads, "--association", "pearson", "--method", method]
            command += ["--lambda", value, "--out-dir", f"{folder}/out"] + [w for table in tables for w in ("--table", table)]
            child = subprocess.Popen([str(word) for word in command], stderr=subprocess.DEVNULL)
            _, status, used = os.wait4(child.pid, 0)
            if status:
                sys.exit(f"failed: {command}")
            cpu = used.ru_utime + used.ru_stime
            print(f"{method}\t{p}\t{contexts}\t{value}\t{cpu:.2f}\t{used.ru_maxrss / 1024:.0f}", flush=True)


main()
