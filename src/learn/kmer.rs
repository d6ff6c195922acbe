//! Sequences by their gapped k-mers: what they share, exactly.
//!
//! A g-mer is g letters in a row; a gapped k-mer is a g-mer of which k letters count. The kernel of two sequences is
//! the number of pairs of their g-mers, each counted once for every choice of k positions at which the two are alike:
//! a pair that differs at d positions counts C(g − d, k) (gkm-SVM, Ghandi et al. 2014; GaKCo, Singh et al. 2017).

mod alphabet;
mod counts;

pub use alphabet::{Alphabet, AlphabetError, Unknown};
pub use counts::{Counts, CountsError, Gmers, SharedKmers};
