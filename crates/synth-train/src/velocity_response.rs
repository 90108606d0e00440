//! What playing harder does to an instrument's sustain: louder, and brighter.

use crate::evaluate::Answers;
use crate::fit::band_centres_hz;
use synth_dsp::filtered_noise::NOISE_BAND_SPACING_HZ;
use synth_model::{Features, Instrument, InstrumentError, a_weighting};

/// A dip smaller than this is nothing: loudness in dB, ...
const LOUDNESS_TOLERANCE_DB: f64 = 0.02;
/// ...and the share of a centroid, a sixth of a semitone.
const CENTROID_TOLERANCE: f64 = 0.01;

/// What is read off a sustain.
type Reading<'a> = &'a dyn Fn(&VelocityPoint) -> f64;

/// A sustain at one velocity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VelocityPoint {
    /// Velocity, 0..=1.
    pub velocity: f32,
    /// A-weighted loudness of partials and noise, dBA re full scale.
    pub loudness_db: f64,
    /// Mean frequency of partials and noise by their power, Hz.
    pub centroid_hz: f64,
    /// The same by their A-weighted power, Hz.
    pub weighted_centroid_hz: f64,
}

/// What must not fall as the velocity rises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rising {
    /// The A-weighted loudness, dB.
    Loudness,
    /// The centroid by power, Hz.
    Centroid,
    /// The centroid by A-weighted power, Hz.
    WeightedCentroid,
}

/// A velocity at which a note is less than it was at a lower one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VelocityFall {
    /// Pitch of the note, Hz.
    pub f0_hz: f32,
    /// Velocity of the deepest point, 0..=1.
    pub velocity: f32,
    /// What falls.
    pub what: Rising,
    /// How far below its highest value at lower velocities: dB for the loudness, a share of it for
    /// a centroid.
    pub by: f64,
}

/// The sustain (no attackness, no motion) at a pitch and each of the velocities.
///
/// # Errors
/// When the instrument does not pass its check.
pub fn velocity_response(
    instrument: &Instrument,
    f0_hz: f32,
    velocities: impl IntoIterator<Item = f32>,
) -> Result<Vec<VelocityPoint>, InstrumentError> {
    let shape = &instrument.network.shape;
    let mut answers = Answers::new(instrument)?;
    let mut partials = vec![0.0; shape.partials];
    let mut noise = vec![0.0; shape.noise_bands];
    let bands_hz = band_centres_hz(shape.noise_bands);
    let table = &instrument.expression.sustain_db;
    let points = velocities.into_iter().map(|velocity| {
        let loudness_db = table.at(table.locate(f0_hz, velocity), 0);
        let features = Features {
            f0_hz,
            loudness_db,
            velocity,
            z: 0.0,
        };
        answers.column(&features, &mut partials, &mut noise);
        let power = 10.0_f64.powf(f64::from(loudness_db) / 10.0);
        let beyond_db = loudness_db - instrument.clamp_loudness_db(loudness_db);
        let noise_power = 10.0_f64.powf(f64::from(beyond_db) / 10.0) * NOISE_BAND_SPACING_HZ;
        let tones = partials.iter().enumerate().map(|(k, &a)| {
            let f_hz = (k + 1) as f64 * f64::from(f0_hz);
            (f_hz, f64::from(a).powi(2) / 2.0 * power)
        });
        let hiss = bands_hz
            .iter()
            .zip(&noise)
            .map(|(&f_hz, &density)| (f64::from(f_hz), f64::from(density) * noise_power));
        let mut sums = [0.0_f64; 4];
        for (f_hz, power) in tones.chain(hiss) {
            let weighted = power * a_weighting::gain(f_hz.max(1.0)).powi(2);
            let terms = [power, power * f_hz, weighted, weighted * f_hz];
            sums.iter_mut()
                .zip(terms)
                .for_each(|(sum, term)| *sum += term);
        }
        let [power, moment, weighted, weighted_moment] = sums;
        VelocityPoint {
            velocity,
            loudness_db: 10.0 * weighted.max(1e-30).log10(),
            centroid_hz: moment / power.max(1e-30),
            weighted_centroid_hz: weighted_moment / weighted.max(1e-30),
        }
    });
    Ok(points.collect())
}

/// Everything that falls, at these pitches, as the velocity rises from 1/127 to 1 in MIDI's steps;
/// for each pitch and kind the deepest fall. Empty for an instrument that is louder and brighter the
/// harder it is played.
///
/// # Errors
/// When the instrument does not pass its check.
pub fn velocity_falls(
    instrument: &Instrument,
    pitches_hz: &[f32],
) -> Result<Vec<VelocityFall>, InstrumentError> {
    let mut falls = Vec::new();
    for &f0_hz in pitches_hz {
        let velocities = (1..=127_u8).map(|v| f32::from(v) / 127.0);
        let points = velocity_response(instrument, f0_hz, velocities)?;
        let db = |point: &VelocityPoint| point.loudness_db;
        let centroid = |point: &VelocityPoint| point.centroid_hz.max(1.0).ln();
        let weighted = |point: &VelocityPoint| point.weighted_centroid_hz.max(1.0).ln();
        let kinds: [(Rising, Reading<'_>, f64); 3] = [
            (Rising::Loudness, &db, LOUDNESS_TOLERANCE_DB),
            (Rising::Centroid, &centroid, CENTROID_TOLERANCE),
            (Rising::WeightedCentroid, &weighted, CENTROID_TOLERANCE),
        ];
        for (what, value, tolerance) in kinds {
            let mut highest = f64::MIN;
            let deepest = points
                .iter()
                .map(|point| {
                    highest = highest.max(value(point));
                    (highest - value(point), point.velocity)
                })
                .max_by(|a, b| a.0.total_cmp(&b.0));
            if let Some((by, velocity)) = deepest.filter(|&(by, _)| by > tolerance) {
                falls.push(VelocityFall {
                    f0_hz,
                    velocity,
                    what,
                    by,
                });
            }
        }
    }
    Ok(falls)
}

/// Twelve keys' pitches, spread over what the network knows but for two semitones at either end.
#[must_use]
pub fn spread_pitches_hz(instrument: &Instrument) -> [f32; 12] {
    let key_of = |f0_hz: f32| 69.0 + 12.0 * (f64::from(f0_hz) / 440.0).log2();
    let lowest = key_of(instrument.ranges.f0_lo_hz) + 2.0;
    let highest = key_of(instrument.ranges.f0_hi_hz) - 2.0;
    std::array::from_fn(|n| {
        let key = (lowest + (highest - lowest) * n as f64 / 11.0).round();
        (440.0 * ((key - 69.0) / 12.0).exp2()) as f32
    })
}
