"""How well models predict samples, chromosomes and scales that they were not trained on: the table of docs/auto.md.

    cargo build --release
    python3 benches/transfer/run.py                      # all models and pairs; some 30 minutes
    python3 benches/transfer/run.py --models auto,mark-means --pairs E003-GM,GM-E003

Needs the test data ($ATTENTRACK_TEST_DATA, default ../shared/data) and nothing but Python. A pair is TRAIN-TEST. Of
E003 and E116 (ENCODE pilot regions), GM (GM12878, chr11) and DD (DeepDiff's E003) only those genes take part that are
no test genes of the README's table. Between E003 and E116, and within a sample, the genes that are scored lie on
chromosomes (of GM: stretches of chr11) that were not trained on, in four or five folds; between others they are other
genes: of CF (chromoformer's E003) none within 1 Mb of a training gene. Samples that end in calls, low, saturated and
fold are E003 and E116 on another scale. Matrices without bodies (DD) are compared by windows.

AUROC is over pairs of genes of one fold. With --seeds K the mean of K trainings. The last lines hold the mean over
the pairs and the mean error 1 - AUROC.
"""

import argparse
import csv
import json
import math
import os
import random
import struct
import subprocess
import sys
from array import array
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAMS = ROOT / "target" / "release"
DATA = Path(os.environ.get("ATTENTRACK_TEST_DATA", ROOT / ".." / "shared" / "data")).resolve()
MARKS = ["H3K27me3", "H3K36me3", "H3K4me1", "H3K4me3", "H3K9me3"]
TEST_CHROMS = {"chr2", "chr6", "chr11", "chr16", "chr21"}
SCALES = ["calls", "low", "saturated", "fold"]
BODY = " --layers window,body"
LOG = " --transform unit-mean-log1p"
# name: options of attentrack-train
MODELS = {
    "auto": "--model auto",
    "mark-means": "--model mark-means",
    "logistic-regression+body": "--model logistic-regression" + LOG + BODY,
    "random-forest+body": "--model random-forest" + LOG + BODY,
    "gradient-boosting+body": "--model gradient-boosting" + LOG + BODY,
    "logistic-regression": "--model logistic-regression" + LOG,
    "random-forest": "--model random-forest" + LOG,
    "gradient-boosting": "--model gradient-boosting" + LOG,
    "attentive-chrome+body": "--model attentive-chrome" + LOG + BODY,
    "attentive-chrome": "--model attentive-chrome" + LOG,
    "body-mark": "--model body-mark",
    "gene-length": "--model gene-length",
}
PAIRS = (
    ["E003-E116", "E116-E003"]
    + [f"E003-E116{scale}" for scale in SCALES]
    + [f"E116-E003{scale}" for scale in SCALES]
    + ["E003-GM", "E116-GM", "E003+E116-GM", "GM-E003", "GM-E116", "E003-CF", "E116-CF", "GM-CF", "CF-E116", "CF-GM"]
    + ["DD-E116", "DD-GM", "E116-DD", "GM-DD"]
    + ["E003-E003", "E116-E116", "GM-GM", "CF-CF", "DD-DD"]
)


