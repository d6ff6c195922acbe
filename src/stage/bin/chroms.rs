//! Chromosomes of genes and signal files, compared before any signal is read.

use std::collections::HashMap;
use std::path::Path;

use anyhow::bail;

use crate::genome::{Chrom, Chroms, Gene};
use crate::io::signal::SignalFile;
use crate::matrix::{Status, Tally, Windows};

/// At most this many chromosomes are named in a message.
const NAMED: usize = 6;

/// What the comparison of genes and files has shown.
pub(super) struct Compared {
    /// The genes' chromosomes with the lengths that files state; those of which files state different
    /// lengths have none.
    pub lengths: Chroms,
    /// By chromosome of the genes: the first file that gives it another length than an earlier file.
    pub conflicting: Vec<Option<usize>>,
    /// By row: whether the TSS lies beyond the end of its chromosome.
    pub beyond: Vec<bool>,
}

/// A chromosome to which a file gives another length than an earlier file.
struct Conflict<'a> {
    name: &'a str,
    here: u64,
    there: u64,
    /// The earlier file.
    other: usize,
}

/// Checks that all files and the genes are of one assembly.
///
/// Builds of one assembly differ in single chromosomes (chrM of UCSC's hg19 has 16,571 bp, that of others
/// 16,569): the genes on such a chromosome are lost, with a warning, as those on one that a file lacks.
/// A gene across the origin of a circular chromosome may start beyond its end: it is lost too.
///
/// # Errors
/// Two files give most of the chromosomes that both have different lengths, or those of more than
/// `most`, a share, of the genes; two genes of one chromosome, more than `most` of several genes, or all
/// genes, lie beyond an end.
pub(super) fn compare(
    genes_path: &Path,
    genes: &[Gene],
    windows: &Windows,
    files: &[SignalFile],
    most: f64,
) -> anyhow::Result<Compared> {
    let genes_chroms = windows.chroms().as_slice();
    // lengths and the files that gave them, by the files' names and by the genes' chromosomes
    let mut by_name: HashMap<&str, (u64, usize)> = HashMap::new();
    let mut by_gene: Vec<Option<(u64, usize)>> = vec![None; genes_chroms.len()];
    let mut conflicting: Vec<Option<usize>> = vec![None; genes_chroms.len()];
    for (at, file) in files.iter().enumerate() {
        let Some(chroms) = file.chroms() else { continue };
        let (mut shared, mut conflicts) = (0, Vec::new());
        let mut compare = |name, here, (there, other): (u64, usize)| {
            shared += usize::from(other != at);
            if there != here {
                conflicts.push(Conflict { name, here, there, other });
            }
        };
        for chrom in chroms.as_slice() {
            let Some(length) = chrom.length else { continue };
            compare(&chrom.name, length, *by_name.entry(&chrom.name).or_insert((length, at)));
        }
        for (chrom, Chrom { name, .. }) in genes_chroms.iter().enumerate() {
            let Some(length) = file.chrom_length(chrom) else { continue };
            let earlier = *by_gene[chrom].get_or_insert((length, at));
            if earlier.0 != length {
                conflicting[chrom].get_or_insert(at);
            }
            // files may spell it differently
            if !chroms.contains(name) {
                compare(name, length, earlier);
            }
        }
        if !conflicts.is_empty() {
            judge(files, at, &conflicts, shared, share_on(windows, &conflicting), most)?;
        }
    }
    let length = |at: usize| by_gene[at].filter(|_| conflicting[at].is_none()).map(|(length, _)| length);
    let lengths: Chroms =
        genes_chroms.iter().enumerate().map(|(at, chrom)| Chrom { length: length(at), ..chrom.clone() }).collect();
    let is_beyond = |gene: &Gene| lengths.length(&gene.tss.chrom).is_some_and(|length| gene.tss.position >= length);
    let beyond: Vec<bool> = genes.iter().map(is_beyond).collect();
    judge_beyond(genes_path, genes, &lengths, &beyond, most)?;
    Ok(Compared { lengths, conflicting, beyond })
}

