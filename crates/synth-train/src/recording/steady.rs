//! The pitch of a stretch that holds still: frames all along it, one decision on the octave.

use std::ops::Range;

use realfft::RealFftPlanner;

use super::listening::Listening;
use super::periodicity::{LOWEST_HZ, Periodicity, Similarity};
use super::spectrum::{Disorder, OddPartials, Spectrum};
use super::tracker::{Track, track};

/// Shortest frame, s: 4096 samples at 44.1 kHz (calibration.md, section 5).
const FRAME_S: f64 = 4096.0 / 44_100.0;
/// Periods in a frame of a low note (the same place).
const FRAME_PERIODS: f64 = 6.0;
/// Longest frame, s.
const LONGEST_FRAME_S: f64 = 0.35;
/// Time between frames: no usable note is over between two of them, s.
const HOP_S: f64 = 0.12;
/// Frames wanted at least.
const FEWEST_FRAMES: usize = 5;
/// How far a name may be off, cents (calibration.md, section 5).
const HINT_CENTS: f64 = 300.0;
/// How far the frames of one note may be apart, cents.
const SAME_CENTS: f64 = 80.0;
/// Where clarity is lower a period is in doubt (calibration.md, section 5).
const CLEAR: f32 = 0.9;
/// A shorter shift that the name speaks for may be this much less like the sound than the best one.
const TIE: f32 = 0.96;
/// Of a frame that agrees the common period has this share of the best one's likeness.
const AGREES: f32 = 0.85;
/// Share of frames that have to agree.
const MOST: f64 = 0.8;
/// Odd partials of the octave below that count as there when the name speaks for it. What is there of
/// them in the shared recordings by open strings and breath is below -23 dB and stands out by 20 dB at
/// most; a sound whose own odd partials are above -23 dB has its true period found without them.
const ODD_SHARE_DB: f64 = -40.0;
const ODD_PROMINENCE_DB: f64 = 20.0;
/// Frames in a row that make a change of pitch.
const CHANGED: usize = 3;

/// Finds pitches in one recording.
pub(super) struct PitchFinder<'a> {
    samples: &'a [f32],
    rate_hz: f64,
    /// What the name says.
    hint_hz: Option<f64>,
    planner: RealFftPlanner<f32>,
}

/// What the frames of a stretch say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Steady {
    /// Median, Hz.
    pub(super) f0_hz: f64,
    /// Median height of the peak at the period.
    pub(super) clarity: f32,
    /// Height of the best peak of any frame: where this is low nothing in the stretch has a pitch.
    pub(super) clearest: f32,
    /// Whether one pitch explains the stretch: frames agree, clearly.
    pub(super) is_sure: bool,
}

struct Frame {
    centre: usize,
    similarity: Similarity,
}

impl<'a> PitchFinder<'a> {
    pub(super) fn new(listening: &'a Listening, hint_hz: Option<f64>) -> Self {
        Self {
            samples: &listening.samples,
            rate_hz: listening.rate_hz,
            hint_hz,
            planner: RealFftPlanner::new(),
        }
    }

    /// The pitch of `region` if it holds still; `None` when no frame repeats itself.
    pub(super) fn steady(&mut self, region: &Range<usize>) -> Option<Steady> {
        let hinted_s = self.hint_hz.map_or(0.0, |hz| FRAME_PERIODS / hz);
        let frame_s = hinted_s.clamp(FRAME_S, LONGEST_FRAME_S);
        let mut frames = self.listen(region, frame_s);
        let mut lag = self.period(&frames)?;
        let needed_s = (FRAME_PERIODS * lag / self.rate_hz).min(LONGEST_FRAME_S);
        if needed_s > 1.2 * frame_s {
            frames = self.listen(region, needed_s);
            lag = self.period(&frames)?;
        }
        let heard: Vec<_> = frames
            .iter()
            .map(|frame| {
                let peak = frame.similarity.near(lag, SAME_CENTS)?;
                let agrees = peak.height >= AGREES * frame.similarity.highest();
                agrees.then(|| (frame.similarity.refined(peak), peak.height))
            })
            .collect();
        let mut lags: Vec<f64> = heard.iter().flatten().map(|h| h.0).collect();
        let mut heights: Vec<f32> = heard.iter().flatten().map(|h| h.1).collect();
        if lags.is_empty() {
            return None;
        }
        lags.sort_by(f64::total_cmp);
        heights.sort_by(f32::total_cmp);
        let clarity = heights[heights.len() / 2];
        let agree = lags.len() as f64 / frames.len() as f64;
        let is_one = agree >= MOST && !self.changes(&frames, &heard, lag);
        Some(Steady {
            f0_hz: self.rate_hz / lags[lags.len() / 2],
            clarity,
            clearest: frames
                .iter()
                .map(|f| f.similarity.highest())
                .fold(0.0, f32::max),
            is_sure: is_one && clarity >= CLEAR,
        })
    }

    /// The course of the pitch in `region`, whatever it does.
    pub(super) fn track(&mut self, region: &Range<usize>) -> Track {
        track(self.samples, region, self.rate_hz, &mut self.planner)
    }

    /// How well the sound around each of `points`, `(sample, Hz)`, repeats itself at that pitch: the
    /// median.
    pub(super) fn clarity_at(&mut self, points: &[(usize, f64)]) -> f32 {
        let lowest_hz = points.iter().map(|p| p.1).fold(f64::MAX, f64::min);
        // Short, for the pitch moves.
        let length = ((3.0 * self.rate_hz / lowest_hz) as usize).min(self.samples.len());
        let mut periodicity = Periodicity::new(length, self.rate_hz, &mut self.planner);
        let mut heights: Vec<f32> = points
            .iter()
            .map(|&(centre, f0_hz)| {
                let start = centre
                    .saturating_sub(length / 2)
                    .min(self.samples.len() - length);
                let similarity = periodicity.of(&self.samples[start..start + length]);
                let peak = similarity.near(self.rate_hz / f0_hz, SAME_CENTS);
                peak.map_or(0.0, |p| p.height)
            })
            .collect();
        heights.sort_by(f32::total_cmp);
        heights.get(heights.len() / 2).copied().unwrap_or(0.0)
    }

