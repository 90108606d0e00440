//! Random MIDI: everything that a keyboard, a pedal board and a careless program send.

use crate::chance::Chance;

/// So many notes are held at most before more are let go than struck.
const MOST_HELD: usize = 90;
/// Messages a second; one of these at a time.
const DENSITIES: [u64; 5] = [0, 8, 40, 150, 500];
/// Messages of a burst, all on one frame.
const BURST: usize = 300;
/// Longest system exclusive message that the synthesizer has a use for, in bytes.
const LONGEST_EXCLUSIVE: u64 = 512;

/// A message for a frame.
pub(crate) type Timed = (u64, Vec<u8>);

/// Makes up what is played, and knows what it holds.
pub(crate) struct Score {
    chance: Chance,
    /// Channel and key of each note that was struck and not let go yet.
    held: Vec<(u8, u8)>,
    /// Messages so far that a receiver should count: real-time bytes are none.
    messages: u64,
    /// System exclusive messages so far that are longer than any that means something.
    too_long: u64,
}

impl Score {
    pub(crate) fn new(chance: Chance) -> Self {
        Self {
            chance,
            held: Vec::new(),
            messages: 0,
            too_long: 0,
        }
    }

    /// Messages so far that a receiver should count.
    pub(crate) fn messages(&self) -> u64 {
        self.messages
    }

    /// System exclusive messages so far that are too long to mean anything.
    pub(crate) fn too_long(&self) -> u64 {
        self.too_long
    }

    /// The next `frames` frames at `rate_hz`.
    pub(crate) fn play(&mut self, frames: u64, rate_hz: u32) -> Vec<Timed> {
        let density = self.chance.of(&DENSITIES);
        let count = density * frames / u64::from(rate_hz);
        let mut moments: Vec<u64> = (0..count).map(|_| self.chance.below(frames)).collect();
        if self.chance.one_in(12) {
            let frame = self.chance.below(frames);
            moments.extend([frame; BURST]);
        }
        // Made in the order in which they are played, or a key would be let go before it is struck.
        moments.sort_unstable();
        let mut events = Vec::new();
        for frame in moments {
            self.add(frame, &mut events);
        }
        events
    }

    /// Forgets what is held: the other side has let go of it.
    pub(crate) fn forget(&mut self) {
        self.held.clear();
    }

    /// Lets go of every key and pedal, by their own messages.
    pub(crate) fn let_go(&mut self) -> Vec<Timed> {
        let mut events = Vec::new();
        for (channel, key) in std::mem::take(&mut self.held) {
            self.send(0, vec![0x80 | channel, key, 64], &mut events);
        }
        for channel in 0..16 {
            for pedal in [64, 66, 67, 69] {
                self.send(0, vec![0xb0 | channel, pedal, 0], &mut events);
            }
        }
        events
    }

    /// General MIDI's "system on": everything as after it was switched on.
    pub(crate) fn reset(&mut self) -> Vec<Timed> {
        self.held.clear();
        let mut events = Vec::new();
        self.send(0, vec![0xf0, 0x7e, 0x7f, 0x09, 0x01, 0xf7], &mut events);
        events
    }

    /// Messages that are not made up.
    pub(crate) fn given(&mut self, messages: &[&[u8]]) -> Vec<Timed> {
        let mut events = Vec::new();
        for message in messages {
            self.send(0, message.to_vec(), &mut events);
        }
        events
    }

    fn send(&mut self, frame: u64, message: Vec<u8>, events: &mut Vec<Timed>) {
        self.messages += 1;
        events.push((frame, message));
    }

