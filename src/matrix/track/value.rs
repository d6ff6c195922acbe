//! The value that a bin shows: as stored, freed of the edge artefact, weighted by the mark.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Sureness;
use crate::matrix::{Attention, Kind, LayerName, Matrix};

/// The score of a bin that holds ten times the even share or more; see [`TrackValues::score`].
pub const FULL_SCORE: u16 = 1000;

/// An empty window's attention is taken as at least this part of the even share when it is divided
/// by, so that the ratio of two negligible numbers can't become a peak.
const NULL_FLOOR: f64 = 1e-3;

/// A bin stands out that holds this many times the even share …
const OUTSTANDING_EVEN_SHARES: f64 = 2.0;

/// … or is among this part of its mark's bins, so that a mark whose attention is nearly even still
/// shows where it is highest.
const OUTSTANDING_PART: f64 = 0.01;

/// What a track shows of a matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TrackValue {
    /// As stored: signal, attribution, or the model's bin attention α.
    Raw,
    /// Bin attention freed of what the model gives to an empty window: α/α₀, scaled to sum to 1 over
    /// the bins of a gene and mark.
    Corrected,
    /// Mark attention × bin attention, β·α; sums to 1 over the marks and bins of a gene.
    Joint,
    /// Mark attention × corrected bin attention; sums to 1 over the marks and bins of a gene.
    JointCorrected,
}

impl TrackValue {
    /// The better value for a kind of matrix: corrected for attention, raw for everything else.
    pub fn default_for(kind: Kind) -> TrackValue {
        if kind == Kind::Attention { TrackValue::Corrected } else { TrackValue::Raw }
    }

    fn is_corrected(self) -> bool {
        matches!(self, TrackValue::Corrected | TrackValue::JointCorrected)
    }

    fn is_joint(self) -> bool {
        matches!(self, TrackValue::Joint | TrackValue::JointCorrected)
    }
}

impl fmt::Display for TrackValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TrackValue::Raw => "raw",
            TrackValue::Corrected => "corrected",
            TrackValue::Joint => "joint",
            TrackValue::JointCorrected => "joint-corrected",
        })
    }
}

/// Why no track can be made of a matrix.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum TrackError {
    /// Attention was asked for where there is none.
    #[error("it holds {kind} without the attention of a model, so its only value is raw, not {value}. Use --value raw")]
    NoAttention {
        /// What the matrix holds.
        kind: &'static str,
        /// What was asked for.
        value: TrackValue,
    },
    /// Mark attention was asked for where there is none.
    #[error("its model has no mark attention, so there is no {0} value. Use --value corrected or raw")]
    NoMarkAttention(TrackValue),
    /// The null attention is no attention.
    #[error(
        "the attention that the model gives to an empty window is {found} at mark {mark}, bin {bin}, expected 0 to 1. Run attentrack-predict again, or use --value raw"
    )]
    BadNull {
        /// Mark.
        mark: String,
        /// 0-based stored bin.
        bin: usize,
        /// What is there.
        found: f32,
    },
    /// No row says where it lies.
    #[error(
        "the positions of its genes are unknown (a matrix imported from a DeepChrome CSV holds none), so no track can be made of it. Make the matrix with attentrack-bin --genes and --signal"
    )]
    NoPositions,
    /// Predictions that are not of this matrix's sample.
    #[error("the predictions are of sample {theirs:?}, the matrix is of {ours:?}. Give those of the same sample")]
    OtherSample {
        /// Sample of the predictions.
        theirs: String,
        /// Sample of the matrix.
        ours: String,
    },
    /// Genes without a prediction.
    #[error(
        "the predictions lack {missing} of its {genes} genes, such as {gene}. Give the file that attentrack-predict wrote of the same matrix"
    )]
    NoPrediction {
        /// One of them.
        gene: String,
        /// Genes that lack one.
        missing: usize,
        /// Genes in all.
        genes: usize,
    },
}

/// A matrix and the values that tracks show of it.
///
/// # The correction
///
/// AttentiveChrome's bin attention is a softmax over the window, α_b = exp(e_b) / Σ exp(e_j), and its
/// recurrent layer gives the outermost bins a higher e than the middle even where there is no signal
/// at all (4.4 times the attention in the published H3K4me3 encoder). The attention file holds the
/// attention α₀ of such an empty window. The corrected attention is the softmax of e − e₀, that is
/// α_b/α₀_b scaled to sum to 1 over the window: still a share of the attention, flat (1/n_bins) where
/// the model sees nothing, and the same for the same excess of e wherever in the window it lies,
/// which the difference α − α₀ is not. α₀ is taken as at least a thousandth of the even share.
///
/// With the published E003 weights on 600 genes, the strongest H3K4me3 bin is one of the three
/// outermost at either end for 28 % of the genes raw, 4 % by the difference, 1 % by the ratio (6 % of
/// the bins are); the mean rank correlation of attention and signal within the 150 genes of highest
/// H3K4me3 is 0.75, 0.71 and 0.83.
pub struct TrackValues<'a> {
    matrix: &'a Matrix,
    value: TrackValue,
    attention: Option<&'a Attention>,
    corrected: Vec<f32>,
    even_shares: Vec<f64>,
    is_signed: bool,
    sureness: Option<Sureness>,
}

