//! The `ane-synth` command.
fn main() {}
