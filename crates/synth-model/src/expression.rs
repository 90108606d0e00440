//! How a note is played: loudness, attack, onset, release, vibrato and unsteadiness by pitch and
//! velocity.

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
    /// Time between two values of `attack_db`, `onset_noise_db` and `onset_cents`, s.
    pub attack_step_s: f32,
    /// Gain on the power of the note's noise from the onset on, dB; one value every
    /// `attack_step_s`, of any length, ending at 0 dB. A bow's bite, a tongue, a breath.
    pub onset_noise_db: CurveTable,
    /// Deviation of the pitch from the onset on, the same in every such note, cents; one value every
    /// `attack_step_s`, of any length, ending at 0. A scoop begins below 0.
    pub onset_cents: CurveTable,
    /// Length 1: tilt of the partials in dB per octave above the fundamental: partial k is raised by
    /// `tilt_db * min(log2 k, 3)`, see [`TILT_OCTAVES`](Self::TILT_OCTAVES), before the partials are brought to the loudness. What a network answers
    /// need not be brighter for a harder note; a trainer mends that here.
    pub tilt_db: CurveTable,
    /// Length 1: time in which a release falls by 60 dB, s.
    pub release_s: CurveTable,
    /// Length 4: rate (Hz), depth (cents, peak), delay (s), fade-in (s).
    pub vibrato: CurveTable,
    /// Length 2: standard deviation (dB) and bandwidth (Hz) of the slow noise on the loudness, see
    /// [`Expression::NODES_PER_BANDWIDTH`].
    pub fluctuation: CurveTable,
    /// Length 2: standard deviation (cents) and bandwidth (Hz) of the slow noise on the pitch, see
    /// [`Expression::NODES_PER_BANDWIDTH`].
    pub drift: CurveTable,
}

/// How far the last value of a curve that ends at 0 may be from it, dB or cents.
const END_TOLERANCE: f32 = 0.01;

impl Expression {
    /// Row of `vibrato`: rate in Hz.
    pub const VIBRATO_RATE_HZ: usize = 0;
    /// Row of `vibrato`: peak depth in cents.
    pub const VIBRATO_DEPTH_CENTS: usize = 1;
    /// Row of `vibrato`: delay from the onset in s.
    pub const VIBRATO_DELAY_S: usize = 2;
    /// Row of `vibrato`: fade-in after the delay in s.
    pub const VIBRATO_FADE_S: usize = 3;
    /// Octaves above the fundamental over which a tilt goes on; it moves all partials beyond alike. A
    /// centroid hardly depends on them, and 64 partials are six octaves: a recording's faint highest
    /// partials would be raised out of its noise.
    pub const TILT_OCTAVES: f32 = 3.0;
    /// Independent values a second of the slow noise on loudness or pitch, for each Hz of its
    /// bandwidth.
    ///
    /// The noise `x(t)` of a voice (dB or cents) is stationary with mean 0 over the ages and seeds of
    /// its voices. With `E` the mean over them and `S(f)` its one-sided power density, its table says
    ///
    /// * standard deviation: `s`, with `s^2 = E[x^2]` = the integral of `S` over all `f`;
    /// * bandwidth: `B`, with the integral of `S` from 0 to `B` = `s^2 / 2`: half of the power lies
    ///   below it.
    ///
    /// It is a slow sway and, beside it, [`FLUTTER_SHARE`](Self::FLUTTER_SHARE) of the power in a
    /// flutter that is [`FLUTTER_RATE`](Self::FLUTTER_RATE) times as fast. Each is value noise:
    /// independent values, `R = NODES_PER_BANDWIDTH * B` times a second for the sway, joined by
    /// smoothsteps. So the power density of either is in proportion to `|K(f / R)|^2` (with its own
    /// `R`), `K` being the Fourier transform of `k(u) = 1 - 3u^2 + 2|u|^3` for `|u| <= 1`, and half
    /// of the sum lies below `0.23952 R`.
    ///
    /// In a note of finite length the deviations from the note's own mean have less than `s^2`; the
    /// variogram `E[(x(t + T) - x(t))^2] / 2 = s^2 (1 - 0.8 r(R T) - 0.2 r(4 R T))` does not depend on
    /// the length, where `r` is the autocorrelation of `k` over its value at 0.
    pub const NODES_PER_BANDWIDTH: f64 = 4.175_1;
    /// How much faster the flutter is than the sway.
    pub const FLUTTER_RATE: f64 = 4.0;
    /// Share of the flutter in the power. With it the variograms of the loudness of held alto
    /// saxophone and double bass notes are met within 3 and 12 %; without, within 8 and 20 %.
    pub const FLUTTER_SHARE: f64 = 0.2;

