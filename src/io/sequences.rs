//! Sequences in FASTA, plain or gzip, with or without wrapped lines.
//!
//! Read by [`Lines`], as every text here is, so that old line ends, gzip and line numbers in messages hold for these
//! files too.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::{FileError, Lines, Result};

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// `STEM:N`: the file's name without its last ending (and without `.gz`), and the record's number from 1. Headers of
    /// such sets are labels (`>1`), which name nothing.
    pub id: String,
    /// The header, without `>`.
    pub header: String,
    /// 1-based line of the header.
    pub line: u64,
    /// Letters as they stand in the file, without white space.
    pub letters: Vec<u8>,
}

/// Reads several files.
///
/// # Errors
/// As [`read`]; two sequences of one name.
pub fn read_all(paths: &[PathBuf]) -> Result<Vec<Vec<Sequence>>> {
    let mut seen = HashMap::new();
    for path in paths {
        if let Some(first) = seen.insert(stem(path), path) {
            let problem =
                format!("has the name of {}, by which sequences are called, up to its ending", first.display());
            return Err(FileError::new(path, problem).remedy("Rename one of them"));
        }
    }
    paths.iter().map(|path| read(path)).collect()
}

/// What the sequences of a file are called by.
fn stem(path: &Path) -> String {
    let name = path.file_name().map_or_else(|| "stdin".into(), |name| name.to_string_lossy());
    let name = [".gz", ".bgz"].iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(&name);
    match name.rsplit_once('.') {
        _ if path == Path::new("-") => "stdin".to_owned(),
        Some((stem, _)) if !stem.is_empty() => stem.to_owned(),
        _ => name.to_owned(),
    }
}

/// Reads all records, in order.
///
/// # Errors
/// Text before the first header; a record without letters; no record. Names the line.
pub fn read(path: &Path) -> Result<Vec<Sequence>> {
    let stem = stem(path);
    let mut lines = Lines::open(path)?;
    let mut sequences: Vec<Sequence> = Vec::new();
    while let Some((line, text)) = lines.next_line()? {
        if let Some(header) = text.strip_prefix(b">") {
            let header = String::from_utf8_lossy(header).trim().to_owned();
            check(path, sequences.last())?;
            sequences.push(Sequence {
                id: format!("{stem}:{}", sequences.len() + 1),
                header,
                line,
                letters: Vec::new(),
            });
        } else if let Some(sequence) = sequences.last_mut() {
            sequence.letters.extend(text.iter().filter(|letter| !letter.is_ascii_whitespace()));
        } else if !text.trim_ascii().is_empty() {
            return Err(FileError::new(path, "expected a FASTA header, which begins with >")
                .line(line)
                .remedy("Give sequences as FASTA"));
        }
    }
    check(path, sequences.last())?;
    if sequences.is_empty() {
        return Err(FileError::new(path, "holds no sequence").remedy("Give sequences as FASTA"));
    }
    Ok(sequences)
}

/// Refuses a record without letters: a file that was cut, or lines in the wrong order.
fn check(path: &Path, sequence: Option<&Sequence>) -> Result<()> {
    match sequence {
        Some(Sequence { letters, line, .. }) if letters.is_empty() => {
            Err(FileError::new(path, "the record has no letters")
                .line(*line)
                .remedy("Remove it, or make the file again"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &[u8]) -> std::result::Result<Vec<Sequence>, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("set.train.fasta");
        std::fs::write(&path, text).unwrap();
        read(&path).map_err(|error| error.to_string().split_once(": ").unwrap().1.to_owned())
    }

    #[test]
    fn records_are_numbered_and_lines_joined() {
        let sequences = read_text(b"\n>1\r\nACGT\r\nac gt\r\n>chr1:5-9 x\rNNNN\n\n").unwrap();
        let [first, second] = &sequences[..] else { panic!("{sequences:?}") };
        assert_eq!((first.id.as_str(), first.header.as_str(), first.line), ("set.train:1", "1", 2));
        assert_eq!(first.letters, b"ACGTacgt");
        assert_eq!(
            (second.id.as_str(), second.header.as_str(), second.letters.as_slice()),
            ("set.train:2", "chr1:5-9 x", &b"NNNN"[..])
        );
    }

    #[test]
    fn names_lose_their_ending() {
        let stems = ["a/train.fasta", "CTCF.train.fa.gz", "plain", ".hidden", "-"].map(|path| stem(Path::new(path)));
        assert_eq!(stems, ["train", "CTCF.train", "plain", ".hidden", "stdin"]);
    }

    #[test]
    fn what_is_not_fasta_is_named() {
        for (text, message) in [
            (&b"ACGT\n"[..], "expected a FASTA header, which begins with >"),
            (b">a\n>b\nACGT\n", "the record has no letters"),
            (b">a\nACGT\n>b\n", "the record has no letters"),
            (b"\n", "holds no sequence"),
        ] {
            let found = read_text(text).unwrap_err();
            assert!(found.contains(message), "{found}");
        }
    }
}
