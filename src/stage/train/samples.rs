//! Reading what is trained on: pairs of matrix and labels, joined by the splits, and all the ways in
//! which they may not fit.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, bail};

use super::Args;
use crate::io::bins::LayerRows;
use crate::io::{self, FileError};
use crate::learn::{Recipe, Selection, Task};
use crate::matrix::{
    ByGene, Kind, Labels, LayerName, MANY_LOST, Matrix, RowShape, Split, Splits, are_of_pair, share_lost,
};

/// One sample: its matrix and the genes of it that take part.
pub struct TrainingSample {
    /// Without values and regions: those of a thousand samples would fill the memory.
    pub matrix: Matrix,
    /// Its values.
    pub rows: LayerRows,
    /// What networks read of a gene.
    pub shape: RowShape,
    pub genes: Arc<Selection>,
}

impl TrainingSample {
    /// Values that networks read of a gene.
    pub fn gene_size(&self) -> usize {
        self.shape.size()
    }

    /// The matrix file.
    pub fn path(&self) -> &Path {
        self.rows.path()
    }
}

/// Reads pairs of matrix and labels, and joins them by one fold of the splits.
pub struct Reader<'a> {
    args: &'a Args,
    path: &'a Path,
    table: &'a Splits,
    fold: u32,
    task: Task,
    model: &'static Recipe,
    by_gene: ByGene<'a, Split>,
}

impl<'a> Reader<'a> {
    /// `table` holds the splits.
    pub fn new(args: &'a Args, table: &'a Splits) -> Result<Self> {
        let (path, fold, task, model) = (args.splits.as_path(), args.fold(), args.task(), args.model);
        Ok(Reader { args, path, table, fold, task, model, by_gene: one_fold(table, path, fold)? })
    }

    /// Reads one sample.
    pub fn read(&self, path: &Path, label_path: &Path) -> Result<TrainingSample> {
        let (mut matrix, rows) = io::bins::open(path)?;
        check_kind(path, &matrix)?;
        let labels = io::labels::read(label_path)?;
        check_labels(self.task, (label_path, &labels), (path, &matrix))?;
        if self.model.needs.pair && !are_of_pair(&matrix.marks) {
            let problem = format!("--model {} compares two samples, and this is one", self.model.tag);
            return Err(FileError::new(path, problem).remedy("Join two matrices with attentrack-pair").into());
        }
        let mut genes = Selection::new(&matrix, &labels, &self.by_gene);
        if self.model.needs.expression {
            genes.add_expression(&matrix, &labels).map_err(|id| {
                FileError::new(label_path, format!("gene {id} has a label and no expression")).remedy(
                    "Make labels with attentrack-label --method log2 --versus, or take a model without aux in its name",
                )
            })?;
        }
        if genes.train.len() + genes.valid.len() + genes.test + genes.not_scorable == 0 {
            let problem = format!(
                "no labelled gene of {} has a split: {}",
                path.display(),
                examples(&matrix, self.table.rows.iter().map(|row| &row.gene_id))
            );
            return Err(FileError::new(self.path, problem).remedy("Use one annotation for all files").into());
        }
        report(self.task, &matrix.sample, &genes);
        matrix.regions = Vec::new();
        let shape = matrix.row_shape(&self.args.layers(&rows)?);
        Ok(TrainingSample { matrix, rows, shape, genes: Arc::new(genes) })
    }

    /// Refuses samples of one model whose training or validation genes all have one label.
    pub fn check_variety(&self, samples: &[TrainingSample]) -> Result<()> {
        check_variety(self.task, self.path, self.fold, samples)
    }
}

/// The assembly that all samples state; `None`, with a warning, where they differ.
pub fn assembly(samples: &[TrainingSample]) -> Option<String> {
    let first = samples.first()?.matrix.assembly.clone();
    if let Some(other) = samples.iter().find(|sample| sample.matrix.assembly != first) {
        let name = |assembly: &Option<String>| assembly.clone().unwrap_or_else(|| "not stated".to_owned());
        tracing::warn!(
            "the samples' assemblies differ ({} and {}): the model states none",
            name(&first),
            name(&other.matrix.assembly)
        );
        return None;
    }
    first
}

