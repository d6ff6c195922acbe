//! Tests of tss.
