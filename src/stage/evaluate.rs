//! Stage evaluate.
