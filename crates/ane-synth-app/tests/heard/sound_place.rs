//! The four ways to set a sound controller: its number, a non-registered parameter, and the part
//! parameters of GS and XG.

use testkit::SmfBuilder;

use crate::exclusive::{gs_part, xg_part};
use crate::stage::{CHANNEL, render};

/// Where a sound controller is kept.
#[derive(Debug)]
pub(crate) struct SoundPlace {
    pub(crate) controller: u8,
    /// Least significant byte of the NRPN; the other is 1.
    nrpn: u8,
    /// Of `40 1x`.
    gs: u8,
    /// Of `08 pp`.
    xg: u8,
}

const fn place(controller: u8, nrpn: u8, gs: u8, xg: u8) -> SoundPlace {
    SoundPlace {
        controller,
        nrpn,
        gs,
        xg,
    }
}

pub(crate) const RELEASE_TIME: SoundPlace = place(72, 0x66, 0x36, 0x1C);
pub(crate) const ATTACK_TIME: SoundPlace = place(73, 0x63, 0x34, 0x1A);
pub(crate) const BRIGHTNESS: SoundPlace = place(74, 0x20, 0x32, 0x18);
pub(crate) const VIBRATO_RATE: SoundPlace = place(76, 0x08, 0x30, 0x15);
pub(crate) const VIBRATO_DEPTH: SoundPlace = place(77, 0x09, 0x31, 0x16);
pub(crate) const VIBRATO_DELAY: SoundPlace = place(78, 0x0A, 0x37, 0x17);

impl SoundPlace {
    /// Set by number, at the piece's beginning.
    pub(crate) fn set(&self, piece: SmfBuilder, channel: u8, value: u8) -> SmfBuilder {
        piece.control(channel, self.controller, value, 0)
    }

    /// The other three ways sound like the first.
    pub(crate) fn assert_ways_agree(&self, piece: &SmfBuilder, arguments: &[&str], value: u8) {
        let sound = |piece: SmfBuilder| render(&piece, arguments);
        let by_number = sound(self.set(piece.clone(), CHANNEL, value));
        let piece = || piece.clone();
        let nrpn = piece()
            .control(CHANNEL, 99, 1, 0)
            .control(CHANNEL, 98, self.nrpn, 0)
            .control(CHANNEL, 6, value, 0);
        assert!(sound(nrpn) == by_number, "NRPN of {self:?}");
        let gs = gs_part(0x10, CHANNEL, self.gs, &[value]);
        assert!(
            sound(piece().system_exclusive(0, &gs)) == by_number,
            "GS, {self:?}"
        );
        let xg = xg_part(CHANNEL, self.xg, &[value]);
        assert!(
            sound(piece().system_exclusive(0, &xg)) == by_number,
            "XG, {self:?}"
        );
    }
}
