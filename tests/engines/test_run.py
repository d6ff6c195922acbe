"""`attentrack run` itself: started again, it does only what is left."""

import os
import re
import shutil
import sys
import unittest

from support import SMALL, Project, checksums


class Run(Project):
    def done(self, **environment):
        """The stages of which a run does steps."""
        said = self.attentrack("run", "config.yaml", "--outdir", "results", **environment)
        steps = re.findall(r"\[\d+/\d+\] attentrack-(\w+) ?(.*)", said)
        return {stage for stage, rest in steps if not rest.endswith("done already")}

    def test_only_what_has_changed_is_done_again(self):
        self.quickstart(SMALL)
        everything = {"tss", "label", "split", "bin", "train", "predict", "evaluate", "explain", "faithfulness", "track", "report"}
        self.assertEqual(self.done(), everything)
        self.assertEqual(self.done(), set())
        self.edit("config.yaml", "bootstrap: 50", "bootstrap: 60")
        self.assertEqual(self.done(), {"evaluate", "report"})
        signal = self.dir / "signal"
        shutil.copyfile(signal / "sample1.H3K36me3.bigWig", signal / "sample2.H3K36me3.bigWig")
        self.assertEqual(self.done(), {"bin", "train", "predict", "evaluate", "explain", "faithfulness", "track", "report"})
        # a file that was only touched is the same, and so is one of a folder that is made again
        os.utime(self.dir / "expression.tsv")
        os.utime(signal / "sample1.H3K4me1.bigWig")
        self.assertEqual(self.done(), set())
        next((self.dir / "results/tracks/sample1").iterdir()).unlink()
        self.assertEqual(self.done(), {"track"})
        # the same splits once more: what follows from them is not done again
        (self.dir / "results/splits.tsv").unlink()
        self.assertEqual(self.done(), {"split"})

    def test_a_part_of_the_chain(self):
        self.quickstart(SMALL)
        def run(*flags, **how):
            return self.attentrack("run", "config.yaml", "--outdir", "results", *flags, **how)

        said = run("--from", "train", fails=True)
        self.assertRegex(said, r"genes.bed: is not there, and --from train leaves out attentrack-tss")
        self.assertFalse((self.dir / "results").exists())
        self.assertIn("done up to attentrack-bin", run("--until", "bin"))
        self.assertFalse((self.dir / "results/model").exists() and any((self.dir / "results/model").iterdir()))
        commands = (self.dir / "results/pipeline_info/commands.sh").read_text().splitlines()[1:]
        self.assertEqual({line.split()[0] for line in commands}, {"attentrack-tss", "attentrack-label", "attentrack-split", "attentrack-bin"})
        self.assertEqual(self.done(), {"train", "predict", "evaluate", "explain", "faithfulness", "track", "report"})
        first = checksums(self.dir / "results")
        run("--from", "evaluate")
        info = self.dir / "results/pipeline_info"
        times = [line.split("\t") for line in (info / "times.tsv").read_text().splitlines()]
        self.assertEqual(times[0], ["stage", "id", "seconds"])
        self.assertTrue(all(float(seconds) >= 0 for *_, seconds in times[1:]))
        # of the earlier part too, each step once
        steps = [tuple(step) for *step, _ in times[1:]]
        self.assertIn("train", {stage for stage, _ in steps})
        self.assertEqual(len(steps), len(set(steps)))
        self.assertEqual((info / "config.yaml").read_text(), SMALL)
        self.assertIn("took", (info / "log.txt").read_text())
        self.assertEqual(checksums(self.dir / "results"), first)
        said = run("--from", "graph", fails=True)
        self.assertRegex(said, "--from graph: this configuration has no such step. It has tss, ")
        said = run("--from", "report", "--until", "bin", fails=True)
        self.assertIn("--from report is after --until bin", said)

    @unittest.skipUnless(sys.platform == "linux", "elsewhere a program that was changed may not start")
    def test_another_build_of_the_same_version_does_everything_again(self):
        self.quickstart(SMALL)
        everything = self.done()
        before = checksums(self.dir / "results")
        program = self.dir / "bin/attentrack"
        program.parent.mkdir()
        shutil.copy(shutil.which("attentrack"), program)
        path = f"{program.parent}:{os.environ['PATH']}"
        self.assertEqual(self.done(PATH=path), set())
        with open(program, "ab") as file:
            file.write(b"built anew")
        self.assertEqual(self.done(PATH=path), everything)
        self.assertEqual(self.done(PATH=path), set())
        self.assertEqual(checksums(self.dir / "results"), before)


if __name__ == "__main__":
    unittest.main()
