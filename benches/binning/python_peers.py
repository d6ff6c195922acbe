"""Python libraries at the same work, one call a window, as a script of one's own would do it.

python_peers.py pybigtools|pyBigWig|pysam WINDOWS OUT.npy FILE...
"""

import sys

import numpy as np

peer, windows, out, files = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
windows = [(chrom, int(start), int(end)) for chrom, start, end, _ in map(str.split, open(windows))]
matrix = np.zeros((len(windows), len(files), 100), np.float32)
for at, path in enumerate(files):
    if peer == "pybigtools":
        import pybigtools

        file = pybigtools.open(path)
        for row, (chrom, start, end) in enumerate(windows):
            matrix[row, at] = file.values(chrom, start, end, bins=100, exact=True, fillna=0)
    elif peer == "pyBigWig":
        import pyBigWig

        file = pyBigWig.open(path)
        for row, (chrom, start, end) in enumerate(windows):
            matrix[row, at] = np.nan_to_num(file.values(chrom, start, end, numpy=True)).reshape(100, 100).mean(1)
    else:
        import pysam

        file = pysam.AlignmentFile(path)
        for row, (chrom, start, end) in enumerate(windows):
            for read in file.fetch(chrom, start, end):
                if not read.flag & 0x600:
                    last = read.reference_start + 1 if read.is_unmapped else read.reference_end
                    bins = slice(max(read.reference_start - start, 0) // 100, (last - 1 - start) // 100 + 1)
                    matrix[row, at, bins] += 1
np.save(out, matrix)
