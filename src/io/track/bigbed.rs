//! bigBed 9+: BED9 and the real numbers beside it, described by autoSql.

use std::fmt::Write;
use std::path::Path;

use super::bbi::{self, ChromTable, Content};
use super::bed;
use super::format::{Drawing, Format, Holds, Text};
use crate::io::{PendingFile, Result};
use crate::matrix::track::{Aggregate, Cell, Segment, TrackValues, aggregate};

/// The format.
pub(super) const FORMAT: Format = Format {
    name: "bigbed",
    extension: "bb",
    about: "BED9 with real numbers beside, binary, all marks",
    holds: Holds::Boxes,
    text: Text::No,
    takes_track_line: false,
    write,
};

const MAGIC: u32 = 0x8789_F2EB;
/// Columns that are BED's own; were it more, readers would take columns 10 to 12 for blocks.
const BED_COLUMNS: u16 = 9;

const BED9: &str = r#"    string chrom;       "Chromosome"
    uint chromStart;    "First base of the bin, counted from 0"
    uint chromEnd;      "One past the last base of the bin"
    string name;        "symbol|mark, id|mark where the symbol is not known"
    uint score;         "100 for each even share, 1000 for ten or more"
    char[1] strand;     "Strand of the gene"
    uint thickStart;    "As chromStart"
    uint thickEnd;      "As chromEnd"
    uint reserved;      "Colour of the mark, faded by score"
    string geneId;      "Gene id"
    string mark;        "Mark"
    uint bin;           "Bin, counted 5' to 3' from 0"
    int offset;         "Bases from the TSS to the 5' base of the bin, negative upstream"
"#;

/// What a model says of the genes.
const SURENESS: &str = r#"    string geneScore;   "Score of the gene, NA where it has none"
    string uncertain;   "yes where the score may as well be on the other side of the threshold (thin boxes), no, or NA"
"#;

/// How an attribution with signs is coloured.
const SIGNED_COLOUR: &str = "Red raises, blue lowers the score of the model";

/// The file's description of its columns.
fn autosql(values: &TrackValues) -> String {
    let matrix = values.matrix();
    let kind = matrix.kind.name();
    let extra = if values.has_attention() {
        r#"    float value;        "Bin attention as the model gives it"
    float nullValue;    "Bin attention that an empty window gets"
    float corrected;    "Bin attention / that of an empty window, summing to 1 over the window"
    float markAttention; "Attention of the mark"
"#
    } else {
        let unit = values.unit().unwrap_or("Value").replace('"', "'");
        &format!("    float value;        \"{unit}\"\n")
    };
    let sureness = if values.sureness().is_some() { SURENESS } else { "" };
    let kind = matrix.attribution.as_ref().map_or(kind, |attribution| attribution.method.as_str());
    let bed9 = if values.is_signed() { BED9.replace("Colour of the mark", SIGNED_COLOUR) } else { BED9.to_owned() };
    let verdict =
        values.judged().map_or_else(String::new, |judged| format!(". {}", judged.to_string().replace('"', "'")));
    format!(
        "table attentrackBins\n\"attentrack: {kind} of each gene, mark and bin{verdict}\"\n    (\n{bed9}{extra}{sureness}    )\n"
    )
}

/// Writes sorted cells; the matrix must know the length of every chromosome that has one.
///
/// The values have the fewest digits that read back to the same f32.
fn write(path: &Path, drawing: &Drawing) -> Result<Vec<PendingFile>> {
    let (values, cells) = (drawing.values, drawing.cells);
    let pending = PendingFile::create(path)?;
    let matrix = values.matrix();
    let depth = depth(&cells.kept);
    let chroms = ChromTable::new(&pending, &matrix.chroms, &cells.chroms, &depth)?;
    let place = |cell: &Cell| (chroms.id(cell.chrom), cell.start as u32..cell.end as u32);
    let encode = |rows: &[Cell], bytes: &mut Vec<u8>| {
        let mut rest = String::new();
        for cell in rows {
            for field in [chroms.id(cell.chrom), cell.start as u32, cell.end as u32] {
                bytes.extend(field.to_le_bytes());
            }
            rest.clear();
            push_rest(&mut rest, values, cell);
            bytes.extend(rest.as_bytes());
            bytes.push(0);
        }
    };
    let blocks = bbi::pack(&cells.kept, place, encode);
    let content = Content {
        magic: MAGIC,
        chroms,
        columns: Some((autosql(values), n_columns(values), BED_COLUMNS)),
        count: cells.kept.len() as u64,
        blocks,
        segments: &depth,
        first_zoom_bp: 10 * matrix.grid.bin_size_bp(),
    };
    bbi::write(&pending, &content)?;
    Ok(vec![pending])
}

/// Columns that [`autosql`] describes.
fn n_columns(values: &TrackValues) -> u16 {
    let numbers = if values.has_attention() { 17 } else { 14 };
    if values.sureness().is_some() { numbers + 2 } else { numbers }
}

/// Columns 4 and on of a cell.
fn push_rest(rest: &mut String, values: &TrackValues, cell: &Cell) {
    let (gene, mark, bin) = (cell.gene as usize, cell.channel as usize, cell.position as usize);
    let matrix = values.matrix();
    bed::push_rest(rest, values, cell);
    let (id, name) = (&matrix.regions[gene].id, &values.channels()[mark].name);
    let _ = write!(rest, "\t{id}\t{name}\t{}\t{}", cell.gene_position(values), cell.offset_bp(values));
    let _ = write!(rest, "\t{}", values.raw(gene, mark, bin));
    if values.has_attention() {
        let (null, corrected) = (values.null(mark, bin), values.corrected(gene, mark, bin));
        let _ = write!(rest, "\t{null}\t{corrected}\t{}", values.mark_attention(gene, mark));
    }
    if let Some(sureness) = values.sureness() {
        let uncertain = sureness.uncertain(gene).map_or("NA", |is_so| if is_so { "yes" } else { "no" });
        let _ = write!(rest, "\t{}\t{uncertain}", sureness.score_text(gene));
    }
}

/// How many rows lie on each base: what the zoom levels of a bigBed hold.
fn depth(cells: &[Cell]) -> Vec<Segment> {
    let rows: Vec<Cell> = cells.iter().map(|cell| Cell { value: 1.0, ..*cell }).collect();
    aggregate(&rows, Aggregate::Sum)
}
