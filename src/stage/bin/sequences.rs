//! Sequences of DNA without a genome: FASTA files to the layer `sequence`.

use anyhow::ensure;
use serde_json::Value;

use super::{Args, Options, inputs};
use crate::genome::{Chrom, Grid, Strand, Tss, check_text};
use crate::io::sequences::Sequence;
use crate::io::{self, FileError};
use crate::matrix::{
    Bases, Kind, Layer, LayerName, Matrix, Region, Statistic, Status, UNKNOWN_BASE, base_code, one_hot,
};

/// A set of which more letters than these are no bases is something else: proteins, or a table.
const MOST_UNKNOWN: f64 = 0.5;
/// Longest sequences, as the longest windows.
const MOST_BASES: usize = 100_000;

/// Options of sequences alone, and of those that a genome is read with.
const OWN: [&str; 3] = ["length", "chrom_alias", "max_lost_genes"];

/// Options of signal, which mean nothing here.
pub(super) fn problems(args: &Args) -> Vec<String> {
    let own = if args.genome.is_some() { &OWN[..] } else { &OWN[..1] };
    let object = |options: &Options| match serde_json::to_value(options) {
        Ok(Value::Object(object)) => object,
        _ => Default::default(),
    };
    let (given, usual) = (object(&args.options), object(&Options::default()));
    let others =
        given.into_iter().filter(|(name, value)| !own.contains(&name.as_str()) && usual.get(name) != Some(value));
    let names: Vec<String> = others.map(|(name, _)| format!("--{}", name.replace('_', "-"))).collect();
    if names.is_empty() {
        Vec::new()
    } else {
        vec![format!(
            "{}: for signal. Leave it out with {}",
            names.join(", "),
            if args.genome.is_some() { "--genome" } else { "--fasta" }
        )]
    }
}

impl Args {
    /// FASTA files to a matrix of their sequences.
    pub(super) fn read_sequences(&self) -> anyhow::Result<Matrix> {
        let files = io::sequences::read_all(&self.fasta)?;
        let mut sources = Vec::new();
        for (path, sequences) in self.fasta.iter().zip(&files) {
            check_letters(path, sequences)?;
            sources.push(inputs::input("sequence", path, "fasta", &io::signal::digest(path)?, Vec::new()));
        }
        let sequences = files.concat();
        let longest = sequences.iter().map(|sequence| sequence.letters.len()).max().unwrap_or(0);
        let length = self.options.length.map_or(longest, |length| length as usize);
        ensure!(
            length <= MOST_BASES,
            "a sequence has {length} bases: at most {MOST_BASES} are read. Cut all with --length"
        );
        let codes: Vec<u8> = sequences.iter().flat_map(|sequence| cut(&sequence.letters, length)).collect();
        report(&sequences, &codes, length);
        let status = codes
            .chunks_exact(length)
            .map(|codes| if codes.iter().all(|&code| code == UNKNOWN_BASE) { Status::Empty } else { Status::Ok });
        let places = places(&sequences);
        let chroms = places.iter().flatten().map(|tss| Chrom { name: tss.chrom.clone(), length: None }).collect();
        let region = |(at, sequence): (usize, &Sequence)| Region {
            symbol: name(&sequence.header),
            tss: places.as_ref().map(|places| places[at].clone()),
            ..Region::unplaced(sequence.id.clone())
        };
        Ok(Matrix {
            kind: Kind::Signal,
            attribution: None,
            sample: self.sample(),
            assembly: self.assembly.clone(),
            grid: Grid::none(),
            bases: Bases::around(length as u32),
            statistic: Statistic::Count,
            marks: Vec::new(),
            inputs: sources,
            chroms,
            regions: sequences.iter().enumerate().map(region).collect(),
            status: status.collect(),
            layers: vec![Layer::new(LayerName::Sequence, one_hot(&codes, length))],
        })
    }
}

/// Refuses letters that are no DNA.
fn check_letters(path: &std::path::Path, sequences: &[Sequence]) -> io::Result<()> {
    let is_dna = |letter: &&u8| base_code(**letter) != UNKNOWN_BASE || matches!(letter, b'N' | b'n');
    for sequence in sequences {
        let known = sequence.letters.iter().filter(is_dna).count();
        if (known as f64) < MOST_UNKNOWN * sequence.letters.len() as f64 {
            let problem = format!(
                "{} of {} letters are none of A, C, G, T, U and N",
                sequence.letters.len() - known,
                sequence.letters.len()
            );
            return Err(FileError::new(path, problem)
                .line(sequence.line)
                .remedy("Give DNA. Proteins and text have a kernel: attentrack-kernel --alphabet"));
        }
    }
    Ok(())
}

/// Where a sequence begins in a row of so many bases, below 0 where it is longer: its middle letter lies on the row's
/// middle base.
fn begin(letters: usize, length: usize) -> i64 {
    (length / 2) as i64 - (letters / 2) as i64
}

/// The numbers of the bases in the middle of a sequence, with unknown ones beyond its ends.
fn cut(letters: &[u8], length: usize) -> Vec<u8> {
    let begin = begin(letters.len(), length);
    let letter = |at: i64| usize::try_from(at).ok().and_then(|at| letters.get(at));
    (0..length as i64).map(|at| letter(at - begin).map_or(UNKNOWN_BASE, |&letter| base_code(letter))).collect()
}

