//! What is done to the raw signal before the model sees it: fitted on the training genes, stored in
//! the model, applied by predict.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::measure::{LayerQuantiles, LayerScores, Measure};
use crate::matrix::{Input, LayerName, Matrix, RowPart, RowShape};

/// The choice of input transform.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Transform {
    /// Values as they are, the published regime.
    #[default]
    Raw,
    /// ln(1 + x).
    Log1p,
    /// Each mark scaled so that its mean over the sample's genes equals the training samples' mean.
    DepthScaled,
    /// Depth-scaled, then ln(1 + x).
    DepthScaledLog1p,
    /// Each mark divided by its mean absolute value over the sample's genes: neither the unit of the signal
    /// counts, nor the depth of a sample.
    UnitMean,
    /// The same, then the logarithm: sign(x)·ln(1 + |x|). What was learnt travels best to samples on another scale.
    UnitMeanLog1p,
    /// Each mark in each layer as normal scores among all places of the sample's genes, equal values in the middle of
    /// their ranks: nothing counts but the order. 0 is the median, also for what is missing.
    NormalScores,
}

impl Transform {
    /// The name used on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Transform::Raw => "raw",
            Transform::Log1p => "log1p",
            Transform::DepthScaled => "depth-scaled",
            Transform::DepthScaledLog1p => "depth-scaled-log1p",
            Transform::UnitMean => "unit-mean",
            Transform::UnitMeanLog1p => "unit-mean-log1p",
            Transform::NormalScores => "normal-scores",
        }
    }
}

/// A transform with what was learnt on the training genes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FittedTransform {
    /// The choice.
    pub transform: Transform,
    /// Mean raw value of each mark over the training genes, in mark order.
    pub train_means: Vec<f64>,
    /// What the training samples are measured by, where that is a sample's own signal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<SampleUnit>,
}

/// What a sample is measured by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SampleUnit {
    /// Name of the sample.
    pub sample: String,
    /// Digests of its signal files, in the order of the marks, each with what was asked of its reads or values.
    pub digests: Vec<String>,
    /// Mean absolute raw value of each mark over its genes; empty where distributions count.
    pub means: Vec<f64>,
    /// The distribution of each mark in each layer, where that counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quantiles: Vec<LayerQuantiles>,
    /// Genes that these are of.
    #[serde(default)]
    pub genes: usize,
}

/// What a matrix is measured by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeasuredBy {
    /// The means, or distributions, of its sample, which the model was trained on: a subset of its genes scores as all of them do.
    TrainingSample,
    /// Those of its own genes.
    OwnGenes,
    /// Those of its own genes, which are fewer than half of those of any training sample: perhaps a subset.
    FewOfItsGenes,
    /// Those of the training samples, because its own genes are too few.
    TrainingSamples,
}

/// Fewest genes that say what the signal of a sample is.
const FEWEST_GENES: usize = 50;

/// A value that the model or the transform cannot take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("gene {gene}, mark {mark}, bin {bin}: {problem}")]
pub struct ValueError {
    /// Gene id.
    pub gene: String,
    /// Mark.
    pub mark: String,
    /// Bin, counted from 1.
    pub bin: usize,
    /// What is wrong with it.
    pub problem: String,
}

/// A value that the transform cannot take, by its indices in the gene's row.
#[derive(Clone, Debug, PartialEq)]
pub struct BadValue {
    /// Mark, counted from 0.
    pub mark: usize,
    /// Bin, counted from 0.
    pub bin: usize,
    /// The value.
    pub raw: f32,
    /// What is wrong with it.
    pub problem: &'static str,
}

impl BadValue {
    /// The same in words: `gene` is the row of `matrix`, of which only the names are looked at.
    pub fn at(&self, gene: usize, matrix: &Matrix) -> ValueError {
        ValueError {
            gene: matrix.regions.get(gene).map_or_else(String::new, |region| region.id.clone()),
            mark: matrix.marks.get(self.mark).cloned().unwrap_or_default(),
            bin: self.bin + 1,
            problem: format!("{} {}", self.raw, self.problem),
        }
    }
}

impl Transform {
    /// The same with depth scaling; `None` where it has that already.
    pub fn depth_scaled(self) -> Option<Transform> {
        match self {
            Transform::Raw => Some(Transform::DepthScaled),
            Transform::Log1p => Some(Transform::DepthScaledLog1p),
            _ => None,
        }
    }

