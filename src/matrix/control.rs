//! Comparison of a mark with its control (input DNA, IgG).

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

    /// One bin; NaN where either value is missing, or the ratio is of negative numbers.
    pub fn compare(self, mark: f32, control: f32, scale: f64, pseudocount: f64) -> f32 {
        let (mark, control) = (f64::from(mark), f64::from(control) * scale);
        match self {
            ControlMethod::Subtract => (mark - control) as f32,
            ControlMethod::LogRatio => ((mark + pseudocount) / (control + pseudocount)).log2() as f32,
        }
    }
}

/// Which signal of a [`Binned`] is a mark's, and which its control's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chosen {
    /// Index of the mark's signal.
    pub signal: usize,
    /// Index of the control's signal, and the scale that brings it to the mark's depth.
    pub control: Option<(usize, f64)>,
}

impl Binned {
    /// Values row-major [gene, mark, bin], each mark compared with its control where it has one.
    pub fn choose(self, marks: &[Chosen], method: ControlMethod, pseudocount: f64) -> Vec<f32> {
        if marks.len() == self.tallies.len() && marks.iter().all(|mark| mark.control.is_none()) {
            return self.values;
        }
        let signals = self.tallies.len();
        let n_bins = self.values.len() / self.touched.len().max(1);
        let mut values = Vec::with_capacity(self.touched.len() / signals * marks.len() * n_bins);
        for gene in self.values.chunks_exact(signals * n_bins) {
            let of_signal = |at: usize| &gene[at * n_bins..(at + 1) * n_bins];
            for mark in marks {
                match mark.control {
                    None => values.extend_from_slice(of_signal(mark.signal)),
                    Some((control, scale)) => {
                        let pairs = of_signal(mark.signal).iter().zip(of_signal(control));
                        values.extend(pairs.map(|(&mark, &control)| method.compare(mark, control, scale, pseudocount)));
                    }
                }
            }
        }
        values
    }

    /// For each gene whether any of the marks (controls do not count) has data in its window.
    pub fn any_touched(&self, marks: &[Chosen]) -> Vec<bool> {
        let genes = self.touched.chunks_exact(self.tallies.len().max(1));
        genes.map(|gene| marks.iter().any(|mark| gene[mark.signal])).collect()
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
        let marks = [Chosen { signal: 0, control: Some((2, 0.5)) }, Chosen { signal: 1, control: None }];
        assert_eq!(binned.any_touched(&marks[1..]), [false]);
        assert_eq!(binned.choose(&marks, ControlMethod::Subtract, 1.0), [3.0, 6.0, 1.0, 2.0]);
    }

    #[test]
    fn the_control_is_scaled() {
        assert_eq!(ControlMethod::Subtract.compare(5.0, 4.0, 0.5, 1.0), 3.0);
        assert_eq!(ControlMethod::LogRatio.compare(7.0, 2.0, 0.5, 1.0), 2.0);
        assert!(ControlMethod::Subtract.compare(f32::NAN, 4.0, 0.5, 1.0).is_nan());
    }
}
