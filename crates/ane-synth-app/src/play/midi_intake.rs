//! What arrives on MIDI ports, on its way to the engine.
//!
//! Messages arrive on threads of the MIDI system, of which JACK's must not wait for anything. So each
//! message goes into a queue without a lock, and whoever finds the decoders free empties it; a message
//! that comes while somebody else does so is taken by them, or a moment later by the session.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_queue::ArrayQueue;
use synth_engine::{EventSender, EventTime, MidiDecoder};
use synth_io::midi_input::{ArrivalMapper, HeldNotes, MidiHandler, PortId, decode_message};

use super::audit;
use super::controller_map::{ControllerMap, Meaning};

/// Longest message that means anything to the decoder: a bulk tuning dump of MTS, 408 bytes.
const LONGEST: usize = 512;
/// Messages that may wait; at 31.25 kbit/s a cable brings one a millisecond.
const WAITING: usize = 2048;
/// Ports whose decoders are kept apart.
const PORTS: usize = 64;
/// How often whoever has emptied the queue looks whether more has come: others may go on for ever.
const LOOKS: usize = 4;
/// How often the session tries to get at the decoders.
const POLL: Duration = Duration::from_micros(100);

/// A message and when it came.
struct Arrived {
    port: PortId,
    at: Instant,
    length: usize,
    bytes: [u8; LONGEST],
}

/// What is known of a port's messages.
struct Port {
    port: PortId,
    decoder: MidiDecoder,
    held: HeldNotes,
}

/// The decoders, which one thread at a time uses.
struct Decoders {
    sender: EventSender,
    ports: Vec<Port>,
    spare: Vec<(MidiDecoder, HeldNotes)>,
}

/// Takes what arrives.
pub(super) struct MidiIntake {
    waiting: ArrayQueue<Arrived>,
    mapper: ArrivalMapper,
    controllers: ControllerMap,
    decoders: Mutex<Decoders>,
    messages: AtomicU64,
    lost: AtomicU64,
    /// The marks of the ports whose messages found no room since that was made up for.
    lost_of: AtomicU64,
    too_long: AtomicU64,
}

/// Counts since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct IntakeCounts {
    /// Messages that came.
    pub(super) messages: u64,
    /// Messages that found no room, and events that found none in the engine's ring.
    pub(super) lost: u64,
    /// System exclusive messages that are longer than any that has a meaning here.
    pub(super) too_long: u64,
}

impl MidiIntake {
    pub(super) fn new(sender: EventSender, mapper: ArrivalMapper) -> Self {
        Self {
            waiting: ArrayQueue::new(WAITING),
            mapper,
            controllers: ControllerMap::new(),
            decoders: Mutex::new(Decoders {
                sender,
                ports: Vec::with_capacity(PORTS),
                spare: (0..PORTS)
                    .map(|_| (MidiDecoder::new(), HeldNotes::new()))
                    .collect(),
            }),
            messages: AtomicU64::new(0),
            lost: AtomicU64::new(0),
            lost_of: AtomicU64::new(0),
            too_long: AtomicU64::new(0),
        }
    }

    /// The mapper of arrivals.
    pub(super) fn mapper(&self) -> &ArrivalMapper {
        &self.mapper
    }

    /// Controllers that move parameters of the whole instrument.
    pub(super) fn controllers(&self) -> &ControllerMap {
        &self.controllers
    }

    pub(super) fn counts(&self) -> IntakeCounts {
        let dropped = self.free_to_look().map_or(0, |d| d.sender.lost_events());
        IntakeCounts {
            messages: self.messages.load(Ordering::Relaxed),
            lost: self.lost.load(Ordering::Relaxed) + dropped,
            too_long: self.too_long.load(Ordering::Relaxed),
        }
    }

    /// Takes what is left waiting; to be called many times a second.
    pub(super) fn tidy(&self) {
        if let Some(mut decoders) = self.free_to_look() {
            decoders.sender.flush();
        }
        self.empty_if_free();
    }

    /// Lets go of everything that a port holds: it is gone.
    pub(super) fn release(&self, port: PortId) {
        let mut decoders = self.wait_to_look();
        self.empty(&mut decoders);
        self.release_one(&mut decoders, port);
    }

    /// Lets go of everything that any port holds: nothing more is heard of them.
    pub(super) fn release_all(&self) {
        let mut decoders = self.wait_to_look();
        self.empty(&mut decoders);
        while let Some(port) = decoders.ports.first().map(|known| known.port) {
            self.release_one(&mut decoders, port);
        }
    }

