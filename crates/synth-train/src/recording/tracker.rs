//! The course of a pitch that does not hold still: probabilistic YIN.
//!
//! Source: M. Mauch and S. Dixon, "pYIN: a fundamental frequency estimator using probabilistic threshold
//! distributions", ICASSP 2014, on A. de Cheveigne and H. Kawahara, "YIN", JASA 111(4), 2002: every dip of
//! the normalised difference function is a candidate, as likely as YIN's threshold lies where YIN would
//! pick it; a hidden Markov model over pitch and voicing picks the path. Here the pitch may also jump
//! anywhere at a price, for legato.

use std::ops::Range;
use std::sync::Arc;

use realfft::num_complex::Complex32;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

use super::periodicity::{HIGHEST_HZ, LOWEST_HZ};

/// Time between frames, s.
pub(super) const HOP_S: f64 = 0.01;
/// Stretch compared with its shifted self, s: 2048 samples at 44.1 kHz, more than a period of A0.
const WINDOW_S: f64 = 2048.0 / 44_100.0;
/// Longest that is decided at once, frames: it bounds the memory.
const BLOCK: usize = 2_000;
/// Second parameter of the beta distribution of the threshold (the first is 2): its mean is 0.1.
const BETA: i32 = 18;
/// Share that the deepest dip gets of the thresholds which lie below every dip.
const BELOW_ALL: f64 = 0.01;
/// Distance of the model's pitches, cents.
const BIN_CENTS: f64 = 20.0;
/// Farthest step of the pitch in one hop, bins: 260 cents.
const REACH: usize = 13;
/// Probability that voicing changes from a frame to the next.
const SWITCH: f32 = 0.01;
/// Probability of a jump to any one pitch.
const JUMP: f32 = 1e-6;

/// A pitch where there is one, Hz, one every hop.
pub(super) type Track = Vec<Option<f64>>;

/// A dip of the difference function.
struct Candidate {
    f0_hz: f64,
    probability: f64,
}

/// Tracks the pitch in `region`; frame `i` is centred `i` hops behind its beginning.
pub(super) fn track(
    samples: &[f32],
    region: &Range<usize>,
    rate_hz: f64,
    planner: &mut RealFftPlanner<f32>,
) -> Track {
    let mut difference = Difference::new(rate_hz, planner);
    let hop = (HOP_S * rate_hz) as usize;
    let frames: Vec<Vec<Candidate>> = (region.start..region.end)
        .step_by(hop.max(1))
        .map(|centre| difference.candidates(samples, centre))
        .collect();
    frames.chunks(BLOCK).flat_map(most_likely_path).collect()
}

/// The difference function of frames of one length.
struct Difference {
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    rate_hz: f64,
    window: usize,
    longest: usize,
}

impl Difference {
    fn new(rate_hz: f64, planner: &mut RealFftPlanner<f32>) -> Self {
        let window = (WINDOW_S * rate_hz) as usize;
        let longest = (rate_hz / LOWEST_HZ).ceil() as usize;
        let length = (window + longest + 2).next_power_of_two();
        Self {
            forward: planner.plan_fft_forward(length),
            inverse: planner.plan_fft_inverse(length),
            rate_hz,
            window,
            longest,
        }
    }

    /// Candidates of the frame around `centre`; samples outside count as silence.
    fn candidates(&mut self, samples: &[f32], centre: usize) -> Vec<Candidate> {
        let length = self.window + self.longest + 1;
        let start = centre as isize - length as isize / 2;
        let frame: Vec<f32> = (start..start + length as isize)
            .map(|i| {
                usize::try_from(i)
                    .ok()
                    .and_then(|i| samples.get(i))
                    .copied()
                    .unwrap_or(0.0)
            })
            .collect();
        self.dips(&self.normalised(&frame))
    }

    /// YIN's cumulative mean normalised difference `d'(t)`.
    fn normalised(&self, frame: &[f32]) -> Vec<f64> {
        let spectrum = |part: &[f32]| -> Vec<Complex32> {
            let mut time = self.forward.make_input_vec();
            time[..part.len()].copy_from_slice(part);
            let mut bins = self.forward.make_output_vec();
            // The lengths are those of the plan, so it cannot fail.
            let worked = self.forward.process(&mut time, &mut bins);
            debug_assert!(worked.is_ok());
            bins
        };
        let whole = spectrum(frame);
        let mut product = spectrum(&frame[..self.window]);
        for (bin, other) in product.iter_mut().zip(&whole) {
            *bin = bin.conj() * other;
        }
        // What is imaginary at the ends is rounding, which the inverse transform would refuse.
        if let [first, .., last] = &mut product[..] {
            (first.im, last.im) = (0.0, 0.0);
        }
        let mut correlation = self.inverse.make_output_vec();
        let worked = self.inverse.process(&mut product, &mut correlation);
        debug_assert!(worked.is_ok());
        let scale = 1.0 / correlation.len() as f64;
        let square = |x: f32| f64::from(x).powi(2);
        let first: f64 = frame[..self.window].iter().map(|&x| square(x)).sum();
        let mut shifted = first;
        let mut sum = 0.0;
        let mut normalised = Vec::with_capacity(self.longest + 1);
        normalised.push(1.0);
        for lag in 1..=self.longest {
            shifted += square(frame[lag + self.window - 1]) - square(frame[lag - 1]);
            let d = first + shifted - 2.0 * scale * f64::from(correlation[lag]);
            sum += d.max(0.0);
            normalised.push(if sum > 1e-12 {
                d.max(0.0) * lag as f64 / sum
            } else {
                1.0
            });
        }
        normalised
    }

