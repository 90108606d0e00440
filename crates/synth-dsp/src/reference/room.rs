//! The room over a whole recording: `f64`, sample by sample out of the recording's own past, the
//! matrix written out.

use std::f64::consts::PI;

use crate::fx::room::{
    DIFFUSER_DELAYS_S, DIFFUSER_GAIN, EARLY_TAPS, INPUT_SIGNS, LINES, OUTPUT_ROWS, RoomShape, TONE,
};

/// What a room of a size makes of a stereo send; nothing of the send itself.
#[must_use]
pub fn reverberate(sample_rate_hz: u32, size: f32, send: [&[f32]; 2]) -> [Vec<f64>; 2] {
    let rate_hz = f64::from(sample_rate_hz);
    let shape = RoomShape::new(size);
    let inputs = send.map(|side| {
        let side: Vec<f64> = side.iter().map(|&x| f64::from(x)).collect();
        let without_dc = filter(&side, without_dc(rate_hz));
        filter(&without_dc, highs(rate_hz, &|hz| TONE.gain_db(hz)))
    });
    let diffuse: [Vec<f64>; 2] = [0, 1].map(|side: usize| {
        let mut samples = inputs[side].clone();
        for delay_s in DIFFUSER_DELAYS_S[side] {
            samples = all_pass(&samples, delay(delay_s, rate_hz), f64::from(DIFFUSER_GAIN));
        }
        samples
    });
    let late = late(&shape, rate_hz, &diffuse);
    [0, 1].map(|ear: usize| {
        let mut out = late[ear].clone();
        for tap in &EARLY_TAPS[ear] {
            let input = &diffuse[if tap.crosses { 1 - ear } else { ear }];
            let gain = f64::from(shape.early_gain()) * f64::from(tap.gain);
            let delay = delay(shape.early_delay_s(tap), rate_hz);
            for (n, out) in out.iter_mut().enumerate() {
                *out += gain * past(input, n, delay);
            }
        }
        out
    })
}

fn late(shape: &RoomShape, rate_hz: f64, input: &[Vec<f64>; 2]) -> [Vec<f64>; 2] {
    let delays = shape.late_delays_s().map(|s| delay(s, rate_hz));
    let filters: Vec<[Coefficients; 2]> = delays
        .iter()
        .map(|&delay| {
            let delay_s = delay as f64 / rate_hz;
            let (bass_db, corner_hz) = shape.bass_shelf(delay_s);
            [
                highs(rate_hz, &|hz| shape.highs_db(delay_s, hz)),
                bass(rate_hz, bass_db, corner_hz),
            ]
        })
        .collect();
    let length = input[0].len();
    // What goes into each line, what comes out of it, and that behind each filter.
    let mut lines = vec![vec![0.0; length]; LINES];
    let mut stages = vec![[vec![0.0; length], vec![0.0; length], vec![0.0; length]]; LINES];
    let mut out = [vec![0.0; length], vec![0.0; length]];
    for n in 0..length {
        for line in 0..LINES {
            let stage = &mut stages[line];
            stage[0][n] = past(&lines[line], n, delays[line]);
            for (at, &(b0, b1, a1)) in filters[line].iter().enumerate() {
                let before = past(&stage[at], n, 1);
                let last = past(&stage[at + 1], n, 1);
                stage[at + 1][n] = b0 * stage[at][n] + b1 * before - a1 * last;
            }
        }
        let row = |row: usize| -> f64 {
            (0..LINES)
                .map(|line| {
                    let sign = if (row & line).count_ones().is_multiple_of(2) {
                        1.0
                    } else {
                        -1.0
                    };
                    sign * stages[line][2][n] / (LINES as f64).sqrt()
                })
                .sum()
        };
        for (out, &of) in out.iter_mut().zip(&OUTPUT_ROWS) {
            out[n] = f64::from(shape.late_gain()) * row(of);
        }
        for (line, samples) in lines.iter_mut().enumerate() {
            let injected: f64 = (0..2)
                .map(|side| f64::from(INPUT_SIGNS[side][line]) * input[side][n])
                .sum();
            samples[n] = row(line) + injected / (LINES as f64).sqrt();
        }
    }
    out
}

