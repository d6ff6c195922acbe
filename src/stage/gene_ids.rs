//! Genes as a command line names them: by id, or by symbol.

use std::collections::HashMap;
use std::path::Path;

use anyhow::Context;

use crate::io::{FileError, Lines};
use crate::matrix::{ByGene, gene_key};

/// The names of `--gene NAME|@FILE`, in order.
///
/// # Errors
/// A file that cannot be read or names no gene.
pub fn named(flags: &[String]) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for flag in flags {
        match flag.strip_prefix('@') {
            Some(file) => names.extend(read(Path::new(file)).context("--gene")?),
            None => names.push(flag.clone()),
        }
    }
    Ok(names)
}

/// The files that `--gene NAME|@FILE` names.
pub fn files(flags: &[String]) -> impl Iterator<Item = &Path> {
    flags.iter().filter_map(|flag| flag.strip_prefix('@')).map(Path::new)
}

/// The places, among genes given by id and symbol, that each name selects. A name is an id before it is a symbol;
/// a symbol selects every gene that has it, and the log says so where there are several.
///
/// # Errors
/// What is wrong with the names that select nothing, with a hint where only the case is; `place` says where they were
/// looked for.
pub fn find(names: &[String], genes: &[(&str, Option<&str>)], place: &str) -> Result<Vec<Vec<usize>>, String> {
    let mut by_id: HashMap<_, Vec<usize>> = HashMap::new();
    let mut by_symbol: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, &(id, symbol)) in genes.iter().enumerate() {
        by_id.entry(gene_key(id)).or_default().push(at);
        if let Some(symbol) = symbol {
            by_symbol.entry(symbol).or_default().push(at);
        }
    }
    let found = names.iter().map(|name| by_id.get(&gene_key(name)).or_else(|| by_symbol.get(name.as_str())));
    let found: Vec<Option<&Vec<usize>>> = found.collect();
    let unknown: Vec<&str> =
        names.iter().zip(&found).filter(|(_, found)| found.is_none()).map(|(name, _)| name.as_str()).collect();
    if let [first, ..] = unknown[..] {
        let twins = genes.iter().flat_map(|&(id, symbol)| std::iter::once(id).chain(symbol));
        let hint = match twins.into_iter().find(|twin| twin.eq_ignore_ascii_case(first)) {
            Some(twin) => format!(" (there is {twin:?}: upper and lower case matter)"),
            None => String::new(),
        };
        let example = genes.first().map_or("", |gene| gene.0);
        return Err(format!(
            "--gene: {} of {} genes are not in {place}, such as {first:?}{hint}; its ids look like {example:?}. Check ids and symbols",
            unknown.len(),
            names.len()
        ));
    }
    for (name, places) in names.iter().zip(found.iter().flatten()) {
        let ids: ByGene<()> = places.iter().map(|&at| (genes[at].0, ())).collect();
        if ids.len() > 1 {
            let ids: Vec<&str> = places.iter().map(|&at| genes[at].0).collect();
            tracing::info!(
                "--gene {name}: {} genes have this symbol, and all are taken: {}",
                ids.len(),
                ids.join(", ")
            );
        }
    }
    Ok(found.into_iter().flatten().cloned().collect())
}

/// The first column of a file; empty lines and those that begin with `#` are left out.
fn read(path: &Path) -> Result<Vec<String>, FileError> {
    let mut names = Vec::new();
    let mut lines = Lines::open(path)?;
    while let Some((_, line)) = lines.next_text()? {
        let name = line.split('\t').next().unwrap_or_default().trim();
        if !name.is_empty() && !name.starts_with('#') {
            names.push(name.to_owned());
        }
    }
    if names.is_empty() {
        return Err(FileError::new(path, "names no gene").remedy("Give one gene id or symbol a line"));
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GENES: [(&str, Option<&str>); 4] =
        [("ENSG00000136997.21", Some("MYC")), ("g2", Some("twin")), ("g3", Some("twin")), ("twin2", None)];

    fn places(names: &[&str]) -> Result<Vec<Vec<usize>>, String> {
        find(&names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>(), &GENES, "the matrix")
    }

    #[test]
    fn ids_and_symbols_select_genes() {
        assert_eq!(
            places(&["MYC", "ENSG00000136997", "twin", "twin2"]),
            Ok(vec![vec![0], vec![0], vec![1, 2], vec![3]])
        );
    }

    #[test]
    fn a_wrong_case_is_pointed_out() {
        let problem = places(&["g2", "myc", "x"]).unwrap_err();
        assert!(problem.contains("2 of 3 genes are not in the matrix, such as \"myc\" (there is \"MYC\""), "{problem}");
        assert!(!places(&["x"]).unwrap_err().contains("there is"));
    }
}
