//! How the notes of a folder were played, as the tables of an instrument: loudness by velocity,
//! attack, release, vibrato, unsteadiness.
//!
//! Each table is read off every note and then smoothed over pitch, with a slope over velocity; how
//! widely it is smoothed is what predicts the pitches left out best.

mod attack;
mod motion;
mod onset;
mod release;
mod smoother;
mod sustain;

pub use motion::{Unsteadiness, unsteadiness};
pub use onset::{NoiseLevels, onset_noise_table};
pub use release::release_t60_s;

use crate::corpus::CorpusNote;
use crate::dynamics::Dynamics;
use smoother::{FIRM_VELOCITY_RIDGE, Place, Smoother};
use synth_model::{CurveTable, CurveTableError, Expression};

/// Time between two values of an attack curve, s.
pub const ATTACK_STEP_S: f64 = 0.005;
/// Length of an attack curve, s.
pub const ATTACK_S: f64 = 0.9;
/// Semitones between the pitch knots of single values, and of curves.
const VALUE_KNOT_SEMITONES: f64 = 2.0;
const CURVE_KNOT_SEMITONES: f64 = 5.0;

/// Pitch of a note's sustain in semitones, A4 = 69.
#[must_use]
pub fn semitones(note: &CorpusNote) -> f64 {
    let mut f0_hz: Vec<f32> = note.analysis.f0_hz[note.analysis.sustain.clone()].to_vec();
    f0_hz.sort_unstable_by(f32::total_cmp);
    let median = f0_hz.get(f0_hz.len() / 2).copied().unwrap_or(440.0);
    69.0 + 12.0 * (f64::from(median) / 440.0).log2()
}

/// Frequency of a pitch in semitones, Hz.
fn hz(semitones: f64) -> f32 {
    (440.0 * ((semitones - 69.0) / 12.0).exp2()) as f32
}

/// Where the tables of a set of notes have their knots.
struct Knots {
    lowest: f64,
    highest: f64,
    velocities: Vec<f32>,
}

impl Knots {
    fn of(places: &[Place]) -> Self {
        let fold =
            |f: fn(f64, f64) -> f64, start| places.iter().map(|p| p.semitones).fold(start, f);
        let mut velocities: Vec<f32> = places.iter().map(|p| p.velocity as f32).collect();
        velocities.sort_unstable_by(f32::total_cmp);
        let ends = [velocities.first(), velocities.last()];
        let mut velocities: Vec<f32> = ends.into_iter().flatten().copied().collect();
        velocities.dedup();
        Self {
            lowest: fold(f64::min, f64::MAX),
            highest: fold(f64::max, f64::MIN),
            velocities,
        }
    }

    /// Evenly spaced pitches from the lowest to the highest, about `spacing` apart.
    fn semitones(&self, spacing: f64) -> Vec<f64> {
        let range = self.highest - self.lowest;
        let steps = (range / spacing).ceil().max(0.0) as usize;
        (0..=steps)
            .map(|i| self.lowest + range * i as f64 / steps.max(1) as f64)
            .collect()
    }
}

/// The places of notes.
fn places(notes: &[&CorpusNote]) -> Vec<Place> {
    notes
        .iter()
        .map(|note| Place {
            semitones: semitones(note),
            velocity: f64::from(note.velocity),
            group: note.key,
        })
        .collect()
}

/// One value a note, smoothed into a table with a curve of length 1.
fn value_table(
    notes: &[&CorpusNote],
    values: &[f64],
    finish: impl Fn(f64) -> f64,
) -> Result<CurveTable, CurveTableError> {
    let rows: Vec<Vec<f64>> = values.iter().map(|&value| vec![value]).collect();
    let places = places(notes);
    let smoother = Smoother::chosen_with_ridge(&places, &rows, FIRM_VELOCITY_RIDGE);
    table(&smoother, &rows, VALUE_KNOT_SEMITONES, |_, value| {
        finish(value)
    })
}

/// One curve a note, smoothed into a table.
fn curve_table(
    notes: &[&CorpusNote],
    curves: &[Vec<f64>],
    knot_semitones: f64,
    finish: impl Fn(usize, f64) -> f64,
) -> Result<CurveTable, CurveTableError> {
    let places = places(notes);
    let smoother = Smoother::chosen(&places, curves);
    table(&smoother, curves, knot_semitones, finish)
}

fn table(
    smoother: &Smoother<'_>,
    curves: &[Vec<f64>],
    knot_semitones: f64,
    finish: impl Fn(usize, f64) -> f64,
) -> Result<CurveTable, CurveTableError> {
    let knots = Knots::of(smoother.places());
    let length = curves.first().map_or(0, Vec::len);
    let pitches = knots.semitones(knot_semitones);
    let mut values = Vec::new();
    for &pitch in &pitches {
        for &velocity in &knots.velocities {
            let curve = smoother.at(pitch, f64::from(velocity), curves);
            values.extend((0..length).map(|n| finish(n, curve[n]) as f32));
        }
    }
    let f0_hz = pitches.into_iter().map(hz).collect();
    CurveTable::new(f0_hz, knots.velocities, length, values)
}

/// The tables of a set of notes; `onset_noise_db` and `tilt_db` need the network's answers and are
/// left at zero.
///
/// # Errors
/// Not for notes that were analysed.
pub fn expression(
    notes: &[CorpusNote],
    dynamics: &Dynamics,
) -> Result<Expression, CurveTableError> {
    let all: Vec<&CorpusNote> = notes.iter().collect();
    let (vibrato, fluctuation, drift) = motion::tables(&all)?;
    Ok(Expression {
        sustain_db: sustain::table(&all, dynamics)?,
        attack_db: attack::table(&all)?,
        attack_step_s: ATTACK_STEP_S as f32,
        onset_noise_db: CurveTable::constant(&[0.0])?,
        onset_cents: onset::cents_table(&all)?,
        tilt_db: CurveTable::constant(&[0.0])?,
        release_s: release::table(&all)?,
        vibrato,
        fluctuation,
        drift,
    })
}