    fn add(&mut self, frame: u64, events: &mut Vec<Timed>) {
        let channel = self.chance.below(16) as u8;
        let (one, two) = (self.chance.seven_bits(), self.chance.seven_bits());
        match self.chance.below(100) {
            0..40 => self.strike(frame, channel, one, events),
            40..72 => self.release(frame, events),
            72..78 => {
                // All controllers; those from 120 on are mode messages and come seldom.
                let number = match self.chance.one_in(20) {
                    true => one,
                    false => one % 120,
                };
                self.send(frame, vec![0xb0 | channel, number, two], events);
            }
            78..82 => self.send(frame, vec![0xe0 | channel, one, two], events),
            82..84 => self.send(frame, vec![0xd0 | channel, one], events),
            84..86 => self.send(frame, vec![0xa0 | channel, one, two], events),
            86..89 => self.send(frame, vec![0xc0 | channel, one], events),
            89..93 => {
                let depth = self.chance.of(&[0, 0, 127, two]);
                let pedal = self.chance.of(&[64, 64, 64, 66, 67, 69]);
                self.send(frame, vec![0xb0 | channel, pedal, depth], events);
            }
            93 => self.set_registered(frame, channel, events),
            94 => self.add_exclusive(frame, events),
            95 => self.run(frame, channel, events),
            96 => {
                // "System common", of which none is for a synthesizer.
                let common = [vec![0xf1, one], vec![0xf2, one, two], vec![0xf3, one]];
                let at = self.chance.below(3) as usize;
                self.send(frame, common[at].clone(), events);
            }
            _ => events.push((frame, vec![self.chance.of(&[0xf8, 0xfa, 0xfc, 0xfe])])),
        }
    }

    fn strike(&mut self, frame: u64, channel: u8, velocity: u8, events: &mut Vec<Timed>) {
        if self.held.len() >= MOST_HELD {
            return self.release(frame, events);
        }
        let key = self.chance.seven_bits();
        // A velocity of 0 would let go.
        let velocity = velocity.max(1);
        self.held.push((channel, key));
        self.send(frame, vec![0x90 | channel, key, velocity], events);
    }

    fn release(&mut self, frame: u64, events: &mut Vec<Timed>) {
        if self.held.is_empty() {
            return;
        }
        let at = self.chance.below(self.held.len() as u64) as usize;
        let (channel, key) = self.held.swap_remove(at);
        let velocity = self.chance.seven_bits();
        let message = match self.chance.one_in(2) {
            true => vec![0x90 | channel, key, 0],
            false => vec![0x80 | channel, key, velocity],
        };
        self.send(frame, message, events);
    }

    /// A registered or other parameter, and a step up or down.
    fn set_registered(&mut self, frame: u64, channel: u8, events: &mut Vec<Timed>) {
        let (coarse, fine) = self.chance.of(&[(101, 100), (101, 100), (99, 98)]);
        let number = self.chance.below(8) as u8;
        let value = self.chance.seven_bits();
        let step = self.chance.of(&[96, 97]);
        for (controller, value) in [(coarse, 0), (fine, number), (6, value), (38, 0), (step, 0)] {
            self.send(frame, vec![0xb0 | channel, controller, value], events);
        }
    }

    /// Notes under running status, in one packet and the last one in another.
    fn run(&mut self, frame: u64, channel: u8, events: &mut Vec<Timed>) {
        let mut packet = vec![0x90 | channel];
        for n in 0..4 {
            let key = self.chance.seven_bits();
            self.held.push((channel, key));
            self.messages += 1;
            if n == 3 {
                events.push((frame, std::mem::take(&mut packet)));
            }
            packet.extend([key, 90]);
        }
        events.push((frame, packet));
    }

