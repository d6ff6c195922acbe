//! Which kernels of `level.cu` run, in which order, with which grid, memory and arguments.
//!
//! A plan is plain data that knows no GPU: `launch.rs` carries it out on one, and a test on the
//! processor.

/// Sizes of one pass through a level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Level {
    pub genes: usize,
    pub groups: usize,
    pub steps: usize,
    pub inputs: usize,
    pub hidden: usize,
    /// Whether a backward pass will follow.
    pub keep: bool,
    /// Groups that share one dropout key.
    pub groups_per_model: usize,
    /// Probability that an output is dropped.
    pub dropout: f64,
}

/// Memory of a pass, by its names in `level.cu`; all f32, except the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Buffer {
    X,
    Weights,
    /// Dropout keys, u64, one a model.
    Keys,
    Out,
    Transposed,
    Gates,
    Cells,
    Hidden,
    OutGradient,
    ScoreGradient,
    VectorGradient,
    Partial,
    WeightGradient,
    InputGradient,
    Logit,
    Label,
    GeneWeight,
    Loss,
    Derivative,
    Gradient,
    /// f64.
    Squares,
    State,
    Rates,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Argument {
    Pointer(Buffer),
    Int(i32),
    Unsigned(u32),
    Float(f32),
    Double(f64),
}

/// One kernel on one grid.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Launch {
    pub kernel: &'static str,
    pub grid: [usize; 3],
    pub threads: u32,
    /// Bytes of shared memory beyond what the kernel declares.
    pub shared: u32,
    pub arguments: Vec<Argument>,
}

/// Most blocks along the second and third side of a grid.
const MOST_BLOCKS: usize = 65535;
/// Largest slices × directions of the weight gradient: enough blocks for the largest GPUs.
const WEIGHT_BLOCKS: usize = 512;

impl Level {
    /// Why this cannot be computed on a GPU, if so.
    pub fn problem(&self) -> Option<String> {
        let most = MOST_BLOCKS / 2;
        let positions = 2 * self.groups * self.steps * self.genes;
        if self.groups > most || self.steps * self.inputs > 128 * MOST_BLOCKS || positions > i32::MAX as usize {
            return Some(format!(
                "{} genes × {} groups × {} steps × {} inputs are too many at once for a GPU",
                self.genes, self.groups, self.steps, self.inputs
            ));
        }
        (self.hidden > 1024).then(|| format!("{} hidden units are too many for a GPU, at most 1024", self.hidden))
    }

    fn specialised(&self) -> bool {
        self.hidden == 16 || self.hidden == 32
    }

    /// Whether the sums of the inputs are computed ahead of the steps.
    fn projected(&self) -> bool {
        self.inputs != 1 || !self.specialised()
    }

    fn rows(&self) -> usize {
        4 * self.hidden
    }

    fn columns(&self) -> usize {
        self.hidden + self.inputs + 1
    }

    fn positions(&self) -> usize {
        self.steps * self.genes
    }

    fn flat_len(&self) -> usize {
        2 * self.rows() * (self.inputs + self.hidden + 2) + 2 * self.hidden
    }

    fn tiles(&self) -> usize {
        self.rows().div_ceil(128) * self.columns().div_ceil(36)
    }

    /// Length of a slice of the weight gradient's sum, in positions. Depends on the shape alone, so that
    /// every GPU adds in the same order.
    fn slice_len(&self) -> usize {
        let wanted = WEIGHT_BLOCKS.div_ceil(2 * self.groups * self.tiles());
        self.positions().div_ceil(wanted).next_multiple_of(64)
    }

    fn slices(&self) -> usize {
        self.positions().div_ceil(self.slice_len())
    }

    /// Numbers in a buffer; 0 where this pass does not need it.
    pub fn len(&self, buffer: Buffer) -> usize {
        let directions = 2 * self.groups;
        let sequences = self.genes * self.groups;
        let when = |needed: bool, len: usize| if needed { len } else { 0 };
        match buffer {
            Buffer::X | Buffer::InputGradient => sequences * self.steps * self.inputs,
            Buffer::Weights | Buffer::WeightGradient => self.groups * self.flat_len(),
            Buffer::Keys => self.groups / self.groups_per_model,
            Buffer::Out | Buffer::OutGradient => sequences * (2 * self.hidden + self.steps),
            Buffer::Transposed => when(!self.specialised(), directions * self.rows() * self.hidden),
            Buffer::Gates => when(self.keep || self.projected(), directions * self.positions() * self.rows()),
            Buffer::Cells => when(self.keep, directions * self.positions() * self.hidden),
            Buffer::Hidden => directions * self.positions() * self.hidden,
            Buffer::ScoreGradient => 2 * sequences * self.steps,
            Buffer::VectorGradient => sequences * 2 * self.hidden,
            Buffer::Partial => self.slices() * directions * self.rows() * self.columns(),
            _ => 0,
        }
    }

