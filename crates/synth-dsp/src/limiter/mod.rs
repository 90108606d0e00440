//! The last thing before the sink: a stereo limiter that keeps every peak at or below -1 dBFS.
//!
//! * [`Limiter::look_ahead`] for files: 1.5 ms of look-ahead and oversampled peak detection, so that
//!   a true-peak meter (ITU-R BS.1770-4, Annex 2) agrees. Its latency is constant and known.
//! * [`Limiter::instant`] for live playing: no latency, sample peaks only.
//!
//! Both are stereo-linked, and bit-transparent (apart from the delay) while nothing is too loud.

mod gain_path;
mod true_peak;

use gain_path::{GainPath, UNITY};
use true_peak::{CHUNK, TruePeakDetector};

use crate::simd::Dispatch;

/// Highest peak that leaves the limiter: -1 dBFS, as EBU R 128 permits programmes a true peak of
/// -1 dBTP.
pub const CEILING: f32 = 0.891_250_94;

/// Reduction sets in this much below the ceiling in [`Limiter::look_ahead`] (-0.3 dB as a factor).
///
/// Pays for peaks between the detector's eight points a sample, for its ripple, and for the little
/// that the moving gain itself adds between samples.
const TRUE_PEAK_MARGIN: f32 = 0.966_050_9;

/// Time between a peak's detection and its output.
const LOOK_AHEAD_S: f64 = 0.001_5;

/// Part of the look-ahead during which the gain already rests at its lowest.
const GUARD_S: f64 = 0.000_1;

/// The gain stays down this long after a peak, so that it does not follow a low tone's waveform.
const HOLD_S: f64 = 0.010;

/// Time constant of the way back to unity.
const RELEASE_S: f64 = 0.100;

/// A stereo-linked peak limiter; see the [module](self) for its two kinds.
///
/// NaN and infinite samples are replaced by zero and counted.
pub struct Limiter {
    gain_path: GainPath,
    look_ahead: Option<LookAhead>,
    gain: f32,
    non_finite: u64,
}

impl Limiter {
    /// A limiter for true peaks, with look-ahead.
    ///
    /// Reduction sets in at -1.3 dBTP. Content above 0.45 of the sample rate is lowered more than
    /// its true peak asks for, since short filters cannot tell how high it rises between samples.
    ///
    /// # Panics
    /// If `sample_rate_hz` is below 1000.
    #[must_use]
    pub fn look_ahead(sample_rate_hz: u32) -> Self {
        let samples = |seconds| duration_samples(seconds, sample_rate_hz);
        let look_ahead = samples(LOOK_AHEAD_S).max(4);
        let guard = samples(GUARD_S);
        let smoothing = look_ahead - guard + 1;
        // Every peak must be seen by all taps of the smoothing, `guard` samples early and late, and
        // on both sides of the interval it was found in.
        let window = smoothing + 2 * guard + samples(HOLD_S);
        Self {
            gain_path: GainPath::new(window, smoothing, RELEASE_S * f64::from(sample_rate_hz)),
            look_ahead: Some(LookAhead::new(look_ahead)),
            gain: 1.0,
            non_finite: 0,
        }
    }

    /// A limiter for sample peaks, without latency: its gain falls at once.
    ///
    /// # Panics
    /// If `sample_rate_hz` is below 1000.
    #[must_use]
    pub fn instant(sample_rate_hz: u32) -> Self {
        let hold = duration_samples(HOLD_S, sample_rate_hz);
        Self {
            gain_path: GainPath::new(hold, 1, RELEASE_S * f64::from(sample_rate_hz)),
            look_ahead: None,
            gain: 1.0,
            non_finite: 0,
        }
    }

    /// How many samples later a sample leaves than it entered.
    #[must_use]
    pub fn latency_samples(&self) -> usize {
        self.look_ahead
            .as_ref()
            .map_or(0, |look_ahead| look_ahead.delay[0].len())
    }

    /// Back to the state after construction: unity gain, zeros in the delay line, nothing counted.
    ///
    /// # Realtime safety
    /// RT-safe: no allocation, bounded time.
    pub fn reset(&mut self) {
        self.gain_path.reset();
        if let Some(look_ahead) = &mut self.look_ahead {
            look_ahead.reset();
        }
        self.gain = 1.0;
        self.non_finite = 0;
    }

    /// Limits both channels in place. They should be of one length; what one has more than the
    /// other is left as it is.
    ///
    /// # Realtime safety
    /// RT-safe: no allocation, time bounded by the number of samples. The same bits for any cutting
    /// into blocks.
    pub fn process(&mut self, left: &mut [f32], right: &mut [f32]) {
        for (left, right) in left.chunks_mut(CHUNK).zip(right.chunks_mut(CHUNK)) {
            let samples = left.len().min(right.len());
            self.process_chunk(&mut left[..samples], &mut right[..samples]);
        }
    }

