//! Training columns computed from an analytic instrument, and the level plan they follow.

use super::spectrum::{NoteState, Spectrum};
use crate::fit::band_centres_hz;
use crate::loudness::{amplitudes, loudness_db, peak, power_db};
use crate::random::SplitMix64;
use crate::training_set::{TrainingFrame, TrainingSet, TrainingSetError};
use synth_dsp::filtered_noise::NOISE_BAND_SPACING_HZ;
use synth_model::{ModelShape, Ranges};

/// The pitches the network is asked for: note 21, and a little over note 108.
pub(crate) const F0_LO_HZ: f64 = 27.5;
pub(crate) const F0_HI_HZ: f64 = 4_200.0;
/// Power of one note at full velocity in the low and middle register, dB re full scale^2: 6.4 dB
/// lower, at velocity 100 of 127, it is -24 dB.
const FULL_POWER_DB: f64 = -17.6;
/// High notes are eased, or they would pierce: by this much per octave above [`EASE_FROM_HZ`], dB.
const EASE_DB_PER_OCTAVE: f64 = 2.0;
const EASE_FROM_HZ: f64 = 1_000.0;
/// Highest peak of the planned partials, dB re full scale: leaves 3 dB below -8 dB for noise,
/// unsteadiness and what the fit misses.
const PEAK_DB: f64 = -11.0;
/// The timbre follows the level between these, dB re full velocity; outside it stays.
const SOFTEST_DB: f64 = -42.0;
const LOUDEST_DB: f64 = 3.0;
/// Velocity at which loudness and level are matched.
const NOMINAL_VELOCITY: f64 = 0.8;
/// Weakest partial and noise band that are asked for, dB below the strongest.
const PARTIAL_FLOOR_DB: f64 = 100.0;
const NOISE_FLOOR_DB: f64 = 55.0;

/// An analytic instrument with its levels worked out.
pub(crate) struct Plan<'a> {
    spectrum: &'a dyn Spectrum,
    partials: u32,
    band_hz: Vec<f32>,
    /// Power at full velocity for every MIDI note from 0 to 127, dB re full scale^2.
    full_power_db: Vec<f64>,
}

/// Frequency of a MIDI note in equal temperament, A4 = 440 Hz.
pub(crate) fn note_hz(note: f64) -> f64 {
    440.0 * ((note - 69.0) / 12.0).exp2()
}

impl<'a> Plan<'a> {
    pub(crate) fn new(spectrum: &'a dyn Spectrum, shape: &ModelShape) -> Self {
        let band_hz = band_centres_hz(shape.noise_bands);
        let partials = shape.partials as u32;
        let mut plan = Self {
            spectrum,
            partials,
            band_hz,
            full_power_db: Vec::new(),
        };
        plan.full_power_db = (0..=127)
            .map(|note| plan.full_power_at(f64::from(note)))
            .collect();
        plan
    }

    fn full_power_at(&self, note: f64) -> f64 {
        let f0_hz = note_hz(note);
        let eased = EASE_DB_PER_OCTAVE * (f0_hz / EASE_FROM_HZ).log2().max(0.0);
        let loud = NoteState {
            f0_hz,
            level_db: 0.0,
            velocity: 1.0,
            z: 0.0,
        };
        let levels = self.partials_db(&loud);
        let sounding: Vec<f64> = amplitudes(&levels, f0_hz).collect();
        let crest_db = 20.0 * peak(&sounding).max(1e-15).log10() - power_db(&levels, f0_hz);
        (FULL_POWER_DB - eased).min(PEAK_DB - crest_db)
    }

    /// Power of a note `level_db` re full velocity, dB re full scale^2.
    pub(crate) fn power_db(&self, f0_hz: f64, level_db: f64) -> f64 {
        let note = (69.0 + 12.0 * (f0_hz / 440.0).log2()).clamp(0.0, 127.0);
        let below = (note as usize).min(126);
        let (low, high) = (self.full_power_db[below], self.full_power_db[below + 1]);
        low + (high - low) * (note - below as f64) + level_db
    }

    /// A-weighted loudness of a sustained note, dBA re full scale.
    pub(crate) fn loudness_db(&self, f0_hz: f64, level_db: f64) -> f64 {
        let sustained = NoteState {
            f0_hz,
            level_db,
            velocity: NOMINAL_VELOCITY,
            z: 0.0,
        };
        let levels = self.partials_db(&sustained);
        self.power_db(f0_hz, level_db) + loudness_db(&levels, f0_hz) - power_db(&levels, f0_hz)
    }

    /// The level at which a sustained note has a loudness, within the levels the timbre follows.
    fn level_of_loudness(&self, f0_hz: f64, wanted_db: f64) -> f64 {
        let (mut low, mut high) = (SOFTEST_DB, LOUDEST_DB);
        for _ in 0..24 {
            let middle = 0.5 * (low + high);
            if self.loudness_db(f0_hz, middle) < wanted_db {
                low = middle
            } else {
                high = middle
            }
        }
        0.5 * (low + high)
    }

