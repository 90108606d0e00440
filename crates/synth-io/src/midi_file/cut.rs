//! Leaving out what lasts too long only because a track is damaged: bytes that are taken for delta
//! times can ask for years.

use std::time::Duration;

use super::length::{self, in_words};
use super::tempo::Timeline;
use super::warnings::Warnings;

/// Where a track lies, in ticks of the piece.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    pub(super) start: u64,
    pub(super) end: u64,
    /// Where it is damaged first, if it is.
    pub(super) first_damage: Option<u64>,
    pub(super) has_notes: bool,
}

/// What is left out of the tracks of a file.
#[derive(Clone, Debug, Default)]
pub(super) struct Cuts {
    /// Ascending in tracks, which count from 0.
    cuts: Vec<Cut>,
}

#[derive(Clone, Debug)]
struct Cut {
    track: usize,
    /// In ticks of the track, the last that is read.
    last_tick: u64,
    warning: String,
}

impl Cuts {
    pub(super) fn is_empty(&self) -> bool {
        self.cuts.is_empty()
    }

    fn of(&self, track: usize) -> Option<&Cut> {
        let found = self.cuts.binary_search_by_key(&track, |cut| cut.track);
        found.ok().map(|index| &self.cuts[index])
    }

    /// The last tick of the track that is read.
    pub(super) fn last_tick(&self, track: usize) -> u64 {
        self.of(track).map_or(u64::MAX, |cut| cut.last_tick)
    }

    /// Says what is left out of the track.
    pub(super) fn warn(&self, track: usize, warnings: &mut Warnings) {
        if let Some(cut) = self.of(track) {
            warnings.add(cut.warning.clone());
        }
    }
}

/// What to leave out of a piece that lasts longer than `longest`: of each damaged track that does
/// so, all behind its first damage and the end of the longest sound track with notes; where there
/// is none, all behind the limit.
pub(super) fn cuts(extents: &[Extent], timeline: &Timeline, longest: Duration) -> Cuts {
    let is_sound = |extent: &&Extent| extent.first_damage.is_none() && extent.has_notes;
    let sound = extents.iter().filter(is_sound);
    let longest_sound = sound.map(|extent| extent.end - extent.start).max();
    let limit = length::limit(longest);
    // Tracks are in the order of their starts.
    let (mut starts, mut limits) = (timeline.walk(), timeline.walk());
    let mut lasts = Vec::new();
    for (track, extent) in extents.iter().enumerate() {
        let latest = starts.whole_seconds(extent.start) + limit;
        let within = limits.last_tick_within(latest).max(extent.start);
        if let Some(damage) = extent.first_damage
            && within < extent.end
        {
            let sound_end = longest_sound.map(|ticks| damage.max(extent.start + ticks));
            lasts.push((track, sound_end.map_or(within, |tick| tick.min(within))));
        }
    }
    let ends = lasts.iter().map(|&(track, _)| extents[track].end);
    let ends = timeline.whole_seconds(ends.collect());
    let begins = timeline.whole_seconds(lasts.iter().map(|&(_, last)| last).collect());
    let found = lasts.iter().zip(begins).zip(ends);
    let cuts = found.map(|((&(track, last), begin), end)| Cut {
        track,
        last_tick: last - extents[track].start,
        warning: format!(
            "track {} is damaged: what is left of it lasts {} and is left out from \
             {}:{:02}:{:02} on",
            track + 1,
            in_words(end - begin),
            begin / 3600,
            begin / 60 % 60,
            begin % 60
        ),
    });
    Cuts {
        cuts: cuts.collect(),
    }
}
