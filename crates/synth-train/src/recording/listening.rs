//! A recording made ready for finding notes: one channel, no rumble; what is wrong with it as a whole.

use super::{Recording, RecordingProblem};

/// Slowest and fastest sample rates that are believed, Hz.
const RATES_HZ: std::ops::RangeInclusive<u32> = 4_000..=768_000;
/// Nothing shorter can hold a usable note, s.
const SHORTEST_S: f64 = 0.25;
/// Below this in every tenth of a second a recording counts as silent, dBFS: 16-bit noise lies at -98,
/// the quietest note worth having well above.
const SILENCE_DB: f64 = -80.0;
/// DC and rumble end here, Hz (calibration.md, section 1).
const HIGH_PASS_HZ: f64 = 12.0;
/// Rumble that traffic and handling make ends here, Hz.
const RUMBLE_HZ: f64 = 60.0;
/// When the mean of the channels has less than this share of the loudest channel's power, the channels
/// cancel each other. One channel of two alone keeps a quarter.
const CANCELLED: f64 = 0.2;
/// A sample this close to full scale may be clipped.
const CLIPPED_AT: f32 = 0.999;
/// Samples in a row that make it so.
const CLIPPED_RUN: usize = 3;

/// What notes are looked for in.
pub(super) struct Listening {
    /// One channel, high-passed.
    pub(super) samples: Vec<f32>,
    /// The same without rumble, which comes and goes: for levels. No instrument is heard by that alone.
    pub(super) above_rumble: Vec<f32>,
    /// Samples a second.
    pub(super) rate_hz: f64,
    /// Stretches of clipped samples in any channel, `(first sample, length)`, rising.
    pub(super) clipped: Vec<(usize, usize)>,
}

impl Listening {
    /// Checks and mixes a recording.
    pub(super) fn new(recording: &Recording) -> Result<Self, RecordingProblem> {
        let sample_rate_hz = recording.sample_rate_hz;
        if !RATES_HZ.contains(&sample_rate_hz) {
            return Err(RecordingProblem::Rate { sample_rate_hz });
        }
        let rate_hz = f64::from(sample_rate_hz);
        let length = recording.channels.iter().map(Vec::len).min().unwrap_or(0);
        if length == 0 {
            return Err(RecordingProblem::Empty);
        }
        let length_s = length as f64 / rate_hz;
        if length_s < SHORTEST_S {
            return Err(RecordingProblem::TooShort { length_s });
        }
        let all = || recording.channels.iter().flatten();
        let count = all().filter(|x| !x.is_finite()).count();
        if count > 0 {
            return Err(RecordingProblem::NotFinite { count });
        }
        let mixed = one_channel(&recording.channels, length);
        let (samples, above_rumble) = high_passed(&mixed, rate_hz);
        let loudest_db = loudest_db(&samples, rate_hz);
        if loudest_db < SILENCE_DB {
            return Err(RecordingProblem::Silent { loudest_db });
        }
        let mut clipped: Vec<_> = recording
            .channels
            .iter()
            .flat_map(|c| clipped_runs(c))
            .collect();
        clipped.sort_unstable();
        Ok(Self {
            samples,
            above_rumble,
            rate_hz,
            clipped,
        })
    }

    /// Clipped samples within `range`.
    pub(super) fn clipped_in(&self, range: std::ops::Range<usize>) -> usize {
        let mut counted_to = range.start;
        let mut count = 0;
        for &(first, length) in &self.clipped {
            // Channels may clip at one time: that counts once.
            let from = first.max(counted_to);
            let to = (first + length).min(range.end);
            count += to.saturating_sub(from);
            counted_to = counted_to.max(to);
        }
        count
    }

    /// Seconds from the beginning.
    pub(super) fn seconds(&self, sample: usize) -> f64 {
        sample as f64 / self.rate_hz
    }
}

