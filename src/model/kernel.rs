//! An LSTM over the steps of one sequence a lane, forward and backward through time, and attention
//! over its outputs: the inner loops of [`super::BiLstmAttention`].
//!
//! One task is one group, one direction and one block of [`LANES`] genes. The kernels know no
//! direction: steps are in the order of processing, and the caller turns the sequence round.
//!
//! The input `x`, the hidden state before the step and a constant 1 stand side by side in one vector
//! `z = [h, x, 1, 0…]`, so that a step is one product of the weight matrix [4 × hidden, columns] with
//! `z`, the bias is a column, and all weight gradients are one sum of outer products. Hidden units
//! and columns are padded to multiples of four with zero weights, which leaves zeros everywhere.
//!
//! Gate order i, f, g, o and the formulas are those of PyTorch's `nn.LSTM` (Hochreiter &
//! Schmidhuber 1997, with forget gate).

mod attention;
mod convolution;
mod lstm;
mod pool;
mod stash;
mod weights;

pub(super) use self::attention::Attention;
use self::attention::{attend_steps, attend_steps_backward};
pub(super) use self::convolution::{Rows, TOGETHER};
use self::convolution::{window_outer_products, window_products};
pub(super) use self::lstm::Backward;
use self::lstm::{backward_steps, forward_steps};
pub(super) use self::pool::Pooled;
use self::pool::{drop_some, pool_rows, pool_rows_backward};
pub(super) use self::stash::Stash;
pub(super) use self::weights::{DirectionWeights, add_to_flat, flat_len};
use super::lanes::Lanes;
#[cfg(target_arch = "x86_64")]
use super::lanes::{Avx2, Avx512};

/// Sizes of one LSTM direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dims {
    pub steps: usize,
    pub inputs: usize,
    pub hidden: usize,
}

impl Dims {
    /// Hidden units with padding.
    pub fn units(&self) -> usize {
        self.hidden.next_multiple_of(4)
    }

    /// Length of `z` with padding.
    pub fn columns(&self) -> usize {
        (self.units() + self.inputs + 1).next_multiple_of(4)
    }

    /// Distance of the gates of neighbouring steps: not a power of two, which would put the same gate of
    /// every step into the same set of a cache.
    pub fn gate_stride(&self) -> usize {
        self.rows() + 1
    }

    /// Rows of the weight matrix: four gates of all units, with padding.
    pub fn rows(&self) -> usize {
        4 * self.units()
    }
}

/// What [`InstructionSet::Portable`] computes with.
type Native = super::lanes::Portable<{ cfg!(target_arch = "aarch64") }>;

/// Instruction sets that the models are compiled for. Those with fused multiply-add (AVX-512, AVX2, and
/// the portable one on ARM64) give the same bits; the portable one of x86-64 agrees with them to
/// rounding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstructionSet {
    /// AVX-512F.
    Avx512,
    /// AVX2 and FMA.
    Avx2,
    /// What the target guarantees: SSE2, NEON.
    Portable,
}

impl InstructionSet {
    /// All there are, the fastest first.
    pub const ALL: [InstructionSet; 3] = [InstructionSet::Avx512, InstructionSet::Avx2, InstructionSet::Portable];

    /// The name used on the command line.
    pub fn name(self) -> &'static str {
        match self {
            InstructionSet::Avx512 => "avx512",
            InstructionSet::Avx2 => "avx2",
            InstructionSet::Portable => "portable",
        }
    }

    /// Whether this machine has it.
    pub fn is_available(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512 => std::arch::is_x86_feature_detected!("avx512f"),
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 => {
                std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma")
            }
            #[cfg(not(target_arch = "x86_64"))]
            InstructionSet::Avx512 | InstructionSet::Avx2 => false,
            InstructionSet::Portable => true,
        }
    }

    /// Those that this machine has, the fastest first.
    pub fn available() -> Vec<InstructionSet> {
        InstructionSet::ALL.into_iter().filter(|set| set.is_available()).collect()
    }

    /// The fastest that this machine has.
    pub fn best() -> InstructionSet {
        InstructionSet::ALL.into_iter().find(|set| set.is_available()).unwrap_or(InstructionSet::Portable)
    }

    /// Whether products are added with one rounding: all sets of which this is true give the same bits.
    pub fn is_fused(self) -> bool {
        self != InstructionSet::Portable || cfg!(target_arch = "aarch64")
    }

    /// Units whose sums the forward pass keeps in registers at a time.
    fn unit_block(self) -> usize {
        if self == InstructionSet::Avx512 { 4 } else { 1 }
    }
}

