//! Annotations in every dialect, and any order of their lines.

mod dialects;
mod permutations;

use std::path::Path;

use super::*;
use crate::genome::{TssOptions, TssPolicy, select_tss};

/// As [`read`], of a text in memory.
fn read_text(text: &str, options: &ReadOptions) -> Result<Annotation> {
    let mut collector = Collector::new(Path::new("a"), options);
    for (number, line) in crate::io::split(text) {
        if !collector.add(number, line)? {
            break;
        }
    }
    collector.finish()
}

/// Rows of genes.bed as `chrom TSS id strand end`, and what was left out.
fn rows_and_tally(text: &str, policy: TssPolicy) -> (Vec<String>, Tally) {
    let options = ReadOptions { id_attribute: None, transcripts: policy != TssPolicy::Gene };
    let annotation = read_text(text, &options).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let selection = select_tss(&annotation.genes, &TssOptions { policy, ..TssOptions::default() });
    let row = |gene: &crate::genome::Gene| {
        let end = gene.end.map_or(".".to_owned(), |end| end.to_string());
        format!("{} {} {} {} {end}", gene.tss.chrom, gene.tss.position, gene.id, gene.tss.strand)
    };
    (selection.genes.iter().map(row).collect(), annotation.tally)
}

fn rows(text: &str, policy: TssPolicy) -> Vec<String> {
    rows_and_tally(text, policy).0
}

/// Lines whose first eight columns are separated by blanks.
fn lines(text: &str) -> String {
    let line = |line: &str| {
        let line = line.trim();
        if line.starts_with(['#', '>']) {
            format!("{line}\n")
        } else {
            line.splitn(9, ' ').collect::<Vec<_>>().join("\t") + "\n"
        }
    };
    text.split('\n').filter(|text| !text.trim().is_empty()).map(line).collect()
}
