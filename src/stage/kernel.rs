//! Stage kernel: sequences to the matrix of the gapped k-mers that they share.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Parser;

use crate::io::sequences::{self, Sequence};
use crate::io::{FileError, Lines, Output, PendingFile, npy};
use crate::learn::kmer::{Alphabet, Gmers, SharedKmers, Strands, Unknown};
use crate::stage::flags::one_of;
use crate::stage::{Common, Files, Stage};

/// Longest g-mer.
const LONGEST: u16 = 30;

/// Count the gapped k-mers that sequences share: the kernel matrix of gkm-SVM, GaKCo and FastSK
///
/// A g-mer is --kmer-length letters in a row. Two sequences share one for each pair of their g-mers and each choice of
/// k = g − --mismatches positions at which the pair is alike. A value is that number divided by the geometric mean of
/// what each sequence shares with itself, or with --raw the number alone. Counts are exact. The table has a row and a
/// column a sequence, named FILE:N, the file's name without its ending and the record's number from 1. A name of
/// --out that ends in .npy makes a NumPy array instead, in seconds where the text takes a minute, and a file of the
/// names in its order beside it (.ids.txt). scikit-learn takes either as a precomputed kernel.
#[derive(Parser, Clone, Debug)]
#[command(
    name = "attentrack-kernel",
    version,
    after_help = "Examples:
  attentrack-kernel --fasta CTCF.train.fasta --fasta CTCF.test.fasta --out CTCF.kernel.tsv
  attentrack-kernel --fasta proteins.fasta --alphabet protein --kmer-length 7 --mismatches 2 --out kernel.tsv
  # the numbers of GaKCo and FastSK
  attentrack-kernel --fasta CTCF.train.fasta --kmer-length 10 --mismatches 4 --strands one --unknown letter \\
    --out CTCF.kernel.tsv"
)]
pub struct Args {
    /// Sequences, FASTA, plain or gzip; several files make one matrix
    #[arg(long, value_name = "FASTA", required = true)]
    pub fasta: Vec<PathBuf>,
    /// Table to write, or a NumPy array (.npy); - for standard output
    #[arg(long, short, value_name = "TSV|NPY")]
    pub out: PathBuf,
    /// Letters in a row that are compared
    #[arg(long, value_name = "G", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=i64::from(LONGEST)))]
    pub kmer_length: u16,
    /// Letters of them that may differ
    #[arg(long, value_name = "M", default_value_t = 4)]
    pub mismatches: u16,
    /// dna, protein, or a file with one letter a line; lower case is upper case
    #[arg(long, value_name = "LETTERS", default_value = "dna")]
    pub alphabet: String,
    /// Strands of DNA that count [default: both for DNA, one for other letters]
    #[arg(long, value_name = "STRANDS", value_parser = one_of::<Strands>())]
    pub strands: Option<Strands>,
    /// What becomes of letters that the alphabet lacks
    #[arg(long, value_name = "RULE", value_parser = one_of::<Unknown>(), default_value = "skip")]
    pub unknown: Unknown,
    /// Write numbers of shared gapped k-mers, not divided by anything
    #[arg(long)]
    pub raw: bool,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub common: Common,
}

impl Args {
    fn has_strands(&self) -> bool {
        self.alphabet.eq_ignore_ascii_case("dna")
    }

    fn letters(&self) -> Result<Alphabet> {
        if self.has_strands() {
            return Ok(Alphabet::dna());
        }
        if self.alphabet.eq_ignore_ascii_case("protein") {
            return Ok(Alphabet::protein());
        }
        let path = Path::new(&self.alphabet);
        let mut lines = Lines::open(path)?;
        let mut letters = Vec::new();
        while let Some((line, text)) = lines.next_line()? {
            match text {
                [letter] => letters.push(*letter),
                [] => {}
                _ => {
                    return Err(FileError::new(path, "expected one letter")
                        .line(line)
                        .remedy("Write one letter a line")
                        .into());
                }
            }
        }
        let refuse = |problem| FileError::new(path, problem).remedy("Write one letter a line, each once");
        Ok(Alphabet::new(&letters).map_err(|error| refuse(error.to_string()))?)
    }

