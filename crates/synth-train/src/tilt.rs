//! The tilt of the partials that makes a harder note a brighter one, at every pitch and velocity.
//!
//! A network learns from a few dynamics, and between and beyond them its spectrum follows loudness
//! and velocity as it happens to: a centroid that falls by a tenth on the way is common. Along the
//! velocities of each key the centroids are made to rise, as far as a tilt can do that: those of the
//! recorded dynamics are brought to the nearest rising ones (isotonic regression by pooling adjacent
//! violators: Ayer et al., Ann. Math. Stat. 26, 1955), and all others follow them.

use crate::evaluate::Answers;
use crate::fit::band_centres_hz;
use synth_dsp::filtered_noise::NOISE_BAND_SPACING_HZ;
use synth_model::{
    CurveTable, CurveTableError, Expression, Features, Instrument, InstrumentError, a_weighting,
};
use thiserror::Error;

/// Least rise of the logarithm of a centroid over all velocities.
const LEAST_RISE: f64 = 0.03;
/// Largest tilt either way, dB an octave.
const MOST_TILT_DB: f64 = 9.0;
/// Halvings of the interval in which a tilt is sought.
const HALVINGS: usize = 24;
/// Kinds of centroid that are to rise.
const KINDS: usize = 4;

/// Why there is no tilt table.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TiltError {
    /// The instrument is not valid.
    #[error(transparent)]
    Instrument(#[from] InstrumentError),
    /// The table is not valid.
    #[error("a tilt table cannot be used: {0}")]
    Table(#[from] CurveTableError),
}

/// What sounds at one velocity of a key.
struct Sustain {
    /// Octaves that the tilt counts, frequency, power and A weighting (of power) of each partial.
    partials: Vec<[f64; 4]>,
    /// Sums over the noise: power, power times frequency, and both A-weighted.
    noise: [f64; 4],
}

impl Sustain {
    /// Logarithms of the centroids with a tilt: of the partials by amplitude and by power, of
    /// partials and noise by power and by A-weighted power.
    fn centroids(&self, tilt_db: f64) -> [f64; KINDS] {
        let mut sums = [0.0_f64; 6];
        let mut before = 0.0;
        for &[octaves, f_hz, power, weight] in &self.partials {
            let tilted = power * 10.0_f64.powf(tilt_db * octaves / 10.0);
            let amplitude = tilted.sqrt();
            let terms = [
                amplitude,
                amplitude * f_hz,
                tilted,
                tilted * f_hz,
                tilted * weight,
                tilted * weight * f_hz,
            ];
            sums.iter_mut()
                .zip(terms)
                .for_each(|(sum, term)| *sum += term);
            before += power * weight;
        }
        let [
            amplitude,
            amplitude_hz,
            power,
            power_hz,
            weighted,
            weighted_hz,
        ] = sums;
        // The tilted partials have the loudness of the plain ones.
        let scale = before / weighted.max(1e-30);
        let [hiss, hiss_hz, soft_hiss, soft_hiss_hz] = self.noise;
        let log = |moment: f64, sum: f64| (moment / sum.max(1e-30)).max(1e-3).ln();
        [
            log(amplitude_hz, amplitude),
            log(power_hz, power),
            log(power_hz * scale + hiss_hz, power * scale + hiss),
            log(weighted_hz * scale + soft_hiss_hz, before + soft_hiss),
        ]
    }

    fn mean_centroid(&self, tilt_db: f64) -> f64 {
        self.centroids(tilt_db).iter().sum::<f64>() / KINDS as f64
    }
}

/// The smallest tilt from `lo` on for which a condition that a higher tilt only helps holds;
/// `None` if it does not hold at `hi`.
fn least_tilt(lo: f64, hi: f64, holds: impl Fn(f64) -> bool) -> Option<f64> {
    if holds(lo) {
        return Some(lo);
    }
    if !holds(hi) {
        return None;
    }
    let (mut below, mut above) = (lo, hi);
    for _ in 0..HALVINGS {
        let middle = 0.5 * (below + above);
        if holds(middle) {
            above = middle;
        } else {
            below = middle;
        }
    }
    Some(above)
}

/// The nearest rising values by weighted least squares: adjacent violators are pooled.
fn rising(values: &[f64], weights: &[f64]) -> Vec<f64> {
    // Mean, weight and length of each pool.
    let mut pools: Vec<(f64, f64, usize)> = Vec::new();
    for (&value, &weight) in values.iter().zip(weights) {
        let mut pool = (value, weight, 1);
        while let Some(&(mean, mass, length)) = pools.last()
            && mean > pool.0
        {
            pools.pop();
            let sum = mass + pool.1;
            pool = ((mean * mass + pool.0 * pool.1) / sum, sum, length + pool.2);
        }
        pools.push(pool);
    }
    let values = pools.iter();
    values
        .flat_map(|&(mean, _, length)| std::iter::repeat_n(mean, length))
        .collect()
}

/// Tilts of one key, dB an octave, one a velocity. `recorded` are the indices of the velocities
/// that recordings hold, rising.
///
/// Those are settled first and moved as little as can be; what lies between and below is brought
/// under the next of them, and then, from the softest on, each no lower than the one before.
fn tilts(sustains: &[Sustain], velocities: &[f32], recorded: &[usize], most_db: f64) -> Vec<f64> {
    let least = |n: usize| LEAST_RISE * f64::from(velocities[n]);
    let plain: Vec<f64> = recorded
        .iter()
        .map(|&n| sustains[n].mean_centroid(0.0) - least(n))
        .collect();
    let wanted = rising(&plain, &vec![1.0; plain.len()]);
    let settled: Vec<f64> = recorded
        .iter()
        .zip(plain.iter().zip(&wanted))
        .map(|(&n, (plain, wanted))| {
            let reaches = |tilt_db: f64| sustains[n].mean_centroid(tilt_db) >= wanted + least(n);
            match plain == wanted {
                true => 0.0,
                false => least_tilt(-most_db, most_db, reaches).unwrap_or(most_db),
            }
        })
        .collect();
    let mut tilts: Vec<f64> = Vec::with_capacity(sustains.len());
    let mut reached: Option<[f64; KINDS]> = None;
    for (n, sustain) in sustains.iter().enumerate() {
        let next = recorded.iter().position(|&at| at >= n);
        let mut tilt_db = match next {
            Some(next) if recorded[next] == n => settled[next],
            Some(next) => {
                let at = recorded[next];
                let ceiling = sustains[at].centroids(settled[next]);
                let left = least(at) - least(n);
                let above = |t: f64| {
                    let here = sustain.centroids(t);
                    here.iter()
                        .zip(&ceiling)
                        .any(|(here, most)| *here > most - left)
                };
                // The highest tilt, but none upwards, that is not above.
                least_tilt(-most_db, 0.0, above).unwrap_or(0.0)
            }
            None => 0.0,
        };
        if let Some(before) = reached {
            let rise = least(n) - least(n - 1);
            // A kind that no tilt can raise, being all noise, keeps the others from nothing.
            for (kind, before) in before.into_iter().enumerate() {
                let rises = |t: f64| sustain.centroids(t)[kind] >= before + rise;
                tilt_db = least_tilt(tilt_db, most_db, rises).unwrap_or(tilt_db);
            }
        }
        reached = Some(sustain.centroids(tilt_db));
        tilts.push(tilt_db);
    }
    tilts
}

/// The tilt table of an instrument whose own table is to be replaced, with a knot at every key and
/// every second of MIDI's velocities. `recorded` are the velocities of the notes it was trained on:
/// there it is to stay as it is if it can.
///
/// Not for recordings whose levels were evened out: at other loudnesses than theirs a network is
/// asked what it has not learnt, and to make that rise would only take from what it has.
///
/// # Errors
/// When the instrument does not pass its check.
pub fn tilt_table(instrument: &Instrument, recorded: &[f32]) -> Result<CurveTable, TiltError> {
    let mut instrument = instrument.clone();
    instrument.expression.tilt_db = CurveTable::constant(&[0.0])?;
    let velocities = velocities(&instrument);
    let mut anchors: Vec<usize> = recorded
        .iter()
        .map(|&at| nearest(&velocities, at))
        .collect();
    anchors.sort_unstable();
    anchors.dedup();
    let key_of = |f0_hz: f32| 69.0 + 12.0 * (f64::from(f0_hz) / 440.0).log2();
    let lowest = key_of(instrument.ranges.f0_lo_hz).ceil() as i32;
    let highest = (key_of(instrument.ranges.f0_hi_hz).floor() as i32).max(lowest);
    let keys_hz: Vec<f32> = (lowest..=highest)
        .map(|key| (440.0 * ((f64::from(key) - 69.0) / 12.0).exp2()) as f32)
        .collect();
    let mut answers = Answers::new(&instrument)?;
    let mut values = Vec::new();
    for &f0_hz in &keys_hz {
        let sustains: Vec<Sustain> = velocities
            .iter()
            .map(|&velocity| sustain(&instrument, &mut answers, f0_hz, velocity))
            .collect();
        let tilts = tilts(&sustains, &velocities, &anchors, MOST_TILT_DB);
        values.extend(tilts.iter().map(|&tilt_db| tilt_db as f32));
    }
    Ok(CurveTable::new(keys_hz, velocities, 1, values)?)
}

fn nearest(velocities: &[f32], wanted: f32) -> usize {
    let away = |velocity: f32| (velocity - wanted).abs();
    let indices = 0..velocities.len();
    let closest = indices.min_by(|&a, &b| away(velocities[a]).total_cmp(&away(velocities[b])));
    closest.unwrap_or(0)
}

/// Every second of MIDI's velocities, and where the features stop following the velocity.
fn velocities(instrument: &Instrument) -> Vec<f32> {
    let ranges = &instrument.ranges;
    let ends = [ranges.velocity_lo, ranges.velocity_hi];
    let mut velocities: Vec<f32> = (1..=127_u8)
        .step_by(2)
        .map(|v| f32::from(v) / 127.0)
        .collect();
    velocities.extend(ends);
    velocities.sort_unstable_by(f32::total_cmp);
    velocities.dedup();
    velocities
}

fn sustain(
    instrument: &Instrument,
    answers: &mut Answers<'_>,
    f0_hz: f32,
    velocity: f32,
) -> Sustain {
    let shape = &instrument.network.shape;
    let table = &instrument.expression.sustain_db;
    let loudness_db = table.at(table.locate(f0_hz, velocity), 0);
    let features = Features {
        f0_hz,
        loudness_db,
        velocity,
        z: 0.0,
    };
    let mut partials = vec![0.0; shape.partials];
    let mut bands = vec![0.0; shape.noise_bands];
    answers.column(&features, &mut partials, &mut bands);
    let level = 10.0_f64.powf(f64::from(loudness_db) / 10.0);
    let beyond_db = loudness_db - instrument.clamp_loudness_db(loudness_db);
    let hiss_level = 10.0_f64.powf(f64::from(beyond_db) / 10.0) * NOISE_BAND_SPACING_HZ;
    let mut noise = [0.0; 4];
    for (&density, f_hz) in bands.iter().zip(band_centres_hz(shape.noise_bands)) {
        let (power, f_hz) = (f64::from(density) * hiss_level, f64::from(f_hz));
        let weighted = power * a_weighting::gain(f_hz.max(1.0)).powi(2);
        let terms = [power, power * f_hz, weighted, weighted * f_hz];
        noise
            .iter_mut()
            .zip(terms)
            .for_each(|(sum, term)| *sum += term);
    }
    let tones = partials.iter().enumerate().map(|(k, &amplitude)| {
        let k = (k + 1) as f64;
        let f_hz = k * f64::from(f0_hz);
        let power = f64::from(amplitude).powi(2) / 2.0 * level;
        [
            k.log2().min(f64::from(Expression::TILT_OCTAVES)),
            f_hz,
            power,
            a_weighting::gain(f_hz).powi(2),
        ]
    });
    Sustain {
        partials: tones.collect(),
        noise,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pooled_values_rise_and_keep_their_weighted_mean() {
        let values = [1.0, 3.0, 2.0, 2.0, 5.0, 4.0];
        let weights = [1.0, 1.0, 1.0, 2.0, 3.0, 1.0];
        let pooled = rising(&values, &weights);
        assert!(pooled.windows(2).all(|pair| pair[1] >= pair[0]));
        let moment = |x: &[f64]| x.iter().zip(&weights).map(|(x, w)| x * w).sum::<f64>();
        assert!((moment(&pooled) - moment(&values)).abs() < 1e-12);
        assert_eq!(pooled, [1.0, 2.25, 2.25, 2.25, 4.75, 4.75]);
        assert_eq!(rising(&[1.0, 2.0], &[1.0, 1.0]), [1.0, 2.0]);
    }

    /// Partials falling by `slope_db` an octave.
    fn saw(slope_db: f64) -> Sustain {
        let partial = |k: f64| {
            let octaves = k.log2();
            let power = 10.0_f64.powf(-slope_db * octaves / 10.0);
            [octaves, 200.0 * k, power, 1.0]
        };
        Sustain {
            partials: (1..=20).map(|k| partial(f64::from(k))).collect(),
            noise: [1e-6, 5e-3, 1e-6, 5e-3],
        }
    }

    fn assert_rising(sounds: &[Sustain], tilts: &[f64], steps: &[f32]) {
        let centroids = sounds.iter().zip(tilts).map(|(s, &tilt)| s.centroids(tilt));
        let centroids: Vec<[f64; KINDS]> = centroids.collect();
        for (pair, step) in centroids.windows(2).zip(steps.windows(2)) {
            let least = LEAST_RISE * f64::from(step[1] - step[0]);
            for (before, after) in pair[0].iter().zip(pair[1]) {
                assert!(after - before > 0.9 * least, "{centroids:?}");
            }
        }
    }

    #[test]
    fn a_note_that_gets_darker_is_tilted_until_it_does_not() {
        let velocities = [0.2, 0.4, 0.6, 0.8, 1.0];
        let sounds = [12.0, 9.0, 11.0, 7.0, 8.5].map(saw);
        for recorded in [&[0, 3][..], &[2], &[0, 1, 2, 3, 4], &[1, 4], &[]] {
            let tilts = tilts(&sounds, &velocities, recorded, 9.0);
            assert_rising(&sounds, &tilts, &velocities);
            assert!(tilts.iter().all(|tilt| tilt.abs() < 4.5), "{tilts:?}");
        }
        let between = tilts(&sounds, &velocities, &[0, 3], 9.0);
        assert!(between[0] == 0.0 && between[3].abs() < 0.05, "{between:?}");
    }

    #[test]
    fn a_recorded_dynamic_stays_as_it_is() {
        let velocities = [0.2, 0.5, 0.8];
        let sounds = [12.0, 8.0, 9.0].map(saw);
        let at_end = tilts(&sounds, &velocities, &[2], 9.0);
        assert!(at_end[2].abs() < 0.05 && at_end[1] < -0.8, "{at_end:?}");
        let in_the_middle = tilts(&sounds, &velocities, &[1], 9.0);
        assert!(
            in_the_middle[1] == 0.0 && in_the_middle[2] > 0.8,
            "{in_the_middle:?}"
        );
        let both = tilts(&sounds, &velocities, &[1, 2], 9.0);
        assert!(both[1] < -0.3 && both[2] > 0.3, "they meet: {both:?}");
        let capped = tilts(&sounds, &velocities, &[2], 0.5);
        assert!(capped.iter().all(|tilt| tilt.abs() <= 0.5), "{capped:?}");
    }
}
