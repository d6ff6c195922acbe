"""A matrix, labels and splits of the size of a cell type of the Roadmap benchmark: genes × 5 marks × 100
bins of counts, a third of the genes each for training, validation and test. Needs numpy. The same seed
gives the same files."""

import json
from pathlib import Path

import numpy as np

MARKS = ["H3K27me3", "H3K36me3", "H3K4me1", "H3K4me3", "H3K9me3"]
BINS = 100
PEAK = [0.2, 0.5, 1.0, 3.0, 0.1]  # what expression adds to a mark, times the background


def make(folder: Path, genes: int, seed: int) -> None:
    """Writes x.bins.safetensors, labels.tsv and splits.tsv."""
    if (folder / "splits.tsv").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    expressed = rng.random(genes) < 0.5
    near = np.exp(-(((np.arange(BINS) - BINS / 2) / 10) ** 2))
    activity = rng.gamma(2.0, 0.5, (genes, 1, 1)) * expressed[:, None, None]
    depth = rng.gamma(3.0, 0.6, (genes, len(MARKS), 1)) + 0.1
    values = rng.poisson(depth * (1 + activity * np.array(PEAK)[:, None] * near)).astype("<f4")
    names = [f"gene{at:05}" for at in range(genes)]
    write_matrix(folder / "x.bins.safetensors", "x", names, values.shape, [values.tobytes()])
    rows = [f"{name}\t{int(label)}\n" for name, label in zip(names, expressed)]
    (folder / "labels.tsv").write_text("gene_id\tlabel\n" + "".join(rows))
    splits = ["train"] * (genes // 3 + genes % 3 // 2) + ["valid"] * (genes // 3)
    splits += ["test"] * (genes - len(splits))
    rows = [f"{name}\t{split}\t0\n" for name, split in zip(names, splits)]
    (folder / "splits.tsv").write_text("gene_id\tsplit\tfold\n" + "".join(rows))


def make_copies(folder: Path, copies: Path, samples: int) -> list:
    """Samples s0, s1 … of the same genes, each turned by some genes; returns the arguments that name them."""
    copies.mkdir(parents=True)
    content = (folder / "x.bins.safetensors").read_bytes()
    size = int.from_bytes(content[:8], "little")
    head = json.loads(content[8 : 8 + size])
    names, shape = json.loads(head["__metadata__"]["header"])["genes"], head["values"]["shape"]
    values, gene = memoryview(content)[8 + size :], 4 * shape[1] * shape[2]
    arguments = []
    for at in range(samples):
        path, cut = copies / f"s{at}.bins.safetensors", 7 * at * gene
        write_matrix(path, f"s{at}", names, shape, [values[cut:], values[:cut]])
        arguments += ["--bins", path, "--labels", folder / "labels.tsv"]
    return arguments


def write_matrix(path: Path, sample: str, names: list, shape: tuple, values) -> None:
    """A matrix file (safetensors: a length, a JSON header, the tensors); values are bytes in pieces."""
    header = {
        "format": "attentrack.bins",
        "format_version": 1,
        "tool_version": "0",
        "kind": "signal",
        "sample": sample,
        "assembly": None,
        "flank_bp": 50 * shape[2],
        "bin_size_bp": 100,
        "orientation": "gene",
        "statistic": "count",
        "marks": MARKS,
        "inputs": [],
        "chroms": [],
        "genes": names,
        "status": ["ok"] * len(names),
    }
    size = 4 * int(np.prod(shape))
    head = json.dumps(
        {"__metadata__": {"header": json.dumps(header)}, "values": {"dtype": "F32", "shape": shape, "data_offsets": [0, size]}}
    ).encode()
    head += b" " * (-len(head) % 8)
    with open(path, "wb") as out:
        out.write(len(head).to_bytes(8, "little") + head)
        for part in values:
            out.write(part)