    fn process_chunk(&mut self, left: &mut [f32], right: &mut [f32]) {
        // Counting is vector code.
        let is_broken = |sample: &&f32| !sample.is_finite();
        if left.iter().filter(is_broken).count() + right.iter().filter(is_broken).count() > 0 {
            for sample in left.iter_mut().chain(right.iter_mut()) {
                if !sample.is_finite() {
                    *sample = 0.0;
                    self.non_finite += 1;
                }
            }
        }
        let Some(look_ahead) = &mut self.look_ahead else {
            let is_loud = |sample: &&f32| sample.abs() > CEILING;
            let loud = left.iter().filter(is_loud).count() + right.iter().filter(is_loud).count();
            if loud == 0 && self.gain_path.is_at_rest() {
                self.gain_path.rest(left.len());
                self.gain = 1.0;
                return;
            }
            for (left, right) in left.iter_mut().zip(right) {
                let peak = left.abs().max(right.abs());
                self.gain = self.gain_path.next(required_gain(peak, CEILING));
                // The clamp takes off the rounding of the product.
                *left = (*left * self.gain).clamp(-CEILING, CEILING);
                *right = (*right * self.gain).clamp(-CEILING, CEILING);
            }
            return;
        };
        let threshold = CEILING * TRUE_PEAK_MARGIN;
        let mut peaks = [0.0; CHUNK];
        let peaks = &mut peaks[..left.len()];
        look_ahead.detector.detect(left, right, peaks);
        let loud = peaks.iter().filter(|&&peak| peak > threshold).count();
        if loud == 0 && self.gain_path.is_at_rest() {
            self.gain_path.rest(left.len());
            self.gain = 1.0;
            look_ahead.exchange_all(left, right);
            return;
        }
        for ((left, right), &mut peak) in left.iter_mut().zip(right).zip(peaks) {
            let required = required_gain(peak, threshold);
            self.gain = self.gain_path.next(required);
            [*left, *right] = look_ahead.exchange([*left, *right]).map(|x| x * self.gain);
        }
    }

    /// By how many dB the sample that left last was lowered; 0 or more.
    #[must_use]
    pub fn gain_reduction_db(&self) -> f32 {
        if self.gain >= 1.0 {
            0.0
        } else {
            -20.0 * self.gain.max(1e-9).log10()
        }
    }

    /// Number of NaN and infinite samples silenced since construction or [`Limiter::reset`].
    #[must_use]
    pub fn non_finite_samples(&self) -> u64 {
        self.non_finite
    }
}

/// Peak detector and delay line of the look-ahead kind.
struct LookAhead {
    detector: TruePeakDetector,
    delay: [Vec<f32>; 2],
    next: usize,
}

impl LookAhead {
    fn new(look_ahead: usize) -> Self {
        let detector = TruePeakDetector::new(CEILING * TRUE_PEAK_MARGIN, Dispatch::detect());
        let latency = look_ahead + TruePeakDetector::DELAY;
        Self {
            detector,
            delay: [vec![0.0; latency], vec![0.0; latency]],
            next: 0,
        }
    }

    fn reset(&mut self) {
        self.detector.reset();
        for channel in &mut self.delay {
            channel.fill(0.0);
        }
        self.next = 0;
    }

    /// Puts frames into the delay line and takes out as many of the oldest.
    fn exchange_all<'a>(&mut self, mut left: &'a mut [f32], mut right: &'a mut [f32]) {
        let length = self.delay[0].len();
        while !left.is_empty() {
            let frames = (length - self.next).min(left.len());
            let place = self.next..self.next + frames;
            for (samples, delay) in [&mut left, &mut right].into_iter().zip(&mut self.delay) {
                let (now, later) = std::mem::take(samples).split_at_mut(frames);
                now.swap_with_slice(&mut delay[place.clone()]);
                *samples = later;
            }
            self.next = place.end % length;
        }
    }

    /// Puts a frame into the delay line and takes out the oldest.
    fn exchange(&mut self, frame: [f32; 2]) -> [f32; 2] {
        let [left, right] = &mut self.delay;
        let oldest = [
            std::mem::replace(&mut left[self.next], frame[0]),
            std::mem::replace(&mut right[self.next], frame[1]),
        ];
        self.next += 1;
        if self.next == left.len() {
            self.next = 0;
        }
        oldest
    }
}

fn duration_samples(seconds: f64, sample_rate_hz: u32) -> usize {
    assert!(
        sample_rate_hz >= 1000,
        "a limiter needs a sample rate of at least 1 kHz"
    );
    ((seconds * f64::from(sample_rate_hz)).round() as usize).max(1)
}

/// Gain that brings `peak` down to `threshold`, at most unity, in the gain path's fixed point.
fn required_gain(peak: f32, threshold: f32) -> u32 {
    if peak <= threshold {
        return UNITY;
    }
    // Rounded down, so that the product never exceeds the threshold.
    (f64::from(threshold) / f64::from(peak) * f64::from(UNITY)) as u32
}
