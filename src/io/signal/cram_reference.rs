//! The genome sequence that CRAM slices may be written against.
//!
//! Where a sequence is missing or of the wrong length noodles panics, so both are errors here.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::Path;

use noodles::core::Region;
use noodles::fasta::repository::Adapter;
use noodles::{fasta, sam};

use super::{FileError, Result};

/// Serves sequences by name from a FASTA file, or refuses them all.
struct Sequences {
    fasta: Option<fasta::io::IndexedReader<fasta::io::BufReader<File>>>,
    lengths: HashMap<Vec<u8>, usize>,
}

impl Adapter for Sequences {
    fn get(&mut self, name: &[u8]) -> Option<io::Result<fasta::Record>> {
        Some(self.sequence(name))
    }
}

impl Sequences {
    fn sequence(&mut self, name: &[u8]) -> io::Result<fasta::Record> {
        let text = String::from_utf8_lossy(name).into_owned();
        let fail = |problem: String| Err(io::Error::other(format!("reference sequence {text} {problem}")));
        let Some(fasta) = &mut self.fasta else { return fail("is needed".to_owned()) };
        let record = match fasta.query(&Region::new(name, ..)) {
            Ok(record) => record,
            Err(error) => return fail(format!("is not in the FASTA file: {error}")),
        };
        let (found, expected) = (record.sequence().len(), self.lengths.get(name));
        match expected {
            Some(&expected) if expected != found => {
                fail(format!("has {found} bp in the FASTA file, and {expected} bp in the CRAM file"))
            }
            _ => Ok(record),
        }
    }
}

/// Has a sequence of no bases for every name.
struct NoBases;

impl Adapter for NoBases {
    fn get(&mut self, name: &[u8]) -> Option<io::Result<fasta::Record>> {
        let definition = fasta::record::Definition::new(name, None);
        Some(Ok(fasta::Record::new(definition, fasta::record::Sequence::from(Vec::new()))))
    }
}

/// For slices whose reads are on several chromosomes: noodles asks for the sequence of every read's, also where the
/// file needs none (samtools view -C --output-fmt-option no_ref), and looks at it only to spell out bases, which
/// nobody here asks for.
pub(super) fn without_bases() -> fasta::Repository {
    fasta::Repository::new(NoBases)
}

/// A repository of the sequences in a plain FASTA file; without one, every request is an error.
pub(super) fn open(path: Option<&Path>, header: &sam::Header) -> Result<fasta::Repository> {
    let fasta = match path {
        None => None,
        Some(path) => {
            let os = |error| FileError::os(path, "read", &error).remedy("Give the genome as plain, uncompressed FASTA");
            let index = fasta::fs::index(path).map_err(os)?;
            let builder = fasta::io::indexed_reader::Builder::default().set_index(index);
            Some(builder.build_from_path(path).map_err(os)?)
        }
    };
    let lengths = header.reference_sequences().iter();
    let lengths = lengths.map(|(name, map)| (name.to_vec(), usize::from(map.length()))).collect();
    Ok(fasta::Repository::new(Sequences { fasta, lengths }))
}
