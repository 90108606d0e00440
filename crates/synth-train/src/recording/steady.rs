//! The pitch of a stretch that holds still: frames all along it, one decision on the octave.

use std::ops::Range;

use super::periodicity::{Periodicity, Similarity};
use super::spectrum::Spectrum;

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
pub(super) const CLEAR: f32 = 0.9;
/// A shift that the name speaks for may be this much less like the sound than the best one.
const TIE: f32 = 0.96;
/// Odd partials of a lower octave: how strong they must be for the sound alone to decide, and for the
/// name to, as (share dB, prominence dB).
const ODD_ALONE: (f64, f64) = (-24.0, 20.0);
const ODD_NAMED: (f64, f64) = (-45.0, 10.0);
/// Frames in a row that make a change of pitch.
const CHANGED: usize = 3;

/// What the frames of a stretch say.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Steady {
    /// Median, Hz.
    pub(super) f0_hz: f64,
    /// Median height of the peak at the period.
    pub(super) clarity: f32,
    /// Whether one pitch explains the stretch: frames agree, clearly.
    pub(super) is_sure: bool,
}

struct Frame {
    centre: usize,
    similarity: Similarity,
}

/// The pitch of `region` of `samples`, with the name's as a hint; `None` when no frame repeats itself.
pub(super) fn steady_pitch(
    samples: &[f32],
    region: Range<usize>,
    rate_hz: f64,
    hint_hz: Option<f64>,
) -> Option<Steady> {
    let hinted_s = hint_hz.map_or(0.0, |hz| FRAME_PERIODS / hz);
    let frame_s = hinted_s.clamp(FRAME_S, LONGEST_FRAME_S);
    let mut frames = listen(samples, region.clone(), rate_hz, frame_s);
    let mut lag = period(samples, &frames, rate_hz, hint_hz)?;
    let needed_s = (FRAME_PERIODS * lag / rate_hz).min(LONGEST_FRAME_S);
    if needed_s > 1.2 * frame_s {
        frames = listen(samples, region, rate_hz, needed_s);
        lag = period(samples, &frames, rate_hz, hint_hz)?;
    }
    let heard: Vec<_> = frames
        .iter()
        .map(|frame| {
            let peak = frame.similarity.near(lag, SAME_CENTS)?;
            let agrees = peak.height >= 0.85 * frame.similarity.highest();
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
    let is_one = agree >= 0.8 && !changes(samples, &frames, &heard, lag, rate_hz);
    Some(Steady {
        f0_hz: rate_hz / lags[lags.len() / 2],
        clarity,
        is_sure: is_one && clarity >= CLEAR,
    })
}

/// Frames all along `region`, `frame_s` long where it is long enough.
fn listen(samples: &[f32], region: Range<usize>, rate_hz: f64, frame_s: f64) -> Vec<Frame> {
    let length = ((frame_s * rate_hz) as usize).min(region.len());
    let room = region.len() - length;
    let hop = ((HOP_S * rate_hz) as usize)
        .min(room / (FEWEST_FRAMES - 1))
        .max(1);
    let mut periodicity = Periodicity::new(length, rate_hz);
    (0..=room)
        .step_by(hop)
        .map(|offset| {
            let start = region.start + offset;
            Frame {
                centre: start + length / 2,
                similarity: periodicity.of(&samples[start..start + length]),
            }
        })
        .collect()
}

/// The period that the frames have in common, samples.
fn period(samples: &[f32], frames: &[Frame], rate_hz: f64, hint_hz: Option<f64>) -> Option<f64> {
    let periods = frames.iter().filter_map(|f| f.similarity.period());
    let mut clear: Vec<_> = periods.collect();
    if clear.iter().filter(|p| p.height >= CLEAR).count() * 3 > frames.len() {
        clear.retain(|p| p.height >= CLEAR);
    }
    clear.sort_by(|a, b| a.lag.total_cmp(&b.lag));
    let lag = clear.get(clear.len() / 2)?.lag;
    let height = |lag: f64, cents: f64| {
        let near = |f: &Frame| f.similarity.near(lag, cents).map_or(0.0, |p| p.height);
        let mut heights: Vec<f32> = frames.iter().map(near).collect();
        heights.sort_by(f32::total_cmp);
        heights[heights.len() / 2]
    };
    if let Some(hinted) = hint_hz.map(|hz| rate_hz / hz) {
        let off_cents = 1200.0 * (lag / hinted).log2();
        let is_shorter = off_cents > HINT_CENTS;
        if is_shorter && height(hinted, HINT_CENTS) >= TIE * height(lag, SAME_CENTS) {
            return middle(frames, hinted, HINT_CENTS);
        }
        let octaves = (-off_cents / 1200.0).round();
        let is_below = (1.0..=2.0).contains(&octaves);
        if is_below && (off_cents + 1200.0 * octaves).abs() <= HINT_CENTS {
            let lower = octaves.exp2() * lag;
            if odd_partials(samples, frames, lower, rate_hz, ODD_NAMED) {
                return Some(lower);
            }
        }
    }
    if odd_partials(samples, frames, 2.0 * lag, rate_hz, ODD_ALONE) {
        return Some(2.0 * lag);
    }
    Some(lag)
}

/// Median lag of the highest peaks near `lag`.
fn middle(frames: &[Frame], lag: f64, cents: f64) -> Option<f64> {
    let near = frames.iter().filter_map(|f| f.similarity.near(lag, cents));
    let mut lags: Vec<f64> = near.map(|p| p.lag).collect();
    lags.sort_by(f64::total_cmp);
    lags.get(lags.len() / 2).copied()
}

/// Whether in most of a few frames the odd partials of period `lag` stand out.
fn odd_partials(
    samples: &[f32],
    frames: &[Frame],
    lag: f64,
    rate_hz: f64,
    (share_db, prominence_db): (f64, f64),
) -> bool {
    let f0_hz = rate_hz / lag;
    if f0_hz < super::periodicity::LOWEST_HZ {
        return false;
    }
    let step = frames.len().div_ceil(3);
    let some = frames.iter().skip(step / 2).step_by(step.max(1));
    let votes = some.map(|frame| {
        let odd = Spectrum::around(samples, frame.centre, f0_hz, rate_hz).odd_partials(f0_hz);
        odd.share_db >= share_db && odd.prominence_db >= prominence_db
    });
    let votes: Vec<bool> = votes.collect();
    2 * votes.iter().filter(|&&vote| vote).count() > votes.len()
}

/// Whether frames in a row clearly sound at another pitch than `lag`'s.
fn changes(
    samples: &[f32],
    frames: &[Frame],
    heard: &[Option<(f64, f32)>],
    lag: f64,
    rate_hz: f64,
) -> bool {
    let mut run = 0;
    for (frame, heard) in frames.iter().zip(heard) {
        let period = frame.similarity.period();
        let clear = period.filter(|p| p.height >= CLEAR);
        let is_other = match (heard, clear) {
            (None, other) => other.is_some(),
            // The upper octave sounds like the lower one, but for its missing odd partials.
            (Some(_), Some(p)) => {
                p.lag < 0.7 * lag && {
                    let f0_hz = rate_hz / lag;
                    let spectrum = Spectrum::around(samples, frame.centre, f0_hz, rate_hz);
                    let odd = spectrum.odd_partials(f0_hz);
                    odd.share_db < ODD_NAMED.0 || odd.prominence_db < ODD_NAMED.1
                }
            }
            (Some(_), None) => false,
        };
        run = if is_other { run + 1 } else { 0 };
        if run >= CHANGED {
            return true;
        }
    }
    false
}
