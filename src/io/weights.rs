//! Published weights: legacy torch pickles, zip `.pt`, npz.