impl<'a> TrackValues<'a> {
    /// Prepares `value` of `matrix`.
    ///
    /// # Errors
    /// Anything but raw of a matrix without attention; a null attention that is none.
    pub fn new(matrix: &'a Matrix, value: TrackValue) -> Result<Self, TrackError> {
        let layer = matrix.layer(LayerName::Window);
        let attention = layer.and_then(|layer| layer.attention.as_ref());
        if value != TrackValue::Raw && attention.is_none() {
            return Err(TrackError::NoAttention { kind: matrix.kind.name(), value });
        }
        if value.is_joint() && attention.is_some_and(|attention| attention.mark_values.is_none()) {
            return Err(TrackError::NoMarkAttention(value));
        }
        let corrected = match attention.map(|attention| corrected(matrix, attention)) {
            Some(Ok(corrected)) => corrected,
            Some(Err(error)) if value.is_corrected() => return Err(error),
            _ => Vec::new(),
        };
        let even_shares = (0..matrix.n_marks()).map(|mark| even_share(matrix, value, mark)).collect();
        let is_signed = matrix.kind == Kind::Attribution
            && layer.is_some_and(|layer| layer.values.iter().any(|&value| value < 0.0));
        Ok(TrackValues { matrix, value, attention, corrected, even_shares, is_signed, sureness: None })
    }

    /// The same, with what a model says of the genes.
    pub fn with_sureness(mut self, sureness: Option<Sureness>) -> Self {
        self.sureness = sureness;
        self
    }

    /// What a model says of the genes, where that is known.
    pub fn sureness(&self) -> Option<&Sureness> {
        self.sureness.as_ref()
    }

    /// Whether a gene is drawn as uncertain.
    pub fn is_uncertain(&self, gene: usize) -> bool {
        self.sureness.as_ref().is_some_and(|sureness| sureness.uncertain(gene) == Some(true))
    }

