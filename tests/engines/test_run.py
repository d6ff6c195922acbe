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
        (self.dir / "results/splits.tsv").unlink()
        self.assertIn("split", self.done())

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
