//! What a musician who knows the specifications would look for first.

use testkit::SmfBuilder;

use crate::exclusive::real_time;
use crate::stage::{
    CHANNEL, KEY, assert_near, heard_with, long_note, piece, registered, render, steady,
};

#[test]
fn the_soft_pedal_takes_no_more_than_4_db() {
    for instrument in ["flute", "double-bass", "alto-sax"] {
        let arguments = ["--steady", "--instrument", instrument];
        let heard = heard_with(&arguments, &long_note(60, 700), |piece, channel| {
            piece.control(channel, 67, 127, 0)
        });
        let softer = heard.with.a_level_db(300..690) - heard.without.a_level_db(300..690);
        assert_near(instrument, softer, -4.0, 1.0);
    }
}

#[test]
fn coarse_tuning_sounds_as_loud_as_the_key_it_moves_to() {
    let mut worst = Vec::new();
    for instrument in ["flute", "double-bass", "alto-sax"] {
        let arguments = ["--steady", "--instrument", instrument];
        for (key, coarse) in [(60_u8, 12_i8), (72, -12), (60, 24), (48, 12), (69, 7)] {
            let value = (64 + coarse) as u8;
            let tuned = registered(long_note(key, 700), CHANNEL, 0, 2, (value, 0));
            let played = long_note(key.wrapping_add_signed(coarse), 700);
            let level = |p: &SmfBuilder| render(p, &arguments).a_level_db(300..690);
            let off = level(&tuned) - level(&played);
            worst.push(off.abs());
        }
    }
    assert!(worst.iter().all(|&x| x < 1.0), "{worst:?}");
}

#[test]
fn portamento_from_a_key_in_legato_takes_its_time() {
    let song = piece()
        .control(CHANNEL, 126, 1, 0)
        .control(CHANNEL, 68, 127, 0)
        .control(CHANNEL, 5, 64, 0)
        .note(CHANNEL, 69, 100, 10, 2_000)
        .control(CHANNEL, 84, 69, 490)
        .note(CHANNEL, 81, 100, 500, 2_000);
    let sound = steady(&song);
    assert_near("half way", sound.key_at(754), 75.0, 0.5);
}

#[test]
fn portamento_from_a_sounding_key_takes_its_voice() {
    // MIDI 1.0, "portamento control": a voice on the source key goes on, without a new attack.
    let song = piece()
        .control(CHANNEL, 5, 64, 0)
        .event(10, &[0x90 | CHANNEL, 69, 100])
        .control(CHANNEL, 84, 69, 490)
        .event(500, &[0x90 | CHANNEL, 81, 100])
        .end_of_track(2_000);
    let sound = steady(&song);
    let left = sound.key_level_db(1_500..1_900, 69) - sound.key_level_db(1_500..1_900, 81);
    assert!(left < -40.0, "{left}");
}

#[test]
fn real_time_tunings_move_sounding_notes() {
    let note = long_note(KEY, 1_000);
    let single = real_time(&[8, 2, 0, 1, KEY, KEY, 64, 0]);
    let cents = steady(&note.clone().system_exclusive(200, &single)).cents(300..1_000, 69.0);
    let mut scale = real_time(&[8, 8, 3, 127, 127]);
    scale.extend([64 + 50; 12]);
    let scaled = steady(&note.system_exclusive(200, &scale)).cents(300..1_000, 69.0);
    assert_near("single", cents, 50.0, 0.1);
    assert_near("scale", scaled, 50.0, 0.1);
}

#[test]
fn a_whole_message_in_an_escape_is_one() {
    let body = real_time(&[4, 1, 0, 40]);
    let note = long_note(KEY, 600);
    let escaped = [&[0xF0][..], &body, &[0xF7]].concat();
    assert!(
        steady(&note.clone().escape(200, &escaped)) == steady(&note.system_exclusive(200, &body))
    );
}
