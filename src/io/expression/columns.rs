//! Which column is meant, by its name.

use std::path::Path;

use super::ids::GENE_COLUMNS;
use super::lines::Header;
use crate::io::{FileError, Result};

/// Columns of tables that hold one sample: Salmon, RSEM, kallisto, StringTie, Cufflinks, GDC, DESeq2.
const OF_ONE_SAMPLE: [&str; 9] =
    ["TPM", "tpm", "FPKM", "NumReads", "expected_count", "est_counts", "tpm_unstranded", "baseMean", "counts"];

/// The column of the gene ids that the table's names tell.
pub(super) fn known_gene_column(names: &[String]) -> Option<usize> {
    let is = |name: &str, known: &str| name.to_ascii_lowercase().replace([' ', '.'], "_") == known;
    GENE_COLUMNS.iter().find_map(|known| names.iter().position(|name| is(name, known)))
}

/// The one column of this name.
pub(super) fn named(path: &Path, names: &[String], name: &str) -> Result<usize> {
    only(path, names, name)?.ok_or_else(|| no_column(path, name, names, "--gene-column, one of these"))
}

/// The column named like the sample, or else the only one that is a path to the sample's BAM. Of a table
/// without a header the second of two, or the one of this number.
pub(super) fn value_column(path: &Path, header: &Header, sample: &str) -> Result<usize> {
    let names = &header.names[..];
    if !header.is_there {
        return match (names.len(), sample.parse::<usize>()) {
            (_, Ok(number)) if (2..=names.len()).contains(&number) => Ok(number - 1),
            (2, _) => Ok(1),
            (n, _) => Err(FileError::new(path, format!("has no header line, and {n} columns"))
                .line(1)
                .remedy("Give the number of the column to --column (STAR: 2 unstranded, 3 and 4 stranded), or add a header line")),
        };
    }
    if let Some(at) = only(path, names, sample)? {
        return Ok(at);
    }
    let is_path_of = |name: &str| {
        let file = name.rsplit('/').next().unwrap_or(name);
        file.strip_prefix(sample).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')) && file.ends_with("am")
    };
    let paths: Vec<&String> = names.iter().filter(|name| is_path_of(name)).collect();
    match paths[..] {
        [one] => Ok(names.iter().position(|name| name == one).unwrap_or_default()),
        [] => Err(no_column(path, sample, names, &advice(names, sample))),
        _ => {
            let listed: Vec<&str> = paths.iter().map(|name| name.as_str()).collect();
            Err(FileError::new(path, format!("{} columns could be {sample:?}: {}", paths.len(), listed.join(", ")))
                .line(1)
                .remedy("Name one with --column"))
        }
    }
}

fn only(path: &Path, names: &[String], name: &str) -> Result<Option<usize>> {
    let mut named = (0..names.len()).filter(|&at| names[at] == name);
    match (named.next(), named.next()) {
        (first, None) => Ok(first),
        _ => Err(FileError::new(path, format!("column {name:?} is there more than once"))
            .line(1)
            .remedy("Keep one of them, or give them different names")),
    }
}

/// What to give to `--column`.
fn advice(names: &[String], sample: &str) -> String {
    if let Some(one) = OF_ONE_SAMPLE.iter().find(|known| names.iter().any(|name| name == **known)) {
        return format!("--column {one}, if the table holds one sample, or --column with another of these");
    }
    let (lower, renamed) = (sample.to_lowercase(), renamed_by_r(sample));
    let looks_like = |name: &&String| name.to_lowercase().contains(&lower) || **name == renamed;
    match names.iter().find(looks_like) {
        Some(name) => format!("--column {name:?}, if it is the sample's, or --column with another of these"),
        None => "--column, one of these".to_owned(),
    }
}

/// The name that R's `make.names` gives to a column: what is not a letter, digit, dot or underscore is a
/// dot, and before a digit stands an X.
fn renamed_by_r(name: &str) -> String {
    let dots: String = name.chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { '.' }).collect();
    if dots.starts_with(|c: char| c.is_ascii_digit() || c == '_') { format!("X{dots}") } else { dots }
}

fn no_column(path: &Path, name: &str, names: &[String], give: &str) -> FileError {
    const SHOWN: usize = 60;
    let mut listed = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        listed += &format!(" and {} more", names.len() - SHOWN);
    }
    FileError::new(path, format!("no column {name:?}; the columns are {listed}")).line(1).remedy(format!("Give {give}"))
}
