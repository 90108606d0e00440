//! First-order filters fitted to a gain by frequency, so that they are alike at every sample rate.

use std::f64::consts::PI;

/// Where a shelf is fitted, Hz: from the middle of the spectrum to the end of hearing.
const FITTED_HZ: [f64; 3] = [0.0, 5_000.0, 16_000.0];
/// Highest place of the second and the third at low rates, in cycles a sample.
const HIGHEST: [f64; 3] = [0.0, 0.20, 0.45];

/// `y[n] = b0 x[n] + b1 x[n-1] - a1 y[n-1]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct FirstOrder {
    pub(super) b0: f32,
    pub(super) b1: f32,
    pub(super) a1: f32,
}

impl FirstOrder {
    fn new(b0: f64, b1: f64, a1: f64) -> Self {
        Self {
            b0: b0 as f32,
            b1: b1 as f32,
            a1: a1 as f32,
        }
    }
}

/// Gain 0 at DC, 1 far above `corner_hz`: a zero at DC and the matched pole.
pub(super) fn dc_blocker(corner_hz: f64, rate_hz: f64) -> FirstOrder {
    let pole = (-2.0 * PI * corner_hz / rate_hz).exp();
    let gain = 0.5 * (1.0 + pole);
    FirstOrder::new(gain, -gain, -pole)
}

/// Gain `db` at DC, 0 dB far above `corner_hz`, half of it in dB there; by the bilinear transform,
/// for corners far below Nyquist.
pub(super) fn bass_shelf(db: f64, corner_hz: f64, rate_hz: f64) -> FirstOrder {
    let root = 10.0_f64.powf(db / 40.0);
    let corner = (PI * corner_hz / rate_hz).tan();
    // (s + corner root) / (s + corner / root), s = (1 - z^-1) / (1 + z^-1).
    let (zero, pole) = (corner * root, corner / root);
    let norm = 1.0 + pole;
    FirstOrder::new(
        (1.0 + zero) / norm,
        (zero - 1.0) / norm,
        (pole - 1.0) / norm,
    )
}

/// The filter whose gain is `gain_db` of 0 Hz, 5 kHz and 16 kHz (or less at low rates), where that
/// falls steadily.
///
/// The squared gain of a first-order filter is `(p + q u) / (1 + r u)`, `u = sin^2(w/2)`: three places
/// give three linear equations, whatever the rate, and the roots of numerator and denominator give
/// the coefficients. A shelf by the bilinear transform would crowd its highs below each rate's
/// Nyquist instead.
pub(super) fn shelf_through(gain_db: impl Fn(f64) -> f64, rate_hz: f64) -> FirstOrder {
    let mut u = [0.0; 3];
    let mut power = [0.0; 3];
    for (i, (&hz, &highest)) in FITTED_HZ.iter().zip(&HIGHEST).enumerate() {
        let cycles = (hz / rate_hz).min(highest);
        u[i] = (PI * cycles).sin().powi(2);
        power[i] = 10.0_f64.powf(gain_db(cycles * rate_hz) / 10.0);
    }
    // p = power[0], as u[0] = 0; then q - r power[i] = (power[i] - p) / u[i] for the other two.
    let p = power[0];
    let slope = |i: usize| (power[i] - p) / u[i];
    let r = if power[1] > power[2] {
        (slope(1) - slope(2)) / (power[2] - power[1])
    } else {
        0.0
    };
    let q = slope(1) + r * power[1];
    // The ends of the spectrum, u = 0 and 1, hold the sums and differences of the coefficients.
    let ends = |at_dc: f64, at_nyquist: f64| {
        let (sum, difference) = (at_dc.sqrt(), at_nyquist.max(1e-6).sqrt());
        (0.5 * (sum + difference), 0.5 * (sum - difference))
    };
    let (b0, b1) = ends(p, p + q);
    let (a0, a1) = ends(1.0, 1.0 + r);
    FirstOrder::new(b0 / a0, b1 / a0, a1 / a0)
}