    fn add_exclusive(&mut self, frame: u64, events: &mut Vec<Timed>) {
        let (one, two) = (self.chance.seven_bits(), self.chance.seven_bits());
        let key = self.chance.seven_bits();
        let message = match self.chance.below(10) {
            // Master volume, master fine tuning, the tuning of a key (MTS), of a scale.
            0 | 1 => vec![0xf0, 0x7f, 0x7f, 0x04, 0x01, one, two, 0xf7],
            2 => vec![0xf0, 0x7f, 0x7f, 0x04, 0x03, one, two, 0xf7],
            3 => vec![0xf0, 0x7f, 0x7f, 0x08, 0x02, 0, 1, key, key, one, two, 0xf7],
            4 => [
                &[0xf0, 0x7f, 0x7f, 0x08, 0x08, 3, 0x7f, 0x7f][..],
                &[one; 12],
                &[0xf7],
            ]
            .concat(),
            // Roland's and Yamaha's resets.
            5 => vec![
                0xf0, 0x41, 0x10, 0x42, 0x12, 0x40, 0x00, 0x7f, 0x00, 0x41, 0xf7,
            ],
            6 => vec![0xf0, 0x43, 0x10, 0x4c, 0x00, 0x00, 0x7e, 0x00, 0xf7],
            // In two packets, with a clock in between.
            7 => {
                self.messages += 1;
                events.push((frame, vec![0xf0, 0x7d, one]));
                events.push((frame, vec![0xf8]));
                events.push((frame, vec![two, 0xf7]));
                return;
            }
            8 => self.foreign_exclusive(LONGEST_EXCLUSIVE - 3),
            _ => {
                self.too_long += 1;
                let longer = self.chance.below(3000);
                let length = LONGEST_EXCLUSIVE + longer;
                [&[0xf0][..], &vec![0x7d; length as usize], &[0xf7]].concat()
            }
        };
        self.send(frame, message, events);
    }

    /// A message of nobody's, with up to so many bytes inside.
    fn foreign_exclusive(&mut self, most: u64) -> Vec<u8> {
        let length = self.chance.below(most);
        let mut message = vec![0xf0, 0x7d];
        message.extend((0..length).map(|_| self.chance.seven_bits()));
        message.push(0xf7);
        message
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE_HZ: u32 = 48_000;

    #[test]
    fn a_seed_repeats_the_music() {
        let music = |seed| {
            let mut score = Score::new(Chance::new(seed));
            let slices: Vec<_> = (0..50).map(|_| score.play(24_000, RATE_HZ)).collect();
            (slices, score.messages())
        };
        assert_eq!(music(1), music(1));
        assert_ne!(music(1).0, music(2).0);
    }

    #[test]
    fn it_is_in_time_and_has_all_kinds_of_messages() {
        let mut score = Score::new(Chance::new(3));
        let mut statuses = [false; 256];
        for _ in 0..200 {
            let slice = score.play(24_000, RATE_HZ);
            assert!(slice.is_sorted_by_key(|(frame, _)| *frame));
            for (frame, message) in &slice {
                assert!(*frame < 24_000 && !message.is_empty());
                assert!(message[1..].iter().all(|&b| b < 0x80 || b == 0xf7));
                statuses[usize::from(message[0])] = true;
            }
            assert!(score.held.len() <= MOST_HELD + 4);
        }
        assert!(statuses[0x80..0xf0].iter().all(|&seen| seen));
        assert!(
            [0xf0, 0xf1, 0xf2, 0xf3, 0xf8, 0xfe]
                .iter()
                .all(|&s| statuses[s])
        );
        assert!(score.too_long() > 0);
    }

    #[test]
    fn what_is_held_is_let_go() {
        let mut score = Score::new(Chance::new(4));
        let mut sounding = std::collections::BTreeMap::<(u8, u8), i32>::new();
        let mut count = 0;
        let mut slices: Vec<Vec<Timed>> = (0..100).map(|_| score.play(24_000, RATE_HZ)).collect();
        slices.push(score.let_go());
        let (mut running, mut in_run) = (0, false);
        for (_, message) in slices.iter().flatten() {
            let data = match message[..] {
                [status @ 0x80..0xa0, ref data @ ..] => {
                    (running, in_run) = (status, data.len() > 2);
                    data
                }
                // The last note of a run goes on from the packet before.
                [0..0x80, 0..0x80] if in_run => &message[..],
                _ => continue,
            };
            for pair in data.chunks(2) {
                let change = match (running & 0xf0, pair[1]) {
                    (0x90, 1..) => 1,
                    _ => -1,
                };
                let held = sounding.entry((running & 0x0f, pair[0])).or_default();
                *held += change;
                assert!(*held >= 0, "{pair:?} is let go before it is struck");
                count += 1;
            }
        }
        assert!(count > 1000);
        assert!(sounding.values().all(|&held| held == 0), "{sounding:?}");
    }
}
