//! Reads the trainings, and brings scores, labels and splits together by gene id.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::io;
use crate::io::table::Table;
use crate::learn::metrics::{Candidate, CandidateRun, FoldGenes, Loci};
use crate::matrix::{ByGene, Labels, Split, Splits, expression_mean, one_model};

/// All trainings and what they are judged by.
pub struct Trainings {
    /// Models in the order in which they appear.
    pub models: Vec<String>,
    /// Whether labels are 0 and 1.
    pub binary: bool,
    runs: Vec<Training>,
    labels: HashMap<PathBuf, Labels>,
    splits: Splits,
}

/// One row of the table: what one training says of one sample.
struct Training {
    model: usize,
    fold: u32,
    seed: u64,
    sample: String,
    predictions: PathBuf,
    labels: PathBuf,
    /// Which model scored the genes, where that is known.
    scored_by: Option<String>,
    scores: HashMap<String, f64>,
    /// Gene ids in the order of the file.
    genes: Vec<String>,
}

/// Reads all files that the table names.
pub fn read(path: &Path, splits: &Path) -> anyhow::Result<Trainings> {
    let table = Table::read(path)?;
    let [model, predictions, labels] = [table.column("model")?, table.column("predictions")?, table.column("labels")?];
    let (fold, seed) = (table.find("fold"), table.find("seed"));
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut inputs = Trainings {
        models: Vec::new(),
        binary: true,
        runs: Vec::new(),
        labels: HashMap::new(),
        splits: io::splits::read(splits)?,
    };
    for row in &table.rows {
        let number = |column: Option<usize>, default: u64| {
            let Some(column) = column else { return Ok(default) };
            row.cells[column].trim().parse::<u64>().map_err(|_| {
                let problem =
                    format!("{} must be a whole number, found {:?}", table.columns[column], row.cells[column]);
                table.error(row, problem).remedy("Correct the cell")
            })
        };
        let name = table.text(row, model, "model")?.trim();
        let place = inputs.models.iter().position(|other| other == name);
        let model = place.unwrap_or(inputs.models.len());
        if place.is_none() {
            inputs.models.push(name.to_owned());
        }
        let [predictions, labels] = [predictions, labels].map(|column| folder.join(row.cells[column].trim()));
        [&predictions, &labels].into_iter().for_each(|path| io::protect("--runs", path));
        if !inputs.labels.contains_key(&labels) {
            inputs.labels.insert(labels.clone(), io::labels::read(&labels)?);
        }
        let read = io::predictions::read(&predictions)?;
        let scored = read.rows.into_iter().filter_map(|row| Some((row.gene_id, row.score?)));
        let (genes, scores): (Vec<String>, Vec<f64>) = scored.unzip();
        let scores = genes.iter().cloned().zip(scores).collect();
        let (fold, seed) = (number(fold, 0)?, number(seed, 1)?);
        let fold = u32::try_from(fold).unwrap_or(u32::MAX);
        let (sample, scored_by) = (read.sample, read.model);
        inputs.runs.push(Training { model, fold, seed, sample, predictions, labels, scored_by, scores, genes });
    }
    if inputs.runs.is_empty() {
        bail!("{}: names no training. Give it a row a model, fold, seed and sample", path.display());
    }
    inputs.check().with_context(|| path.display().to_string())?;
    inputs.binary = inputs.labels.values().all(Labels::is_binary);
    Ok(inputs)
}

impl Trainings {
    /// Every model must be there with the same folds and samples, as often in each.
    fn check(&self) -> anyhow::Result<()> {
        let samples = self.names();
        let folds = self.folds();
        for (model, name) in self.models.iter().enumerate() {
            let seeds = |fold: u32, sample: &str| -> Vec<u64> {
                let own = self.runs.iter().filter(|run| run.model == model && run.fold == fold && run.sample == sample);
                let mut seeds: Vec<u64> = own.map(|run| run.seed).collect();
                seeds.sort_unstable();
                seeds
            };
            let first = seeds(folds[0], &samples[0]);
            for (&fold, sample) in folds.iter().flat_map(|fold| samples.iter().map(move |sample| (fold, sample))) {
                let own = seeds(fold, sample);
                if own.windows(2).any(|pair| pair[0] == pair[1]) {
                    bail!("model {name} has two predictions of sample {sample} in fold {fold} of one seed. Keep one");
                }
                if own.is_empty() || own != first {
                    bail!(
                        "model {name} has seeds {first:?} of sample {} in fold {}, but {own:?} of sample {sample} in fold {fold}. Every model needs the same seeds of every fold and sample",
                        samples[0],
                        folds[0]
                    );
                }
            }
        }
        Ok(())
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for run in &self.runs {
            if !names.contains(&run.sample) {
                names.push(run.sample.clone());
            }
        }
        names
    }

    /// Folds, ascending.
    pub fn folds(&self) -> Vec<u32> {
        let mut folds: Vec<u32> = self.runs.iter().map(|run| run.fold).collect();
        folds.sort_unstable();
        folds.dedup();
        folds
    }

