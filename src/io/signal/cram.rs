//! CRAM: one streaming pass over containers; bases are never decoded into sequences.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use noodles::cram::io::reader::Container;
use noodles::sam::alignment::Record as _;
use noodles::{cram, fasta, sam};

use super::chrom_map::ChromMap;
use super::format::{Format, Opened, Options, Sniff};
use super::read_rules::{Alignment, ReadRules};
use super::{FileError, Result, cram_bounds, cram_reference, whole};
use crate::genome::{Chrom, Chroms};
use crate::io::quiet_panic;
use crate::matrix::{Bins, Signal, Windows};

/// The format.
pub(super) const FORMAT: Format = Format { name: "cram", holds_reads: true, sniff: Sniff::Start(&[b"CRAM"]), open };

fn open(path: &Path, gene_chroms: &Chroms, options: &Options) -> Result<Opened> {
    let cram = Cram::open(path, options)?;
    let chroms = cram.chroms.clone();
    let map = ChromMap::new(path, gene_chroms, &chroms, &options.alias)?;
    Ok(Opened::binary(chroms, map.clone(), Cram { map, ..cram }))
}

/// Chromosome sequences kept in memory at a time.
const KEPT_SEQUENCES: usize = 2;
/// Bytes of the file before its first container: CRAM, version, file id.
const DEFINITION: u64 = 26;
/// Bytes of stack for the decoder: noodles' codecs keep tables of 256 × 256 numbers on it, several at a time, and
/// threads have 2 MiB.
const DECODER_STACK: usize = 16 << 20;

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
        check_version(path)?;
        check_end(path)?;
        let damaged = |error: io::Error| FileError::os(path, "read", &error).place("header");
        let mut containers = Containers::open(path)?;
        containers.next().map_err(damaged)?;
        let mut reader = reader(path)?;
        let header = quiet_panic::caught(|| reader.read_header()).map_err(damaged)?;
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

    fn add_container(
        &self,
        container: &Container,
        bounds: &cram_bounds::Container,
        sequences: &fasta::Repository,
        bins: &mut Bins<'_>,
    ) -> io::Result<()> {
        let compression = container.compression_header()?;
        for slice in container.slices() {
            let slice = slice?;
            let (core, external) = slice.decode_blocks()?;
            bounds.check_features(external.iter().map(|(id, block)| (*id, &block[..])))?;
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

    fn add(&self, bins: &mut Bins<'_>) -> Result<()> {
        let sequences = cram_reference::open(self.reference.as_deref(), &self.header)?;
        let no_bases = cram_reference::without_bases();
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
        let mut containers = Containers::open(&self.path)?;
        containers.next().map_err(damaged)?;
        let mut container = Container::default();
        let mut number = 0;
        loop {
            number += 1;
            let here = |error: io::Error| damaged(error).place(format!("container {number}"));
            let Some(bounds) = containers.next().map_err(here)? else { break };
            // noodles panics on some kinds of damage; the bins are given up in that case
            let read = quiet_panic::caught(|| {
                let more = reader.read_container(&mut container)? != 0;
                if more {
                    let sequences = if bounds.is_mixed { &no_bases } else { &sequences };
                    self.add_container(&container, &bounds, sequences, bins)?;
                }
                Ok(more)
            });
            if !read.map_err(here)? {
                break;
            }
            if sequences.len() > KEPT_SEQUENCES {
                sequences.clear();
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
        let done = std::thread::scope(|scope| {
            let decode = std::thread::Builder::new().stack_size(DECODER_STACK).spawn_scoped(scope, || self.add(bins));
            Some(decode.ok()?.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        });
        // where the system starts no thread more, this one must do
        done.unwrap_or_else(|| self.add(bins))
    }
}

/// The containers of a file, each held against its bounds before noodles gets it.
struct Containers {
    file: BufReader<File>,
    left: u64,
    is_first: bool,
}

impl Containers {
    fn open(path: &Path) -> Result<Self> {
        let os = |error| FileError::os(path, "read", &error);
        let mut file = File::open(path).map_err(|error| FileError::os(path, "open", &error))?;
        let length = file.metadata().map_err(os)?.len();
        file.seek(SeekFrom::Start(DEFINITION)).map_err(os)?;
        Ok(Containers { file: BufReader::new(file), left: length.saturating_sub(DEFINITION), is_first: true })
    }

    fn next(&mut self) -> io::Result<Option<cram_bounds::Container>> {
        let found = cram_bounds::next(&mut self.file, self.left, self.is_first)?;
        self.is_first = false;
        Ok(found.map(|(container, read)| {
            self.left -= read;
            container
        }))
    }
}

fn reader(path: &Path) -> Result<cram::io::Reader<BufReader<File>>> {
    let file = File::open(path).map_err(|error| FileError::os(path, "open", &error))?;
    Ok(cram::io::Reader::new(BufReader::with_capacity(1 << 18, file)))
}

/// An error unless the file is of a version that noodles reads.
fn check_version(path: &Path) -> Result<()> {
    let mut file = File::open(path).map_err(|error| FileError::os(path, "open", &error))?;
    let mut start = [0; 6];
    file.read_exact(&mut start).map_err(|error| FileError::os(path, "read", &error))?;
    match start {
        [_, _, _, _, 3, 0 | 1] => Ok(()),
        [_, _, _, _, major, minor] => {
            let problem = format!("is CRAM {major}.{minor}; versions 3.0 and 3.1 are read");
            let name = path.display();
            let remedy = format!("Convert it: samtools view -b -o {}.bam {name}", path.with_extension("").display());
            Err(FileError::new(path, problem).remedy(format!("{remedy} (add -T GENOME.fa if samtools asks for it)")))
        }
    }
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
