//! The observations of one context, and other samples of the same that say how far chance goes.

use super::covariance::{Association, Observations};
use super::estimate::Measured;
use crate::learn::gene_order;

/// Where an observation lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Observations of one chromosome are neighbours of one another in the order in which they stand.
    pub chrom: usize,
    /// Observations of one block are drawn together. Contexts that have a block in common draw it together.
    pub block: usize,
}

/// The observations of one context.
#[derive(Clone, Debug)]
pub struct Context {
    /// Its name.
    pub name: String,
    /// Observations × nodes.
    pub observations: Observations,
    /// One an observation.
    pub places: Vec<Place>,
}

/// Data of which something that the graphs are about is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Null {
    /// Every node's observations in an order of their own: no node depends on another.
    Permuted,
    /// Every node's observations moved along each chromosome by a distance of their own: no node depends on another,
    /// and neighbours are as much alike as they were.
    Rotated,
    /// Blocks dealt out anew to the contexts: no context differs from another.
    Relabelled,
}

impl Null {
    /// The name used in tables.
    pub fn name(self) -> &'static str {
        match self {
            Null::Permuted => "permuted",
            Null::Rotated => "rotated",
            Null::Relabelled => "relabelled",
        }
    }
}

impl Context {
    /// How its nodes go together.
    pub fn measured(&self, how: Association) -> Measured {
        let (association, shrinkage) = self.observations.measured(how);
        Measured { association, n: self.places.len(), shrinkage }
    }

    /// The same with every node as normal scores.
    pub fn with_normal_scores(&self) -> Context {
        Context { observations: self.observations.normal_scores(), ..self.clone() }
    }

    /// These observations, by number.
    pub fn with(&self, observations: &[usize]) -> Context {
        let of = |column: &Vec<f64>| observations.iter().map(|&at| column[at]).collect();
        Context {
            name: self.name.clone(),
            observations: Observations { columns: self.observations.columns.iter().map(of).collect() },
            places: observations.iter().map(|&at| self.places[at]).collect(),
        }
    }
}

/// The `number`th half of the blocks, of all contexts.
pub fn half(contexts: &[Context], seed: u64, number: u32) -> Vec<Context> {
    let blocks = blocks(contexts);
    let mut is_drawn = vec![false; blocks.iter().max().map_or(0, |last| last + 1)];
    for at in gene_order(seed, number, blocks.len()).into_iter().take(blocks.len().div_ceil(2)) {
        is_drawn[blocks[at]] = true;
    }
    let drawn = |context: &Context| {
        let of: Vec<usize> = (0..context.places.len()).filter(|&at| is_drawn[context.places[at].block]).collect();
        context.with(&of)
    };
    contexts.iter().map(drawn).collect()
}

/// The `number`th data without what a null takes away.
pub fn null(contexts: &[Context], null: Null, seed: u64, number: u32) -> Vec<Context> {
    let nodes = contexts.iter().map(|context| context.observations.columns.len()).max().unwrap_or(0);
    let per_number = (contexts.len() * nodes.max(1)) as u32;
    let order = |which: usize, n: usize| gene_order(seed, number * per_number + which as u32, n);
    if null == Null::Relabelled {
        return relabelled(contexts, |n| order(0, n));
    }
    let mut others = contexts.to_vec();
    for (at, context) in others.iter_mut().enumerate() {
        let n = context.places.len();
        for (node, column) in context.observations.columns.iter_mut().enumerate() {
            let order = order(at * nodes + node, n);
            if null == Null::Permuted {
                *column = order.iter().map(|&at| column[at]).collect();
                continue;
            }
            let mut start = 0;
            for chrom in context.places.chunk_by(|a, b| a.chrom == b.chrom) {
                // a random number below n, taken anew for each chromosome
                let part = &mut column[start..start + chrom.len()];
                part.rotate_left(order[start] % chrom.len());
                start += chrom.len();
            }
        }
    }
    others
}

fn blocks(contexts: &[Context]) -> Vec<usize> {
    let mut blocks: Vec<usize> =
        contexts.iter().flat_map(|context| context.places.iter().map(|place| place.block)).collect();
    blocks.sort_unstable();
    blocks.dedup();
    blocks
}

/// Each block of each context goes to any context, which keeps about as many.
fn relabelled(contexts: &[Context], order: impl Fn(usize) -> Vec<usize>) -> Vec<Context> {
    let mut units = Vec::new();
    for (at, context) in contexts.iter().enumerate() {
        units.extend(blocks(std::slice::from_ref(context)).into_iter().map(|block| (at, block)));
    }
    let owners: Vec<usize> = units.iter().map(|unit| unit.0).collect();
    let mut others: Vec<Context> = contexts.iter().map(|context| context.with(&[])).collect();
    for (unit, owner) in order(units.len()).into_iter().zip(owners) {
        let (from, block) = units[unit];
        let of: Vec<usize> =
            (0..contexts[from].places.len()).filter(|&at| contexts[from].places[at].block == block).collect();
        let part = contexts[from].with(&of);
        let other = &mut others[owner];
        for (column, more) in other.observations.columns.iter_mut().zip(part.observations.columns) {
            column.extend(more);
        }
        other.places.extend(part.places);
    }
    others
}
