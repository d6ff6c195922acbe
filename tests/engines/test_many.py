"""A sheet of 200 samples: planned, run, and what Snakemake adds to each."""

import time
import unittest

from support import SMALL, Project, needs

N = 200
CONFIG = SMALL.replace("epochs: 3", "epochs: 1").replace("[chr4]", "[chr2]").replace("[chr5]", "[chr3]")


class Many(Project):
    def setUp(self):
        super().setUp()
        # the data of 50 samples, each of which is four
        self.attentrack(
            *"simulate --out . --seed 1 --samples 50 --genes 60 --chroms 3 --format bigwig --quiet".split(),
            *["--marks", "H3K27me3,H3K4me3"],
        )
        files = lambda n: ((mark, f"signal/sample{n % 50 + 1}.{mark}.bigWig") for mark in ("H3K27me3", "H3K4me3"))
        rows = [f"cell{n}\t{mark}\t{path}\t\n" for n in range(N) for mark, path in files(n)]
        self.write("samples.tsv", "sample\tmark\tpath\tcontrol\n" + "".join(rows))
        genes = [line.split("\t") for line in (self.dir / "expression.tsv").read_text().splitlines()]
        header, *genes = [[gene[0], *(gene[n % 50 + 1] for n in range(N))] for gene in genes]
        header = ["gene_id", *(f"cell{n}" for n in range(N))]
        self.write("expression.tsv", "".join("\t".join(row) + "\n" for row in [header, *genes]))
        self.write("config.yaml", CONFIG + "tracks: {formats: [bed, bigwig]}\n")

    def seconds(self, what, *arguments):
        start = time.monotonic()
        what(*arguments)
        return time.monotonic() - start

    @needs("snakemake")
    def test_two_hundred_samples_through_snakemake(self):
        plan = self.seconds(self.attentrack, "plan", "config.yaml", "--out", "plan.json")
        run = self.seconds(self.attentrack, "run", "config.yaml", "--outdir", "run", "--quiet", "--threads", "2")
        engine = self.seconds(self.snakemake, "--cores", "2", "--quiet", "all")
        again = self.seconds(self.snakemake, "--cores", "2", "--quiet", "all")
        self.assertSame("run", "results")
        print(
            f"{N} samples, {5 * N + 4} steps: plan {plan:.1f} s, attentrack run {run:.1f} s, Snakemake {engine:.1f} s "
            f"({1000 * (engine - run) / N:.0f} ms more a sample), again with nothing to do {again:.1f} s"
        )
        self.assertLess(engine, 400)


if __name__ == "__main__":
    unittest.main()