    /// Each dip that is deeper than those before it would be picked by thresholds between the two
    /// depths.
    fn dips(&self, normalised: &[f64]) -> Vec<Candidate> {
        let shortest = (self.rate_hz / HIGHEST_HZ).max(2.0) as usize;
        let mut found: Vec<Candidate> = Vec::new();
        let mut deepest = 1.0;
        for lag in shortest..normalised.len().saturating_sub(1) {
            let (left, middle, right) = (normalised[lag - 1], normalised[lag], normalised[lag + 1]);
            if middle > left || middle >= right || middle >= deepest {
                continue;
            }
            let curve = left - 2.0 * middle + right;
            let shift = if curve > 0.0 {
                0.5 * (left - right) / curve
            } else {
                0.0
            };
            let depth = (middle - 0.25 * (left - right) * shift).clamp(0.0, middle);
            let probability = threshold_below(deepest) - threshold_below(depth);
            let f0_hz = self.rate_hz / (lag as f64 + shift);
            found.push(Candidate { f0_hz, probability });
            deepest = depth;
        }
        if let Some(last) = found.last_mut() {
            last.probability += BELOW_ALL * threshold_below(deepest);
        }
        found
    }
}

/// Distribution function of the threshold, beta(2, 18).
fn threshold_below(x: f64) -> f64 {
    1.0 - (1.0 - x).powi(BETA) * (1.0 + f64::from(BETA) * x)
}

fn bins() -> usize {
    bin_of(HIGHEST_HZ) + 1
}

fn bin_of(f0_hz: f64) -> usize {
    ((1200.0 / BIN_CENTS) * (f0_hz / LOWEST_HZ).log2())
        .round()
        .max(0.0) as usize
}

/// Viterbi's algorithm over voiced and unvoiced states of every pitch.
fn most_likely_path(frames: &[Vec<Candidate>]) -> Track {
    let bins = bins();
    let states = 2 * bins;
    let steps: Vec<f32> = (0..=REACH)
        .map(|step| (REACH + 1 - step) as f32 / ((REACH + 1) * (REACH + 1)) as f32)
        .map(f32::ln)
        .collect();
    let (stay, switch, jump) = ((1.0 - SWITCH).ln(), SWITCH.ln(), JUMP.ln());
    let mut score = vec![-(states as f32).ln(); states];
    let mut back: Vec<Vec<u16>> = Vec::with_capacity(frames.len());
    for (i, frame) in frames.iter().enumerate() {
        let observed = observed(frame, bins);
        let mut next = vec![f32::MIN; states];
        let mut from = vec![0_u16; states];
        let jump_from = best(&score, 0..states);
        for bin in 0..bins {
            let near = bin.saturating_sub(REACH)..(bin + REACH + 1).min(bins);
            let mut reach = [(f32::MIN, 0); 2];
            for (voicing, reach) in reach.iter_mut().enumerate() {
                for at in near.clone() {
                    let reached = score[voicing * bins + at] + steps[at.abs_diff(bin)];
                    if reached > reach.0 {
                        *reach = (reached, voicing * bins + at);
                    }
                }
            }
            for voicing in 0..2 {
                let same = (reach[voicing].0 + stay, reach[voicing].1);
                let other = (reach[1 - voicing].0 + switch, reach[1 - voicing].1);
                let jumped = (score[jump_from] + jump, jump_from);
                let taken = [same, other, jumped];
                let taken = taken
                    .into_iter()
                    .fold(same, |a, b| if b.0 > a.0 { b } else { a });
                let state = voicing * bins + bin;
                let start = if i == 0 { score[state] } else { taken.0 };
                next[state] = start + observed[state];
                from[state] = taken.1 as u16;
            }
        }
        score = next;
        back.push(from);
    }
    let mut state = best(&score, 0..states);
    let mut path = vec![None; frames.len()];
    for (i, frame) in frames.iter().enumerate().rev() {
        if state < bins {
            path[i] = Some(nearest(frame, state));
        }
        state = usize::from(back[i][state]);
    }
    path
}

/// Logarithms of the probabilities of a frame's candidates in each state: voiced states first.
fn observed(frame: &[Candidate], bins: usize) -> Vec<f32> {
    let mut probability = vec![0.0_f64; bins];
    for candidate in frame {
        let bin = bin_of(candidate.f0_hz).min(bins - 1);
        probability[bin] += candidate.probability;
    }
    let voiced: f64 = probability.iter().sum();
    let unvoiced = ((1.0 - voiced) / bins as f64).max(1e-9).ln() as f32;
    let mut observed: Vec<f32> = probability
        .iter()
        .map(|p| p.max(1e-9).ln() as f32)
        .collect();
    observed.resize(2 * bins, unvoiced);
    observed
}

fn best(score: &[f32], range: Range<usize>) -> usize {
    let start = range.start;
    range.fold(
        start,
        |best, i| if score[i] > score[best] { i } else { best },
    )
}

/// The candidate that put the path into `bin`, or the bin's own pitch.
fn nearest(frame: &[Candidate], bin: usize) -> f64 {
    let within = frame.iter().filter(|c| bin_of(c.f0_hz).abs_diff(bin) <= 1);
    let likeliest = within.max_by(|a, b| a.probability.total_cmp(&b.probability));
    likeliest.map_or_else(
        || LOWEST_HZ * (bin as f64 * BIN_CENTS / 1200.0).exp2(),
        |c| c.f0_hz,
    )
}
