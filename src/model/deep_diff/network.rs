//! The forward pass of DeepDiff.

use candle_core::{Result, Tensor, Var, bail};

use super::{DeepDiffConfig, DeepDiffVariant};
use crate::model::layer::{Head, Parameters, linear};
use crate::model::{Auxiliary, BiLstmAttention, InstructionSet, Mode, ModelConfig, Network, Output, TensorSpec};

/// One or more models. In a layer of several groups those of a model lie side by side.
#[derive(Debug)]
pub struct DeepDiff {
    config: DeepDiffConfig,
    n_models: usize,
    /// Level I and II of the raw part.
    raw: Option<[BiLstmAttention; 2]>,
    auxiliary: Option<Samples>,
    /// Where there is no raw part.
    hidden: Option<Parameters>,
    head: Head,
}

/// The auxiliary part.
#[derive(Debug)]
struct Samples {
    /// Level I: of A, then of B, or of both.
    bins: BiLstmAttention,
    /// Level II, of A and of B.
    marks: BiLstmAttention,
    /// Expression in A and in B.
    heads: Head,
}

/// What the auxiliary part says.
struct OfSamples {
    /// Level I, [gene, model, mark of A and B, unit].
    contexts: Tensor,
    /// [gene, model, mark of A and B, bin].
    bin_attention: Tensor,
    /// Level II of A and of B side by side, [gene, model, unit].
    vectors: Tensor,
    /// [gene, model, mark of A and B]; sums to 1 over the marks of each.
    mark_attention: Tensor,
    /// [gene, model, A or B].
    expression: Tensor,
}

impl DeepDiff {
    /// From flat weights, [model, weight].
    pub fn new(config: &DeepDiffConfig, weights: &Tensor) -> Result<Self> {
        let n_models = weights.dim(0)?;
        let mut first = 0;
        // rows of the next weights, `groups` a model
        let mut next = |groups: usize, length: usize| -> Result<Tensor> {
            let part = weights.narrow(1, first, groups * length)?;
            first += groups * length;
            part.contiguous()?.reshape((n_models * groups, length))
        };
        let (of_encoder, of_marks, width) = (config.encoder_weights(), config.mark_weights(), config.width());
        let bins = |weights| BiLstmAttention::new(config.n_bins, 1, config.bin_hidden, weights);
        let marks = |steps, weights| BiLstmAttention::new(steps, 2 * config.bin_hidden, config.mark_hidden, weights);
        let (has_raw, has_aux) = (config.raw_encoders() > 0, config.variant.is_auxiliary());
        let raw_bins = has_raw.then(|| bins(next(config.raw_encoders(), of_encoder)?)).transpose()?;
        let sample_bins = has_aux.then(|| bins(next(config.sample_encoders(), of_encoder)?)).transpose()?;
        let raw_marks = has_raw.then(|| marks(config.raw_steps(), next(1, of_marks)?)).transpose()?;
        let auxiliary = match sample_bins {
            None => None,
            Some(bins) => {
                let marks = marks(config.of_sample(), next(2, of_marks)?)?;
                let [weight, bias] = [next(2, width)?, next(2, 1)?];
                Some(Samples { bins, marks, heads: Head::new(&Tensor::cat(&[weight, bias], 1)?)? })
            }
        };
        let specs = config.hidden();
        let n_hidden = specs.iter().map(TensorSpec::n_weights).sum();
        let hidden = (!has_raw).then(|| Parameters::new(&specs, &next(1, n_hidden)?)).transpose()?;
        let head = Head::new(&next(1, width + 1)?)?;
        let raw = raw_bins.zip(raw_marks).map(|(bins, marks)| [bins, marks]);
        Ok(DeepDiff { config: config.clone(), n_models, raw, auxiliary, hidden, head })
    }

    /// The layers that can share memory with those of a sibling.
    fn layers(&self) -> Vec<&BiLstmAttention> {
        let raw = self.raw.iter().flatten();
        raw.chain(self.auxiliary.iter().flat_map(|samples| [&samples.bins, &samples.marks])).collect()
    }

