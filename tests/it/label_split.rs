//! Tests of label_split.
