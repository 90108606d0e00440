//! How a channel's notes begin, are held and let go: pedals, mono mode, portamento, sound controllers.

use crate::event::SoundControl;

/// Pedal depth from which the sustain pedal holds; MIDI 1.0 calls controller values from 64 on "on".
const PEDAL_DOWN: f32 = 0.5;
/// With the pedal just short of down, released notes take this much longer to die away.
const HALF_PEDAL_SLOWER: f32 = 8.0;
/// Bounds of the portamento time, seconds.
const GLIDE_S: std::ops::RangeInclusive<f32> = 0.0..=10.0;

/// A channel's manner of playing.
#[derive(Debug, Clone)]
pub(crate) struct Articulation {
    /// Bank and program...
    pub(crate) program: (u16, u8),
    /// ...and the instrument of the renderer's present ones that plays them.
    pub(crate) instrument: usize,
    /// Its notes are drums and do not play.
    pub(crate) rhythm: bool,
    /// 0 (up) ..= 1 (down).
    pub(crate) pedal_depth: f32,
    pub(crate) sostenuto_down: bool,
    pub(crate) soft_depth: f32,
    pub(crate) mono: bool,
    pub(crate) legato: bool,
    pub(crate) portamento: bool,
    pub(crate) portamento_s: f32,
    /// Where the next note's glide begins, if it was told.
    pub(crate) portamento_from: Option<u8>,
    /// The last note that began.
    pub(crate) last_key: Option<u8>,
    /// Semitones off equal temperament, by pitch class.
    pub(crate) pitch_class_semitones: [f32; 12],
    pub(crate) sound: Sound,
    /// Keys that are down in mono mode.
    pub(crate) held: HeldKeys,
}

impl Articulation {
    pub(crate) fn new(instrument: usize, rhythm: bool) -> Self {
        Self {
            program: (0, 0),
            instrument,
            rhythm,
            pedal_depth: 0.0,
            sostenuto_down: false,
            soft_depth: 0.0,
            mono: false,
            legato: false,
            portamento: false,
            portamento_s: 0.0,
            portamento_from: None,
            last_key: None,
            pitch_class_semitones: [0.0; 12],
            sound: Sound::default(),
            held: HeldKeys::new(),
        }
    }

    /// What reset-all-controllers takes back (MMA RP-015, which leaves legato open).
    pub(crate) fn reset_controllers(&mut self) {
        self.pedal_depth = 0.0;
        self.sostenuto_down = false;
        self.soft_depth = 0.0;
        self.legato = false;
        self.portamento = false;
        self.portamento_from = None;
    }

    pub(crate) fn pedal_down(&self) -> bool {
        self.pedal_depth >= PEDAL_DOWN
    }

    /// How much longer releases last with the pedal where it is.
    pub(crate) fn release_stretch(&self) -> f32 {
        release_stretch(self.pedal_depth)
    }

    pub(crate) fn set_portamento_time(&mut self, seconds: f32) {
        self.portamento_s = seconds.clamp(*GLIDE_S.start(), *GLIDE_S.end());
    }

    /// The key from which a note that begins now glides.
    pub(crate) fn glide_from(&self) -> Option<u8> {
        let running = || self.last_key.filter(|_| self.portamento);
        self.portamento_from.or_else(running)
    }
}

/// How much longer releases last at a pedal depth, 1 with the pedal up.
pub(crate) fn release_stretch(pedal_depth: f32) -> f32 {
    let touching = (pedal_depth / PEDAL_DOWN).clamp(0.0, 1.0);
    1.0 + (HALF_PEDAL_SLOWER - 1.0) * touching
}

/// Sound controllers, each -1..=1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Sound {
    pub(crate) release_time: f32,
    pub(crate) attack_time: f32,
    pub(crate) vibrato_rate: f32,
    pub(crate) vibrato_depth: f32,
    pub(crate) vibrato_delay: f32,
}

impl Sound {
    /// Both together.
    pub(crate) fn plus(&self, other: &Self) -> Self {
        let sum = |a: f32, b: f32| (a + b).clamp(-1.0, 1.0);
        Self {
            release_time: sum(self.release_time, other.release_time),
            attack_time: sum(self.attack_time, other.attack_time),
            vibrato_rate: sum(self.vibrato_rate, other.vibrato_rate),
            vibrato_depth: sum(self.vibrato_depth, other.vibrato_depth),
            vibrato_delay: sum(self.vibrato_delay, other.vibrato_delay),
        }
    }

    /// Keeps what new notes begin with; brightness, which acts on sounding ones, is a curve of the
    /// channel.
    pub(crate) fn set(&mut self, control: SoundControl, amount: f32) {
        let amount = amount.clamp(-1.0, 1.0);
        match control {
            SoundControl::ReleaseTime => self.release_time = amount,
            SoundControl::AttackTime => self.attack_time = amount,
            SoundControl::VibratoRate => self.vibrato_rate = amount,
            SoundControl::VibratoDepth => self.vibrato_depth = amount,
            SoundControl::VibratoDelay => self.vibrato_delay = amount,
            SoundControl::Brightness => {}
        }
    }
}

/// Keys that are down, in the order in which they were struck.
#[derive(Debug, Clone)]
pub(crate) struct HeldKeys {
    keys: [(u8, f32); 128],
    count: usize,
}

impl HeldKeys {
    fn new() -> Self {
        Self {
            keys: [(0, 0.0); 128],
            count: 0,
        }
    }

    pub(crate) fn clear(&mut self) {
        self.count = 0;
    }

    /// A key below 128 goes down, and becomes the newest.
    pub(crate) fn press(&mut self, key: u8, velocity: f32) {
        self.release(key);
        if let Some(place) = self.keys.get_mut(self.count) {
            *place = (key, velocity);
            self.count += 1;
        }
    }

    pub(crate) fn release(&mut self, key: u8) {
        let held = &self.keys[..self.count];
        if let Some(at) = held.iter().position(|&(held, _)| held == key) {
            self.keys.copy_within(at + 1..self.count, at);
            self.count -= 1;
        }
    }

    /// The newest key other than `key` and its velocity.
    pub(crate) fn newest_but(&self, key: u8) -> Option<(u8, f32)> {
        let held = &self.keys[..self.count];
        held.iter().rev().find(|&&(held, _)| held != key).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_held_key_comes_first_and_a_key_is_held_once() {
        let mut held = HeldKeys::new();
        for round in 0..3 {
            for key in 0..128 {
                held.press(key, round as f32);
            }
        }
        assert_eq!(held.newest_but(0), Some((127, 2.0)));
        assert_eq!(held.newest_but(127), Some((126, 2.0)));
        held.press(5, 0.5);
        assert_eq!(held.newest_but(127), Some((5, 0.5)));
        held.release(5);
        held.release(5);
        assert_eq!(held.newest_but(0), Some((127, 2.0)));
        for key in 0..128 {
            held.release(key);
        }
        assert_eq!(held.newest_but(0), None);
    }

    #[test]
    fn a_half_pressed_pedal_stretches_releases_up_to_where_it_holds() {
        assert_eq!(release_stretch(0.0), 1.0);
        let steps: Vec<f32> = (0..64).map(|v| release_stretch(v as f32 / 127.0)).collect();
        assert!(steps.is_sorted_by(|a, b| a < b));
        assert_eq!(release_stretch(64.0 / 127.0), HALF_PEDAL_SLOWER);
        assert_eq!(release_stretch(1.0), HALF_PEDAL_SLOWER);
    }
}