    fn layers_mut(&mut self) -> Vec<&mut BiLstmAttention> {
        let raw = self.raw.iter_mut().flatten();
        raw.chain(self.auxiliary.iter_mut().flat_map(|samples| [&mut samples.bins, &mut samples.marks])).collect()
    }

    /// The auxiliary part, of `x` [gene, model, mark of A and B, bin].
    fn samples(&self, samples: &Samples, x: &Tensor, mode: &Mode) -> Result<OfSamples> {
        let (genes, models, marks, bins) = x.dims4()?;
        let of_sample = marks / 2;
        let encode = |x: &Tensor, layer: u64| -> Result<(Tensor, Tensor)> {
            let n = x.dim(2)?;
            let x = x.reshape((genes, models * n, bins, 1))?;
            let (contexts, attention) = samples.bins.forward(&x, &mode.for_layer(layer))?;
            Ok((contexts.reshape((genes, models, n, ()))?, attention.reshape((genes, models, n, bins))?))
        };
        let (contexts, bin_attention) = if self.config.variant.is_siamese() {
            let (a, a_attention) = encode(&x.narrow(2, 0, of_sample)?, 1)?;
            let (b, b_attention) = encode(&x.narrow(2, of_sample, of_sample)?, 2)?;
            (Tensor::cat(&[a, b], 2)?, Tensor::cat(&[a_attention, b_attention], 2)?)
        } else {
            encode(x, 1)?
        };
        let of_each = contexts.reshape((genes, models * 2, of_sample, ()))?;
        let (vectors, mark_attention) = samples.marks.forward(&of_each, &mode.for_layer(3))?;
        Ok(OfSamples {
            expression: samples.heads.forward(&vectors)?.reshape((genes, models, 2))?,
            vectors: vectors.reshape((genes, models, ()))?,
            mark_attention: mark_attention.reshape((genes, models, marks))?,
            contexts,
            bin_attention,
        })
    }

    /// The vector that the head reads, of `x` and the auxiliary part, and both attentions of the inputs.
    fn change(&self, x: &Tensor, of_samples: Option<&OfSamples>, mode: &Mode) -> Result<(Tensor, [Tensor; 2])> {
        let (genes, models, marks, bins) = x.dims4()?;
        let of_sample = marks / 2;
        let Some([level_1, level_2]) = &self.raw else {
            let (Some(of), Some(hidden)) = (of_samples, &self.hidden) else { bail!("a network of no part") };
            let vectors = of.vectors.unsqueeze(2)?;
            let units = hidden.each_model(&vectors, (1, 2 * self.config.width()), mode, |x, weights| {
                linear(&x.squeeze(1)?, weights.next()?, weights.next()?)?.relu()
            })?;
            // each sample has one half of the attention over marks
            return Ok((Tensor::stack(&units, 1)?, [of.bin_attention.clone(), (&of.mark_attention * 0.5)?]));
        };
        let [both, difference] = self.config.variant.raw();
        let mut rows = Vec::new();
        if both {
            rows.push(x.clone());
        }
        if difference {
            rows.push((x.narrow(2, 0, of_sample)? - x.narrow(2, of_sample, of_sample)?)?);
        }
        let rows = Tensor::cat(&rows, 2)?;
        let n = rows.dim(2)?;
        let (contexts, bin_attention) = level_1.forward(&rows.reshape((genes, models * n, bins, 1))?, mode)?;
        let mut contexts = contexts.reshape((genes, models, n, ()))?;
        let mut bin_attention = bin_attention.reshape((genes, models, n, bins))?;
        if let Some(of) = of_samples {
            contexts = Tensor::cat(&[&contexts, &of.contexts], 2)?;
            bin_attention = Tensor::cat(&[&bin_attention, &of.bin_attention], 2)?;
        }
        let (vector, mark_attention) = level_2.forward(&contexts, &mode.for_layer(4))?;
        let attention = match self.config.variant {
            DeepDiffVariant::RawC => [bin_attention, mark_attention],
            _ => self.of_inputs(&bin_attention, &mark_attention)?,
        };
        Ok((vector, attention))
    }

