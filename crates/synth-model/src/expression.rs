//! How a note is played: loudness, attack, release, vibrato and unsteadiness by pitch and velocity.

use thiserror::Error;

use crate::curve_table::CurveTable;

/// The expression tables of an instrument.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    /// Length 1: loudness of the sustain, dBA re full scale.
    pub sustain_db: CurveTable,
    /// Loudness from the onset on, dB re the sustain; one value every `attack_step_s`, ending at
    /// 0 dB.
    pub attack_db: CurveTable,
    /// Time between two values of `attack_db`, s.
    pub attack_step_s: f32,
    /// Length 1: time in which a release falls by 60 dB, s.
    pub release_s: CurveTable,
    /// Length 4: rate (Hz), depth (cents, peak), delay (s), fade-in (s).
    pub vibrato: CurveTable,
    /// Length 2: standard deviation (dB) and bandwidth (Hz) of the slow noise on the loudness.
    pub fluctuation: CurveTable,
    /// Length 2: standard deviation (cents) and bandwidth (Hz) of the slow noise on the pitch.
    pub drift: CurveTable,
}

/// How far the last attack value may be from 0 dB.
const ATTACK_END_DB: f32 = 0.01;

impl Expression {
    /// Row of `vibrato`: rate in Hz.
    pub const VIBRATO_RATE_HZ: usize = 0;
    /// Row of `vibrato`: peak depth in cents.
    pub const VIBRATO_DEPTH_CENTS: usize = 1;
    /// Row of `vibrato`: delay from the onset in s.
    pub const VIBRATO_DELAY_S: usize = 2;
    /// Row of `vibrato`: fade-in after the delay in s.
    pub const VIBRATO_FADE_S: usize = 3;

    /// Checks that each table has its length and plausible values.
    ///
    /// # Errors
    /// [`ExpressionError`] names the table and the rule.
    pub fn check(&self) -> Result<(), ExpressionError> {
        let vibrato = [(0.0, 50.0), (0.0, 1200.0), (0.0, 60.0), (0.0, 60.0)];
        check_rows("sustain_db", &self.sustain_db, &[(-300.0, 100.0)])?;
        // Attack curves are as long as the instrument's attack, and all rows mean the same.
        let attack_rows = vec![(-300.0, 100.0); self.attack_db.length()];
        check_rows("attack_db", &self.attack_db, &attack_rows)?;
        check_rows("release_s", &self.release_s, &[(1e-3, 120.0)])?;
        check_rows("vibrato", &self.vibrato, &vibrato)?;
        check_rows(
            "fluctuation",
            &self.fluctuation,
            &[(0.0, 24.0), (0.0, 100.0)],
        )?;
        check_rows("drift", &self.drift, &[(0.0, 1200.0), (0.0, 100.0)])?;
        if !(1e-4..=1.0).contains(&self.attack_step_s) {
            return Err(ExpressionError::AttackStep(self.attack_step_s));
        }
        let length = self.attack_db.length();
        let mut ends = self
            .attack_db
            .values()
            .chunks_exact(length)
            .map(|curve| curve[length - 1]);
        match ends.find(|end| end.abs() > ATTACK_END_DB) {
            Some(end) => Err(ExpressionError::AttackEnd(end)),
            None => Ok(()),
        }
    }
}

/// Checks that a table's curves have one value for each bound, and that each is within its own.
fn check_rows(
    table: &'static str,
    curves: &CurveTable,
    bounds: &[(f32, f32)],
) -> Result<(), ExpressionError> {
    let (want, have) = (bounds.len(), curves.length());
    if want != have {
        return Err(ExpressionError::Length { table, want, have });
    }
    for curve in curves.values().chunks_exact(have) {
        for (row, (&value, &(lo, hi))) in curve.iter().zip(bounds).enumerate() {
            if !(lo..=hi).contains(&value) {
                return Err(ExpressionError::Value {
                    table,
                    row,
                    value,
                    lo,
                    hi,
                });
            }
        }
    }
    Ok(())
}

/// Why expression tables cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[non_exhaustive]
pub enum ExpressionError {
    /// A table's curves have another length than its meaning asks for.
    #[error("the curves of table {table} have {have} values, they must have {want}")]
    Length {
        /// Name of the table.
        table: &'static str,
        /// Values needed.
        want: usize,
        /// Values present.
        have: usize,
    },
    /// A value is outside what is plausible.
    #[error("row {row} of table {table} holds {value}, it must lie within {lo} to {hi}")]
    Value {
        /// Name of the table.
        table: &'static str,
        /// Row of the curve.
        row: usize,
        /// The value.
        value: f32,
        /// Lowest plausible value.
        lo: f32,
        /// Highest plausible value.
        hi: f32,
    },
    /// The attack's time step is not usable.
    #[error("the attack's time step is {0} s, it must lie within 0.0001 to 1 s")]
    AttackStep(f32),
    /// An attack curve does not end at the sustain.
    #[error("an attack curve ends at {0} dB; it must end at 0 dB, the sustain")]
    AttackEnd(f32),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Expression {
        let table = |curve: &[f32]| CurveTable::constant(curve).unwrap();
        Expression {
            sustain_db: table(&[-24.0]),
            attack_db: table(&[-35.0, -10.0, 0.0]),
            attack_step_s: 0.01,
            release_s: table(&[0.2]),
            vibrato: table(&[5.6, 16.0, 0.15, 0.25]),
            fluctuation: table(&[0.7, 4.0]),
            drift: table(&[3.0, 1.0]),
        }
    }

    #[test]
    fn tables_must_have_their_length_and_plausible_values() {
        example().check().unwrap();
        let table = |curve: &[f32]| CurveTable::constant(curve).unwrap();
        let refusal = |expression: Expression| expression.check().unwrap_err();
        assert!(matches!(
            refusal(Expression {
                vibrato: table(&[5.0, 3.0]),
                ..example()
            }),
            ExpressionError::Length {
                table: "vibrato",
                want: 4,
                have: 2
            }
        ));
        assert!(matches!(
            refusal(Expression {
                release_s: table(&[0.0]),
                ..example()
            }),
            ExpressionError::Value {
                table: "release_s",
                row: 0,
                ..
            }
        ));
        assert!(matches!(
            refusal(Expression {
                drift: table(&[1.0, -1.0]),
                ..example()
            }),
            ExpressionError::Value {
                table: "drift",
                row: 1,
                ..
            }
        ));
        assert!(matches!(
            refusal(Expression {
                attack_db: table(&[-35.0, -1.0]),
                ..example()
            }),
            ExpressionError::AttackEnd(_)
        ));
        assert!(matches!(
            refusal(Expression {
                attack_step_s: f32::NAN,
                ..example()
            }),
            ExpressionError::AttackStep(_)
        ));
    }
}
