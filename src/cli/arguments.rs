//! `@FILE` on a stage's command line, where there is more to say than the system lets one line hold.

use std::ffi::OsString;
use std::path::Path;

use crate::io::FileError;

/// Puts the lines of FILE, an argument each, in the place of every `@FILE`; `@-` is standard input. Empty
/// lines are none, and an `@` at the start of a line is only that. The value of `--gene` (track, heatmap) stays:
/// its `@FILE` is a list of genes.
///
/// # Errors
/// A file that cannot be read, or is not text.
pub(super) fn expanded(arguments: impl IntoIterator<Item = OsString>) -> Result<Vec<OsString>, FileError> {
    let mut all: Vec<OsString> = Vec::new();
    for argument in arguments {
        let is_gene = all.last().is_some_and(|last| last == "--gene");
        match argument.to_str().and_then(|text| text.strip_prefix('@')).filter(|_| !is_gene) {
            Some(file) => all.extend(read(file)?.lines().filter(|line| !line.is_empty()).map(OsString::from)),
            None => all.push(argument),
        }
    }
    Ok(all)
}

fn read(file: &str) -> Result<String, FileError> {
    let path = Path::new(file);
    crate::io::protect("@", path);
    let text = if file == "-" { std::io::read_to_string(std::io::stdin()) } else { std::fs::read_to_string(path) };
    text.map_err(|error| {
        FileError::new(path, format!("cannot read arguments: {error}"))
            .remedy("@FILE stands for the lines of FILE; write --flag=@… for a value that begins with @")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_an_argument_as_it_stands() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("arguments");
        std::fs::write(&file, "--labels\r\na b.tsv\n\n--title\n@home\n  'x'").unwrap();
        let given = ["attentrack-report", &format!("@{}", file.display()), "--genes", "a@b", "--gene", "@ids"]
            .map(OsString::from);
        let expected = [
            "attentrack-report",
            "--labels",
            "a b.tsv",
            "--title",
            "@home",
            "  'x'",
            "--genes",
            "a@b",
            "--gene",
            "@ids",
        ];
        assert_eq!(expanded(given).unwrap(), expected.map(OsString::from));
    }
}
