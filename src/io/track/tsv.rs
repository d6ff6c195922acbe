//! TSV: one row a gene, mark and bin, 5′ to 3′, with every number that a track is made from.

use std::fmt::Write;
use std::path::Path;

use super::format::{Drawing, Format, Holds, Text};
use super::text::TrackText;
use crate::io::{PendingFile, Result};

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

/// Writes cells in the order given. Columns: gene_id, chrom, start, end (0-based half-open, clipped
/// to the chromosome), strand, mark, bin (counted 5′ to 3′ from 0), offset_bp (from the TSS to the
/// bin's 5′ base), value (as stored); of attention also null_value, corrected, mark_attention; of an
/// ensemble's, the standard deviations over its members value_sd and mark_attention_sd; where it is known what a
/// model says of the genes, score and uncertain (0, 1 or NA).
fn write(path: &Path, drawing: &Drawing) -> Result<Vec<PendingFile>> {
    let (values, cells) = (drawing.values, drawing.cells);
    let matrix = values.matrix();
    let mut text = TrackText::create(path, drawing.compress, FORMAT.text)?;
    let attention = if values.has_attention() { "\tnull_value\tcorrected\tmark_attention" } else { "" };
    let spread = if values.has_spread() { "\tvalue_sd\tmark_attention_sd" } else { "" };
    let sureness = if values.sureness().is_some() { "\tscore\tuncertain" } else { "" };
    text.header(&format!(
        "gene_id\tchrom\tstart\tend\tstrand\tmark\tbin\toffset_bp\tvalue{attention}{spread}{sureness}\n"
    ))?;
    let mut line = String::new();
    for cell in &cells.kept {
        let (gene, mark, bin) = (cell.gene as usize, cell.mark as usize, cell.bin as usize);
        let chrom = cells.chrom(cell);
        let strand = matrix.regions[gene].tss.as_ref().map_or('.', |tss| tss.strand.symbol());
        line.clear();
        let _ = write!(
            line,
            "{}\t{chrom}\t{}\t{}\t{strand}\t{}\t{}\t{}\t{}",
            matrix.regions[gene].id,
            cell.start,
            cell.end,
            values.channels()[mark].name,
            cell.gene_bin(values),
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
