//! The map as a table.

use std::path::Path;

use super::map::{Gene, Map};
use crate::io;

const COLUMNS: [&str; 10] =
    ["gene_id", "sample", "status", "score", "uncertain", "label", "mark", "mark_value", "peak_bp", "peak_value"];

/// Writes one row a gene, sample and mark.
pub fn write(path: &Path, map: &Map) -> io::Result<()> {
    let mut rows = Vec::new();
    for (gene, id) in map.genes.iter().enumerate() {
        for sample in &map.samples {
            for (mark, name) in map.marks.iter().enumerate() {
                let found = sample.genes[gene].as_ref();
                let peak = found.and_then(|gene| gene.peaks[mark]);
                let of = |value: fn(&Gene) -> Option<f64>| found.and_then(value);
                rows.push([
                    id.clone(),
                    sample.name.clone(),
                    found.map_or("NA", |gene| gene.status.name()).to_owned(),
                    number(of(|gene| gene.score)),
                    number(of(|gene| gene.uncertain.map(|flag| f64::from(u8::from(flag))))),
                    number(of(|gene| gene.label)),
                    name.clone(),
                    short(found.map(|gene| gene.mark_values[mark])),
                    number(peak.map(|(offset_bp, _)| offset_bp as f64)),
                    short(peak.map(|(_, value)| value)),
                ]);
            }
        }
    }
    io::table::write_table(path, &COLUMNS, rows)
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "NA".to_owned(), |value| value.to_string())
}

fn short(value: Option<f32>) -> String {
    value.filter(|value| value.is_finite()).map_or_else(|| "NA".to_owned(), |value| value.to_string())
}
