//! Genes as a command line names them: by id, or by symbol.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use anyhow::Context;

use crate::io::{FileError, Lines};
use crate::matrix::{Region, gene_key};

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

/// The places, among genes, that each name selects. A name is an id before it is a symbol;
/// a symbol selects every gene that has it, and the log says so where there are several.
///
/// # Errors
/// What is wrong with the names that select nothing, with a hint where only the case is; `place` says where they were
/// looked for.
pub fn find(names: &[String], genes: &[Region], place: &str) -> Result<Vec<Vec<usize>>, String> {
    let mut by_id: HashMap<_, Vec<usize>> = HashMap::new();
    let mut by_symbol: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, Region { id, symbol, .. }) in genes.iter().enumerate() {
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
        let mut twins = genes.iter().flat_map(|gene| std::iter::once(&gene.id).chain(&gene.symbol));
        let hint = match twins.find(|twin| twin.eq_ignore_ascii_case(first)) {
            Some(twin) => format!(" (there is {twin:?}: upper and lower case matter)"),
            None => String::new(),
        };
        let example = genes.first().map_or("", |gene| &gene.id);
        return Err(format!(
            "--gene: {} of {} genes are not in {place}, such as {first:?}{hint}; its ids look like {example:?}. Check ids, version suffixes and symbols",
            unknown.len(),
            names.len()
        ));
    }
    for (name, places) in names.iter().zip(found.iter().flatten()) {
        // several samples hold the same gene
        let ids: BTreeSet<&str> = places.iter().map(|&at| genes[at].id.as_str()).collect();
        if ids.len() > 1 {
            let listed = ids.iter().copied().collect::<Vec<_>>().join(", ");
            tracing::info!("--gene {name}: {} genes have this symbol, and all are taken: {listed}", ids.len());
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

    fn places(names: &[&str]) -> Result<Vec<Vec<usize>>, String> {
        let genes = [("ENSG00000136997.21", "MYC"), ("g2", "twin"), ("g3", "twin"), ("twin2", "")];
        let genes = genes.map(|(id, symbol)| Region {
            symbol: Some(symbol.to_owned()).filter(|symbol| !symbol.is_empty()),
            ..Region::unplaced(id.to_owned())
        });
        find(&names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>(), &genes, "the matrix")
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
