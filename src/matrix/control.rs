//! What a mark's bins are made of: its files, which may be several replicates, compared with its control (input DNA,
//! IgG), which may be several files too.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Binned;

/// How a mark's bins are compared with its control's.
///
/// The control is first scaled to the mark's depth: `scale` = mark's total / control's total, totals
/// being all reads that pass the filters, or the sum of all values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ControlMethod {
    /// mark − scale × control; may be negative.
    #[default]
    Subtract,
    /// log2((mark + p) / (scale × control + p)) with the pseudocount p.
    LogRatio,
}

impl ControlMethod {
    /// The name used on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            ControlMethod::Subtract => "subtract",
            ControlMethod::LogRatio => "log-ratio",
        }
    }

    /// One bin, the control scaled already; NaN where either value is missing, or the ratio is of negative numbers.
    pub fn compare(self, mark: f64, control: f64, pseudocount: f64) -> f32 {
        match self {
            ControlMethod::Subtract => (mark - control) as f32,
            ControlMethod::LogRatio => ((mark + pseudocount) / (control + pseudocount)).log2() as f32,
        }
    }
}

/// A weighted sum of the signals of a [`Binned`]: index and weight of each.
pub type Mix = Vec<(usize, f64)>;

/// Which signals of a [`Binned`] make up a mark, and which its control.
#[derive(Clone, Debug, PartialEq)]
pub struct Chosen {
    /// The mark's signals.
    pub signal: Mix,
    /// The control's signals, weighted so that they have the mark's depth.
    pub control: Option<Mix>,
}

impl Binned {
    /// Values row-major [gene, mark, bin], each mark compared with its control where it has one.
    pub fn choose(self, marks: &[Chosen], method: ControlMethod, pseudocount: f64) -> Vec<f32> {
        let is_file = |(at, mark): (usize, &Chosen)| mark.control.is_none() && mark.signal == [(at, 1.0)];
        if marks.len() == self.tallies.len() && marks.iter().enumerate().all(is_file) {
            return self.values;
        }
        let signals = self.tallies.len();
        let n_bins = self.values.len() / self.touched.len().max(1);
        let mut values = Vec::with_capacity(self.touched.len() / signals * marks.len() * n_bins);
        for gene in self.values.chunks_exact(signals * n_bins) {
            let mixed = |mix: &Mix, bin: usize| {
                let part = |&(at, weight): &(usize, f64)| f64::from(gene[at * n_bins + bin]) * weight;
                mix.iter().map(part).sum::<f64>()
            };
            for mark in marks {
                values.extend((0..n_bins).map(|bin| match &mark.control {
                    None => mixed(&mark.signal, bin) as f32,
                    Some(control) => method.compare(mixed(&mark.signal, bin), mixed(control, bin), pseudocount),
                }));
            }
        }
        values
    }

    /// For each gene whether any of the marks (controls do not count) has data in its window.
    pub fn any_touched(&self, marks: &[Chosen]) -> Vec<bool> {
        let genes = self.touched.chunks_exact(self.tallies.len().max(1));
        genes.map(|gene| marks.iter().flat_map(|mark| &mark.signal).any(|&(at, _)| gene[at])).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_leave_the_matrix() {
        let binned = Binned {
            // one gene, signals mark, mark, control, two bins
            values: vec![5.0, 6.0, 1.0, 2.0, 4.0, 0.0],
            touched: vec![true, false, true],
            tallies: vec![Default::default(); 3],
        };
        let marks = [
            Chosen { signal: vec![(0, 1.0)], control: Some(vec![(2, 0.5)]) },
            Chosen { signal: vec![(1, 1.0)], control: None },
        ];
        assert_eq!(binned.any_touched(&marks[1..]), [false]);
        assert_eq!(binned.choose(&marks, ControlMethod::Subtract, 1.0), [3.0, 6.0, 1.0, 2.0]);
    }

    #[test]
    fn replicates_add_up_by_their_weights() {
        let binned = Binned {
            // one gene, two replicates and the control, two bins
            values: vec![5.0, 6.0, 1.0, f32::NAN, 4.0, 0.0],
            touched: vec![false, true, false],
            tallies: vec![Default::default(); 3],
        };
        let marks = [Chosen { signal: vec![(0, 0.5), (1, 2.0)], control: Some(vec![(2, 0.25)]) }];
        assert_eq!(binned.any_touched(&marks), [true]);
        let values = binned.choose(&marks, ControlMethod::Subtract, 1.0);
        assert_eq!(values[0], 3.5);
        assert!(values[1].is_nan());
    }

    #[test]
    fn methods_compare() {
        assert_eq!(ControlMethod::Subtract.compare(5.0, 2.0, 1.0), 3.0);
        assert_eq!(ControlMethod::LogRatio.compare(7.0, 1.0, 1.0), 2.0);
        assert!(ControlMethod::Subtract.compare(f64::NAN, 4.0, 1.0).is_nan());
    }
}
