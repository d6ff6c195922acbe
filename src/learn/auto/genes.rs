//! What [`super::fit`] learns from.

use super::folds::Locus;
use crate::learn::GeneSet;
use crate::matrix::RowShape;

/// Most genes that are learnt from; of more, as many of each sample are taken, at even steps, others in each.
const MOST_GENES: usize = 20_000;
/// The same times the number of marks: with the marks, rows and features grow.
const MOST_GENES_AND_MARKS: usize = 200_000;

/// Genes to learn from, of one or several samples.
#[derive(Clone, Debug)]
pub struct Genes {
    /// The layers that are looked at; those of every sample must be known.
    pub shape: RowShape,
    /// Rows, transformed, and labels.
    pub set: GeneSet,
    /// Where each gene is.
    pub places: Vec<Locus>,
    /// Whether it is for validation, not for training.
    pub is_valid: Vec<bool>,
}

impl Genes {
    /// None yet.
    pub fn new(shape: RowShape) -> Self {
        Genes { shape, set: GeneSet::default(), places: Vec::new(), is_valid: Vec::new() }
    }

    /// Adds a sample: the rows of all its genes, transformed, and which genes have what label, are where, and are for
    /// validation. It is the `sample`-th of `n_samples`.
    pub fn add_sample(
        &mut self,
        rows: &[f32],
        labelled: &[(usize, f32, Locus, bool)],
        (sample, n_samples): (usize, usize),
    ) {
        let size = self.shape.size();
        let marks = self.shape.parts().first().map_or(1, |part| part.channels().count());
        let most = MOST_GENES.min(MOST_GENES_AND_MARKS / marks.max(1));
        let most = (most / n_samples.max(1)).max(1);
        let taken = labelled.len().min(most);
        // thousands of samples that show the same few genes would teach no more than these; where a sample's
        // genes are taken all, this is below one step
        let first = sample * labelled.len() / n_samples.max(1);
        for at in 0..taken {
            let (gene, label, place, is_valid) = &labelled[(at * labelled.len() + first) / taken];
            let row = &rows[gene * size..][..size];
            self.set.push(row, *label);
            self.places.push(place.clone());
            self.is_valid.push(*is_valid);
        }
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
            let row = |place: &Locus| match place {
                Locus::At(_, row) => *row,
                Locus::Somewhere(_) => -1,
            };
            genes.places.iter().map(row).collect::<Vec<_>>()
        };
        let of_samples = |n_samples: usize, n_genes: usize, n_marks: usize| {
            let mut genes = Genes::new(RowShape::window(n_marks, 1));
            let values: Vec<f32> = (0..n_marks * n_genes).map(|at| at as f32).collect();
            let labelled: Vec<_> =
                (0..n_genes).map(|row| (row, 1.0, Locus::At("chr1".to_owned(), row as i64), row % 5 == 0)).collect();
            (0..n_samples).for_each(|sample| genes.add_sample(&values, &labelled, (sample, n_samples)));
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
