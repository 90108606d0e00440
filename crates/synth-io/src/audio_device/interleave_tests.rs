//! Every format, against a twin that knows a format as a range of whole numbers.

use cpal::{I24, SampleFormat, U24};

use super::interleave::interleave;
use super::sample::{DeviceSample, rank};

/// Samples that are easy to get wrong: the ends, what lies beyond them, halves of a step of every format,
/// and nothing at all.
fn hard_samples() -> Vec<f32> {
    let mut samples = vec![
        0.0,
        -0.0,
        1.0,
        -1.0,
        1.000_000_1,
        -1.000_000_1,
        0.999_999_94,
        -0.999_999_94,
        2.5,
        -7.0,
        f32::MAX,
        f32::MIN,
        f32::MIN_POSITIVE,
        1e-40,
        f32::NAN,
        f32::INFINITY,
        f32::NEG_INFINITY,
    ];
    for bits in [8, 16, 24, 32] {
        let step = 2.0_f32.powi(1 - bits);
        for half_steps in [1.0, 2.0, 3.0, 5.0, 7.0, 21.0] {
            samples.extend([0.5 * half_steps * step, -0.5 * half_steps * step]);
            samples.push(1.0 - 0.5 * half_steps * step);
        }
    }
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    for _ in 0..400 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        samples.push((state >> 40) as f32 / (1 << 23) as f32 - 1.0);
    }
    samples
}

/// The whole number for `sample` in a format of so many bits with silence at `silence`, by looking at what is
/// left above the number below instead of rounding.
fn plain_integer(sample: f32, bits: u32, silence: i128) -> i128 {
    let half = 1_i128 << (bits - 1);
    if !sample.is_finite() {
        return silence;
    }
    // What is further beyond full scale is clipped anyway.
    let clipped = f64::from(sample).clamp(-1.5, 1.5);
    // Whole steps below, exactly, and what is left.
    let exact = clipped * half as f64;
    let below = exact.floor();
    let rest = exact - below;
    let mut nearest = below as i128;
    let up = rest > 0.5 || (rest == 0.5 && nearest % 2 != 0);
    nearest += i128::from(up);
    nearest.clamp(-half, half - 1) + silence
}

fn plain_float(sample: f32) -> f64 {
    match sample.is_finite() {
        true => f64::from(sample),
        false => 0.0,
    }
}

trait Twin: DeviceSample + PartialEq + std::fmt::Debug {
    /// As a dirty buffer holds it.
    fn dirt() -> Self;
    fn plain(sample: f32) -> Self;
    fn silence() -> Self;
}

macro_rules! twin {
    ($($kind:ty, $bits:expr, $silence:expr, $make:expr, $dirt:expr;)*) => {$(
        impl Twin for $kind {
            fn dirt() -> Self {
                $dirt
            }
            fn plain(sample: f32) -> Self {
                let make: fn(i128) -> $kind = $make;
                make(plain_integer(sample, $bits, $silence))
            }
            fn silence() -> Self {
                let make: fn(i128) -> $kind = $make;
                make($silence)
            }
        }
    )*};
}

twin! {
    i8, 8, 0, |x| i8::try_from(x).unwrap(), 77;
    i16, 16, 0, |x| i16::try_from(x).unwrap(), 7777;
    i32, 32, 0, |x| i32::try_from(x).unwrap(), 77_777_777;
    i64, 64, 0, |x| i64::try_from(x).unwrap(), 77_777_777;
    u8, 8, 128, |x| u8::try_from(x).unwrap(), 7;
    u16, 16, 32_768, |x| u16::try_from(x).unwrap(), 7;
    u32, 32, 1 << 31, |x| u32::try_from(x).unwrap(), 7;
    u64, 64, 1 << 63, |x| u64::try_from(x).unwrap(), 7;
}

impl Twin for I24 {
    fn dirt() -> Self {
        I24::new(-77).unwrap()
    }
    fn plain(sample: f32) -> Self {
        I24::new(i32::try_from(plain_integer(sample, 24, 0)).unwrap()).unwrap()
    }
    fn silence() -> Self {
        I24::new(0).unwrap()
    }
}

impl Twin for U24 {
    fn dirt() -> Self {
        U24::new(77).unwrap()
    }
    fn plain(sample: f32) -> Self {
        U24::new(i32::try_from(plain_integer(sample, 24, 1 << 23)).unwrap()).unwrap()
    }
    fn silence() -> Self {
        U24::new(1 << 23).unwrap()
    }
}

