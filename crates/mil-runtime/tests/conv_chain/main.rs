//! The fast column kernel against a plain f64 twin: one suite over every instruction set that this
//! machine has.

mod accuracy;
mod contract;
mod identity;
mod levels;
mod twin;
