//! Recordings in, instruments and figures out, from outside.

mod about;
mod evaluate;
mod place;
mod train;
