//! What is done to the raw signal before the model sees it: fitted on the training genes, stored in
//! the model, applied by predict.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::matrix::Matrix;

/// The choice of input transform.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Transform {
    /// Values as they are, the published regime.
    #[default]
    Raw,
    /// ln(1 + x).
    Log1p,
    /// Each mark scaled so that its mean over the sample's genes equals the training samples' mean.
    DepthScaled,
    /// Depth-scaled, then ln(1 + x).
    DepthScaledLog1p,
}

impl Transform {
    /// The name used on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Transform::Raw => "raw",
            Transform::Log1p => "log1p",
            Transform::DepthScaled => "depth-scaled",
            Transform::DepthScaledLog1p => "depth-scaled-log1p",
        }
    }
}

/// A transform with what was learnt on the training genes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FittedTransform {
    /// The choice.
    pub transform: Transform,
    /// Mean raw value of each mark over the training genes, in mark order.
    pub train_means: Vec<f64>,
}

/// A value that the model or the transform cannot take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("gene {gene}, mark {mark}, bin {bin}: {problem}")]
pub struct ValueError {
    /// Gene id.
    pub gene: String,
    /// Mark.
    pub mark: String,
    /// Bin, counted from 1.
    pub bin: usize,
    /// What is wrong with it.
    pub problem: String,
}

impl Transform {
    fn takes_logarithm(self) -> bool {
        matches!(self, Transform::Log1p | Transform::DepthScaledLog1p)
    }

    fn scales_depth(self) -> bool {
        matches!(self, Transform::DepthScaled | Transform::DepthScaledLog1p)
    }
}

impl FittedTransform {
    /// Learns the means of each mark from training genes: pairs of a sample and its training genes.
    pub fn fit(transform: Transform, samples: &[(&Matrix, Vec<usize>)]) -> Self {
        let n_marks = samples.first().map_or(0, |(matrix, _)| matrix.n_marks());
        FittedTransform { transform, train_means: means(n_marks, samples) }
    }

    /// The inputs of the model, row-major [gene, mark, bin], for `genes` (rows) of one sample. A
    /// missing value (NaN) becomes 0, after everything else. The depth of the sample is the mean of
    /// each mark over all its scorable genes, whichever of them are asked for.
    ///
    /// # Errors
    /// At an infinite value, and under a logarithm at a negative one.
    pub fn apply(&self, matrix: &Matrix, genes: &[usize]) -> Result<Vec<f32>, ValueError> {
        let (n_marks, n_bins) = (matrix.n_marks(), matrix.n_bins());
        let scales = if self.transform.scales_depth() { self.scales(matrix) } else { vec![1.0; n_marks] };
        let mut values = Vec::with_capacity(genes.len() * n_marks * n_bins);
        for &gene in genes {
            for (mark, &scale) in scales.iter().enumerate() {
                for (bin, &raw) in matrix.bins(gene, mark).iter().enumerate() {
                    let refuse = |problem: &str| ValueError {
                        gene: matrix.gene_ids[gene].clone(),
                        mark: matrix.marks[mark].clone(),
                        bin: bin + 1,
                        problem: format!("{raw} {problem}"),
                    };
                    if raw.is_infinite() {
                        return Err(refuse("is infinite; expected a finite value or NaN (missing)"));
                    }
                    if self.transform.takes_logarithm() && raw < 0.0 {
                        return Err(refuse(
                            "is negative and has no log1p; use the raw or depth-scaled transform for such a signal",
                        ));
                    }
                    let mut value = f64::from(raw) * scale;
                    if self.transform.takes_logarithm() {
                        value = value.ln_1p();
                    }
                    values.push(if value.is_nan() { 0.0 } else { value as f32 });
                }
            }
        }
        Ok(values)
    }

    fn scales(&self, matrix: &Matrix) -> Vec<f64> {
        let scorable = (0..matrix.n_genes()).filter(|&gene| matrix.status[gene].is_scorable()).collect();
        let sample_means = means(matrix.n_marks(), &[(matrix, scorable)]);
        let pairs = self.train_means.iter().zip(sample_means);
        pairs.map(|(&train, sample)| if sample == 0.0 { 1.0 } else { train / sample }).collect()
    }
}

/// Mean of each mark over the values that are there; 0 where none is.
fn means(n_marks: usize, samples: &[(&Matrix, Vec<usize>)]) -> Vec<f64> {
    let mean = |mark: usize| {
        let rows = samples.iter().flat_map(|(matrix, genes)| genes.iter().map(move |&gene| matrix.bins(gene, mark)));
        let values = rows.flatten().filter(|value| !value.is_nan());
        let (sum, count) = values.fold((0f64, 0u64), |(sum, count), &value| (sum + f64::from(value), count + 1));
        if count == 0 { 0.0 } else { sum / count as f64 }
    };
    (0..n_marks).map(mean).collect()
}
