//! Gene ids as a command line names them.

use std::path::Path;

use anyhow::Context;

use crate::io::{FileError, Lines};

/// The ids of `--gene ID|@FILE`, in order.
///
/// # Errors
/// A file that cannot be read or names no gene.
pub fn named(flags: &[String]) -> anyhow::Result<Vec<String>> {
    let mut ids = Vec::new();
    for flag in flags {
        match flag.strip_prefix('@') {
            Some(file) => ids.extend(read(Path::new(file)).context("--gene")?),
            None => ids.push(flag.clone()),
        }
    }
    Ok(ids)
}

/// The files that `--gene ID|@FILE` names.
pub fn files(flags: &[String]) -> impl Iterator<Item = &Path> {
    flags.iter().filter_map(|flag| flag.strip_prefix('@')).map(Path::new)
}

/// The first column of a file; empty lines and those that begin with `#` are left out.
fn read(path: &Path) -> Result<Vec<String>, FileError> {
    let mut ids = Vec::new();
    let mut lines = Lines::open(path)?;
    while let Some((_, line)) = lines.next_text()? {
        let id = line.split('\t').next().unwrap_or_default().trim();
        if !id.is_empty() && !id.starts_with('#') {
            ids.push(id.to_owned());
        }
    }
    if ids.is_empty() {
        return Err(FileError::new(path, "names no gene").remedy("Give one gene id a line"));
    }
    Ok(ids)
}
