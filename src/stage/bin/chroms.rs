//! Chromosomes of genes and signal files, compared before any signal is read.

use std::collections::HashMap;
use std::path::Path;

use anyhow::bail;

use crate::genome::{Chrom, Chroms, Gene};
use crate::io::signal::SignalFile;
use crate::matrix::{Status, Tally, Windows};

/// At most this many chromosomes are named in a message.
const NAMED: usize = 6;

/// Checks that all files and the genes are of one assembly; returns the genes' chromosomes with the
/// lengths that files state.
///
/// # Errors
/// Two files give one chromosome different lengths, or a TSS lies beyond a chromosome's end.
pub(super) fn compare(
    genes_path: &Path,
    genes: &[Gene],
    windows: &Windows,
    files: &[SignalFile],
) -> anyhow::Result<Chroms> {
    let mut known: HashMap<&str, (u64, &Path)> = HashMap::new();
    for file in files {
        let Some(chroms) = file.chroms() else { continue };
        let named_as_genes = (0..windows.chroms().len())
            .filter_map(|at| Some((windows.chroms().as_slice()[at].name.as_str(), file.chrom_length(at)?)));
        let own = chroms.as_slice().iter().filter_map(|chrom| Some((chrom.name.as_str(), chrom.length?)));
        let mut conflicts: Vec<(&str, u64, u64, &Path)> = Vec::new();
        for (name, length) in named_as_genes.chain(own) {
            let (other, path) = *known.entry(name).or_insert((length, file.path()));
            if other != length && !conflicts.iter().any(|conflict| conflict.0 == name) {
                conflicts.push((name, length, other, path));
            }
        }
        if let Some((name, length, other, path)) = conflicts.first() {
            bail!(
                "{}: is of another genome assembly than {}: {name} has {length} bp here and {other} bp there ({} of {} chromosomes differ). Give files of one assembly",
                file.path().display(),
                path.display(),
                conflicts.len(),
                chroms.len()
            );
        }
    }
    let lengths: Chroms = windows
        .chroms()
        .as_slice()
        .iter()
        .map(|chrom| Chrom { length: known.get(chrom.name.as_str()).map(|(length, _)| *length), ..chrom.clone() })
        .collect();
    let beyond = |gene: &&Gene| lengths.length(&gene.tss.chrom).is_some_and(|length| gene.tss.position >= length);
    if let Some(Gene { id, tss, .. }) = genes.iter().find(beyond) {
        let (length, path) = known[tss.chrom.as_str()];
        bail!(
            "{}: gene {id} starts at {}:{}, beyond the end of {} in {} ({length} bp), as do {} others: genes and signals are of different genome assemblies. Use an annotation of the signals' assembly",
            genes_path.display(),
            tss.chrom,
            tss.position,
            tss.chrom,
            path.display(),
            genes.iter().filter(beyond).count() - 1
        );
    }
    Ok(lengths)
}

/// By chromosome of the genes: the first file that says that it lacks it.
pub(super) fn declared_absent(windows: &Windows, files: &[SignalFile]) -> Vec<Option<usize>> {
    let lacks = |chrom| files.iter().position(|file| file.has_chrom(chrom) == Some(false));
    (0..windows.chroms().len()).map(lacks).collect()
}

/// Adds the chromosomes that files without a chromosome list turned out to have no data on; whether
/// there are any.
pub(super) fn add_unseen(lost: &mut [Option<usize>], files: &[SignalFile], tallies: &[Tally]) -> bool {
    let mut more = false;
    for (at, (_, tally)) in files.iter().zip(tallies).enumerate().filter(|(_, (file, _))| file.chroms().is_none()) {
        for (lost, _) in lost.iter_mut().zip(&tally.seen).filter(|(lost, seen)| lost.is_none() && !**seen) {
            *lost = Some(at);
            more = true;
        }
    }
    more
}

/// Says which genes are lost with which chromosomes.
///
/// # Errors
/// More than `most`, a share of all genes, are lost.
pub(super) fn report_lost(
    windows: &Windows,
    files: &[SignalFile],
    lost: &[Option<usize>],
    most: f64,
) -> anyhow::Result<()> {
    let names = windows.chroms().as_slice();
    let mut chroms: Vec<(usize, usize)> =
        lost.iter().enumerate().filter_map(|(chrom, file)| Some((chrom, (*file)?))).collect();
    let Some(&(_, file)) = chroms.first() else { return Ok(()) };
    let (file, total) = (&files[file], windows.as_slice().len());
    let n_lost: usize = chroms.iter().map(|&(chrom, _)| windows.of_chrom(chrom).len()).sum();
    chroms.sort_by_key(|&(chrom, _)| std::cmp::Reverse(windows.of_chrom(chrom).len()));
    let share = n_lost as f64 / total as f64;
    let list = shorten(chroms.iter().map(|&(chrom, _)| names[chrom].name.as_str()));
    let lines = format!(
        "{n_lost} of {total} genes ({:.1} %) lie on chromosomes that a signal file lacks: {list}",
        100.0 * share
    );
    if share <= most {
        tracing::warn!("{lines}; they keep their rows, as missing values");
        return Ok(());
    }
    let has = match file.chroms() {
        Some(chroms) => format!("has {}", shorten(chroms.as_slice().iter().map(|chrom| chrom.name.as_str()))),
        None => "has no data on them".to_owned(),
    };
    bail!(
        "{}: {lines}, and this file {has}. If only the names differ, use --chrom-alias auto or a table; if they are to be missing, raise --max-lost-genes (now {most})",
        file.path().display()
    )
}

fn shorten<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let total = names.len();
    let mut text = names.take(NAMED).collect::<Vec<_>>().join(", ");
    if total > NAMED {
        text.push_str(&format!(" and {} more", total - NAMED));
    }
    text
}

/// Status of each gene. `touched`: whether any mark has data in the gene's window.
pub(super) fn status(windows: &Windows, lengths: &Chroms, lost: &[Option<usize>], touched: &[bool]) -> Vec<Status> {
    let mut status = vec![Status::Ok; windows.as_slice().len()];
    for window in windows.as_slice() {
        let length = lengths.as_slice()[window.chrom].length;
        let leaves = window.start < 0 || length.is_some_and(|length| window.start + windows.width() > length as i64);
        status[window.gene] = match (lost[window.chrom], touched[window.gene]) {
            (Some(_), _) => Status::NoChrom,
            (None, false) => Status::Empty,
            (None, true) if leaves => Status::Clipped,
            (None, true) => Status::Ok,
        };
    }
    status
}