    /// Whether the transform can take one gene's raw values, row-major [mark, bin].
    ///
    /// # Errors
    /// At the first value that it cannot take.
    pub fn check_gene(self, n_bins: usize, values: &[f32]) -> Result<(), BadValue> {
        let bad = values.iter().enumerate().find_map(|(at, &raw)| Some((at, raw, self.problem_of(raw)?)));
        bad.map_or(Ok(()), |(at, raw, problem)| Err(BadValue { mark: at / n_bins, bin: at % n_bins, raw, problem }))
    }

    /// The input that a signal `factor` times as strong gives, where this one gives `input`; `None` where inputs do not
    /// say.
    pub fn rescaled(self, input: f32, factor: f64) -> Option<f32> {
        if self == Transform::NormalScores {
            return None;
        }
        let size = f64::from(input.abs());
        let scaled = if self.takes_logarithm() { (factor * size.exp_m1()).ln_1p() } else { factor * size };
        Some(scaled.copysign(f64::from(input)) as f32)
    }

    /// Whether no signal is an input of 0.
    pub fn keeps_zero(self) -> bool {
        self != Transform::NormalScores
    }

    fn problem_of(self, raw: f32) -> Option<&'static str> {
        if raw.is_infinite() {
            return Some("is infinite; expected a finite value or NaN (missing)");
        }
        (matches!(self, Transform::Log1p | Transform::DepthScaledLog1p) && raw < 0.0)
            .then_some("is negative and has no log1p; use the raw or depth-scaled transform for such a signal")
    }

    /// Whether the model sees logarithms, or scores that are no amounts either.
    pub fn takes_logarithm(self) -> bool {
        matches!(
            self,
            Transform::Log1p | Transform::DepthScaledLog1p | Transform::UnitMeanLog1p | Transform::NormalScores
        )
    }

    /// What of a sample it is measured by, where that is its own signal.
    pub fn measures(self) -> Option<&'static str> {
        match self {
            Transform::UnitMean | Transform::UnitMeanLog1p => Some("means"),
            Transform::NormalScores => Some("distributions"),
            _ => None,
        }
    }

    /// Whether it needs the means of a sample.
    fn scales_depth(self) -> bool {
        !matches!(self, Transform::Raw | Transform::Log1p | Transform::NormalScores)
    }

    /// Whether a sample is measured by its own means alone.
    fn is_unit_mean(self) -> bool {
        matches!(self, Transform::UnitMean | Transform::UnitMeanLog1p)
    }
}

impl FittedTransform {
    /// What was learnt: the means of each mark over all training genes.
    pub fn new(transform: Transform, training: &MarkMeans) -> Self {
        FittedTransform { transform, train_means: training.means(), units: Vec::new() }
    }

    /// What a training sample is measured by, which is remembered if it is the sample's own signal. `matrix` may lack its
    /// values; `whole` gives one that has them.
    ///
    /// # Errors
    /// Those of `whole`.
    pub fn measure_training<E>(
        &mut self,
        matrix: &Matrix,
        depth: &MarkMeans,
        whole: impl FnOnce() -> Result<Matrix, E>,
    ) -> Result<Measure, E> {
        let by_scores = self.transform == Transform::NormalScores;
        let quantiles = if by_scores { LayerQuantiles::of(&whole()?) } else { Vec::new() };
        let measure = match by_scores {
            true => Measure::scores(&quantiles),
            false => Measure::Factors(self.scales(depth)),
        };
        if self.transform.measures().is_some() {
            self.units.push(SampleUnit::new(
                matrix,
                if by_scores { Vec::new() } else { depth.absolute_means() },
                quantiles,
            ));
        }
        Ok(measure)
    }

    /// Remembers what a sample is measured by, from a matrix of all its genes, so that matrices of some of them are
    /// measured alike.
    pub fn remember(&mut self, whole: &Matrix) {
        let mut depth = MarkMeans::new(whole.n_marks());
        whole.scorable().for_each(|gene| depth.add(whole.row(LayerName::Window, gene)));
        let unit = match self.transform {
            Transform::NormalScores => SampleUnit::new(whole, Vec::new(), LayerQuantiles::of(whole)),
            _ => SampleUnit::new(whole, depth.absolute_means(), Vec::new()),
        };
        self.units.push(unit);
    }

