//! `attentrack init`: a first config.yaml and samples.tsv from a folder of files.

mod expression;
mod guess;
mod sheet;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;

use self::guess::{guess, holds_reads};
use self::sheet::{Sheet, SheetRow};
use crate::genome::{check_case, check_name, check_text};
use crate::io::{self, FileError, Output};
use crate::stage::{Common, Files, Stage};

const ANNOTATIONS: [&str; 3] = ["gtf", "gff", "gff3"];
const TABLES: [&str; 6] = ["tsv", "csv", "txt", "tab", "results", "sf"];

/// Write config.yaml and samples.tsv from the names of signal files, an annotation and an expression table
#[derive(Clone, Debug, Parser)]
#[command(
    name = "attentrack init",
    after_help = "\
Examples:
  attentrack init                                  # everything in this folder
  attentrack init bigwig/ -a genes.gtf.gz -e tpm.tsv && attentrack run config.yaml
  attentrack init chip/*_REP?.bam chip/*_INPUT_*.bam -a genes.gtf.gz -e tpm.tsv

Sample, mark, replicate and control come from the files' names, as ENCODE, Roadmap (E003-H3K4me3.…), nf-core/chipseq
(WT_H3K4me3_REP1.…) and nf-core/cutandrun (h3k4me3_R1.…) write them. The log says what was taken for what; read it, and the
two files, before you run."
)]
pub struct Init {
    /// Signal files, and folders that hold them, at any depth [default: the present folder]
    #[arg(value_name = "FILE|DIR")]
    paths: Vec<PathBuf>,
    /// Gene annotation, GTF or GFF3 [default: the only one in the folders]
    #[arg(long, short, value_name = "FILE")]
    annotation: Option<PathBuf>,
    /// Expression table [default: the only table in the folders with a column for a sample]
    #[arg(long, short, value_name = "FILE")]
    expression: Option<PathBuf>,
    /// Folder for config.yaml and samples.tsv, which must be there
    #[arg(long, short, value_name = "DIR", default_value = ".")]
    out_dir: PathBuf,
    /// Write over files of an earlier call [default: they are kept, and that is an error]
    #[arg(long, short = 'F')]
    force: bool,
    #[command(flatten)]
    common: Common,
}

impl Stage for Init {
    fn common(&self) -> &Common {
        &self.common
    }

    fn files(&self) -> Files {
        Files::new()
            .input("--annotation", &self.annotation)
            .input("--expression", &self.expression)
            .output("--out-dir", [self.config(), self.sheet()])
    }

    fn run(&self) -> Result<()> {
        for path in [self.config(), self.sheet()] {
            ensure!(
                self.force || !path.exists(),
                "{} is there already. Give another --out-dir, or --force",
                path.display()
            );
        }
        let found = self.found()?;
        // a .bed may hold peaks as well, and is taken only if it is named
        let is_signal = |path: &&PathBuf| {
            holds_reads(path).is_some() && !FolderFiles::ends_in(path, &["bed"]) || self.paths.contains(path)
        };
        let signals: Vec<_> = found.0.iter().filter(is_signal).map(|path| (path.clone(), guess(path))).collect();
        let annotation = match &self.annotation {
            Some(path) => path.clone(),
            None => only("gene annotation (GTF or GFF3)", found.of(&ANNOTATIONS), "--annotation")?,
        };
        let folder = self.out_dir.canonicalize().with_context(|| self.out_dir.display().to_string())?;
        let folder_name = folder.file_name().map_or("sample".into(), |name| name.to_string_lossy());
        let unnamed: String =
            folder_name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect();
        let sheet = sheet::make(&signals, &unnamed).map_err(anyhow::Error::msg)?;
        let samples: BTreeSet<&str> = sheet.rows.iter().map(|row| row.sample.as_str()).collect();
        let (table, columns) = self.table(&found, &samples)?;
        let assemblies: BTreeSet<&str> = signals.iter().filter_map(|(_, guess)| guess.assembly).collect();
        ensure!(
            assemblies.len() < 2,
            "the names of the signal files tell of several assemblies ({}). Name the files of one",
            assemblies.into_iter().collect::<Vec<_>>().join(", ")
        );
        check_names(&sheet)?;
        say(&sheet, &samples, &columns);
        let is_ratio = sheet.rows.iter().any(|row| guess(&row.path).is_ratio);
        let written = Written { folder: &folder, sheet: &sheet, columns: &columns };
        put(&self.sheet(), &written.samples())?;
        put(&self.config(), &written.config(&annotation, assemblies.first().copied(), &table, is_ratio))?;
        tracing::info!("next: read {}, then attentrack run {}", self.sheet().display(), self.config().display());
        Ok(())
    }
}

/// What the folders hold.
struct FolderFiles(Vec<PathBuf>);

impl FolderFiles {
    /// Files with one of these endings, plain or gzip.
    fn of<'a>(&'a self, endings: &'a [&str]) -> impl Iterator<Item = &'a PathBuf> {
        self.0.iter().filter(move |path| Self::ends_in(path, endings))
    }

    fn ends_in(path: &Path, endings: &[&str]) -> bool {
        let name = path.to_string_lossy().to_ascii_lowercase();
        let stem = name.strip_suffix(".gz").unwrap_or(&name);
        endings.contains(&stem.rsplit('.').next().unwrap_or_default())
    }
}

impl Init {
    fn config(&self) -> PathBuf {
        self.written("config.yaml")
    }

    fn sheet(&self) -> PathBuf {
        self.written("samples.tsv")
    }

    /// A file of the folder, as people write it.
    fn written(&self, name: &str) -> PathBuf {
        if self.out_dir == Path::new(".") { name.into() } else { self.out_dir.join(name) }
    }

    /// All files of the folders, in the order of their names; hidden ones, and results of a run, are passed over.
    fn found(&self) -> Result<FolderFiles> {
        let here = [PathBuf::from(".")];
        let mut open: Vec<PathBuf> = if self.paths.is_empty() { here.to_vec() } else { self.paths.clone() };
        let mut files = Vec::new();
        while let Some(path) = open.pop() {
            if !path.is_dir() {
                ensure!(path.is_file(), "{}: there is no such file or folder", path.display());
                files.push(path);
                continue;
            }
            let entries = std::fs::read_dir(&path).map_err(|error| FileError::os(&path, "read the folder", &error))?;
            for entry in entries {
                let entry = entry.map_err(|error| FileError::os(&path, "read the folder", &error))?.path();
                let entry = entry.strip_prefix(".").map(Path::to_owned).unwrap_or(entry);
                let is_hidden = entry.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
                // a link to a folder may lead back to where it lies
                let is_link = entry.is_symlink() && entry.is_dir();
                let is_result = entry.join("metrics.json").is_file() || entry.join(".attentrack-run.json").is_file();
                if !is_hidden && !is_link && !is_result {
                    open.push(entry);
                }
            }
        }
        files.sort();
        Ok(FolderFiles(files))
    }

    /// The expression table, and the column of each sample that has one.
    fn table(&self, found: &FolderFiles, samples: &BTreeSet<&str>) -> Result<(PathBuf, Vec<(String, String)>)> {
        let columns_of = |path: &Path| -> Result<Vec<(String, String)>> {
            let header = io::expression::columns(path)?;
            let column =
                |sample: &&str| Some(((*sample).to_owned(), expression::column_of(&header, sample)?.to_owned()));
            let found: Vec<_> = samples.iter().filter_map(column).collect();
            // of one sample whose name no file told, the only column beside the ids is its own
            let is_only = found.is_empty() && samples.len() == 1 && header.len() == 2;
            Ok(if is_only {
                samples.iter().map(|&sample| (sample.to_owned(), header[1].clone())).collect()
            } else {
                found
            })
        };
        let names = || samples.iter().copied().collect::<Vec<_>>().join(", ");
        if let Some(path) = &self.expression {
            let columns = columns_of(path)?;
            if columns.is_empty() {
                return Err(FileError::new(path, format!("has no column for any sample: {}", names()))
                    .line(1)
                    .remedy("Name the columns as the samples, or write samples.tsv by hand")
                    .into());
            }
            return Ok((path.clone(), columns));
        }
        let mut tables = Vec::new();
        for path in found.of(&TABLES).filter(|path| **path != self.sheet()) {
            // whatever else lies there need not be a table
            let columns = columns_of(path).unwrap_or_default();
            if !columns.is_empty() {
                tables.push((path.clone(), columns));
            }
        }
        match tables.len() {
            1 => Ok(tables.remove(0)),
            0 => bail!(
                "no table in the folders has a column for a sample ({}). Name the expression table with --expression",
                names()
            ),
            _ => bail!(
                "several tables have a column for a sample: {}. Name one with --expression",
                tables.iter().map(|(path, _)| path.display().to_string()).collect::<Vec<_>>().join(", ")
            ),
        }
    }
}

/// The only one of its kind.
fn only<'a>(what: &str, files: impl Iterator<Item = &'a PathBuf>, flag: &str) -> Result<PathBuf> {
    let files: Vec<&PathBuf> = files.collect();
    match files[..] {
        [file] => Ok(file.clone()),
        [] => bail!("no {what} in the folders. Name it with {flag}"),
        _ => bail!(
            "several files may be the {what}: {}. Name one with {flag}",
            files.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
        ),
    }
}

/// What a run would refuse, before anything is written.
fn check_names(sheet: &Sheet) -> Result<()> {
    for (at, SheetRow { sample, mark, path, .. }) in sheet.rows.iter().enumerate() {
        let before = sheet.rows[..at].iter().map(|row| row.sample.as_str());
        let checked = check_name("sample", sample).and_then(|()| check_name("mark", mark));
        checked.and_then(|()| check_case("sample", sample, before)).map_err(|error| {
            FileError::new(path, error.to_string()).remedy("Rename the file, or write samples.tsv by hand")
        })?;
        check_text("path", &path.to_string_lossy())
            .map_err(|error| FileError::new(path, error.to_string()).remedy("Rename the file"))?;
    }
    Ok(())
}

/// What was taken for what, and what was left out.
fn say(sheet: &Sheet, samples: &BTreeSet<&str>, columns: &[(String, String)]) {
    for SheetRow { sample, mark, path, control, replicate } in &sheet.rows {
        let replicate = replicate.as_ref().map(|number| format!(", replicate {number}")).unwrap_or_default();
        let control = control.as_ref().map(|path| format!(", control {}", path.display())).unwrap_or_default();
        tracing::info!("sample {sample}: {mark}{replicate} is {}{control}", path.display());
    }
    for (path, reason) in &sheet.left_out {
        tracing::warn!("left out: {}: {reason}", path.display());
    }
    for sample in samples {
        match columns.iter().find(|(known, _)| known == sample) {
            Some((_, column)) => tracing::info!("sample {sample}: expression is column {column}"),
            None => tracing::warn!("sample {sample}: no column of the expression table; it is scored only"),
        }
    }
}

/// What goes into the two files.
struct Written<'a> {
    folder: &'a Path,
    sheet: &'a Sheet,
    columns: &'a [(String, String)],
}

impl Written<'_> {
    /// A path as the files name it: from their folder where it lies in there, else from the root.
    fn path(&self, path: &Path) -> String {
        let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        whole.strip_prefix(self.folder).unwrap_or(&whole).display().to_string()
    }

    fn samples(&self) -> String {
        let mut text = "sample\tmark\tpath\tcontrol\texpression\n".to_owned();
        for row in &self.sheet.rows {
            let control = row.control.as_ref().map(|path| self.path(path)).unwrap_or_default();
            let has = self.columns.iter().any(|(sample, _)| *sample == row.sample);
            let expression = if has { "yes" } else { "no" };
            let _ = writeln!(text, "{}\t{}\t{}\t{control}\t{expression}", row.sample, row.mark, self.path(&row.path));
        }
        text
    }

    fn config(&self, annotation: &Path, assembly: Option<&str>, table: &Path, is_ratio: bool) -> String {
        // text in JSON's quotes is text in YAML's
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let assembly = assembly.map(|name| format!(", assembly: {name}")).unwrap_or_default();
        let renamed: Vec<String> = self
            .columns
            .iter()
            .filter(|(sample, column)| sample != column)
            .map(|(sample, column)| format!("{}: {}", quoted(sample), quoted(column)))
            .collect();
        let columns = if renamed.is_empty() { String::new() } else { format!(", columns: {{{}}}", renamed.join(", ")) };
        let rows = &self.sheet.rows;
        let reads = rows.iter().filter(|row| holds_reads(&row.path) == Some(true)).count();
        let mut window = vec!["chrom_alias: auto".to_owned()];
        let mut notes =
            vec!["# chrom_alias auto: chr is added to or taken from chromosome names where files differ in it"];
        if reads > 0 && reads < rows.len() {
            window.push("statistic: mean".to_owned());
            notes.push("# statistic mean: the mean depth of reads, the mean of values, because the marks come as both");
        }
        let key = |row: &SheetRow| (row.sample.clone(), row.mark.clone());
        let has_replicates = rows.iter().map(key).collect::<BTreeSet<_>>().len() < rows.len();
        if has_replicates && is_ratio {
            window.push("replicates: mean".to_owned());
            notes.push("# replicates mean: P values and fold changes are averaged as they are");
        }
        format!(
            "# Written by attentrack init from the names of files: read it, and samples.tsv, before you run. Paths lead from\n\
             # this file. Every key: schemas/config.schema.json\n\
             samples: samples.tsv\nannotation: {{path: {}{assembly}}}\nexpression: {{path: {}{columns}}}\n{}\nwindow: {{{}}}\n",
            quoted(&self.path(annotation)),
            quoted(&self.path(table)),
            notes.join("\n"),
            window.join(", ")
        )
    }
}

fn put(path: &Path, text: &str) -> Result<()> {
    let mut output = Output::create(path)?;
    output.put(text.as_bytes())?;
    Ok(output.commit()?)
}
