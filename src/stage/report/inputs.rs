//! Reads what the report is made of, and checks that it belongs together.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use anyhow::{Context, bail};

use super::Args;
use super::gene_table::GeneTable;
use crate::explain::Method;
use crate::io;
use crate::io::faithfulness::FaithfulnessRow;
use crate::io::graph_summary::GraphSummary;
use crate::learn::metrics::{METRICS_FORMAT, METRICS_FORMAT_VERSION, Report};
use crate::matrix::track::{TrackValue, TrackValues};
use crate::matrix::{ByGene, History, Judged, Labels, Predictions, Profile, Split};

/// Everything that the report shows.
pub struct ReportInputs {
    /// The figures.
    pub metrics: Report,
    /// One a predictions file, in the order of the metrics.
    pub samples: Vec<ReportSample>,
    /// By run, in the order given: the models of a history file.
    pub runs: Vec<(String, Vec<History>)>,
    /// Mean attention by position; `None` where no attention was given.
    pub profile: Option<Profile>,
    /// Chromosomes of each split; empty where no genes were given.
    pub chroms: BTreeMap<Split, BTreeSet<String>>,
    /// What a label divides the genes into.
    pub groups: Groups,
    /// Samples that were scored and have no labels.
    pub only_scored: Vec<String>,
    /// Samples whose model was trained on others.
    pub new_samples: Vec<String>,
    /// What a test says of explanations, beside the raw signal.
    pub judged: Vec<Judged>,
    /// Graphs of marks.
    pub graph: Option<GraphSummary>,
    /// Every gene.
    pub genes: GeneTable,
    /// The models that scored the samples, each once, as the predictions call them.
    pub scored_by: BTreeSet<String>,
}

impl ReportInputs {
    /// Genes that the headline figures are of, each counted once, in however many samples.
    pub fn judged_genes(&self) -> usize {
        let ids: BTreeSet<&String> = self.samples.iter().flat_map(|sample| sample.group_of.keys()).collect();
        ids.len()
    }

    /// Every model with what it is called: the run, and of an ensemble the seed.
    pub fn models(&self) -> impl Iterator<Item = (String, &History)> {
        self.runs.iter().flat_map(|(run, members)| {
            members.iter().map(move |member| match &member.seed {
                Some(seed) => (format!("{run} seed {seed}"), member),
                None => (run.clone(), member),
            })
        })
    }
}

/// The two groups of genes whose attention is compared: of numeric labels the upper and lower half.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Groups {
    /// Labels 0 and 1.
    Classes,
    /// Labels at or above a sample's median, and below.
    Halves,
}

/// The headline split of one sample.
pub struct ReportSample {
    /// Name.
    pub name: String,
    /// Labels of the genes that have score, label and split.
    pub labels: Vec<f64>,
    /// Their scores.
    pub scores: Vec<f64>,
    /// Marks that the mark attention is over; empty of a model without.
    pub marks: Vec<String>,
    /// Mean mark attention of each group, in the order of the marks; empty of a group without genes.
    pub mark_attention: [Vec<f64>; 2],
    /// The group of each gene of the split.
    group_of: HashMap<String, usize>,
}

impl Groups {
    /// What the groups are called: first the one that is drawn first.
    pub fn names(self) -> [&'static str; 2] {
        match self {
            Groups::Classes => ["expressed", "silent"],
            Groups::Halves => ["upper half", "lower half"],
        }
    }
}

/// Reads all inputs.
pub fn read(args: &Args) -> anyhow::Result<ReportInputs> {
    let metrics = read_metrics(&args.metrics)?;
    let splits = io::splits::read(&args.splits)?;
    let split_of = splits.by_gene(metrics.fold);
    let labels = args.labels.iter().map(|path| io::labels::read(path)).collect::<io::Result<Vec<_>>>()?;
    let groups = if labels.iter().all(Labels::is_binary) { Groups::Classes } else { Groups::Halves };
    let (mut samples, mut genes, mut scored_by) = (Vec::new(), GeneTable::default(), BTreeSet::new());
    for (path, labels) in args.predictions.iter().zip(&labels) {
        let predictions = io::predictions::read(path)?;
        let label_of = labels.by_gene();
        genes.add(&predictions, |gene| label_of.get(gene).copied(), |gene| split_of.get(gene).copied());
        scored_by.extend(predictions.model.clone());
        let sample = summed(predictions, &label_of, groups, &|gene| split_of.get(gene) == Some(&metrics.headline));
        let figures = metrics.samples.iter().find(|figures| figures.sample == sample.name);
        let genes = figures.and_then(|figures| figures.splits.get(&metrics.headline)).map(|figures| figures.genes);
        if genes != Some(sample.scores.len() as u64) {
            bail!(
                "{}: {} {} genes of sample {:?} have score and label, but {} were judged in {}. Give the files that the metrics were made from",
                path.display(),
                sample.scores.len(),
                metrics.headline,
                sample.name,
                genes.unwrap_or(0),
                args.metrics.display()
            );
        }
        samples.push(sample);
    }
    let runs = args.history.iter().map(|path| Ok((run_name(path), io::history::read(path)?)));
    let runs = runs.collect::<io::Result<Vec<_>>>()?;
    let mut chroms: BTreeMap<Split, BTreeSet<String>> = BTreeMap::new();
    let placed = args.genes.iter().map(|path| io::genes_bed::read(path)).collect::<io::Result<Vec<_>>>()?.concat();
    genes.place(&placed);
    for gene in placed {
        if let Some(&split) = split_of.get(gene.id.as_str()) {
            chroms.entry(split).or_default().insert(gene.tss.chrom);
        }
    }
    let profile = read_profile(args, &samples, &mut genes)?;
    let tables = args.faithfulness.iter().map(|path| io::faithfulness::read(path)).collect::<io::Result<Vec<_>>>()?;
    // orders that ask no model are there to compare with
    let of_methods = tables.iter().flatten().filter(|row| Method::named(&row.method).is_some());
    let judged = of_methods.filter_map(FaithfulnessRow::judged).collect();
    Ok(ReportInputs {
        metrics,
        samples,
        runs,
        profile,
        chroms,
        groups,
        only_scored: args.only_scored.clone(),
        new_samples: args.new_sample.clone(),
        judged,
        graph: args.graph.as_ref().map(|path| io::graph_summary::read(path)).transpose()?,
        genes,
        scored_by,
    })
}

