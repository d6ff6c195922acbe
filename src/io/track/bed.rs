//! BED9: one row a bin that was kept, of every gene, so rows of neighbouring genes overlap.

use std::fmt::Write;
use std::path::Path;

use super::colour;
use super::format::{Drawing, Format, Holds, Text};
use super::text::TrackText;
use crate::io::{PendingFile, Result};
use crate::matrix::track::{Cell, TrackValues};

/// The format.
pub(super) const FORMAT: Format = Format {
    name: "bed",
    extension: "bed",
    about: "BED9, the bins that stand out, all marks",
    holds: Holds::Boxes,
    text: Text::Indexed,
    takes_track_line: true,
    write,
};

/// Writes sorted cells: name `symbol|mark` (`id|mark` where the symbol is not known), score as
/// [`TrackValues::score`], itemRgb by mark and score. Bins of a gene that is uncertain have a name that ends in `?`
/// and no thick part, so that browsers draw them as a thin box.
///
/// [`Drawing::track_line`] puts a `track` line before them, as UCSC custom tracks have it; other tools (and
/// tabix) want none. What a test says of the explanation stands before them in a line that begins with `#`, which all
/// of these pass over.
fn write(path: &Path, drawing: &Drawing) -> Result<Vec<PendingFile>> {
    let (values, cells) = (drawing.values, drawing.cells);
    let mut text = TrackText::create(path, drawing.compress, FORMAT.text)?;
    text.verdict(values.judged())?;
    if drawing.track_line {
        let method = values.matrix().attribution.as_ref().map(|attribution| attribution.method.as_str());
        let sample = values.matrix().sample.replace('"', "_");
        text.header(&format!(
            "track name=\"{sample} {kind}\" description=\"{sample}: {kind}{verdict}, {value} of each gene and mark\" itemRgb=\"On\" visibility=\"pack\"\n",
            kind = method.unwrap_or(values.matrix().kind.name()),
            verdict = values.judged().map_or_else(String::new, |judged| format!(", {}", judged.verdict)),
            value = values.unit().map_or_else(|| values.kind().to_string(), |unit| unit.replace('"', "'")),
        ))?;
    }
    let mut line = String::new();
    for cell in &cells.kept {
        let chrom = cells.chrom(cell);
        line.clear();
        let _ = write!(line, "{chrom}\t{}\t{}\t", cell.start, cell.end);
        push_rest(&mut line, values, cell);
        line.push('\n');
        text.record(chrom, cell.start, cell.end, &line)?;
    }
    text.finish()
}

/// Columns 4 to 9 of a cell.
pub(super) fn push_rest(line: &mut String, values: &TrackValues, cell: &Cell) {
    let (gene, mark) = (cell.gene as usize, cell.channel as usize);
    let matrix = values.matrix();
    let strand = matrix.regions[gene].tss.as_ref().map_or('.', |tss| tss.strand.symbol());
    let channel = &values.channels()[mark];
    let score = values.score(mark, cell.value);
    let colour = match values.is_signed() {
        true => colour::of_sign(cell.value),
        false => colour::of_mark(&matrix.marks[channel.index], channel.index),
    };
    let colour = colour::faded(colour, score);
    // browsers split at any white space
    for part in matrix.regions[gene].shown().chars().chain("|".chars()).chain(channel.name.chars()) {
        line.push(if part.is_whitespace() { '_' } else { part });
    }
    // a colour would not do: its hue is the mark, its strength the score
    let thick_end = if values.is_uncertain(gene) { cell.start } else { cell.end };
    if values.is_uncertain(gene) {
        line.push('?');
    }
    let _ = write!(line, "\t{score}\t{strand}\t{}\t{thick_end}\t{colour}", cell.start);
}
