//! Stage tss.
