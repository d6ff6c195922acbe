//! Stage train.
