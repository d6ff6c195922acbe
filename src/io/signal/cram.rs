//! CRAM: one streaming pass over containers; bases are never decoded into sequences.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use noodles::cram::io::reader::Container;
use noodles::sam::alignment::Record as _;
use noodles::{cram, fasta, sam};

use super::read_rules::Alignment;
use super::{ChromMap, FileError, Options, ReadRules, Result, cram_reference, whole};
use crate::genome::{Chrom, Chroms};
use crate::matrix::{Bins, Signal, Windows};

/// Chromosome sequences kept in memory at a time.
const KEPT_SEQUENCES: usize = 2;

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
                let flags = record.flags()?;
                // CRAM keeps no quality of unmapped reads; in BAM it is 0
                let unknown = if flags.is_unmapped() { 0 } else { 255 };
                let alignment = Alignment {
                    flags: flags.bits(),
                    mapq: record.mapping_quality().transpose()?.map_or(unknown, u8::from),
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
        let sequences = cram_reference::open(self.reference.as_deref(), &self.header)?;
        let mut reader = reader(&self.path)?;
        let damaged = |error: io::Error| {
            let missing = error.to_string().contains("reference sequence");
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
            // noodles panics on some kinds of damage; the bins are given up in that case
            catch_unwind(AssertUnwindSafe(|| self.add_container(&container, &sequences, bins)))
                .unwrap_or_else(|_| Err(io::ErrorKind::InvalidData.into()))
                .map_err(|error| damaged(error).place(format!("container {number}")))?;
            if sequences.len() > KEPT_SEQUENCES {
                sequences.clear();
            }
        }
        Ok(())
    }
}

fn reader(path: &Path) -> Result<cram::io::Reader<BufReader<File>>> {
    let file = File::open(path).map_err(|error| FileError::os(path, "open", &error))?;
    Ok(cram::io::Reader::new(BufReader::with_capacity(1 << 18, file)))
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
