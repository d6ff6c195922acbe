//! A genome in FASTA, plain or bgzip, of which places are read: an index says where each chromosome lies, the rest stays in
//! the file. `.fai` and `.gzi` beside it are used if they are not older than the file; else they are made in memory.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use noodles::core::{Position, Region};
use noodles::fasta::{self, fai};
use noodles::{bgzf, bgzf::gzi};

use super::{FileError, Result};
use crate::genome::{Chrom, Chroms};

/// What a genome is given as, for messages.
const REMEDY: &str = "Give the genome as FASTA, plain or bgzip";

/// What to do about an index that is of another file.
const REMOVE: &str = "Remove its .fai and .gzi, which may be of another file, or make them again";

/// An open genome.
pub struct GenomeFasta {
    path: PathBuf,
    reader: fasta::io::IndexedReader<fasta::io::BufReader<File>>,
    chroms: Chroms,
}

impl GenomeFasta {
    /// Opens a genome, and reads or makes its index.
    ///
    /// # Errors
    /// A file that is no FASTA, or gzip instead of bgzip, in which nothing can be found; lines of changing length.
    pub fn open(path: &Path) -> Result<Self> {
        let os = |error| FileError::os(path, "read", &error).remedy(REMEDY);
        let mut magic = [0; 4];
        let is_long = File::open(path).map_err(os)?.read(&mut magic).map_err(os)? == magic.len();
        let is_bgzip = match magic {
            [0x1f, 0x8b, _, flags] if is_long => {
                if flags & 4 == 0 {
                    return Err(FileError::new(path, "is gzip, in which no place can be looked up")
                        .remedy("Compress it with bgzip instead"));
                }
                true
            }
            [b'>', ..] => false,
            _ => return Err(FileError::new(path, "does not begin with >, as FASTA does").remedy(REMEDY)),
        };
        let index = match current(path, "fai") {
            Some(beside) => fai::fs::read(&beside).map_err(|error| FileError::os(&beside, "read", &error))?,
            None if is_bgzip => index(path, bgzf::io::Reader::new(File::open(path).map_err(os)?))?,
            None => index(path, BufReader::new(File::open(path).map_err(os)?))?,
        };
        let mut file = if is_bgzip {
            let blocks = match current(path, "gzi") {
                Some(beside) => gzi::fs::read(&beside).map_err(|error| FileError::os(&beside, "read", &error))?,
                None => blocks(File::open(path).map_err(os)?).map_err(os)?,
            };
            let reader = bgzf::io::indexed_reader::Builder::default().set_index(blocks).build_from_path(path);
            reader.map(fasta::io::BufReader::Bgzf).map_err(os)?
        } else {
            fasta::io::BufReader::Uncompressed(BufReader::new(File::open(path).map_err(os)?))
        };
        let records: &[fai::Record] = index.as_ref();
        for record in records {
            if !fits(&mut file, record).map_err(os)? {
                let problem = format!("{} does not lie where its index says", record.name());
                return Err(FileError::new(path, problem).remedy(REMOVE));
            }
        }
        let chrom = |record: &fai::Record| Chrom { name: record.name().to_string(), length: Some(record.length()) };
        let chroms = records.iter().map(chrom).collect();
        Ok(GenomeFasta { path: path.to_owned(), reader: fasta::io::IndexedReader::new(file, index), chroms })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its chromosomes, with lengths.
    pub fn chroms(&self) -> &Chroms {
        &self.chroms
    }

    /// The letters of a stretch of a chromosome, 0-based half-open; those beyond its ends are N.
    ///
    /// # Errors
    /// A chromosome that it lacks; an index that does not fit the file.
    pub fn read(&mut self, chrom: &str, bases: Range<i64>) -> Result<Vec<u8>> {
        let length = self.chroms.length(chrom).unwrap_or(0) as i64;
        let (first, end) = (bases.start.clamp(0, length), bases.end.clamp(0, length));
        let mut letters = vec![b'N'; (bases.end - bases.start).max(0) as usize];
        if first >= end {
            return Ok(letters);
        }
        let wrong = |problem: String| FileError::new(&self.path, problem).remedy(REMOVE);
        let place = |at: i64| Position::try_from(at as usize).map_err(|error| wrong(error.to_string()));
        let region = Region::new(chrom, place(first + 1)?..=place(end)?);
        let record = self.reader.query(&region).map_err(|error| wrong(format!("{chrom}: {error}")))?;
        let found: &[u8] = record.sequence().as_ref();
        if found.len() as i64 != end - first
            || !found.iter().all(|letter| letter.is_ascii_alphabetic() || b"-*.".contains(letter))
        {
            return Err(wrong(format!("{chrom}:{}-{end} holds no {} letters", first + 1, end - first)));
        }
        letters[(first - bases.start) as usize..][..found.len()].copy_from_slice(found);
        Ok(letters)
    }
}

/// An index beside a file that is not older than it.
fn current(path: &Path, extension: &str) -> Option<PathBuf> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{extension}"));
    let beside = PathBuf::from(name);
    let time = |path: &Path| std::fs::metadata(path).and_then(|meta| meta.modified()).ok();
    let is_older = time(&beside)? < time(path)?;
    if is_older {
        tracing::warn!("{} is older than the file that it is of: it is not used", beside.display());
    }
    (!is_older).then_some(beside)
}

