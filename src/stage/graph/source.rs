//! What one input holds.

use std::path::PathBuf;

use super::node::GraphNode;
use crate::graph::Place;

/// What one file holds.
pub struct ContextSource {
    pub path: PathBuf,
    /// The sample, or the name of the table.
    pub name: String,
    pub nodes: Vec<GraphNode>,
    /// One a node; NaN is a missing value.
    pub columns: Vec<Vec<f64>>,
    /// One an observation.
    pub places: Vec<Place>,
    /// What observations are called, by which samples are brought together; empty of a table.
    pub ids: Vec<String>,
}
