//! Which notes are held out, and which of the others stand nearest to them.

use crate::corpus::CorpusNote;

/// The notes of a corpus, split by pitch.
#[derive(Clone, Debug)]
pub(crate) struct Split<'a> {
    /// Notes of held-out keys.
    pub(crate) held_out: Vec<&'a CorpusNote>,
    /// The others.
    pub(crate) training: Vec<&'a CorpusNote>,
}

impl<'a> Split<'a> {
    pub(crate) fn new(notes: &'a [CorpusNote], held_out_keys: &[u8]) -> Self {
        let is_held_out = |note: &&CorpusNote| held_out_keys.contains(&note.key);
        let (held_out, training) = notes.iter().partition(is_held_out);
        Self { held_out, training }
    }

    /// Indices into `training` of the notes of the next key below and above `note` that come
    /// nearest to it: of the same dynamic, take and channel, else of the same dynamic, else all.
    pub(crate) fn nearest(&self, note: &CorpusNote) -> [Vec<usize>; 2] {
        self.on_both_sides(note).map(|side| {
            let same_dynamic = |i: &&usize| self.training[**i].dynamic == note.dynamic;
            let same_take = |i: &&usize| {
                let other = self.training[**i];
                other.take == note.take && other.channel == note.channel
            };
            let dynamic: Vec<usize> = side.iter().filter(same_dynamic).copied().collect();
            let take: Vec<usize> = dynamic.iter().filter(same_take).copied().collect();
            [take, dynamic]
                .into_iter()
                .find(|found| !found.is_empty())
                .unwrap_or(side)
        })
    }

    /// The same without regard to the take.
    pub(crate) fn all_takes(&self, note: &CorpusNote) -> [Vec<usize>; 2] {
        self.on_both_sides(note).map(|side| {
            let same_dynamic = |i: &usize| self.training[*i].dynamic == note.dynamic;
            let dynamic: Vec<usize> = side.iter().copied().filter(same_dynamic).collect();
            if dynamic.is_empty() { side } else { dynamic }
        })
    }

    fn on_both_sides(&self, note: &CorpusNote) -> [Vec<usize>; 2] {
        let keys = self.training.iter().map(|other| other.key);
        let below = keys.clone().filter(|&key| key < note.key).max();
        let above = keys.filter(|&key| key > note.key).min();
        [below, above].map(|key| {
            let of_key = |&i: &usize| Some(self.training[i].key) == key;
            (0..self.training.len()).filter(of_key).collect()
        })
    }
}
