//! Takes the lines of a file to the reader of its format.

use std::borrow::Cow;
use std::path::Path;

use super::attributes::Style;
use super::bed::Bed;
use super::feature::{Feature, unquoted};
use super::format::{AnnotationFormat, Evidence, evidence, not_an_annotation};
use super::gff3_lines::Gff3;
use super::gtf::Gtf;
use super::landmarks::Landmarks;
use super::tally::Tally;
use super::{Annotation, ReadOptions};
use crate::genome::{GeneRecord, HiddenCharacter, check_text, symbol_of};
use crate::io::{FileError, Result, genes_bed};

/// How many lines may pass that do not tell the format.
const MOST_HELD: usize = 10_000;

enum LineReader<'a> {
    Gtf(Gtf<'a>),
    Gff3(Box<Gff3<'a>>),
    Bed(Bed),
}

impl LineReader<'_> {
    fn format(&self) -> AnnotationFormat {
        match self {
            LineReader::Gtf(_) => AnnotationFormat::Gtf,
            LineReader::Gff3(_) => AnnotationFormat::Gff3,
            LineReader::Bed(_) => AnnotationFormat::Bed,
        }
    }
}

/// Reads line by line.
pub(super) struct Collector<'a> {
    path: &'a Path,
    options: &'a ReadOptions,
    reader: Option<LineReader<'a>>,
    /// Lines before the first that tells the format, with their numbers.
    held: Vec<(u64, String)>,
    /// The file calls itself GFF3; believed only where no line tells.
    says_gff3: bool,
    landmarks: Landmarks,
    tally: Tally,
}

impl<'a> Collector<'a> {
    pub(super) fn new(path: &'a Path, options: &'a ReadOptions) -> Self {
        Collector {
            path,
            options,
            reader: None,
            held: Vec::new(),
            says_gff3: false,
            landmarks: Landmarks::default(),
            tally: Tally::default(),
        }
    }

    /// Takes a line; `false` where the annotation ends and sequences begin.
    pub(super) fn add(&mut self, number: u64, line: &str) -> Result<bool> {
        if let Some(comment) = line.strip_prefix('#') {
            if comment.trim_end() == "#FASTA" {
                return Ok(false);
            }
            if let Some(version) = comment.strip_prefix("#gff-version") {
                self.says_gff3 |= version.trim().starts_with('3');
            }
            self.landmarks.add_directive(line);
            return Ok(true);
        }
        if line.starts_with('>') {
            if self.reader.is_none() && self.held.is_empty() {
                return Err(self
                    .error(number, "is a FASTA file of sequences, not a gene annotation")
                    .remedy(NAME_ANOTHER));
            }
            return Ok(false);
        }
        if line.trim().is_empty() || genes_bed::is_browser_line(line) {
            return Ok(true);
        }
        let is_new = self.reader.is_none();
        let line = if is_new || line.starts_with('"') { unquoted(line) } else { Cow::Borrowed(line) };
        if is_new {
            match evidence(&line) {
                Evidence::Of(format) => self.settle(format)?,
                _ if self.held.len() < MOST_HELD => {
                    self.held.push((number, line.into_owned()));
                    return Ok(true);
                }
                _ => self.settle_by_held()?,
            }
        }
        self.read(number, &line)?;
        Ok(true)
    }

    fn read(&mut self, number: u64, line: &str) -> Result<()> {
        let Some(reader) = &mut self.reader else { return Ok(()) };
        let format = reader.format();
        let read = match reader {
            LineReader::Bed(bed) => bed.add_line(line),
            LineReader::Gtf(_) | LineReader::Gff3(_) => self.read_feature(format, line),
        };
        read.map_err(|problem| {
            FileError::new(self.path, problem)
                .line(number)
                .remedy(format!("The file was read as {format}: correct the line, or name another annotation"))
        })
    }