    /// Fills `Out`, and `Gates`, `Cells` and `Hidden` for the backward pass.
    pub fn forward(&self) -> Vec<Launch> {
        use Buffer::{Cells, Gates, Hidden, Keys, Out, Transposed, Weights, X};
        let directions = 2 * self.groups;
        let (genes, groups, steps) = (int(self.genes), int(self.groups), int(self.steps));
        let (inputs, hidden, keep) = (int(self.inputs), int(self.hidden), int(usize::from(self.keep)));
        let mut launches = Vec::new();
        if self.projected() {
            launches.push(Launch {
                kernel: "project",
                grid: [self.positions().div_ceil(8), directions, self.rows().div_ceil(128)],
                threads: 128,
                shared: 0,
                arguments: [pointers(&[X, Weights, Gates]), vec![genes, groups, steps, inputs, hidden]].concat(),
            });
        }
        if self.specialised() {
            let kernel = match (self.hidden, self.projected()) {
                (32, false) => "forward_32",
                (32, true) => "forward_32_projected",
                (_, false) => "forward_16",
                (_, true) => "forward_16_projected",
            };
            launches.push(Launch {
                kernel,
                grid: [self.genes.div_ceil(128 / self.hidden), directions, 1],
                threads: 128,
                shared: 0,
                arguments: [pointers(&[X, Weights, Gates, Cells, Hidden]), vec![genes, groups, steps, inputs, keep]]
                    .concat(),
            });
        } else {
            launches.push(Launch {
                kernel: "transpose",
                grid: [(self.rows() * self.hidden).div_ceil(256), directions, 1],
                threads: 256,
                shared: 0,
                arguments: [pointers(&[Weights, Transposed]), vec![inputs, hidden]].concat(),
            });
            launches.push(Launch {
                kernel: "forward_any",
                grid: [self.genes.div_ceil(2), directions, 1],
                threads: self.threads(),
                shared: 6 * 4 * self.hidden as u32,
                arguments: [pointers(&[Transposed, Gates, Cells, Hidden]), vec![genes, steps, hidden, keep]].concat(),
            });
        }
        launches.push(Launch {
            kernel: "attend",
            grid: [self.genes, self.groups, 1],
            threads: 128,
            shared: 0,
            arguments: [
                pointers(&[Hidden, Weights, Keys, Out]),
                vec![genes, groups, steps, inputs, hidden],
                self.drop(),
            ]
            .concat(),
        });
        launches
    }

    /// Fills `WeightGradient` and, where asked for, `InputGradient`, after [`Self::forward`] with `keep`.
    pub fn backward(&self, input_gradient: bool) -> Vec<Launch> {
        use Buffer::{
            Cells, Gates, Hidden, InputGradient, Keys, Out, OutGradient, Partial, ScoreGradient, VectorGradient,
            WeightGradient, Weights, X,
        };
        let directions = 2 * self.groups;
        let (genes, groups, steps) = (int(self.genes), int(self.groups), int(self.steps));
        let (inputs, hidden) = (int(self.inputs), int(self.hidden));
        let mut launches = vec![Launch {
            kernel: "attend_backward",
            grid: [self.genes, self.groups, 1],
            threads: 128,
            shared: 0,
            arguments: [
                pointers(&[Hidden, Keys, Out, OutGradient, ScoreGradient, VectorGradient]),
                vec![genes, groups, steps, hidden],
                self.drop(),
            ]
            .concat(),
        }];
        let of_steps = pointers(&[Weights, Keys, Gates, Cells, OutGradient, ScoreGradient]);
        if self.specialised() {
            launches.push(Launch {
                kernel: if self.hidden == 32 { "backward_32" } else { "backward_16" },
                grid: [self.genes.div_ceil(128 / self.hidden), directions, 1],
                threads: 128,
                shared: 0,
                arguments: [of_steps, vec![genes, groups, steps, inputs], self.drop()].concat(),
            });
        } else {
            launches.push(Launch {
                kernel: "backward_any",
                grid: [self.genes.div_ceil(2), directions, 1],
                threads: self.threads(),
                shared: 12 * 4 * self.hidden as u32,
                arguments: [of_steps, vec![genes, groups, steps, inputs, hidden], self.drop()].concat(),
            });
        }
        launches.push(Launch {
            kernel: "weight_gradient",
            grid: [self.slices(), directions, self.tiles()],
            threads: 128,
            shared: 0,
            arguments: [
                pointers(&[Gates, Hidden, X, Partial]),
                vec![genes, groups, steps, inputs, hidden, int(self.slice_len())],
            ]
            .concat(),
        });
        launches.push(Launch {
            kernel: "gather_gradient",
            grid: [self.flat_len().div_ceil(256), self.groups, 1],
            threads: 256,
            shared: 0,
            arguments: [
                pointers(&[Partial, VectorGradient, WeightGradient]),
                vec![genes, groups, inputs, hidden, int(self.slices())],
            ]
            .concat(),
        });
        if input_gradient {
            launches.push(Launch {
                kernel: "input_gradient",
                grid: [self.genes, self.groups, (self.steps * self.inputs).div_ceil(128)],
                threads: 128,
                shared: 0,
                arguments: [pointers(&[Gates, Weights, InputGradient]), vec![genes, groups, steps, inputs, hidden]]
                    .concat(),
            });
        }
        launches
    }

