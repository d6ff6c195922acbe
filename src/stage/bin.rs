//! Stage bin.
