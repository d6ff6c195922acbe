//! What `--mark`, `--gene`, `--region` and `--chrom-sizes` mean for a matrix.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, bail};

use super::Args;
use crate::genome::{Chrom, Chroms, Interval};
use crate::io::{FileError, Lines};
use crate::matrix::Matrix;
use crate::matrix::track::{Selection, TrackValues};
use crate::stage::gene_ids;

/// The part of the matrix that the flags name, every problem in one message.
pub fn resolve(args: &Args, values: &TrackValues) -> anyhow::Result<Selection> {
    let (matrix, mut problems) = (values.matrix(), Vec::new());
    let marks = marks(args, values, &mut problems);
    let genes = genes(args, matrix, &mut problems)?;
    let regions = regions(args, matrix, &mut problems);
    if !problems.is_empty() {
        bail!("{}: {}", args.input.display(), problems.join("; "));
    }
    Ok(Selection { genes, channels: marks, regions })
}

fn marks(args: &Args, values: &TrackValues, problems: &mut Vec<String>) -> Vec<usize> {
    let names: Vec<&str> = values.channels().iter().map(|channel| channel.name.as_str()).collect();
    if args.options.mark.is_empty() {
        return (0..names.len()).collect();
    }
    let mut marks = Vec::new();
    for name in &args.options.mark {
        match names.iter().position(|mark| mark == name) {
            Some(mark) if marks.contains(&mark) => {}
            Some(mark) => marks.push(mark),
            None => problems.push(format!("--mark: no mark {name:?}, it has {}. Name one of these", names.join(", "))),
        }
    }
    marks.sort_unstable();
    marks
}

fn genes(args: &Args, matrix: &Matrix, problems: &mut Vec<String>) -> anyhow::Result<Option<Vec<usize>>> {
    if args.options.gene.is_empty() {
        return Ok(None);
    }
    match gene_ids::find(&gene_ids::named(&args.options.gene)?, &matrix.regions, "the matrix") {
        Ok(found) => {
            let genes: BTreeSet<usize> = found.into_iter().flatten().collect();
            Ok(Some(genes.into_iter().collect()))
        }
        Err(problem) => {
            problems.push(problem);
            Ok(None)
        }
    }
}

fn regions(args: &Args, matrix: &Matrix, problems: &mut Vec<String>) -> Vec<Interval> {
    let mut regions = Vec::new();
    for text in &args.options.region {
        // a name may hold a colon itself (HLA contigs)
        let whole = Interval { chrom: text.clone(), range: 0..u64::MAX };
        let region = if matrix.chroms.contains(text) { Ok(whole) } else { text.parse::<Interval>() };
        match region {
            Err(error) => problems.push(format!("--region: {error}. Write it like chr21:1,000-2,000")),
            Ok(region) if !matrix.chroms.contains(&region.chrom) => {
                let names: Vec<&str> =
                    matrix.chroms.as_slice().iter().take(5).map(|chrom| chrom.name.as_str()).collect();
                problems.push(format!(
                    "--region: no chromosome {:?}, it has {}… Check the spelling (chr1 or 1)",
                    region.chrom,
                    names.join(", ")
                ));
            }
            Ok(region) => regions.push(region),
        }
    }
    regions
}

/// Adds lengths from a chrom.sizes file to a matrix that lacks them.
///
/// # Errors
/// A length that differs from the one that the matrix knows: another assembly.
pub fn add_chrom_sizes(matrix: &mut Matrix, path: &Path) -> anyhow::Result<()> {
    let sizes = read_chrom_sizes(path).context("--chrom-sizes")?;
    if let Some((name, ours, theirs)) = matrix.chroms.length_conflicts(&sizes).first() {
        bail!(
            "--chrom-sizes {}: {name} is {theirs} bp long, but {ours} bp in the matrix: a different assembly. Give the lengths of the matrix's assembly",
            path.display()
        );
    }
    for chrom in
        sizes.as_slice().iter().filter(|chrom| matrix.chroms.contains(&chrom.name)).cloned().collect::<Vec<_>>()
    {
        matrix.chroms.push(chrom);
    }
    Ok(())
}

fn read_chrom_sizes(path: &Path) -> Result<Chroms, FileError> {
    let mut chroms = Chroms::default();
    let mut lines = Lines::open(path)?;
    while let Some((number, line)) = lines.next_text()? {
        let mut columns = line.split_whitespace();
        let (Some(name), length) = (columns.next(), columns.next()) else { continue };
        let length = length.and_then(|length| length.parse().ok()).ok_or_else(|| {
            FileError::new(path, "expected a name and a length in bp")
                .line(number)
                .remedy("Give a chrom.sizes or .fai file")
        })?;
        chroms.push(Chrom { name: name.to_owned(), length: Some(length) });
    }
    Ok(chroms)
}
