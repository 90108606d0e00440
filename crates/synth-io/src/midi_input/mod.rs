//! Live MIDI: which ports there are, what arrives on them, and when it is to sound.
//!
//! [`MidiInputs`] opens the ports of a [`MidiSystem`] that a [`Choice`] names and follows them as
//! instruments are plugged in and out. Whatever way a system hands bytes over, a [`MidiHandler`] hears
//! whole messages ([`MidiAssembler`]) with the time of their arrival; nothing that arrives allocates.
//! [`decode_message`] makes events of them, [`ArrivalMapper`] tells at which sample they are due by the
//! [`AudioClock`] that the audio callback publishes, and [`HeldNotes`] knows what is to be let go when
//! a port vanishes.
//!
//! ```no_run
//! use std::sync::{Arc, Mutex};
//! use std::time::Instant;
//! use synth_io::midi_input::{
//!     Choice, HeldNotes, MidiHandler, MidiInputs, MidiSystem, PortChange, PortId,
//! };
//!
//! struct Printer(Mutex<HeldNotes>);
//! impl MidiHandler for Printer {
//!     fn message(&self, port: PortId, _: Instant, bytes: &[u8]) {
//!         // JACK would want a ring here instead of a lock and of printing.
//!         self.0.lock().unwrap().take(bytes);
//!         println!("{port}: {bytes:02x?}");
//!     }
//! }
//!
//! let printer = Arc::new(Printer(Mutex::default()));
//! let system = MidiSystem::preferred();
//! let mut inputs = MidiInputs::open(system, "example", Choice::All, printer.clone())?;
//! loop {
//!     for change in inputs.poll() {
//!         if let PortChange::Vanished { .. } = change {
//!             let mut held = printer.0.lock().unwrap();
//!             held.release(&mut |message| println!("let go: {message:02x?}"));
//!         }
//!     }
//!     std::thread::sleep(std::time::Duration::from_millis(200));
//! }
//! # Ok::<(), synth_io::midi_input::MidiInputError>(())
//! ```

mod arrival;
mod assembler;
mod audio_clock;
mod choice;
mod clock_rate;
mod decode;
mod delay_locked_loop;
mod error;
mod held_notes;
mod inputs;
#[cfg(feature = "jack")]
mod jack;
mod native;
mod port;
mod receiver;
#[cfg(test)]
mod simulation;
mod system;

pub use arrival::{ArrivalMapper, Latency};
pub use assembler::{Discarded, LONGEST_EXCLUSIVE, MidiAssembler};
pub use audio_clock::{AudioClock, AudioClockPublisher, ClockReading, audio_clock};
pub use choice::{Choice, find_port};
pub use decode::decode_message;
pub use error::MidiInputError;
pub use held_notes::HeldNotes;
pub use inputs::{MidiInputs, PortChange};
pub use port::{PortId, PortInfo};
pub use receiver::{MidiHandler, Traffic};
pub use system::MidiSystem;
