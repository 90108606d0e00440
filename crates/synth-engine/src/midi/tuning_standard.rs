//! The MIDI Tuning Standard (MIDI 1.0, "MIDI tuning"; CA-020, CA-021 and RP-020).
//!
//! There is one table of keys, for all channels: tunings of single keys go into it whatever tuning
//! program and bank they name, and the parameters that select programs and banks are not heeded.
//! Checksums of dumps are not compared: makers disagree on what they sum up, and the standard lets a
//! receiver ignore them. A message that ends early loses its unfinished entry, not the others.

use crate::event::{CHANNELS, Event};

/// Keys of a dump.
const KEYS: usize = 128;
/// Bytes of a tuning's name in a dump.
const NAME: usize = 16;
const PITCH_CLASSES: usize = 12;

/// Decodes what follows `08`: the form and its data, all bytes below 128. What comes in real time
/// also moves the notes that sound (CA-021).
pub(super) fn decode(real_time: bool, form: u8, data: &[u8], emit: &mut dyn FnMut(Event)) {
    let mut tuned = false;
    tunings(real_time, form, data, &mut |event| {
        tuned = true;
        emit(event);
    });
    if real_time && tuned {
        emit(Event::Retune);
    }
}

fn tunings(real_time: bool, form: u8, data: &[u8], emit: &mut dyn FnMut(Event)) {
    match (real_time, form, data) {
        // Bulk tuning dump: program, name; with a bank before the program from CA-020 on.
        (false, 0x01, [_, rest @ ..]) | (false, 0x04, [_, _, rest @ ..]) => {
            let frequencies = rest.get(NAME..).unwrap_or_default();
            for (key, frequency) in (0..).zip(frequencies.chunks_exact(3).take(KEYS)) {
                key_tuning(key, frequency, emit);
            }
        }
        // Single note tuning change: program, count; with a bank before the program from CA-020 on.
        (true, 0x02, [_, count, changes @ ..]) | (_, 0x07, [_, _, count, changes @ ..]) => {
            for change in changes.chunks_exact(4).take(usize::from(*count)) {
                key_tuning(change[0], &change[1..], emit);
            }
        }
        // Scale/octave tuning in one byte, cents above 64, or in two, 100 cents above 8192 of 16384.
        (_, 0x08, [high, middle, low, offsets @ ..]) if offsets.len() == PITCH_CLASSES => {
            scale_tuning([*high, *middle, *low], emit, |class| {
                (f32::from(offsets[class]) - 64.0) / 100.0
            });
        }
        (_, 0x09, [high, middle, low, offsets @ ..]) if offsets.len() == 2 * PITCH_CLASSES => {
            scale_tuning([*high, *middle, *low], emit, |class| {
                let (msb, lsb) = (offsets[2 * class], offsets[2 * class + 1]);
                super::fourteen_bit::FourteenBit::new(msb, lsb).offset()
            });
        }
        _ => {}
    }
}

/// A frequency is a key of equal temperament and a 14-bit fraction of a semitone above it; all ones
/// is "no change". -127..=128 semitones.
fn key_tuning(key: u8, frequency: &[u8], emit: &mut dyn FnMut(Event)) {
    let &[semitone, msb, lsb] = frequency else {
        return;
    };
    if [semitone, msb, lsb] == [0x7f; 3] {
        return;
    }
    let fraction = f32::from(u16::from(msb) << 7 | u16::from(lsb)) / 16384.0;
    emit(Event::KeyTuning {
        key,
        semitones: f32::from(semitone) - f32::from(key) + fraction,
    });
}

