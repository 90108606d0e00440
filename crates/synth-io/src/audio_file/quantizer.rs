//! From floats to integers.

/// Makes integers of samples and counts those that do not fit.
pub(super) struct Quantizer {
    scale: f64,
    clipped: u64,
}

impl Quantizer {
    /// For integers of `bits` bits, at most 32.
    pub(super) fn new(bits: u16) -> Self {
        Self {
            scale: f64::powi(2.0, i32::from(bits) - 1),
            clipped: 0,
        }
    }

    /// `round(sample * 2^(bits-1))`, clamped to what the bits hold; 0 for what is not finite.
    pub(super) fn integer(&mut self, sample: f32) -> i32 {
        // f64 holds the product and a half exactly.
        let rounded = (f64::from(sample) * self.scale).round();
        if rounded >= -self.scale && rounded < self.scale {
            return rounded as i32;
        }
        self.clipped += 1;
        if sample.is_finite() {
            rounded.clamp(-self.scale, self.scale - 1.0) as i32
        } else {
            0
        }
    }

    /// How many samples did not fit so far.
    pub(super) fn clipped(&self) -> u64 {
        self.clipped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integer(sample: f32, bits: u16) -> (i32, u64) {
        let mut quantizer = Quantizer::new(bits);
        (quantizer.integer(sample), quantizer.clipped())
    }

    #[test]
    fn integers_round_to_the_nearest_and_clamp() {
        let cases = [
            (0.0, 0, 0),
            (1.0, 32767, 1),
            (32767.4 / 32768.0, 32767, 0),
            (-1.0, -32768, 0),
            (2.0, 32767, 1),
            (-9.0, -32768, 1),
            (0.4 / 32768.0, 0, 0),
            (0.6 / 32768.0, 1, 0),
            (-0.6 / 32768.0, -1, 0),
        ];
        for (sample, expected, clipped) in cases {
            assert_eq!(integer(sample, 16), (expected, clipped), "{sample}");
        }
        assert_eq!(integer(1.0, 24), (8_388_607, 1));
        assert_eq!(integer(-1.0, 24), (-8_388_608, 0));
        for sample in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            assert_eq!(integer(sample, 24), (0, 1));
        }
    }
}
