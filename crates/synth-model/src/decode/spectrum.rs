//! The arithmetic of a spectrum.
//!
//! Each pass does one thing to all partials: so plain loops become vector code, which one loop with
//! the body EQ's table look-up in it would not.

use super::{AMPLITUDE_LOG2_PER_DB, HEAD_UNIT_DB};
use crate::a_weighting;
use crate::body_eq::{BodyEq, scale_per_octave};
use crate::exp_sigmoid::exp_sigmoid;
use crate::exp2_log2::{exp2, log2};
use crate::expression::Expression;

/// Partials above this frequency fade, linearly in amplitude, ...
const BAND_LIMIT_LO_HZ: f32 = 19_000.0;
/// ... and are gone here. The limit is the same at every sample rate, so that an instrument's level
/// and timbre are too.
const BAND_LIMIT_HI_HZ: f32 = 20_000.0;

/// Below this frequency the A weighting is held, or inaudible fundamentals would be raised without
/// bound to reach a loudness nobody can hear them at (27.5 Hz is a piano's lowest). It bounds every
/// amplitude by sqrt(2) / A = 190.
const LOUDNESS_FLOOR_HZ: f32 = 27.5;

/// Partial sums of the power; eight of them add up in vector code, in one order everywhere.
const LANES: usize = 8;

/// Binary digits after the point of a place in the body EQ. 14 remain before it: 4096 points and
/// those down to 1 Hz and up to 16,384 times a fundamental below 20 kHz.
const PLACE_FRACTION_BITS: u32 = 18;
/// Places per unit.
const PLACE_UNIT: f64 = (1 << PLACE_FRACTION_BITS) as f64;

/// The tables of an instrument's partials.
#[derive(Debug, Clone)]
pub(super) struct Spectrum {
    /// k of every partial.
    number: Vec<f32>,
    /// log2 k of every partial, as far as a tilt goes on.
    octaves: Vec<f32>,
    /// How far above the fundamental each partial lies in the body EQ.
    body_offset: Vec<u32>,
    /// Points per octave of the body EQ.
    body_scale: f64,
    /// log2 of the frequency in Hz where `body` begins, at or just below 1 Hz.
    body_origin: f64,
    /// Body EQ as log2 of amplitude: value at each point and difference to the next. Its lowest
    /// gain goes on downwards to `body_origin`.
    body: Vec<[f32; 2]>,
}

impl Spectrum {
    /// Tables for so many partials under a checked body EQ.
    pub(super) fn new(partials: usize, body_eq: &BodyEq) -> Self {
        let scale = scale_per_octave(body_eq.gain_db.len());
        let below = (log2(BodyEq::LO_HZ) * scale).ceil();
        let lowest = body_eq.gain_db.iter().take(1);
        let gain_log2: Vec<f32> = lowest
            .cycle()
            .take(below as usize)
            .chain(&body_eq.gain_db)
            .map(|gain_db| gain_db * AMPLITUDE_LOG2_PER_DB)
            .collect();
        let next = gain_log2.iter().skip(1).chain(gain_log2.last());
        let body = gain_log2
            .iter()
            .zip(next)
            .map(|(here, next)| [*here, next - here])
            .collect();
        let number: Vec<f32> = (1..=partials).map(|k| k as f32).collect();
        let place = |k: &f32| (log2(*k) * scale * PLACE_UNIT).round() as u32;
        Self {
            body_offset: number.iter().map(place).collect(),
            octaves: number
                .iter()
                .map(|&k| (log2(k) as f32).min(Expression::TILT_OCTAVES))
                .collect(),
            number,
            body_scale: scale,
            body_origin: log2(BodyEq::LO_HZ) - below / scale,
            body,
        }
    }