    fn read_feature(&mut self, format: AnnotationFormat, line: &str) -> std::result::Result<(), String> {
        let style = if format == AnnotationFormat::Gff3 { Style::Gff3 } else { Style::Gtf };
        match (Feature::parse(line, style)?, &mut self.reader) {
            // pandas quotes the last column alone, because that has quotes in it
            (Some(feature), _) if feature.attributes.text.starts_with('"') => {
                return match unquoted(line) {
                    Cow::Owned(line) if !line.contains("\t\"") => self.read_feature(format, &line),
                    _ => Err("the attributes (column 9) must not begin with a quote".to_owned()),
                };
            }
            (Some(feature), Some(LineReader::Gtf(gtf))) => gtf.add(&feature, &mut self.tally),
            (Some(feature), Some(LineReader::Gff3(gff3))) => gff3.add(&feature, &mut self.tally),
            _ => {
                self.tally.other_kinds += 1;
                self.landmarks.add_line(line);
            }
        }
        Ok(())
    }

    /// Now that the format is known, reads the lines that were held back.
    fn settle(&mut self, format: AnnotationFormat) -> Result<()> {
        self.reader = Some(match format {
            AnnotationFormat::Gtf => LineReader::Gtf(Gtf::new(self.options)),
            AnnotationFormat::Gff3 => LineReader::Gff3(Box::new(Gff3::new(self.options))),
            AnnotationFormat::Bed | AnnotationFormat::BigBed => LineReader::Bed(Bed::new()),
        });
        for (number, line) in std::mem::take(&mut self.held) {
            self.read(number, &line)?;
        }
        Ok(())
    }

    /// No line has told the format: nine columns are GTF with bare ids, or GFF3 if the file says so.
    fn settle_by_held(&mut self) -> Result<()> {
        let Some((number, first)) = self.held.first() else { return Ok(()) };
        if self.held.iter().any(|(_, line)| evidence(line) == Evidence::GtfOrGff3) {
            return self.settle(if self.says_gff3 { AnnotationFormat::Gff3 } else { AnnotationFormat::Gtf });
        }
        Err(self.error(*number, &not_an_annotation(first)).remedy(NAME_ANOTHER))
    }

    fn error(&self, number: u64, problem: &str) -> FileError {
        FileError::new(self.path, problem).line(number)
    }

    pub(super) fn finish(mut self) -> Result<Annotation> {
        if self.reader.is_none() {
            self.settle_by_held()?;
        }
        let Some(reader) = self.reader else {
            return Err(FileError::new(self.path, "is empty: it holds no line of an annotation")
                .remedy("Check that the download or the step that makes it has finished"));
        };
        let format = reader.format();
        let mut tally = self.tally;
        let mut genes = match reader {
            LineReader::Gtf(gtf) => gtf.finish(&mut tally),
            LineReader::Gff3(gff3) => gff3.finish(&self.landmarks, &mut tally),
            LineReader::Bed(bed) => bed.finish(),
        };
        if genes.is_empty() {
            let mut ignored: Vec<String> =
                tally.ignored.iter().map(|(reason, lines)| format!("; {lines} lines {}", reason.words())).collect();
            if tally.other_kinds > 0 {
                ignored.push(format!("; {} lines of other kinds (column 3)", tally.other_kinds));
            }
            let problem = format!(
                "holds no gene: no gene, transcript, exon or CDS line that names one among its {format} lines{}",
                ignored.concat()
            );
            return Err(FileError::new(self.path, problem)
                .remedy("Name a gene annotation, from Ensembl, GENCODE or RefSeq for example"));
        }
        if format == AnnotationFormat::Bed {
            tally.without_id_attribute = genes.len() as u64;
        }
        self.landmarks.apply(&mut genes, &mut tally);
        for gene in &mut genes {
            let symbol = gene.symbol.as_deref().and_then(symbol_of).map(Cow::into_owned);
            tally.changed_symbols += u64::from(symbol.is_some() && symbol != gene.symbol);
            gene.symbol = symbol;
        }
        // what GFF3 escapes is decoded by now
        genes
            .iter()
            .try_for_each(check_ids)
            .map_err(|error| FileError::new(self.path, error.to_string()).remedy(HiddenCharacter::REMEDY))?;
        Ok(Annotation { format, genes, tally })
    }
}

/// Refuses ids that no table could hold.
fn check_ids(gene: &GeneRecord) -> std::result::Result<(), HiddenCharacter> {
    check_text("gene id", &gene.id)?;
    check_text("chromosome", &gene.chrom)?;
    gene.transcripts.iter().try_for_each(|transcript| check_text("transcript id", &transcript.id))
}

const NAME_ANOTHER: &str = "Name a gene annotation in GTF, GFF3 or BED6 (plain or gzip), or in bigBed";
