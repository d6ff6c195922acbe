//! DeepDiff (Sekhon, Singh & Qi, Bioinformatics 2018), for the change of expression from a sample A to a
//! sample B: the published seven variants.
//!
//! The window holds the marks of A, then the same marks of B. Level I is a bidirectional LSTM with bin
//! attention for each row that it reads: of the raw part A, B and A − B; of the auxiliary part A and B, with
//! encoders of their own or (siamese) the same ones. Level II is a bidirectional LSTM with mark attention
//! over their vectors; a linear layer gives the change. The auxiliary part has a Level II of each sample, whose
//! outputs are expression in A and B; without a raw part the change comes from both through a hidden layer.

mod network;

use candle_core::{Result, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::network::DeepDiff;
use super::chain::{NetworkLayer, Weights};
use super::design::{Design, Shape, Sizes, or};
use super::layer::linear_tensors;
use super::{Architecture, BiLstmAttention, Initial, ModelConfig, Network, TensorSpec};

/// Which parts the network has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DeepDiffVariant {
    /// Raw:d: the difference A − B.
    RawD,
    /// Raw:c: A and B.
    RawC,
    /// Raw: A, B and A − B.
    Raw,
    /// Aux: expression in A and in B on the way.
    Aux,
    /// Raw+Aux.
    RawAux,
    /// Aux+Siamese: A and B through the same encoders, whose outputs are drawn together or apart.
    AuxSiamese,
    /// Raw+Aux+Siamese.
    RawAuxSiamese,
}

/// Sizes of a DeepDiff model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeepDiffConfig {
    /// Which parts the network has.
    pub variant: DeepDiffVariant,
    /// Marks of A and of B together: the model's input channels.
    pub n_marks: usize,
    /// Bins a window.
    pub n_bins: usize,
    /// Hidden units a direction of the LSTMs over bins (32 in the paper).
    pub bin_hidden: usize,
    /// Hidden units a direction of the LSTMs over marks (16 in the paper).
    pub mark_hidden: usize,
}

/// The published variants, as they are trained.
pub(super) const DESIGNS: [Design; 7] = [
    Design {
        tag: DeepDiffVariant::RawD.tag(),
        title: "DeepDiff, Raw:d, from the difference A − B: the change between the samples of attentrack-pair",
        n_weights: 55_681,
        config: |sizes, shape| config(DeepDiffVariant::RawD, sizes, shape),
        ..DEEP_DIFF
    },
    Design {
        tag: DeepDiffVariant::RawC.tag(),
        title: "DeepDiff, Raw:c, from A and B: the change between the samples of attentrack-pair",
        n_weights: 100_801,
        config: |sizes, shape| config(DeepDiffVariant::RawC, sizes, shape),
        ..DEEP_DIFF
    },
    Design {
        tag: DeepDiffVariant::Raw.tag(),
        title: "DeepDiff, Raw, from A, B and A − B: the change between the samples of attentrack-pair",
        n_weights: 145_921,
        config: |sizes, shape| config(DeepDiffVariant::Raw, sizes, shape),
        ..DEEP_DIFF
    },
    Design {
        tag: DeepDiffVariant::Aux.tag(),
        title: "DeepDiff, Aux, by way of expression in A and in B: the change between the samples of attentrack-pair",
        n_weights: 113_475,
        config: |sizes, shape| config(DeepDiffVariant::Aux, sizes, shape),
        ..DEEP_DIFF
    },
    Design {
        tag: DeepDiffVariant::RawAux.tag(),
        title: "DeepDiff, Raw+Aux: the change between the samples of attentrack-pair",
        n_weights: 257_283,
        config: |sizes, shape| config(DeepDiffVariant::RawAux, sizes, shape),
        ..DEEP_DIFF
    },
    Design {
        tag: DeepDiffVariant::AuxSiamese.tag(),
        title: "DeepDiff, Aux+Siamese, A and B through the same encoders: the change between the samples of attentrack-pair",
        n_weights: 68_355,
        config: |sizes, shape| config(DeepDiffVariant::AuxSiamese, sizes, shape),
        ..DEEP_DIFF
    },
    Design {
        tag: DeepDiffVariant::RawAuxSiamese.tag(),
        title: "DeepDiff, Raw+Aux+Siamese: the change between the samples of attentrack-pair",
        n_weights: 212_163,
        config: |sizes, shape| config(DeepDiffVariant::RawAuxSiamese, sizes, shape),
        ..DEEP_DIFF
    },
];

const DEEP_DIFF: Design = Design {
    tag: "",
    title: "",
    citation: "Sekhon, Singh & Qi, Bioinformatics 2018",
    dropout: 0.0,
    of_pair: true,
    n_weights: 0,
    config: |sizes, shape| config(DeepDiffVariant::Raw, sizes, shape),
};