    /// What does not fit one harmonic sound of `f0_hz` around `centre`.
    pub(super) fn disorder(&mut self, centre: usize, f0_hz: f64) -> Disorder {
        self.spectrum(centre, f0_hz).disorder(f0_hz)
    }

    fn spectrum(&mut self, centre: usize, f0_hz: f64) -> Spectrum {
        Spectrum::around(self.samples, centre, f0_hz, self.rate_hz, &mut self.planner)
    }

    fn odd_partials(&mut self, centre: usize, f0_hz: f64) -> OddPartials {
        self.spectrum(centre, f0_hz).odd_partials(f0_hz)
    }

    /// Frames all along `region`, `frame_s` long where it is long enough.
    fn listen(&mut self, region: &Range<usize>, frame_s: f64) -> Vec<Frame> {
        let length = ((frame_s * self.rate_hz) as usize).min(region.len());
        let room = region.len() - length;
        let hop = (HOP_S * self.rate_hz) as usize;
        let hop = hop.min(room / (FEWEST_FRAMES - 1)).max(1);
        let mut periodicity = Periodicity::new(length, self.rate_hz, &mut self.planner);
        (0..=room)
            .step_by(hop)
            .map(|offset| {
                let start = region.start + offset;
                Frame {
                    centre: start + length / 2,
                    similarity: periodicity.of(&self.samples[start..start + length]),
                }
            })
            .collect()
    }

    /// The period that the frames have in common, samples.
    fn period(&mut self, frames: &[Frame]) -> Option<f64> {
        let periods = frames.iter().filter_map(|f| f.similarity.period());
        let mut clear: Vec<_> = periods.collect();
        if clear.iter().filter(|p| p.height >= CLEAR).count() * 3 > frames.len() {
            clear.retain(|p| p.height >= CLEAR);
        }
        clear.sort_by(|a, b| a.lag.total_cmp(&b.lag));
        let lag = clear.get(clear.len() / 2)?.lag;
        let Some(hinted) = self.hint_hz.map(|hz| self.rate_hz / hz) else {
            return Some(lag);
        };
        let off_cents = 1200.0 * (lag / hinted).log2();
        if off_cents > HINT_CENTS {
            let named = typical_height(frames, hinted, HINT_CENTS);
            if named >= TIE * typical_height(frames, lag, SAME_CENTS) {
                return typical_lag(frames, hinted, HINT_CENTS);
            }
        }
        let octaves = (-off_cents / 1200.0).round();
        let is_below = (1.0..=2.0).contains(&octaves);
        if is_below && (off_cents + 1200.0 * octaves).abs() <= HINT_CENTS {
            let lower = octaves.exp2() * lag;
            if self.have_odd_partials(frames, lower) {
                return Some(lower);
            }
        }
        Some(lag)
    }

    /// Whether in most of a few frames the odd partials of period `lag` stand out.
    fn have_odd_partials(&mut self, frames: &[Frame], lag: f64) -> bool {
        let f0_hz = self.rate_hz / lag;
        if f0_hz < LOWEST_HZ {
            return false;
        }
        let step = frames.len().div_ceil(3).max(1);
        let some: Vec<usize> = frames
            .iter()
            .skip(step / 2)
            .step_by(step)
            .map(|f| f.centre)
            .collect();
        let votes = some
            .iter()
            .filter(|&&centre| stand_out(self.odd_partials(centre, f0_hz)))
            .count();
        2 * votes > some.len()
    }

    /// Whether frames in a row clearly sound at another pitch than `lag`'s.
    fn changes(&mut self, frames: &[Frame], heard: &[Option<(f64, f32)>], lag: f64) -> bool {
        let mut run = 0;
        for (frame, heard) in frames.iter().zip(heard) {
            let clear = frame.similarity.period().filter(|p| p.height >= CLEAR);
            let is_other = match (heard, clear) {
                (None, other) => other.is_some(),
                // The upper octave repeats itself like the lower one, but for the odd partials.
                (Some(_), Some(p)) if p.lag < 0.7 * lag => {
                    !stand_out(self.odd_partials(frame.centre, self.rate_hz / lag))
                }
                (Some(_), _) => false,
            };
            run = if is_other { run + 1 } else { 0 };
            if run >= CHANGED {
                return true;
            }
        }
        false
    }
}

fn stand_out(odd: OddPartials) -> bool {
    odd.share_db >= ODD_SHARE_DB && odd.prominence_db >= ODD_PROMINENCE_DB
}

/// Median height of the highest peaks near `lag`; 0 in frames without one.
fn typical_height(frames: &[Frame], lag: f64, cents: f64) -> f32 {
    let near = |f: &Frame| f.similarity.near(lag, cents).map_or(0.0, |p| p.height);
    let mut heights: Vec<f32> = frames.iter().map(near).collect();
    heights.sort_by(f32::total_cmp);
    heights[heights.len() / 2]
}

/// Median lag of the highest peaks near `lag`.
fn typical_lag(frames: &[Frame], lag: f64, cents: f64) -> Option<f64> {
    let near = frames.iter().filter_map(|f| f.similarity.near(lag, cents));
    let mut lags: Vec<f64> = near.map(|p| p.lag).collect();
    lags.sort_by(f64::total_cmp);
    lags.get(lags.len() / 2).copied()
}