/// Of a first-order filter: b0, b1, a1.
type Coefficients = (f64, f64, f64);

fn filter(x: &[f64], (b0, b1, a1): Coefficients) -> Vec<f64> {
    let mut y = vec![0.0; x.len()];
    for n in 0..x.len() {
        y[n] = b0 * x[n] + b1 * past(x, n, 1) - a1 * past(&y, n, 1);
    }
    y
}

fn all_pass(x: &[f64], delay: usize, gain: f64) -> Vec<f64> {
    let mut y = vec![0.0; x.len()];
    for n in 0..x.len() {
        y[n] = past(x, n, delay) - gain * x[n] + gain * past(&y, n, delay);
    }
    y
}

fn past(x: &[f64], n: usize, delay: usize) -> f64 {
    n.checked_sub(delay).map_or(0.0, |place| x[place])
}

fn delay(seconds: f64, rate_hz: f64) -> usize {
    ((seconds * rate_hz).round() as usize).max(1)
}

fn without_dc(rate_hz: f64) -> Coefficients {
    let pole = (-2.0 * PI * TONE.lowest_hz / rate_hz).exp();
    let nyquist = 2.0 / (1.0 + pole);
    (1.0 / nyquist, -1.0 / nyquist, -pole)
}

/// The bilinear transform of `(s + w sqrt(g)) / (s + w / sqrt(g))`, by its zero and its pole.
fn bass(rate_hz: f64, db: f64, corner_hz: f64) -> Coefficients {
    let warped = (PI * corner_hz / rate_hz).tan();
    let place = |s: f64| (1.0 - s) / (1.0 + s);
    let root = 10.0_f64.powf(db / 40.0);
    let (zero, pole) = (place(warped * root), place(warped / root));
    // At Nyquist the gain is 1.
    let gain = (1.0 + pole) / (1.0 + zero);
    (gain, -gain * zero, -pole)
}

/// The filter with the gains asked for at three frequencies, by Cramer's rule in the cosine:
/// `P + Q cos w - R m cos w = m`.
fn highs(rate_hz: f64, gain_db: &dyn Fn(f64) -> f64) -> Coefficients {
    let hz = [
        0.0,
        5_000.0_f64.min(0.2 * rate_hz),
        16_000.0_f64.min(0.45 * rate_hz),
    ];
    let cosine = hz.map(|hz| (2.0 * PI * hz / rate_hz).cos());
    let power = hz.map(|hz| 10.0_f64.powf(gain_db(hz) / 10.0));
    let columns = [
        [1.0; 3],
        cosine,
        [0, 1, 2].map(|i: usize| -power[i] * cosine[i]),
    ];
    let whole = determinant(columns);
    let [p, q, r] = [0, 1, 2].map(|unknown: usize| {
        let mut replaced = columns;
        replaced[unknown] = power;
        determinant(replaced) / whole
    });
    let (b0, zero) = minimum_phase(p, q);
    let (a0, pole) = minimum_phase(1.0, r);
    (b0 / a0, b0 / a0 * zero, pole)
}

fn determinant([a, b, c]: [[f64; 3]; 3]) -> f64 {
    a[0] * (b[1] * c[2] - b[2] * c[1]) - b[0] * (a[1] * c[2] - a[2] * c[1])
        + c[0] * (a[1] * b[2] - a[2] * b[1])
}

/// The first coefficient and the ratio of the second to it of the filter whose squared gain is
/// `mean + swing cos w`.
fn minimum_phase(mean: f64, swing: f64) -> (f64, f64) {
    let ratio = swing / mean;
    let second = if ratio.abs() < 1e-12 {
        0.0
    } else {
        (1.0 - (1.0 - ratio * ratio).sqrt()) / ratio
    };
    ((mean / (1.0 + second * second)).sqrt(), second)
}