fn config(variant: DeepDiffVariant, sizes: &Sizes, Shape { n_marks, n_bins, .. }: Shape) -> ModelConfig {
    let (bin_hidden, mark_hidden) = (or(sizes.bin_hidden, 32), or(sizes.mark_hidden, 16));
    ModelConfig::DeepDiff(DeepDiffConfig { variant, n_marks, n_bins, bin_hidden, mark_hidden })
}

impl DeepDiffVariant {
    /// The tag on the command line.
    pub const fn tag(self) -> &'static str {
        match self {
            DeepDiffVariant::RawD => "deep-diff-raw-d",
            DeepDiffVariant::RawC => "deep-diff-raw-c",
            DeepDiffVariant::Raw => "deep-diff-raw",
            DeepDiffVariant::Aux => "deep-diff-aux",
            DeepDiffVariant::RawAux => "deep-diff-raw-aux",
            DeepDiffVariant::AuxSiamese => "deep-diff-aux-siamese",
            DeepDiffVariant::RawAuxSiamese => "deep-diff-raw-aux-siamese",
        }
    }

    /// Whether the raw part reads A and B, and whether it reads their difference.
    pub fn raw(self) -> [bool; 2] {
        match self {
            DeepDiffVariant::RawD => [false, true],
            DeepDiffVariant::RawC => [true, false],
            DeepDiffVariant::Raw | DeepDiffVariant::RawAux | DeepDiffVariant::RawAuxSiamese => [true, true],
            DeepDiffVariant::Aux | DeepDiffVariant::AuxSiamese => [false, false],
        }
    }

    /// Whether it has an auxiliary part, and so learns from the expression in both samples.
    pub fn is_auxiliary(self) -> bool {
        !matches!(self, DeepDiffVariant::RawD | DeepDiffVariant::RawC | DeepDiffVariant::Raw)
    }

    /// Whether A and B go through the same encoders.
    pub fn is_siamese(self) -> bool {
        matches!(self, DeepDiffVariant::AuxSiamese | DeepDiffVariant::RawAuxSiamese)
    }

    /// The published names of the raw part's encoders and of its Level II.
    fn raw_names(self) -> [&'static str; 2] {
        match self {
            DeepDiffVariant::RawAux => ["rnn_hms3", "hm_level_rnn_3"],
            DeepDiffVariant::RawAuxSiamese => ["rnn_hmsx", "hm_level_rnn_1x"],
            _ => ["rnn_hms", "hm_level_rnn_1"],
        }
    }
}

impl DeepDiffConfig {
    /// Marks of one sample.
    fn of_sample(&self) -> usize {
        self.n_marks / 2
    }

    /// Encoders of the raw part.
    fn raw_encoders(&self) -> usize {
        let [both, difference] = self.variant.raw();
        usize::from(both) * self.n_marks + usize::from(difference) * self.of_sample()
    }

    /// Encoders of the auxiliary part.
    fn sample_encoders(&self) -> usize {
        match (self.variant.is_auxiliary(), self.variant.is_siamese()) {
            (false, _) => 0,
            (true, false) => self.n_marks,
            (true, true) => self.of_sample(),
        }
    }

    /// Vectors that the raw part's Level II reads.
    fn raw_steps(&self) -> usize {
        self.raw_encoders() + if self.variant.is_auxiliary() { self.n_marks } else { 0 }
    }

    fn encoder_weights(&self) -> usize {
        BiLstmAttention::flat_len(1, self.bin_hidden)
    }

    fn mark_weights(&self) -> usize {
        BiLstmAttention::flat_len(2 * self.bin_hidden, self.mark_hidden)
    }

    /// Width of a sample's vector of Level II.
    fn width(&self) -> usize {
        2 * self.mark_hidden
    }

    /// The layer from both samples' vectors to as many units as one has.
    fn hidden(&self) -> Vec<TensorSpec> {
        let within = |tensor: TensorSpec| TensorSpec { initial: Initial::Uniform(0.1), ..tensor };
        linear_tensors("predictor_1", 2 * self.width(), self.width()).into_iter().map(within).collect()
    }
}

impl Architecture for DeepDiffConfig {
    fn window(&self) -> (usize, usize) {
        (self.n_marks, self.n_bins)
    }

    fn attention(&self) -> [bool; 2] {
        [true, true]
    }