def run(program: str, *arguments) -> None:
    done = subprocess.run([PROGRAMS / f"attentrack-{program}", "-q", *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{program} {' '.join(map(str, arguments))}\n{done.stderr}")


def read_tensors(path: Path):
    blob = path.read_bytes()
    (size,) = struct.unpack("<Q", blob[:8])
    head = json.loads(blob[8 : 8 + size])
    meta = head.pop("__metadata__")
    return json.loads(meta["header"]), {name: (of, blob[8 + size :][slice(*of["data_offsets"])]) for name, of in head.items()}


def write_tensors(path: Path, header: dict, tensors: dict) -> None:
    head, body = {"__metadata__": {"header": json.dumps(header)}}, b""
    for name, (of, raw) in sorted(tensors.items(), key=lambda item: item[1][0]["data_offsets"]):
        head[name] = {"dtype": of["dtype"], "shape": of["shape"], "data_offsets": [len(body), len(body) + len(raw)]}
        body += raw
    text = json.dumps(head).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)


def floats(raw: bytes) -> array:
    return array("f", raw)


def poisson(rng: random.Random, mean: float) -> int:
    if mean > 50:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    left, count = math.exp(-mean), 0
    product = rng.random()
    while product > left:
        product *= rng.random()
        count += 1
    return count


def on_scale(source: Path, out: Path, name: str, scale: str) -> None:
    """The matrix as another kind of signal."""
    header, tensors = read_tensors(source)
    of, raw = tensors["values"]
    values, (genes, marks, bins) = floats(raw), of["shape"]
    rng = random.Random(1)
    known = [[] for _ in range(marks)]
    for at, value in enumerate(values):
        if not math.isnan(value):
            known[at // bins % marks].append(value)
    means = [sum(of_mark) / len(of_mark) for of_mark in known]
    tops = [sorted(of_mark)[int(0.8 * len(of_mark))] for of_mark in known]

    def change(value: float, mark: int, bases: int) -> float:
        if math.isnan(value):
            return value
        return {
            "calls": lambda: float(value > 2.0),
            "low": lambda: float(poisson(rng, max(value, 0.0) / means[mark] * 0.3 * bases / 100)),
            "saturated": lambda: min(value, tops[mark]),
            "fold": lambda: math.exp(0.25 * min(value, 40.0)) * rng.gammavariate(8, 1 / 8),
        }[scale]()

    for tensor, bases in (("values", 100), ("body", 1000)):
        of, raw = tensors[tensor]
        length = of["shape"][2]
        changed = array("f", (change(value, at // length % marks, bases) for at, value in enumerate(floats(raw))))
        tensors[tensor] = (of, changed.tobytes())
    write_tensors(out, dict(header, sample=name), tensors)


class Sample:
    """A sample's matrices by marks, and what is known of its genes."""

    def __init__(self, name: str, folder: Path):
        self.name, self.folder = name, folder
        self.base = next((base for base in ("E003", "E116") if name.startswith(base)), name)
        self.labels = folder / f"{self.base}.labels.tsv"
        self.genes = {}  # id: (chrom, tss)
        self.marks = MARKS[:4] if name == "GM" else MARKS
        self.has_body = name != "DD"

    def matrix(self, marks: list, with_body: bool = True) -> Path:
        path = self.folder / f"{self.name}.{len(marks)}.bins.safetensors"
        if with_body or not self.has_body:
            return path
        stripped = self.folder / f"{self.name}.{len(marks)}.window.bins.safetensors"
        if not stripped.exists():
            header, tensors = read_tensors(path)
            write_tensors(stripped, header, {name: of for name, of in tensors.items() if name != "body"})
        return stripped

    def make(self) -> None:
        folder, data = self.folder, DATA
        if self.base == "DD":
            return self.make_deepdiff()
        annotation, expression, column, threshold, signal = {
            "E003": ("pilot/genes.pilot.GRCh37.gtf", "pilot", "E003", 3.33, "pilot/bigwig/E003-{}.pilot.pval.hg19.bigWig"),
            "E116": ("pilot/genes.pilot.GRCh37.gtf", "pilot", "E116", 1.7475, "pilot/bigwig/E116-{}.pilot.pval.hg19.bigWig"),
            "GM": ("chromhmm_GM12878/genes.chr11.NCBI36.gtf", "chromhmm_GM12878", "E116", 1.7475, "chromhmm_GM12878/bigwig/GM12878-{}.chr11.binary200.hg18.bigWig"),
            "CF": ("annotation/ensembl_genes.GRCh37.gene_level.gtf.gz", "chromoformer_E003", "E003", 3.33, "chromoformer_E003/bigwig/E003-{}.demo.depth.hg19.bigWig"),
        }[self.base]
        table = data / expression / "expression.tsv"
        bed = folder / f"{self.base}.bed"
        if not self.labels.exists():
            run("tss", "--annotation", data / annotation, "--out", bed)
            wanted = {row["gene_id"] for row in csv.DictReader(open(table), delimiter="\t")}
            rows = bed.read_text().splitlines(keepends=True)
            if self.base == "CF":
                bed.write_text("".join(row for row in rows if row.split("\t")[3] in wanted))
            run("label", "--expression", table, "--sample", column, "--method", "threshold", "--threshold", threshold, "--out", self.labels)
        for row in map(str.split, bed.open()):
            self.genes[row[3]] = (row[0], int(row[1]))
        for marks in (MARKS, MARKS[:4]):
            out = self.matrix(marks)
            if out.exists() or len(marks) > len(self.marks):
                continue
            if self.name == self.base:
                files = [part for mark in marks for part in ("--signal", f"{mark}={data / signal.format(mark)}")]
                run("bin", "--genes", bed, "--body", "--sample", self.name, "--out", out, *files)
            else:
                plain = Sample(self.base, folder)
                on_scale(plain.matrix(marks), out, self.name, self.name[len(self.base) :])

    def make_deepdiff(self) -> None:
        """Windows in DeepChrome's layout; header and labels as those of the other samples."""
        labels, tables = ["gene_id\tlabel\n"], {5: [], 4: []}
        for split in ("train", "valid"):
            rows = (DATA / "deepdiff" / "E003" / "classification" / f"{split}.csv").read_text().splitlines()
            for at, row in enumerate(rows):
                gene, place, *counts, label = row.split(",")
                if at % 100 == 0:
                    labels.append(f"{gene}\t{label}\n")
                    self.genes[gene] = (split, len(labels))
                for n, table in tables.items():
                    table.append(",".join([gene, place, *counts[:n], label]) + "\n")
        self.labels.write_text("".join(labels))
        for n, table in tables.items():
            out = self.matrix(MARKS[:n])
            if out.exists():
                continue
            (self.folder / "deepdiff.csv").write_text("".join(table))
            run("bin", "--deepchrome-csv", self.folder / "deepdiff.csv", "--marks", ",".join(MARKS[:n]), "--sample", "DD", "--out", out)
            header, tensors = read_tensors(out)
            write_tensors(out, dict(header, statistic="mean", orientation="gene"), tensors)

    def usable(self) -> list:
        """Labelled genes that no table of the README tests on, in the order of the genome, with their folds."""
        label = {row["gene_id"]: row["label"] for row in csv.DictReader(open(self.labels), delimiter="\t")}
        genes = [gene for gene in self.genes if label.get(gene) in ("0", "1")]
        if self.base in ("E003", "E116"):
            genes = [gene for gene in genes if self.genes[gene][0] not in TEST_CHROMS]
        if self.base == "GM":
            order = sorted(genes, key=lambda gene: self.genes[gene])
            genes = order[: len(order) * 3 // 4]
        return genes

    def fold_of(self, genes: list) -> dict:
        if self.base == "GM":
            order = sorted(genes, key=lambda gene: self.genes[gene])
            return {gene: at * 5 // len(order) for at, gene in enumerate(order)}
        if self.base == "DD":
            return {gene: int(self.genes[gene][0] == "valid") for gene in genes}
        sizes = {}
        for gene in genes:
            sizes[self.genes[gene][0]] = sizes.get(self.genes[gene][0], 0) + 1
        filled, fold = [0] * 4, {}
        for chrom in sorted(sizes, key=lambda chrom: (-sizes[chrom], chrom)):
            fold[chrom] = filled.index(min(filled))
            filled[fold[chrom]] += sizes[chrom]
        return {gene: fold[self.genes[gene][0]] for gene in genes}


def jobs(pair: str, samples: dict) -> list:
    """(genes by training sample, test genes) of each fold."""
    train, test = pair.split("-")
    sources, target = train.split("+"), samples[test]
    genes = target.usable()
    if any(samples[source].base == target.base or {samples[source].base, target.base} == {"E003", "E116"} for source in sources):
        fold = target.fold_of(genes)
        own = {source: samples[source].fold_of(samples[source].usable()) for source in sources}
        return [
            ({source: [gene for gene, of in own[source].items() if of != at] for source in sources}, [gene for gene in genes if fold[gene] == at])
            for at in sorted(set(fold.values()))
        ]
    learnt = {source: samples[source].usable() for source in sources}
    known = {gene for of in learnt.values() for gene in of}
    places = [samples[source].genes[gene] for source, of in learnt.items() for gene in of]

    def is_new(gene: str) -> bool:
        chrom, tss = target.genes[gene]
        near = "CF" in pair and any(chrom == other and abs(tss - place) < 1_000_000 for other, place in places)
        return gene not in known and not near

    return [(learnt, [gene for gene in genes if is_new(gene)])]


def concordant(scores: dict, label: dict, genes: list) -> tuple:
    """Twice the pairs of genes in the right order, and twice all pairs."""
    ranked = sorted(genes, key=lambda gene: scores[gene])
    right = negatives = at = 0
    while at < len(ranked):
        end = at
        while end < len(ranked) and scores[ranked[end]] == scores[ranked[at]]:
            end += 1
        positive = sum(label[gene] for gene in ranked[at:end])
        right += positive * (2 * negatives + end - at - positive)
        negatives += end - at - positive
        at = end
    return right, 2 * negatives * (len(ranked) - negatives)


def auroc(pair: str, model: str, seed: int, samples: dict, folder: Path, threads: int) -> float:
    target, right, every = samples[pair.split("-")[1]], 0, 0
    label = {row["gene_id"]: int(row["label"]) for row in csv.DictReader(open(target.labels), delimiter="\t") if row["label"] in ("0", "1")}
    for at, (learnt, genes) in enumerate(jobs(pair, samples)):
        sources = list(learnt)
        marks = min((samples[name].marks for name in [*sources, target.name]), key=len)
        with_body = target.has_body and all(samples[source].has_body for source in sources)
        options = MODELS[model] if with_body else MODELS[model].replace(BODY, "")
        chosen = sorted({gene for of in learnt.values() for gene in of})
        tag = f"{model}.{seed}.{'+'.join(sources)}.{len(marks)}.{int(with_body)}.{len(chosen)}.{at if len(jobs(pair, samples)) > 1 else 'all'}"
        trained = folder / f"{tag}.model.safetensors"
        if not trained.exists():
            # neighbours validate together: blocks of 1 Mb, every fifth of them
            blocks = {}
            for source in sources:
                for gene in learnt[source]:
                    chrom, place = samples[source].genes[gene]
                    blocks.setdefault((chrom, place // 1_000_000 if samples[source].base != "DD" else place), []).append(gene)
            rng = random.Random(7)
            order = sorted(blocks)
            rng.shuffle(order)
            valid = set()
            for block in order:
                if len(valid) < len(chosen) / 5:
                    valid.update(blocks[block])
            splits = folder / f"{tag}.splits.tsv"
            splits.write_text("gene_id\tsplit\n" + "".join(f"{gene}\t{'valid' if gene in valid else 'train'}\n" for gene in chosen))
            inputs = [part for source in sources for part in ("--bins", samples[source].matrix(marks, with_body), "--labels", samples[source].labels)]
            run("train", *inputs, "--splits", splits, "--seed", seed, "--threads", threads, "--out", trained, *options.split())
        out = folder / f"{tag}.{target.name}.tsv"
        run("predict", "--bins", target.matrix(marks, with_body), "--model", trained, "--predictions", out, "--score-empty", "--threads", threads)
        scores = {row["gene_id"]: float(row["score"]) for row in csv.DictReader(open(out), delimiter="\t") if row["score"] != "NA"}
        found, all_pairs = concordant(scores, label, [gene for gene in genes if gene in scores])
        right, every = right + found, every + all_pairs
    return right / every


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default=",".join(MODELS), help="models, separated by commas [all]")
    parser.add_argument("--pairs", default=",".join(PAIRS), help="pairs, separated by commas [all]")
    parser.add_argument("--seeds", type=int, default=1, help="seeds of each training [1]")
    parser.add_argument("--threads", type=int, default=2, help="threads [2]")
    parser.add_argument("--out", type=Path, default=ROOT / "target" / "bench-transfer", help="folder [target/bench-transfer]")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    models, pairs = options.models.split(","), options.pairs.split(",")
    names = ["E003", "E116", "GM", "CF", "DD"] + [sample + scale for sample in ("E003", "E116") for scale in SCALES]
    samples = {name: Sample(name, options.out) for name in names}
    for sample in samples.values():
        sample.make()
    print("| pair | " + " | ".join(models) + " |\n|---" + "|---" * len(models) + "|", flush=True)
    table = []
    for pair in pairs:
        row = []
        for model in models:
            lacks = "DD" in pair and model in ("body-mark", "gene-length")
            seeds = range(1, options.seeds + 1)
            of_seeds = [] if lacks else [auroc(pair, model, seed, samples, options.out, options.threads) for seed in seeds]
            row.append(sum(of_seeds) / len(of_seeds) if of_seeds else math.nan)
        table.append(row)
        print(f"| {pair} | " + " | ".join("" if math.isnan(value) else f"{value:.3f}" for value in row) + " |", flush=True)
    columns = [[value for value in column if not math.isnan(value)] for column in zip(*table)]
    means = [sum(column) / len(column) for column in columns]
    print("| mean | " + " | ".join(f"{mean:.4f}" for mean in means) + " |")
    print("| error | " + " | ".join(f"{1 - mean:.4f}" for mean in means) + " |")


if __name__ == "__main__":
    main()
