"""Contributions of auto on real genes: the figure and the table of docs/explanations.md.

    cargo build --release
    python3 benches/contributions/run.py --figure docs/contributions.svg      # some 3 minutes

Needs the test data ($ATTENTRACK_TEST_DATA, default ../shared/data) and nothing but Python. Two sets, each with the model
auto of its own genes: E003 and E116 in the ENCODE pilot regions (-log10 p, five marks; drawn are the test genes, on
chromosomes that neither learnt nor chose), and chromoformer's E003 (read depth; 30 % of the genes, drawn at random, genes whose windows overlap
together). The table holds, for each mark, the sum of a gene's contributions in the window and along the body, mean
over the expressed and over the silent test genes, with 95 % intervals over genes, and for how many of these genes the sum is
below 0.
"""

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAMS = ROOT / "target" / "release"
DATA = Path(os.environ.get("ATTENTRACK_TEST_DATA", ROOT / ".." / "shared" / "data")).resolve()
MARKS = ["H3K27me3", "H3K36me3", "H3K4me1", "H3K4me3", "H3K9me3"]
COLOURS = {"expressed": "#c2410c", "silent": "#1d4ed8"}


def run(*command) -> None:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stderr}")


def pilot(folder: Path) -> list[str]:
    of = DATA / "pilot"
    rows = [f"{s}\t{m}\t{of}/bigwig/{s}-{m}.pilot.pval.hg19.bigWig\n" for s in ("E003", "E116") for m in MARKS]
    (folder / "samples.tsv").write_text("sample\tmark\tpath\n" + "".join(rows))
    thresholds = (DATA / "median_rpkm_thresholds.json").read_text()
    (folder / "config.yaml").write_text(
        f"samples: samples.tsv\nannotation: {{path: {of}/genes.pilot.GRCh37.gtf, assembly: hg19}}\n"
        f"expression: {{path: {of}/expression.tsv}}\nlabels: {{method: threshold, threshold: {thresholds}}}\n"
        "split: {method: chromosome, valid_chroms: [chr5, chr7, chr14, chr19], "
        "test_chroms: [chr2, chr6, chr11, chr16, chr21]}\ntracks: {formats: [tsv]}\ntrain: {seed: 1}\n"
    )
    return ["E003", "E116"]


def chromoformer(folder: Path) -> list[str]:
    of = DATA / "chromoformer_E003"
    with open(of / "expression.tsv") as file:
        ids = {row[0] for row in csv.reader(file, delimiter="\t")}
    run(PROGRAMS / "attentrack-tss", "--annotation", DATA / "annotation/ensembl_genes.GRCh37.gene_level.gtf.gz", "--out", folder / "all.bed")
    genes = [line for line in (folder / "all.bed").read_text().splitlines() if line.split("\t")[3] in ids]
    (folder / "genes.bed").write_text("\n".join(genes) + "\n")
    rows = [f"E003\t{m}\t{of}/bigwig/E003-{m}.demo.depth.hg19.bigWig\n" for m in MARKS]
    (folder / "samples.tsv").write_text("sample\tmark\tpath\n" + "".join(rows))
    column = (of / "expression.tsv").read_text().split("\n", 1)[0].split("\t")[-1]
    (folder / "config.yaml").write_text(
        f"samples: samples.tsv\nannotation: {{path: genes.bed}}\n"
        f"expression: {{path: {of}/expression.tsv, columns: {{E003: {column}}}}}\nlabels: {{method: median}}\n"
        "window: {statistic: mean, max_lost_genes: 1}\nsplit: {method: random, train_fraction: 0.5, valid_fraction: 0.2, test_fraction: 0.3, seed: 1}\n"
        "tracks: {formats: [tsv]}\ntrain: {seed: 1}\n"
    )
    return ["E003"]


def read(path: Path) -> list[dict]:
    with open(path) as file:
        return list(csv.DictReader(file, delimiter="\t"))


def contributions(out: Path, sample: str, baseline: str) -> dict:
    """(layer, mark) -> gene -> values 5' to 3', and bases from the TSS of the window's bins."""
    name = out / f"{sample}.{baseline}"
    run(PROGRAMS / "attentrack-explain", "--bins", out / f"bins/{sample}.bins.safetensors", "--model", out / "model/pooled.model.safetensors",
        "--baseline", baseline, "--out", f"{name}.bins.safetensors", "-q")
    run(PROGRAMS / "attentrack-track", "--input", f"{name}.bins.safetensors", "--format", "tsv", "--out", f"{name}.tsv", "-q")
    values: dict = {}
    with open(f"{name}.tsv") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            layer, _, mark = row["mark"].rpartition(":")
            of_gene = values.setdefault((layer or "window", mark), {}).setdefault(row["gene_id"], {})
            of_gene[int(row["bin"])] = float(row["value"])
    return values


def interval(values: list[float], rng: random.Random) -> tuple[float, float, float]:
    means = sorted(sum(rng.choices(values, k=len(values))) / len(values) for _ in range(1000))
    return sum(values) / len(values), means[25], means[974]


def curve(values: dict, genes: set, n: int) -> list[float]:
    rows = [of for gene, of in values.items() if gene in genes]
    return [sum(of.get(at, 0.0) for of in rows) / max(len(rows), 1) for at in range(n)]