    /// Leaves out sequences without a g-mer, by name.
    fn usable(&self, sequences: Vec<Sequence>, alphabet: &Alphabet) -> Vec<Sequence> {
        let g = usize::from(self.kmer_length);
        let is_known = |letter: &u8| self.unknown == Unknown::Letter || alphabet.code(*letter).is_some();
        let is_usable = |sequence: &Sequence| sequence.letters.windows(g).any(|gmer| gmer.iter().all(is_known));
        let all = sequences.len();
        let (usable, others): (Vec<_>, Vec<_>) = sequences.into_iter().partition(is_usable);
        if let Some(first) = others.first() {
            tracing::warn!(
                "left out {} of {all} sequences, in which no {g} letters of the alphabet follow one another: {} (line {}){}",
                others.len(),
                first.id,
                first.line,
                if others.len() > 1 { " and others" } else { "" }
            );
        }
        usable
    }

    /// Where the names of a NumPy array's rows go; `None` of a table, which holds them.
    fn ids(&self) -> Option<PathBuf> {
        let is_array = self.out.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("npy"));
        is_array.then(|| self.out.with_extension("ids.txt"))
    }

    fn write_array(&self, ids_file: &Path, sequences: &[Sequence], shared: &SharedKmers) -> Result<()> {
        let n = sequences.len();
        let pairs = (0..n).flat_map(|row| (0..n).map(move |column| (row, column)));
        let array = if self.raw {
            npy::write(&self.out, (n, n), pairs.map(|(row, column)| shared.count(row, column)))?
        } else {
            npy::write(&self.out, (n, n), pairs.map(|(row, column)| shared.normalised(row, column)))?
        };
        let mut ids = Output::create(ids_file)?;
        for sequence in sequences {
            ids.put(format!("{}\n", sequence.id).as_bytes())?;
        }
        let files = [array, ids.finish()?];
        Ok(files.into_iter().flatten().try_for_each(PendingFile::commit)?)
    }

    fn write_table(&self, sequences: &[Sequence], shared: &SharedKmers) -> Result<()> {
        let mut output = Output::create(&self.out)?;
        let os = |error| FileError::os(&self.out, "write", &error);
        let ids: Vec<&str> = sequences.iter().map(|sequence| sequence.id.as_str()).collect();
        output.put(format!("id\t{}\n", ids.join("\t")).as_bytes())?;
        for (row, id) in ids.iter().enumerate() {
            output.put(id.as_bytes())?;
            for column in 0..ids.len() {
                if self.raw {
                    write!(output, "\t{}", shared.count(row, column)).map_err(os)?;
                } else {
                    write!(output, "\t{:.10}", shared.normalised(row, column)).map_err(os)?;
                }
            }
            output.put(b"\n")?;
        }
        Ok(output.commit()?)
    }
}

impl Stage for Args {
    fn common(&self) -> &Common {
        &self.common
    }

    fn files(&self) -> Files {
        Files::new().input("--fasta", &self.fasta).output("--out", [&self.out]).output("--out (.ids.txt)", self.ids())
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.mismatches >= self.kmer_length {
            problems.push(format!(
                "--mismatches {} must be below --kmer-length {}: at least one letter has to be alike",
                self.mismatches, self.kmer_length
            ));
        }
        if self.strands == Some(Strands::Both) && !self.has_strands() {
            problems.push("--strands both is for DNA: leave it out with this --alphabet".to_owned());
        }
        problems
    }

    fn run(&self) -> Result<()> {
        let alphabet = self.letters()?;
        let sequences = sequences::read_all(&self.fasta)?.concat();
        let sequences = self.usable(sequences, &alphabet);
        if sequences.is_empty() {
            anyhow::bail!("no sequence of --fasta is left. Check --alphabet and --kmer-length");
        }
        let both = self.strands.map_or(self.has_strands(), |strands| strands == Strands::Both);
        let letters = sequences.iter().map(|sequence| sequence.letters.as_slice());
        let g = usize::from(self.kmer_length);
        let gmers = Gmers::new(letters, g, &alphabet, self.unknown, both)?;
        let shared = gmers.shared(g - usize::from(self.mismatches));
        match self.ids() {
            Some(ids) => self.write_array(&ids, &sequences, &shared)?,
            None => self.write_table(&sequences, &shared)?,
        }
        tracing::info!("{} sequences -> {}", sequences.len(), self.out.display());
        Ok(())
    }
}
