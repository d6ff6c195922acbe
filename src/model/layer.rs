//! The plain layers that networks share, by operations of candle, for one model at a time: `x` is
//! [gene, …].

use candle_core::{Result, Tensor, Var, bail};

use super::{Dropout, Mode, Output, TensorSpec};

/// The weights of several models of one shape, a variable for each tensor: [model, …].
#[derive(Debug)]
pub struct Parameters {
    n_models: usize,
    variables: Vec<Var>,
}

/// The weights of one model, taken one after the other in the order of its tensors.
pub struct OfModel<'a> {
    parameters: &'a Parameters,
    model: usize,
    next: usize,
    keeps_graph: bool,
    /// Rate, key and first gene.
    dropout: Option<(f64, u64, usize)>,
}

impl Parameters {
    /// From flat weights, [model, weight].
    pub fn new(tensors: &[TensorSpec], weights: &Tensor) -> Result<Self> {
        let (n_models, mut first) = (weights.dim(0)?, 0);
        let mut variables = Vec::with_capacity(tensors.len());
        for tensor in tensors {
            let shape: Vec<usize> = std::iter::once(n_models).chain(tensor.shape.iter().copied()).collect();
            let part = weights.narrow(1, first, tensor.n_weights())?.contiguous()?.reshape(shape)?;
            variables.push(Var::from_tensor(&part)?);
            first += tensor.n_weights();
        }
        Ok(Parameters { n_models, variables })
    }

    /// Number of models.
    pub fn n_models(&self) -> usize {
        self.n_models
    }

    /// All variables, in the order of the tensors.
    pub fn all(&self) -> Vec<&Var> {
        self.variables.iter().collect()
    }

    /// Computes one model after the other, so that each gives what it gives alone: `forward` takes the
    /// windows of the model's genes, [gene, mark, bin], and its weights.
    pub fn each_model<R>(
        &self,
        x: &Tensor,
        (marks, bins): (usize, usize),
        mode: &Mode,
        forward: impl Fn(&Tensor, &mut OfModel) -> Result<R>,
    ) -> Result<Vec<R>> {
        if x.rank() != 4 || x.dims()[1..] != [self.n_models, marks, bins] {
            bail!("the input is {:?}, expected [genes, {}, {marks}, {bins}]", x.dims(), self.n_models);
        }
        let keeps_graph = *mode != Mode::Infer;
        let x = if keeps_graph { x.clone() } else { x.detach() };
        let of_model = |model: usize| {
            let dropout = match mode {
                Mode::Train(Some(Dropout { rate, keys, first_gene })) => Some((*rate, keys[model], *first_gene)),
                _ => None,
            };
            let mut weights = OfModel { parameters: self, model, next: 0, keeps_graph, dropout };
            forward(&x.narrow(1, model, 1)?.squeeze(1)?, &mut weights)
        };
        (0..self.n_models).map(of_model).collect()
    }

    /// The same with the rows of the model's genes, [gene, number], whatever axes they have in `x`.
    pub fn each_row<R>(
        &self,
        x: &Tensor,
        size: usize,
        mode: &Mode,
        forward: impl Fn(&Tensor, &mut OfModel) -> Result<R>,
    ) -> Result<Vec<R>> {
        let rows = x.reshape((x.dim(0)?, self.n_models, 1, size))?;
        self.each_model(&rows, (1, size), mode, |x, weights| forward(&x.squeeze(1)?, weights))
    }
}

impl Output {
    /// The outputs of several models, each without the axis of models, as one.
    pub(super) fn stack(outputs: &[Output]) -> Result<Output> {
        let stack = |part: fn(&Output) -> Option<&Tensor>| -> Result<Option<Tensor>> {
            let parts: Option<Vec<&Tensor>> = outputs.iter().map(part).collect();
            parts.map(|parts| Tensor::stack(&parts, 1)).transpose()
        };
        let Some(logit) = stack(|output| Some(&output.logit))? else { bail!("no model") };
        let bin_attention = stack(|output| output.bin_attention.as_ref())?;
        Ok(Output {
            logit,
            bin_attention,
            mark_attention: stack(|output| output.mark_attention.as_ref())?,
            auxiliary: None,
        })
    }
}

