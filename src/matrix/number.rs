//! Numbers as tables have them.

use schemars::JsonSchema;

/// A number, or NA where there is none.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum Number {
    /// The number.
    Value(f64),
    /// There is none.
    Missing(Missing),
}

/// What stands where there is no number.
#[derive(JsonSchema)]
pub enum Missing {
    /// Missing.
    NA,
}