def figure(panels: list, path: Path) -> None:
    """Rows are marks; the window at the left, the body at the right, on one scale of log-odds a kilobase or a place."""
    width, height, gap = 330, 96, 26
    marks = sorted({mark for mark, *_ in panels})
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * width + 150} {len(marks) * (height + gap) + 80}" '
        'font-family="Helvetica,Arial,sans-serif" font-size="11" fill="#333">',
        '<rect width="100%" height="100%" fill="#fff"/>',
        '<text x="80" y="16" font-size="13">Mean contributions of auto against the median gene, test genes of E003 and E116 (pilot regions)</text>',
        f'<text x="{80 + 2 * width + 50}" y="36" text-anchor="end">log-odds a bin (left) or a place of the body (right); each mark on its own scale</text>',
    ]
    for key, (name, dash) in enumerate([("expressed", ""), ("silent", ' stroke-dasharray="5 3"')]):
        x = 80 + 110 * key
        lines.append(f'<path d="M{x},32h24" stroke="{COLOURS[name]}" stroke-width="2"{dash}/><text x="{x + 30}" y="36">{name}</text>')
    for row, mark in enumerate(marks):
        of_mark = [panel for panel in panels if panel[0] == mark]
        low = min(min(curve) for *_, curves in of_mark for curve in curves.values())
        high = max(max(curve) for *_, curves in of_mark for curve in curves.values())
        low, high = min(low, 0.0), max(high, 0.0)
        span = (high - low) or 1.0
        top = 50 + row * (height + gap)
        y = lambda value: top + height * (high - value) / span
        lines.append(f'<text x="2" y="{top + height / 2}" font-weight="bold">{mark}</text>')
        for place, (_, layer, curves) in enumerate(sorted(of_mark, key=lambda panel: panel[1] != "window")):
            left = 80 + place * (width + 50)
            lines.append(f'<path d="M{left},{top}v{height}h{width}" fill="none" stroke="#999"/>')
            lines.append(f'<path d="M{left},{y(0):.1f}h{width}" stroke="#999" stroke-dasharray="1 2"/>')
            for value in (low, high):
                lines.append(f'<text x="{left - 4}" y="{y(value) + 4:.1f}" text-anchor="end" font-size="9">{value:+.3f}</text>')
            for name, dash in [("expressed", ""), ("silent", ' stroke-dasharray="5 3"')]:
                of = curves[name]
                points = " ".join(f"{left + width * (at + 0.5) / len(of):.1f},{y(value):.1f}" for at, value in enumerate(of))
                lines.append(f'<polyline points="{points}" fill="none" stroke="{COLOURS[name]}" stroke-width="1.8"{dash}/>')
            if row == len(marks) - 1:
                ends = ("-5 kb", "TSS", "+5 kb") if layer == "window" else ("TSS", "body, 12 places", "last base")
                for at, (text, anchor) in enumerate(zip(ends, ("start", "middle", "end"))):
                    lines.append(f'<text x="{left + at * width / 2}" y="{top + height + 16}" text-anchor="{anchor}">{text}</text>')
    path.write_text("\n".join(lines) + "\n</svg>\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--figure", type=Path, help="SVG of the pilot regions to write")
    parser.add_argument("--keep", type=Path, help="folder to work in, and to leave")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        work = options.keep or Path(scratch)
        print("| set | baseline | mark | where | expressed: sum [95 %] | below 0 | silent: sum [95 %] | below 0 |")
        print("|---|---|---|---|---|---|---|---|")
        for name, prepare in (("pilot", pilot), ("chromoformer", chromoformer)):
            folder = work / name
            folder.mkdir(parents=True, exist_ok=True)
            samples = prepare(folder)
            out = folder / "results"
            run(PROGRAMS / "attentrack", "run", folder / "config.yaml", "--outdir", out, "-q")
            test = {row["gene_id"] for row in read(out / "splits.tsv") if row["split"] == "test"}
            auroc = json.loads((out / "metrics.json").read_text())["pooled"]["splits"]["test"]["auroc"]
            print(f"{name}: test AUROC {auroc['value']:.3f}", file=sys.stderr)
            for baseline in ("empty", "median"):
                sums: dict = {}
                shapes: dict = {}
                for sample in samples:
                    labels = {row["gene_id"]: row["label"] for row in read(out / f"labels/{sample}.labels.tsv")}
                    groups = {
                        "expressed": {gene for gene in test if labels.get(gene) == "1"},
                        "silent": {gene for gene in test if labels.get(gene) == "0"},
                    }
                    for (layer, mark), of_genes in contributions(out, sample, baseline).items():
                        n = 1 + max(at for of in of_genes.values() for at in of)
                        for group, genes in groups.items():
                            of_group = [sum(of.values()) for gene, of in of_genes.items() if gene in genes]
                            sums.setdefault((layer, mark), {}).setdefault(group, []).extend(of_group)
                            shapes.setdefault((layer, mark), {}).setdefault(group, []).append(curve(of_genes, genes, n))
                rng = random.Random(1)
                for (layer, mark), of in sorted(sums.items(), key=lambda item: (item[0][1], item[0][0] != "window")):
                    cells = []
                    for group in ("expressed", "silent"):
                        mean, low, high = interval(of[group], rng)
                        below = sum(value < 0 for value in of[group]) / len(of[group])
                        cells += [f"{mean:+.3f} [{low:+.3f}, {high:+.3f}]", f"{100 * below:.0f} %"]
                    print(f"| {name} | {baseline} | {mark} | {layer} | {' | '.join(cells)} |")
                if options.figure and (name, baseline) == ("pilot", "median"):
                    means = lambda curves: [sum(values) / len(values) for values in zip(*curves)]
                    panels = [(mark, layer, {g: means(c) for g, c in of.items()}) for (layer, mark), of in shapes.items()]
                    figure(panels, options.figure)


if __name__ == "__main__":
    main()
