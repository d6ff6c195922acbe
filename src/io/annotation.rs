//! Gene annotations: GTF and GFF3 in the dialects of Ensembl, GENCODE and RefSeq, and BED6 genes.
//!
//! Plain or gzip, told apart by content, as are the three formats. Of the attributes only a handful
//! is ever looked at, so lines are cut by hand instead of parsed whole: a file of a million lines
//! takes a fraction of a second.

mod assembly;
mod attributes;
mod bed;
mod feature;
mod format;
mod gff3;
mod gtf;

use std::io::BufRead;
use std::path::Path;

use super::{FileError, Result, open_text};
use crate::genome::{GeneRecord, HiddenCharacter, check_text};
use assembly::Assembly;
pub use format::Format;

/// The genes of one annotation file.
#[derive(Clone, Debug)]
pub struct Annotation {
    /// What the file turned out to be.
    pub format: Format,
    /// Genes in the order in which the file first mentions them; ids may repeat.
    pub genes: Vec<GeneRecord>,
    /// Lines that belong to no gene, because their parent is missing or their gene id is empty.
    pub orphan_lines: u64,
    /// Genes without the attribute asked for as id, which kept the usual one.
    pub without_id_attribute: usize,
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
/// Genes without a gene line get the outermost of their transcript, exon, CDS and UTR lines.
///
/// # Errors
/// A file that is no annotation (a BAM, say), a line that is none of the format, a feature without
/// gene id, an id or a chromosome with a tab, a line end or another hidden character (`%09` and `%0A` of GFF3 too),
/// coordinates that are none, a damaged gzip, no gene at all.
pub fn read(path: &Path, options: &ReadOptions) -> Result<Annotation> {
    let mut reader = open_text(path)?;
    format::refuse_binary(path, reader.fill_buf().map_err(|error| FileError::os(path, "read", &error))?)?;
    let mut assembly = Assembly::new(options);
    let hidden = |error: HiddenCharacter| FileError::new(path, error.to_string()).remedy(HiddenCharacter::REMEDY);
    let (mut format, mut line, mut bytes) = (None, 0, Vec::new());
    loop {
        bytes.clear();
        line += 1;
        let read = reader.read_until(b'\n', &mut bytes);
        if read.map_err(|error| FileError::os(path, "read", &error).line(line))? == 0 {
            break;
        }
        // notes in old annotations are sometimes Latin-1; ids and coordinates never are
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_start_matches('\u{feff}').trim_end_matches(['\n', '\r']);
        if text == "##FASTA" {
            break;
        }
        if let Some(directive) = text.strip_prefix("##gff-version") {
            format = directive.trim().starts_with('3').then_some(Format::Gff3);
        }
        if text.is_empty() || text.starts_with('#') || Format::is_browser_line(text) {
            continue;
        }
        let known = match format {
            Some(known) => known,
            None => *format.insert(format::recognise(text).map_err(|problem| not_an_annotation(path, line, problem))?),
        };
        let n_genes = assembly.genes.len();
        let added = match known {
            Format::Gtf => gtf::add_line(&mut assembly, text),
            Format::Gff3 => gff3::add_line(&mut assembly, text),
            Format::Bed => bed::add_line(&mut assembly, text),
        };
        added.map_err(|problem| {
            FileError::new(path, problem)
                .line(line)
                .remedy(format!("The file was read as {known}: correct the line, or name another annotation"))
        })?;
        // what GFF3 escapes is decoded by now
        assembly.genes[n_genes..]
            .iter()
            .try_for_each(|gene| check_text("gene id", &gene.id).and_then(|()| check_text("chromosome", &gene.chrom)))
            .map_err(|error| hidden(error).line(line))?;
    }
    let annotation = finish(path, format, assembly)?;
    let mut transcripts = annotation.genes.iter().flat_map(|gene| &gene.transcripts);
    transcripts.try_for_each(|transcript| check_text("transcript id", &transcript.id)).map_err(hidden)?;
    Ok(annotation)
}

fn not_an_annotation(path: &Path, line: u64, problem: String) -> FileError {
    FileError::new(path, problem).line(line).remedy("Name a gene annotation in GTF, GFF3 or BED6 (plain or gzip)")
}

fn finish(path: &Path, format: Option<Format>, assembly: Assembly) -> Result<Annotation> {
    let Some(format) = format else {
        return Err(FileError::new(path, "is empty: it holds no line of an annotation")
            .remedy("Check that the download or the step that makes it has finished"));
    };
    let annotation = assembly.finish(format);
    if annotation.genes.is_empty() {
        return Err(FileError::new(
            path,
            format!("holds no gene: no gene, transcript, exon or CDS line among its {format} lines"),
        )
        .remedy("Name a gene annotation, from Ensembl, GENCODE or RefSeq for example"));
    }
    Ok(annotation)
}
