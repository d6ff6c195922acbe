"""Makes data for the binning benchmark: genes, bigWigs and BAMs shaped as human ChIP-seq.

Chromosomes have the lengths of hg19 times the scale, so that density does not depend on it. At scale 1:
20,000 genes; five fold-change bigWigs, one of 20 M and four of 7 M reads; five BAMs of 8 M reads of
36 bp. Needs numpy, pyBigWig and pysam. The same seed gives the same data.
"""

import struct
import zlib
from pathlib import Path

import numpy as np

MARKS = ["H3K27me3", "H3K36me3", "H3K4me1", "H3K4me3", "H3K9me3"]
HG19_MB = [249, 243, 198, 191, 181, 171, 159, 146, 141, 136, 135, 134, 115, 107, 103, 90, 81, 78, 59, 63, 48, 51, 155, 59]
CHROMS = [f"chr{i}" for i in range(1, 23)] + ["chrX", "chrY"]
FLANK, BIN = 5000, 100
# share of the reads near a TSS, and how near (standard deviation, bp)
NEAR_TSS = {"H3K27me3": (0.2, 8000), "H3K36me3": (0.3, 12000), "H3K4me1": (0.25, 3500), "H3K4me3": (0.35, 700), "H3K9me3": (0.05, 15000)}
READ = 36


def make(folder: Path, scale: float, seed: int) -> None:
    """Writes everything; `folder/.done` shows that it is complete."""
    if (folder / ".done").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    sizes = {chrom: int(mb * 1e6 * scale) + 4 * FLANK for chrom, mb in zip(CHROMS, HG19_MB)}
    genes = make_genes(folder, sizes, scale, np.random.default_rng([seed, 0]))
    for at, mark in enumerate(MARKS):
        rng = np.random.default_rng([seed, 1, at])
        make_bigwig(folder / f"{mark}.bw", mark, sizes, genes, scale * (20e6 if at == 0 else 7e6), rng)
        make_bam(folder / f"{mark}.bam", mark, sizes, genes, scale * 8e6, np.random.default_rng([seed, 2, at]))
        print(f"made {mark}", flush=True)
    (folder / ".done").touch()


def make_genes(folder: Path, sizes: dict, scale: float, rng) -> dict:
    """genes.bed for attentrack; windows and bins for the peers. Two in five TSSs lie near another one."""
    total, genes = sum(sizes.values()), {}
    for chrom, size in sizes.items():
        n = max(1, round(20_000 * scale * size / total))
        tss = rng.integers(FLANK, size - FLANK, n)
        near = rng.random(n) < 0.4
        tss[near] = rng.choice(tss, near.sum()) + rng.normal(0, 8000, near.sum()).astype(int)
        genes[chrom] = np.sort(np.clip(tss, FLANK, size - FLANK))
    rows = [(chrom, int(tss), f"{chrom}_{at}") for chrom in genes for at, tss in enumerate(genes[chrom])]
    bins = [(c, t - FLANK + b, t - FLANK + b + BIN, f"{g}:{b // BIN}") for c, t, g in rows for b in range(0, 2 * FLANK, BIN)]
    rank = {chrom: at for at, chrom in enumerate(sizes)}
    by_position = sorted(bins, key=lambda row: (rank[row[0]], row[1]))

    def write(name, lines):
        (folder / name).write_text("".join("\t".join(map(str, line)) + "\n" for line in lines))

    write("genes.bed", ((c, t, t + 1, g, 0, "+") for c, t, g in rows))
    write("windows.bed", ((c, t - FLANK, t + FLANK, g) for c, t, g in rows))
    write("bins.bed", bins)
    write("bins.sorted.bed", by_position)
    write("bins.saf", ((g, c, s + 1, e, "+") for c, s, e, g in by_position))
    write("chrom.sizes", sizes.items())
    return genes


