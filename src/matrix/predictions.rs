//! What a model says of each gene.

use super::Status;

/// One gene's prediction.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// Gene id.
    pub gene_id: String,
    /// Symbol of the gene, where it is known.
    pub gene_name: Option<String>,
    /// What became of the gene's window.
    pub status: Status,
    /// Probability of being expressed (or the predicted value); `None` where it can't be scored.
    pub score: Option<f64>,
    /// Mark attention in the order of [`Predictions::marks`], sums to 1; empty where there is no score.
    pub mark_attention: Vec<f64>,
    /// How far the members of an ensemble are apart; `None` of one model, or where there is no score.
    pub spread: Option<PredictionSpread>,
    /// The model's own score, where `score` is calibrated.
    pub raw_score: Option<f64>,
    /// Whether the gene may as well be on the other side of the model's threshold; `None` where there is no
    /// score, or the model says nothing of it.
    pub uncertain: Option<bool>,
}

/// Sample standard deviations over the members of an ensemble, of a score and each mark attention that
/// are the members' means.
#[derive(Clone, Debug, PartialEq)]
pub struct PredictionSpread {
    /// For the score.
    pub score: f64,
    /// For the mark attention, in the order of [`Predictions::marks`].
    pub mark_attention: Vec<f64>,
}

/// The predictions for one sample, in the order of the matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct Predictions {
    /// Sample.
    pub sample: String,
    /// Which model scored the genes: a fingerprint of its file, by which scores are known to be of one model;
    /// `None` where the file does not say.
    pub model: Option<String>,
    /// Marks that the mark attention is over.
    pub marks: Vec<String>,
    /// Whether the predictions are an ensemble's, so that scored rows have a spread.
    pub is_ensemble: bool,
    /// One row a gene.
    pub rows: Vec<Prediction>,
}

/// Whether scores of several samples can be ranked together: one sample's always, those of several where one
/// model is known to have scored them all. Each item is the model of a sample, where it is known.
pub fn one_model<'a>(models: impl IntoIterator<Item = Option<&'a str>>) -> bool {
    let mut models = models.into_iter();
    let first = models.next().flatten();
    models.all(|other| other.is_some() && other == first)
}

/// The name of the model in its fingerprint, `NAME-` and 16 digits of hex; `None` of anything else.
pub fn model_name(fingerprint: &str) -> Option<&str> {
    let (name, digits) = fingerprint.rsplit_once('-')?;
    (digits.len() == 16 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::{model_name, one_model};

    #[test]
    fn a_fingerprint_begins_with_the_name_of_the_model() {
        assert_eq!(model_name("deep-motif-cnn-0123456789abcdef"), Some("deep-motif-cnn"));
        assert_eq!(["model-1", "auto", "auto-0123456789abcdeg"].map(model_name), [None; 3]);
    }

    #[test]
    fn scores_are_of_one_model_only_where_that_is_known() {
        assert!(one_model([None]) && one_model([Some("a")]) && one_model([Some("a"), Some("a")]));
        for models in [[Some("a"), Some("b")], [Some("a"), None], [None, Some("a")], [None, None]] {
            assert!(!one_model(models), "{models:?}");
        }
    }
}