    fn variant(&self) -> Option<&'static str> {
        Some(self.variant.tag())
    }

    fn is_auxiliary(&self) -> bool {
        self.variant.is_auxiliary()
    }

    /// The published code draws every tensor, biases included, within 0.1.
    fn tensors(&self) -> Vec<TensorSpec> {
        let (variant, width) = (self.variant, self.width());
        let (has_raw, has_aux) = (self.raw_encoders() > 0, variant.is_auxiliary());
        let mut tensors = Vec::new();
        let mut add = |name: &str, parts: Vec<(String, Vec<usize>)>| {
            tensors
                .extend(parts.into_iter().map(|(part, shape)| TensorSpec::new(format!("{name}.{part}"), &shape, 0.1)));
        };
        let encoder = || BiLstmAttention::parts(1, self.bin_hidden);
        let over_marks = || BiLstmAttention::parts(2 * self.bin_hidden, self.mark_hidden);
        let [raw, raw_level] = variant.raw_names();
        (0..self.raw_encoders()).for_each(|at| add(&format!("{raw}.{at}"), encoder()));
        for at in 0..self.sample_encoders() {
            let (sample, mark) = (at / self.of_sample(), at % self.of_sample());
            add(&format!("{}.{mark}", ["rnn_hms", "rnn_hms2"][sample]), encoder());
        }
        if has_raw {
            add(raw_level, over_marks());
        }
        if has_aux {
            add("hm_level_rnn_1", over_marks());
            add("hm_level_rnn_2", over_marks());
            for (part, shape) in [("weight", vec![1, width]), ("bias", vec![1])] {
                ["f1_1", "f2_1"].iter().for_each(|name| add(name, vec![(part.to_owned(), shape.clone())]));
            }
        }
        if !has_raw {
            tensors.extend(self.hidden());
        }
        let head = if has_aux { "predictor_" } else { "fdiff1_1" };
        tensors.push(TensorSpec::new(format!("{head}.weight"), &[1, width], 0.1));
        tensors.push(TensorSpec::new(format!("{head}.bias"), &[1], 0.1));
        tensors
    }

    fn problem(&self) -> Option<String> {
        (self.n_marks == 0 || !self.n_marks.is_multiple_of(2)).then(|| {
            format!(
                "{} marks are not those of two samples: join two matrices with attentrack-pair, and give --bins its file",
                self.n_marks
            )
        })
    }

    fn network(&self, weights: &Tensor) -> Result<Box<dyn Network>> {
        Ok(Box::new(DeepDiff::new(self, weights)?))
    }

    /// Marks of A, then of B; what comes out is the predicted change.
    fn chain(&self, weights: &mut Weights) -> Vec<NetworkLayer> {
        let &DeepDiffConfig { variant, n_marks, n_bins, bin_hidden, mark_hidden } = self;
        let ([has_both, has_difference], of_sample, width) = (variant.raw(), n_marks / 2, 2 * mark_hidden);
        let has_raw = has_both || has_difference;
        // the rows that Level I reads, each a sum of rows of the window
        let both: Vec<Vec<(usize, f64)>> = (0..n_marks).map(|mark| vec![(mark, 1.0)]).collect();
        let difference = (0..of_sample).map(|mark| vec![(mark, 1.0), (of_sample + mark, -1.0)]);
        let mut rows = if has_both { both.clone() } else { Vec::new() };
        rows.extend(difference.filter(|_| has_difference));
        let mut encoders = weights.encoders(rows.len(), 1, bin_hidden);
        if variant.is_auxiliary() {
            rows.extend(both);
            encoders.extend(match variant.is_siamese() {
                true => {
                    let shared = weights.encoders(of_sample, 1, bin_hidden);
                    [shared.clone(), shared].concat()
                }
                false => weights.encoders(n_marks, 1, bin_hidden),
            });
        }
        let bins = |terms: Vec<(usize, f64)>| {
            (0..n_bins).map(move |bin| terms.iter().map(|&(row, weight)| (row * n_bins + bin, weight)).collect())
        };
        let mut layers = vec![
            NetworkLayer::Sums(rows.into_iter().flat_map(bins).collect()),
            NetworkLayer::side_by_side(n_bins, encoders),
        ];
        if has_raw {
            layers.extend(weights.encoder(2 * bin_hidden, mark_hidden).0);
        }
        if variant.is_auxiliary() {
            let of_samples = weights.encoders(2, 2 * bin_hidden, mark_hidden);
            // expression in A and in B, which the change is not made of
            weights.take(2 * (width + 1));
            if !has_raw {
                layers.extend([
                    NetworkLayer::side_by_side(of_sample * 2 * bin_hidden, of_samples),
                    weights.dense(2 * width, width),
                    NetworkLayer::RELU,
                ]);
            }
        }
        layers.push(weights.dense(width, 1));
        layers
    }
}
