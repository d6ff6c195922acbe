"""The same bad sample sheet or configuration gets the same clear message in all engines."""

import unittest

from support import Project, needs

SHEETS = {
    "no column": ("sample\tmark\tpath", "sample\tmrk\tpath", ["samples.tsv, line 1: no column \"mark\"; found sample, mrk"]),
    "a file twice": (
        "sample2\tH3K4me3\tsignal/sample2.H3K4me3.bam",
        "sample2\tH3K9me3\tsignal/sample2.H3K9me3.bigWig",
        ["line 11: sample sample2 has ", "sample2.H3K9me3.bigWig for H3K9me3 twice", "replicates"],
    ),
    "no such file": ("signal/sample2.H3K9me3", "signal/nowhere", ["samples.tsv, line 11: no such file", "nowhere.bigWig", "relative to the sheet"]),
}
CONFIGS = {
    "an unknown key": ("epochs: 12", "epoch: 12", ["train: unknown field `epoch`, expected one of", "`epochs`"]),
    "a bad value": ("epochs: 12", "epochs: 0", ["train.epochs 0: must be at least 1"]),
}


class BadSheet(Project):
    def check(self, run, *arguments):
        """`run`: starts the engine in the project's folder; all must fail before anything is written."""
        self.quickstart()
        for file, cases in [("samples.tsv", SHEETS), ("config.yaml", CONFIGS)]:
            good = (self.dir / file).read_text()
            for name, (old, new, needles) in cases.items():
                with self.subTest(name):
                    self.edit(file, old, new)
                    said = run(*arguments, fails=True)
                    for needle in needles:
                        self.assertIn(needle, said)
                    self.assertNotIn("panicked", said)
                    self.assertFalse((self.dir / "results/genes.bed").exists())
                self.write(file, good)

    def test_attentrack_run(self):
        self.check(self.attentrack, "run", "config.yaml")

    @needs("snakemake")
    def test_snakemake(self):
        self.check(self.snakemake)

    @needs("nextflow")
    def test_nextflow(self):
        self.check(self.nextflow)


if __name__ == "__main__":
    unittest.main()
