//! For each voice, which of its coming columns have been asked and what became of them.

use super::Owner;
use synth_model::Features;

/// Control frames of a voice that can be kept: more for fewer voices.
pub(super) fn depth(slots: usize) -> usize {
    const PLACES: usize = 16_384;
    (PLACES / slots.max(1)).clamp(16, 64)
}

/// How a column stands when its voice needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    Never,
    Late,
    Stale,
    Failed,
    Taken,
}

/// The windows of all slots.
#[derive(Debug)]
pub(super) struct Windows {
    depth: usize,
    slots: Box<[Window]>,
    cells: Box<[Cell]>,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    owner: Option<Owner>,
    /// Counts how often the voice has asked anew.
    generation: u32,
    /// The first control frame that has not been asked.
    next: u64,
    /// What was asked is not what is needed: ask anew.
    wrong: bool,
}

/// One asked column.
#[derive(Debug, Clone, Copy)]
struct Cell {
    frame: u64,
    generation: u32,
    state: State,
    features: [f32; Features::COUNT],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Asked,
    Answered,
    Failed,
    /// Its voice could not wait: an answer that comes now is of no use.
    Late,
}

impl Windows {
    pub(super) fn new(slots: usize) -> Self {
        let depth = depth(slots);
        let window = Window {
            owner: None,
            generation: 0,
            next: 0,
            wrong: false,
        };
        let cell = Cell {
            frame: u64::MAX,
            generation: 0,
            state: State::Asked,
            features: [0.0; Features::COUNT],
        };
        Self {
            depth,
            slots: vec![window; slots].into(),
            cells: vec![cell; slots * depth].into(),
        }
    }

    /// Control frames of a voice that can be kept.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    fn place(&self, slot: usize, frame: u64) -> usize {
        slot * self.depth + (frame % self.depth as u64) as usize
    }

    /// The cell of what the slot's present voice has asked, if it has.
    fn cell(&self, slot: usize, frame: u64) -> Option<&Cell> {
        let cell = &self.cells[self.place(slot, frame)];
        let is_it = cell.frame == frame && cell.generation == self.slots[slot].generation;
        is_it.then_some(cell)
    }

    /// How a column stands that is needed now, and its place.
    pub(super) fn look_up(
        &mut self,
        slot: usize,
        owner: Owner,
        frame: u64,
        features: &[f32; Features::COUNT],
    ) -> (u32, Asked) {
        let place = self.place(slot, frame) as u32;
        if self.slots[slot].owner != Some(owner) {
            return (place, Asked::Never);
        }
        if self.cell(slot, frame).is_none() {
            return (place, Asked::Never);
        }
        let cell = &mut self.cells[place as usize];
        let fits = same_bits(&cell.features, features);
        let asked = match cell.state {
            State::Asked | State::Late => {
                cell.state = State::Late;
                Asked::Late
            }
            State::Failed => Asked::Failed,
            State::Answered if fits => Asked::Taken,
            State::Answered => Asked::Stale,
        };
        self.slots[slot].wrong |= !fits;
        (place, asked)
    }

    /// The first control frame from `from` on that the voice has not asked, or must ask anew.
    pub(super) fn next_frame(&mut self, slot: usize, owner: Owner, from: u64) -> u64 {
        let window = &mut self.slots[slot];
        if window.owner != Some(owner) || window.wrong {
            window.owner = Some(owner);
            window.generation = window.generation.wrapping_add(1);
            window.next = from;
            window.wrong = false;
        }
        window.next = window.next.max(from);
        window.next
    }

    /// Notes that a column is being asked; the generation to ask it under.
    pub(super) fn ask(&mut self, slot: usize, frame: u64, features: [f32; Features::COUNT]) -> u32 {
        let place = self.place(slot, frame);
        let window = &mut self.slots[slot];
        window.next = frame + 1;
        self.cells[place] = Cell {
            frame,
            generation: window.generation,
            state: State::Asked,
            features,
        };
        window.generation
    }

    /// Notes what became of a column; its place if an answer is to be kept.
    pub(super) fn answered(
        &mut self,
        key: crate::inference::ColumnKey,
        failed: bool,
    ) -> Option<usize> {
        let slot = key.slot as usize;
        if slot >= self.slots.len() || self.slots[slot].generation != key.generation {
            return None;
        }
        let place = self.place(slot, key.frame);
        let cell = &mut self.cells[place];
        let is_awaited = cell.state == State::Asked;
        if cell.frame != key.frame || cell.generation != key.generation || !is_awaited {
            return None;
        }
        cell.state = if failed {
            State::Failed
        } else {
            State::Answered
        };
        (!failed).then_some(place)
    }
}

