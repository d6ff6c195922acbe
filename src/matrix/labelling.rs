//! From expression to labels: high or low at a threshold, or a real number.

/// How expression becomes a label.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LabelMethod {
    /// High (1) at or above the median of the genes, as in DeepChrome, AttentiveChrome and ShallowChrome.
    Median,
    /// High at or above a given expression.
    Threshold(f64),
    /// High at or above a quantile of the genes (0.5 is the median; linear between neighbours, as
    /// numpy has it).
    Quantile(f64),
    /// High at or above the valley between silent and active genes: the left edge of the emptiest bin
    /// left of the median in a histogram of ln(x + 1) of 100 bins, as in ShallowChrome.
    Valley,
    /// log2(x + 1), for regression.
    Log2,
}

/// Why there is no label.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum LabelError {
    /// No gene has a value.
    #[error("no gene has an expression value. Check that it is the right column")]
    NoValue,
    /// The histogram has nothing left of its median.
    #[error("no valley: at least half of the genes share the lowest expression, {lowest}. Choose another method")]
    NoValley {
        /// The lowest expression.
        lowest: f64,
    },
    /// All genes are in one class.
    #[error("all {genes} genes with a value are {}: a gene is high from an expression of {threshold} on", if *.high { "high" } else { "low" })]
    OneClass {
        /// Genes with a value.
        genes: usize,
        /// The class.
        high: bool,
        /// From here on a gene is high.
        threshold: f64,
    },
}

/// Labels in the order of `expression` (one value a gene, not negative; missing stays missing) and
/// the threshold, where the method has one.
///
/// # Errors
/// No value at all, no valley, or a single class.
pub fn label(expression: &[Option<f64>], method: LabelMethod) -> Result<(Vec<Option<f64>>, Option<f64>), LabelError> {
    let mut values: Vec<f64> = expression.iter().flatten().copied().collect();
    if values.is_empty() {
        return Err(LabelError::NoValue);
    }
    values.sort_by(f64::total_cmp);
    let threshold = match method {
        LabelMethod::Median => quantile(&values, 0.5),
        LabelMethod::Threshold(threshold) => threshold,
        LabelMethod::Quantile(share) => quantile(&values, share),
        LabelMethod::Valley => valley(&values)?,
        LabelMethod::Log2 => {
            return Ok((expression.iter().map(|value| value.map(|x| (x + 1.0).log2())).collect(), None));
        }
    };
    let (lowest, highest) = (values[0], values[values.len() - 1]);
    if lowest >= threshold || highest < threshold {
        return Err(LabelError::OneClass { genes: values.len(), high: lowest >= threshold, threshold });
    }
    let high = |x: f64| f64::from(u8::from(x >= threshold));
    Ok((expression.iter().map(|value| value.map(high)).collect(), Some(threshold)))
}

/// Quantile of sorted values, linear between neighbours.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = share.clamp(0.0, 1.0) * (sorted.len() - 1) as f64;
    let (low, high) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    low + (high - low) * at.fract()
}

/// ShallowChrome's `find_valley` (github.com/DEIB-GECO/ShallowChrome, notebooks/utils.py).
fn valley(sorted: &[f64]) -> Result<f64, LabelError> {
    const BINS: usize = 100;
    let logs: Vec<f64> = sorted.iter().map(|x| x.ln_1p()).collect();
    let (lowest, highest, median) = (logs[0], logs[logs.len() - 1], quantile(&logs, 0.5));
    let edge = |bin: usize| lowest + (highest - lowest) * bin as f64 / BINS as f64;
    let mut counts = [0u64; BINS];
    for log in &logs {
        let bin = ((log - lowest) / (highest - lowest) * BINS as f64) as usize;
        counts[bin.min(BINS - 1)] += 1;
    }
    let left_of_median = (0..BINS).take_while(|&bin| edge(bin) < median);
    let emptiest = left_of_median.min_by_key(|&bin| counts[bin]);
    emptiest.map(|bin| edge(bin).exp_m1()).ok_or(LabelError::NoValley { lowest: sorted[0] })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(values: &[f64], method: LabelMethod) -> (Vec<f64>, Option<f64>) {
        let expression: Vec<Option<f64>> = values.iter().copied().map(Some).collect();
        let (labels, threshold) = label(&expression, method).unwrap();
        (labels.into_iter().flatten().collect(), threshold)
    }

    #[test]
    fn the_median_itself_is_high() {
        assert_eq!(labels(&[5.0, 1.0, 3.0], LabelMethod::Median), (vec![1.0, 0.0, 1.0], Some(3.0)));
        // between the two middle values of an even number
        assert_eq!(labels(&[4.0, 1.0, 2.0, 8.0], LabelMethod::Median), (vec![1.0, 0.0, 0.0, 1.0], Some(3.0)));
    }

    #[test]
    fn quantiles_are_linear_between_neighbours() {
        // numpy.quantile([1, 2, 4, 8], [.25, .9, 1]) = 1.75, 6.8, 8
        let threshold = |share| labels(&[1.0, 2.0, 4.0, 8.0], LabelMethod::Quantile(share)).1.unwrap();
        assert!((threshold(0.25) - 1.75).abs() < 1e-12);
        assert!((threshold(0.9) - 6.8).abs() < 1e-12);
        assert_eq!(threshold(1.0), 8.0);
    }

    #[test]
    fn one_class_is_an_error() {
        let of = |values: [f64; 4], method| label(&values.map(Some), method).unwrap_err();
        let silent = LabelError::OneClass { genes: 4, high: true, threshold: 0.0 };
        assert_eq!(of([0.0, 0.0, 0.0, 5.0], LabelMethod::Median), silent);
        let loud = LabelError::OneClass { genes: 4, high: false, threshold: 9.0 };
        assert_eq!(of([1.0, 2.0, 0.0, 5.0], LabelMethod::Threshold(9.0)), loud);
    }

    #[test]
    fn the_valley_lies_between_the_two_hills() {
        let mut values = vec![0.0; 40];
        values.extend((0..60).map(|i| 9.0 + f64::from(i) / 10.0));
        let (labels, threshold) = labels(&values, LabelMethod::Valley);
        let threshold = threshold.unwrap();
        assert!(threshold > 0.0 && threshold <= 9.0, "{threshold}");
        assert_eq!(labels.iter().sum::<f64>(), 60.0);
    }

    #[test]
    fn no_valley_where_most_genes_are_silent() {
        let values: Vec<Option<f64>> = [0.0, 0.0, 0.0, 5.0].map(Some).to_vec();
        assert_eq!(label(&values, LabelMethod::Valley), Err(LabelError::NoValley { lowest: 0.0 }));
        assert_eq!(label(&[None], LabelMethod::Median), Err(LabelError::NoValue));
    }

    #[test]
    fn missing_stays_missing_and_log2_has_no_threshold() {
        let (labels, threshold) = label(&[Some(0.0), None, Some(7.0)], LabelMethod::Log2).unwrap();
        assert_eq!((labels, threshold), (vec![Some(0.0), None, Some(3.0)], None));
    }
}
