"""A sheet of 200 samples: planned, run, and what Snakemake adds to each. And thousands of samples whose
files are more than fits a command line: Linux starts no program with more than 2 MiB of arguments."""

import os
import time
import unittest

from support import ROOT, SMALL, Project, needs

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


class MoreThanACommandLineHolds(Project):
    LABELS = "gene_id\tlabel\ng1\t1\ng2\t0\ng3\t1\n"

    def labels(self, folder, names):
        """Labels of as many samples, all the same file."""
        self.write("labels.tsv", self.LABELS)
        (self.dir / folder).mkdir(parents=True)
        for name in names:
            os.link(self.dir / "labels.tsv", self.dir / folder / f"{name}.labels.tsv")

    @needs("snakemake")
    def test_snakemake_splits_thousands_of_samples_with_long_paths(self):
        folder, names = f"{'given' * 50}/{'labels' * 40}", [f"s{n}" for n in range(4500)]
        self.labels(folder, names)
        self.write("samples.tsv", "sample\tmark\tpath\n" + "".join(f"{name}\tH3K4me3\ta.bw\n" for name in names))
        gene = 'chr{0}\tx\tgene\t101\t900\t.\t+\t.\tgene_id "g{0}";\n'
        self.write("genes.gtf", "".join(gene.format(n) for n in (1, 2, 3)))
        self.write("expression.tsv", "")
        self.write("a.bw", "")
        self.write(
            "config.yaml",
            "samples: samples.tsv\nannotation: {path: genes.gtf}\nexpression: {path: expression.tsv}\n"
            f'labels: {{path: "{folder}/{{sample}}.labels.tsv"}}\nsplit: {{valid_chroms: [chr2], test_chroms: [chr3]}}\n',
        )
        self.snakemake("--cores", "2", "--quiet", "all", "--", "results/splits.tsv")
        self.assertEqual(
            (self.dir / "results/splits.tsv").read_text(),
            "gene_id\tgene_name\tsplit\tfold\ng1\t.\ttrain\t0\ng2\t.\tvalid\t0\ng3\t.\ttest\t0\n",
        )

    @needs("nextflow")
    def test_nextflow_splits_thousands_of_samples_with_long_names(self):
        self.labels("given", [f"{n}{'sample' * 37}" for n in range(8000)])
        self.write("genes.bed", "".join(f"chr{n}\t100\t101\tg{n}\t0\t+\n" for n in (1, 2, 3)))
        self.write(
            "main.nf",
            f"include {{ SPLIT }} from '{ROOT}/workflow/modules/split/main.nf'\n"
            "workflow {\n"
            "    SPLIT([[id: 'all', args: '--valid-chroms chr2 --test-chroms chr3'], file('genes.bed'), files('given/*.tsv')])\n"
            "    SPLIT.out.splits.subscribe { _meta, file -> file.copyTo('splits.tsv') }\n"
            "}\n",
        )
        self.sh(["nextflow", "run", "main.nf"])
        self.assertEqual(
            (self.dir / "splits.tsv").read_text(),
            "gene_id\tgene_name\tsplit\tfold\ng1\t.\ttrain\t0\ng2\t.\tvalid\t0\ng3\t.\ttest\t0\n",
        )


if __name__ == "__main__":
    unittest.main()
