//! Splits of sequences that have no place on a genome: the last file is judged on, validation sequences are drawn from
//! the others.

use std::path::Path;

use anyhow::bail;
use tracing::{info, warn};

use super::report::balance;
use super::{Args, SplitMethod};
use crate::io::sequences::{self, Sequence};
use crate::io::{labels, splits};
use crate::learn::kmer::{STRETCH, groups, related};
use crate::matrix::splitting::{self, Fractions};
use crate::matrix::{Labels, Split, SplitRow, Splits};

/// Flags that the files decide, and those that are of genes.
pub(super) fn problems(args: &Args) -> Vec<String> {
    let options = &args.options;
    let of_genes = [
        ("--method", options.method != SplitMethod::default()),
        ("--valid-chroms", !options.valid_chroms.is_empty()),
        ("--test-chroms", !options.test_chroms.is_empty()),
        ("--folds", options.folds.is_some()),
        ("--train-fraction", options.train_fraction.is_some()),
        ("--test-fraction", options.test_fraction.is_some()),
        ("--group-overlapping", options.group_overlapping),
    ];
    let mut problems: Vec<String> = of_genes
        .iter()
        .filter(|(_, is_given)| *is_given)
        .map(|(flag, _)| {
            format!("{flag} goes with --genes and --regions: with --fasta the last file is the test set. Leave it out")
        })
        .collect();
    if args.fasta.len() == 1 {
        problems.push(
            "--fasta needs two files or more: sequences to train on, then, as the last file, the test set".into(),
        );
    }
    problems
}

/// Makes the splits, writes and reports them.
pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let labels = args.labels.iter().map(|path| labels::read(path)).collect::<Result<Vec<_>, _>>()?;
    let mut files = sequences::read_all(&args.fasta)?;
    let (Some(test), Some(name)) = (files.pop(), args.fasta.last()) else { bail!("--fasta names no file") };
    let pool = files.concat();
    let valid = args.options.valid_fraction.unwrap_or(Fractions::USUAL.valid);
    let fractions = Fractions { train: 1.0 - valid, valid, test: 0.0 };
    let group = groups(letters(&pool));
    let drawn = splitting::random(&group, fractions, args.options.seed);
    let of_pool = drawn.into_iter().map(|split| if split == Split::Train { split } else { Split::Valid });
    let (mut train_set, mut valid_set, mut splits) = (Vec::new(), Vec::new(), Splits::default());
    for (sequence, split) in pool.into_iter().zip(of_pool) {
        splits.rows.push(row(&sequence, split));
        if split == Split::Train { train_set.push(sequence) } else { valid_set.push(sequence) }
    }
    if let Some((_, empty)) =
        [(&train_set, Split::Train), (&valid_set, Split::Valid)].iter().find(|(set, _)| set.is_empty())
    {
        let n_groups = group.iter().max().map_or(0, |last| last + 1);
        bail!(
            "no sequence is left for {empty}: {} to train on, groups that share {STRETCH} letters: {n_groups}. Give more \
             sequences, or another --valid-fraction",
            group.len()
        );
    }
    splits.rows.extend(test.iter().map(|sequence| row(sequence, Split::Test)));
    splits::write(&args.out, &splits)?;
    for (split, set) in Split::ALL.into_iter().zip([&train_set, &valid_set, &test]) {
        report(args, &labels, split, set, &train_set);
    }
    let seen = related(letters(&test), letters(&train_set).chain(letters(&valid_set)));
    warn_of_leaks(name, &seen);
    info!("{} sequences -> {}", splits.rows.len(), args.out.display());
    Ok(())
}

fn letters(sequences: &[Sequence]) -> impl Iterator<Item = &[u8]> {
    sequences.iter().map(|sequence| sequence.letters.as_slice())
}

fn row(sequence: &Sequence, split: Split) -> SplitRow {
    SplitRow { gene_id: sequence.id.clone(), gene_name: None, split, fold: 0 }
}

/// One line a split.
fn report(args: &Args, labels: &[Labels], split: Split, set: &[Sequence], train: &[Sequence]) {
    let mut line = format!("{split}: {} sequences", set.len());
    let ids: Vec<&str> = set.iter().map(|sequence| sequence.id.as_str()).collect();
    for (path, labels) in args.labels.iter().zip(labels) {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        line += &format!("; {name}: {}", balance(&ids, labels));
    }
    if split != Split::Train {
        let shared = related(letters(set), letters(train)).into_iter().filter(|&shares| shares).count();
        let percent = 100.0 * shared as f64 / set.len().max(1) as f64;
        line += &format!("; {shared} ({percent:.1} %) share {STRETCH} letters with a training sequence");
    }
    info!("{line}");
}

fn warn_of_leaks(file: &Path, seen: &[bool]) {
    let shared = seen.iter().filter(|&&shares| shares).count();
    if shared > 0 {
        warn!(
            "{}: {shared} of {} test sequences share {STRETCH} letters with a sequence of the other files: their scores are \
             better than those of new sequences",
            file.display(),
            seen.len()
        );
    }
}