    /// Whether a matrix is of the same sample and files, read with the same options.
    pub fn is_of_one_sample(whole: &Matrix, matrix: &Matrix) -> bool {
        whole.sample == matrix.sample && digests(whole) == digests(matrix)
    }

    /// What a matrix is measured by; `None` where its own signal does not count.
    pub fn measured_by(&self, matrix: &Matrix) -> Option<MeasuredBy> {
        self.transform.measures()?;
        Some(match self.unit_of(matrix) {
            Some(_) => MeasuredBy::TrainingSample,
            None if self.units.is_empty() => MeasuredBy::OwnGenes,
            None => {
                let (own, least) = (matrix.scorable().count(), self.units.iter().map(|unit| unit.genes).min());
                match own {
                    ..FEWEST_GENES => MeasuredBy::TrainingSamples,
                    _ if least.is_some_and(|least| 2 * own < least) => MeasuredBy::FewOfItsGenes,
                    _ => MeasuredBy::OwnGenes,
                }
            }
        })
    }

    fn unit_of(&self, matrix: &Matrix) -> Option<&SampleUnit> {
        self.units.iter().find(|unit| unit.sample == matrix.sample && unit.digests == digests(matrix))
    }

    /// What the genes of a matrix are measured by.
    fn measure(&self, matrix: &Matrix) -> Measure {
        if self.transform != Transform::NormalScores {
            return Measure::Factors(self.scales_of(matrix));
        }
        Measure::scores(&match (self.measured_by(matrix), self.unit_of(matrix)) {
            (Some(MeasuredBy::TrainingSample), Some(unit)) => unit.quantiles.clone(),
            (Some(MeasuredBy::TrainingSamples), _) => {
                LayerQuantiles::pooled(&self.units.iter().map(|unit| unit.quantiles.as_slice()).collect::<Vec<_>>())
            }
            _ => LayerQuantiles::of(matrix),
        })
    }

    /// The factor of each mark of a matrix.
    fn scales_of(&self, matrix: &Matrix) -> Vec<f64> {
        let over = |means: Vec<f64>| means.into_iter().map(|mean| if mean == 0.0 { 1.0 } else { 1.0 / mean }).collect();
        match (self.measured_by(matrix), self.unit_of(matrix)) {
            (Some(MeasuredBy::TrainingSample), Some(unit)) => over(unit.means.clone()),
            (Some(MeasuredBy::TrainingSamples), _) => {
                let mean = |mark: usize| {
                    let of_mark = self.units.iter().filter_map(|unit| unit.means.get(mark));
                    of_mark.sum::<f64>() / self.units.len() as f64
                };
                over((0..matrix.n_marks()).map(mean).collect())
            }
            _ => {
                let mut sample = MarkMeans::new(matrix.n_marks());
                if self.transform.scales_depth() {
                    matrix.scorable().for_each(|gene| sample.add(matrix.row(LayerName::Window, gene)));
                }
                self.scales(&sample)
            }
        }
    }

    /// Whether the means of the training genes count.
    pub fn needs_train_means(&self) -> bool {
        self.transform.scales_depth() && !self.transform.is_unit_mean()
    }

    /// The factor of each mark of a sample. Its depth is the mean of each mark over all its scorable
    /// genes, whichever of them are asked for later.
    pub fn scales(&self, sample: &MarkMeans) -> Vec<f64> {
        if !self.transform.scales_depth() {
            return vec![1.0; sample.sums.len()];
        }
        let over = |numerator: f64, mean: f64| if mean == 0.0 { 1.0 } else { numerator / mean };
        if self.transform.is_unit_mean() {
            return sample.absolute_means().into_iter().map(|mean| over(1.0, mean)).collect();
        }
        self.train_means.iter().zip(sample.means()).map(|(&train, mean)| over(train, mean)).collect()
    }

