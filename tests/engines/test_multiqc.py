"""What attentrack-report writes, in a report of MultiQC."""

import csv
import json
import unittest

from support import SMALL, Project, needs


@needs("multiqc")
class MultiQC(Project):
    def test_figures_curves_classes_and_version_are_in_a_strict_report(self):
        self.quickstart(SMALL + "graph: {contexts: sample, nodes: [promoter, expression], halves: 5, nulls: 2}\n")
        self.attentrack("run", "config.yaml", "--outdir", "results", "--quiet")
        config = "results/report/multiqc_config.yml"
        self.sh(["multiqc", "--strict", "--config", config, "--outdir", "qc", "results"])

        metrics = json.loads((self.dir / "results/metrics.json").read_text())
        with open(self.dir / "qc/multiqc_data/multiqc_general_stats.txt", encoding="utf-8") as table:
            general = {row["Sample"]: row for row in csv.DictReader(table, delimiter="\t")}
        self.assertEqual(set(general), {"sample1", "sample2"})
        for sample in metrics["samples"]:
            row = {key.rpartition("-")[2]: value for key, value in general[sample["sample"]].items()}
            figures = sample["splits"]["test"]
            self.assertAlmostEqual(float(row["auroc"]), figures["auroc"]["value"], places=9)
            self.assertEqual(float(row["genes"]), figures["genes"])

        data = json.loads((self.dir / "qc/multiqc_data/multiqc_data.json").read_text())
        plots = ("metrics_table", "loss_plot", "selection_plot", "classes_plot", "calibration_plot", "attention_plot")
        plots += ("graph_table", "graph_pairs_table")
        for plot in plots:
            self.assertIn(f"attentrack_{plot}", data["report_plot_data"])
        versions = (self.dir / "qc/multiqc_data/multiqc_software_versions.txt").read_text()
        self.assertIn("attentrack", versions)
        self.assertIn(self.attentrack("--version").split()[1], versions)


if __name__ == "__main__":
    unittest.main()
