//! The marks, their files and their controls.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{bail, ensure};

use super::Args;
use crate::genome::{ChromAlias, check_case, check_name};
use crate::io::{self, signal};
use crate::matrix::{Chosen, Input, Statistic, Windows};
use crate::stage::files::with_suffix;

/// Every file, opened once, and which of them serves which mark.
pub(super) struct SignalInputs {
    pub marks: Vec<String>,
    /// The marks' files in order, then the controls' files, each once.
    pub files: Vec<signal::SignalFile>,
    /// Index into `files` of each mark's control.
    pub controls: Vec<Option<usize>>,
    pub alias: ChromAlias,
}

/// What is wrong with `--signal` and `--control`, without opening a file.
pub(super) fn problems(signals: &[String], controls: &[String]) -> Vec<String> {
    let mut problems = Vec::new();
    let mut marks = Vec::new();
    for signal in signals {
        match signal.split_once('=') {
            Some((mark, path)) if !path.is_empty() => marks.push(mark),
            _ => problems.push(format!("--signal {signal}: expected MARK=PATH, for example H3K4me3=k4me3.bam")),
        }
    }
    problems.extend(mark_problems(marks.iter().copied(), "--signal"));
    let mut seen = Vec::new();
    for control in controls {
        let mark = control.split_once('=').map(|(mark, _)| mark);
        if let Some(mark) = mark.filter(|mark| !marks.contains(mark)) {
            problems
                .push(format!("--control {control}: no --signal has the mark {mark}; marks are {}", marks.join(", ")));
        }
        if seen.contains(&mark) {
            let whose = mark.map_or("all marks".to_owned(), |mark| format!("mark {mark}"));
            problems
                .push(format!("--control {control}: {whose} already has a control. Give one, merging files before"));
        }
        seen.push(mark);
    }
    problems
}

/// The file of `[MARK=]PATH`.
pub(super) fn path_of(flag: &str) -> &Path {
    Path::new(flag.split_once('=').map_or(flag, |(_, path)| path))
}

/// The index files that lie beside a file, which may be read with it.
pub(super) fn indices(path: &Path) -> Vec<PathBuf> {
    let names = |extension| [with_suffix(path, &format!(".{extension}")), path.with_extension(extension)];
    ["bai", "csi", "crai", "fai"].into_iter().flat_map(names).filter(|path| path.is_file()).collect()
}

/// What is wrong with the names of marks.
pub(super) fn mark_problems<'a>(marks: impl Iterator<Item = &'a str>, flag: &str) -> Vec<String> {
    let mut seen: Vec<&str> = Vec::new();
    let mut problems = Vec::new();
    for mark in marks {
        let checked = check_name("mark", mark).and_then(|()| check_case("mark", mark, seen.iter().copied()));
        if let Err(error) = checked {
            problems.push(format!("{flag}: {error}"));
        } else if seen.contains(&mark) {
            problems
                .push(format!("{flag}: mark {mark} is given twice. Name every mark once, merging its files before"));
        }
        seen.push(mark);
    }
    problems
}

impl SignalInputs {
    pub(super) fn open(args: &Args, windows: &Windows) -> anyhow::Result<Self> {
        let alias = match &args.options.chrom_alias {
            super::ChromAlias::None => ChromAlias::None,
            super::ChromAlias::Auto => ChromAlias::Auto,
            super::ChromAlias::Table(path) => io::chrom_alias::read(path)?,
        };
        if let ChromAlias::Table(table) = &alias {
            let mut chroms = windows.chroms().as_slice().iter();
            ensure!(
                chroms.any(|chrom| table.contains_key(&chrom.name)),
                "{}: its first column names none of the genes' chromosomes, such as {}. Give the genes' name, a tab, and the signal files' name",
                String::from(args.options.chrom_alias.clone()),
                windows.chroms().as_slice().first().map(|chrom| chrom.name.as_str()).unwrap_or_default()
            );
        }
        let split = |text: &str| text.split_once('=').map(|(mark, path)| (mark.to_owned(), PathBuf::from(path)));
        let signals: Vec<(String, PathBuf)> = args.signals.iter().filter_map(|signal| split(signal)).collect();
        let control_of: HashMap<String, PathBuf> = args.controls.iter().filter_map(|control| split(control)).collect();
        let control_of_all = args.controls.iter().find(|control| !control.contains('=')).map(PathBuf::from);
        let options = |whole_file| signal::Options {
            reads: args.read_rules(),
            reference: args.options.reference.clone(),
            alias: alias.clone(),
            whole_file,
        };
        let (mut files, mut controls) = (Vec::new(), Vec::new());
        let control_path = |mark: &str| control_of.get(mark).or(control_of_all.as_ref());
        for (mark, path) in &signals {
            // depths are compared, so both are read whole
            let options = options(control_path(mark).is_some());
            files.push(signal::SignalFile::open(path, windows.chroms(), &options)?);
        }
        for (mark, _) in &signals {
            let Some(path) = control_path(mark) else {
                controls.push(None);
                continue;
            };
            let known = files[signals.len()..].iter().position(|file: &signal::SignalFile| file.path() == path);
            controls.push(Some(known.map_or(files.len(), |at| signals.len() + at)));
            if known.is_none() {
                files.push(signal::SignalFile::open(path, windows.chroms(), &options(true))?);
            }
        }
        let inputs =
            SignalInputs { marks: signals.into_iter().map(|(mark, _)| mark).collect(), files, controls, alias };
        inputs.check_controls()?;
        inputs.check_filters(args)?;
        Ok(inputs)
    }