/// The channels are bits, channel 1 the lowest bit of the last byte, seven to a byte.
fn scale_tuning(channels: [u8; 3], emit: &mut dyn FnMut(Event), offset: impl Fn(usize) -> f32) {
    let [high, middle, low] = channels.map(u32::from);
    let mask = high << 14 | middle << 7 | low;
    for channel in (0..CHANNELS as u8).filter(|channel| mask & (1 << channel) != 0) {
        for class in 0..PITCH_CLASSES {
            emit(Event::PitchClassTuning {
                channel,
                pitch_class: class as u8,
                semitones: offset(class),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::MidiDecoder;
    use super::*;

    fn events(head: &[u8], data: &[u8]) -> Vec<Event> {
        MidiDecoder::new().exclusive_events(&[head, data].concat())
    }

    fn key(key: u8, semitones: f32) -> Event {
        Event::KeyTuning { key, semitones }
    }

    #[test]
    fn single_notes_change() {
        let changes = [
            [60, 60, 64, 0],
            [69, 68, 127, 127],
            [61, 127, 127, 127],
            [0, 127, 0, 0],
        ]
        .concat();
        let expected = [key(60, 0.5), key(69, -1.0 / 16384.0), key(0, 127.0)];
        let at_once = [&expected[..], &[Event::Retune]].concat();
        assert_eq!(events(&[0x7f, 0x7f, 8, 2, 0, 4], &changes), at_once);
        assert_eq!(events(&[0x7f, 0x7f, 8, 7, 1, 0, 4], &changes), at_once);
        assert_eq!(events(&[0x7e, 0x7f, 8, 7, 1, 0, 4], &changes), expected);
        assert_eq!(events(&[0x7e, 0x7f, 8, 2, 0, 4], &changes), []);
        assert_eq!(
            events(&[0x7f, 0x7f, 8, 2, 0, 1], &changes),
            [key(60, 0.5), Event::Retune],
            "as many as it says"
        );
        assert_eq!(
            events(&[0x7f, 0x7f, 8, 2, 0, 4], &changes[..7]),
            [key(60, 0.5), Event::Retune],
            "as many as are there"
        );
    }

    #[test]
    fn a_dump_tunes_every_key() {
        let table: Vec<u8> = (0..128).flat_map(|key| [key, 32, 0]).collect();
        let name = *b"a quarter higher";
        for head in [&[0x7e, 0, 8, 1, 5][..], &[0x7e, 0, 8, 4, 2, 5]] {
            let data = [&name[..], &table, &[99]].concat();
            let all = events(head, &data);
            // The last key's frequency is not the "no change" of all ones.
            let expected: Vec<_> = (0..128).map(|number| key(number, 0.25)).collect();
            assert_eq!(all, expected, "a checksum that is wrong");
            assert_eq!(events(head, &data[..16 + 7]).len(), 2, "a dump cut short");
            assert_eq!(events(head, &data[..10]), []);
        }
    }

    #[test]
    fn scales_reach_the_channels_of_the_mask() {
        let cents: Vec<u8> = (58..70).collect();
        let expected = |channels: &[u8]| -> Vec<Event> {
            let each = channels.iter().flat_map(|&channel| {
                (0..12).map(move |pitch_class| Event::PitchClassTuning {
                    channel,
                    pitch_class,
                    semitones: (f32::from(pitch_class) - 6.0) / 100.0,
                })
            });
            each.collect()
        };
        for kind in [0x7e, 0x7f] {
            for (mask, channels) in [
                ([0, 0, 1], &[0][..]),
                ([0, 1, 0x40], &[6, 7]),
                ([0x03, 0x40, 0], &[13, 14, 15]),
                ([0x7c, 0, 0], &[]),
            ] {
                let body = [&[kind, 0x7f, 8, 8][..], &mask].concat();
                let mut expected = expected(channels);
                if kind == 0x7f && !channels.is_empty() {
                    expected.push(Event::Retune);
                }
                assert_eq!(events(&body, &cents), expected, "{mask:?}");
            }
        }
        assert_eq!(events(&[0x7f, 0x7f, 8, 8, 3, 127, 127], &cents).len(), 193);
        assert_eq!(events(&[0x7f, 0x7f, 8, 8, 0, 0, 1], &cents[..11]), []);
    }

    #[test]
    fn scales_in_two_bytes_are_finer() {
        let mut data = [64, 0].repeat(12);
        data[..4].copy_from_slice(&[0, 0, 127, 127]);
        let tuned = events(&[0x7e, 0x7f, 8, 9, 0, 0, 1], &data);
        let semitones: Vec<f32> = tuned
            .iter()
            .map(|event| match event {
                Event::PitchClassTuning { semitones, .. } => *semitones,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(semitones[..3], [-1.0, 8191.0 / 8192.0, 0.0]);
        assert_eq!(semitones.len(), 12);
    }
}