    /// Number of samples that figures of all are the mean of: those samples that a training has scored with models
    /// of their own, or with models that are not known. `None` where every training has scored all with one.
    pub fn mean_of(&self) -> Option<usize> {
        let trained_apart = |first: &Training| {
            let same = |run: &&Training| (run.model, run.fold, run.seed) == (first.model, first.fold, first.seed);
            !one_model(self.runs.iter().filter(same).map(|run| run.scored_by.as_deref()))
        };
        self.runs.iter().any(trained_apart).then(|| self.names().len())
    }

    /// log2(expression + 1) in each sample but this one.
    fn others(&self, sample: &str) -> Vec<ByGene<'_, f64>> {
        let names = self.names().into_iter().filter(|other| other != sample);
        let first = |name: String| self.runs.iter().find(|run| run.sample == name);
        names.filter_map(first).map(|run| self.labels[&run.labels].log_expression()).collect()
    }

    /// What figures are made of: all samples together (`None`), if there are several, and each sample.
    pub fn samples(&self) -> Vec<Option<&str>> {
        let mut names: Vec<Option<&str>> = Vec::new();
        for run in &self.runs {
            if !names.contains(&Some(&run.sample)) {
                names.push(Some(&run.sample));
            }
        }
        if names.len() > 1 {
            names.insert(0, None);
        }
        names
    }

    /// The genes of a split, and what every model says of them: those of each fold, of samples with models of
    /// their own those of each fold and sample.
    ///
    /// # Errors
    /// A model that leaves a gene out which the first one scores, or the other way round.
    pub fn gather<'a>(
        &'a self,
        sample: Option<&str>,
        split: Split,
        loci: &Loci<'a>,
    ) -> anyhow::Result<(Vec<FoldGenes>, Vec<Candidate>)> {
        let mut models: Vec<Candidate> =
            self.models.iter().map(|name| Candidate { name: name.clone(), runs: Vec::new() }).collect();
        let names: Vec<String> =
            self.names().into_iter().filter(|name| sample.is_none_or(|sample| sample == name)).collect();
        let together: Vec<&[String]> = match self.mean_of() {
            None => vec![&names],
            Some(_) => names.chunks(1).collect(),
        };
        let (mut folds, mut drawn): (Vec<FoldGenes>, Vec<&str>) = (Vec::new(), Vec::new());
        for (fold, names) in self.folds().into_iter().flat_map(|fold| together.iter().map(move |names| (fold, *names)))
        {
            let split_of = self.splits.by_gene(fold);
            let mut genes = FoldGenes::default();
            let mut scores: Vec<Vec<(u64, Vec<f64>)>> = vec![Vec::new(); models.len()];
            for name in names {
                let of_sample: Vec<&Training> =
                    self.runs.iter().filter(|run| run.fold == fold && run.sample == *name).collect();
                let first = of_sample[0];
                let label_of = self.labels[&first.labels].by_gene();
                let others = self.others(name);
                let judged = |run: &Training, id: &str| {
                    split_of.get(id) == Some(&split) && label_of.contains_key(id) && run.scores.contains_key(id)
                };
                let ids: Vec<&str> = first.genes.iter().map(String::as_str).filter(|id| judged(first, id)).collect();
                for id in &ids {
                    drawn.push(*id);
                    genes.labels.extend(label_of.get(id));
                    genes.genes.push((*id).to_owned());
                    genes.expression.push(expression_mean(&others, id));
                }
                for run in of_sample {
                    let own = run.genes.iter().filter(|id| judged(run, id)).count();
                    let missing = ids.iter().find(|id| !run.scores.contains_key(**id));
                    if own != ids.len() || missing.is_some() || run.labels != first.labels {
                        bail!(
                            "{} and {} do not score the same genes of sample {name} ({own} and {} {split} genes with a label{}), or are given other labels. Compare predictions of the same matrix and labels",
                            run.predictions.display(),
                            first.predictions.display(),
                            ids.len(),
                            missing.map(|id| format!("; only the second scores {id}")).unwrap_or_default()
                        );
                    }
                    let all = &mut scores[run.model];
                    if !all.iter().any(|(seed, _)| *seed == run.seed) {
                        all.push((run.seed, Vec::new()));
                    }
                    let of_seed = all.iter_mut().find(|(seed, _)| *seed == run.seed);
                    of_seed.into_iter().for_each(|(_, own)| own.extend(ids.iter().map(|id| run.scores[*id])));
                }
            }
            for (model, runs) in models.iter_mut().zip(scores) {
                let run = |(seed, scores)| CandidateRun { fold: folds.len(), seed, scores };
                model.runs.extend(runs.into_iter().map(run));
            }
            folds.push(genes);
        }
        let mut units = loci.units(&drawn).of_rows.into_iter();
        folds.iter_mut().for_each(|fold| fold.units = units.by_ref().take(fold.labels.len()).collect());
        Ok((folds, models))
    }
}
