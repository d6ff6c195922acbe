//! Which nodes depend on which, given all others, in several contexts at once: estimators of precision matrices, their
//! choice of λ, and how far chance goes. Numbers only; knows neither files nor genes.
//!
//! A node is a column of numbers over observations. An edge is an entry of a precision matrix (or of a difference of two)
//! outside of the diagonal; a negative entry is a positive partial correlation.

mod choose;
mod closed;
mod context;
mod covariance;
mod estimate;
mod glasso;
mod inverse;
mod layout;
mod likelihood;
mod method;
mod path;
mod square;
#[cfg(test)]
mod tests;

pub use choose::{EDGE, Frequencies, PathPoint, STABLE, Study, edges};
pub use context::{Context, Null, Place};
pub use covariance::{Association, Observations};
pub use estimate::{EstimateError, Estimator, Graphs, Measured, Start, pairs, partial_correlations};
pub use layout::layout;
pub use method::{Method, MethodFacts};
pub use square::Square;