    /// Pitch range, and the loudness range that holds every level at every pitch.
    pub(crate) fn ranges(&self) -> Ranges {
        let pitches = (0..=87).map(|i| note_hz(21.0 + f64::from(i)));
        let (mut low, mut high) = (f64::MAX, f64::MIN);
        for f0_hz in pitches {
            low = low.min(self.loudness_db(f0_hz, SOFTEST_DB));
            high = high.max(self.loudness_db(f0_hz, LOUDEST_DB));
        }
        let (low, high) = (low.floor() as f32, high.ceil() as f32);
        Ranges {
            f0_lo_hz: F0_LO_HZ as f32,
            f0_hi_hz: F0_HI_HZ as f32,
            loudness_lo_db: low,
            loudness_hi_db: high,
            loudness_centre_db: (0.5 * (low + high)).round(),
            velocity_lo: 0.0,
            velocity_hi: 1.0,
        }
    }

    /// Levels of all partials in dB, any common reference, none far below the loudest.
    pub(crate) fn partials_db(&self, note: &NoteState) -> Vec<f64> {
        let levels: Vec<f64> = (1..=self.partials)
            .map(|k| self.spectrum.partial_db(note, k))
            .collect();
        let loudest = levels.iter().copied().fold(f64::MIN, f64::max);
        levels
            .iter()
            .map(|db| db.max(loudest - PARTIAL_FLOOR_DB))
            .collect()
    }

    /// Density of every noise band in dB re full scale^2 / Hz beside a note of this power.
    pub(crate) fn noise_db(&self, note: &NoteState, note_power_db: f64) -> Vec<f64> {
        let bands = self.band_hz.iter();
        let shape: Vec<f64> = bands
            .map(|&f_hz| self.spectrum.noise_shape_db(note, f64::from(f_hz)))
            .collect();
        let strongest = shape.iter().copied().fold(f64::MIN, f64::max);
        let shape: Vec<f64> = shape
            .iter()
            .map(|db| db.max(strongest - NOISE_FLOOR_DB))
            .collect();
        let sum: f64 = shape.iter().map(|db| 10.0_f64.powf(db / 10.0)).sum();
        let total_db = 10.0 * (sum * NOISE_BAND_SPACING_HZ).log10();
        let offset = note_power_db + self.spectrum.noise_total_db(note) - total_db;
        shape.iter().map(|db| db + offset).collect()
    }

    /// `count` random columns over all pitches, levels, velocities and attacknesses, and, one in
    /// seven, over all of the loudness range at any pitch, so that the network never has to guess.
    pub(crate) fn random_columns(
        &self,
        ranges: &Ranges,
        count: usize,
        rng: &mut SplitMix64,
    ) -> Result<TrainingSet, TrainingSetError> {
        let mut set = TrainingSet::new(self.partials as usize, self.band_hz.len());
        let narrow = |values: Vec<f64>| values.iter().map(|&x| x as f32).collect::<Vec<f32>>();
        for _ in 0..count {
            let f0_hz = rng.between(F0_LO_HZ.log2(), F0_HI_HZ.log2()).exp2();
            let (level_db, loudness_db) = if rng.index(7) == 0 {
                let (low, high) = (ranges.loudness_lo_db, ranges.loudness_hi_db);
                let loudness_db = rng.between(f64::from(low), f64::from(high));
                (self.level_of_loudness(f0_hz, loudness_db), loudness_db)
            } else {
                let level_db = rng.between(SOFTEST_DB, LOUDEST_DB);
                (level_db, self.loudness_db(f0_hz, level_db))
            };
            let velocity = rng.uniform();
            let z = random_attackness(rng);
            let note = NoteState {
                f0_hz,
                level_db,
                velocity,
                z,
            };
            let levels = self.partials_db(&note);
            // Unit A-weighted power, as the decoder will have it: what the fit then spends its gain
            // row on is small.
            let reference = crate::loudness::loudness_db(&levels, f0_hz);
            let partial_db = narrow(levels.iter().map(|db| db - reference).collect());
            // The power the note will have when its partials are brought to that loudness.
            let power_db = loudness_db + power_db(&levels, f0_hz) - reference;
            let noise_db = narrow(self.noise_db(&note, power_db));
            set.push(&TrainingFrame {
                f0_hz: f0_hz as f32,
                loudness_db: loudness_db as f32,
                velocity: velocity as f32,
                z: z as f32,
                partial_db: &partial_db,
                noise_db: &noise_db,
                band_limit_hz: f32::MAX,
            })?;
        }
        Ok(set)
    }
}

/// Mostly sustain and decaying onsets, and a few values a player's timbre offset can reach.
fn random_attackness(rng: &mut SplitMix64) -> f64 {
    match rng.index(20) {
        0..=8 => 0.0,
        9..=16 => rng.uniform().powi(2),
        _ => rng.between(-1.0, 2.0),
    }
}
