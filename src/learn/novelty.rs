//! How unlike the genes of the training samples those of another sample are, as the model sees them.

/// Steps between the quantiles that a model file keeps: at 0, 5, … 100 %.
const STEPS: usize = 20;
/// Fewer genes say nothing.
const FEWEST: usize = 20;
/// Largest difference of cumulative shares that passes. Signals of one kind in different cell types stay
/// below 0.41 on the samples that we have; a factor of 3 gives 0.45 to 0.9.
const LARGEST: f64 = 0.5;

/// The mean input of each mark in each gene, of which the quantiles of a model file are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GeneMeans {
    /// By mark, one a gene.
    means: Vec<Vec<f64>>,
}

/// A mark whose inputs are unlike those of the training samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unlike {
    /// Mark, counted from 0.
    pub mark: usize,
    /// Largest difference of the cumulative shares of genes (Kolmogorov-Smirnov), about.
    pub distance: f64,
    /// Share of the genes above the training samples' median.
    pub above_median: f64,
}

impl GeneMeans {
    /// Starts without genes.
    pub fn new(n_marks: usize) -> Self {
        GeneMeans { means: vec![Vec::new(); n_marks] }
    }

    /// Adds a gene's inputs, row-major [mark, bin], transformed.
    pub fn add(&mut self, inputs: &[f32]) {
        let n_bins = (inputs.len() / self.means.len().max(1)).max(1);
        for (means, bins) in self.means.iter_mut().zip(inputs.chunks_exact(n_bins)) {
            means.push(bins.iter().map(|&value| f64::from(value)).sum::<f64>() / n_bins as f64);
        }
    }

    /// By mark the quantiles at 0, 5, … 100 %; none of few genes.
    pub fn quantiles(&self) -> Vec<Vec<f64>> {
        if self.means.iter().any(|means| means.len() < FEWEST) {
            return Vec::new();
        }
        let of_mark = |means: &Vec<f64>| {
            let mut sorted = means.clone();
            sorted.sort_by(f64::total_cmp);
            let last = sorted.len() - 1;
            (0..=STEPS).map(|step| sorted[(step * last + STEPS / 2) / STEPS]).collect()
        };
        self.means.iter().map(of_mark).collect()
    }

    /// The marks that are unlike what a model was trained on, whose quantiles these are; none where there
    /// are no quantiles, or too few genes.
    pub fn unlike(&self, quantiles: &[Vec<f64>]) -> Vec<Unlike> {
        let marks = self.means.iter().zip(quantiles).enumerate();
        let all = marks.filter(|(_, (means, _))| means.len() >= FEWEST).map(|(mark, (means, quantiles))| {
            let share =
                |is: &dyn Fn(f64) -> bool| means.iter().filter(|&&mean| is(mean)).count() as f64 / means.len() as f64;
            let middle = quantiles[quantiles.len() / 2];
            Unlike { mark, distance: distance(quantiles, share), above_median: share(&|mean| mean > middle) }
        });
        all.filter(|unlike| unlike.distance > LARGEST).collect()
    }
}

/// The largest difference of cumulative shares at the quantiles. Several of them may be one value, of which
/// the first says how many of their genes are below, and the last how many are not above.
fn distance(quantiles: &[f64], share: impl Fn(&dyn Fn(f64) -> bool) -> f64) -> f64 {
    let steps = (quantiles.len() - 1) as f64;
    let mut largest = 0.0f64;
    for (step, &value) in quantiles.iter().enumerate() {
        let at = step as f64 / steps;
        if quantiles.get(step + 1) != Some(&value) {
            largest = largest.max((share(&|mean| mean <= value) - at).abs());
        }
        if step == 0 || quantiles[step - 1] != value {
            largest = largest.max((share(&|mean| mean < value) - at).abs());
        }
    }
    largest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 200 genes of two marks: one of even values from 0 to 1, the other 0 in three quarters of them.
    fn genes(factor: f32) -> GeneMeans {
        let mut means = GeneMeans::new(2);
        for gene in 0..200 {
            let value = factor * (gene * 37 % 200) as f32 / 200.0;
            means.add(&[value, value, if gene % 4 == 0 { value } else { 0.0 }, 0.0]);
        }
        means
    }

    #[test]
    fn a_sample_is_like_itself_and_unlike_one_in_other_units() {
        let quantiles = genes(1.0).quantiles();
        assert_eq!((quantiles.len(), quantiles[0].len()), (2, 21));
        assert!((quantiles[0][10] - 0.5).abs() < 0.01 && quantiles[1][14] == 0.0 && quantiles[1][20] > 0.45);
        assert!(genes(1.0).unlike(&quantiles).is_empty());
        // evenly spread to 1.2: 17 % lie above all training genes
        assert!(genes(1.2).unlike(&quantiles).is_empty());
        let far = genes(10.0).unlike(&quantiles);
        assert_eq!(far.len(), 1, "{far:?}");
        assert!((far[0].distance - 0.9).abs() < 0.02 && (far[0].above_median - 0.95).abs() < 0.02, "{far:?}");
        // no signal at all: every gene is below the median of the first mark; most of the second's are 0 anyway
        let none = genes(0.0).unlike(&quantiles);
        assert_eq!((none.len(), none[0].above_median), (1, 0.0), "{none:?}");
        assert!(none[0].distance > 0.9);
    }

    #[test]
    fn few_genes_and_old_models_say_nothing() {
        let mut few = GeneMeans::new(1);
        (0..19).for_each(|_| few.add(&[5.0, 5.0]));
        assert!(few.quantiles().is_empty());
        assert!(few.unlike(&[vec![0.0; 21]]).is_empty());
        assert!(genes(10.0).unlike(&[]).is_empty());
    }
}
