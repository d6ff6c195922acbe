//! Stage import.
