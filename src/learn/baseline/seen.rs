//! What a model of features sees of a row.

use super::{Feature, Table};
use crate::learn::arrays::{ArrayError, Arrays};

/// Features, and what stands for each where it is not known: a gene without a known end has no body.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// What is taken of a row.
    pub list: Vec<Feature>,
    /// Whether rows have been through a logarithm, which the features take else.
    pub is_log: bool,
    /// The mean of each over the training genes that have it.
    pub middle: Vec<f64>,
}

impl Seen {
    /// Fits the means to rows of the training genes.
    pub fn new<'a>((list, is_log): (Vec<Feature>, bool), rows: impl Iterator<Item = &'a [f32]>) -> Self {
        let (mut sums, mut counts) = (vec![0.0; list.len()], vec![0u32; list.len()]);
        for row in rows {
            for (at, feature) in list.iter().enumerate() {
                let value = feature.of(row, is_log);
                if !value.is_nan() {
                    sums[at] += value;
                    counts[at] += 1;
                }
            }
        }
        let middle = sums.iter().zip(counts).map(|(sum, count)| sum / f64::from(count.max(1))).collect();
        Seen { list, is_log, middle }
    }

    /// The features of a row, transformed.
    pub fn of(&self, row: &[f32]) -> Vec<f64> {
        let known = |(feature, &middle): (&Feature, &f64)| {
            let value = feature.of(row, self.is_log);
            if value.is_nan() { middle } else { value }
        };
        self.list.iter().zip(&self.middle).map(known).collect()
    }

    /// The features of rows.
    pub fn table<'a>(&self, rows: impl Iterator<Item = &'a [f32]>) -> Table {
        let mut table = Table::new(self.list.len());
        rows.for_each(|row| table.push(&self.of(row)));
        table
    }

    /// Reads what [`Seen::middle`] was written as.
    ///
    /// # Errors
    /// If it is missing or does not fit.
    pub fn read((list, is_log): (Vec<Feature>, bool), arrays: &Arrays) -> Result<Self, ArrayError> {
        let middle = arrays.f64("middle")?;
        if middle.len() != list.len() {
            return Err(ArrayError { name: "middle".to_owned() });
        }
        Ok(Seen { list, is_log, middle })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::baseline::FeatureSet;
    use crate::matrix::{LayerName, RowShape};

    #[test]
    fn a_body_that_is_not_known_is_that_of_the_mean_gene() {
        let shape = RowShape::of([(LayerName::Window, 1, 2), (LayerName::Body, 1, 2)]);
        let rows = [[1.0, 3.0, 5.0, 7.0], [3.0, 5.0, 1.0, 1.0], [0.0, 0.0, f32::NAN, f32::NAN]];
        let seen = Seen::new((FeatureSet::Sums.list(&shape, 9), true), rows.iter().map(|row| &row[..]));
        assert_eq!(seen.middle, [2.0, 3.5]);
        assert_eq!(seen.of(&rows[0]), [2.0, 6.0]);
        assert_eq!(seen.of(&rows[2]), [0.0, 3.5]);
        let mut arrays = Arrays::default();
        arrays.add_f64("middle", &seen.middle);
        assert_eq!(Seen::read((seen.list.clone(), true), &arrays), Ok(seen.clone()));
        assert!(Seen::read((FeatureSet::All.list(&shape, 9), true), &arrays).is_err());
    }
}
