//! The whole chain, and the door to the stages.
fn main() {}
