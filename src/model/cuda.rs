//! The levels and a training step on an NVIDIA GPU, by kernels of our own.
//!
//! `level.cu` and `training.cu` hold the kernels, `plan.rs` says which of them run with which grid,
//! the modules here carry a plan out. The PTX beside the sources is made by `build.sh`; a test on the
//! processor compares every kernel with the CPU.

mod device;
mod launch;
mod level;
mod plan;
mod profile;
mod training;

pub use self::device::open;
pub(super) use self::level::{Pass, Spare};
pub(super) use self::plan::Level;
pub(crate) use self::plan::{Step, StepMethod};
pub use self::profile::{KernelTime, profile};
pub(crate) use self::training::{cross_entropy, cross_entropy_derivative, optimizer_step, squared_norm};
