//! Stage split.
