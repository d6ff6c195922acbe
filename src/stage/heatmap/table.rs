//! The map as a table.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::map::Map;
use crate::io;
use crate::matrix::Number;

/// One row of the table of `attentrack-heatmap`: one gene, sample and mark.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct HeatmapRow {
    /// Gene id.
    gene_id: String,
    /// Symbol of the gene, not unique; `.` where it is not known.
    #[serde(with = "crate::genome::symbol")]
    #[schemars(with = "String")]
    gene_name: Option<String>,
    /// Sample.
    sample: String,
    /// What became of the gene's window; NA where the sample lacks the gene.
    status: String,
    /// Score, where predictions were given.
    #[schemars(with = "Number")]
    score: Option<f64>,
    /// Whether the score may as well be on the other side of the model's threshold (0 or 1).
    #[schemars(with = "Number")]
    uncertain: Option<bool>,
    /// Label, where labels were given.
    #[schemars(with = "Number")]
    label: Option<f64>,
    /// Mark.
    mark: String,
    /// Mark attention (attention), sum over the bins (attribution) or mean of the bins (signal).
    #[schemars(with = "Number")]
    mark_value: Option<f64>,
    /// From the TSS to the 5′ base of the mark's highest bin, in bp along the gene.
    #[schemars(with = "Number")]
    peak_bp: Option<f64>,
    /// Value of that bin: of attention in even shares, else as stored.
    #[schemars(with = "Number")]
    peak_value: Option<f64>,
}

/// Writes one row a gene, sample and mark.
pub fn write(path: &Path, map: &Map) -> io::Result<()> {
    let mut rows = Vec::new();
    for (gene, region) in map.genes.iter().enumerate() {
        for sample in &map.samples {
            for (mark, name) in map.marks.iter().enumerate() {
                let found = sample.genes[gene].as_ref();
                let peak = found.and_then(|gene| gene.peaks[mark]);
                rows.push(HeatmapRow {
                    gene_id: region.id.clone(),
                    gene_name: region.symbol.clone(),
                    sample: sample.name.clone(),
                    status: found.map_or("NA", |gene| gene.status.name()).to_owned(),
                    score: found.and_then(|gene| gene.score),
                    uncertain: found.and_then(|gene| gene.uncertain),
                    label: found.and_then(|gene| gene.label),
                    mark: name.clone(),
                    mark_value: found.and_then(|gene| short(gene.mark_values[mark])),
                    peak_bp: peak.map(|(offset_bp, _)| offset_bp as f64),
                    peak_value: peak.and_then(|(_, value)| short(value)),
                });
            }
        }
    }
    io::table::write_rows(path, rows)
}

/// A number with the digits of an `f32`.
fn short(value: f32) -> Option<f64> {
    value.to_string().parse().ok().filter(|value: &f64| value.is_finite())
}