fn read_metrics(path: &Path) -> anyhow::Result<Report> {
    let text = std::fs::read_to_string(path).map_err(|error| io::FileError::os(path, "open", &error))?;
    let metrics: Report = serde_json::from_str(&text).map_err(|error| {
        io::FileError::new(path, format!("is not a metrics file: {error}")).remedy("Make it with attentrack-evaluate")
    })?;
    if metrics.format != METRICS_FORMAT || metrics.format_version > METRICS_FORMAT_VERSION {
        bail!(
            "{}: has format {:?} version {}, expected {METRICS_FORMAT:?} up to version {METRICS_FORMAT_VERSION}. It was written by attentrack {}: upgrade this one",
            path.display(),
            metrics.format,
            metrics.format_version,
            metrics.tool_version
        );
    }
    Ok(metrics)
}

fn summed(
    predictions: Predictions,
    label_of: &ByGene<f64>,
    groups: Groups,
    is_shown: &dyn Fn(&str) -> bool,
) -> ReportSample {
    let mut sample = ReportSample {
        name: predictions.sample,
        labels: Vec::new(),
        scores: Vec::new(),
        marks: predictions.marks,
        mark_attention: [Vec::new(), Vec::new()],
        group_of: HashMap::new(),
    };
    let mut rows = Vec::new();
    for row in predictions.rows.into_iter().filter(|row| is_shown(&row.gene_id)) {
        if let (Some(score), Some(&label)) = (row.score, label_of.get(row.gene_id.as_str())) {
            sample.labels.push(label);
            sample.scores.push(score);
            rows.push((row.gene_id, row.mark_attention));
        }
    }
    let middle = groups.middle(&sample.labels);
    let mut genes = [0.0; 2];
    for ((id, attention), &label) in rows.into_iter().zip(&sample.labels) {
        let group = usize::from(label < middle);
        genes[group] += 1.0;
        sample.mark_attention[group].resize(attention.len(), 0.0);
        sample.mark_attention[group].iter_mut().zip(attention).for_each(|(sum, value)| *sum += value);
        sample.group_of.insert(id, group);
    }
    for (sums, genes) in sample.mark_attention.iter_mut().zip(genes) {
        sums.iter_mut().for_each(|sum| *sum /= genes);
    }
    sample
}

impl Groups {
    /// Labels at or above this are of the first group.
    fn middle(self, labels: &[f64]) -> f64 {
        let mut sorted = labels.to_vec();
        sorted.sort_by(f64::total_cmp);
        match self {
            Groups::Classes => 0.5,
            Groups::Halves => sorted.get(sorted.len() / 2).copied().unwrap_or(0.0),
        }
    }
}

/// One matrix at a time: a full-size sample's has 40 MB.
fn read_profile(args: &Args, samples: &[ReportSample], genes: &mut GeneTable) -> anyhow::Result<Option<Profile>> {
    let mut profile: Option<Profile> = None;
    for path in &args.attention {
        let matrix = io::bins::read(path)?;
        let Some(sample) = samples.iter().find(|sample| sample.name == matrix.sample) else {
            bail!(
                "{}: sample {:?} is in none of the --predictions. Give predictions and attention of the same samples",
                path.display(),
                matrix.sample
            );
        };
        let profile = profile.get_or_insert_with(|| Profile::new(&matrix));
        if !profile.fits(&matrix) {
            bail!(
                "{}: marks or bins differ from those of {}. Give the attention of one run",
                path.display(),
                args.attention[0].display()
            );
        }
        let values = TrackValues::new(&matrix, TrackValue::Corrected).with_context(|| path.display().to_string())?;
        profile.add(&values, |gene| sample.group_of.get(gene).copied());
        genes.look(&values);
    }
    Ok(profile)
}

/// `RUN` of `RUN.history.tsv`.
fn run_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let name = name.strip_suffix(".history.tsv").or(name.strip_suffix(".tsv")).unwrap_or(&name);
    name.to_owned()
}
