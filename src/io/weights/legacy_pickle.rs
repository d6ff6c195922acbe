//! `torch.save` before PyTorch 1.6: magic number, protocol, system, state dict and list of storage
//! keys, each a pickle; then the storages in the list's order, each an i64 length and raw elements.

use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;

use super::budget::Budget;
use super::element::Element;
use super::pickle::{self, Node, Pickle};
use super::{Parsed, Tensor, pickle_problem, problem, state_dict};

/// The pickle of 0x1950a86a20f9469cfc6c, without the bytes that name the pickle protocol.
const MAGIC: [u8; 13] = [0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, b'.'];

/// Where the bytes after the magic number start, if there is one.
fn after_magic(bytes: &[u8]) -> Option<usize> {
    // pickle protocols from 4 on put a frame of 9 bytes before the number
    let starts = |at: &usize| bytes.get(*at..*at + MAGIC.len()) == Some(&MAGIC[..]);
    [2, 11].into_iter().filter(|_| bytes.first() == Some(&0x80)).find(starts).map(|at| at + MAGIC.len())
}

/// Whether the bytes start with the magic number.
pub fn matches(bytes: &[u8]) -> bool {
    after_magic(bytes).is_some()
}

/// Reads the tensors.
pub fn read(bytes: &[u8], budget: &Budget) -> Parsed<Vec<Tensor>> {
    let mut at = after_magic(bytes).unwrap_or_default();
    let mut next = |place: &str| -> Parsed<Pickle> {
        let pickle =
            pickle::load(bytes.get(at..).unwrap_or_default(), budget).map_err(|error| pickle_problem(place, error))?;
        at += pickle.length;
        Ok(pickle)
    };
    let protocol = next("protocol")?;
    if protocol.size(protocol.root()) != Some(1001) {
        return Err(problem("protocol", "expected 1001"));
    }
    let system = next("system information")?;
    if let Node::Dict(entries) = system.node(system.root())
        && entries
            .iter()
            .any(|&(key, value)| system.text(key) == Some("little_endian") && *system.node(value) == Node::Bool(false))
    {
        return Err(problem("system information", "was saved on a big-endian machine, which is not read"));
    }
    let state = next("state dict")?;
    let keys = next("list of storages")?;
    let storages = locate(&bytes[at..], &state, &keys)?;
    state_dict::tensors(&state, budget, |key, element, length| {
        let place = || format!("storage {key}");
        let storage = storages.get(key).ok_or_else(|| problem(place(), "is not in the file"))?;
        if storage.len() as u64 != length.saturating_mul(element.size() as u64) {
            return Err(problem(place(), format!("expected {length} elements, found {} bytes", storage.len())));
        }
        Ok(Rc::new(Cow::Borrowed(*storage)))
    })
}

/// The bytes of each storage.
fn locate<'a>(mut rest: &'a [u8], state: &Pickle, keys: &Pickle) -> Parsed<HashMap<String, &'a [u8]>> {
    let elements: HashMap<&str, Element> = state.storages().collect();
    let Node::List(list) = keys.node(keys.root()) else { return Err(problem("list of storages", "is not a list")) };
    let mut storages = HashMap::new();
    for &id in list {
        let key = keys.text(id).ok_or_else(|| problem("list of storages", "holds something that is not a key"))?;
        let place = || format!("storage {key}");
        let element = elements.get(key).ok_or_else(|| problem(place(), "belongs to no tensor"))?;
        let truncated = || problem(place(), "the file ends too early");
        let (length, after) = rest.split_first_chunk().ok_or_else(truncated)?;
        let length = usize::try_from(i64::from_le_bytes(*length)).ok();
        let length = length.and_then(|length| length.checked_mul(element.size()));
        let (storage, after) = length.and_then(|length| after.split_at_checked(length)).ok_or_else(truncated)?;
        storages.insert(key.to_owned(), storage);
        rest = after;
    }
    Ok(storages)
}