/// A kernel compiled for each instruction set: one of [`Simd`](super::lanes::Simd), whose block size is the one of
/// [`InstructionSet::unit_block`]; or plain loops, which give the same bits on all.
macro_rules! kernel {
    ($(#[$doc:meta])* $name:ident = plain $inner:ident $(<$P:ident: $bound:path>)? ($($argument:ident: $type:ty),*)) => {
        $crate::model::kernel!(
            @each $(#[$doc])* $name [$($P: $bound)?] [$inner::<$($P)?>] [$inner::<$($P)?>] [$inner::<$($P)?>]
            ($($argument: $type),*)
        );
    };
    ($(#[$doc:meta])* $name:ident = $inner:ident $(with block $wide:literal or $narrow:literal)? ($($argument:ident: $type:ty),*)) => {
        $crate::model::kernel!(
            @each $(#[$doc])* $name [] [$inner::<Avx512 $(, $wide)?>] [$inner::<Avx2 $(, $narrow)?>] [$inner::<Native $(, $narrow)?>]
            ($($argument: $type),*)
        );
    };
    (
        @each $(#[$doc:meta])* $name:ident [$($generic:tt)*] [$($wide:tt)*] [$($narrow:tt)*] [$($native:tt)*]
        ($($argument:ident: $type:ty),*)
    ) => {
        $(#[$doc])*
        #[allow(unsafe_code)] // to call a function compiled for an instruction set that was detected at run time
        pub(super) fn $name<$($generic)*>(instructions: $crate::model::InstructionSet, $($argument: $type),*) {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f")]
            fn avx512<$($generic)*>($($argument: $type),*) {
                $($wide)*($($argument),*)
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn avx2<$($generic)*>($($argument: $type),*) {
                $($narrow)*($($argument),*)
            }
            match instructions {
                // SAFETY: layers are only given instruction sets that are available.
                #[cfg(target_arch = "x86_64")]
                $crate::model::InstructionSet::Avx512 => unsafe { avx512($($argument),*) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                $crate::model::InstructionSet::Avx2 => unsafe { avx2($($argument),*) },
                _ => $($native)*($($argument),*),
            }
        }
    };
}
pub(crate) use kernel;

kernel!(
    /// Runs all steps of one direction; the inputs are in place.
    forward = forward_steps with block 4 or 1 (dims: &Dims, weights: &DirectionWeights, stash: &mut Stash)
);
kernel!(
    /// Attends to the outputs of both directions.
    attend = attend_steps(dims: &Dims, vector: &[f32], stashes: &[Stash], attention: &mut Attention)
);
kernel!(
    /// Backward pass of [`attend`].
    attend_backward = attend_steps_backward(dims: &Dims, stashes: &[Stash], attention: &mut Attention, vector_gradient: &mut [f32])
);
kernel!(
    /// Backward pass of [`forward`], after [`attend_backward`].
    backward = backward_steps with block 6 or 1 (dims: &Dims, weights: &DirectionWeights, stash: &mut Stash, work: Backward<'_>)
);
kernel!(
    /// Products of windows with weights: a convolution, and its backward pass to its inputs.
    windows = window_products with block 3 or 1 (input: Rows<'_>, first: usize, depth: usize, weights: &[f32], out: &mut [Lanes], out_stride: usize)
);
kernel!(
    /// Sums of outer products of windows with gradients: a convolution's backward pass to its weights.
    windows_transposed = window_outer_products with block 6 or 1 (input: Rows<'_>, first: usize, gradient: Rows<'_>, columns: usize, out: &mut [f32])
);
kernel!(
    /// The highest of neighbouring positions, bias and ReLU.
    pool = plain pool_rows(sums: &[Lanes], pool: usize, bias: &[f32], out: &mut [Lanes], stride: usize)
);
kernel!(
    /// Backward pass of [`pool`], after dropout.
    pool_backward = plain pool_rows_backward(sums: &mut [Lanes], pool: usize, bias: &[f32], pooled: Pooled<'_>, of_bias: &mut [Lanes], stride: usize)
);
kernel!(
    /// Dropout of the outputs of a convolution.
    drop_units = plain drop_some(units: &mut [Lanes], factors: &mut [Lanes], rate: f64, key: u64)
);
