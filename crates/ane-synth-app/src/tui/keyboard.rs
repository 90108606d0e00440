//! The two rows of the computer's keyboard as a piano: which notes begin and end by what is pressed.
//!
//! Some terminals tell when a key is let go (kitty's keyboard protocol); then a note lasts as long as its key is
//! down. The others only tell that it was pressed, and press it again and again while it is down; then a note
//! ends by itself unless such a repetition comes in time.

use std::time::{Duration, Instant};

use crate::play::keys;

/// Keys of the two rows.
const KEYS: usize = 24;
/// The key of Z without a moved octave; Q is an octave above.
const LOWEST: u8 = 48;
/// How far the octave may be moved.
pub(crate) const OCTAVES: std::ops::RangeInclusive<i8> = -3..=3;
/// Velocities change by this.
const VELOCITY_STEP: u8 = 8;

/// Where nobody tells that a key was let go, a note lasts so long after a repetition...
const GATE: Duration = Duration::from_millis(300);
/// ...and so long at first: keyboards wait before they repeat, up to 660 ms.
const FIRST_GATE: Duration = Duration::from_millis(600);
/// Nobody presses a key again so soon: it is the keyboard that repeats.
const SURELY_REPEATED: Duration = Duration::from_millis(100);
/// No keyboard waits less before it repeats.
const LEAST_REPEAT_DELAY: Duration = Duration::from_millis(200);
/// Nor more.
const MOST_REPEAT_DELAY: Duration = Duration::from_millis(700);
/// By how much the keyboard's delay is off from one time to the next.
const DELAY_TOLERANCE: Duration = Duration::from_millis(40);

/// What happens to a key of the computer's keyboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stroke {
    Press,
    /// Only where releases are told as well.
    Repeat,
    Release,
}

/// What happens to a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoteChange {
    On { key: u8, velocity: u8 },
    Off { key: u8 },
}

/// A note that sounds.
#[derive(Clone, Copy, Debug)]
struct Sounding {
    /// As it was when the note began.
    key: u8,
    /// When it ends by itself.
    until: Option<Instant>,
    /// The last time that its key was told of.
    stroked: Instant,
    /// The last but one, until it is known whether the last one was the keyboard's first repetition.
    before: Option<Instant>,
    latched: bool,
    /// Its key is down, as far as that is told.
    is_down: bool,
}

/// The piano.
#[derive(Debug)]
pub(crate) struct Keyboard {
    tells_releases: bool,
    octave: i8,
    velocity: u8,
    latch: bool,
    sounding: [Option<Sounding>; KEYS],
    /// How long this keyboard waits before it repeats, once that is known.
    repeat_delay: Option<Duration>,
}

impl Keyboard {
    /// `tells_releases` is whether the terminal tells when a key is let go.
    pub(crate) fn new(tells_releases: bool, octave: i8, velocity: u8) -> Self {
        Self {
            tells_releases,
            octave: octave.clamp(*OCTAVES.start(), *OCTAVES.end()),
            velocity: velocity.clamp(1, 127),
            latch: false,
            sounding: [None; KEYS],
            repeat_delay: None,
        }
    }

    pub(crate) fn tells_releases(&self) -> bool {
        self.tells_releases
    }

    pub(crate) fn octave(&self) -> i8 {
        self.octave
    }

    pub(crate) fn velocity(&self) -> u8 {
        self.velocity
    }

    /// Whether keys stay down until they are pressed again.
    pub(crate) fn latch(&self) -> bool {
        self.latch
    }

    /// The key that Z plays; beyond the keyboard it may be any number.
    pub(crate) fn lowest(&self) -> i16 {
        i16::from(LOWEST) + 12 * i16::from(self.octave)
    }

    /// A bit for each note that sounds.
    pub(crate) fn down(&self) -> u128 {
        let sounding = self.sounding.iter().flatten();
        sounding.fold(0, |all, note| all | 1 << note.key)
    }

    /// Moves the octave of notes to come.
    pub(crate) fn move_octave(&mut self, by: i8) {
        self.octave = (self.octave + by).clamp(*OCTAVES.start(), *OCTAVES.end());
    }

    /// Changes the velocity of notes to come, in steps.
    pub(crate) fn change_velocity(&mut self, steps: i8) {
        let velocity = i16::from(self.velocity) + i16::from(steps) * i16::from(VELOCITY_STEP);
        // Within 1 and 127.
        self.velocity = velocity.clamp(1, 127) as u8;
    }

    /// A letter or digit of the rows: whether it is one.
    pub(crate) fn stroke(
        &mut self,
        letter: char,
        stroke: Stroke,
        now: Instant,
        change: &mut dyn FnMut(NoteChange),
    ) -> bool {
        let Some(at) = place(letter) else {
            return false;
        };
        match stroke {
            Stroke::Press => self.press(at, now, change),
            Stroke::Repeat => {}
            Stroke::Release => self.release(at, change),
        }
        true
    }

