//! What the spectrum of a frame says that its period does not: whether every other partial is there, and
//! whether something sounds between the partials.

use realfft::RealFftPlanner;

/// Periods in a frame: with the window's main lobe of four bins, half a partial's distance is four bins.
const PERIODS: f64 = 8.0;
/// Partials looked at for what is between them: higher ones of a stiff string stray.
const CHECKED: usize = 6;
/// How far from a multiple a partial may be, in fundamentals.
const STRAY: f64 = 0.2;
/// Partials this far below the loudest do not count as present, dB.
const PRESENT_DB: f64 = 30.0;

/// Share of the bins that hold this share of the power of a sound made of partials. White noise has 20 %
/// of its power in its loudest 5 % of the bins.
const TONAL_BINS: f64 = 0.05;
const TONAL_SHARE: f64 = 0.7;

/// Powers of a frame under a Hann window.
pub(super) struct Spectrum {
    powers: Vec<f64>,
    bin_hz: f64,
}

/// Levels at the odd multiples of a fundamental, dB.
#[derive(Clone, Copy, Debug)]
pub(super) struct OddPartials {
    /// Their power re that of all multiples.
    pub(super) share_db: f64,
    /// Their power re what lies half way between multiples.
    pub(super) prominence_db: f64,
}

/// Something that is not one harmonic sound.
#[derive(Clone, Copy, Debug)]
pub(super) struct Disorder {
    /// The loudest partial that is no multiple of the fundamental, re the loudest multiple, dB.
    pub(super) stray_db: f64,
    /// Multiples that are missing below the highest one present, as a share.
    pub(super) holes: f64,
    /// The fundamental re the loudest multiple, dB.
    pub(super) fundamental_db: f64,
    /// Whether most of the power stands in few places.
    pub(super) is_tonal: bool,
}

impl Spectrum {
    /// Of the frame around `centre` that resolves half of `f0_hz`; shorter where the samples end.
    pub(super) fn around(
        samples: &[f32],
        centre: usize,
        f0_hz: f64,
        rate_hz: f64,
        planner: &mut RealFftPlanner<f32>,
    ) -> Self {
        let wanted = (2.0 * PERIODS * rate_hz / f0_hz) as usize;
        let length = wanted.clamp(64, samples.len().max(64)).min(1 << 18);
        let start = centre.saturating_sub(length / 2);
        let start = start.min(samples.len().saturating_sub(length));
        let frame = &samples[start..(start + length).min(samples.len())];
        let size = (2 * length).next_power_of_two();
        let forward = planner.plan_fft_forward(size);
        let mut time = forward.make_input_vec();
        for (i, (out, x)) in time.iter_mut().zip(frame).enumerate() {
            let phase = std::f64::consts::TAU * (i as f64 + 0.5) / frame.len() as f64;
            *out = x * (0.5 - 0.5 * phase.cos()) as f32;
        }
        let mut bins = forward.make_output_vec();
        // The lengths are those of the plan, so it cannot fail.
        let worked = forward.process(&mut time, &mut bins);
        debug_assert!(worked.is_ok());
        Self {
            powers: bins.iter().map(|bin| f64::from(bin.norm_sqr())).collect(),
            bin_hz: rate_hz / size as f64,
        }
    }

    /// Highest power within `reach_hz` of `f_hz`.
    fn highest(&self, f_hz: f64, reach_hz: f64) -> f64 {
        let low = ((f_hz - reach_hz) / self.bin_hz).ceil().max(0.0) as usize;
        let high = ((f_hz + reach_hz) / self.bin_hz).floor().max(0.0) as usize;
        let high = (high + 1).min(self.powers.len());
        self.powers[low.min(high)..high]
            .iter()
            .copied()
            .fold(1e-30, f64::max)
    }

    /// How strongly the odd multiples of `f0_hz` are there: were they absent, the sound would be an
    /// octave higher.
    pub(super) fn odd_partials(&self, f0_hz: f64) -> OddPartials {
        let reach = 0.12 * f0_hz;
        let nyquist = self.powers.len() as f64 * self.bin_hz;
        let (mut odd, mut even, mut between) = (0.0, 0.0, 0.0);
        for k in 1..=16 {
            let f_hz = f64::from(k) * f0_hz;
            if f_hz + f0_hz > nyquist {
                break;
            }
            let power = self.highest(f_hz, reach);
            if k % 2 == 1 {
                odd += power;
                between += 0.5 * self.highest(f_hz - 0.5 * f0_hz, reach);
                between += 0.5 * self.highest(f_hz + 0.5 * f0_hz, reach);
            } else {
                even += power;
            }
        }
        let db = |ratio: f64| 10.0 * ratio.max(1e-20).log10();
        OddPartials {
            share_db: db(odd / (odd + even).max(1e-30)),
            prominence_db: db(odd / between.max(1e-30)),
        }
    }

    /// What does not fit one harmonic sound of `f0_hz`.
    pub(super) fn disorder(&self, f0_hz: f64) -> Disorder {
        let nyquist = self.powers.len() as f64 * self.bin_hz;
        let count = ((nyquist / f0_hz - 1.0) as usize).clamp(1, 24);
        let partials: Vec<f64> = (1..=count)
            .map(|k| self.highest(k as f64 * f0_hz, STRAY * f0_hz))
            .collect();
        let loudest = partials.iter().copied().fold(1e-30, f64::max);
        let db = |power: f64| 10.0 * (power / loudest).max(1e-20).log10();
        let stray = (1..=count.min(CHECKED))
            .map(|k| self.highest((k as f64 - 0.5) * f0_hz, (0.5 - STRAY) * f0_hz))
            .fold(0.0, f64::max);
        let present = |p: &f64| db(*p) >= -PRESENT_DB;
        let last = partials
            .iter()
            .rposition(|p| db(*p) >= 10.0 - PRESENT_DB)
            .unwrap_or(0);
        // With every other partial missing the sound is an octave higher, and nothing is missing.
        let spacing = (1..=last + 1)
            .filter(|k| present(&partials[k - 1]))
            .fold(0, gcd)
            .max(1);
        let due: Vec<f64> = partials[..=last]
            .iter()
            .copied()
            .skip(spacing - 1)
            .step_by(spacing)
            .collect();
        let holes = due.iter().filter(|p| !present(p)).count();
        Disorder {
            stray_db: db(stray),
            holes: holes as f64 / due.len().max(1) as f64,
            fundamental_db: due.first().map_or(0.0, |&p| db(p)),
            is_tonal: self.is_tonal(),
        }
    }

    fn is_tonal(&self) -> bool {
        let mut powers = self.powers.clone();
        powers.sort_by(|a, b| b.total_cmp(a));
        let few = (TONAL_BINS * powers.len() as f64) as usize;
        let sum = |powers: &[f64]| powers.iter().sum::<f64>();
        sum(&powers[..few]) > TONAL_SHARE * sum(&powers)
    }
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}
