"""Speed of attentrack-graph beside JointNets' own R, one thread each.

    cargo build --release
    apt-get install r-base-core r-cran-lpsolve r-cran-pcapp
    git clone https://github.com/QData/JointNets
    python3 benches/graph/run.py --jointnets JointNets/R

A task is data of a chain of p nodes in two contexts. Programs take turns; a ratio is the median over the rounds of R's CPU
seconds divided by attentrack's in the same round. R's are of the call alone, without its start and without reading; those
of attentrack are of the whole program. `path` is 30 values of λ from 1 down to .02: attentrack-graph without --lambda, R once
for each of them (measured at every fifth, times 5).
"""

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

PROGRAM = Path(__file__).resolve().parents[2] / "target" / "release" / "attentrack-graph"
R = """
arguments <- commandArgs(TRUE)
suppressMessages({library(lpSolve); library(pcaPP); library(parallel)})
for (file in c("compute_cov", "add_name_to_out", "simule", "jeek", "diffee")) source(file.path(arguments[1], paste0(file, ".R")))
X <- lapply(arguments[2:3], function(file) cor(as.matrix(read.delim(file))))
lambda <- as.numeric(arguments[5])
used <- system.time(switch(arguments[4], simule = simule(X, lambda), jeek = jeek(X, lambda), diffee = diffee(X[[1]], X[[2]], lambda)))
cat("\\n", used[["user.self"]] + used[["sys.self"]], "\\n")
"""


def cpu_seconds(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"failed: {command}\n{done.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jointnets", type=Path, required=True, help="the folder R of JointNets")
    parser.add_argument("--tasks", default="simule:100:0.2,simule:100:0.1,simule:100:0.05,simule:100:path,diffee:100:0.2")
    parser.add_argument("--rounds", type=int, default=3, help="[3]")
    options = parser.parse_args()
    print("method\tp\tlambda\tattentrack_s\tr_s\ttimes_faster")
    random = np.random.default_rng(1)
    for task in options.tasks.split(","):
        method, p, value = task.split(":")
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "r.R").write_text(R)
            tables = [folder / "A.tsv", folder / "B.tsv"]
            for table in tables:
                mixed = random.normal(size=(2 * int(p), int(p))) @ (np.eye(int(p)) + 0.5 * np.eye(int(p), k=1))
                header = "\t".join(f"n{node}" for node in range(int(p)))
                np.savetxt(table, mixed, "%.6f", "\t", header=header, comments="")
            own = [PROGRAM, "--quiet", "--association", "pearson", "--method", method, "--out-dir", folder / "out"]
            own += [word for table in tables for word in ("--table", table)]
            all_lambdas = [0.02 ** (step / 29) for step in range(30)]
            lambdas, times = ([float(value)], 1) if value != "path" else (all_lambdas[2::5], 5)
            own += ["--halves", 0, "--nulls", 0] if value == "path" else ["--lambda", value]
            ours, theirs = [], []
            for _ in range(options.rounds if value != "path" else 1):
                ours.append(cpu_seconds(own)[0])
                script = ["Rscript", folder / "r.R", options.jointnets, *tables, method]
                theirs.append(times * sum(float(cpu_seconds([*script, one])[1].split()[-1]) for one in lambdas))
            ratio = statistics.median(their / our for our, their in zip(ours, theirs))
            print(f"{method}\t{p}\t{value}\t{statistics.median(ours):.3f}\t{statistics.median(theirs):.2f}\t{ratio:.0f}", flush=True)


main()
