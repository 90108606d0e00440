//! Every controller is heard: MIDI files that differ in one message are rendered by `ane-synth`, and
//! what the message did is measured with `testkit`, one module an idea. `every_number` says of each
//! controller number whether it is heard at all. Figures are printed (`--nocapture`).

mod banks;
mod every_number;
mod exclusive;
mod fine_points;
mod gains;
mod mode;
mod mono;
mod pan;
mod parameters;
mod pedals;
mod pitch;
mod pressure;
mod resets;
mod room;
mod sound;
mod sound_place;
mod stage;
mod transport;
mod tuning;
mod vibrato;
