//! The value that a bin shows: as stored, freed of the edge artefact, weighted by the mark.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Sureness;
use crate::matrix::{Axis, Judged, Kind, Layer, LayerName, Matrix};

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

    /// What attentrack-explain calls it, where it is attention.
    pub fn of_attention(self) -> &'static str {
        match self {
            TrackValue::Raw => "attention",
            TrackValue::Corrected => "corrected-attention",
            TrackValue::Joint => "joint-attention",
            TrackValue::JointCorrected => "joint-corrected-attention",
        }
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
    /// The null attention cannot be used.
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
    channels: Vec<TrackChannel<'a>>,
    is_signed: bool,
    sureness: Option<Sureness>,
    judged: Option<Judged>,
}

/// A channel of one of the layers, as tracks show it.
pub struct TrackChannel<'a> {
    /// Mark of a window; of another layer `LAYER:MARK`, which no mark is called.
    pub name: String,
    /// The channel within its layer.
    pub index: usize,
    /// Where its positions lie.
    pub axis: Axis,
    layer: &'a Layer,
    /// Channels of the layer.
    n_channels: usize,
    /// Row-major [region, position]; empty where there is no attention, or no usable null attention.
    corrected: Vec<f32>,
    even_share: f64,
}

impl TrackChannel<'_> {
    /// Where in the layer the row of a region starts.
    fn row(&self, region: usize) -> usize {
        (region * self.n_channels + self.index) * self.axis.n_positions()
    }

    fn values(&self, region: usize) -> &[f32] {
        &self.layer.values[self.row(region)..][..self.axis.n_positions()]
    }

    fn null(&self) -> Option<&[f32]> {
        let n = self.axis.n_positions();
        Some(&self.layer.attention.as_ref()?.null_values[self.index * n..][..n])
    }
}

impl<'a> TrackValues<'a> {
    /// Prepares `value` of `matrix`.
    ///
    /// # Errors
    /// Anything but raw of a matrix without attention; a null attention that is none.
    pub fn new(matrix: &'a Matrix, value: TrackValue) -> Result<Self, TrackError> {
        let mut channels = Vec::new();
        for layer in &matrix.layers {
            if value != TrackValue::Raw && layer.attention.is_none() {
                return Err(TrackError::NoAttention { kind: matrix.kind.name(), value });
            }
            if value.is_joint() && layer.attention.as_ref().is_some_and(|attention| attention.mark_values.is_none()) {
                return Err(TrackError::NoMarkAttention(value));
            }
            let n_channels = matrix.channels(layer.name).len();
            for (index, (name, axis)) in channels_of(matrix, layer.name).enumerate() {
                let mut channel =
                    TrackChannel { name, index, axis, layer, n_channels, corrected: Vec::new(), even_share: 0.0 };
                channel.even_share = even_share(matrix, value, &channel);
                channels.push(channel);
            }
        }
        let bad = channels.iter().find_map(|channel| Some((channel, bad_null(channel)?)));
        match bad {
            Some((channel, (bin, found))) if value.is_corrected() => {
                return Err(TrackError::BadNull { mark: channel.name.clone(), bin, found });
            }
            Some(_) => {}
            None => channels.iter_mut().for_each(|channel| channel.corrected = corrected(matrix, channel)),
        }
        let is_negative = |layer: &Layer| layer.values.iter().any(|&value| value < 0.0);
        let is_signed = matrix.kind == Kind::Attribution && matrix.layers.iter().any(is_negative);
        Ok(TrackValues { matrix, value, channels, is_signed, sureness: None, judged: None })
    }

    /// The same, with what a model says of the genes.
    pub fn with_sureness(mut self, sureness: Option<Sureness>) -> Self {
        self.sureness = sureness;
        self
    }

    /// With what a test says of the explanation that is shown.
    #[must_use]
    pub fn with_judged(mut self, judged: Option<Judged>) -> Self {
        self.judged = judged;
        self
    }

    /// What a test says of the explanation that is shown.
    pub fn judged(&self) -> Option<&Judged> {
        self.judged.as_ref()
    }

    /// The explanation that is shown, as attentrack-explain calls it; `None` of signal.
    pub fn method(&self) -> Option<&'a str> {
        match self.matrix.kind {
            Kind::Attention => Some(self.value.of_attention()),
            _ => self.matrix.attribution.as_ref().map(|attribution| attribution.method.as_str()),
        }
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

    /// The channels of all layers, in order; those of the window come first.
    pub fn channels(&self) -> &[TrackChannel<'a>] {
        &self.channels
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
        self.matrix.layers.iter().any(|layer| layer.attention.is_some())
    }

    /// The stored value.
    pub fn raw(&self, gene: usize, channel: usize, position: usize) -> f32 {
        self.channels[channel].values(gene)[position]
    }

    /// The attention that an empty window gets; NaN where the layer holds no attention.
    pub fn null(&self, channel: usize, position: usize) -> f32 {
        self.channels[channel].null().map_or(f32::NAN, |null| null[position])
    }

    /// The corrected attention; NaN where the layer holds no attention, or the matrix no usable null attention.
    pub fn corrected(&self, gene: usize, channel: usize, position: usize) -> f32 {
        let channel = &self.channels[channel];
        channel.corrected.get(gene * channel.axis.n_positions() + position).copied().unwrap_or(f32::NAN)
    }

