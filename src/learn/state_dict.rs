//! The names and shapes of the published PyTorch code's tensors, and the sizes of a model that follow
//! from them.

use std::collections::{HashMap, HashSet};

use crate::model::AttentiveChromeConfig;

/// Name and shape of a tensor.
pub type NamedShape = (String, Vec<usize>);

/// Tensors that do not make an AttentiveChrome model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateDictError {
    /// No tensor has a name that the model knows.
    #[error(
        "none of the {0} tensors is one of AttentiveChrome (rnn_hms.0.rnn.weight_hh_l0 and so on); the first is {1:?}"
    )]
    Foreign(usize, String),
    /// A tensor has other axes than it needs.
    #[error("tensor {name} has shape {found:?}, expected {expected}")]
    Shape {
        /// Tensor.
        name: String,
        /// Its shape.
        found: Vec<usize>,
        /// The shape that it needs.
        expected: String,
    },
    /// Tensors are missing.
    #[error("lacks {count} of the {of} tensors of AttentiveChrome with {n_marks} marks, such as {example}")]
    Missing {
        /// How many.
        count: usize,
        /// How many there should be.
        of: usize,
        /// Marks that there are encoders of.
        n_marks: usize,
        /// One of them.
        example: String,
    },
    /// Tensors that the model has no place for.
    #[error("holds {count} tensors that AttentiveChrome with {n_marks} marks has no place for, such as {example}")]
    Unexpected {
        /// How many.
        count: usize,
        /// Marks that there are encoders of.
        n_marks: usize,
        /// One of them.
        example: String,
    },
}

/// What wrappers put before every name (`model.`, `module.`); empty where there is nothing.
pub fn prefix<'a>(names: impl IntoIterator<Item = &'a str> + Clone) -> &'a str {
    let prefix =
        names.clone().into_iter().find_map(|name| name.split_once("rnn_hms.0.")).map_or("", |(prefix, _)| prefix);
    if names.into_iter().all(|name| name.starts_with(prefix)) { prefix } else { "" }
}

/// The sizes of the model that tensors belong to; every name and shape is checked. The number of bins
/// leaves no trace in the weights.
pub fn infer_config(tensors: &[NamedShape], n_bins: usize) -> Result<AttentiveChromeConfig, StateDictError> {
    let shapes: HashMap<&str, &[usize]> =
        tensors.iter().map(|(name, shape)| (name.as_str(), shape.as_slice())).collect();
    let shape = |name: &str| shapes.get(name).copied();
    let hidden = |encoder: &str| {
        let name = format!("{encoder}.rnn.weight_hh_l0");
        match shape(&name) {
            Some(&[rows, hidden]) if hidden > 0 && Some(rows) == hidden.checked_mul(4) => Ok(Some(hidden)),
            Some(found) => {
                Err(StateDictError::Shape { name, found: found.to_vec(), expected: "[4 × hidden, hidden]".to_owned() })
            }
            None => Ok(None),
        }
    };
    let n_marks =
        (0..tensors.len()).take_while(|mark| shape(&format!("rnn_hms.{mark}.rnn.weight_hh_l0")).is_some()).count();
    let (Some(bin_hidden), mark_hidden) = (hidden("rnn_hms.0")?, hidden("hm_level_rnn_1")?) else {
        let first = tensors.first().map(|(name, _)| name.clone()).unwrap_or_default();
        return Err(StateDictError::Foreign(tensors.len(), first));
    };
    let config =
        AttentiveChromeConfig { n_marks, n_bins, body_parts: 0, bin_hidden, mark_hidden: mark_hidden.unwrap_or(1) };
    let expected = config.tensor_shapes();
    let missing: Vec<&String> = expected.iter().map(|(name, _)| name).filter(|name| shape(name).is_none()).collect();
    if let Some(&example) = missing.first() {
        let (count, of) = (missing.len(), expected.len());
        return Err(StateDictError::Missing { count, of, n_marks, example: example.clone() });
    }
    let known: HashSet<&str> = expected.iter().map(|(name, _)| name.as_str()).collect();
    let mut unexpected = tensors.iter().filter(|(name, _)| !known.contains(name.as_str()));
    if let Some((example, _)) = unexpected.next() {
        return Err(StateDictError::Unexpected { count: unexpected.count() + 1, n_marks, example: example.clone() });
    }
    for (name, needed) in expected {
        if let Some(found) = shape(&name).filter(|found| *found != needed) {
            return Err(StateDictError::Shape { found: found.to_vec(), expected: format!("{needed:?}"), name });
        }
    }
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: AttentiveChromeConfig =
        AttentiveChromeConfig { n_marks: 5, n_bins: 100, body_parts: 0, bin_hidden: 32, mark_hidden: 16 };

    #[test]
    fn the_published_model_has_55681_weights_in_56_tensors() {
        let tensors = CONFIG.tensor_shapes();
        assert_eq!(tensors.len(), 56);
        assert_eq!(tensors.iter().map(|(_, shape)| shape.iter().product::<usize>()).sum::<usize>(), 55_681);
        assert_eq!(infer_config(&tensors, 100), Ok(CONFIG));
    }

    #[test]
    fn any_number_of_marks_and_units_is_recognised() {
        let config = AttentiveChromeConfig { n_marks: 12, n_bins: 40, body_parts: 0, bin_hidden: 8, mark_hidden: 3 };
        let mut tensors = config.tensor_shapes();
        tensors.reverse();
        assert_eq!(infer_config(&tensors, 40), Ok(config));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let good = CONFIG.tensor_shapes();
        let message = |tensors: &[NamedShape]| infer_config(tensors, 100).unwrap_err().to_string();
        let without: Vec<_> = good.iter().filter(|(name, _)| name != "fdiff1_1.bias").cloned().collect();
        assert!(message(&without).contains("lacks 1 of the 56") && message(&without).contains("fdiff1_1.bias"));
        let without: Vec<_> = good.iter().filter(|(name, _)| !name.starts_with("rnn_hms.2")).cloned().collect();
        assert!(message(&without).contains("such as rnn_hms.3."), "{}", message(&without));
        let mut more = good.clone();
        more.push(("fc.weight".into(), vec![1]));
        assert!(message(&more).contains("such as fc.weight"));
        let mut shape = good.clone();
        shape[8].1 = vec![1, 64];
        assert!(
            message(&shape).contains("rnn_hms.0.bin_attention.bin_context_vector has shape [1, 64], expected [64, 1]")
        );
        let mut hidden = good.clone();
        hidden[1].1 = vec![128, 31];
        assert!(message(&hidden).contains("expected [4 × hidden, hidden]"));
        assert!(message(&[("conv1.weight".into(), vec![3])]).contains("none of the 1 tensors"));
    }

    #[test]
    fn a_wrapper_leaves_its_prefix() {
        assert_eq!(prefix(["model.rnn_hms.0.rnn.bias_ih_l0", "model.fdiff1_1.bias"]), "model.");
        assert_eq!(prefix(["rnn_hms.0.rnn.bias_ih_l0", "fdiff1_1.bias"]), "");
        assert_eq!(prefix(["model.rnn_hms.0.rnn.bias_ih_l0", "fdiff1_1.bias"]), "");
    }
}
