//! The whole chain as a list of stage command lines: what `attentrack run` executes, and what its
//! `--dry-run` prints for whoever wants to run one step alone.

use std::ffi::OsString;
use std::fmt::{self, Display};
use std::path::{Path, PathBuf};

use super::config::{Config, Threshold, TrainMode};
use crate::genome::Orientation;
use crate::io::sample_sheet::Sample;
use crate::learn::Transform;

/// One stage with its flags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Stage name, without `attentrack-`.
    pub stage: &'static str,
    /// Flags, in order.
    pub arguments: Vec<OsString>,
}

impl Step {
    fn new(stage: &'static str) -> Self {
        Step { stage, arguments: Vec::new() }
    }

    fn flag(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.arguments.push(name.into());
        self.arguments.push(value.into());
        self
    }

    fn option(self, name: &str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.flag(name, value.to_string()),
            None => self,
        }
    }

    fn list(self, name: &str, values: &[String]) -> Self {
        if values.is_empty() { self } else { self.flag(name, values.join(",")) }
    }

    fn switch(mut self, name: &str, on: bool) -> Self {
        if on {
            self.arguments.push(name.into());
        }
        self
    }
}

impl fmt::Display for Step {
    /// A line that a shell takes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "attentrack-{}", self.stage)?;
        for argument in &self.arguments {
            let text = argument.to_string_lossy();
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:+@".contains(c);
            if !text.is_empty() && text.chars().all(plain) {
                write!(f, " {text}")?;
            } else {
                write!(f, " '{}'", text.replace('\'', r"'\''"))?;
            }
        }
        Ok(())
    }
}

/// Where everything lies in the output folder.
struct Layout<'a> {
    outdir: &'a Path,
}

impl Layout<'_> {
    fn genes(&self) -> PathBuf {
        self.outdir.join("genes.bed")
    }
    fn splits(&self) -> PathBuf {
        self.outdir.join("splits.tsv")
    }
    fn bins(&self, sample: &str) -> PathBuf {
        self.outdir.join(format!("bins/{sample}.bins.safetensors"))
    }
    fn labels(&self, sample: &str) -> PathBuf {
        self.outdir.join(format!("labels/{sample}.labels.tsv"))
    }
    fn model(&self, run: &str) -> PathBuf {
        self.outdir.join(format!("model/{run}.model.safetensors"))
    }
    fn predictions(&self, sample: &str) -> PathBuf {
        self.outdir.join(format!("predictions/{sample}.predictions.tsv"))
    }
    fn attention(&self, sample: &str) -> PathBuf {
        self.outdir.join(format!("attention/{sample}.attention.bins.safetensors"))
    }
    fn tracks(&self, sample: &str) -> PathBuf {
        self.outdir.join(format!("tracks/{sample}"))
    }
    fn metrics(&self) -> PathBuf {
        self.outdir.join("metrics.json")
    }
}

/// Folders that the steps write into, to be made first.
pub fn folders(samples: &[Sample], outdir: &Path) -> Vec<PathBuf> {
    let fixed = ["bins", "labels", "model", "predictions", "attention"].map(|name| outdir.join(name));
    let tracks = samples.iter().map(|sample| Layout { outdir }.tracks(&sample.name));
    fixed.into_iter().chain(tracks).collect()
}

/// The steps in an order in which every input is there before it is read. The samples' own models are
/// trained in one step, `side_by_side`, or in a step each, which gives the same bytes.
pub fn plan(config: &Config, samples: &[Sample], outdir: &Path, side_by_side: bool) -> Vec<Step> {
    let layout = Layout { outdir };
    let mut steps = vec![tss(config, &layout)];
    // the cheap stages first, so that a wrong name or table shows before hours of binning
    if config.labels.path.is_none() {
        steps.extend(samples.iter().map(|sample| label(config, &layout, sample)));
    }
    if config.split.path.is_none() {
        steps.push(split(config, &layout, samples));
    }
    steps.extend(samples.iter().map(|sample| bin(config, &layout, sample)));
    match config.train.mode {
        TrainMode::Pooled => steps.push(train(config, &layout, "pooled", samples)),
        TrainMode::PerSample => {
            // `{sample}` stands for each sample's name in the model's
            if side_by_side {
                steps.push(train(config, &layout, "{sample}", samples));
            } else {
                steps.extend(
                    samples.iter().map(|sample| train(config, &layout, &sample.name, std::slice::from_ref(sample))),
                );
            }
        }
    }
    steps.extend(samples.iter().map(|sample| predict(config, &layout, sample)));
    steps.push(evaluate(config, &layout, samples));
    for sample in samples {
        steps.extend(config.tracks.formats.iter().map(|format| track(config, &layout, sample, format)));
    }
    steps
}

fn labels_of(config: &Config, layout: &Layout, sample: &str) -> PathBuf {
    config.labels.of(sample).unwrap_or_else(|| layout.labels(sample))
}

fn splits_of(config: &Config, layout: &Layout) -> PathBuf {
    config.split.path.clone().unwrap_or_else(|| layout.splits())
}

fn tss(config: &Config, layout: &Layout) -> Step {
    Step::new("tss")
        .flag("--annotation", &config.annotation.path)
        .flag("--out", layout.genes())
        .option("--policy", config.annotation.policy.as_ref())
        .list("--biotype", &config.annotation.biotype)
}

