//! Expression tables of the starter instruments: attack, release, vibrato, unsteadiness.

use super::columns::{Plan, note_hz};
use crate::evaluate::Answers;
use synth_model::{CurveTable, CurveTableError, Expression, Features};

/// Loudness at the onset, dB re the sustain.
const ONSET_DB: f64 = -35.0;
/// Values of an attack curve.
const ATTACK_LENGTH: usize = 48;
/// Loudness range of the velocities 0 to 1, dB.
const VELOCITY_RANGE_DB: f64 = 30.0;
/// Velocities of the sustain table's knots.
const VELOCITY_KNOTS: [f32; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];

/// How an instrument is played. Pairs are values at a low and a high pitch, see [`PITCH_KNOTS_HZ`].
pub(crate) struct Manner {
    /// From the onset to 3 dB below the sustain at full velocity, s.
    pub(crate) attack_s: (f64, f64),
    /// How much longer that takes at velocity 0.
    pub(crate) soft_attack_factor: f64,
    /// Time for 60 dB, s.
    pub(crate) release_s: (f32, f32),
    /// Rate in Hz, depth in cents, delay and fade-in in s.
    pub(crate) vibrato: [f32; 4],
    /// Standard deviation in dB and bandwidth in Hz.
    pub(crate) fluctuation: [f32; 2],
    /// Standard deviation in cents and bandwidth in Hz.
    pub(crate) drift: [f32; 2],
}

/// Pitches of the pairs of a [`Manner`].
const PITCH_KNOTS_HZ: [f32; 2] = [65.0, 1_047.0];

impl Manner {
    /// The tables; `sustain_db` is to be found by [`sustain_table`].
    pub(crate) fn expression(&self, sustain_db: CurveTable) -> Result<Expression, CurveTableError> {
        // -35 (1 - t / end)^2 passes -3 dB at this fraction of its end.
        let fraction_at_3_db = 1.0 - (3.0 / -ONSET_DB).sqrt();
        let slowest_s = self.attack_s.0.max(self.attack_s.1) * self.soft_attack_factor.max(1.0);
        let step_s = slowest_s / fraction_at_3_db / (ATTACK_LENGTH - 1) as f64;
        let mut attack_db = Vec::new();
        for attack_s in [self.attack_s.0, self.attack_s.1] {
            for factor in [self.soft_attack_factor, 1.0] {
                let end_s = attack_s * factor / fraction_at_3_db;
                attack_db.extend((0..ATTACK_LENGTH).map(|n| {
                    // The last value of the slowest curve stands at its end but for rounding.
                    let left = (1.0 - n as f64 * step_s / end_s).max(0.0);
                    (ONSET_DB * left * left) as f32
                }));
            }
        }
        let pitches = PITCH_KNOTS_HZ.to_vec();
        let (low_s, high_s) = self.release_s;
        Ok(Expression {
            sustain_db,
            attack_db: CurveTable::new(pitches.clone(), vec![0.0, 1.0], ATTACK_LENGTH, attack_db)?,
            attack_step_s: step_s as f32,
            onset_noise_db: CurveTable::constant(&[0.0])?,
            onset_cents: CurveTable::constant(&[0.0])?,
            tilt_db: CurveTable::constant(&[0.0])?,
            release_s: CurveTable::new(pitches, vec![1.0], 1, vec![low_s, high_s])?,
            vibrato: CurveTable::constant(&self.vibrato)?,
            fluctuation: CurveTable::constant(&self.fluctuation)?,
            drift: CurveTable::constant(&self.drift)?,
        })
    }
}

/// Level of a velocity (0..=1) re full velocity, dB: a line in dB.
pub(crate) fn velocity_level_db(velocity: f64) -> f64 {
    VELOCITY_RANGE_DB * (velocity - 1.0)
}

/// Sustain loudness by the plan alone, before there is a network.
pub(crate) fn planned_sustain_table(plan: &Plan<'_>) -> Result<CurveTable, CurveTableError> {
    sustain_table_by(|f0_hz, velocity| plan.loudness_db(f0_hz, velocity_level_db(velocity)))
}

/// Sustain loudness at which the *fitted* instrument has the plan's unweighted power: what the fit
/// misses in the spectrum then changes no note's level.
pub(crate) fn sustain_table(
    plan: &Plan<'_>,
    answers: &mut Answers<'_>,
    partials: usize,
    noise_bands: usize,
) -> Result<CurveTable, CurveTableError> {
    let mut amplitudes = vec![0.0_f32; partials];
    let mut noise = vec![0.0_f32; noise_bands];
    sustain_table_by(|f0_hz, velocity| {
        let level_db = velocity_level_db(velocity);
        let wanted_db = plan.power_db(f0_hz, level_db);
        let mut loudness_db = plan.loudness_db(f0_hz, level_db);
        // The spectrum depends a little on the loudness that is being sought.
        for _ in 0..4 {
            let features = Features {
                f0_hz: f0_hz as f32,
                loudness_db: loudness_db as f32,
                velocity: velocity as f32,
                z: 0.0,
            };
            answers.column(&features, &mut amplitudes, &mut noise);
            let power: f64 = amplitudes.iter().map(|&a| f64::from(a).powi(2) / 2.0).sum();
            if power > 0.0 {
                loudness_db = wanted_db - 10.0 * power.log10();
            }
        }
        loudness_db
    })
}

fn sustain_table_by(
    mut loudness_db: impl FnMut(f64, f64) -> f64,
) -> Result<CurveTable, CurveTableError> {
    // Every semitone: a body's resonances are no wider than that.
    let pitches: Vec<f64> = (21..=127).map(|note| note_hz(f64::from(note))).collect();
    let mut values = Vec::new();
    for &f0_hz in &pitches {
        values.extend(VELOCITY_KNOTS.map(|v| loudness_db(f0_hz, f64::from(v)) as f32));
    }
    let pitches = pitches.iter().map(|&f0_hz| f0_hz as f32).collect();
    CurveTable::new(pitches, VELOCITY_KNOTS.to_vec(), 1, values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attacks_rise_to_the_sustain_and_reach_3_db_on_time() {
        let manner = Manner {
            attack_s: (0.120, 0.080),
            soft_attack_factor: 1.1,
            release_s: (0.3, 0.2),
            vibrato: [5.6, 16.0, 0.15, 0.25],
            fluctuation: [0.7, 4.0],
            drift: [3.0, 1.0],
        };
        let sustain = CurveTable::constant(&[-20.0]).unwrap();
        let expression = manner.expression(sustain).unwrap();
        expression.check().unwrap();
        for (f0_hz, velocity, attack_s) in
            [(65.0, 1.0, 0.12), (1_047.0, 1.0, 0.08), (65.0, 0.0, 0.132)]
        {
            let position = expression.attack_db.locate(f0_hz, velocity);
            let at = |t_s: f32| {
                expression
                    .attack_db
                    .at_fractional(position, t_s / expression.attack_step_s)
            };
            assert!((at(0.0) + 35.0).abs() < 1e-3);
            assert!((at(attack_s) + 3.0).abs() < 0.1, "{}", at(attack_s));
            assert!((1..200).all(|i| at(i as f32 * 1e-3) >= at((i - 1) as f32 * 1e-3)));
        }
    }
}