    /// The tilt of a note's partials, dB per octave above the fundamental.
    ///
    /// # Realtime safety
    /// RT-safe: arithmetic only.
    pub fn tilt_db_at(&self, f0_hz: f32, velocity: f32) -> f32 {
        self.tilt_db.at(self.tilt_db.locate(f0_hz, velocity), 0)
    }

    /// Every table with its name in the instrument file.
    pub fn tables(&self) -> [(&'static str, &CurveTable); 9] {
        [
            ("sustain_db", &self.sustain_db),
            ("attack_db", &self.attack_db),
            ("onset_noise_db", &self.onset_noise_db),
            ("onset_cents", &self.onset_cents),
            ("tilt_db", &self.tilt_db),
            ("release_s", &self.release_s),
            ("vibrato", &self.vibrato),
            ("fluctuation", &self.fluctuation),
            ("drift", &self.drift),
        ]
    }

    /// Checks that each table has its length and plausible values.
    ///
    /// # Errors
    /// [`ExpressionError`] names the table and the rule.
    pub fn check(&self) -> Result<(), ExpressionError> {
        let vibrato = [(0.0, 50.0), (0.0, 1200.0), (0.0, 60.0), (0.0, 60.0)];
        check_rows("sustain_db", &self.sustain_db, &[(-300.0, 100.0)])?;
        check_rows("tilt_db", &self.tilt_db, &[(-24.0, 24.0)])?;
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
        check_from_onset("attack_db", &self.attack_db, (-300.0, 100.0))?;
        check_from_onset("onset_noise_db", &self.onset_noise_db, (-100.0, 60.0))?;
        check_from_onset("onset_cents", &self.onset_cents, (-1200.0, 1200.0))
    }
}

/// Checks the values of curves over the time since the onset, and that they end at 0.
fn check_from_onset(
    table: &'static str,
    curves: &CurveTable,
    bounds: (f32, f32),
) -> Result<(), ExpressionError> {
    // They are as long as the instrument's onset, and all rows mean the same.
    let length = curves.length();
    check_rows(table, curves, &vec![bounds; length])?;
    let mut ends = curves.values().chunks_exact(length).map(|c| c[length - 1]);
    match ends.find(|end| end.abs() > END_TOLERANCE) {
        Some(end) => Err(ExpressionError::End { table, end }),
        None => Ok(()),
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
    /// A curve from the onset on does not end where the sustain is.
    #[error("a curve of table {table} ends at {end}; it must end at 0, the sustain")]
    End {
        /// Name of the table.
        table: &'static str,
        /// Its last value.
        end: f32,
    },
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
            onset_noise_db: table(&[12.0, 3.0, 1.0, 0.0]),
            onset_cents: table(&[-40.0, 0.0]),
            tilt_db: table(&[-0.5]),
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
                tilt_db: table(&[30.0]),
                ..example()
            }),
            ExpressionError::Value {
                table: "tilt_db",
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
            ExpressionError::End {
                table: "attack_db",
                end: -1.0
            }
        ));
        assert!(matches!(
            refusal(Expression {
                onset_noise_db: table(&[6.0, 0.5]),
                ..example()
            }),
            ExpressionError::End {
                table: "onset_noise_db",
                ..
            }
        ));
        assert!(matches!(
            refusal(Expression {
                onset_noise_db: table(&[70.0, 0.0]),
                ..example()
            }),
            ExpressionError::Value {
                table: "onset_noise_db",
                row: 0,
                ..
            }
        ));
        assert!(matches!(
            refusal(Expression {
                onset_cents: table(&[0.0, -3000.0, 0.0]),
                ..example()
            }),
            ExpressionError::Value {
                table: "onset_cents",
                row: 1,
                ..
            }
        ));
        assert!(matches!(
            refusal(Expression {
                onset_cents: table(&[5.0]),
                ..example()
            }),
            ExpressionError::End {
                table: "onset_cents",
                ..
            }
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
