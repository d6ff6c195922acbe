//! Labels of sequences: the headers of FASTA files, as GaKCo and FastSK write them.

use tracing::{info, warn};

use super::{Args, Options, TableOptions};
use crate::io::{FileError, Result, sequences};
use crate::matrix::{Label, Labels};

/// Flags of genes and expression.
pub(super) fn problems(args: &Args) -> Vec<String> {
    let of_genes = [
        ("--sample", args.sample.is_some()),
        ("--genes", args.genes.is_some()),
        ("--column", args.column.is_some()),
        ("--keep-version", args.keep_version),
        ("--gene-column, --duplicates, --max-lost-genes", *args.table != TableOptions::default()),
        ("--method and its settings", Options { permute: args.options.permute, ..Options::default() } != *args.options),
    ];
    let given = of_genes.iter().filter(|(_, is_given)| *is_given);
    given.map(|(flag, _)| format!("{flag}: for an expression table. Leave it out with --fasta and --peaks")).collect()
}

/// The labels of all sequences, in order.
pub(super) fn read(args: &Args) -> Result<Labels> {
    let mut labels = Labels::default();
    let mut counts = [0usize; 3];
    for (path, sequences) in args.fasta.iter().zip(sequences::read_all(&args.fasta)?) {
        for sequence in sequences {
            let Some(class) = class(&sequence.header) else {
                let problem = format!("the header {:?} is no label: expected 1, 0 or -1", sequence.header);
                return Err(FileError::new(path, problem).line(sequence.line).remedy(
                    "Write >1 above sequences of label 1 and >0 above the others, or make a table of gene_id and label",
                ));
            };
            counts[(class + 1) as usize] += 1;
            let label = Some(f64::from(class.max(0)));
            labels.rows.push(Label { gene_id: sequence.id, gene_name: None, label, expression: None });
        }
    }
    let [minus, zero, one] = counts;
    if minus > 0 && zero > 0 {
        warn!("{zero} headers are 0 and {minus} are -1: both are taken for the negatives, label 0");
    }
    info!("{one} sequences of label 1, {} of label 0", minus + zero);
    if one == 0 || minus + zero == 0 {
        warn!("all sequences have one label: a model needs both");
    }
    Ok(labels)
}

/// The label that a header is: its first word.
fn class(header: &str) -> Option<i8> {
    match header.split_whitespace().next()?.parse::<f64>().ok()? {
        1.0 => Some(1),
        0.0 => Some(0),
        -1.0 => Some(-1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_the_first_word_of_a_header() {
        let classes = ["1", "+1", "0", "-1", "1 chr7:5-9", "0.0", "2", "peak", ""].map(class);
        assert_eq!(classes, [Some(1), Some(1), Some(0), Some(-1), Some(1), Some(0), None, None, None]);
    }
}
