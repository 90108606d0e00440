//! Samples as devices want them.

use cpal::{I24, Sample, SampleFormat, SizedSample, U24};

/// A sample of a device's format.
pub(super) trait DeviceSample: SizedSample {
    /// The sample nearest to `sample`, whose full scale is 1.0. Integers are rounded, ties to even, and
    /// held within their range; floats beyond full scale are kept, for what plays them may turn them
    /// down. What is not finite is silence.
    ///
    /// # Realtime safety
    /// RT-safe.
    fn of(sample: f32) -> Self;
}

impl DeviceSample for f32 {
    fn of(sample: f32) -> Self {
        if sample.is_finite() { sample } else { 0.0 }
    }
}

impl DeviceSample for f64 {
    fn of(sample: f32) -> Self {
        f64::from(f32::of(sample))
    }
}

/// `sample` on the scale of a signed integer of `bits` bits, rounded but not held within its range. Exact
/// before the rounding: an f64 has the bits of an f32 and any power of two.
fn scaled(sample: f32, bits: u32) -> f64 {
    let full_scale = (1_u64 << (bits - 1)) as f64;
    (f64::of(sample) * full_scale).round_ties_even()
}

macro_rules! integer {
    ($signed:ty, $unsigned:ty) => {
        impl DeviceSample for $signed {
            fn of(sample: f32) -> Self {
                // The cast holds it within the range.
                scaled(sample, <$signed>::BITS) as $signed
            }
        }

        impl DeviceSample for $unsigned {
            fn of(sample: f32) -> Self {
                // Half of the range higher.
                <$signed>::of(sample) as $unsigned ^ Self::EQUILIBRIUM
            }
        }
    };
}

integer!(i8, u8);
integer!(i16, u16);
integer!(i32, u32);
integer!(i64, u64);

const HALF_24: i32 = 1 << 23;

fn of_24_bits(sample: f32) -> i32 {
    (scaled(sample, 24) as i32).clamp(-HALF_24, HALF_24 - 1)
}

impl DeviceSample for I24 {
    fn of(sample: f32) -> Self {
        I24::new_unchecked(of_24_bits(sample))
    }
}

impl DeviceSample for U24 {
    fn of(sample: f32) -> Self {
        U24::new_unchecked(of_24_bits(sample) + HALF_24)
    }
}

/// How welcome a format is, the most welcome first; `None` if samples cannot be made in it. Floats need no
/// rounding; then more bits are better, but 64 of them are for counting and not for sound; unsigned
/// samples are of old or small devices.
pub(super) fn rank(format: SampleFormat) -> Option<u8> {
    const ORDER: [SampleFormat; 12] = [
        SampleFormat::F32,
        SampleFormat::F64,
        SampleFormat::I32,
        SampleFormat::I24,
        SampleFormat::U32,
        SampleFormat::U24,
        SampleFormat::I16,
        SampleFormat::U16,
        SampleFormat::I64,
        SampleFormat::U64,
        SampleFormat::I8,
        SampleFormat::U8,
    ];
    let place = ORDER.iter().position(|known| *known == format)?;
    Some(place as u8)
}