    /// Zeros the partials that lie above the band; the rest is returned.
    #[inline(always)]
    pub(super) fn drop_above_band<'a>(&self, f0_hz: f32, partials: &'a mut [f32]) -> &'a mut [f32] {
        let in_band = self
            .number
            .partition_point(|number| number * f0_hz < BAND_LIMIT_HI_HZ);
        let (in_band, above) = partials.split_at_mut(in_band.min(partials.len()));
        above.fill(0.0);
        in_band
    }

    /// Rows in units of 10 dB -> amplitudes with the body EQ, relative to the loudest.
    #[inline(always)]
    pub(super) fn amplitudes_from_log(&self, f0_hz: f32, tilt_db: f32, partials: &mut [f32]) {
        self.add_body(f0_hz, HEAD_UNIT_DB * AMPLITUDE_LOG2_PER_DB, partials);
        self.add_tilt(tilt_db, partials);
        let loudest = maximum(partials);
        for level in partials {
            *level = exp2(*level - loudest);
        }
    }

    /// Rows of the classic head -> amplitudes with the body EQ.
    pub(super) fn amplitudes_from_classic(&self, f0_hz: f32, tilt_db: f32, partials: &mut [f32]) {
        for partial in &mut *partials {
            *partial = log2(exp_sigmoid(*partial)) as f32;
        }
        self.add_body(f0_hz, 1.0, partials);
        self.add_tilt(tilt_db, partials);
        for level in partials {
            *level = exp2(*level);
        }
    }

    /// Fades the band's end and scales to unit A-weighted power.
    #[inline(always)]
    pub(super) fn limit_band_and_scale(&self, f0_hz: f32, partials: &mut [f32]) {
        for (amplitude, number) in partials.iter_mut().zip(&self.number) {
            *amplitude *= band_weight(number * f0_hz);
        }
        let a_weighted = |amplitude: f32, number: f32| {
            let audible_khz = (number * f0_hz).clamp(LOUDNESS_FLOOR_HZ, BAND_LIMIT_HI_HZ) * 1e-3;
            let gain = a_weighting::power_gain_khz2(audible_khz * audible_khz);
            amplitude * amplitude * gain
        };
        let mut lanes = [0.0; LANES];
        let (groups, rest) = partials.as_chunks::<LANES>();
        let (group_numbers, rest_numbers) = self.number.split_at(groups.as_flattened().len());
        for (amplitudes, numbers) in groups.iter().zip(group_numbers.as_chunks::<LANES>().0) {
            for lane in 0..LANES {
                lanes[lane] += a_weighted(amplitudes[lane], numbers[lane]);
            }
        }
        for (lane, (amplitude, number)) in lanes.iter_mut().zip(rest.iter().zip(rest_numbers)) {
            *lane += a_weighted(*amplitude, *number);
        }
        let power = 0.5 * lanes.iter().sum::<f32>();
        let scale = if power > 0.0 { 1.0 / power.sqrt() } else { 0.0 };
        for amplitude in partials {
            *amplitude *= scale;
        }
    }

    /// Raises each level, log2 of amplitude, by so many dB for each octave above the fundamental, up to the third.
    #[inline(always)]
    fn add_tilt(&self, tilt_db: f32, levels: &mut [f32]) {
        let slope = tilt_db * AMPLITUDE_LOG2_PER_DB;
        for (level, octaves) in levels.iter_mut().zip(&self.octaves) {
            *level += slope * octaves;
        }
    }

    /// `unit` times each row plus the body EQ at its partial, as log2 of amplitude. Fundamentals
    /// below 1 Hz count as 1 Hz.
    #[inline(always)]
    fn add_body(&self, f0_hz: f32, unit: f32, rows: &mut [f32]) {
        let points = ((log2(f0_hz) - self.body_origin) * self.body_scale).max(0.0);
        let fundamental = (points * PLACE_UNIT) as u32;
        let Some(last) = self.body.len().checked_sub(1) else {
            return rows.iter_mut().for_each(|row| *row *= unit);
        };
        // Looked up apart, so that what is computed with it becomes vector code.
        for (rows, offsets) in rows.chunks_mut(LANES).zip(self.body_offset.chunks(LANES)) {
            let (mut values, mut steps) = ([0.0; LANES], [0.0; LANES]);
            let mut fractions = [0.0; LANES];
            for (((value, step), fraction), offset) in values
                .iter_mut()
                .zip(&mut steps)
                .zip(&mut fractions)
                .zip(offsets)
            {
                let place = fundamental.wrapping_add(*offset);
                let point = (place >> PLACE_FRACTION_BITS) as usize;
                [*value, *step] = self.body[point.min(last)];
                *fraction = (place & ((1 << PLACE_FRACTION_BITS) - 1)) as i32 as f32;
            }
            let points = values.iter().zip(&steps).zip(&fractions);
            for (row, ((value, step), fraction)) in rows.iter_mut().zip(points) {
                *row = *row * unit + (value + fraction * (1.0 / PLACE_UNIT as f32) * step);
            }
        }
    }
}

/// The largest of finite values; `f32::MIN` when there are none. Compared lane by lane, since a fold
/// over `f32::max` does not become vector code.
#[inline(always)]
fn maximum(values: &[f32]) -> f32 {
    let larger = |a: f32, b: f32| if a > b { a } else { b };
    let (groups, rest) = values.as_chunks::<LANES>();
    let mut lanes = [f32::MIN; LANES];
    for group in groups {
        for lane in 0..LANES {
            lanes[lane] = larger(group[lane], lanes[lane]);
        }
    }
    lanes
        .iter()
        .chain(rest)
        .fold(f32::MIN, |a, b| larger(*b, a))
}

/// 1 up to 19 kHz, falling linearly to 0 at 20 kHz.
#[inline(always)]
fn band_weight(f_hz: f32) -> f32 {
    let width = BAND_LIMIT_HI_HZ - BAND_LIMIT_LO_HZ;
    ((BAND_LIMIT_HI_HZ - f_hz) * (1.0 / width)).clamp(0.0, 1.0)
}