fn bin(config: &Config, layout: &Layout, sample: &Sample) -> Step {
    let window = &config.window;
    let pair = |mark: &str, path: &Path| {
        let mut value = OsString::from(format!("{mark}="));
        value.push(path);
        value
    };
    let mut step = Step::new("bin").flag("--genes", layout.genes()).flag("--sample", &sample.name);
    for signal in &sample.signals {
        step = step.flag("--signal", pair(&signal.mark, &signal.path));
    }
    for signal in &sample.signals {
        if let Some(control) = &signal.control {
            step = step.flag("--control", pair(&signal.mark, control));
        }
    }
    step.flag("--out", layout.bins(&sample.name))
        .option("--assembly", config.annotation.assembly.as_ref())
        .option("--flank", window.flank)
        .option("--bin-size", window.bin_size)
        .option("--orientation", window.orientation.map(Orientation::name))
        .option("--statistic", window.statistic)
        .option("--chrom-alias", window.chrom_alias.as_ref())
        .option("--max-lost-genes", window.max_lost_genes)
        .option("--min-mapq", window.min_mapq)
        .option("--exclude-flags", window.exclude_flags.as_ref())
        .option("--blacklist", window.blacklist.as_ref().map(|path| path.display()))
        .option("--extend", window.extend)
        .switch("--fragments", window.fragments)
        .option("--control-method", window.control_method.as_ref())
}

fn label(config: &Config, layout: &Layout, sample: &Sample) -> Step {
    let threshold = match &config.labels.threshold {
        None => None,
        Some(Threshold::All(threshold)) => Some(*threshold),
        Some(Threshold::BySample(thresholds)) => thresholds.get(&sample.name).copied(),
    };
    Step::new("label")
        .flag("--expression", &config.expression.path)
        .flag("--sample", &sample.name)
        .flag("--genes", layout.genes())
        .flag("--out", layout.labels(&sample.name))
        .option("--gene-column", config.expression.gene_column.as_ref())
        .option("--method", config.labels.method.as_ref())
        .option("--threshold", threshold)
        .option("--quantile", config.labels.quantile)
}

fn split(config: &Config, layout: &Layout, samples: &[Sample]) -> Step {
    let split = &config.split;
    let mut step = Step::new("split").flag("--genes", layout.genes()).flag("--out", layout.splits());
    for sample in samples {
        step = step.flag("--labels", labels_of(config, layout, &sample.name));
    }
    step.option("--flank", config.window.flank)
        .option("--method", split.method.as_ref())
        .list("--valid-chroms", &split.valid_chroms)
        .list("--test-chroms", &split.test_chroms)
        .option("--valid-fraction", split.valid_fraction)
        .option("--test-fraction", split.test_fraction)
        .option("--folds", split.folds)
        .option("--seed", split.seed)
}

fn train(config: &Config, layout: &Layout, run: &str, samples: &[Sample]) -> Step {
    let (model, train) = (&config.model, &config.train);
    let mut step = Step::new("train");
    for sample in samples {
        step = step.flag("--bins", layout.bins(&sample.name)).flag("--labels", labels_of(config, layout, &sample.name));
    }
    step.flag("--splits", splits_of(config, layout))
        .flag("--out", layout.model(run))
        .option("--model", model.name.as_ref())
        .option("--bin-hidden", model.bin_hidden)
        .option("--mark-hidden", model.mark_hidden)
        .option("--epochs", train.epochs)
        .option("--batch-size", train.batch_size)
        .option("--ensemble", train.ensemble)
        .option("--optimizer", train.optimizer.as_ref())
        .option("--momentum", train.momentum)
        .option("--learning-rate", train.learning_rate)
        .option("--schedule", train.schedule.as_ref())
        .option("--dropout", train.dropout)
        .option("--weight-decay", train.weight_decay)
        .option("--transform", train.transform.map(Transform::name))
        .option("--seed", train.seed)
        .option("--fold", train.fold)
        .option("--device", train.device.as_ref())
        .option("--instruction-set", train.instruction_set.as_ref())
        .switch("--resume", true)
}

fn predict(config: &Config, layout: &Layout, sample: &Sample) -> Step {
    let run = match config.train.mode {
        TrainMode::Pooled => "pooled",
        TrainMode::PerSample => &sample.name,
    };
    Step::new("predict")
        .flag("--bins", layout.bins(&sample.name))
        .flag("--model", layout.model(run))
        .flag("--predictions", layout.predictions(&sample.name))
        .flag("--attention", layout.attention(&sample.name))
        .option("--device", config.train.device.as_ref())
        .option("--instruction-set", config.train.instruction_set.as_ref())
}

fn evaluate(config: &Config, layout: &Layout, samples: &[Sample]) -> Step {
    let mut step = Step::new("evaluate");
    for sample in samples {
        step = step
            .flag("--predictions", layout.predictions(&sample.name))
            .flag("--labels", labels_of(config, layout, &sample.name));
    }
    step.flag("--splits", splits_of(config, layout))
        .flag("--genes", layout.genes())
        .option("--flank", config.window.flank)
        .flag("--out", layout.metrics())
        .option("--split", config.evaluate.split)
        .option("--fold", config.train.fold)
        .option("--bootstrap", config.evaluate.bootstrap)
}

fn track(config: &Config, layout: &Layout, sample: &Sample, format: &str) -> Step {
    // a full-size sample's table has a gigabyte
    let is_table = format == "tsv";
    let selects_bins = ["bed", "bigbed"].contains(&format);
    let merges_windows = ["bedgraph", "bigwig"].contains(&format);
    Step::new("track")
        .flag("--input", layout.attention(&sample.name))
        .flag("--format", format)
        .flag("--out-dir", layout.tracks(&sample.name))
        .option("--value", config.tracks.value.as_ref())
        .option("--aggregate", config.tracks.aggregate.as_ref().filter(|_| merges_windows))
        .switch("--all", config.tracks.all && selects_bins)
        .switch("--bgzip", is_table)
        .switch("--allow-empty", true)
}
