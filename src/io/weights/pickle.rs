//! The few operations of Python's pickle that a table of weights needs.
//!
//! Nothing is executed: a global is looked up in a closed list, and anything that is not on it ends
//! the reading. Values live in one array and refer to one another by index, so neither deep nesting
//! nor a value that holds itself can exhaust the stack. Operations:
//! <https://github.com/python/cpython/blob/main/Lib/pickletools.py>.

mod reader;

pub use reader::load;

use super::budget::TOO_LARGE;
use super::element::{Element, MOST_AXES};

/// Why a pickle was not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PickleError {
    /// A class or function outside the closed list.
    #[error("asks for {0}, which no table of weights needs")]
    Global(String),
    /// An operation that weights do not need.
    #[error("uses the pickle operation {0:#04x}, which no table of weights needs")]
    Operation(u8),
    /// The bytes end too early.
    #[error("ends in the middle of a pickle")]
    Truncated,
    /// More operations than a file of its size should need.
    #[error("{TOO_LARGE}")]
    TooLarge,
    /// Operations in an order that makes no sense.
    #[error("is not a valid pickle: {0}")]
    Malformed(&'static str),
}

type Result<T> = std::result::Result<T, PickleError>;

/// Index of a value.
pub type Id = usize;

/// The classes and functions that a table of weights may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Global {
    /// `collections.OrderedDict`
    OrderedDict,
    /// `torch._utils._rebuild_tensor_v2`
    RebuildTensor,
    /// `torch._utils._rebuild_parameter`
    RebuildParameter,
    /// `torch.FloatStorage` and its like
    Storage(Element),
}

impl Global {
    fn find(module: &str, name: &str) -> Result<Global> {
        Ok(match (module, name) {
            ("collections", "OrderedDict") => Global::OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2") => Global::RebuildTensor,
            ("torch._utils", "_rebuild_parameter") => Global::RebuildParameter,
            ("torch", "FloatStorage") => Global::Storage(Element::F32),
            ("torch", "DoubleStorage") => Global::Storage(Element::F64),
            ("torch", "HalfStorage") => Global::Storage(Element::F16),
            ("torch", "BFloat16Storage") => Global::Storage(Element::Bf16),
            _ => return Err(PickleError::Global(printable(&format!("{module}.{name}")))),
        })
    }
}

/// A name from an untrusted file, fit for one line of a terminal.
fn printable(name: &str) -> String {
    name.chars().take(80).map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// `None`, and numbers that weights have no use for.
    Other,
    /// True or False.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A text.
    Text(String),
    /// A tuple.
    Tuple(Vec<Id>),
    /// A list.
    List(Vec<Id>),
    /// A dict, in order of insertion.
    Dict(Vec<(Id, Id)>),
    /// A class or function of the closed list.
    Global(Global),
    /// A storage outside the pickle.
    Storage {
        /// Element type.
        element: Element,
        /// Its name, a text.
        key: Id,
        /// Number of elements.
        length: u64,
    },
    /// A tensor: storage, offset, shape, strides.
    Tensor([Id; 4]),
}

/// The values of one pickle.
#[derive(Debug)]
pub struct Pickle {
    nodes: Vec<Node>,
    root: Id,
    /// Bytes that the pickle takes.
    pub length: usize,
}

impl Pickle {
    /// The outermost value.
    pub fn root(&self) -> Id {
        self.root
    }

    /// A value.
    pub fn node(&self, id: Id) -> &Node {
        self.nodes.get(id).unwrap_or(&Node::Other)
    }

    /// Key and element type of every storage that is mentioned.
    pub fn storages(&self) -> impl Iterator<Item = (&str, Element)> {
        self.nodes.iter().filter_map(|node| match node {
            Node::Storage { element, key, .. } => Some((self.text(*key)?, *element)),
            _ => None,
        })
    }

    /// A text.
    pub fn text(&self, id: Id) -> Option<&str> {
        match self.node(id) {
            Node::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A number that counts something.
    pub fn size(&self, id: Id) -> Option<usize> {
        match self.node(id) {
            Node::Int(value) => usize::try_from(*value).ok(),
            _ => None,
        }
    }

    /// A tuple (or list) of such numbers, as many as a tensor has axes.
    pub fn sizes(&self, id: Id) -> Option<Vec<usize>> {
        match self.node(id) {
            Node::Tuple(items) | Node::List(items) if items.len() <= MOST_AXES => {
                items.iter().map(|&item| self.size(item)).collect()
            }
            _ => None,
        }
    }
}
