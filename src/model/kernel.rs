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
mod lstm;
mod stash;
mod weights;

pub(super) use self::attention::Attention;
use self::attention::{attend_steps, attend_steps_backward};
pub(super) use self::lstm::Backward;
use self::lstm::{backward_steps, forward_steps};
pub(super) use self::stash::Stash;
pub(super) use self::weights::{Weights, add_to_flat, flat_len};
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

    /// Rows of the weight matrix: four gates of all units, with padding.
    pub fn rows(&self) -> usize {
        4 * self.units()
    }
}

/// What [`Isa::Portable`] computes with.
type Native = super::lanes::Portable<{ cfg!(target_arch = "aarch64") }>;

/// Instruction sets that the kernels are compiled for. Those with fused multiply-add (all but the
/// portable one of x86-64) give the same bits; the others agree with them to rounding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Isa {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// What the target guarantees: SSE2, NEON.
    Portable,
}

impl Isa {
    /// Those that this machine can run, the best first.
    pub fn available() -> Vec<Isa> {
        let mut available = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            if std::arch::is_x86_feature_detected!("avx512f") {
                available.push(Isa::Avx512);
            }
            if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
                available.push(Isa::Avx2);
            }
        }
        available.push(Isa::Portable);
        available
    }

    /// Whether products are added with one rounding.
    #[cfg(test)]
    pub fn is_fused(self) -> bool {
        self != Isa::Portable || cfg!(target_arch = "aarch64")
    }

    /// Units whose sums the forward pass keeps in registers at a time.
    fn unit_block(self) -> usize {
        match self {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => 4,
            _ => 1,
        }
    }
}

/// A kernel compiled for each instruction set; the block size is the one of [`Isa::unit_block`].
macro_rules! kernel {
    ($(#[$doc:meta])* $name:ident = $inner:ident $(with block $wide:literal or $narrow:literal)? ($($argument:ident: $type:ty),*)) => {
        $(#[$doc])*
        #[allow(unsafe_code)] // to call a function compiled for an instruction set that was detected at run time
        pub(super) fn $name(isa: Isa, $($argument: $type),*) {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f")]
            fn avx512($($argument: $type),*) {
                $inner::<Avx512 $(, $wide)?>($($argument),*)
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn avx2($($argument: $type),*) {
                $inner::<Avx2 $(, $narrow)?>($($argument),*)
            }
            match isa {
                // SAFETY: `Isa::available` has seen that the processor has AVX-512F.
                #[cfg(target_arch = "x86_64")]
                Isa::Avx512 => unsafe { avx512($($argument),*) },
                // SAFETY: `Isa::available` has seen that the processor has AVX2.
                #[cfg(target_arch = "x86_64")]
                Isa::Avx2 => unsafe { avx2($($argument),*) },
                Isa::Portable => $inner::<Native $(, $narrow)?>($($argument),*),
            }
        }
    };
}

kernel!(
    /// Runs all steps of one direction; the inputs are in place.
    forward = forward_steps with block 4 or 1 (dims: &Dims, weights: &Weights, stash: &mut Stash)
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
    backward = backward_steps with block 4 or 1 (dims: &Dims, weights: &Weights, stash: &mut Stash, work: Backward<'_>)
);
