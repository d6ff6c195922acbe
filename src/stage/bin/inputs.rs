//! The marks, their files and their controls.

use std::path::{Path, PathBuf};

use anyhow::{bail, ensure};

use super::{Args, Replicates};
use crate::genome::{ChromAlias, check_case, check_name};
use crate::io::{self, signal};
use crate::matrix::{Chosen, Input, Mix, Statistic, Windows};
use crate::stage::files::with_suffix;

/// Every file, opened once, and which of them serve which mark.
pub(super) struct SignalInputs {
    pub marks: Vec<MarkFiles>,
    /// The marks' files in order, then the controls' files, each once.
    pub files: Vec<signal::SignalFile>,
    pub alias: ChromAlias,
}

/// The files of a mark, as indices into [`SignalInputs::files`].
pub(super) struct MarkFiles {
    pub mark: String,
    /// One, or the replicates.
    pub signals: Vec<usize>,
    /// Those of the control; none where it has none.
    pub controls: Vec<usize>,
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
    let mut names: Vec<&str> = Vec::new();
    // a mark that is named again has replicates
    marks.iter().for_each(|mark| names.extend((!names.contains(mark)).then_some(*mark)));
    problems.extend(mark_problems(names.into_iter(), "--signal"));
    for (flag, files) in [("--signal", signals), ("--control", controls)] {
        let twice = files.iter().enumerate().find(|(at, file)| files[..*at].contains(file));
        problems.extend(twice.map(|(_, file)| format!("{flag} {file} is given twice: a replicate is another file")));
    }
    for control in controls {
        let mark = control.split_once('=').map(|(mark, _)| mark);
        if let Some(mark) = mark.filter(|mark| !marks.contains(mark)) {
            problems
                .push(format!("--control {control}: no --signal has the mark {mark}; marks are {}", marks.join(", ")));
        }
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
            problems.push(format!("{flag}: mark {mark} is given twice. Name every mark once"));
        }
        seen.push(mark);
    }
    problems
}

/// How names of chromosomes are matched, with the table where one is given.
pub(super) fn alias(asked: &super::ChromAlias) -> io::Result<ChromAlias> {
    Ok(match asked {
        super::ChromAlias::None => ChromAlias::None,
        super::ChromAlias::Auto => ChromAlias::Auto,
        super::ChromAlias::Table(path) => io::chrom_alias::read(path)?,
    })
}

