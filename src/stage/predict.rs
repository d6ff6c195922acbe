//! Stage predict.