    /// The attention of the inputs, where several encoders read a mark: an encoder's part of the joint
    /// attention is that of the mark that it reads, or in halves that of the two of which it reads the difference.
    fn of_inputs(&self, bin_attention: &Tensor, mark_attention: &Tensor) -> Result<[Tensor; 2]> {
        let (marks, [both, difference]) = (self.config.n_marks, self.config.variant.raw());
        // so that a mark without any attention still has one over its bins
        let joint = bin_attention.broadcast_mul(&mark_attention.affine(1.0, 1e-20)?.unsqueeze(3)?)?;
        let (mut sum, mut first): (Option<Tensor>, usize) = (None, 0);
        let mut add = |part: Tensor| -> Result<()> {
            sum = Some(match sum.take() {
                None => part,
                Some(sum) => (sum + part)?,
            });
            Ok(())
        };
        if both {
            add(joint.narrow(2, 0, marks)?)?;
            first += marks;
        }
        if difference {
            let half = (joint.narrow(2, first, marks / 2)? * 0.5)?;
            add(Tensor::cat(&[&half, &half], 2)?)?;
            first += marks / 2;
        }
        if first < joint.dim(2)? {
            add(joint.narrow(2, first, marks)?)?;
        }
        let Some(sum) = sum else { bail!("a network of no part") };
        let of_marks = sum.sum(3)?;
        Ok([sum.broadcast_div(&of_marks.unsqueeze(3)?)?, of_marks])
    }
}

impl Network for DeepDiff {
    fn config(&self) -> ModelConfig {
        ModelConfig::DeepDiff(self.config.clone())
    }

    fn n_models(&self) -> usize {
        self.n_models
    }

    fn parameters(&self) -> Vec<&Var> {
        let mut parameters = Vec::new();
        parameters.extend(self.raw.iter().map(|[bins, _]| bins.weights()));
        parameters.extend(self.auxiliary.iter().map(|samples| samples.bins.weights()));
        parameters.extend(self.raw.iter().map(|[_, marks]| marks.weights()));
        if let Some(samples) = &self.auxiliary {
            parameters.push(samples.marks.weights());
            parameters.extend(samples.heads.parameters());
        }
        parameters.extend(self.hidden.iter().flat_map(Parameters::all));
        parameters.extend(self.head.parameters());
        parameters
    }

    fn forward(&self, x: &Tensor, mode: &Mode) -> Result<Output> {
        let expected = [self.n_models, self.config.n_marks, self.config.n_bins];
        if x.rank() != 4 || x.dims()[1..] != expected {
            bail!("the input is {:?}, expected [genes, {expected:?}]", x.dims());
        }
        let of_samples = self.auxiliary.as_ref().map(|samples| self.samples(samples, x, mode)).transpose()?;
        let (vector, [bin_attention, mark_attention]) = self.change(x, of_samples.as_ref(), mode)?;
        let auxiliary = match of_samples {
            None => None,
            Some(OfSamples { contexts, expression, .. }) => {
                let distance = self.config.variant.is_siamese().then(|| squared_distance(&contexts)).transpose()?;
                Some(Auxiliary { expression, distance })
            }
        };
        Ok(Output {
            logit: self.head.forward(&vector)?,
            bin_attention: Some(bin_attention),
            mark_attention: Some(mark_attention),
            auxiliary,
        })
    }

    fn sibling(&self, weights: &Tensor) -> Result<Box<dyn Network>> {
        let mut sibling = DeepDiff::new(&self.config, weights)?;
        for (own, layer) in sibling.layers_mut().into_iter().zip(self.layers()) {
            own.share_memory_of(layer);
            own.set_instruction_set(layer.instructions);
        }
        Ok(Box::new(sibling))
    }

    fn set_instruction_set(&mut self, instructions: InstructionSet) {
        self.layers_mut().into_iter().for_each(|layer| layer.set_instruction_set(instructions));
    }
}

/// The squared Euclidean distance [gene, model] of the contexts of A and B, [gene, model, mark of A and B,
/// unit], with PyTorch's 1e-6 in every difference.
fn squared_distance(contexts: &Tensor) -> Result<Tensor> {
    let of_sample = contexts.dim(2)? / 2;
    let difference = (contexts.narrow(2, 0, of_sample)? - contexts.narrow(2, of_sample, of_sample)?)?;
    difference.affine(1.0, 1e-6)?.sqr()?.flatten_from(2)?.sum(2)
}