/// The mean of the channels or, where they cancel each other, the loudest.
fn one_channel(channels: &[Vec<f32>], length: usize) -> Vec<f32> {
    if let [only] = channels {
        return only.clone();
    }
    let loudest = channels
        .iter()
        .max_by(|a, b| power(&a[..length]).total_cmp(&power(&b[..length])))
        .map_or(&[][..], |c| &c[..length]);
    let share = 1.0 / channels.len() as f32;
    let mut mean = vec![0.0; length];
    for channel in channels {
        for (sum, x) in mean.iter_mut().zip(channel) {
            *sum += share * x;
        }
    }
    if power(&mean) < CANCELLED * power(loudest) {
        return loudest.to_vec();
    }
    mean
}

/// Variance: DC is not heard.
fn power(samples: &[f32]) -> f64 {
    let count = samples.len().max(1) as f64;
    let (sum, squares) = samples.iter().fold((0.0, 0.0), |(sum, squares), &x| {
        let x = f64::from(x);
        (sum + x, squares + x * x)
    });
    (squares - sum * sum / count) / count
}

/// Second-order Butterworth high-pass.
///
/// Source: the bilinear transform of `s^2 / (s^2 + sqrt(2) s + 1)`, as in R. Bristow-Johnson, "Audio EQ
/// cookbook".
struct HighPass {
    b: f64,
    a1: f64,
    a2: f64,
    s1: f64,
    s2: f64,
}

impl HighPass {
    fn new(from_hz: f64, rate_hz: f64) -> Self {
        let (sin, cos) = (std::f64::consts::TAU * from_hz / rate_hz).sin_cos();
        let alpha = sin * std::f64::consts::FRAC_1_SQRT_2;
        let scale = 1.0 / (1.0 + alpha);
        Self {
            b: (1.0 + cos) / 2.0 * scale,
            a1: -2.0 * cos * scale,
            a2: (1.0 - alpha) * scale,
            s1: 0.0,
            s2: 0.0,
        }
    }

    fn next(&mut self, x: f64) -> f64 {
        let y = self.b * x + self.s1;
        self.s1 = -2.0 * self.b * x - self.a1 * y + self.s2;
        self.s2 = self.b * x - self.a2 * y;
        y
    }
}

/// Without DC, and without rumble as well. The mean is taken away first, so that DC does not ring at the
/// start.
fn high_passed(samples: &[f32], rate_hz: f64) -> (Vec<f32>, Vec<f32>) {
    let mean = samples.iter().map(|&x| f64::from(x)).sum::<f64>() / samples.len() as f64;
    let mut no_dc = HighPass::new(HIGH_PASS_HZ, rate_hz);
    let mut no_rumble = HighPass::new(RUMBLE_HZ, rate_hz);
    let both = |&x: &f32| {
        let x = f64::from(x) - mean;
        (no_dc.next(x) as f32, no_rumble.next(x) as f32)
    };
    samples.iter().map(both).unzip()
}

fn loudest_db(samples: &[f32], rate_hz: f64) -> f64 {
    let tenth = ((rate_hz * 0.1) as usize).max(1);
    let powers = samples.chunks(tenth).map(|chunk| {
        let squares = chunk.iter().map(|&x| f64::from(x).powi(2));
        squares.sum::<f64>() / tenth as f64
    });
    10.0 * powers.fold(1e-20, f64::max).log10()
}

fn clipped_runs(samples: &[f32]) -> Vec<(usize, usize)> {
    let mut runs = Vec::new();
    if samples.iter().all(|&x| side(x) == 0) {
        return runs;
    }
    let mut first = 0;
    for run in samples.chunk_by(|a, b| side(*a) == side(*b)) {
        if side(run[0]) != 0 && run.len() >= CLIPPED_RUN {
            runs.push((first, run.len()));
        }
        first += run.len();
    }
    runs
}

fn side(x: f32) -> i8 {
    i8::from(x >= CLIPPED_AT) - i8::from(x <= -CLIPPED_AT)
}