    /// A filter of reads that would have no effect is a misunderstanding.
    fn check_filters(&self, args: &Args) -> anyhow::Result<()> {
        let rules = signal::ReadRules::default();
        let given = [
            ("--min-mapq", args.options.min_mapq != rules.min_mapq),
            ("--exclude-flags", args.options.exclude_flags.0 != rules.exclude_flags),
            ("--extend", args.options.extend.is_some()),
            ("--fragments", args.options.fragments),
        ];
        let given = given.iter().find(|(_, given)| *given);
        if let (Some((flag, _)), false) = (given, self.files.iter().any(|file| file.format().holds_reads)) {
            let file = &self.files[0];
            bail!(
                "{flag} is for reads, and {} is {}, as are all signal files. Leave it out, or give BAM, CRAM or BED reads",
                file.path().display(),
                file.format()
            );
        }
        Ok(())
    }

    fn check_controls(&self) -> anyhow::Result<()> {
        for (mark, control) in self.files.iter().zip(&self.controls) {
            let Some(control) = control.map(|at| &self.files[at]) else { continue };
            ensure!(
                mark.format().holds_reads == control.format().holds_reads,
                "{} is {} and its control {} is {}: their depths cannot be compared. Give both as reads, or both as bigWig or bedGraph",
                mark.path().display(),
                mark.format(),
                control.path().display(),
                control.format()
            );
        }
        Ok(())
    }

    /// The statistic asked for, or the files' own.
    pub(super) fn statistic(&self, asked: Option<Statistic>) -> anyhow::Result<Statistic> {
        let values = self.files.iter().find(|file| !file.format().holds_reads);
        let reads = self.files.iter().find(|file| file.format().holds_reads);
        match (asked, reads, values) {
            (Some(Statistic::Count), _, Some(file)) => bail!(
                "{}: count needs reads, and this is {}. Choose --statistic mean, coverage-mean, sum or max",
                file.path().display(),
                file.format()
            ),
            (Some(asked), _, _) => Ok(asked),
            (None, Some(reads), Some(values)) => bail!(
                "{} holds reads and {} holds values, which have different default statistics. Choose one for all: --statistic mean, coverage-mean, sum or max",
                reads.path().display(),
                values.path().display()
            ),
            (None, _, None) => Ok(Statistic::Count),
            (None, None, Some(_)) => Ok(Statistic::Mean),
        }
    }

    /// An error if a depth that a control is scaled by is not positive.
    pub(super) fn check_depths(&self, depths: &[f64]) -> anyhow::Result<()> {
        for (mark, control) in self.controls.iter().enumerate() {
            for at in control.iter().flat_map(|&control| [mark, control]) {
                ensure!(
                    depths[at] > 0.0,
                    "{}: its depth is {}, so mark and control cannot be scaled to each other. Check the file, --blacklist and the read filters",
                    self.files[at].path().display(),
                    depths[at]
                );
            }
        }
        Ok(())
    }

    /// For each mark its signal and its scaled control.
    pub(super) fn chosen(&self, depths: &[f64]) -> Vec<Chosen> {
        let control = |mark: usize, control: usize| (control, depths[mark] / depths[control]);
        let controls = self.controls.iter().enumerate();
        controls.map(|(mark, at)| Chosen { signal: mark, control: at.map(|at| control(mark, at)) }).collect()
    }

    /// Where each mark came from, and what was asked of its reads.
    pub(super) fn provenance(&self, args: &Args) -> Vec<Input> {
        let mut options = Vec::new();
        let default = signal::ReadRules::default();
        let mut note = |differs: bool, text: String| options.extend(differs.then_some(text));
        note(args.options.min_mapq != default.min_mapq, format!("min-mapq={}", args.options.min_mapq));
        note(
            args.options.exclude_flags.0 != default.exclude_flags,
            format!("exclude-flags={:#x}", args.options.exclude_flags.0),
        );
        note(args.options.extend.is_some(), format!("extend={}", args.options.extend.unwrap_or_default()));
        note(args.options.fragments, "fragments=true".to_owned());
        let name = |path: &PathBuf| file_name(path);
        note(
            args.options.blacklist.is_some(),
            format!("blacklist={}", args.options.blacklist.as_ref().map(name).unwrap_or_default()),
        );
        let mut inputs = Vec::new();
        for (at, (mark, control)) in self.marks.iter().zip(&self.controls).enumerate() {
            let describe = |file: &signal::SignalFile, extra: Option<String>| {
                let options = options.iter().cloned().chain(extra).collect();
                input(mark, file.path(), file.format().name, file.digest(), options)
            };
            let method = control.map(|_| format!("control-method={}", args.options.control_method.name()));
            inputs.push(describe(&self.files[at], method));
            inputs.extend(control.map(|at| describe(&self.files[at], Some("role=control".to_owned()))));
        }
        inputs
    }
}

/// One entry of a matrix's provenance.
pub(super) fn input(mark: &str, path: &Path, format: &str, digest: &str, options: Vec<String>) -> Input {
    Input {
        mark: mark.to_owned(),
        file: file_name(path),
        format: format.to_owned(),
        digest: digest.to_owned(),
        options,
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
