//! Values that MIDI sends in two halves of seven bits.

/// A value of two data bytes, the most significant one counting whole steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FourteenBit {
    msb: u8,
    lsb: u8,
}

impl FourteenBit {
    pub(super) const fn new(msb: u8, lsb: u8) -> Self {
        Self { msb, lsb }
    }

    /// A new most significant byte starts from no least significant one (MIDI 1.0, "controllers 0
    /// to 31 and 32 to 63").
    pub(super) fn set_msb(&mut self, msb: u8) {
        *self = Self { msb, lsb: 0 };
    }

    pub(super) fn set_lsb(&mut self, lsb: u8) {
        self.lsb = lsb;
    }

    pub(super) fn msb(self) -> u8 {
        self.msb
    }

    pub(super) fn lsb(self) -> u8 {
        self.lsb
    }

    /// All fourteen bits, moved by `step` and held within 0..=16383.
    pub(super) fn moved_by(self, step: i16) -> Self {
        let bits = (i16::from(self.msb) << 7 | i16::from(self.lsb)) + step;
        let bits = bits.clamp(0, 0x3fff);
        Self::new((bits >> 7) as u8, (bits & 0x7f) as u8)
    }

    /// Steps of the most significant byte, with the least significant byte as a fraction: 0..128.
    pub(super) fn steps(self) -> f32 {
        f32::from(self.msb) + f32::from(self.lsb) / 128.0
    }

    /// As an amount, 0..=1.
    ///
    /// The scale is that of seven bits, so that 127 is 1 whether a least significant byte comes with
    /// it or not, and a sender of one byte is heard as if the other did not exist. Above 127 there
    /// is nothing left to refine: the last step's least significant bytes all mean 1.
    pub(super) fn unit(self) -> f32 {
        (self.steps() / 127.0).min(1.0)
    }

    /// As a position, -1..=1: 64 is the centre, and both 0 and 1 are -1 (MMA RP-036). The least
    /// significant byte refines as in [`unit`](Self::unit).
    pub(super) fn position(self) -> f32 {
        ((self.steps().max(1.0) - 64.0) / 63.0).min(1.0)
    }

    /// As an offset, -1..1, with 8192 of 16384 in the middle.
    pub(super) fn offset(self) -> f32 {
        (self.steps() - 64.0) / 64.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_byte_means_what_it_means_alone() {
        for value in 0..=127 {
            let both = FourteenBit::new(value, 0);
            assert_eq!(both.unit(), f32::from(value) / 127.0);
            assert_eq!(both.position(), (f32::from(value.max(1)) - 64.0) / 63.0);
        }
    }

    #[test]
    fn the_second_byte_refines_without_leaving_the_range() {
        let values = (0..=127).flat_map(|msb| (0..=127).map(move |lsb| FourteenBit::new(msb, lsb)));
        let (mut unit, mut position) = (0.0, -1.0);
        for value in values {
            assert!((unit..=1.0).contains(&value.unit()), "{value:?}");
            assert!((position..=1.0).contains(&value.position()), "{value:?}");
            (unit, position) = (value.unit(), value.position());
        }
        assert_eq!((unit, position), (1.0, 1.0));
        assert_eq!(FourteenBit::new(10, 64).unit(), 10.5 / 127.0);
    }

    #[test]
    fn moving_carries_and_stops_at_the_ends() {
        let value = FourteenBit::new(3, 127);
        assert_eq!(value.moved_by(1), FourteenBit::new(4, 0));
        assert_eq!(value.moved_by(1).moved_by(-1), value);
        assert_eq!(FourteenBit::new(0, 0).moved_by(-1), FourteenBit::new(0, 0));
        let top = FourteenBit::new(127, 127);
        assert_eq!(top.moved_by(1), top);
    }
}