/// A filter at work (transposed direct form II).
#[derive(Clone, Copy, Debug)]
pub(super) struct Section {
    filter: FirstOrder,
    state: f32,
}

impl Section {
    pub(super) fn new(filter: FirstOrder) -> Self {
        Self { filter, state: 0.0 }
    }

    pub(super) fn reset(&mut self) {
        self.state = 0.0;
    }

    #[inline(always)]
    pub(super) fn next(&mut self, x: f32) -> f32 {
        let y = self.filter.b0 * x + self.state;
        self.state = self.filter.b1 * x - self.filter.a1 * y;
        y
    }
}

#[cfg(test)]
mod tests {
    use super::super::shape::{RoomShape, TONE};
    use super::*;

    const RATES_HZ: [f64; 8] = [
        8_000.0, 11_025.0, 22_050.0, 32_000.0, 44_100.0, 48_000.0, 96_000.0, 192_000.0,
    ];

    fn gain_db(filter: FirstOrder, hz: f64, rate_hz: f64) -> f64 {
        let (sin, cos) = (2.0 * PI * hz / rate_hz).sin_cos();
        let square =
            |zeroth: f64, first: f64| (zeroth + first * cos).powi(2) + (first * sin).powi(2);
        let above = square(filter.b0.into(), filter.b1.into());
        10.0 * (above / square(1.0, filter.a1.into())).log10()
    }

    #[test]
    fn every_line_absorbs_what_its_room_asks_for() {
        let mut worst = 0.0_f64;
        for rate_hz in RATES_HZ {
            for size in [0.0, 0.3, 0.5, 0.8, 1.0] {
                let shape = RoomShape::new(size);
                for delay_s in shape.late_delays_s() {
                    let highs = shelf_through(|hz| shape.highs_db(delay_s, hz), rate_hz);
                    let (bass_db, corner_hz) = shape.bass_shelf(delay_s);
                    let bass = bass_shelf(bass_db, corner_hz, rate_hz);
                    assert!(highs.a1.abs() < 1.0 && bass.a1.abs() < 1.0);
                    for hz in [0.0, 63.0, 250.0, 1e3, 4e3, 8e3, 12e3, 16e3, 18e3] {
                        if hz > 0.45 * rate_hz {
                            continue;
                        }
                        let asked = -60.0 * delay_s / shape.t60_s(hz);
                        let got = gain_db(highs, hz, rate_hz) + gain_db(bass, hz, rate_hz);
                        let off = (got / asked - 1.0).abs();
                        worst = worst.max(off);
                        assert!(off < 0.06, "{rate_hz} {size} {hz}: {got}, not {asked}");
                    }
                    // No frequency grows.
                    for step in 0..=100 {
                        let hz = f64::from(step) / 200.0 * rate_hz;
                        let got = gain_db(highs, hz, rate_hz) + gain_db(bass, hz, rate_hz);
                        assert!(got < 0.0, "{rate_hz} {size} {hz}: {got}");
                    }
                }
            }
        }
        println!("decay off by at most {:.1} %", 100.0 * worst);
    }

    #[test]
    fn the_tone_is_the_same_at_every_rate() {
        for rate_hz in RATES_HZ {
            let shelf = shelf_through(|hz| TONE.gain_db(hz), rate_hz);
            let blocker = dc_blocker(TONE.lowest_hz, rate_hz);
            assert!(gain_db(blocker, 0.01, rate_hz) < -60.0);
            assert!((gain_db(blocker, TONE.lowest_hz, rate_hz) + 3.01).abs() < 0.1);
            for hz in [100.0, 1e3, 4e3, 8e3, 12e3, 16e3, 18e3] {
                if hz < 0.45 * rate_hz {
                    let off = gain_db(shelf, hz, rate_hz) - TONE.gain_db(hz);
                    assert!(off.abs() < 0.2, "{rate_hz} {hz}: {off} dB");
                }
            }
        }
    }
}
