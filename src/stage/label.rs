//! Stage label.
