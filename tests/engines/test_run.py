"""`attentrack run` itself: started again, it does only what is left."""

import re
import shutil
import unittest

from support import SMALL, Project


class Run(Project):
    def done(self):
        """The steps that a run does, and those that it finds done, as STAGE or STAGE.ID."""
        said = self.attentrack("run", "config.yaml", "--outdir", "results")
        steps = re.findall(r"\[\d+/\d+\] attentrack-(\w+) ?(.*)", said)
        return {stage for stage, rest in steps if not rest.endswith("done already")}

    def test_only_what_has_changed_is_done_again(self):
        self.quickstart(SMALL)
        everything = {"tss", "label", "split", "bin", "train", "predict", "evaluate", "track", "report"}
        self.assertEqual(self.done(), everything)
        self.assertEqual(self.done(), set())
        self.edit("config.yaml", "bootstrap: 50", "bootstrap: 60")
        self.assertEqual(self.done(), {"evaluate", "report"})
        signal = self.dir / "signal"
        shutil.copyfile(signal / "sample1.H3K36me3.bigWig", signal / "sample2.H3K36me3.bigWig")
        self.assertEqual(self.done(), {"bin", "train", "predict", "evaluate", "track", "report"})
        (self.dir / "results/splits.tsv").unlink()
        self.assertIn("split", self.done())


if __name__ == "__main__":
    unittest.main()
