//! `samples.tsv`: sample, mark, path, control, expression. One row a signal file.

use std::path::{Path, PathBuf};

use super::table::Table;
use super::{FileError, Result};
use crate::genome::{HiddenCharacter, check_case, check_name, check_text};

/// One sample: its signal files in the sheet's common order of marks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Name of the sample.
    pub name: String,
    /// Whether its expression is known: column expression, yes unless it says no.
    pub has_expression: bool,
    /// One a mark.
    pub signals: Vec<SampleSignal>,
}

/// One signal file of a sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleSignal {
    /// Mark.
    pub mark: String,
    /// bigWig, BAM, CRAM, bedGraph or reads as BED.
    pub path: PathBuf,
    /// Input control, if there is one.
    pub control: Option<PathBuf>,
}

const REMEDY: &str = "Names become parts of file names and commands: rename it here, and in the expression table where \
                      its column has that name";

/// Reads a sheet. Paths in it are relative to `folder`, which is the sheet's own unless it is a copy;
/// files are looked for only where `folder` can be seen (`is_visible`). Samples come in order of first
/// appearance, the marks of every sample in the order of the first one.
///
/// # Errors
/// A repeated (sample, mark), rows of a sample that differ in expression, a sample that lacks a mark which another has, a file that is not there, a text
/// that cannot be a name ([`check_name`]), names that differ only in case: each names the line.
pub fn read(path: &Path, folder: &Path, is_visible: bool) -> Result<Vec<Sample>> {
    let table = Table::read(path)?;
    let [sample, mark, file] = [table.column("sample")?, table.column("mark")?, table.column("path")?];
    let control = table.find("control");
    let expression = table.find("expression");
    let mut samples: Vec<Sample> = Vec::new();
    for row in &table.rows {
        let [name, mark] = [row.cells[sample].trim(), row.cells[mark].trim()];
        let known_marks = samples.iter().flat_map(|sample| &sample.signals).map(|signal| signal.mark.as_str());
        check_name("sample", name)
            .and_then(|()| check_name("mark", mark))
            .and_then(|()| check_case("sample", name, samples.iter().map(|sample| sample.name.as_str())))
            .and_then(|()| check_case("mark", mark, known_marks))
            .map_err(|error| table.error(row, error.to_string()).remedy(REMEDY))?;
        let existing = |cell: &str| {
            check_text("path", cell)
                .map_err(|error| table.error(row, error.to_string()).remedy(HiddenCharacter::REMEDY))?;
            let file = folder.join(cell.trim());
            if file.is_file() || !is_visible {
                Ok(file)
            } else {
                Err(table
                    .error(row, format!("no such file {}", file.display()))
                    .remedy("Paths in the sheet are relative to the sheet's folder"))
            }
        };
        let signal = SampleSignal {
            mark: mark.to_owned(),
            path: existing(&row.cells[file])?,
            control: match control.map(|column| row.cells[column].trim()) {
                None | Some("") => None,
                Some(cell) => Some(existing(cell)?),
            },
        };
        let has_expression = match expression.map(|column| row.cells[column].trim()) {
            None | Some("" | "yes") => true,
            Some("no") => false,
            Some(cell) => {
                return Err(table
                    .error(row, format!("expression: expected yes or no, found {cell:?}"))
                    .remedy("Write no for a sample without expression data, which is then scored only"));
            }
        };
        match samples.iter_mut().find(|known| known.name == name) {
            None => samples.push(Sample { name: name.to_owned(), has_expression, signals: vec![signal] }),
            Some(known) if known.has_expression != has_expression => {
                return Err(table
                    .error(row, format!("sample {name} has expression yes in one row and no in another"))
                    .remedy("Say the same in every row of a sample; an empty cell means yes"));
            }
            Some(known) if known.signals.iter().any(|other| other.mark == mark) => {
                return Err(table
                    .error(row, format!("sample {name} has mark {mark} twice"))
                    .remedy("Keep one file a sample and mark: merge replicates first"));
            }
            Some(known) => known.signals.push(signal),
        }
    }
    order_marks(path, &mut samples)?;
    Ok(samples)
}

/// Puts every sample's marks into the order of the first sample's.
fn order_marks(path: &Path, samples: &mut [Sample]) -> Result<()> {
    let Some(first) = samples.first() else {
        return Err(FileError::new(path, "holds no sample").remedy("Add one row a sample and mark"));
    };
    let marks: Vec<String> = first.signals.iter().map(|signal| signal.mark.clone()).collect();
    let first = first.name.clone();
    for sample in samples {
        let has = |mark: &String| sample.signals.iter().any(|signal| signal.mark == *mark);
        if let Some(missing) = marks.iter().find(|mark| !has(mark)) {
            return Err(FileError::new(path, format!("sample {} has no {missing}, which {first} has", sample.name))
                .remedy("Every sample needs the same marks: add the row, or leave the mark out everywhere"));
        }
        if let Some(extra) = sample.signals.iter().find(|signal| !marks.contains(&signal.mark)) {
            return Err(FileError::new(
                path,
                format!("sample {} has {}, which {first} has not", sample.name, extra.mark),
            )
            .remedy("Every sample needs the same marks: add the row, or leave the mark out everywhere"));
        }
        sample.signals.sort_by_key(|signal| marks.iter().position(|mark| *mark == signal.mark));
    }
    Ok(())
}
