//! Live MIDI input.

mod arrival;
mod assembler;
mod audio_clock;
mod clock_rate;
mod decode;
mod delay_locked_loop;
mod held_notes;
mod port;
#[cfg(test)]
mod simulation;

pub use arrival::{ArrivalMapper, Latency};
pub use assembler::{Discarded, LONGEST_EXCLUSIVE, MidiAssembler};
pub use audio_clock::{AudioClock, AudioClockPublisher, ClockReading, audio_clock};
pub use decode::decode_message;
pub use held_notes::HeldNotes;
pub use port::{PortId, PortInfo};