    /// The matrix.
    pub fn matrix(&self) -> &'a Matrix {
        self.matrix
    }

    /// Which value is shown.
    pub fn kind(&self) -> TrackValue {
        self.value
    }

    /// Whether it is an attribution that says of some bins that they lower the score: what it says is
    /// then drawn by its sign.
    pub fn is_signed(&self) -> bool {
        self.is_signed
    }

    /// What the values say, with their unit; of an attribution, whose method the header names.
    pub fn unit(&self) -> Option<&'a str> {
        self.matrix.attribution.as_ref().map(|attribution| attribution.unit.as_str())
    }

    /// Whether null, corrected and mark attention exist.
    pub fn has_attention(&self) -> bool {
        self.attention.is_some()
    }

    /// The stored value.
    pub fn raw(&self, gene: usize, mark: usize, bin: usize) -> f32 {
        self.matrix.bins(gene, mark)[bin]
    }

    /// The attention that an empty window gets; NaN where the matrix holds no attention.
    pub fn null(&self, mark: usize, bin: usize) -> f32 {
        self.attention.map_or(f32::NAN, |attention| attention.null_values[mark * self.matrix.n_bins() + bin])
    }

    /// The corrected attention; NaN where the matrix holds no attention, or no usable null attention.
    pub fn corrected(&self, gene: usize, mark: usize, bin: usize) -> f32 {
        let row = gene * self.matrix.n_marks() + mark;
        self.corrected.get(row * self.matrix.n_bins() + bin).copied().unwrap_or(f32::NAN)
    }

    /// The mark attention; NaN where the matrix holds none.
    pub fn mark_attention(&self, gene: usize, mark: usize) -> f32 {
        let mark_values = self.attention.and_then(|attention| attention.mark_values.as_ref());
        mark_values.map_or(f32::NAN, |values| values[gene * self.matrix.n_marks() + mark])
    }

    /// Standard deviations over the members of an ensemble, of the stored bin attention and of the mark
    /// attention; `None` of one model.
    pub fn spread(&self, gene: usize, mark: usize, bin: usize) -> Option<(f32, f32)> {
        let spread = self.attention?.spread.as_ref()?;
        let row = gene * self.matrix.n_marks() + mark;
        let of_mark = spread.mark_values.as_ref().map_or(f32::NAN, |values| values[row]);
        Some((spread.values[row * self.matrix.n_bins() + bin], of_mark))
    }

    /// Whether [`Self::spread`] exists.
    pub fn has_spread(&self) -> bool {
        self.attention.is_some_and(|attention| attention.spread.is_some())
    }

    /// The value to show; NaN where it is missing.
    pub fn value(&self, gene: usize, mark: usize, bin: usize) -> f32 {
        let bin_value =
            if self.value.is_corrected() { self.corrected(gene, mark, bin) } else { self.raw(gene, mark, bin) };
        if self.value.is_joint() { bin_value * self.mark_attention(gene, mark) } else { bin_value }
    }

    /// What a bin would hold if nothing stood out. Attention: 1/n_bins, and 1/(n_marks × n_bins) of
    /// the joint one. Signal and attribution: the mark's mean absolute value over the whole matrix.
    pub fn even_share(&self, mark: usize) -> f64 {
        self.even_shares[mark]
    }

    /// The smallest absolute value of a mark that stands out: twice the even share, or, where fewer
    /// than 1 % of the mark's bins hold that, what the highest 1 % hold, if it is above the even share.
    pub fn outstanding(&self, mark: usize) -> f32 {
        let (genes, bins) = (self.matrix.n_regions(), self.matrix.n_bins());
        let mut held: Vec<f32> = (0..genes)
            .flat_map(|gene| (0..bins).map(move |bin| (gene, bin)))
            .map(|(gene, bin)| self.value(gene, mark, bin).abs())
            .filter(|value| value.is_finite())
            .collect();
        let even = self.even_share(mark);
        let twice = (OUTSTANDING_EVEN_SHARES * even) as f32;
        let rank = (held.len() as f64 * (1.0 - OUTSTANDING_PART)) as usize;
        if rank >= held.len() {
            return twice;
        }
        let (_, &mut highest, _) = held.select_nth_unstable_by(rank, f32::total_cmp);
        // the even share as f32 may lie a rounding below the value of a flat window
        highest.clamp((even * 1.0001) as f32, twice)
    }

    /// The score of BED: 100 for each even share, so 200 is twice what a bin would hold if nothing
    /// stood out, and [`FULL_SCORE`] ten times or more. The same value scores the same in every
    /// sample with as many bins.
    pub fn score(&self, mark: usize, value: f32) -> u16 {
        let even = self.even_share(mark);
        if even > 0.0 { (100.0 * f64::from(value.abs()) / even).round().min(f64::from(FULL_SCORE)) as u16 } else { 0 }
    }
}

fn corrected(matrix: &Matrix, attention: &Attention) -> Result<Vec<f32>, TrackError> {
    let n_bins = matrix.n_bins();
    for (at, &found) in attention.null_values.iter().enumerate() {
        if !(0.0..=1.0).contains(&found) {
            return Err(TrackError::BadNull { mark: matrix.marks[at / n_bins].clone(), bin: at % n_bins, found });
        }
    }
    let values = matrix.layer(LayerName::Window).map_or(&[][..], |layer| &layer.values);
    let mut corrected = Vec::with_capacity(values.len());
    for (row, bins) in values.chunks_exact(n_bins).enumerate() {
        let null = &attention.null_values[row % matrix.n_marks() * n_bins..][..n_bins];
        corrected.extend(freed_of_null(bins, null));
    }
    Ok(corrected)
}

/// One gene's and mark's bin attention freed of the `null` attention of an empty window; see
/// [`TrackValues`].
pub fn freed_of_null(bins: &[f32], null: &[f32]) -> impl Iterator<Item = f32> {
    let floor = NULL_FLOOR / bins.len() as f64;
    let ratio = move |(&value, &null): (&f32, &f32)| f64::from(value) / f64::from(null).max(floor);
    let total: f64 = bins.iter().zip(null).map(ratio).sum();
    bins.iter().zip(null).map(move |pair| (ratio(pair) / total) as f32)
}

fn even_share(matrix: &Matrix, value: TrackValue, mark: usize) -> f64 {
    let n_bins = matrix.n_bins() as f64;
    match (matrix.kind, value.is_joint()) {
        (Kind::Attention, false) => 1.0 / n_bins,
        (Kind::Attention, true) => 1.0 / (n_bins * matrix.n_marks() as f64),
        _ => {
            let (mut sum, mut count) = (0.0, 0u64);
            for gene in 0..matrix.n_regions() {
                for value in matrix.bins(gene, mark).iter().filter(|value| value.is_finite()) {
                    sum += f64::from(value.abs());
                    count += 1;
                }
            }
            if count > 0 { sum / count as f64 } else { 0.0 }
        }
    }
}

#[cfg(test)]
mod tests;