def starts(mark: str, size: int, tss, n: int, rng):
    """Sorted read starts: a background that varies from 100 kb to 100 kb, and reads near TSSs."""
    share, spread = NEAR_TSS[mark]
    near = int(n * share)
    weight = rng.gamma(6.0, 1.0, size // 100_000 + 1)
    block = rng.choice(len(weight), n - near, p=weight / weight.sum())
    background = block * 100_000 + rng.integers(0, 100_000, n - near)
    activity = rng.gamma(0.4, 1.0, len(tss)) + 1e-6
    peaks = rng.choice(tss, near, p=activity / activity.sum()) + rng.normal(0, spread, near).astype(int)
    return np.sort(np.clip(np.concatenate([background, peaks]), 0, size - 500))


def make_bigwig(path: Path, mark: str, sizes: dict, genes: dict, reads: float, rng) -> None:
    """Fold change of reads extended to 200 bp over a wobbling background, as MACS2 writes it: one
    interval a change, five decimals. 3 % of the 50-kb stretches have no data."""
    import pyBigWig

    out = pyBigWig.open(str(path), "w")
    out.addHeader(list(sizes.items()))
    total = sum(sizes.values())
    for chrom, size in sizes.items():
        first = starts(mark, size, genes[chrom], int(reads * size / total), rng)
        edges = np.concatenate([first, first + 200, rng.integers(0, size, len(first) // 4)])
        step = np.repeat([1, -1, 0], [len(first), len(first), len(edges) - 2 * len(first)])
        order = np.argsort(edges, kind="stable")
        edges, depth = edges[order], np.cumsum(step[order])
        last = np.append(edges[1:] != edges[:-1], True)
        begin, depth = edges[last], depth[last]
        end = np.append(begin[1:], size)
        local = 1 + reads * 200 / total * rng.gamma(20, 0.05, size // 1000 + 1)
        value = np.round((depth + 1) / local[np.minimum(begin // 1000, len(local) - 1)], 5)
        keep = (rng.random(size // 50_000 + 1) >= 0.03)[begin // 50_000] & (end > begin) & (end <= size)
        begin, end, value = begin[keep], end[keep], value[keep]
        for at in range(0, len(begin), 1 << 20):
            part = slice(at, at + (1 << 20))
            out.addEntries(np.full(len(begin[part]), chrom), begin[part], ends=end[part], values=value[part])
    out.close()


def make_bam(path: Path, mark: str, sizes: dict, genes: dict, reads: float, rng) -> None:
    """Single-end reads: 5 % duplicates, 1 % QC failures, 3 % with a deletion, 2 % spliced, 0.3 % unmapped."""
    import pysam

    total = sum(sizes.values())
    with open(path, "wb") as out:
        text = "@HD\tVN:1.6\tSO:coordinate\n" + "".join(f"@SQ\tSN:{c}\tLN:{n}\n" for c, n in sizes.items())
        names = b"".join(struct.pack("<i", len(c) + 1) + c.encode() + b"\0" + struct.pack("<i", n) for c, n in sizes.items())
        write_blocks(out, b"BAM\1" + struct.pack("<i", len(text)) + text.encode() + struct.pack("<i", len(sizes)) + names)
        for chrom, (name, size) in enumerate(sizes.items()):
            first = starts(mark, size, genes[name], int(reads * size / total), rng)
            for at in range(0, len(first), 1 << 18):
                write_blocks(out, records(chrom, first[at : at + (1 << 18)], rng))
        write_blocks(out, b"", end=True)
    pysam.index(str(path))


def make_scaffolds(folder: Path, n: int = 200_000, genes: int = 20_000) -> None:
    """An assembly of n scaffolds of 600 bp, a gene on each tenth: one interval a scaffold as bedGraph and
    bigWig, one read a scaffold as BAM and CRAM, three reads a two as tagAlign in no order."""
    if (folder / ".done").exists():
        return
    import pysam

    folder.mkdir(parents=True, exist_ok=True)
    names = [f"scaffold_{at:07d}" for at in range(n)]
    step = n // genes
    (folder / "genes.bed").write_text("".join(f"{name}\t100\t101\tG{at}\t0\t+\n" for at, name in enumerate(names[::step])))
    (folder / "m.bedgraph").write_text("".join(f"{name}\t0\t500\t1.5\n" for name in names))
    order = (names[at * 77_773 % n] for at in range(n * 3 // 2))
    (folder / "m.tagAlign").write_text("".join(f"{name}\t90\t126\tN\t1000\t+\n" for name in order))
    (folder / "m.bw").write_bytes(bigwig_of_scaffolds(names))
    header = {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [{"SN": name, "LN": 600} for name in names]}
    (folder / "genome.fa").write_text("".join(f">{name}\n{'A' * 600}\n" for name in names))
    for kind, mode in (("bam", "wb"), ("cram", "wc")):
        with pysam.AlignmentFile(str(folder / f"m.{kind}"), mode, header=header, reference_filename=str(folder / "genome.fa")) as out:
            for at in range(n):
                read = pysam.AlignedSegment(out.header)
                read.query_name, read.reference_id, read.reference_start, read.mapping_quality = f"r{at}", at, 90, 60
                read.query_sequence, read.cigarstring = "A" * READ, f"{READ}M"
                out.write(read)
    pysam.index(str(folder / "m.bam"))
    (folder / ".done").touch()


def bigwig_of_scaffolds(names: list) -> bytes:
    """A bigWig by hand, since pyBigWig looks each name up among all: 0-500 of every scaffold has 1.5, one
    block of 36 bytes each, not compressed; both trees have a root over nodes of 512."""
    n, key, item, fan = len(names), len(names[0]), 36, 512
    nodes = [range(at, min(at + fan, n)) for at in range(0, n, fan)]
    tree = 64
    first = tree + 32 + 4 + len(nodes) * (key + 8)
    root = struct.pack("<BBH", 0, 0, len(nodes))
    leaves = b""
    for node in nodes:
        root += names[node[0]].encode() + struct.pack("<Q", first + len(leaves))
        leaves += struct.pack("<BBH", 1, 0, len(node)) + b"".join(names[at].encode() + struct.pack("<II", at, 600) for at in node)
    chroms = struct.pack("<4I2Q", 0x78CA8C91, fan, key, 8, n, 0) + root + leaves
    data = tree + len(chroms)
    blocks = struct.pack("<Q", n) + b"".join(struct.pack("<5IBBHIIf", at, 0, 500, 0, 0, 1, 0, 1, 0, 500, 1.5) for at in range(n))
    index = data + len(blocks)
    first = index + 48 + 4 + len(nodes) * 24
    root, leaves = struct.pack("<BBH", 0, 0, len(nodes)), b""
    for node in nodes:
        root += struct.pack("<4IQ", node[0], 0, node[-1], 500, first + len(leaves))
        leaves += struct.pack("<BBH", 1, 0, len(node)) + b"".join(struct.pack("<4I2Q", at, 0, at, 500, data + 8 + at * item, item) for at in node)
    r_tree = struct.pack("<2IQ4IQ2I", 0x2468ACE0, fan, n, 0, 0, n - 1, 500, index, 1, 0) + root + leaves
    header = struct.pack("<IHH3QHHQQIQ", 0x888FFC26, 4, 0, tree, data, index, 0, 0, 0, 0, 0, 0)
    return header + chroms + blocks + r_tree + struct.pack("<I", 0x888FFC26)


CIGARS = [[(READ, 0)], [(20, 0), (2, 2), (READ - 20, 0)], [(16, 0), (300, 3), (READ - 16, 0)]]


def records(chrom: int, first, rng) -> bytes:
    """BAM records (SAM specification, section 4.2) in order of position."""
    n = len(first)
    kind = np.searchsorted([0.95, 0.98], rng.random(n))
    luck = rng.random(n)
    flag = 16 * (rng.random(n) < 0.5) + 1024 * (luck < 0.05) + 512 * (luck > 0.99) + 4 * ((luck > 0.5) & (luck < 0.503))
    quality = 40 - np.arange(READ) // 6 - rng.choice([0, 1, 3, 10, 30], (n, READ), p=[0.55, 0.2, 0.13, 0.1, 0.02])
    fixed = [("size", "<i4"), ("chrom", "<i4"), ("pos", "<i4"), ("name_length", "u1"), ("mapq", "u1"), ("bin", "<u2"), ("operations", "<u2"), ("flag", "<u2"), ("length", "<i4"), ("mate", "<i4", 2), ("template", "<i4"), ("name", "S10")]
    rows, widths = [], []
    for at, cigar in enumerate(CIGARS):
        layout = np.dtype(fixed + [("cigar", "<u4", len(cigar)), ("bases", "u1", READ // 2), ("quality", "u1", READ)])
        of_kind = np.flatnonzero(kind == at)
        row = np.zeros(len(of_kind), layout)
        row["size"], row["chrom"], row["pos"], row["name_length"] = layout.itemsize - 4, chrom, first[of_kind], 10
        row["mapq"], row["operations"], row["flag"], row["length"], row["mate"] = 37, len(cigar), flag[of_kind], READ, -1
        row["bin"] = 4681 + (first[of_kind] >> 14)  # coarse: readers take positions from the linear index
        row["name"] = np.char.add("r", np.char.zfill(rng.integers(0, 10**8, len(of_kind)).astype(str), 8)).astype("S10")
        row["cigar"] = [length << 4 | operation for length, operation in cigar]
        row["bases"] = np.array([0x11, 0x12, 0x14, 0x18, 0x21, 0x22, 0x24, 0x28, 0x41, 0x42, 0x44, 0x48, 0x81, 0x82, 0x84, 0x88], "u1")[rng.integers(0, 16, (len(of_kind), READ // 2))]
        row["quality"] = np.maximum(quality[of_kind], 2)
        rows.append(row.view("u1").reshape(len(of_kind), layout.itemsize))
        widths.append(layout.itemsize)
    padded = np.zeros((n, max(widths)), "u1")
    for at, row in enumerate(rows):
        padded[kind == at, : widths[at]] = row
    return padded[np.arange(max(widths)) < np.array(widths)[kind][:, None]].tobytes()


def write_blocks(out, data: bytes, end: bool = False) -> None:
    """BGZF blocks (SAM specification, section 4.1)."""
    for at in range(0, max(len(data), int(end)), 65_280):
        part = data[at : at + 65_280]
        deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
        body = deflate.compress(part) + deflate.flush()
        out.write(struct.pack("<4BI2BH2BHH", 31, 139, 8, 4, 0, 0, 255, 6, 66, 67, 2, len(body) + 25) + body + struct.pack("<II", zlib.crc32(part), len(part)))