/// Whether a chromosome begins and ends where its index says: behind its header, and before the end of a line.
fn fits(file: &mut (impl BufRead + Seek), record: &fai::Record) -> std::io::Result<bool> {
    /// Bytes of a header that are looked at.
    const HEADER: u64 = 1024;
    let mut bytes = |from: u64, n: u64| -> std::io::Result<Vec<u8>> {
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        file.take(n).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let before = record.position().min(HEADER);
    let header = bytes(record.position() - before, before)?;
    let Some(line) = header.strip_suffix(b"\n").map(<[u8]>::trim_ascii_end) else { return Ok(false) };
    let begin = line.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    let line = &line[begin..];
    let is_own = match line.strip_prefix(b">").and_then(|rest| rest.strip_prefix(AsRef::<[u8]>::as_ref(record.name())))
    {
        Some(rest) => rest.first().is_none_or(u8::is_ascii_whitespace),
        // its beginning is too far away
        None => begin == 0 && before == HEADER,
    };
    let Some(last) = record.length().checked_sub(1) else { return Ok(is_own) };
    let line_bases = record.line_base_count().get();
    let end = bytes(record.position() + last / line_bases * record.line_width().get() + last % line_bases, 4)?;
    let rest = end.get(1..).unwrap_or_default().trim_ascii_start();
    let ends = end.first().is_some_and(|letter| !letter.is_ascii_whitespace())
        && end.get(1).is_none_or(u8::is_ascii_whitespace)
        && rest.first().is_none_or(|&byte| byte == b'>');
    Ok(is_own && ends)
}

/// Where the chromosomes lie.
fn index(path: &Path, reader: impl BufRead) -> Result<fai::Index> {
    let mut indexer = fasta::io::Indexer::new(reader);
    let mut records = Vec::new();
    let wrong = |error: &dyn std::fmt::Display| FileError::new(path, error.to_string()).remedy(REMEDY);
    while let Some(record) = indexer.index_record().map_err(|error| wrong(&error))? {
        records.push(record);
    }
    match records.is_empty() {
        true => Err(FileError::new(path, "holds no sequence").remedy(REMEDY)),
        false => Ok(fai::Index::from(records)),
    }
}

/// Where the blocks of a bgzip file begin, compressed and not, but for the first.
fn blocks(file: File) -> std::io::Result<gzi::Index> {
    let mut reader = bgzf::io::Reader::new(file);
    let (mut blocks, mut upto) = (Vec::new(), 0);
    loop {
        let n = reader.fill_buf()?.len();
        if n == 0 {
            return Ok(gzi::Index::from(blocks));
        }
        reader.consume(n);
        upto += n as u64;
        blocks.push((reader.position(), upto));
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    /// Two chromosomes, the first of them longer than a block of bgzip.
    fn genome() -> (String, Vec<u8>) {
        let letters: Vec<u8> = (0..150_000u64).map(|at| b"ACGTNacgt"[(at * at % 9973 % 9) as usize]).collect();
        let lines: Vec<&str> = letters.chunks(61).map(|line| std::str::from_utf8(line).unwrap()).collect();
        (format!(">chr1 first\n{}\n>chr2\nGATTACA\n", lines.join("\n")), letters)
    }

    #[test]
    fn places_are_the_same_in_plain_and_bgzip_with_and_without_indices() {
        let folder = tempfile::tempdir().unwrap();
        let (text, letters) = genome();
        let plain = folder.path().join("g.fa");
        std::fs::write(&plain, &text).unwrap();
        let packed = folder.path().join("g.fa.gz");
        let mut writer = bgzf::io::Writer::new(File::create(&packed).unwrap());
        writer.write_all(text.as_bytes()).unwrap();
        writer.finish().unwrap();
        for path in [&plain, &packed] {
            let mut genome = GenomeFasta::open(path).unwrap();
            assert_eq!((genome.chroms().length("chr1"), genome.chroms().length("chr2")), (Some(150_000), Some(7)));
            for start in [0, 1, 60, 61, 65_530, 149_990] {
                let found = genome.read("chr1", start..start + 10).unwrap();
                assert_eq!(found, letters[start as usize..][..10], "{} {start}", path.display());
            }
            assert_eq!(genome.read("chr2", -2..9).unwrap(), b"NNGATTACANN");
            assert_eq!(genome.read("chr2", 20..22).unwrap(), b"NN");
        }
        // an index of another file is found out
        std::fs::write(folder.path().join("g.fa.fai"), "chr1\t150000\t40\t80\t81\nchr2\t7\t5\t7\t8\n").unwrap();
        let message = |found: Result<GenomeFasta>| found.map(|_| ()).unwrap_err().to_string();
        assert!(message(GenomeFasta::open(&plain)).contains("chr1 does not lie where its index says. Remove its .fai"));
        std::fs::write(folder.path().join("g.fa.fai"), "chr1\t149990\t12\t61\t62\nchr2\t7\t152478\t7\t8\n").unwrap();
        assert!(message(GenomeFasta::open(&plain)).contains("chr1 does not lie"));
        std::fs::write(folder.path().join("g.fa.fai"), "chr1\t150000\t12\t61\t62\nchr2\t7\t152478\t7\t8\n").unwrap();
        assert_eq!(GenomeFasta::open(&plain).unwrap().read("chr2", 0..3).unwrap(), b"GAT");
    }

    #[test]
    fn what_is_no_genome_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("g.fa");
        for (content, message) in [
            (&b"chr1\t5\t9\n"[..], "does not begin with >"),
            (b"", "does not begin with >"),
            (b"\x1f\x8b\x08\x00aaaa", "is gzip, in which no place can be looked up"),
            (b">a\nACGT\nAC\nACGT\n", ""),
        ] {
            std::fs::write(&path, content).unwrap();
            let error = GenomeFasta::open(&path).map(|_| ()).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }
}
