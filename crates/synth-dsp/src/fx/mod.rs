//! Effects on a bus: they know samples and seconds, and nothing of what is played.

pub mod room;
