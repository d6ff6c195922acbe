//! Which genes of a sample take part in training, and what became of the others.

use std::collections::HashMap;

use crate::matrix::{ByGene, Label, Labels, Matrix, Region, Split};

/// The genes of one sample that can be trained and chosen on, as rows of its matrix, with labels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// Training genes.
    pub train: Vec<(usize, f32)>,
    /// Validation genes.
    pub valid: Vec<(usize, f32)>,
    /// Test genes, which training does not touch.
    pub test: usize,
    /// Genes of the matrix without a label.
    pub unlabelled: usize,
    /// Labelled genes that the fold gives no split.
    pub without_split: usize,
    /// Labelled genes with a split that no signal covers.
    pub not_scorable: usize,
    /// By row log2(x + 1) of the expression that the labels were made from, of a pair that of the second
    /// sample; of auxiliary losses only.
    pub expression: HashMap<usize, f32>,
}

impl Selection {
    /// Joins a matrix, its labels and one fold's splits by gene id; every gene is counted once.
    pub fn new(matrix: &Matrix, labels: &Labels, splits: &ByGene<Split>) -> Self {
        let labels = labels.by_gene();
        let mut selection = Selection::default();
        for (row, Region { id, .. }) in matrix.regions.iter().enumerate() {
            match (labels.get(id), splits.get(id)) {
                (None, _) => selection.unlabelled += 1,
                (_, None) => selection.without_split += 1,
                _ if !matrix.status[row].is_scorable() => selection.not_scorable += 1,
                (Some(&label), Some(Split::Train)) => selection.train.push((row, label as f32)),
                (Some(&label), Some(Split::Valid)) => selection.valid.push((row, label as f32)),
                (_, Some(Split::Test)) => selection.test += 1,
            }
        }
        selection
    }

    /// Takes expression from the labels as well.
    ///
    /// # Errors
    /// The id of the first gene that has a label and no expression.
    pub fn add_expression(&mut self, matrix: &Matrix, labels: &Labels) -> Result<(), String> {
        fn of_gene(label: &Label) -> Option<(&str, f32)> {
            Some((&label.gene_id, (label.expression? + 1.0).log2() as f32))
        }
        let by_gene: ByGene<f32> = labels.rows.iter().filter_map(of_gene).collect();
        for &(row, _) in self.train.iter().chain(&self.valid) {
            let id = &matrix.regions[row].id;
            self.expression.insert(row, *by_gene.get(id).ok_or_else(|| id.clone())?);
        }
        Ok(())
    }

    /// Rows and labels of the genes of a split, ascending; of the test genes there are none.
    pub fn of(&self, split: Split) -> &[(usize, f32)] {
        match split {
            Split::Train => &self.train,
            Split::Valid => &self.valid,
            Split::Test => &[],
        }
    }
}

/// Inputs and labels of genes, possibly of several samples.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GeneSet {
    /// Row-major [gene, mark, bin], transformed, without missing values.
    pub values: Vec<f32>,
    /// 0 or 1, or any number; one a gene.
    pub labels: Vec<f32>,
    /// As [`Selection::expression`], one a gene; else empty.
    pub expression: Vec<f32>,
}

impl GeneSet {
    /// None yet, with room for `n_genes` of `size` values.
    pub fn with_capacity(n_genes: usize, size: usize) -> Self {
        let (values, labels) = (Vec::with_capacity(n_genes * size), Vec::with_capacity(n_genes));
        GeneSet { values, labels, expression: Vec::new() }
    }

    /// Number of genes.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Genes labelled 1.
    pub fn positives(&self) -> usize {
        self.labels.iter().filter(|&&label| label == 1.0).count()
    }

    /// The values of one gene, row-major [mark, bin].
    pub fn gene(&self, gene: usize) -> &[f32] {
        let size = self.values.len() / self.len();
        &self.values[gene * size..][..size]
    }

    /// Adds a gene; all must have the same number of values.
    pub fn push(&mut self, values: &[f32], label: f32) {
        self.values.extend_from_slice(values);
        self.labels.push(label);
    }

    /// The same with its expression, of all genes or of none.
    pub fn push_with(&mut self, values: &[f32], label: f32, expression: Option<f32>) {
        self.push(values, label);
        self.expression.extend(expression);
    }

    /// Removes a gene; the last one takes its place.
    pub fn swap_remove(&mut self, gene: usize) {
        let (last, size) = (self.len() - 1, self.values.len() / self.len());
        self.values.copy_within(last * size.., gene * size);
        self.values.truncate(last * size);
        self.labels.swap_remove(gene);
        if !self.expression.is_empty() {
            self.expression.swap_remove(gene);
        }
    }
}

/// A number that changes when any value, label or their order does (FNV-1a, 64 bit), taken a gene at a
/// time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GeneDigest {
    genes: u64,
    state: u64,
}

impl Default for GeneDigest {
    fn default() -> Self {
        GeneDigest { genes: 0, state: 0xcbf2_9ce4_8422_2325 }
    }
}

impl GeneDigest {
    /// Adds a gene.
    pub fn add(&mut self, values: &[f32], label: f32) {
        self.genes += 1;
        self.state = values
            .iter()
            .chain([&label])
            .fold(self.state, |state, value| (state ^ u64::from(value.to_bits())).wrapping_mul(0x0000_0100_0000_01b3));
    }

    /// Adds the expression of the gene that was added last.
    pub fn add_expression(&mut self, expression: f32) {
        self.state = (self.state ^ u64::from(expression.to_bits())).wrapping_mul(0x0000_0100_0000_01b3);
    }
}

impl std::fmt::Display for GeneDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (digest {:016x})", self.genes, self.state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_removed_gene_gives_its_place_to_the_last() {
        let mut genes = GeneSet::default();
        (0..4).for_each(|gene| genes.push_with(&[gene as f32, 0.5], gene as f32, Some(10.0 * gene as f32)));
        genes.swap_remove(1);
        genes.swap_remove(2);
        let expected =
            GeneSet { values: vec![0.0, 0.5, 3.0, 0.5], labels: vec![0.0, 3.0], expression: vec![0.0, 30.0] };
        assert_eq!(genes, expected);
        genes.swap_remove(0);
        genes.swap_remove(0);
        assert!(genes.is_empty() && genes.values.is_empty());
    }

    #[test]
    fn the_digest_sees_values_labels_and_order() {
        type Gene = (&'static [f32], f32);
        let digest = |genes: &[Gene]| {
            let mut digest = GeneDigest::default();
            genes.iter().for_each(|(values, label)| digest.add(values, *label));
            digest.to_string()
        };
        let (a, b): (Gene, Gene) = ((&[1.0, 2.0], 0.0), (&[3.0, 4.0], 1.0));
        let digests = [digest(&[a, b]), digest(&[b, a]), digest(&[a, (b.0, 0.0)]), digest(&[a]), digest(&[])];
        assert!((0..5).all(|at| digests[..at].iter().all(|other| *other != digests[at])), "{digests:?}");
        assert!(digests[0].starts_with("2 (digest "));
    }
}
