//! Tests of bin.
