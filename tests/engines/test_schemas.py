"""Every file that a run writes, against the schema that is committed for it."""

import csv
import gzip
import json
import struct
import unittest

from support import ROOT, SMALL, Project

try:
    from jsonschema import Draft202012Validator
except ImportError:
    Draft202012Validator = None


def header(path):
    """The JSON under the one metadata key of a safetensors file."""
    with open(path, "rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        return json.loads(json.loads(file.read(size))["__metadata__"]["header"])


def cell(text):
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text


def rows(path, columns=None):
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file, columns, delimiter="\t"):
            yield {name: cell(text) for name, text in row.items()}


@unittest.skipUnless(Draft202012Validator, "jsonschema is not installed (.ci/install)")
class Schemas(Project):
    def fits(self, name, documents, closed=False):
        schema = json.loads((ROOT / f"schemas/{name}.schema.json").read_text())
        if closed:
            # a column that the schema does not know would pass unseen
            schema["additionalProperties"] = False
        validator, count = Draft202012Validator(schema), 0
        for document in documents:
            errors = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]
            self.assertEqual(errors, [], name)
            count += 1
        self.assertGreater(count, 0, name)

    def test_every_file_of_a_run(self):
        self.quickstart(SMALL.replace("per-sample", "pooled, ensemble: 2"))
        self.attentrack("run", "config.yaml", "--outdir", "results", "--quiet")
        results = self.dir / "results"
        samples = ("sample1", "sample2")
        for sample in samples:
            self.fits("bins", [header(results / f"bins/{sample}.bins.safetensors")])
            self.fits("bins", [header(results / f"attention/{sample}.attention.bins.safetensors")])
            self.fits("predictions", rows(results / f"predictions/{sample}.predictions.tsv"), closed=True)
            self.fits("labels", rows(results / f"labels/{sample}.labels.tsv"), closed=True)
        self.fits("model", [header(results / "model/pooled.model.safetensors")])
        self.fits("history", rows(results / "model/pooled.history.tsv"), closed=True)
        self.fits("splits", rows(results / "splits.tsv"), closed=True)
        self.fits("metrics", [json.loads((results / "metrics.json").read_text())])
        self.fits("plan", [json.loads(self.attentrack("plan", "config.yaml"))])
        bed = ("chrom", "start", "end", "name", "score", "strand", "last", "symbol")
        self.fits("genes", rows(results / "genes.bed", bed), closed=True)
        table = results / "tracks/sample1/attention.tsv.gz"
        first = [row for row, _ in zip(rows(table), range(2000))]
        self.fits("track-table", first, closed=True)

        pairs = [
            word
            for sample in samples
            for word in (
                *("--predictions", results / f"predictions/{sample}.predictions.tsv"),
                *("--labels", results / f"labels/{sample}.labels.tsv"),
            )
        ]
        judged = ["--splits", results / "splits.tsv", "--bootstrap", "20", "--out", "m.json", "--tsv", "m.tsv"]
        self.attentrack("evaluate", *pairs, *judged)
        self.fits("metrics-table", rows(self.dir / "m.tsv"), closed=True)

        runs = ["model\tpredictions\tlabels\n"]
        runs += [f"m\tpredictions/{sample}.predictions.tsv\tlabels/{sample}.labels.tsv\n" for sample in samples]
        (results / "runs.tsv").write_text("".join(runs))
        ranked = ["--runs", results / "runs.tsv", "--splits", results / "splits.tsv", "--out", "c.tsv"]
        self.attentrack("rank", *ranked, "--bootstrap", "20", "--quiet")
        self.fits("comparison", rows(self.dir / "c.tsv"), closed=True)

        attention = [results / f"attention/{sample}.attention.bins.safetensors" for sample in samples]
        gene = next(rows(results / "genes.bed", bed))["name"]
        self.attentrack("heatmap", "--input", *attention, "--gene", gene, "--out", "h.tsv", "--quiet")
        self.fits("heatmap", rows(self.dir / "h.tsv"), closed=True)

    def test_a_wrong_row_does_not_fit(self):
        right = {"gene_id": "g", "sample": "s", "status": "ok", "score": 0.5, "mark_attention_H3K4me3": "NA"}
        self.fits("predictions", [right], closed=True)
        for wrong in ({"status": "fine"}, {"score": "high"}, {"mark_attention_H3K4me3": "x"}, {"surprise": 1}):
            with self.assertRaises(AssertionError):
                self.fits("predictions", [{**right, **wrong}], closed=True)


if __name__ == "__main__":
    unittest.main()
