//! What a split is worth: sizes, class balance, windows that leak.

use tracing::{info, warn};

use super::{Args, SplitMethod};
use crate::genome::{Gene, Grid, Tss};
use crate::matrix::{Labels, Split, Splits, overlapping_windows};

/// Logs one line a split and fold.
pub(super) fn report(args: &Args, genes: &[Gene], labels: &[Labels], splits: &Splits, grid: &Grid) {
    for fold in splits.folds() {
        let of_gene = splits.by_gene(fold);
        let members_of = |split: Split| -> Vec<&Gene> {
            genes.iter().filter(|gene| of_gene.get(gene.id.as_str()) == Some(&split)).collect()
        };

        let train: Vec<&Tss> = members_of(Split::Train).iter().map(|gene| &gene.tss).collect();
        for split in Split::ALL {
            let members = members_of(split);
            let mut line = format!("fold {fold}, {split}: {} {}", members.len(), args.what());
            if args.options.method == SplitMethod::Chromosome && split != Split::Train {
                line += &format!(" on {}", chroms(&members));
            }
            for (path, labels) in args.labels.iter().zip(labels) {
                let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
                let ids: Vec<&str> = members.iter().map(|gene| gene.id.as_str()).collect();
                let balance = balance(&ids, labels);
                line += &format!("; {name}: {balance}");
            }
            if split != Split::Train && !members.is_empty() {
                let tss: Vec<&Tss> = members.iter().map(|gene| &gene.tss).collect();
                let overlapping = overlapping_windows(&tss, &train, grid.flank_bp());
                let overlapping = overlapping.into_iter().filter(|&overlaps| overlaps).count();
                let share = 100.0 * overlapping as f64 / members.len() as f64;
                line += &format!("; {overlapping} windows ({share:.1} %) overlap a training window");
            }
            info!("{line}");
        }
    }
    for (path, labels) in args.labels.iter().zip(labels) {
        let labelled = labels.by_gene();
        if !genes.iter().any(|gene| labelled.contains_key(gene.id.as_str())) {
            warn!(
                "{}: none of the {} of {} is labelled: check that the ids are the same",
                path.display(),
                args.what(),
                args.genes_file().display()
            );
        }
    }
}

fn chroms(members: &[&Gene]) -> String {
    let mut chroms: Vec<&str> = Vec::new();
    for gene in members {
        if !chroms.contains(&gene.tss.chrom.as_str()) {
            chroms.push(&gene.tss.chrom);
        }
    }
    chroms.join(",")
}

/// How many of these genes or sequences are labelled, and how.
pub(super) fn balance(ids: &[&str], labels: &Labels) -> String {
    let by_gene = labels.by_gene();
    let known: Vec<f64> = ids.iter().filter_map(|id| by_gene.get(id).copied()).collect();
    if known.is_empty() {
        return "none labelled".to_owned();
    }
    let mean = known.iter().sum::<f64>() / known.len() as f64;
    if labels.is_binary() {
        format!("{} labelled, {:.1} % high", known.len(), 100.0 * mean)
    } else {
        format!("{} labelled, mean {mean:.3}", known.len())
    }
}