impl Twin for f32 {
    fn dirt() -> Self {
        0.7
    }
    fn plain(sample: f32) -> Self {
        plain_float(sample) as f32
    }
    fn silence() -> Self {
        0.0
    }
}

impl Twin for f64 {
    fn dirt() -> Self {
        f64::NAN
    }
    fn plain(sample: f32) -> Self {
        plain_float(sample)
    }
    fn silence() -> Self {
        0.0
    }
}

/// What channel `channel` of `channels` must hold for one frame.
fn plain_channel<T: Twin>(left: f32, right: f32, channel: usize, channels: usize) -> T {
    match (channels, channel) {
        (1, _) => T::plain(left / 2.0 + right / 2.0),
        (_, 0) => T::plain(left),
        (_, 1) => T::plain(right),
        _ => T::silence(),
    }
}

fn compare<T: Twin>() {
    let left = hard_samples();
    let right: Vec<f32> = left.iter().rev().copied().collect();
    for frames in [0, 1, 2, 3, 7, 64, 65, left.len()] {
        for channels in [1, 2, 3, 6, 7, 64] {
            for spare in [0, 1, 5] {
                let mut out = vec![T::dirt(); frames * channels + spare];
                let (left, right) = (&left[..frames], &right[..frames]);
                testkit::no_alloc(|| interleave(left, right, channels, &mut out));
                for (at, sample) in out.iter().enumerate() {
                    let (frame, channel) = (at / channels, at % channels);
                    let wanted = match left.get(frame) {
                        Some(left) => plain_channel(*left, right[frame], channel, channels),
                        None => T::silence(),
                    };
                    assert_eq!(
                        *sample,
                        wanted,
                        "{} {frames}+{spare} frame {frame} channel {channel} of {channels}",
                        T::FORMAT
                    );
                }
            }
        }
    }
}

#[test]
fn integers_are_those_of_the_twin() {
    compare::<i8>();
    compare::<i16>();
    compare::<I24>();
    compare::<i32>();
    compare::<i64>();
    compare::<u8>();
    compare::<u16>();
    compare::<U24>();
    compare::<u32>();
    compare::<u64>();
}

#[test]
fn floats_are_those_of_the_twin() {
    compare::<f32>();
    compare::<f64>();
}

#[test]
fn floats_keep_every_bit() {
    let left = [1.5_f32, -3.25, 1e-39, 0.1];
    let mut out = [0.0_f32; 8];
    interleave(&left, &left, 2, &mut out);
    let bits = |x: &[f32]| x.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    let wanted: Vec<f32> = left.iter().flat_map(|x| [*x, *x]).collect();
    assert_eq!(bits(&out), bits(&wanted));
}

#[test]
fn well_known_values_are_known() {
    assert_eq!(i16::of(1.0), 32_767);
    assert_eq!(i16::of(-1.0), -32_768);
    assert_eq!(i16::of(0.5), 16_384);
    assert_eq!(u8::of(0.0), 128);
    assert_eq!(u8::of(-1.0), 0);
    assert_eq!(u8::of(1.0), 255);
    assert_eq!(I24::of(1.0).inner(), 8_388_607);
    assert_eq!(U24::of(-1.0).inner(), 0);
    assert_eq!(i32::of(-1.0), i32::MIN);
    assert_eq!(u64::of(1.0), u64::MAX);
    assert_eq!(f64::of(0.1), f64::from(0.1_f32));
    // Half a step: to the even one.
    assert_eq!(i8::of(0.5 / 128.0), 0);
    assert_eq!(i8::of(1.5 / 128.0), 2);
    assert_eq!(i8::of(-2.5 / 128.0), -2);
}

#[test]
fn every_format_that_is_made_has_a_rank_of_its_own() {
    let made = [
        SampleFormat::F32,
        SampleFormat::F64,
        SampleFormat::I8,
        SampleFormat::I16,
        SampleFormat::I24,
        SampleFormat::I32,
        SampleFormat::I64,
        SampleFormat::U8,
        SampleFormat::U16,
        SampleFormat::U24,
        SampleFormat::U32,
        SampleFormat::U64,
    ];
    let mut ranks: Vec<u8> = made.iter().map(|format| rank(*format).unwrap()).collect();
    ranks.sort_unstable();
    assert_eq!(ranks, (0..12).collect::<Vec<u8>>());
    assert_eq!(rank(SampleFormat::DsdU8), None);
}
