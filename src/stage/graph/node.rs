//! What a node is.

/// A node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphNode {
    /// Its name, unique.
    pub name: String,
    /// Its mark, where it is one's signal.
    pub mark: Option<String>,
    /// The part of the region that the signal is of.
    pub part: Option<String>,
    /// What it is grouped by.
    pub group: Option<String>,
}
