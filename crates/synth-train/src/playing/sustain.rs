//! Loudness of the sustain by pitch and velocity.

use super::smoother::Smoother;
use super::{Knots, VALUE_KNOT_SEMITONES, hz, places};
use crate::corpus::CorpusNote;
use crate::dynamics::{Dynamics, MODELLED_RANGE_DB, NOMINAL_VELOCITY};
use synth_model::{CurveTable, CurveTableError};

/// Louder than the loudest recorded dynamic it rises by at most this over the whole range, dB: the
/// last step from forte to fortissimo is small.
const LOUDEST_RANGE_DB: f64 = 12.0;

/// The table: knots at both ends of the velocities and at the softest and loudest recorded ones.
pub(super) fn table(
    notes: &[&CorpusNote],
    dynamics: &Dynamics,
) -> Result<CurveTable, CurveTableError> {
    let places = places(notes);
    let levels: Vec<Vec<f64>> = notes
        .iter()
        .map(|note| {
            let modelled_db = dynamics.modelled_db(note.velocity);
            vec![f64::from(note.analysis.sustain_db - modelled_db)]
        })
        .collect();
    let knots = Knots::of(&places);
    let smoother = match dynamics.levelled {
        // What each file was levelled to is no property of the instrument.
        true => Smoother::new(&places, 12.0),
        false => Smoother::chosen(&places, &levels),
    };
    let recorded = [knots.velocities.first(), knots.velocities.last()];
    let [soft, loud] = recorded.map(|v| f64::from(v.copied().unwrap_or(NOMINAL_VELOCITY)));
    let mut velocities = vec![0.0, soft as f32, loud as f32, 1.0];
    velocities.dedup();
    let pitches = knots.semitones(VALUE_KNOT_SEMITONES);
    let mut values = Vec::new();
    for &pitch in &pitches {
        let at = |velocity: f64| smoother.at(pitch, velocity, &levels)[0];
        let loudness_db = |velocity: f64| {
            if dynamics.levelled {
                let middle = at(0.5 * (soft + loud));
                return middle + f64::from(dynamics.modelled_db(velocity as f32));
            }
            let slope = smoother.velocity_slope(pitch, &levels);
            let below = (soft - velocity).max(0.0) * slope.max(f64::from(MODELLED_RANGE_DB));
            let above = (velocity - loud).max(0.0) * slope.clamp(1.0, LOUDEST_RANGE_DB);
            at(velocity.clamp(soft, loud)) - below + above
        };
        values.extend(velocities.iter().map(|&v| loudness_db(f64::from(v)) as f32));
    }
    let f0_hz = pitches.into_iter().map(hz).collect();
    CurveTable::new(f0_hz, velocities, 1, values)
}
