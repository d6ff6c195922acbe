"""Which estimator finds the edges that were planted: attentrack-graph beside scikit-learn's graphical lasso.

    cargo build --release
    pip install numpy scikit-learn
    python3 benches/graph/truth.py

Each task has K contexts with n observations of p nodes: a random graph, of whose edges a share is in all contexts. An edge
ranks by the largest λ at which a method has it (of 20, evenly on a logarithmic scale); the score is the AUROC over all pairs
of nodes and contexts, and the best F1 over λ. Means over --seeds. `sklearn` is GraphicalLasso on each context,
`inverse` the plain partial correlation (n > p only). Differences (diffee, kdiffnet) are judged on the edges in which the first
two contexts differ, and so is `partial-change`:
the |difference| of their plain partial correlations. kdiffnet is told some of it beforehand, for without weights it is
diffee: half of the pairs that differ have a weight of .5, and so have as many that do not.
"""

import argparse
import csv
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
from sklearn.covariance import graphical_lasso
from sklearn.metrics import roc_auc_score

PROGRAM = Path(__file__).resolve().parents[2] / "target" / "release" / "attentrack-graph"
DIFFERENCES = ["diffee", "kdiffnet"]
METHODS = ["partial", "glasso", "simule", "jeek", "fasjem", "fasjem-infinity", *DIFFERENCES]


def simulate(p, k, n, share, random):
    """Samples and adjacency of each context."""
    pairs = np.triu_indices(p, 1)
    density = 2.0 / p  # two edges a node, about
    shared = random.random(len(pairs[0])) < density * share
    samples, graphs = [], []
    weights = random.uniform(0.25, 0.5, len(pairs[0])) * random.choice([-1, 1], len(pairs[0]))
    for _ in range(k):
        own = random.random(len(pairs[0])) < density * (1 - share)
        is_edge = shared | own
        precision = np.zeros((p, p))
        precision[pairs] = np.where(is_edge, weights, 0)
        precision += precision.T
        precision += np.eye(p) * (0.2 - min(0, np.linalg.eigvalsh(precision)[0]))
        samples.append(random.multivariate_normal(np.zeros(p), np.linalg.inv(precision), n))
        graphs.append(is_edge)
    return samples, np.array(graphs)