    fn press(&mut self, at: usize, now: Instant, change: &mut dyn FnMut(NoteChange)) {
        let Some(note) = self.sounding[at] else {
            self.begin(at, now, change);
            return;
        };
        if !self.tells_releases && self.is_repetition(&note, now) {
            self.learn_delay(&note, now);
            self.sounding[at] = Some(Sounding {
                until: note.until.map(|until| until.max(now + GATE)),
                stroked: now,
                before: Some(note.stroked),
                ..note
            });
            return;
        }
        self.end(at, change);
        if !note.latched {
            self.begin(at, now, change);
        }
    }

    fn begin(&mut self, at: usize, now: Instant, change: &mut dyn FnMut(NoteChange)) {
        let key = LOWEST + at as u8;
        let Some(key) = keys::moved(key, self.octave) else {
            return;
        };
        let ends_by_itself = !self.tells_releases && !self.latch;
        self.sounding[at] = Some(Sounding {
            key,
            until: ends_by_itself.then(|| now + FIRST_GATE),
            stroked: now,
            before: None,
            latched: self.latch,
            is_down: true,
        });
        let velocity = self.velocity;
        change(NoteChange::On { key, velocity });
    }

    fn release(&mut self, at: usize, change: &mut dyn FnMut(NoteChange)) {
        match &mut self.sounding[at] {
            Some(note) if note.latched => note.is_down = false,
            Some(_) => self.end(at, change),
            None => {}
        }
    }

    /// A key that is none of the piano's was let go, as it seems: a digit is told as another character where Shift
    /// went down while it was held.
    pub(crate) fn release_digits(&mut self, change: &mut dyn FnMut(NoteChange)) {
        for at in 0..KEYS {
            if letter_at(at).is_some_and(|letter| letter.is_ascii_digit()) {
                self.release(at, change);
            }
        }
    }

    fn end(&mut self, at: usize, change: &mut dyn FnMut(NoteChange)) {
        if let Some(note) = self.sounding[at].take() {
            change(NoteChange::Off { key: note.key });
        }
    }

    /// Whether a key that is told of once more was not pressed by anybody.
    fn is_repetition(&self, note: &Sounding, now: Instant) -> bool {
        let since = now.saturating_duration_since(note.stroked);
        if since < SURELY_REPEATED {
            return true;
        }
        // Only the first repetition comes so late.
        if note.before.is_some() {
            return false;
        }
        match self.repeat_delay {
            Some(delay) => {
                let least = delay.saturating_sub(DELAY_TOLERANCE);
                since >= least && since <= delay + DELAY_TOLERANCE
            }
            None => (LEAST_REPEAT_DELAY..=MOST_REPEAT_DELAY).contains(&since),
        }
    }

    /// The second repetition follows soon, and tells that the first was one: what passed before that is the
    /// delay of this keyboard.
    fn learn_delay(&mut self, note: &Sounding, now: Instant) {
        let since = now.saturating_duration_since(note.stroked);
        let Some(before) = note.before else {
            return;
        };
        let delay = note.stroked.saturating_duration_since(before);
        if since < SURELY_REPEATED && delay >= LEAST_REPEAT_DELAY {
            self.repeat_delay = Some(delay);
        }
    }

    /// Ends what ends by itself by now.
    pub(crate) fn tick(&mut self, now: Instant, change: &mut dyn FnMut(NoteChange)) {
        for at in 0..KEYS {
            let until = self.sounding[at].and_then(|note| note.until);
            if until.is_some_and(|until| until <= now) {
                self.end(at, change);
            }
        }
    }

    /// When [`Keyboard::tick`] has something to do.
    pub(crate) fn next_end(&self) -> Option<Instant> {
        let sounding = self.sounding.iter().flatten();
        sounding.filter_map(|note| note.until).min()
    }

    /// Has keys stay down or not; those that did and are not held any more end.
    pub(crate) fn toggle_latch(&mut self, change: &mut dyn FnMut(NoteChange)) {
        self.latch = !self.latch;
        for at in 0..KEYS {
            let Some(note) = &mut self.sounding[at] else {
                continue;
            };
            let is_held = self.tells_releases && note.is_down;
            if self.latch {
                note.latched = true;
                note.until = None;
            } else if note.latched && is_held {
                note.latched = false;
            } else if note.latched {
                self.end(at, change);
            }
        }
    }

    /// The keyboard is somebody else's now, so nobody will tell of releases: what is not latched ends.
    pub(crate) fn lose_focus(&mut self, change: &mut dyn FnMut(NoteChange)) {
        for at in 0..KEYS {
            match &mut self.sounding[at] {
                Some(note) if note.latched => note.is_down = false,
                _ => self.end(at, change),
            }
        }
    }

    /// Everything ends.
    pub(crate) fn let_go(&mut self, change: &mut dyn FnMut(NoteChange)) {
        for at in 0..KEYS {
            self.end(at, change);
        }
    }
}

/// The place of a letter in the rows, from Z on.
fn place(letter: char) -> Option<usize> {
    keys::letter(letter).map(|key| usize::from(key - LOWEST))
}

/// The letter that plays the key so many above that of Z.
pub(crate) fn letter_at(place: usize) -> Option<char> {
    const ROWS: &str = "ZSXDCVGBHNJMQ2W3ER5T6Y7U";
    ROWS.chars().nth(place)
}

#[cfg(test)]
mod tests;
