//! Notes in a stretch whose pitch moves or is in doubt.

use std::ops::Range;

use super::PitchKnot;
use super::split::{Segment, hz, segments};
use super::steady::PitchFinder;
use super::tracker::HOP_S;

/// Two knots are this many frames apart: 20 ms.
const KNOT_FRAMES: usize = 2;
/// A steady reading this near to the track is the finer one, cents.
const SAME_CENTS: f64 = 60.0;
/// Points at which a segment's clarity is taken.
const CLARITY_POINTS: usize = 9;

/// A note on a track.
pub(super) struct MovingNote {
    /// Where it has its pitch.
    pub(super) region: Range<usize>,
    /// Median, Hz.
    pub(super) f0_hz: f64,
    /// Its course.
    pub(super) pitch: Vec<PitchKnot>,
    /// How well it repeats itself along it, 0..=1.
    pub(super) clarity: f32,
    /// Whether it is one note: long enough and not a run of short ones.
    pub(super) is_note: bool,
}

/// The notes within `region`, rising in time.
pub(super) fn moving_notes(
    finder: &mut PitchFinder<'_>,
    region: &Range<usize>,
    rate_hz: f64,
    shortest_s: f64,
) -> Vec<MovingNote> {
    let track = finder.track(region);
    let hop = ((HOP_S * rate_hz) as usize).max(1);
    let sample = |frame: usize| (region.start + frame * hop).min(region.end);
    let note = |segment: Segment| {
        let region = sample(segment.frames.start)..sample(segment.frames.end);
        let is_note = segment.length_s() >= shortest_s && !segment.is_run();
        // The octave is the frames' common decision, with the name's help.
        let steady = is_note.then(|| finder.steady(&region)).flatten();
        let off = steady.map_or(0.0, |s| 1200.0 * (s.f0_hz / segment.f0_hz()).log2());
        let octaves = 1200.0 * (off / 1200.0).round();
        let agrees = (off - octaves).abs() < SAME_CENTS;
        let shift = if agrees { octaves } else { 0.0 };
        let points: Vec<(usize, f64)> = segment
            .cents
            .chunks(KNOT_FRAMES)
            .enumerate()
            .map(|(i, chunk)| {
                let mean = chunk.iter().sum::<f64>() / chunk.len() as f64;
                let frame = segment.frames.start + i * KNOT_FRAMES;
                (
                    sample(frame) + (chunk.len() - 1) * hop / 2,
                    hz(mean + shift),
                )
            })
            .collect();
        let step = points.len().div_ceil(CLARITY_POINTS).max(1);
        let some: Vec<_> = points
            .iter()
            .copied()
            .skip(step / 2)
            .step_by(step)
            .collect();
        let along = finder.clarity_at(&some);
        let of_frames = steady.filter(|_| agrees);
        let knot = |(sample, f0_hz)| PitchKnot { sample, f0_hz };
        MovingNote {
            region,
            f0_hz: of_frames.map_or(segment.f0_hz() * (shift / 1200.0).exp2(), |s| s.f0_hz),
            pitch: points.into_iter().map(knot).collect(),
            clarity: of_frames.map_or(along, |s| s.clarity.max(along)),
            is_note,
        }
    };
    segments(&track).into_iter().map(note).collect()
}