    fn release_one(&self, decoders: &mut Decoders, port: PortId) {
        let Some(at) = decoders.ports.iter().position(|known| known.port == port) else {
            return;
        };
        let mut gone = decoders.ports.swap_remove(at);
        gone.let_go(self.mapper.due(port, Instant::now()), &mut decoders.sender);
        decoders.spare.push((MidiDecoder::new(), gone.held));
    }

    fn take(&self, port: PortId, arrived: Instant, bytes: &[u8]) {
        // Clock and active sensing come all the time and mean nothing here.
        if matches!(bytes, [0xf8..=0xfe]) {
            return;
        }
        self.messages.fetch_add(1, Ordering::Relaxed);
        if bytes.len() > LONGEST {
            self.too_long.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let mut arrived = Arrived {
            port,
            at: arrived,
            length: bytes.len(),
            bytes: [0; LONGEST],
        };
        arrived.bytes[..bytes.len()].copy_from_slice(bytes);
        if self.waiting.push(arrived).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
            self.lost_of.fetch_or(mark(port), Ordering::Release);
        }
        self.empty_if_free();
    }

    /// Empties the queue unless somebody else does so. What they have just missed is taken when they look
    /// again.
    fn empty_if_free(&self) {
        for _ in 0..LOOKS {
            let Some(mut decoders) = self.free_to_look() else {
                return;
            };
            self.empty(&mut decoders);
            drop(decoders);
            if self.waiting.is_empty() {
                return;
            }
        }
    }

    fn wait_to_look(&self) -> MutexGuard<'_, Decoders> {
        loop {
            // MIDI threads never wait for this lock, and hold it for microseconds.
            match self.free_to_look() {
                Some(decoders) => return decoders,
                None => thread::sleep(POLL),
            }
        }
    }

    fn free_to_look(&self) -> Option<MutexGuard<'_, Decoders>> {
        match self.decoders.try_lock() {
            Ok(decoders) => Some(decoders),
            // Nothing in them is ever left half done.
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    fn empty(&self, decoders: &mut Decoders) {
        while let Some(arrived) = self.waiting.pop() {
            let message = &arrived.bytes[..arrived.length];
            let due = self.mapper.due(arrived.port, arrived.at);
            let Decoders {
                sender,
                ports,
                spare,
            } = decoders;
            match self.controllers.take(message) {
                Meaning::Usual => {}
                Meaning::Moves(event) => {
                    sender.send(due, event);
                    continue;
                }
                Meaning::Nothing => continue,
            }
            if let Some(port) = find(ports, spare, arrived.port) {
                port.held.take(message);
                decode_message(&mut port.decoder, message, &mut |event| {
                    sender.send(due, event);
                });
            } else {
                self.lost.fetch_add(1, Ordering::Relaxed);
            }
        }
        self.make_up_for_losses(decoders);
    }

    /// What was lost may have been the end of a note: better one that is too short than one that hangs.
    fn make_up_for_losses(&self, decoders: &mut Decoders) {
        let lost_of = self.lost_of.swap(0, Ordering::Acquire);
        if lost_of == 0 {
            return;
        }
        let now = Instant::now();
        let Decoders { sender, ports, .. } = decoders;
        for port in ports {
            if mark(port.port) & lost_of != 0 {
                port.let_go(self.mapper.due(port.port, now), sender);
            }
        }
    }
}

impl Port {
    /// Lets go of what it holds.
    fn let_go(&mut self, due: EventTime, sender: &mut EventSender) {
        let Self { decoder, held, .. } = self;
        held.release(&mut |message| {
            decoder.decode(message, &mut |event| {
                sender.send(due, event);
            });
        });
    }
}

/// A port's bit; ports that share one are let go together.
fn mark(port: PortId) -> u64 {
    1 << (port.number() % u64::BITS)
}

/// A port's own decoder, a spare one for a port that is new.
fn find<'a>(
    ports: &'a mut Vec<Port>,
    spare: &mut Vec<(MidiDecoder, HeldNotes)>,
    port: PortId,
) -> Option<&'a mut Port> {
    if let Some(at) = ports.iter().position(|known| known.port == port) {
        return ports.get_mut(at);
    }
    let (decoder, held) = spare.pop()?;
    ports.push(Port {
        port,
        decoder,
        held,
    });
    ports.last_mut()
}

impl MidiHandler for MidiIntake {
    fn message(&self, port: PortId, arrived: Instant, bytes: &[u8]) {
        audit::watch(|| self.take(port, arrived, bytes));
    }
}

#[cfg(test)]
mod tests;
