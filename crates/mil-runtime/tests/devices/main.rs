//! The CPU's devices, through the public interface.

mod agreement;
mod columns;
mod convolution;
mod interpreter;
mod network;
mod running;