/// Equal features are equal in their bits: a negative zero asks the same but is not worth a thought.
fn same_bits(a: &[f32; Features::COUNT], b: &[f32; Features::COUNT]) -> bool {
    a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inference::ColumnKey;

    const ASKED: [f32; Features::COUNT] = [0.5; Features::COUNT];
    const OTHER: [f32; Features::COUNT] = [0.25; Features::COUNT];

    fn owner(note: u64) -> Owner {
        Owner {
            note,
            instrument: 0,
        }
    }

    fn key(slot: usize, generation: u32, frame: u64) -> ColumnKey {
        ColumnKey {
            slot: slot as u32,
            generation,
            frame,
        }
    }

    #[test]
    fn a_column_is_never_asked_asked_late_stale_failed_or_taken() {
        let mut windows = Windows::new(4);
        let look = |windows: &mut Windows, frame, features| {
            windows.look_up(2, owner(1), frame, &features).1
        };
        assert_eq!(look(&mut windows, 5, ASKED), Asked::Never);
        assert_eq!(windows.next_frame(2, owner(1), 5), 5);
        let generation = windows.ask(2, 5, ASKED);
        for frame in 6..9 {
            assert_eq!(windows.ask(2, frame, ASKED), generation);
        }
        assert_eq!(windows.next_frame(2, owner(1), 5), 9);
        assert!(windows.answered(key(2, generation, 5), false).is_some());
        assert_eq!(look(&mut windows, 5, ASKED), Asked::Taken);
        assert!(windows.answered(key(2, generation, 6), true).is_none());
        assert_eq!(look(&mut windows, 6, ASKED), Asked::Failed);
        assert_eq!(look(&mut windows, 7, ASKED), Asked::Late);
        // What comes after it was needed is of no use.
        assert!(windows.answered(key(2, generation, 7), false).is_none());
        assert_eq!(look(&mut windows, 7, ASKED), Asked::Late);
        assert!(windows.answered(key(2, generation, 8), false).is_some());
        assert_eq!(look(&mut windows, 8, OTHER), Asked::Stale);
        // After which all is asked anew.
        assert_eq!(windows.next_frame(2, owner(1), 9), 9);
        assert_ne!(windows.ask(2, 9, OTHER), generation);
        assert_eq!(look(&mut windows, 8, ASKED), Asked::Never);
    }

    #[test]
    fn answers_to_another_voice_or_another_question_are_nobodys() {
        let mut windows = Windows::new(2);
        windows.next_frame(0, owner(1), 0);
        let first = windows.ask(0, 0, ASKED);
        // Another voice in the same slot asks the same frame.
        assert_eq!(windows.next_frame(0, owner(2), 0), 0);
        let second = windows.ask(0, 0, ASKED);
        assert!(windows.answered(key(0, first, 0), false).is_none());
        assert_eq!(windows.look_up(0, owner(2), 0, &ASKED).1, Asked::Late);
        assert_eq!(windows.look_up(0, owner(1), 0, &ASKED).1, Asked::Never);
        assert!(windows.answered(key(1, second, 0), false).is_none());
        assert!(windows.answered(key(9, second, 0), false).is_none());
        assert!(windows.answered(key(0, second, 77), false).is_none());
    }

    #[test]
    fn a_window_holds_as_many_frames_as_it_says_and_each_voice_its_own() {
        for slots in [1, 3, 200, 5000] {
            let mut windows = Windows::new(slots);
            let depth = windows.depth() as u64;
            assert!((16..=64).contains(&depth));
            let mut places = std::collections::HashSet::new();
            for slot in [0, slots - 1] {
                windows.next_frame(slot, owner(slot as u64), 100);
                for frame in 100..100 + depth {
                    let generation = windows.ask(slot, frame, ASKED);
                    let place = windows.answered(key(slot, generation, frame), false);
                    places.insert(place.unwrap());
                }
                for frame in 100..100 + depth {
                    let asked = windows.look_up(slot, owner(slot as u64), frame, &ASKED);
                    assert_eq!(asked.1, Asked::Taken);
                }
            }
            let voices = slots.min(2);
            assert_eq!(places.len(), voices * depth as usize);
        }
    }
}
