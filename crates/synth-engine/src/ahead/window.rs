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
