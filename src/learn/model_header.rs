//! What a model file says of itself: the JSON under the one metadata key `header` of a
//! `.model.safetensors`. The tensors beside it carry the names of a PyTorch state dict (of AttentiveChrome
//! those of the published code), of an ensemble each prefixed `members.0.`, `members.1.` and so on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::calibration::Calibration;
use super::{FittedTransform, ModelSpec, Regime, Task};
use crate::genome::{Grid, Orientation};
use crate::matrix::{BODY_PARTS, Bases, LayerName, RowPart, Statistic};

/// Value of [`ModelHeader::format`].
pub const MODEL_FORMAT: &str = "attentrack.model";
/// Version of the model file that this build reads and writes.
pub const MODEL_FORMAT_VERSION: u32 = 1;

/// The header of a `.model.safetensors` file. Fields are written in this order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelHeader {
    /// Always `attentrack.model`.
    pub format: String,
    /// Version of the format; a newer one than the reader's is refused.
    pub format_version: u32,
    /// Version of attentrack that wrote the file.
    pub tool_version: String,
    /// The model and its sizes.
    pub model: ModelSpec,
    /// What the model was trained for, and so what its score is.
    #[serde(default)]
    pub task: Task,
    /// The marks, in the order of the model's inputs.
    pub marks: Vec<String>,
    /// Bases on either side of the TSS; 0 of a model that reads no window.
    pub flank_bp: u32,
    /// Width of a bin.
    pub bin_size_bp: u32,
    /// Direction of the bins that the model was trained on.
    pub orientation: Orientation,
    /// The bases of each region's sequence, of a model that reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<Bases>,
    /// The statistic that the model was trained on.
    pub statistic: Statistic,
    /// Assembly of the training samples, if it was stated.
    pub assembly: Option<String>,
    /// Samples that the model was trained on; empty for imported weights.
    pub samples: Vec<String>,
    /// Input transform.
    pub transform: FittedTransform,
    /// What the training samples' inputs were: by mark the quantiles at 0, 5, … 100 % of the mean input over a
    /// gene's bins, transformed, over all genes with signal; empty of imported weights, and of few genes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub input_quantiles: Vec<Vec<f64>>,
    /// Score at and above which a gene is called expressed, chosen on the validation genes (largest
    /// accuracy of the score that the file gives: the members' mean); `None` for imported weights and of a
    /// regression.
    pub threshold: Option<f64>,
    /// What turns the model's score into the score that predictions hold; `None` of a model that is not
    /// calibrated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibration>,
    /// The models in the file, in the order of their tensors: one, or those of an ensemble; empty for
    /// imported weights, which are one.
    #[serde(default)]
    pub members: Vec<Member>,
    /// How the model was trained; `None` for imported weights.
    pub regime: Option<Training>,
}

impl ModelHeader {
    /// In what the header disagrees with itself: the one place where its numbers, which come from a file, are
    /// checked before anything is computed or made room for by them.
    pub fn problem(&self) -> Option<String> {
        let (shape, n_marks) = (self.model.row_shape(), self.marks.len());
        // the axes first, so that a file of other marks or bins is told so
        let window = Grid::stored(self.flank_bp, self.bin_size_bp, self.orientation).unwrap_or_else(|_| Grid::none());
        let differs = |part: &RowPart| {
            let [channels, positions] = match part.layer {
                LayerName::Window => [n_marks, window.n_bins()],
                LayerName::Body => [n_marks, BODY_PARTS],
                LayerName::Sequence => [4, self.sequence.unwrap_or_default().length_bp as usize],
            };
            (part.channels().count(), part.positions) != (channels, positions)
        };
        if let Some(part) = shape.parts().iter().find(|part| differs(part)) {
            return Some(format!(
                "names {n_marks} marks, ±{} bp in bins of {} bp and {} bases, but the model reads {} channels × {} positions of the layer {}",
                self.flank_bp,
                self.bin_size_bp,
                self.sequence.unwrap_or_default().length_bp,
                part.channels().count(),
                part.positions,
                part.layer.name(),
            ));
        }
        if let Some(problem) = self.model.problem() {
            return Some(problem);
        }
        let means = &self.transform.train_means;
        if self.transform.needs_train_means() && means.len() != n_marks {
            return Some(format!("has means of {} marks, expected {n_marks}", means.len()));
        }
        let distributions = self.transform.units.iter().flat_map(|unit| &unit.quantiles);
        if let Some(problem) = distributions.filter_map(|of| of.problem(n_marks)).next() {
            return Some(format!("has {problem}"));
        }
        let quantiles = &self.input_quantiles;
        if !quantiles.is_empty() && quantiles.len() != n_marks {
            return Some(format!("has input quantiles of {} marks, expected {n_marks}", quantiles.len()));
        }
        if let Some(at) = quantiles.iter().position(|of_mark| of_mark.len() < 2 || !of_mark.is_sorted()) {
            return Some(format!("the input quantiles of {} are not two or more ascending numbers", self.marks[at]));
        }
        self.calibration.as_ref().and_then(Calibration::problem).map(str::to_owned)
    }

    /// Number of models in the file.
    pub fn n_members(&self) -> usize {
        self.members.len().max(1)
    }

    /// What becomes of a model's score and of its standard deviation over the members, which an uncalibrated
    /// single model does not have.
    pub fn judge(&self, raw: f64, sd: Option<f64>) -> Judged {
        let calibrate = |score: f64| self.calibration.as_ref().map_or(score, |calibration| calibration.apply(score));
        let score = calibrate(raw);
        let sd = sd.map(|sd| match &self.calibration {
            None => sd,
            Some(_) => (calibrate((raw + sd).min(1.0)) - calibrate((raw - sd).max(0.0))) / 2.0,
        });
        let knows = self.calibration.is_some() || sd.is_some();
        let threshold = self.threshold.filter(|_| knows && self.task == Task::Classification);
        let uncertain = threshold.map(|threshold| (score - threshold).abs() < sd.unwrap_or(0.0).max(NEAR));
        Judged { score, sd, uncertain }
    }
}

/// A score this near to the threshold is uncertain, however much the members agree.
const NEAR: f64 = 0.1;

/// What is said of a gene.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    /// The score, calibrated if the model is.
    pub score: f64,
    /// Standard deviation of the score over the members.
    pub sd: Option<f64>,
    /// Whether the score is nearer to the threshold than its standard deviation or 0.1: the gene may as well
    /// be on the other side. `None` of numbers, of a model without a threshold, and of one that is neither
    /// calibrated nor an ensemble.
    pub uncertain: Option<bool>,
}

/// One trained model of a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Member {
    /// Seed of initialisation, order of genes and dropout.
    pub seed: u64,
    /// Epoch that was kept, from 1: the best validation AUROC (of a regression the best Pearson
    /// correlation), of equal ones the later.
    pub best_epoch: u32,
    /// Its validation AUROC; of a classification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best_valid_auroc: Option<f64>,
    /// Pearson's correlation of its validation genes; of a regression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best_valid_pearson: Option<f64>,
}

/// How a model was trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Training {
    /// The regime, with every value that was left to its default; `None` for the momentum of adam and adamw.
    #[serde(flatten)]
    pub regime: Regime,
    /// Fold of the splits that was used.
    pub fold: u32,
    /// Training genes (summed over samples).
    pub train_genes: u64,
    /// Validation genes (summed over samples).
    pub valid_genes: u64,
}