    /// Turns one gene's raw values, row-major [mark, bin], into the model's inputs, in place. A missing
    /// value (NaN) becomes 0, after everything else. `scales` are those of the gene's sample.
    ///
    /// # Errors
    /// At an infinite value, and under a logarithm at a negative one.
    pub fn apply_to_gene(&self, scales: &[f64], values: &mut [f32]) -> Result<(), BadValue> {
        let n_bins = values.len() / scales.len();
        for (mark, (bins, &scale)) in values.chunks_exact_mut(n_bins).zip(scales).enumerate() {
            for (bin, slot) in bins.iter_mut().enumerate() {
                let raw = *slot;
                if let Some(problem) = self.transform.problem_of(raw) {
                    return Err(BadValue { mark, bin, raw, problem });
                }
                let mut value = f64::from(raw) * scale;
                if self.transform.takes_logarithm() {
                    value = value.abs().ln_1p().copysign(value);
                }
                *slot = if value.is_nan() { 0.0 } else { value as f32 };
            }
        }
        Ok(())
    }

    /// The inputs of a model that reads these layers, for `regions` (rows) of one sample: row-major [region, layer,
    /// channel, position].
    ///
    /// # Errors
    /// As [`FittedTransform::apply_to_gene`].
    pub fn apply(&self, matrix: &Matrix, layers: &[LayerName], regions: &[usize]) -> Result<Vec<f32>, ValueError> {
        let (measure, shape) = (self.measure(matrix), matrix.row_shape(layers));
        let mut values = Vec::with_capacity(regions.len() * shape.size());
        for &region in regions {
            let start = values.len();
            layers.iter().for_each(|&layer| values.extend_from_slice(matrix.row(layer, region)));
            self.apply_to_row(&measure, &shape, &mut values[start..]).map_err(|bad| bad.at(region, matrix))?;
        }
        Ok(values)
    }

    /// A region of the sample without any signal, as the model sees it: zeros, unless 0 is a place in the order of the
    /// sample's values.
    ///
    /// # Errors
    /// Layers whose distribution the model does not know.
    pub fn without_signal(&self, matrix: &Matrix, layers: &[LayerName]) -> Result<Vec<f32>, ValueError> {
        let shape = matrix.row_shape(layers);
        let mut row = vec![0.0; shape.size()];
        if !self.transform.keeps_zero() {
            self.apply_to_row(&self.measure(matrix), &shape, &mut row).map_err(|bad| bad.at(0, matrix))?;
        }
        Ok(row)
    }

    /// As [`Self::apply_to_gene`], for a row of layers. Of a body that is not known, all is missing (NaN), and stays
    /// so.
    ///
    /// # Errors
    /// As [`Self::apply_to_gene`].
    pub fn apply_to_row(&self, measure: &Measure, shape: &RowShape, row: &mut [f32]) -> Result<(), BadValue> {
        for part in shape.parts() {
            if !part.layer.holds_signal() {
                continue;
            }
            let values = &mut row[part.range.clone()];
            if part.layer == LayerName::Window || values.iter().any(|value| !value.is_nan()) {
                match measure {
                    Measure::Factors(scales) => self.apply_to_gene(scales, values)?,
                    Measure::Scores(layers) => self.score(layers, part, values)?,
                }
            }
        }
        Ok(())
    }

    /// Normal scores in the place of the raw values of one layer.
    fn score(&self, layers: &[LayerScores], part: &RowPart, values: &mut [f32]) -> Result<(), BadValue> {
        self.transform.check_gene(part.positions, values)?;
        let marks = layers.iter().find(|of| of.layer == part.layer).map_or(&[][..], |of| &of.marks);
        if marks.len() * part.positions != values.len() {
            let problem = "is in a layer whose distribution the model does not know: train it again";
            return Err(BadValue { mark: 0, bin: 0, raw: values.first().copied().unwrap_or(f32::NAN), problem });
        }
        for (values, scores) in values.chunks_exact_mut(part.positions).zip(marks) {
            for value in values {
                let score = scores.of(*value);
                *value = if score.is_nan() { 0.0 } else { score as f32 };
            }
        }
        Ok(())
    }
}

impl SampleUnit {
    fn new(matrix: &Matrix, means: Vec<f64>, quantiles: Vec<LayerQuantiles>) -> Self {
        let (sample, genes) = (matrix.sample.clone(), matrix.scorable().count());
        SampleUnit { sample, digests: digests(matrix), means, quantiles, genes }
    }
}

/// Digests of the signal files of a matrix, each with the options that it was read with: others give other values.
fn digests(matrix: &Matrix) -> Vec<String> {
    let of_input = |input: &Input| [std::slice::from_ref(&input.digest), &input.options].concat().join(" ");
    matrix.inputs.iter().map(of_input).collect()
}

