//! Sequences by their gapped k-mers: what they share, exactly.
//!
//! A g-mer is g letters in a row; a gapped k-mer is a g-mer of which k letters count. The kernel of two sequences is
//! the number of pairs of their g-mers, each counted once for every choice of k positions at which the two are alike:
//! a pair that differs at d positions counts C(g − d, k) (gkm-SVM, Ghandi et al. 2014; GaKCo, Singh et al. 2017).
//!
//! [`Gmers`] counts them for all pairs of sequences, of any alphabet. [`GappedSvm`] is trained on DNA without that matrix.

mod alphabet;
mod counts;
mod filter;
mod fit;
mod gapped;
mod gapped_svm;
mod hadamard;
mod model;
mod regression;
mod relatives;

pub use alphabet::{Alphabet, AlphabetError, Unknown};
pub use counts::{Counts, CountsError, Gmers, SharedKmers};
pub use filter::{CentreWeights, WordFilter};
pub use fit::{KmerFit, letters};
pub use gapped::{Bag, GappedKmers, GappedKmersError, LONGEST};
pub use gapped_svm::{Bags, COSTS, GappedSvm, SvmError};
pub use model::{KmerChoice, KmerMethod, KmerModel, KmerModelConfig, KmerModelError, Strands};
pub use regression::{KmerRegression, LabelledSequences};
pub use relatives::{STRETCH, groups, related};
