//! The room: against its twin, its decay, its tail, and its controls.

mod controls;
mod decay;
mod response;
mod tail;
mod twin;
