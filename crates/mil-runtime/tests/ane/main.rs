//! The device `ane`, on ane-bridge's stand-in: an engine in plain Rust that computes the very text and
//! blob that it is given, and can be told to misbehave.

mod engine;
mod faults;
#[path = "../../../mil/tests/forms/mod.rs"]
#[allow(dead_code)]
mod forms;
mod golden;
mod hardware;
mod kernel;
mod memory;
#[path = "../devices/network.rs"]
#[allow(dead_code)]
mod network;
mod walk;
