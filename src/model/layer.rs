//! The plain layers that networks share, by operations of candle, for one model at a time: `x` is
//! [gene, …].

use candle_core::{Result, Tensor, Var, bail};

use super::{Mode, Output, TensorSpec};

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
    /// windows of the model's genes, [gene, mark, bin], and its weights, and returns its output without
    /// the axis of models.
    pub fn each_model(
        &self,
        x: &Tensor,
        (marks, bins): (usize, usize),
        mode: &Mode,
        forward: impl Fn(&Tensor, &mut OfModel) -> Result<Output>,
    ) -> Result<Output> {
        if x.rank() != 4 || x.dims()[1..] != [self.n_models, marks, bins] {
            bail!("the input is {:?}, expected [genes, {}, {marks}, {bins}]", x.dims(), self.n_models);
        }
        let keeps_graph = *mode != Mode::Infer;
        let x = if keeps_graph { x.clone() } else { x.detach() };
        let of_model = |model: usize| {
            let mut weights = OfModel { parameters: self, model, next: 0, keeps_graph };
            forward(&x.narrow(1, model, 1)?.squeeze(1)?, &mut weights)
        };
        let outputs = (0..self.n_models).map(of_model).collect::<Result<Vec<_>>>()?;
        let stack = |part: fn(&Output) -> Option<&Tensor>| -> Result<Option<Tensor>> {
            let parts: Option<Vec<&Tensor>> = outputs.iter().map(part).collect();
            parts.map(|parts| Tensor::stack(&parts, 1)).transpose()
        };
        let Some(logit) = stack(|output| Some(&output.logit))? else { bail!("no model") };
        let bin_attention = stack(|output| output.bin_attention.as_ref())?;
        Ok(Output { logit, bin_attention, mark_attention: stack(|output| output.mark_attention.as_ref())? })
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
}

/// Weight and bias of a linear layer, as PyTorch and Torch draw them: within 1 / √inputs.
pub fn linear_tensors(name: &str, inputs: usize, outputs: usize) -> Vec<TensorSpec> {
    let bound = 1.0 / (inputs as f64).sqrt();
    vec![
        TensorSpec::new(format!("{name}.weight"), &[outputs, inputs], bound),
        TensorSpec::new(format!("{name}.bias"), &[outputs], bound),
    ]
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
