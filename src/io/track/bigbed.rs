//! bigBed 9+: BED9 and the real numbers beside it, described by autoSql.

use std::fmt::Write;
use std::path::Path;

use bigtools::beddata::BedParserStreamingIterator;
use bigtools::{BedEntry, BigBedWrite};

use super::{bbi, bed};
use crate::io::{PendingFile, Result};
use crate::matrix::track::{Cells, TrackValues};

/// Byte offset of the header's definedFieldCount: how many columns are those of BED.
const DEFINED_FIELD_COUNT_AT: u64 = 34;

const BED9: &str = r#"    string chrom;       "Chromosome"
    uint chromStart;    "First base of the bin, counted from 0"
    uint chromEnd;      "One past the last base of the bin"
    string name;        "gene|mark"
    uint score;         "100 for each even share, 1000 for ten or more"
    char[1] strand;     "Strand of the gene"
    uint thickStart;    "As chromStart"
    uint thickEnd;      "As chromEnd"
    uint reserved;      "Colour of the mark, faded by score"
    string geneId;      "Gene"
    string mark;        "Mark"
    uint bin;           "Bin, counted 5' to 3' from 0"
    int offset;         "Bases from the TSS to the 5' base of the bin, negative upstream"
"#;

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
        "    float value;        \"Value\"\n"
    };
    format!("table attentrackBins\n\"attentrack: {kind} of each gene, mark and bin\"\n    (\n{BED9}{extra}    )\n")
}

/// Writes sorted cells; the matrix must know the length of every chromosome that has one.
///
/// The values have the fewest digits that read back to the same f32.
pub fn write(path: &Path, values: &TrackValues, cells: &Cells) -> Result<Vec<PendingFile>> {
    let pending = PendingFile::create(path)?;
    let matrix = values.matrix();
    let sizes = bbi::chrom_sizes(&pending, &matrix.chroms, &cells.chroms)?;
    let mut writer = BigBedWrite::new(pending.open()?, sizes.clone());
    writer.options = bbi::options(10 * matrix.grid.bin_size_bp(), &sizes);
    writer.autosql = Some(autosql(values));
    let rows = cells.kept.iter().map(|cell| {
        let (gene, mark, bin) = (cell.gene as usize, cell.mark as usize, cell.bin as usize);
        let mut rest = String::new();
        bed::push_rest(&mut rest, values, cell);
        let (id, name) = (&matrix.gene_ids[gene], &matrix.marks[mark]);
        let _ = write!(rest, "\t{id}\t{name}\t{}\t{}", cell.gene_bin(matrix), cell.offset_bp(matrix));
        let _ = write!(rest, "\t{}", values.raw(gene, mark, bin));
        if values.has_attention() {
            let (null, corrected) = (values.null(mark, bin), values.corrected(gene, mark, bin));
            let _ = write!(rest, "\t{null}\t{corrected}\t{}", values.mark_attention(gene, mark));
        }
        (cells.chrom(cell), BedEntry { start: cell.start as u32, end: cell.end as u32, rest })
    });
    writer
        .write(BedParserStreamingIterator::wrap_infallible_iter(rows, false), bbi::runtime(&pending)?)
        .map_err(|error| bbi::error(&pending, error))?;
    // the writer takes every column of the autoSql for one of BED's, and columns 10 to 12 would be
    // drawn as blocks
    bbi::check_and_patch(&pending, Some((DEFINED_FIELD_COUNT_AT, 9)))?;
    Ok(vec![pending])
}
