//! CRAM: one streaming pass over containers; bases are never decoded into sequences.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use noodles::cram::io::reader::Container;
use noodles::sam::alignment::Record as _;
use noodles::{cram, fasta, sam};

use super::read_rules::Alignment;
use super::{ChromMap, FileError, Options, ReadRules, Result, whole};
use crate::genome::{Chrom, Chroms};
use crate::matrix::{Bins, Signal, Windows};

/// An open CRAM file.
pub(super) struct Cram {
    path: PathBuf,
    header: sam::Header,
    chroms: Chroms,
    map: ChromMap,
    rules: ReadRules,
    reference: Option<PathBuf>,
}

impl Cram {
    pub(super) fn open(path: &Path, options: &Options) -> Result<Self> {
        check_end(path)?;
        let header =
            reader(path)?.read_header().map_err(|error| FileError::os(path, "read", &error).place("header"))?;
        let chroms = header
            .reference_sequences()
            .iter()
            .map(|(name, map)| Chrom { name: name.to_string(), length: Some(usize::from(map.length()) as u64) })
            .collect();
        Ok(Cram {
            path: path.to_owned(),
            header,
            chroms,
            map: ChromMap::default(),
            rules: options.reads,
            reference: options.reference.clone(),
        })
    }

    pub(super) fn chroms(&self) -> &Chroms {
        &self.chroms
    }

    pub(super) fn with_map(self, map: ChromMap) -> Self {
        Cram { map, ..self }
    }

    fn add_container(
        &self,
        container: &Container,
        sequences: &fasta::Repository,
        bins: &mut Bins<'_>,
    ) -> io::Result<()> {
        let compression = container.compression_header()?;
        for slice in container.slices() {
            let slice = slice?;
            let (core, external) = slice.decode_blocks()?;
            let records = slice.records(sequences.clone(), &self.header, &compression, &core, &external)?;
            for record in &records {
                let Some(id) = record.reference_sequence_id(&self.header).transpose()? else { continue };
                let Some(start) = record.alignment_start().transpose()? else { continue };
                let alignment = Alignment {
                    flags: record.flags()?.bits(),
                    mapq: record.mapping_quality().transpose()?.map_or(255, u8::from),
                    start: usize::from(start) as i64 - 1,
                    span: record.alignment_span().transpose()?.unwrap_or(0) as i64,
                    template: i64::from(record.template_length()?),
                };
                if let Some((start, end)) = self.rules.interval(&alignment) {
                    match self.map.to_genes(id) {
                        Some(chrom) => bins.add_read(chrom, start, end),
                        None => bins.add_elsewhere(1.0),
                    }
                }
            }
        }
        Ok(())
    }
}

impl Signal for Cram {
    type Error = FileError;

    fn tasks(&self, windows: &Windows) -> Vec<Range<usize>> {
        whole(windows)
    }

    fn add_to(&self, bins: &mut Bins<'_>) -> Result<()> {
        let sequences = match &self.reference {
            Some(path) => open_reference(path)?,
            None => fasta::Repository::default(),
        };
        let mut reader = reader(&self.path)?;
        let damaged = |error: io::Error| {
            let missing = error.to_string().to_lowercase().contains("reference sequence");
            let error = FileError::os(&self.path, "read", &error);
            if !missing {
                return error;
            }
            error.remedy(match self.reference {
                None => "The file was written against a genome sequence: give it with --reference FASTA",
                Some(_) => "Give with --reference the FASTA file that the CRAM file was written with",
            })
        };
        reader.read_header().map_err(damaged)?;
        let mut container = Container::default();
        let mut number = 0;
        while reader.read_container(&mut container).map_err(damaged)? != 0 {
            number += 1;
            self.add_container(&container, &sequences, bins)
                .map_err(|error| damaged(error).place(format!("container {number}")))?;
        }
        Ok(())
    }
}

fn reader(path: &Path) -> Result<cram::io::Reader<BufReader<File>>> {
    let file = File::open(path).map_err(|error| FileError::os(path, "open", &error))?;
    Ok(cram::io::Reader::new(BufReader::with_capacity(1 << 18, file)))
}

fn open_reference(path: &Path) -> Result<fasta::Repository> {
    let os = |error| FileError::os(path, "read", &error).remedy("Give a plain FASTA file (not compressed)");
    let index = fasta::fs::index(path).map_err(os)?;
    let reader = fasta::io::indexed_reader::Builder::default().set_index(index).build_from_path(path).map_err(os)?;
    Ok(fasta::Repository::new(fasta::repository::adapters::IndexedReader::new(reader)))
}

/// An error if the end-of-file container is missing (CRAM specification, section 9: its reference
/// position spells EOF).
fn check_end(path: &Path) -> Result<()> {
    let os = |error| FileError::os(path, "read", &error);
    let mut file = File::open(path).map_err(|error| FileError::os(path, "open", &error))?;
    let length = file.metadata().map_err(os)?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(38))).map_err(os)?;
    let mut end = Vec::new();
    file.read_to_end(&mut end).map_err(os)?;
    if end.windows(4).any(|bytes| bytes == [0xe0, b'E', b'O', b'F']) {
        return Ok(());
    }
    Err(FileError::new(path, "is truncated: the end-of-file container is missing")
        .remedy("Copy or make the file again"))
}