/// Share of the genes on chromosomes that are `Some`.
fn share_on(windows: &Windows, chroms: &[Option<usize>]) -> f64 {
    let on = |(chrom, _): (usize, &Option<usize>)| windows.of_chrom(chrom).len();
    let lost: usize = chroms.iter().enumerate().filter(|(_, file)| file.is_some()).map(on).sum();
    lost as f64 / windows.as_slice().len().max(1) as f64
}

/// Warns of the file's conflicts with earlier ones, or refuses it as one of another assembly.
fn judge(
    files: &[SignalFile],
    at: usize,
    conflicts: &[Conflict],
    shared: usize,
    lost: f64,
    most: f64,
) -> anyhow::Result<()> {
    let Conflict { name, here, there, other } = conflicts[0];
    let (path, other) = (files[at].path().display(), files[other].path().display());
    let lengths = format!("{name} has {here} bp here and {there} bp there");
    if 2 * conflicts.len() > shared || lost > most {
        bail!(
            "{path}: is of another genome assembly than {other}: {lengths} ({} of {shared} chromosomes differ). Give files of one assembly",
            conflicts.len(),
        );
    }
    let names = shorten(conflicts.iter().map(|conflict| conflict.name));
    let genes = if lost > 0.0 {
        format!("{:.1} % of the genes lie on such chromosomes and keep their rows, as missing values", 100.0 * lost)
    } else {
        "no gene lies there, and they are not used".to_owned()
    };
    tracing::warn!("{path}: has other lengths of {names} than {other} ({lengths}): {genes}");
    Ok(())
}

/// Warns of genes beyond the end of a chromosome, or takes them as a sign of another assembly.
fn judge_beyond(path: &Path, genes: &[Gene], lengths: &Chroms, beyond: &[bool], most: f64) -> anyhow::Result<()> {
    let mut of_chrom: HashMap<&str, usize> = HashMap::new();
    for (gene, _) in genes.iter().zip(beyond).filter(|(_, beyond)| **beyond) {
        *of_chrom.entry(&gene.tss.chrom).or_default() += 1;
    }
    let Some(first) = beyond.iter().position(|beyond| *beyond) else { return Ok(()) };
    let Gene { id, tss, .. } = &genes[first];
    let count: usize = of_chrom.values().sum();
    let length = lengths.length(&tss.chrom).unwrap_or_default();
    let (path, others) = (path.display(), count - 1);
    let place = format!(
        "gene {id} starts at {}:{}, beyond the end of {} in the signal files ({length} bp), as do {others} others",
        tss.chrom, tss.position, tss.chrom
    );
    let several = count > 1 && count as f64 > most * genes.len() as f64;
    if several || count == genes.len() || of_chrom.values().any(|&count| count > 1) {
        bail!(
            "{path}: {place}: genes and signals are of different genome assemblies. Use an annotation of the signals' assembly"
        );
    }
    tracing::warn!(
        "{path}: {place}. They keep their rows, as missing values: genes across the origin of a circular chromosome do this; otherwise check the assembly"
    );
    Ok(())
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
        let unseen = lost.iter_mut().enumerate().filter(|(chrom, lost)| lost.is_none() && !tally.seen.contains(chrom));
        for (_, lost) in unseen {
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
pub(super) fn status(windows: &Windows, compared: &Compared, lost: &[Option<usize>], touched: &[bool]) -> Vec<Status> {
    let Compared { lengths, conflicting, beyond } = compared;
    let mut status = vec![Status::Ok; windows.as_slice().len()];
    for window in windows.as_slice() {
        let length = lengths.as_slice()[window.chrom].length;
        let leaves = window.start < 0 || length.is_some_and(|length| window.start + windows.width() > length as i64);
        let is_lost = lost[window.chrom].or(conflicting[window.chrom]).is_some() || beyond[window.gene];
        status[window.gene] = match touched[window.gene] {
            _ if is_lost => Status::NoChrom,
            false => Status::Empty,
            true if leaves => Status::Clipped,
            true => Status::Ok,
        };
    }
    status
}
