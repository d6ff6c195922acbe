//! Axes: numbers with round ticks, or names.

/// An axis of a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    pub(super) title: String,
    low: f64,
    high: f64,
    pub(super) ticks: Vec<(f64, String)>,
    pub(super) is_named: bool,
}

/// Ticks of an axis, about.
const TICKS: f64 = 5.0;

impl Axis {
    /// Numbers from `low` to `high`, with ticks at round ones.
    pub fn numbers(title: &str, low: f64, high: f64) -> Self {
        let (low, high) = if high > low { (low, high) } else { (low - 0.5, low + 0.5) };
        let step = round_step((high - low) / TICKS);
        let decimals = (-step.log10().floor()).max(0.0) as usize;
        let first = (low / step - 1e-9).ceil() as i64;
        let last = (high / step + 1e-9).floor() as i64;
        let ticks = (first..=last).map(|at| {
            let value = at as f64 * step;
            (value, format!("{value:.decimals$}"))
        });
        Axis { title: title.to_owned(), low, high, ticks: ticks.collect(), is_named: false }
    }

    /// Numbers around `values`, and around `floor` and `ceiling` where they are given, widened to round
    /// ones.
    pub fn around(title: &str, values: impl Iterator<Item = f64>, floor: Option<f64>, ceiling: Option<f64>) -> Self {
        let (mut low, mut high) = (floor.unwrap_or(f64::INFINITY), ceiling.unwrap_or(f64::NEG_INFINITY));
        for value in values.filter(|value| value.is_finite()) {
            (low, high) = (low.min(value), high.max(value));
        }
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        let step = round_step(((high - low) / TICKS).max(1e-9));
        let widened = |value: f64, rounded: f64, fixed: Option<f64>| if fixed == Some(value) { value } else { rounded };
        Self::numbers(
            title,
            widened(low, (low / step).floor() * step, floor),
            widened(high, (high / step).ceil() * step, ceiling),
        )
    }

    /// Names at 0, 1, 2 …, from the left or from the top.
    pub fn names<'a>(title: &str, names: impl Iterator<Item = &'a str>) -> Self {
        let ticks: Vec<(f64, String)> = names.enumerate().map(|(at, name)| (at as f64, name.to_owned())).collect();
        Axis { title: title.to_owned(), low: -0.6, high: ticks.len() as f64 - 0.4, ticks, is_named: true }
    }

    /// Where a value lies, as a share of the axis.
    pub(super) fn share(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }
}

/// The next of 1, 2, 5, 10, 20 … × any power of ten.
fn round_step(step: f64) -> f64 {
    let power = 10.0_f64.powf(step.log10().floor());
    let digit = [1.0, 2.0, 5.0].into_iter().find(|digit| step <= digit * power * (1.0 + 1e-9)).unwrap_or(10.0);
    digit * power
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, label)| label.as_str()).collect()
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(labels(&Axis::numbers("", 0.0, 1.0)), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(&Axis::numbers("", -5.0, 5.0)), ["-4", "-2", "0", "2", "4"]);
        assert_eq!(labels(&Axis::numbers("", 0.0, 30.0)), ["0", "10", "20", "30"]);
        assert_eq!(Axis::numbers("", 3.0, 3.0).share(3.0), 0.5);
    }

    #[test]
    fn an_axis_reaches_around_its_values() {
        let axis = Axis::around("", [0.13, 0.47].into_iter(), Some(0.0), None);
        assert_eq!((axis.low, axis.high), (0.0, 0.5));
        let nothing = Axis::around("", [f64::NAN].into_iter(), None, None);
        assert_eq!((nothing.low, nothing.high), (0.0, 1.0));
    }
}