fn one_fold<'a>(splits: &'a Splits, path: &Path, fold: u32) -> Result<ByGene<'a, Split>> {
    let folds = splits.folds();
    if !folds.contains(&fold) {
        let known: Vec<String> = folds.iter().map(u32::to_string).collect();
        let problem = format!(
            "has no fold {fold}; it holds {}",
            if known.is_empty() { "no gene".to_owned() } else { known.join(", ") }
        );
        return Err(FileError::new(path, problem).remedy("Give one of its folds with --fold").into());
    }
    Ok(splits.by_gene(fold))
}

fn check_kind(path: &Path, matrix: &Matrix) -> Result<()> {
    if matrix.kind != Kind::Signal {
        let problem = format!("holds {:?}, expected signal", matrix.kind).to_lowercase();
        return Err(FileError::new(path, problem).remedy("Give the file that attentrack-bin wrote").into());
    }
    if matrix.n_regions() == 0 || (matrix.n_marks() == 0 && matrix.bases.length_bp == 0) {
        return Err(FileError::new(path, "holds no gene or no mark").remedy("Check the bin step").into());
    }
    Ok(())
}

/// Refuses a matrix without a layer that the model reads.
pub fn check_has(rows: &LayerRows, layer: LayerName) -> Result<()> {
    if rows.has(layer) {
        return Ok(());
    }
    let (lacks, remedy) = match layer {
        LayerName::Window => ("signal of marks", "Bin signal files, or name a model of DNA, such as gapped-kmer-svm"),
        LayerName::Body => ("gene bodies", "Bin the signal again with --body, with genes.bed from attentrack-tss"),
        LayerName::Sequence => ("sequences", "Make it with attentrack-bin --fasta, or name a model of marks"),
    };
    Err(FileError::new(rows.path(), format!("has no {lacks}, which the model reads")).remedy(remedy).into())
}

/// Refuses a sample that cannot be pooled with the first.
pub fn check_same(first: &TrainingSample, other: &TrainingSample) -> Result<()> {
    let (first_path, first, path, matrix) = (first.path(), &first.matrix, other.path(), &other.matrix);
    let window = |m: &Matrix| format!("±{} bp in bins of {} bp", m.grid.flank_bp(), m.grid.bin_size_bp());
    let orientation = |m: &Matrix| format!("{:?}", m.grid.orientation()).to_lowercase();
    let pairs = [
        ("marks", first.marks.join(", "), matrix.marks.join(", ")),
        ("window", window(first), window(matrix)),
        ("orientation", orientation(first), orientation(matrix)),
        ("statistic", first.statistic.to_string(), matrix.statistic.to_string()),
        ("bases of a sequence", first.bases.length_bp.to_string(), matrix.bases.length_bp.to_string()),
    ];
    for (what, ours, theirs) in pairs {
        if ours != theirs {
            let problem = format!("{what}: {theirs}; but in {}: {ours}", first_path.display());
            return Err(FileError::new(path, problem)
                .remedy("Bin all samples with the same settings, the marks in the same order")
                .into());
        }
    }
    Ok(())
}

/// Refuses a sample whose model has another shape than the first one's, in one call.
pub fn check_shape(first: &TrainingSample, other: &TrainingSample) -> Result<()> {
    let shape = |sample: &TrainingSample| {
        let (matrix, layers) = (&sample.matrix, sample.shape.parts().len());
        format!("{} marks, {} bins{}", matrix.n_marks(), matrix.n_bins(), if layers > 1 { ", gene bodies" } else { "" })
    };
    let (ours, theirs) = (shape(first), shape(other));
    if ours == theirs {
        return Ok(());
    }
    let problem = format!("{theirs}; but in {}: {ours}", first.path().display());
    Err(FileError::new(other.path(), problem)
        .remedy("Models of different shapes cannot be trained together: train them in calls of their own")
        .into())
}