    /// Threads of the kernels for any number of hidden units: one a unit, as far as they go.
    fn threads(&self) -> u32 {
        self.hidden.next_multiple_of(32).min(256) as u32
    }

    /// The last arguments of the kernels that know dropout. The same rounding as on the CPU.
    fn drop(&self) -> Vec<Argument> {
        vec![
            Argument::Unsigned((self.dropout * f64::from(u32::MAX)) as u32),
            Argument::Float((1.0 / (1.0 - self.dropout)) as f32),
            int(self.groups_per_model),
        ]
    }
}

/// Loss of each model: `Logit`, `Label` and `GeneWeight` [gene, model] to `Loss` \[model\].
pub(crate) fn cross_entropy(genes: usize, models: usize) -> Launch {
    use Buffer::{GeneWeight, Label, Logit, Loss};
    let arguments = [pointers(&[Logit, Label, GeneWeight, Loss]), vec![int(genes), int(models)]].concat();
    Launch { kernel: "cross_entropy", grid: [models, 1, 1], threads: 128, shared: 0, arguments }
}

/// Its derivative by the logit, to `Derivative` [gene, model].
pub(crate) fn cross_entropy_derivative(genes: usize, models: usize) -> Launch {
    use Buffer::{Derivative, GeneWeight, Label, Logit};
    let count = genes * models;
    let arguments = [pointers(&[Logit, Label, GeneWeight, Derivative]), vec![int(count)]].concat();
    let grid = [count.div_ceil(256), 1, 1];
    Launch { kernel: "cross_entropy_derivative", grid, threads: 256, shared: 0, arguments }
}

/// Sum of squares of each row of `Gradient` [model, weight], to `Squares` \[model\].
pub(crate) fn squared_norm(models: usize, weights: usize) -> Launch {
    let arguments = [pointers(&[Buffer::Gradient, Buffer::Squares]), vec![int(weights)]].concat();
    Launch { kernel: "squared_norm", grid: [models, 1, 1], threads: 1024, shared: 0, arguments }
}

/// One step of an optimiser.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Step {
    /// Largest norm of a model's gradient.
    pub clip_norm: f64,
    /// L2 decay, added to the gradient.
    pub decay: f32,
    /// What else the method needs.
    pub method: StepMethod,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum StepMethod {
    /// Adam; weights are first multiplied by `keep` (AdamW: 1 − rate × decay; Adam: 1).
    Adam {
        keep: f32,
    },
    Sgd {
        momentum: f32,
    },
}

impl Step {
    /// Moves `State` [model, 1 + moment, weight] against `Gradient` [model, weight], clipped by `Squares`;
    /// `Rates` has two numbers a model, the second 0 where it makes no step.
    pub fn plan(&self, models: usize, weights: usize) -> Launch {
        use Buffer::{Gradient, Rates, Squares, State};
        let (kernel, last) = match self.method {
            StepMethod::Adam { keep } => ("adam", keep),
            StepMethod::Sgd { momentum } => ("sgd", momentum),
        };
        let settings = [Argument::Double(self.clip_norm), Argument::Float(self.decay), Argument::Float(last)];
        let arguments = [pointers(&[State, Gradient, Squares, Rates]), vec![int(weights)], settings.to_vec()].concat();
        Launch { kernel, grid: [weights.div_ceil(256), models, 1], threads: 256, shared: 0, arguments }
    }
}

fn int(value: usize) -> Argument {
    Argument::Int(value as i32)
}

fn pointers(buffers: &[Buffer]) -> Vec<Argument> {
    buffers.iter().map(|&buffer| Argument::Pointer(buffer)).collect()
}