def figures(ranks, truth):
    """AUROC, and the best F1 over thresholds of the ranks."""
    ranks, truth = ranks.ravel(), truth.ravel()
    order = np.unique(ranks[ranks > 0])
    best = 0.0
    for threshold in order[:: max(1, len(order) // 200)]:
        found = ranks >= threshold
        best = max(best, 2 * (found & truth).sum() / (found.sum() + truth.sum()))
    return roc_auc_score(truth, ranks), best


def lambdas(largest, smallest):
    return largest * (smallest / largest) ** (np.arange(20) / 19)


def hints(changed, p, random):
    """A table of weights: half of the changed pairs, and as many others."""
    places = [random.permutation(np.flatnonzero(changed == value)) for value in (True, False)]
    half = len(places[0]) // 2
    rows = np.concatenate([place[:half] for place in places])
    pairs = np.transpose(np.triu_indices(p, 1))[rows]
    return "node_a\tnode_b\tweight\n" + "".join(f"n{a}\tn{b}\t0.5\n" for a, b in pairs)


def ours(method, folder, names, p, largest):
    """By pair and context the largest λ with an edge."""
    at = {pair: number for number, pair in enumerate(zip(*np.triu_indices(p, 1)))}
    graphs = ["B_minus_A"] if method in DIFFERENCES else names
    names = ["A", "B"] if method in DIFFERENCES else names
    ranks = np.zeros((len(graphs), len(at)))
    place = {name: number for number, name in enumerate(graphs)}
    tables = [word for name in names for word in ("--table", f"{folder}/{name}.tsv")]
    for value in lambdas(largest, 0.03 * largest):
        command = [PROGRAM, "--quiet", "--threads", "2", *tables, "--method", method, "--association", "pearson"]
        command += ["--weights", f"{folder}/weights.tsv"] if method == "kdiffnet" else []
        done = subprocess.run(
            [str(word) for word in command] + ["--lambda", str(value), "--out-dir", f"{folder}/out"],
            capture_output=True, text=True,
        )
        if "smallest λ" in done.stderr or "does not settle" in done.stderr:
            break
        if done.returncode:
            sys.exit(done.stderr)
        for row in csv.DictReader(open(f"{folder}/out/edges.tsv"), delimiter="\t"):
            if row["context"] in place:
                pair = at[int(row["node_a"][1:]), int(row["node_b"][1:])]
                cell = place[row["context"]], pair
                ranks[cell] = max(ranks[cell], value)
    return ranks


def sklearn_ranks(samples, p):
    pairs = np.triu_indices(p, 1)
    ranks = np.zeros((len(samples), len(pairs[0])))
    for context, sample in enumerate(samples):
        correlation = np.corrcoef(sample.T)
        for value in lambdas(0.9, 0.03):
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    _, precision = graphical_lasso(correlation, value, max_iter=200)
            except FloatingPointError:
                break
            found = np.abs(precision[pairs]) > 1e-5
            ranks[context][found] = np.maximum(ranks[context][found], value)
    return ranks


def partial(sample):
    precision = np.linalg.inv(np.corrcoef(sample.T))
    scale = np.sqrt(np.diag(precision))
    return -precision / np.outer(scale, scale)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3, help="[3]")
    parser.add_argument("--tasks", default="30:2,30:5,30:20,100:2,100:5", help="p:K, … [30:2,30:5,30:20,100:2,100:5]")
    parser.add_argument("--shares", default="0.8,0.2", help="[0.8,0.2]")
    parser.add_argument("--methods", default=",".join([*METHODS, "sklearn", "inverse"]), help="[all]")
    options = parser.parse_args()
    methods = options.methods.split(",")
    print("p\tK\tn\tshared\tmethod\tauroc\tf1", flush=True)
    for task in options.tasks.split(","):
        p, k = map(int, task.split(":"))
        for share in map(float, options.shares.split(",")):
            for n in (p // 2, 4 * p):
                found = {}
                for seed in range(options.seeds):
                    samples, truth = simulate(p, k, n, share, np.random.default_rng([seed, p, k, n, int(100 * share)]))
                    names = [chr(65 + at) for at in range(k)]
                    pairs = np.triu_indices(p, 1)
                    changed = (truth[0] != truth[1])[None]
                    with tempfile.TemporaryDirectory() as folder:
                        for name, sample in zip(names, samples):
                            header = "\t".join(f"n{node}" for node in range(p))
                            np.savetxt(f"{folder}/{name}.tsv", sample, "%.6f", "\t", header=header, comments="")
                        Path(folder, "weights.tsv").write_text(hints(changed[0], p, np.random.default_rng(seed)))
                        for method in METHODS:
                            if method not in methods or (method == "simule" and p * k > 300):
                                continue
                            largest = 1.0 if method in ("partial", "glasso", "simule") else 3.0
                            score = figures(
                                ours(method, folder, names, p, largest), changed if method in DIFFERENCES else truth
                            )
                            found.setdefault(method, []).append(score)
                    if p <= 30 and "sklearn" in methods:
                        found.setdefault("sklearn", []).append(figures(sklearn_ranks(samples, p), truth))
                    if n > p and "inverse" in methods:
                        each = np.array([np.abs(partial(sample)[pairs]) for sample in samples])
                        found.setdefault("inverse", []).append(figures(each, truth))
                        change = np.abs(partial(samples[0])[pairs] - partial(samples[1])[pairs])[None]
                        found.setdefault("partial-change", []).append(figures(change, changed))
                for method, scores in found.items():
                    auroc, f1 = np.mean(scores, axis=0)
                    print(f"{p}\t{k}\t{n}\t{share}\t{method}\t{auroc:.3f}\t{f1:.3f}", flush=True)


main()