/// What people call a record: the first word of its header, unless that is its label or its place.
fn name(header: &str) -> Option<String> {
    let word = header.split_whitespace().next()?;
    let is_name = word.parse::<f64>().is_err() && place(word).is_none() && check_text("name", word).is_ok();
    is_name.then(|| word.to_owned())
}

/// Chromosome, first base, end and strand of `chr:start-end`, as bedtools getfasta and samtools faidx write it, alone or
/// behind `name::`.
fn place(word: &str) -> Option<(&str, u64, u64, Strand)> {
    let word = word.rsplit_once("::").map_or(word, |(_, place)| place);
    let (word, strand) = match word.strip_suffix("(-)") {
        Some(word) => (word, Strand::Reverse),
        None => (word.strip_suffix("(+)").or(word.strip_suffix("(.)")).unwrap_or(word), Strand::Forward),
    };
    let (chrom, range) = word.rsplit_once(':')?;
    let (start, end) = range.split_once('-')?;
    let (start, end) = (start.parse().ok()?, end.parse().ok()?);
    (!chrom.is_empty() && start < end && end <= 1 << 40).then_some((chrom, start, end, strand))
}

/// The middle base of each sequence, if the headers say where all of them are.
fn places(sequences: &[Sequence]) -> Option<Vec<Tss>> {
    let of_sequence = |sequence: &Sequence| {
        let (chrom, start, end, strand) = place(sequence.header.split_whitespace().next()?)?;
        let letters = sequence.letters.len();
        // bedtools counts from 0, samtools from 1 with the last base: the number of letters tells them apart
        let first = match end - start {
            bases if bases == letters as u64 => start,
            bases if bases + 1 == letters as u64 => start.checked_sub(1)?,
            _ => return None,
        };
        let along = letters as u64 / 2;
        let position = match strand {
            Strand::Forward => first + along,
            Strand::Reverse => first + (letters as u64 - 1) - along,
        };
        Some(Tss { chrom: chrom.to_owned(), position, strand })
    };
    let places: Vec<Option<Tss>> = sequences.iter().map(of_sequence).collect();
    let known = places.iter().flatten().count();
    match known {
        0 => tracing::info!("the headers say no place of the form chr:start-end: there will be no tracks"),
        known if known < places.len() => tracing::warn!(
            "{} of {} headers say no place of the form chr:start-end, or one of another length than the sequence, such as that of {}: places are not taken, and there will be no tracks",
            places.len() - known,
            places.len(),
            sequences.iter().zip(&places).find(|(_, place)| place.is_none()).map_or("", |(sequence, _)| &sequence.id)
        ),
        _ => {}
    }
    places.into_iter().collect()
}

/// Says what was cut, filled up and not known.
fn report(sequences: &[Sequence], codes: &[u8], length: usize) {
    let count = |test: &dyn Fn(usize) -> bool| sequences.iter().filter(|sequence| test(sequence.letters.len())).count();
    let (longer, shorter) = (count(&|letters| letters > length), count(&|letters| letters < length));
    let of_letters = sequences.iter().flat_map(|sequence| &sequence.letters);
    let unknown = of_letters.filter(|&&letter| base_code(letter) == UNKNOWN_BASE).count();
    tracing::info!("{} sequences in rows of {length} bases", codes.len() / length.max(1));
    if longer > 0 {
        tracing::warn!(
            "{longer} sequences are longer than --length {length}: their middle is kept, the rest is left out"
        );
    }
    if shorter > 0 {
        tracing::info!("{shorter} sequences are shorter: bases beyond their ends count as not known");
    }
    if unknown > 0 {
        tracing::info!("{unknown} letters are none of A, C, G, T and U: these bases count as not known");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sequence(header: &str, letters: &[u8]) -> Sequence {
        Sequence { id: "s:1".to_owned(), header: header.to_owned(), line: 1, letters: letters.to_vec() }
    }

    #[test]
    fn sequences_lie_in_the_middle_of_their_rows() {
        assert_eq!(cut(b"ACGTA", 5), [0, 1, 2, 3, 0]);
        assert_eq!(cut(b"ACGTA", 3), [1, 2, 3]);
        assert_eq!(cut(b"ACGTA", 2), [1, 2]);
        assert_eq!(cut(b"AC", 5), [4, 0, 1, 4, 4]);
        assert_eq!(cut(b"ACG", 4), [4, 0, 1, 2]);
    }

    #[test]
    fn headers_of_bedtools_and_samtools_say_the_same_place() {
        for (header, letters, expected) in [
            ("chr1:100-105", &b"ACGTA"[..], (102, Strand::Forward)),
            ("chr1:101-105", b"ACGTA", (102, Strand::Forward)),
            ("peak7::chr1:100-105(-)", b"ACGTA", (102, Strand::Reverse)),
            ("HLA:01:100-105(+)", b"ACGTA", (102, Strand::Forward)),
            ("chr1:100-104", b"ACGT", (102, Strand::Forward)),
            ("chr1:100-104(-)", b"ACGT", (101, Strand::Reverse)),
        ] {
            let found = places(&[sequence(header, letters)]).unwrap().remove(0);
            assert_eq!((found.position, found.strand), expected, "{header}");
        }
        for header in ["chr1:100-106", "1", "chr1:a-b", ""] {
            assert_eq!(places(&[sequence(header, b"ACGTA")]), None, "{header}");
        }
    }

    #[test]
    fn labels_and_places_are_no_names() {
        let names = ["1", "-1", "chr1:100-105", "MYC peak", ""].map(name);
        assert_eq!(names, [None, None, None, Some("MYC".to_owned()), None]);
    }
}