fn check_labels(task: Task, (path, labels): (&Path, &Labels), (bins, matrix): (&Path, &Matrix)) -> Result<()> {
    let is_class = |label: f64| label == 0.0 || label == 1.0;
    if task == Task::Classification
        && let Some(row) = labels.rows.iter().find(|row| row.label.is_some_and(|label| !is_class(label)))
    {
        let problem = format!("label {} of gene {} is neither 0 nor 1", row.label.unwrap_or_default(), row.gene_id);
        return Err(FileError::new(path, problem)
            .remedy("For two classes make labels with attentrack-label --method median, threshold, quantile or valley; to predict numbers give --task regression")
            .into());
    }
    if task == Task::Regression && labels.rows.iter().filter_map(|row| row.label).all(is_class) {
        let problem = "all labels are 0 or 1, which are classes, no numbers";
        return Err(FileError::new(path, problem)
            .remedy("For a regression make labels with attentrack-label --method log2; to tell classes apart leave --task out")
            .into());
    }
    let labelled = labels.by_gene();
    let joined = matrix.regions.iter().filter(|region| labelled.contains_key(&region.id)).count();
    if joined == 0 {
        let ids = labels.rows.iter().map(|row| &row.gene_id);
        let problem = format!("labels no gene of {}: {}", bins.display(), examples(matrix, ids));
        return Err(FileError::new(path, problem)
            .remedy("Use the same gene ids in annotation and expression table, and pair --bins and --labels in order")
            .into());
    }
    if share_lost(matrix.n_regions(), labelled.len(), joined) > MANY_LOST {
        tracing::warn!(
            "{}: {joined} of its {} labelled genes are among the {} of {}: check that both have the same gene ids",
            path.display(),
            labelled.len(),
            matrix.n_regions(),
            bins.display()
        );
    }
    Ok(())
}

/// "genes there are called A, B, C, here X, Y, Z".
fn examples<'a>(matrix: &'a Matrix, here: impl Iterator<Item = &'a String>) -> String {
    let some = |ids: Vec<&String>| ids.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(", ");
    let here: Vec<&String> = here.take(3).collect();
    let here = if here.is_empty() { "there is none".to_owned() } else { some(here) };
    format!(
        "the matrix has {} …, this file {here} …",
        some(matrix.regions.iter().take(3).map(|region| &region.id).collect())
    )
}

fn check_variety(task: Task, splits: &Path, fold: u32, samples: &[TrainingSample]) -> Result<()> {
    let whose = match samples {
        [sample] => sample.matrix.sample.clone(),
        samples => format!("all {} samples", samples.len()),
    };
    for (name, of) in
        [("train", (|genes| &genes.train) as fn(&Selection) -> &Vec<(usize, f32)>), ("valid", |genes| &genes.valid)]
    {
        let total: usize = samples.iter().map(|sample| of(&sample.genes).len()).sum();
        let mut labels = samples.iter().flat_map(|sample| of(&sample.genes)).map(|(_, label)| label);
        let problem = match labels.next() {
            None => format!("fold {fold} leaves no labelled gene in split {name} of {whose}"),
            Some(first) if labels.all(|label| label == first) => {
                format!("all {total} labelled genes in split {name} (fold {fold}) of {whose} have label {first}")
            }
            Some(_) => continue,
        };
        bail!(FileError::new(splits, problem).remedy(match task {
            Task::Classification => "Both classes are needed: choose other splits or another label threshold",
            Task::Regression => "Different labels are needed: choose other splits",
        }));
    }
    Ok(())
}

fn report(task: Task, sample: &str, genes: &Selection) {
    let (train, valid) = match task {
        Task::Classification => {
            let positives = |set: &[(usize, f32)]| set.iter().filter(|(_, label)| *label == 1.0).count();
            (format!(" ({} of label 1)", positives(&genes.train)), format!(" ({})", positives(&genes.valid)))
        }
        Task::Regression => {
            let sum = |set: &[(usize, f32)]| set.iter().map(|(_, label)| f64::from(*label)).sum::<f64>();
            let mean = |set: &[(usize, f32)]| sum(set) / set.len().max(1) as f64;
            (format!(" (mean label {:.3})", mean(&genes.train)), format!(" ({:.3})", mean(&genes.valid)))
        }
    };
    let (n_train, n_valid) = (genes.train.len(), genes.valid.len());
    tracing::info!("{sample}: {n_train} train genes{train}, {n_valid} valid{valid}, {} test", genes.test);
    let left_out = genes.unlabelled + genes.without_split + genes.not_scorable;
    if left_out > 0 {
        tracing::info!(
            "{sample}: {left_out} genes take no part: {} without a label, {} without a split, {} not covered by the signal",
            genes.unlabelled,
            genes.without_split,
            genes.not_scorable
        );
    }
}
