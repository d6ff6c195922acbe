"""Hostile names of samples are refused in the same words by all runners, hostile paths give the same bytes, and
nothing in either is ever run: each would make a file PWNED."""

import os
import unittest

from support import NEXTFLOW, ROOT, SNAKEFILE, Project, needs

NAMES = [
    "s1;touch PWNED;",
    "s1$(touch PWNED)",
    "s1`touch PWNED`",
    "s1|touch PWNED",
    "s1&touch PWNED&",
    "s1>PWNED",
    "';touch PWNED;'",
    '";touch PWNED;"',
    "CD4+_T(naive)",
    "s'1",
    "s 1",
    "-rf",
    "--help",
    "@PWNED",
    "../s1",
    "{s1}",
    "s*",
    "~",
    "$HOME",
    "#s1",
    "s1\\",
    "s\x1b[31m1",
    "Zelle-µ",
    "NUL",
]
# an engine takes seconds to start, so each is asked about a few of them; `attentrack plan`, which both ask
# first, about all. ATTENTRACK_ALL_NAMES=1 asks the engines about all
FEW = NAMES if os.environ.get("ATTENTRACK_ALL_NAMES") else NAMES[:2] + ["CD4+_T(naive)"]

CONFIG = """samples: 'sam ples''$(x)/;s.tsv'
annotation: {path: '-a @b.gtf.gz', biotype: [protein_coding]}
expression: {path: '@e;touch PWNED.tsv'}
window: {statistic: mean, flank: 1000}
split: {valid_chroms: [chr4], test_chroms: [chr5]}
model: {name: logistic-regression}
evaluate: {bootstrap: 10}
report: {title: "it's $(touch PWNED) `touch PWNED` {x} \\"y\\" \\\\ <b>"}
"""
# what sample1.H3K27me3.bam and so on are called instead
PATHS = [
    "s1;touch PWNED;.bam",
    "`touch PWNED`.bigWig",
    "a 'b\" c&d|e.bigWig",
    "-rf {x} *?[1].bam",
    "@~#<x>!é\\.bigWig",
]


class Names(Project):
    def tearDown(self):
        self.assertEqual([str(path) for path in self.dir.rglob("*PWNED") if path.name == "PWNED"], [])
        super().tearDown()

    def refused(self, run, names):
        self.quickstart()
        good = (self.dir / "samples.tsv").read_text()
        for name in names:
            with self.subTest(name):
                self.write("samples.tsv", good.replace("sample1\t", f"{name}\t"))
                said = run(fails=True)
                self.assertIn("samples.tsv, line 2: sample", said)
                self.assertIn("cannot be a name", said)
                self.assertNotIn("\x1b[31m1", said)
                self.assertFalse((self.dir / "results/genes.bed").exists())

    def test_all_names_are_refused_by_the_plan(self):
        self.refused(lambda **how: self.attentrack("plan", "config.yaml", **how), NAMES)
        self.refused(lambda **how: self.attentrack("run", "config.yaml", **how), FEW)

    @needs("snakemake")
    def test_snakemake_refuses_them(self):
        self.refused(self.snakemake, FEW)

    @needs("nextflow")
    def test_nextflow_refuses_them(self):
        self.refused(self.nextflow, FEW)

    def hostile(self, folder, paths):
        """The quickstart's data below `folder`, by names with which a shell has trouble; its configuration."""
        self.quickstart(CONFIG)
        project = self.dir / folder
        project.mkdir()
        sheet = project / "sam ples'$(x)" / ";s.tsv"
        sheet.parent.mkdir()
        rows = []
        for line in (self.dir / "samples.tsv").read_text().splitlines()[1:]:
            sample, mark, path = line.split("\t")[:3]
            if sample == "sample1" and paths:
                name, paths = paths[0], paths[1:]
            else:
                name = path.removeprefix("signal/")
            for ending in ("", ".bai"):
                if (self.dir / (path + ending)).exists():
                    (self.dir / (path + ending)).rename(sheet.parent / (name + ending))
            rows.append(f"{sample}\t{mark}\t{name}\n")
        sheet.write_text("sample\tmark\tpath\n" + "".join(rows))
        for old, new in [
            ("annotation.gtf.gz", "-a @b.gtf.gz"),
            ("expression.tsv", "@e;touch PWNED.tsv"),
            ("config.yaml", "config.yaml"),
        ]:
            (self.dir / old).rename(project / new)
        return f"{folder}/config.yaml"

    @needs("snakemake")
    def test_hostile_paths_through_snakemake(self):
        config = self.hostile("-pro ject's $(touch PWNED)", ["$(touch PWNED).bam", *PATHS[1:3], "-rf *?[1].bam", "@~#!é\\.bigWig"])
        self.attentrack("run", f"--outdir=run", "--quiet", "--", config)
        outdir = "out dir's $HOME ;touch PWNED"
        command = ["snakemake", "--snakefile", SNAKEFILE, f"--configfile={config}", "--cores", "2", "--config"]
        self.sh([*command, f"outdir={outdir}"])
        self.assertSame("run", outdir)
        said = self.sh([*command, "outdir=a{o}"], fails=True)
        self.assertIn("a{o}: Snakemake takes { } and < > in a path for names of its own", said)

    @needs("nextflow")
    def test_hostile_paths_through_nextflow(self):
        config = self.hostile("pro ject's {p} (touch PWNED)", PATHS)
        sheet = (self.dir / config).parent / "sam ples'$(x)"
        self.edit(config, "sam ples''$(x)", "sam ples''(x)")
        sheet.rename(sheet.parent / "sam ples'(x)")
        self.attentrack("run", f"--outdir=run", "--quiet", "--", config)
        self.sh(["nextflow", "run", NEXTFLOW, "-params-file", config, "--outdir", "out dir's (o)"])
        self.assertSame("run", "out dir's (o)")
        # which Nextflow itself does not quote
        (self.dir / config).parent.joinpath("-a @b.gtf.gz").rename((self.dir / config).parent / "$HOME.gtf.gz")
        self.edit(config, "-a @b.gtf.gz", "$HOME.gtf.gz")
        said = self.sh(["nextflow", "run", NEXTFLOW, "-params-file", config], fails=True)
        self.assertIn("$HOME.gtf.gz: Nextflow cannot stage a file with $ in its path", said)

    @needs("nextflow")
    def test_a_module_takes_any_id_of_somebody_elses_pipeline(self):
        ids = [name for name in NAMES if "/" not in name and "\x1b" not in name and "*" not in name]
        module = ROOT / "workflow/modules/label/main.nf"
        quoted = [("'" + id.replace("\\", "\\\\").replace("'", "\\'") + "'").replace("$", "$") for id in ids]
        self.write("e.tsv", "")
        self.write(
            "main.nf",
            f"include {{ LABEL }} from '{module}'\n"
            "workflow {\n"
            f"    ids = channel.of({', '.join(quoted)})\n"
            "    LABEL(ids.map { id -> [[id: id], file('e.tsv'), file('main.nf')] })\n"
            "    LABEL.out.labels.view { meta, labels -> \"${meta.id}.labels.tsv\" == labels.name ? 'same' : \"${meta.id} became ${labels}\" }\n"
            "}\n",
        )
        said = self.sh(["nextflow", "run", "main.nf", "-stub", "-ansi-log", "false"])
        self.assertEqual(said.splitlines().count("same"), len(ids), said)


if __name__ == "__main__":
    unittest.main()
