//! What [`super::fit`] learns from.

use super::folds::Place;
use super::view::{Context, View};
use super::{LINEAR, OF_TREES};
use crate::learn::GeneSet;
use crate::learn::baseline::Table;

/// Most genes that are learnt from; of more, as many of each sample are taken, at even steps.
const MOST_GENES: usize = 20_000;

/// Genes to learn from, of one or several samples, as each kind of model sees them.
#[derive(Clone, Debug)]
pub struct Genes {
    /// Marks and bins.
    pub window: (usize, usize),
    /// Windows, transformed, and labels.
    pub set: GeneSet,
    /// Where each gene is.
    pub places: Vec<Place>,
    /// Whether it is for validation, not for training.
    pub is_valid: Vec<bool>,
    tables: Vec<(View, Table)>,
}

impl Genes {
    /// None yet, of windows of [mark, bin].
    pub fn new(window: (usize, usize)) -> Self {
        let mut tables: Vec<(View, Table)> = Vec::new();
        for view in LINEAR.into_iter().chain([OF_TREES]) {
            if tables.iter().all(|(other, _)| *other != view) {
                tables.push((view, Table::new(view.factors(window.0, window.1).len())));
            }
        }
        Genes { window, set: GeneSet::default(), places: Vec::new(), is_valid: Vec::new(), tables }
    }

    /// Adds a sample: the windows of all its genes, transformed, row-major [gene, mark, bin], and which of
    /// them have what label, are where, and are for validation. `n_samples` there will be.
    pub fn add_sample(&mut self, values: &[f32], labelled: &[(usize, f32, Place, bool)], n_samples: usize) {
        let size = self.window.0 * self.window.1;
        let context = Context::of(values, self.window);
        let most = (MOST_GENES / n_samples.max(1)).max(1);
        let taken = labelled.len().min(most);
        for at in 0..taken {
            let (gene, label, place, is_valid) = &labelled[at * labelled.len() / taken];
            let window = &values[gene * size..][..size];
            self.set.push(window, *label);
            self.places.push(place.clone());
            self.is_valid.push(*is_valid);
            self.tables.iter_mut().for_each(|(view, table)| table.push(&context.see(*view, window)));
        }
    }

    /// What a view sees of all genes.
    pub(super) fn table(&self, view: View) -> &Table {
        self.tables.iter().find(|(of, _)| *of == view).map_or(&self.tables[0].1, |(_, table)| table)
    }

    /// Number of genes.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }
}
