//! TSV: one row a gene, mark and bin, 5′ to 3′, with every number that a track is made from.

use std::fmt::Write;
use std::path::Path;

use schemars::JsonSchema;
use serde::Deserialize;

use super::format::{Drawing, Format, Holds, Text};
use super::text::TrackText;
use crate::genome::symbol_or_dot;
use crate::io::table::columns_of;
use crate::io::{PendingFile, Result};
use crate::matrix::Number;

/// One row of the table of `attentrack-track --format tsv`: one gene, mark and bin, 5′ to 3′.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "names the columns, and says what they mean in the schema")]
pub struct TrackRow {
    /// Gene id.
    gene_id: String,
    /// Symbol of the gene, not unique; `.` where it is not known.
    gene_name: String,
    /// Chromosome.
    chrom: String,
    /// Start of the bin, 0-based, clipped to the chromosome.
    start: u64,
    /// End of the bin, exclusive.
    end: u64,
    /// Strand of the gene; `.` where it is unknown.
    strand: String,
    /// Mark.
    mark: String,
    /// Bin, counted 5′ to 3′ from 0.
    bin: u32,
    /// From the TSS to the bin's 5′ base, in bp.
    offset_bp: i64,
    /// As stored.
    value: f64,
    /// What the model gives to an empty window (attention only).
    null_value: Option<f64>,
    /// The value freed of the edge artefact (attention only).
    corrected: Option<f64>,
    /// Mark attention (attention only).
    mark_attention: Option<f64>,
    /// Standard deviation of value over the members of an ensemble.
    value_sd: Option<f64>,
    /// Standard deviation of mark_attention over the members of an ensemble.
    mark_attention_sd: Option<f64>,
    /// With predictions: score of the gene.
    #[schemars(with = "Option<Number>")]
    score: Option<f64>,
    /// With predictions: whether the score may as well be on the other side of the model's threshold (0 or 1).
    #[schemars(with = "Option<Number>")]
    uncertain: Option<bool>,
}

/// The format.
pub(super) const FORMAT: Format = Format {
    name: "tsv",
    extension: "tsv",
    about: "A table with every number",
    holds: Holds::Rows,
    text: Text::Plain,
    takes_track_line: false,
    write,
};

/// Writes cells in the order given, one [`TrackRow`] each, without the columns that there is nothing to say in.
fn write(path: &Path, drawing: &Drawing) -> Result<Vec<PendingFile>> {
    let (values, cells) = (drawing.values, drawing.cells);
    let matrix = values.matrix();
    let mut text = TrackText::create(path, drawing.compress, FORMAT.text)?;
    let is_there = |name: &&str| match *name {
        "null_value" | "corrected" | "mark_attention" => values.has_attention(),
        "value_sd" | "mark_attention_sd" => values.has_spread(),
        "score" | "uncertain" => values.sureness().is_some(),
        _ => true,
    };
    let columns: Vec<&str> = columns_of::<TrackRow>().iter().copied().filter(is_there).collect();
    text.header(&format!("{}\n", columns.join("\t")))?;
    let mut line = String::new();
    for cell in &cells.kept {
        let (gene, mark, bin) = (cell.gene as usize, cell.channel as usize, cell.position as usize);
        let chrom = cells.chrom(cell);
        let strand = matrix.regions[gene].tss.as_ref().map_or('.', |tss| tss.strand.symbol());
        line.clear();
        let _ = write!(
            line,
            "{}\t{}\t{chrom}\t{}\t{}\t{strand}\t{}\t{}\t{}\t{}",
            matrix.regions[gene].id,
            symbol_or_dot(matrix.regions[gene].symbol.as_deref()),
            cell.start,
            cell.end,
            values.channels()[mark].name,
            cell.gene_position(values),
            cell.offset_bp(values),
            values.raw(gene, mark, bin),
        );
        if values.has_attention() {
            let (null, corrected) = (values.null(mark, bin), values.corrected(gene, mark, bin));
            let _ = write!(line, "\t{null}\t{corrected}\t{}", values.mark_attention(gene, mark));
        }
        if let Some((value, mark)) = values.spread(gene, mark, bin) {
            let _ = write!(line, "\t{value}\t{mark}");
        }
        if let Some(sureness) = values.sureness() {
            let uncertain = sureness.uncertain(gene).map_or("NA", |is_so| if is_so { "1" } else { "0" });
            let _ = write!(line, "\t{}\t{uncertain}", sureness.score_text(gene));
        }
        line.push('\n');
        text.record(chrom, cell.start, cell.end, &line)?;
    }
    text.finish()
}
