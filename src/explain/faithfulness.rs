//! How far each explanation of a model can be believed: what the score loses and keeps with the bins
//! that it names, whether it agrees with others, whether it depends on what the model has learnt, and
//! whether it finds what is known.

mod agreement;
mod curves;
mod inputs;
mod judge;
mod order;

pub use agreement::{Known, WindowRanks, mean, planted};
pub use curves::{Ends, WindowCurves, curves};
pub use inputs::{HeldOut, Inputs};
pub use judge::{Faithfulness, SIGNAL, judge};
