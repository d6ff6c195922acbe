//! Gene annotations: GTF and GFF3 in the dialects of Ensembl, GENCODE, RefSeq, UCSC, FlyBase, WormBase, Prokka,
//! AUGUSTUS and StringTie, BED6 genes, and bigBed.
//!
//! Plain or gzip, told apart by content, as are the formats. The order of lines never matters: all that is kept
//! of a line is a minimum, a maximum or a sum, and who is whose child is asked after the last line.
//!
//! Lines are cut here rather than by noodles because of the dialects: noodles refuses lines that people have (column 9
//! as one bare word, quotes around it, a gene without attributes). On what it reads both agree: tests/it/tss/noodles.rs.

mod attributes;
mod bed;
mod bigbed;
mod collector;
mod draft;
mod feature;
mod format;
mod gff3;
mod gff3_lines;
mod gtf;
mod landmarks;
mod pieces;
mod resolve;
mod tally;

use std::path::Path;

use super::{FileError, Lines, Result};
use crate::genome::GeneRecord;
use collector::Collector;
pub use format::AnnotationFormat;
pub use tally::{Ignored, Tally};

/// The genes of one annotation file.
#[derive(Clone, Debug)]
pub struct Annotation {
    /// What the file turned out to be.
    pub format: AnnotationFormat,
    /// Genes in no particular order; ids may repeat.
    pub genes: Vec<GeneRecord>,
    /// What was left out or assumed.
    pub tally: Tally,
}

/// What to read of an annotation besides its genes.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    /// Attribute to take as gene id (`gene_name`, `gene`…) or a database named in `Dbxref`/`db_xref`
    /// (`GeneID`); by default `gene_id`, and in a GFF3 without it `ID` less its `gene:` or `gene-`.
    pub id_attribute: Option<String>,
    /// Whether to collect transcripts.
    pub transcripts: bool,
}

/// Reads an annotation; `-` is standard input.
///
/// A gene's own line tells where it is. Genes without a gene line get the outermost of their transcript, exon, CDS and
/// UTR lines on one strand of one sequence. Parents and children are matched as the GFF3 specification says, in any
/// order; lines that cannot be matched are counted in [`Tally`].
///
/// # Errors
/// A file that is no annotation (a BAM, say), a gene, transcript, exon, CDS or UTR line that is none of the format,
/// coordinates that are none, an id or a chromosome with a tab, a line end or another hidden character (`%09` and `%0A`
/// of GFF3 too), a damaged gzip, no gene at all. Lines of other kinds may hold anything.
pub fn read(path: &Path, options: &ReadOptions) -> Result<Annotation> {
    if super::bigbed::is_bigbed(path) {
        return read_bigbed(path, options);
    }
    let mut collector = Collector::new(path, options);
    let mut lines = Lines::open(path)?;
    while let Some((number, line)) = lines.next_text()? {
        if !collector.add(number, &line)? {
            break;
        }
    }
    collector.finish()
}

/// Reads gene models of bigBed: rows with a column for their gene (bigGenePred) are its transcripts, others are genes.
fn read_bigbed(path: &Path, options: &ReadOptions) -> Result<Annotation> {
    let refuse = |problem: String| FileError::new(path, problem).remedy("Name a gene annotation");
    let file = super::bigbed::read(path)?;
    let columns = bigbed::GeneColumns::of(&file, options).map_err(refuse)?;
    let options = ReadOptions { id_attribute: None, ..options.clone() };
    let mut collector = Collector::new(path, &options);
    for (number, row) in (1..).zip(&file.rows) {
        for line in columns.lines(row).map_err(|problem| refuse(format!("row {number}: {problem}")))? {
            collector.add(number, &line)?;
        }
    }
    Ok(Annotation { format: AnnotationFormat::BigBed, ..collector.finish()? })
}

#[cfg(test)]
mod tests;
