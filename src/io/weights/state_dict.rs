//! From the values of a pickle to named tensors.

use std::borrow::Cow;
use std::rc::Rc;

use super::budget::Budget;
use super::element::{Element, View};
use super::pickle::{Id, Node, Pickle};
use super::{Parsed, Tensor, problem};

/// Names under which training scripts keep the state dict inside a larger checkpoint.
const CHECKPOINT_KEYS: [&str; 3] = ["state_dict", "model_state_dict", "model"];

/// The tensors of a state dict. `storage` gives the bytes of a storage by key, element type and length.
pub fn tensors<'a>(
    pickle: &Pickle,
    budget: &Budget,
    storage: impl Fn(&str, Element, u64) -> Parsed<Rc<Cow<'a, [u8]>>>,
) -> Parsed<Vec<Tensor>> {
    let mut tensors = Vec::new();
    for (name, value) in entries(pickle)? {
        let place = || format!("tensor {name}");
        let Node::Tensor([storage_id, offset, shape, strides]) = *pickle.node(value) else {
            return Err((
                place(),
                "is not a tensor, so this is not a table of weights".to_owned(),
                "Save the model's state_dict() alone, with torch.save(model.state_dict(), FILE)".to_owned(),
            ));
        };
        let nonsense = || problem(place(), "is described in a way that makes no sense");
        let (Node::Storage { element, key, length }, Some(offset), Some(shape), Some(strides)) =
            (pickle.node(storage_id), pickle.size(offset), pickle.sizes(shape), pickle.sizes(strides))
        else {
            return Err(nonsense());
        };
        let key = pickle.text(*key).ok_or_else(nonsense)?;
        let bytes = storage(key, *element, *length)?;
        let view = View { offset, shape, strides };
        let size = view.size_within(*element, &bytes).map_err(|text| problem(place(), text))?;
        // names and values may be given as often as the pickle likes
        budget.take_for(place, (size_of::<f32>() * size + name.len()) as u64)?;
        let (values, rounded) = view.gather(*element, &bytes).map_err(|text| problem(place(), text))?;
        tensors.push(Tensor { name: name.to_owned(), shape: view.shape, values, rounded });
    }
    if tensors.is_empty() {
        return Err(problem("", "holds no tensor"));
    }
    Ok(tensors)
}

/// Names and values of the state dict, which may lie inside a checkpoint.
fn entries(pickle: &Pickle) -> Parsed<Vec<(&str, Id)>> {
    let dict = |id: Id| match pickle.node(id) {
        Node::Dict(entries) => Some(entries),
        _ => None,
    };
    let mut entries = dict(pickle.root()).ok_or_else(|| problem("", "holds no table of weights (state dict)"))?;
    let inner = |key: &str| entries.iter().find(|(id, _)| pickle.text(*id) == Some(key)).and_then(|(_, id)| dict(*id));
    if let Some(state_dict) = CHECKPOINT_KEYS.into_iter().find_map(inner) {
        entries = state_dict;
    }
    entries
        .iter()
        .map(|&(key, value)| Ok((pickle.text(key).ok_or_else(|| problem("", "holds a tensor without a name"))?, value)))
        .collect()
}
