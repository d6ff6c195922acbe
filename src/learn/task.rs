//! What a model learns: which of two classes a gene is in, or a number.

use candle_core::{Result, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::loss::{binary_cross_entropy, class_loss};
use super::metrics::{auroc, pearson};
use crate::model::sigmoid;

/// What a model learns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// Which of two classes a gene is in (labels 0 and 1): binary cross-entropy; the epoch with the best
    /// validation AUROC is kept; the score is the probability of label 1
    #[default]
    Classification,
    /// A number (labels log2(x + 1)): mean squared error; the epoch with the best validation Pearson
    /// correlation is kept; the score is the predicted label
    Regression,
}

impl Task {
    /// The name used on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Task::Classification => "classification",
            Task::Regression => "regression",
        }
    }

    /// What the number that epochs are chosen by is called, in messages and as part of a column's name.
    pub fn metric(self) -> (&'static str, &'static str) {
        match self {
            Task::Classification => ("AUROC", "auroc"),
            Task::Regression => ("Pearson r", "pearson"),
        }
    }

    /// The number that epochs are chosen by; `None` where all labels are equal.
    pub fn metric_of(self, labels: &[f32], logits: &[f32]) -> Option<f64> {
        let scores: Vec<f64> = logits.iter().map(|&logit| f64::from(logit)).collect();
        match self {
            Task::Classification => {
                let classes: Vec<bool> = labels.iter().map(|&label| label == 1.0).collect();
                auroc(&classes, &scores)
            }
            Task::Regression => {
                let varied = labels.iter().any(|label| *label != labels[0]);
                let labels: Vec<f64> = labels.iter().map(|&label| f64::from(label)).collect();
                // a model that says the same of all genes knows nothing, as one of AUROC one half
                varied.then(|| pearson(&labels, &scores, |_| 1).unwrap_or(0.0))
            }
        }
    }

    /// What a network's output means: the probability of label 1, or the predicted label.
    pub fn score(self, logit: f32) -> f32 {
        match self {
            Task::Classification => sigmoid(logit),
            Task::Regression => logit,
        }
    }

    /// The loss of one gene.
    pub(in crate::learn) fn gene_loss(self, logit: f32, label: f32) -> f64 {
        match self {
            Task::Classification => class_loss(logit, label),
            Task::Regression => (f64::from(logit) - f64::from(label)).powi(2),
        }
    }

    /// For each model the sum over its genes of the losses of outputs [gene, model] against labels [gene,
    /// model], each times its weight [gene, model]. \[model\].
    ///
    /// # Errors
    /// If the three have different shapes.
    pub(super) fn loss(self, logit: &Tensor, label: &Tensor, weight: &Tensor) -> Result<Tensor> {
        match self {
            Task::Classification => binary_cross_entropy(logit, label, weight),
            Task::Regression => ((logit - label)?.sqr()? * weight)?.sum(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{Device, Var};

    #[test]
    fn the_loss_of_a_regression_is_the_mean_squared_error_of_each_model() {
        let table = |rows: [[f32; 2]; 3]| Tensor::new(&rows, &Device::Cpu).unwrap();
        let (y, w) = (table([[1.0, 0.0], [3.0, 0.0], [0.0, 4.0]]), table([[0.5, 0.5], [0.5, 0.0], [0.0, 0.5]]));
        let z = Var::from_tensor(&table([[2.0, 1.0], [0.0, 9.0], [7.0, 1.0]])).unwrap();
        let loss = Task::Regression.loss(z.as_tensor(), &y, &w).unwrap();
        assert_eq!(loss.to_vec1::<f32>().unwrap(), [(1.0 + 9.0) / 2.0, (1.0 + 9.0) / 2.0]);
        let gradient = loss.backward().unwrap().get(&z).unwrap().to_vec2::<f32>().unwrap();
        assert_eq!(gradient, [[1.0, 1.0], [-3.0, 0.0], [0.0, -3.0]]);
        assert_eq!(Task::Regression.gene_loss(2.0, -1.0), 9.0);
    }

    #[test]
    fn epochs_are_chosen_by_auroc_or_by_pearsons_correlation() {
        let (labels, scores) = ([0.0, 1.0, 1.0, 0.0], [0.1, 0.4, 0.3, 0.2]);
        assert_eq!(Task::Classification.metric_of(&labels, &scores), Some(1.0));
        let r = Task::Regression.metric_of(&[1.0, 2.0, 4.0], &[0.5, 0.6, 0.9]).unwrap();
        assert!((r - 0.995_871).abs() < 1e-5, "{r}"); // numpy.corrcoef
        assert_eq!(Task::Regression.metric_of(&[1.0, 2.0], &[0.5, 0.5]), Some(0.0));
        for task in [Task::Classification, Task::Regression] {
            assert_eq!(task.metric_of(&[1.0, 1.0], &[0.5, 0.6]), None);
        }
    }
}