impl SignalInputs {
    pub(super) fn open(args: &Args, windows: &Windows) -> anyhow::Result<Self> {
        let alias = alias(&args.options.chrom_alias)?;
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
        let mut marks: Vec<MarkFiles> = Vec::new();
        for (at, (mark, _)) in signals.iter().enumerate() {
            match marks.iter_mut().find(|known| known.mark == *mark) {
                Some(known) => known.signals.push(at),
                None => marks.push(MarkFiles { mark: mark.clone(), signals: vec![at], controls: Vec::new() }),
            }
        }
        let own_controls = |mark: &str| {
            let of_mark = |control: &&String| split(control).is_some_and(|(name, _)| name == mark);
            let own: Vec<&Path> = args.controls.iter().filter(of_mark).map(|control| path_of(control)).collect();
            let of_all = args.controls.iter().filter(|control| !control.contains('=')).map(Path::new);
            if own.is_empty() { of_all.collect() } else { own }
        };
        let options = |whole_file| signal::Options {
            reads: args.read_rules(),
            reference: args.options.reference.clone(),
            alias: alias.clone(),
            whole_file,
        };
        let mut files = Vec::new();
        for (mark, path) in &signals {
            let has_replicates = signals.iter().filter(|(other, _)| other == mark).count() > 1;
            // depths are compared, so all are read whole
            let options = options(has_replicates || !own_controls(mark).is_empty());
            files.push(signal::SignalFile::open(path, windows.chroms(), &options)?);
        }
        for mark in &mut marks {
            for path in own_controls(&mark.mark) {
                let known = files[signals.len()..].iter().position(|file: &signal::SignalFile| file.path() == path);
                mark.controls.push(known.map_or(files.len(), |at| signals.len() + at));
                if known.is_none() {
                    files.push(signal::SignalFile::open(path, windows.chroms(), &options(true))?);
                }
            }
        }
        let inputs = SignalInputs { marks, files, alias };
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

    /// The files of a mark must be of one kind: depths of reads and of values cannot be compared.
    fn check_controls(&self) -> anyhow::Result<()> {
        for mark in &self.marks {
            let first = &self.files[mark.signals[0]];
            let others = mark.signals.iter().map(|&at| (at, "replicate"));
            for (at, role) in others.chain(mark.controls.iter().map(|&at| (at, "control"))) {
                let file = &self.files[at];
                ensure!(
                    first.format().holds_reads == file.format().holds_reads,
                    "{} is {} and its {role} {} is {}: their depths cannot be compared. Give both as reads, or both as bigWig or bedGraph",
                    first.path().display(),
                    first.format(),
                    file.path().display(),
                    file.format()
                );
            }
        }
        Ok(())
    }

    /// The statistic asked for, or the files' own.
    pub(super) fn statistic(&self, asked: Option<Statistic>) -> anyhow::Result<Statistic> {
        let replicated = self.marks.iter().find(|mark| mark.signals.len() > 1);
        if let (Some(asked @ (Statistic::Max | Statistic::CoverageMean)), Some(mark)) = (asked, replicated) {
            bail!(
                "mark {} has {} replicates, and --statistic {asked} of them together does not follow from that of each. Choose mean, sum or count, or merge the files before",
                mark.mark,
                mark.signals.len()
            );
        }
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

    /// An error if a depth that files are scaled by is not positive.
    fn check_depth(&self, at: usize, depth: f64) -> anyhow::Result<()> {
        ensure!(
            depth > 0.0,
            "{}: its depth is {depth}, so it cannot be scaled to that of another file. Check the file, --blacklist and the read filters",
            self.files[at].path().display(),
        );
        Ok(())
    }

    /// Files as one: reads add up, as those of a merged file; values are the mean of the files, each scaled to their mean
    /// depth, or as they are.
    fn mix(&self, files: &[usize], depths: &[f64], replicates: Replicates) -> anyhow::Result<Mix> {
        let [first, _, ..] = files else { return Ok(files.iter().map(|&at| (at, 1.0)).collect()) };
        if self.files[*first].format().holds_reads {
            return Ok(files.iter().map(|&at| (at, 1.0)).collect());
        }
        let count = files.len() as f64;
        let mean = files.iter().map(|&at| depths[at]).sum::<f64>() / count;
        let weight = |&at: &usize| match replicates {
            Replicates::Combine => self.check_depth(at, depths[at]).map(|()| (at, mean / depths[at] / count)),
            Replicates::Mean => Ok((at, 1.0 / count)),
        };
        files.iter().map(weight).collect()
    }

    /// For each mark its signal and its control, scaled to the mark's depth.
    pub(super) fn chosen(&self, depths: &[f64], replicates: Replicates) -> anyhow::Result<Vec<Chosen>> {
        let of_mark = |mark: &MarkFiles| {
            let signal = self.mix(&mark.signals, depths, replicates)?;
            if mark.controls.is_empty() {
                return Ok(Chosen { signal, control: None });
            }
            mark.signals.iter().chain(&mark.controls).try_for_each(|&at| self.check_depth(at, depths[at]))?;
            let control = self.mix(&mark.controls, depths, replicates)?;
            let depth = |mix: &Mix| mix.iter().map(|&(at, weight)| depths[at] * weight).sum::<f64>();
            let scale = depth(&signal) / depth(&control);
            let control = control.into_iter().map(|(at, weight)| (at, weight * scale)).collect();
            Ok(Chosen { signal, control: Some(control) })
        };
        self.marks.iter().map(of_mark).collect()
    }

    /// The mark that a file is of; `None` of a control.
    pub(super) fn mark_of(&self, file: usize) -> Option<&str> {
        self.marks.iter().find(|mark| mark.signals.contains(&file)).map(|mark| mark.mark.as_str())
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
        for MarkFiles { mark, signals, controls } in &self.marks {
            let describe = |at: usize, extra: Option<String>| {
                let file = &self.files[at];
                let options = options.iter().cloned().chain(extra).collect();
                input(mark, file.path(), file.format().name, file.digest(), options)
            };
            let method = || format!("control-method={}", args.options.control_method.name());
            let rule = (signals.len() > 1).then(|| format!("replicates={}", args.options.replicates.name()));
            let notes = rule.into_iter().chain((!controls.is_empty()).then(method)).collect::<Vec<_>>().join(" ");
            let notes = (!notes.is_empty()).then_some(notes);
            inputs.extend(signals.iter().map(|&at| describe(at, notes.clone())));
            inputs.extend(controls.iter().map(|&at| describe(at, Some("role=control".to_owned()))));
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