    /// The mark attention; NaN where the layer holds none.
    pub fn mark_attention(&self, gene: usize, channel: usize) -> f32 {
        let channel = &self.channels[channel];
        let values = channel.layer.attention.as_ref().and_then(|attention| attention.mark_values.as_ref());
        values.map_or(f32::NAN, |values| values[gene * channel.n_channels + channel.index])
    }

    /// Standard deviations over the members of an ensemble, of the stored attention and of the mark
    /// attention; `None` of one model.
    pub fn spread(&self, gene: usize, channel: usize, position: usize) -> Option<(f32, f32)> {
        let channel = &self.channels[channel];
        let spread = channel.layer.attention.as_ref()?.spread.as_ref()?;
        let row = gene * channel.n_channels + channel.index;
        let of_mark = spread.mark_values.as_ref().map_or(f32::NAN, |values| values[row]);
        Some((spread.values[channel.row(gene) + position], of_mark))
    }

    /// Whether [`Self::spread`] exists.
    pub fn has_spread(&self) -> bool {
        let mut attentions = self.matrix.layers.iter().filter_map(|layer| layer.attention.as_ref());
        attentions.any(|attention| attention.spread.is_some())
    }

    /// The value to show; NaN where it is missing.
    pub fn value(&self, gene: usize, channel: usize, position: usize) -> f32 {
        let value = match self.value.is_corrected() {
            true => self.corrected(gene, channel, position),
            false => self.raw(gene, channel, position),
        };
        if self.value.is_joint() { value * self.mark_attention(gene, channel) } else { value }
    }

    /// What a position would hold if nothing stood out. Attention: 1/n_positions, and 1/(n_channels × n_positions) of
    /// the joint one, with the channels of all layers. Signal and attribution: the channel's mean absolute value over the whole matrix.
    pub fn even_share(&self, channel: usize) -> f64 {
        self.channels[channel].even_share
    }

    /// The smallest absolute value of a channel that stands out: twice the even share, or, where fewer
    /// than 1 % of its positions hold that, what the highest 1 % hold, if it is above the even share.
    pub fn outstanding(&self, channel: usize) -> f32 {
        let (genes, positions) = (self.matrix.n_regions(), self.channels[channel].axis.n_positions());
        let mut held: Vec<f32> = (0..genes)
            .flat_map(|gene| (0..positions).map(move |position| (gene, position)))
            .map(|(gene, position)| self.value(gene, channel, position).abs())
            .filter(|value| value.is_finite())
            .collect();
        let even = self.even_share(channel);
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
    pub fn score(&self, channel: usize, value: f32) -> u16 {
        let even = self.even_share(channel);
        if even > 0.0 { (100.0 * f64::from(value.abs()) / even).round().min(f64::from(FULL_SCORE)) as u16 } else { 0 }
    }
}

/// The channels of all layers of a matrix, in order, as [`TrackChannel`] names them, with their axes.
pub fn channels(matrix: &Matrix) -> impl Iterator<Item = (String, Axis)> {
    matrix.layers.iter().flat_map(|layer| channels_of(matrix, layer.name))
}

/// Those of one layer.
pub fn channels_of(matrix: &Matrix, layer: LayerName) -> impl Iterator<Item = (String, Axis)> {
    let axis = matrix.axis(layer);
    let name = move |name: &String| match layer {
        LayerName::Window | LayerName::Sequence => name.clone(),
        other => format!("{}:{name}", other.name()),
    };
    matrix.channels(layer).iter().map(move |mark| (name(mark), axis))
}

/// The first null attention that is none, with its position.
fn bad_null(channel: &TrackChannel) -> Option<(usize, f32)> {
    channel.null()?.iter().copied().enumerate().find(|(_, found)| !(0.0..=1.0).contains(found))
}

fn corrected(matrix: &Matrix, channel: &TrackChannel) -> Vec<f32> {
    let Some(null) = channel.null() else { return Vec::new() };
    (0..matrix.n_regions()).flat_map(|region| freed_of_null(channel.values(region), null)).collect()
}

/// One gene's and mark's bin attention freed of the `null` attention of an empty window; see
/// [`TrackValues`].
pub fn freed_of_null(bins: &[f32], null: &[f32]) -> impl Iterator<Item = f32> {
    let floor = NULL_FLOOR / bins.len() as f64;
    let ratio = move |(&value, &null): (&f32, &f32)| f64::from(value) / f64::from(null).max(floor);
    let total: f64 = bins.iter().zip(null).map(ratio).sum();
    bins.iter().zip(null).map(move |pair| (ratio(pair) / total) as f32)
}

fn even_share(matrix: &Matrix, value: TrackValue, channel: &TrackChannel) -> f64 {
    let n_positions = channel.axis.n_positions() as f64;
    match (matrix.kind, value.is_joint()) {
        (Kind::Attention, false) => 1.0 / n_positions,
        (Kind::Attention, true) => {
            let n_channels: usize = matrix.layers.iter().map(|layer| matrix.channels(layer.name).len()).sum();
            1.0 / (n_positions * n_channels as f64)
        }
        _ => {
            let (mut sum, mut count) = (0.0, 0u64);
            for region in 0..matrix.n_regions() {
                for value in channel.values(region).iter().filter(|value| value.is_finite()) {
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