/// Running means of each mark over the values that are there. Adding genes in the same order gives the
/// same bits, whether they come from memory or from a file a few at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct MarkMeans {
    sums: Vec<f64>,
    /// Sums of the absolute values: the mean of log-ratios to a control may be 0.
    absolute_sums: Vec<f64>,
    counts: Vec<u64>,
}

impl MarkMeans {
    /// Starts without genes.
    pub fn new(n_marks: usize) -> Self {
        MarkMeans { sums: vec![0.0; n_marks], absolute_sums: vec![0.0; n_marks], counts: vec![0; n_marks] }
    }

    /// Adds one gene's raw values, row-major [mark, bin]; NaN stands for no value.
    pub fn add(&mut self, values: &[f32]) {
        let n_bins = values.len() / self.sums.len().max(1);
        for (mark, bins) in values.chunks_exact(n_bins.max(1)).enumerate().take(self.counts.len()) {
            for &value in bins.iter().filter(|value| !value.is_nan()) {
                self.sums[mark] += f64::from(value);
                self.absolute_sums[mark] += f64::from(value.abs());
                self.counts[mark] += 1;
            }
        }
    }

    /// The means, in mark order; 0 where there is no value.
    pub fn means(&self) -> Vec<f64> {
        self.each(&self.sums)
    }

    /// The means of the absolute values, likewise.
    fn absolute_means(&self) -> Vec<f64> {
        self.each(&self.absolute_sums)
    }

    fn each(&self, sums: &[f64]) -> Vec<f64> {
        let pairs = sums.iter().zip(&self.counts);
        pairs.map(|(&sum, &count)| if count == 0 { 0.0 } else { sum / count as f64 }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_skip_what_is_missing_and_scale_the_depth() {
        let mut training = MarkMeans::new(2);
        training.add(&[1.0, 3.0, f32::NAN, 8.0]);
        training.add(&[2.0, 2.0, f32::NAN, f32::NAN]);
        assert_eq!(training.means(), [2.0, 8.0]);
        let mut sample = MarkMeans::new(2);
        sample.add(&[4.0, 4.0, 0.0, 0.0]);
        let fitted = FittedTransform::new(Transform::DepthScaled, &training);
        assert_eq!(fitted.scales(&sample), [0.5, 1.0]);
        assert_eq!(FittedTransform::new(Transform::Raw, &training).scales(&sample), [1.0, 1.0]);
        let unit = FittedTransform::new(Transform::UnitMean, &training);
        assert_eq!(unit.scales(&sample), [0.25, 1.0]);
        let mut log_ratios = MarkMeans::new(2);
        log_ratios.add(&[-2.0, 2.0, -3.0, -1.0]);
        assert_eq!(unit.scales(&log_ratios), [0.5, 0.5]);
        let mut gene = [1.0, f32::NAN, 3.0, -4.0];
        fitted.apply_to_gene(&[0.5, 1.0], &mut gene).unwrap();
        assert_eq!(gene, [0.5, 0.0, 3.0, -4.0]);
        let logarithm = FittedTransform::new(Transform::Log1p, &training);
        let bad = logarithm.apply_to_gene(&[1.0, 1.0], &mut gene).unwrap_err();
        assert_eq!((bad.mark, bad.bin, bad.raw), (1, 1, -4.0));
        assert!(fitted.apply_to_gene(&[1.0, 1.0], &mut [0.0, 0.0, f32::INFINITY, 0.0]).is_err());
        let twice = logarithm.transform.rescaled((1.0f32 + 3.0).ln(), 2.0).unwrap();
        assert!((twice - (1.0f32 + 6.0).ln()).abs() < 1e-6, "{twice}");
        assert_eq!(Transform::Raw.rescaled(-3.0, 2.0), Some(-6.0));
        assert_eq!(Transform::NormalScores.rescaled(-3.0, 2.0), None);
        let unit_log = FittedTransform::new(Transform::UnitMeanLog1p, &training);
        let mut gene = [2.0, f32::NAN, -4.0, 0.0];
        unit_log.apply_to_gene(&unit_log.scales(&log_ratios), &mut gene).unwrap();
        assert_eq!(gene, [2.0f32.ln(), 0.0, -(3.0f32.ln()), 0.0]);
        assert_eq!(MarkMeans::new(3).means(), [0.0; 3]);
    }
}
