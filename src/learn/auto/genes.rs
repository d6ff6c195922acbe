//! What [`super::fit`] learns from.

use super::folds::Place;
use super::view::{Context, View};
use super::{LINEAR, OF_TREES};
use crate::learn::GeneSet;
use crate::learn::baseline::Table;
use crate::matrix::BODY_PARTS;

/// Most genes that are learnt from; of more, as many of each sample are taken, at even steps, others in each.
const MOST_GENES: usize = 20_000;
/// The same times the number of marks: with the marks, the features grow that a linear member has, and so do its
/// memory and, by the square, its time.
const MOST_GENES_AND_MARKS: usize = 200_000;

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
    /// Whether the genes' bodies are looked at: those of every sample must be known then.
    pub with_body: bool,
    tables: Vec<(View, Table)>,
    /// Row-major [gene, mark, part], of the genes that are learnt from.
    pub(super) bodies: Vec<f32>,
}

impl Genes {
    /// None yet, of windows of [mark, bin].
    pub fn new(window: (usize, usize), with_body: bool) -> Self {
        let mut tables: Vec<(View, Table)> = Vec::new();
        for view in LINEAR.into_iter().chain([OF_TREES]) {
            if tables.iter().all(|(other, _)| *other != view) {
                tables.push((view, Table::new(view.factors(window, with_body).len())));
            }
        }
        let (places, is_valid, bodies) = (Vec::new(), Vec::new(), Vec::new());
        Genes { window, set: GeneSet::default(), places, is_valid, with_body, tables, bodies }
    }

    /// Adds a sample: the windows of all its genes, transformed, row-major [gene, mark, bin], their bodies
    /// [gene, mark, part] if they are looked at, and which genes have what label, are where, and are for validation.
    /// It is the `sample`-th of `n_samples`.
    pub fn add_sample(
        &mut self,
        (values, body): (&[f32], Option<&[f32]>),
        labelled: &[(usize, f32, Place, bool)],
        (sample, n_samples): (usize, usize),
    ) {
        let size = self.window.0 * self.window.1;
        let body = body.filter(|_| self.with_body);
        let context = Context::of(values, body, self.window);
        let parts = self.window.0 * BODY_PARTS;
        let most = MOST_GENES.min(MOST_GENES_AND_MARKS / self.window.0.max(1));
        let most = (most / n_samples.max(1)).max(1);
        let taken = labelled.len().min(most);
        // thousands of samples that show the same few genes would teach no more than these; where a sample's
        // genes are taken all, this is below one step
        let first = sample * labelled.len() / n_samples.max(1);
        for at in 0..taken {
            let (gene, label, place, is_valid) = &labelled[(at * labelled.len() + first) / taken];
            let window = &values[gene * size..][..size];
            let body = body.map_or(&[][..], |body| &body[gene * parts..][..parts]);
            self.bodies.extend_from_slice(body);
            self.set.push(window, *label);
            self.places.push(place.clone());
            self.is_valid.push(*is_valid);
            self.tables.iter_mut().for_each(|(view, table)| table.push(&context.see(*view, window, body)));
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn many_samples_are_thinned_to_different_genes_and_few_are_taken_whole() {
        let rows = |genes: &Genes| {
            let row = |place: &Place| match place {
                Place::At(_, row) => *row,
                Place::Somewhere(_) => -1,
            };
            genes.places.iter().map(row).collect::<Vec<_>>()
        };
        let of_samples = |n_samples: usize, n_genes: usize, n_marks: usize| {
            let mut genes = Genes::new((n_marks, 1), false);
            let values: Vec<f32> = (0..n_marks * n_genes).map(|at| at as f32).collect();
            let labelled: Vec<_> =
                (0..n_genes).map(|row| (row, 1.0, Place::At("chr1".to_owned(), row as i64), row % 5 == 0)).collect();
            (0..n_samples).for_each(|sample| genes.add_sample((&values, None), &labelled, (sample, n_samples)));
            genes
        };
        let few = of_samples(3, 50, 2);
        assert_eq!(rows(&few), [0, 1, 2].iter().flat_map(|_| 0..50).collect::<Vec<i64>>());
        let many = of_samples(10_000, 50, 2);
        assert_eq!(many.len(), MOST_GENES);
        let taken: BTreeSet<i64> = rows(&many).into_iter().collect();
        assert_eq!(taken, (0..50).collect());
        let share = many.is_valid.iter().filter(|&&is_valid| is_valid).count() as f64 / many.len() as f64;
        assert!((share - 0.2).abs() < 0.02, "{share}");
        assert_eq!(of_samples(3, 2_000, 50).len(), 3 * 1_333, "more marks, fewer genes");
    }
}