impl OfModel<'_> {
    /// The next tensor.
    pub fn next(&mut self) -> Result<Tensor> {
        let Some(variable) = self.parameters.variables.get(self.next) else {
            bail!("the model has no further weights")
        };
        self.next += 1;
        let all = variable.as_tensor();
        let all = if self.keeps_graph { all.clone() } else { all.detach() };
        all.narrow(0, self.model, 1)?.squeeze(0)
    }

    /// Sets units [gene, …] to zero in training, where it asks for that (Srivastava et al. 2014, inverted).
    /// Which ones depends on the model's key, the gene's place in the batch, the unit and `layer`, a number
    /// for each layer of the model that drops.
    pub fn drop(&self, x: &Tensor, layer: u64) -> Result<Tensor> {
        let Some((rate, key, first_gene)) = self.dropout else { return Ok(x.clone()) };
        let units = x.elem_count() / x.dim(0)?.max(1);
        let first = (first_gene * units) as u64;
        let key = mixed(key.wrapping_add(layer));
        let kept = (1.0 / (1.0 - rate)) as f32;
        let mask = (0..x.elem_count() as u64).map(|at| {
            let draw = (mixed(key.wrapping_add(first + at)) >> 40) as f64 / (1u64 << 24) as f64;
            if draw < rate { 0.0 } else { kept }
        });
        x * Tensor::from_vec(mask.collect::<Vec<f32>>(), x.shape(), x.device())?
    }
}

/// A number that looks random beside those of neighbouring ones (the finaliser of SplitMix64, Steele et
/// al. 2014).
fn mixed(number: u64) -> u64 {
    let z = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Weight and bias of a linear layer, as PyTorch and Torch draw them: within 1 / √inputs.
pub fn linear_tensors(name: &str, inputs: usize, outputs: usize) -> Vec<TensorSpec> {
    let bound = 1.0 / (inputs as f64).sqrt();
    vec![
        TensorSpec::new(format!("{name}.weight"), &[outputs, inputs], bound),
        TensorSpec::new(format!("{name}.bias"), &[outputs], bound),
    ]
}

/// Weights [model, flat] as those before, and those of a model's last tensors.
pub fn split(weights: &Tensor, last: &[TensorSpec]) -> Result<[Tensor; 2]> {
    let (all, of_last) = (weights.dim(1)?, last.iter().map(TensorSpec::n_weights).sum::<usize>());
    Ok([weights.narrow(1, 0, all - of_last)?.contiguous()?, weights.narrow(1, all - of_last, of_last)?])
}

/// [gene, input] to [gene, output].
pub fn linear(x: &Tensor, weight: Tensor, bias: Tensor) -> Result<Tensor> {
    x.matmul(&weight.t()?)?.broadcast_add(&bias)
}

/// The log-odds \[gene\] that two outputs [gene, 2], one a class, stand for under a softmax; one output
/// is the logit itself.
pub fn logit(outputs: &Tensor) -> Result<Tensor> {
    match outputs.dim(1)? {
        1 => outputs.squeeze(1),
        2 => outputs.narrow(1, 1, 1)?.squeeze(1)? - outputs.narrow(1, 0, 1)?.squeeze(1)?,
        n => bail!("{n} outputs"),
    }
}

/// A linear layer with one output for each of several models together.
#[derive(Clone, Debug)]
pub struct Head {
    /// [model, input].
    weight: Var,
    /// \[model\].
    bias: Var,
}

impl Head {
    /// From flat weights [model, inputs + 1].
    pub fn new(weights: &Tensor) -> Result<Self> {
        let (models, length) = weights.dims2()?;
        Ok(Head {
            weight: Var::from_tensor(&weights.narrow(1, 0, length - 1)?.contiguous()?)?,
            bias: Var::from_tensor(&weights.narrow(1, length - 1, 1)?.contiguous()?.reshape(models)?)?,
        })
    }

    /// Weight and bias.
    pub fn parameters(&self) -> [&Var; 2] {
        [&self.weight, &self.bias]
    }

    /// From [gene, model, input] to [gene, model].
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x.broadcast_mul(self.weight.as_tensor())?.sum(2)?.broadcast_add(self.bias.as_tensor())
    }
}

/// Attention over steps: `h` is [gene, step, unit], `vector` [unit, 1]. Contexts [gene, unit] and
/// attention [gene, step].
pub fn attend(h: &Tensor, vector: &Tensor) -> Result<(Tensor, Tensor)> {
    let (genes, steps, units) = h.dims3()?;
    let scores = h.reshape((genes * steps, units))?.matmul(vector)?.reshape((genes, steps))?;
    let attention = candle_nn::ops::softmax(&scores, 1)?;
    Ok((attention.unsqueeze(1)?.matmul(h)?.squeeze(1)?, attention))
}
