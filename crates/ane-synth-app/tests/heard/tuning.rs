//! Scales: the MIDI Tuning Standard, and the scale tunings of GS and XG parts.

use testkit::SmfBuilder;

use crate::exclusive::{gs_part, real_time, xg_part};
use crate::stage::{CHANNEL, KEY, OTHER, assert_near, heard, long_note, steady};

const END: u32 = 850;
const CENTS: f64 = 0.05;
/// Pitch class of [`KEY`].
const A: usize = 9;

fn cents(piece: &SmfBuilder) -> f64 {
    steady(piece).cents(250..END, f64::from(KEY))
}

/// Three bytes, one bit a channel.
fn only(channel: u8) -> [u8; 3] {
    let bits = 1_u32 << channel;
    [
        (bits >> 14) as u8,
        (bits >> 7 & 0x7F) as u8,
        (bits & 0x7F) as u8,
    ]
}

/// Scale/octave tuning in one byte, everything 64 but one pitch class.
fn octave(kind: u8, channel: u8, class: usize, value: u8) -> Vec<u8> {
    let mut body = vec![kind, 0x7F, 0x08, 0x08];
    body.extend(only(channel));
    let mut classes = [64; 12];
    classes[class] = value;
    body.extend(classes);
    body
}

/// The same in two bytes.
fn fine_octave(kind: u8, channel: u8, class: usize, value: (u8, u8)) -> Vec<u8> {
    let mut body = vec![kind, 0x7F, 0x08, 0x09];
    body.extend(only(channel));
    let mut classes = [(64, 0); 12];
    classes[class] = value;
    body.extend(classes.iter().flat_map(|&(msb, lsb)| [msb, lsb]));
    body
}

/// A message that is told its channel moves A by so much, and not when it is about B flat.
fn assert_scale(what: &str, expected: f64, message: impl Fn(u8, usize) -> Vec<u8>) {
    let note = long_note(KEY, END);
    let heard = heard(&note, |piece, channel| {
        piece.system_exclusive(0, &message(channel, A))
    });
    let measured = heard.with.cents(250..END, f64::from(KEY));
    assert_near(what, measured, expected, CENTS);
    let with = note.system_exclusive(0, &message(CHANNEL, A + 1));
    assert_near(&format!("{what}, B flat"), cents(&with), 0.0, CENTS);
}

#[test]
fn scales_tune_their_pitch_class_on_their_channels() {
    for kind in [0x7E, 0x7F] {
        assert_scale("one byte", -14.0, |channel, class| {
            octave(kind, channel, class, 64 - 14)
        });
        assert_scale("two bytes", 50.0 + 100.0 / 128.0, |channel, class| {
            fine_octave(kind, channel, class, (96, 64))
        });
    }
    assert_scale("GS", 33.0, |channel, class| {
        gs_part(0x10, channel, 0x40 + class as u8, &[64 + 33])
    });
    assert_scale("XG", -64.0, |channel, class| {
        xg_part(channel, 0x41 + class as u8, &[0])
    });
}

#[test]
fn a_whole_gs_scale_comes_in_one_message() {
    let mut cents_of = [64; 12];
    cents_of[A] = 64 - 16;
    let note = long_note(KEY, END);
    let with = note.system_exclusive(0, &gs_part(0x10, CHANNEL, 0x40, &cents_of));
    assert_near("Arabic or not", cents(&with), -16.0, CENTS);
}

/// A key of equal temperament and 14 bits of a semitone above it.
const QUARTER_HIGHER: [u8; 3] = [KEY, 32, 0];

#[test]
fn single_notes_are_tuned_on_every_channel() {
    let real_time_form = real_time(&[&[8, 2, 0, 1, KEY][..], &QUARTER_HIGHER].concat());
    let with_bank = real_time(&[&[8, 7, 0, 0, 1, KEY][..], &QUARTER_HIGHER].concat());
    let mut not_real_time = with_bank.clone();
    not_real_time[0] = 0x7E;
    for body in [real_time_form, with_bank, not_real_time] {
        for channel in [0, CHANNEL, OTHER] {
            let note = crate::stage::piece().note(channel, KEY, 100, 10, END);
            let with = note.system_exclusive(0, &body);
            assert_near("single note", cents(&with), 25.0, CENTS);
        }
        let neighbour = long_note(KEY + 1, END).system_exclusive(0, &body);
        let sound = steady(&neighbour);
        let off = sound.cents(250..END, f64::from(KEY + 1));
        assert_near("the key beside it", off, 0.0, CENTS);
    }
}

#[test]
fn a_dump_tunes_all_keys() {
    let mut body = vec![0x7E, 0x7F, 0x08, 0x01, 0];
    body.extend(*b"two steps higher");
    for key in 0..128_u8 {
        body.extend([(key + 2).min(127), 0, 0]);
    }
    body.push(0);
    let with = long_note(KEY, END).system_exclusive(0, &body);
    let off = steady(&with).cents(250..END, f64::from(KEY + 2));
    assert_near("dump", off, 0.0, CENTS);
}

#[test]
fn tunings_add_up() {
    let with = long_note(KEY, END)
        .system_exclusive(0, &octave(0x7F, CHANNEL, A, 64 + 20))
        .system_exclusive(
            0,
            &real_time(&[&[8, 2, 0, 1, KEY][..], &QUARTER_HIGHER].concat()),
        )
        .bend(CHANNEL, 8_192 + 2_048, 0);
    assert_near("scale, key and bend", cents(&with), 95.0, CENTS);
}
