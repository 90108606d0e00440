//! The command's promises, measured: `ane-synth` is run on MIDI files and the WAV files it writes
//! are judged with `testkit`, one module a promise. Worst figures are printed (`--nocapture`).
//!
//! Pieces that are not part of this repository lie in a folder `shared` beside it; what needs them
//! says so in a line and passes where they are absent.

mod aliasing;
mod bad_arguments;
mod bad_files;
mod built_in;
mod clicks;
mod excerpt;
mod export;
mod invariance;
mod loudness;
mod loudness_by_rate;
mod memory;
mod midi_bytes;
mod mutations;
mod nasty;
mod noise;
mod onset;
mod parameters;
mod pieces;
mod pitch;
mod place;
mod playing;
mod several_files;
mod stems;
mod streams;
