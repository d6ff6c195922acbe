//! `samples.tsv` or `.csv`: sample, mark, path, control, expression. One row a signal file; several of one sample and mark
//! are replicates.

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

/// The signal files of a mark of a sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleSignal {
    /// Mark.
    pub mark: String,
    /// bigWig, BAM, CRAM, bedGraph or reads as BED: one, or a file a replicate.
    pub paths: Vec<PathBuf>,
    /// Input controls, each once; none if there is none.
    pub controls: Vec<PathBuf>,
}

const REMEDY: &str = "Names become parts of file names and commands: rename it here, and in the expression table where \
                      its column has that name";

/// Reads a sheet. Paths in it are relative to `folder`, which is the sheet's own unless it is a copy;
/// files are looked for only where `folder` can be seen (`is_visible`). Samples come in order of first
/// appearance, the marks of every sample in the order of the first one.
///
/// # Errors
/// A file that is named twice for a sample and mark, replicates with and without a control, rows of a sample that differ in expression, a sample that lacks a mark which another has, a file that is not there, a text
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
        let path = existing(&row.cells[file])?;
        let control = match control.map(|column| row.cells[column].trim()) {
            None | Some("") => None,
            Some(cell) => Some(existing(cell)?),
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
        let at = samples.iter().position(|known| known.name == name).unwrap_or_else(|| {
            samples.push(Sample { name: name.to_owned(), has_expression, signals: Vec::new() });
            samples.len() - 1
        });
        let known = &mut samples[at];
        if known.has_expression != has_expression {
            return Err(table
                .error(row, format!("sample {name} has expression yes in one row and no in another"))
                .remedy("Say the same in every row of a sample; an empty cell means yes"));
        }
        match known.signals.iter_mut().find(|other| other.mark == mark) {
            None => known.signals.push(SampleSignal {
                mark: mark.to_owned(),
                paths: vec![path],
                controls: control.into_iter().collect(),
            }),
            Some(signal) if signal.paths.contains(&path) => {
                return Err(table
                    .error(row, format!("sample {name} has {} for {mark} twice", path.display()))
                    .remedy("Several rows of a sample and mark are replicates: name each file once"));
            }
            Some(signal) if signal.controls.is_empty() != control.is_none() => {
                return Err(table
                    .error(
                        row,
                        format!("of the replicates of {mark} in sample {name} some have a control and some have none"),
                    )
                    .remedy("Give each a control, or none; one control may serve several"));
            }
            Some(signal) => {
                signal.paths.push(path);
                if let Some(control) = control.filter(|control| !signal.controls.contains(control)) {
                    signal.controls.push(control);
                }
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<Vec<Sample>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("samples.csv");
        std::fs::write(&path, text).unwrap();
        read(&path, Path::new(""), false)
    }

    #[test]
    fn rows_of_a_sample_and_mark_are_replicates() {
        let text = "sample,mark,path,control\ns1,K4,a.bam,in.bam\ns1,K27,c.bam,\ns1,K4,\"b,2.bam\",in.bam\n";
        let samples = read_text(text).unwrap();
        let paths = |names: &[&str]| names.iter().map(PathBuf::from).collect::<Vec<_>>();
        let [k4, k27] = &samples[0].signals[..] else { panic!("{samples:?}") };
        assert_eq!((&k4.paths, &k4.controls), (&paths(&["a.bam", "b,2.bam"]), &paths(&["in.bam"])));
        assert_eq!((&k27.paths, &k27.controls), (&paths(&["c.bam"]), &paths(&[])));
        // tabs and semicolons say the same
        for separator in ["\t", ";"] {
            let text = text.replace("\"b,2.bam\"", "b_2.bam").replace(',', separator).replace("b_2.bam", "b,2.bam");
            assert_eq!(read_text(&text).unwrap(), samples, "{separator:?}");
        }
    }

    #[test]
    fn replicates_that_cannot_be_combined_are_named() {
        for (rows, words) in [
            ("s1,K4,a.bam,\ns1,K4,a.bam,\n", "line 3: sample s1 has a.bam for K4 twice"),
            ("s1,K4,a.bam,in.bam\ns1,K4,b.bam,\n", "line 3: of the replicates of K4 in sample s1 some have a control"),
        ] {
            let error = read_text(&format!("sample,mark,path,control\n{rows}")).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
