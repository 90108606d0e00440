//! System exclusive messages: the universal ones of MIDI 1.0 and who reads the makers' own.

use super::MidiDecoder;
use super::bank::Mode;
use super::fourteen_bit::FourteenBit;
use crate::event::Event;

/// Longer bodies are none of those that are understood (the longest, a key-based tuning dump, has
/// 407 bytes), so the time that a message takes is bounded.
const LONGEST_BODY: usize = 512;

const NON_REAL_TIME: u8 = 0x7e;
const REAL_TIME: u8 = 0x7f;
const ROLAND: u8 = 0x41;
const YAMAHA: u8 = 0x43;

impl MidiDecoder {
    /// Decodes one system exclusive message: the bytes between F0 and F7; an F7 at the end is
    /// tolerated. Device numbers are not compared. What is not understood, damaged (a byte above
    /// 127, a wrong Roland checksum) or longer than 512 bytes is ignored.
    ///
    /// Understood are General MIDI 1 and 2 on and off, master volume and tuning (MIDI 1.0, "device
    /// control"; CA-025), the MIDI Tuning Standard, and the parts of Roland's GS and Yamaha's XG
    /// that an [`Event`] exists for.
    ///
    /// # Realtime safety
    /// RT-safe if `emit` is.
    pub fn system_exclusive(&mut self, body: &[u8], emit: &mut dyn FnMut(Event)) {
        let body = body.strip_suffix(&[0xf7]).unwrap_or(body);
        if body.len() > LONGEST_BODY || body.iter().any(|byte| *byte > 127) {
            return;
        }
        match *body {
            // "General MIDI mode messages": 1 is level 1 on, 2 off, 3 level 2 on.
            [NON_REAL_TIME, _, 0x09, 0x01 | 0x02] => self.reset(Mode::Plain, emit),
            [NON_REAL_TIME, _, 0x09, 0x03] => self.reset(Mode::GeneralMidi2, emit),
            [REAL_TIME, _, 0x04, 0x01, lsb, msb] => emit(Event::MasterVolume {
                amount: FourteenBit::new(msb, lsb).unit(),
            }),
            [REAL_TIME, _, 0x04, 0x03, lsb, msb] => {
                self.master_fine_semitones = FourteenBit::new(msb, lsb).offset();
                emit(self.master_tuning());
            }
            [REAL_TIME, _, 0x04, 0x04, _, msb] => {
                self.master_coarse_semitones = f32::from(msb) - 64.0;
                emit(self.master_tuning());
            }
            [
                kind @ (NON_REAL_TIME | REAL_TIME),
                _,
                0x08,
                form,
                ref rest @ ..,
            ] => {
                super::tuning_standard::decode(kind == REAL_TIME, form, rest, emit);
            }
            // "DT1" (12) to the model GS (42).
            [ROLAND, _, 0x42, 0x12, ref rest @ ..] => self.roland_gs(rest, emit),
            [YAMAHA, device, ref rest @ ..] => self.yamaha(device, rest, emit),
            _ => {}
        }
    }

    /// -65.1..=64.1 semitones: fine within 1.03 (XG's is the widest), coarse within -64..=63.
    pub(super) fn master_tuning(&self) -> Event {
        Event::MasterTuning {
            semitones: self.master_coarse_semitones + self.master_fine_semitones,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn general_midi_resets_the_decoder_as_well() {
        for kind in 1..=3 {
            let mut decoder = MidiDecoder::new();
            for (controller, value) in [(101, 0), (100, 0), (6, 12), (0, 3)] {
                decoder.events([0xb0, controller, value]);
            }
            decoder.exclusive_events(&[0x7f, 0x7f, 0x04, 0x04, 0, 70]);
            let on = [0x7e, 0x10, 0x09, kind];
            assert_eq!(decoder.exclusive_events(&on), [Event::Reset]);
            assert_eq!(decoder.events([0xb0, 6, 24]), [], "no parameter selected");
            assert_eq!(
                decoder.events([0xe0, 0, 0]),
                [Event::PitchBend {
                    channel: 0,
                    semitones: -2.0
                }]
            );
            assert_eq!(
                decoder.events([0xc0, 1, 0]),
                [Event::Program {
                    channel: 0,
                    bank: 0,
                    program: 1
                }]
            );
            assert_eq!(
                decoder.exclusive_events(&[0x7f, 0x7f, 0x04, 0x03, 0, 64]),
                [Event::MasterTuning { semitones: 0.0 }]
            );
        }
    }

    #[test]
    fn master_volume_and_tuning() {
        let mut decoder = MidiDecoder::new();
        let mut control = |kind, lsb, msb| {
            let events = decoder.exclusive_events(&[0x7f, 0x7f, 0x04, kind, lsb, msb]);
            assert_eq!(events.len(), 1);
            events[0]
        };
        for (msb, amount) in [(0, 0.0), (64, 64.0 / 127.0), (127, 1.0)] {
            assert_eq!(control(1, 0, msb), Event::MasterVolume { amount });
        }
        assert_eq!(control(1, 127, 127), Event::MasterVolume { amount: 1.0 });
        for (kind, lsb, msb, semitones) in [
            (3, 0, 96, 0.5),
            (4, 0, 76, 12.5),
            (3, 0, 0, 11.0),
            (4, 0, 0, -65.0),
            (3, 0, 64, -64.0),
        ] {
            assert_eq!(
                control(kind, lsb, msb),
                Event::MasterTuning { semitones },
                "{kind} {msb}"
            );
        }
    }

    #[test]
    fn an_f7_at_the_end_is_tolerated() {
        let mut decoder = MidiDecoder::new();
        assert_eq!(
            decoder.exclusive_events(&[0x7e, 0x7f, 0x09, 0x01, 0xf7]),
            [Event::Reset]
        );
    }

    #[test]
    fn what_is_not_understood_is_ignored() {
        let mut decoder = MidiDecoder::new();
        // A tuning dump but for its length.
        let long = [&[0x7e, 0, 0x08, 0x01][..], &[33; LONGEST_BODY]].concat();
        for body in [
            &[][..],
            &[0xf7],
            &[0x7e],
            &[0x7e, 0x7f, 0x09],
            &[0x7e, 0x7f, 0x09, 0x04],
            &[0x7e, 0x7f, 0x09, 0x81],
            &[0x7e, 0x7f, 0x06, 0x01],
            &[0x7f, 0x7f, 0x04, 0x02, 0, 64],
            &[0x7f, 0x7f, 0x04, 0x01, 0],
            &[0x7d, 1, 2, 3],
            &long,
        ] {
            assert_eq!(decoder.exclusive_events(body), [], "{body:?}");
        }
    }
}
