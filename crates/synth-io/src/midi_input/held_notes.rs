//! What a player holds, to be let go when the instrument is gone.

const CHANNELS: usize = 16;
const KEYS: usize = 128;

/// Controllers that are pedals: sustain, sostenuto, soft, legato, hold 2 (MIDI 1.0, "control change
/// messages", table III).
const PEDALS: [u8; 5] = [64, 66, 67, 68, 69];
/// Velocity of a release that nobody played (MIDI 1.0, "note-off").
const RELEASE_VELOCITY: u8 = 64;

/// The keys that are down and the pedals that are held on one port.
///
/// A key that was struck several times without a release is down as often, because each note-off
/// ends one note.
///
/// ```
/// use synth_io::midi_input::HeldNotes;
/// let mut held = HeldNotes::new();
/// held.take(&[0x90, 60, 100]);
/// held.take(&[0xb0, 64, 127]);
/// let mut messages = Vec::new();
/// held.release(&mut |message| messages.push(message));
/// assert_eq!(messages, [[0x80, 60, 64], [0xb0, 64, 0]]);
/// assert!(held.is_empty());
/// ```
///
/// # Realtime safety
/// RT-safe but for [`HeldNotes::new`]: no allocation, bounded time.
#[derive(Debug, Clone)]
pub struct HeldNotes {
    channels: Box<[Channel; CHANNELS]>,
}

#[derive(Debug, Clone, Copy)]
struct Channel {
    /// How often each key is down.
    keys: [u8; KEYS],
    pedals: [bool; PEDALS.len()],
}

impl Channel {
    const REST: Self = Self {
        keys: [0; KEYS],
        pedals: [false; PEDALS.len()],
    };

    fn control(&mut self, controller: u8, value: u8) {
        match controller {
            // All sound off; all notes off, and the omni modes, which mean it too. Mono and poly do as
            // well in MIDI 1.0, but a receiver may let the notes go on: a release too many is no harm.
            120 | 123..=125 => self.keys = Channel::REST.keys,
            // Reset all controllers lifts pedals (MMA RP-015).
            121 => self.pedals = Channel::REST.pedals,
            _ => {
                for (pedal, held) in PEDALS.iter().zip(&mut self.pedals) {
                    if *pedal == controller {
                        // Half a pedal holds as well.
                        *held = value > 0;
                    }
                }
            }
        }
    }
}

impl Default for HeldNotes {
    fn default() -> Self {
        Self::new()
    }
}

impl HeldNotes {
    /// Nothing is held.
    #[must_use]
    pub fn new() -> Self {
        Self {
            channels: Box::new([Channel::REST; CHANNELS]),
        }
    }

    /// Takes one whole message, status first; what is no note and no pedal changes nothing.
    pub fn take(&mut self, message: &[u8]) {
        let &[status, first @ 0..=127, second @ 0..=127] = message else {
            return;
        };
        let channel = &mut self.channels[usize::from(status & 0x0f)];
        let key = &mut channel.keys[usize::from(first)];
        match (status & 0xf0, second) {
            (0x80, _) | (0x90, 0) => *key = key.saturating_sub(1),
            (0x90, _) => *key = key.saturating_add(1),
            (0xb0, _) => channel.control(first, second),
            _ => {}
        }
    }

    /// Whether nothing is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.notes().next().is_none() && self.pedals().next().is_none()
    }

    /// The channels (below 16) and keys (below 128) that are down, each once.
    pub fn notes(&self) -> impl Iterator<Item = (u8, u8)> {
        (0..)
            .zip(self.channels.iter())
            .flat_map(|(number, channel)| {
                (0..)
                    .zip(&channel.keys)
                    .filter(|(_, count)| **count > 0)
                    .map(move |(key, _)| (number, key))
            })
    }

    /// The channels (below 16) and controllers of the pedals that are held.
    pub fn pedals(&self) -> impl Iterator<Item = (u8, u8)> {
        (0..)
            .zip(self.channels.iter())
            .flat_map(|(number, channel)| {
                PEDALS
                    .iter()
                    .zip(&channel.pedals)
                    .filter(|(_, held)| **held)
                    .map(move |(pedal, _)| (number, *pedal))
            })
    }

    /// Hands the messages that let everything go to `emit`, the note-offs of all channels and then
    /// the pedals; afterwards nothing is held.
    ///
    /// # Realtime safety
    /// RT-safe if `emit` is. There are at most 255 note-offs for each key.
    pub fn release(&mut self, emit: &mut dyn FnMut([u8; 3])) {
        for (channel, key) in self.notes() {
            let count = self.channels[usize::from(channel)].keys[usize::from(key)];
            for _ in 0..count {
                emit([0x80 | channel, key, RELEASE_VELOCITY]);
            }
        }
        for (channel, pedal) in self.pedals() {
            emit([0xb0 | channel, pedal, 0]);
        }
        self.channels.fill(Channel::REST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(messages: &[&[u8]]) -> HeldNotes {
        let mut held = HeldNotes::new();
        for message in messages {
            held.take(message);
        }
        held
    }

    fn released(messages: &[&[u8]]) -> Vec<[u8; 3]> {
        let mut held = held(messages);
        let mut out = Vec::new();
        held.release(&mut |message| out.push(message));
        assert!(held.is_empty());
        held.release(&mut |message| panic!("{message:?} twice"));
        out
    }

    #[test]
    fn what_is_down_is_let_go_and_nothing_else() {
        let out = released(&[
            &[0x90, 60, 1],
            &[0x9f, 127, 127],
            &[0x90, 61, 1],
            &[0x80, 61, 0],
            &[0x90, 62, 1],
            &[0x90, 62, 0],
            &[0x81, 60, 0],
        ]);
        assert_eq!(out, [[0x80, 60, 64], [0x8f, 127, 64]]);
    }

    #[test]
    fn each_strike_has_its_release() {
        let strike: &[u8] = &[0x93, 10, 5];
        let lift: &[u8] = &[0x83, 10, 5];
        assert_eq!(released(&[strike, strike, strike, lift]).len(), 2);
        assert_eq!(released(&[lift, strike]).len(), 1);
        assert_eq!(released(&[strike; 300]).len(), 255);
    }

    #[test]
    fn pedals_are_lifted_after_the_notes() {
        let out = released(&[
            &[0xb0, 64, 127],
            &[0x91, 60, 9],
            &[0xb1, 66, 64],
            &[0xb1, 67, 1],
            &[0xb1, 68, 127],
            &[0xb1, 69, 127],
            &[0xb1, 69, 0],
            &[0xb1, 1, 127],
            &[0xb1, 65, 127],
        ]);
        let expected = [
            [0x81, 60, 64],
            [0xb0, 64, 0],
            [0xb1, 66, 0],
            [0xb1, 67, 0],
            [0xb1, 68, 0],
        ];
        assert_eq!(out, expected);
    }

    #[test]
    fn channel_modes_let_go() {
        for controller in [120, 123, 124, 125] {
            let mode: &[u8] = &[0xb0, controller, 0];
            let out = released(&[&[0x90, 60, 1], &[0x91, 60, 1], &[0xb0, 64, 127], mode]);
            assert_eq!(out, [[0x81, 60, 64], [0xb0, 64, 0]], "{controller}");
        }
        let out = released(&[&[0x90, 60, 1], &[0xb0, 64, 127], &[0xb0, 121, 0]]);
        assert_eq!(out, [[0x80, 60, 64]]);
        let out = released(&[&[0x90, 60, 1], &[0xb0, 126, 1], &[0xb0, 127, 0]]);
        assert_eq!(out, [[0x80, 60, 64]]);
    }

    #[test]
    fn what_is_no_note_is_ignored() {
        let out = released(&[
            &[],
            &[0x90],
            &[0x90, 60],
            &[0x90, 200, 1],
            &[0x90, 1, 200],
            &[0xf0, 0x90, 1, 0xf7],
            &[0xf2, 60, 1],
            &[60, 60, 60],
            &[0xe0, 60, 1],
        ]);
        assert_eq!(out, [[0; 3]; 0]);
    }

    #[test]
    fn every_key_of_every_channel_has_its_place() {
        let mut all = HeldNotes::new();
        testkit::no_alloc(|| {
            for channel in 0..16 {
                for key in 0..128 {
                    all.take(&[0x90 | channel, key, 1]);
                }
            }
        });
        assert_eq!(all.notes().count(), 16 * 128);
        let mut seen = std::collections::BTreeSet::new();
        all.release(&mut |message| assert!(seen.insert(message)));
        assert_eq!(seen.len(), 16 * 128);
    }
}
