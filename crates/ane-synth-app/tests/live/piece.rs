//! A piece sent through JACK: what the server hears is what the log makes again, sample for sample.

use std::path::Path;

use testkit::jack::{JackServer, Recording};
use testkit::{SmfBuilder, Wav, onset_index};

use crate::place::Place;
use crate::rhythm::Lateness;
use crate::stage::{
    Attempt, Sent, connect, in_time, keys, messages, note_samples, quit, start, with_server,
};

/// What recording and replay may differ by, re full scale.
const MOST_DIFFERENCE: f64 = 1e-5;

/// Five channels on several programs: chords under a pedal, a melody that bends and swells, drums,
/// struck keys and long ones, a master volume, a reset at the end.
fn score() -> Vec<u8> {
    // A tick is a millisecond.
    let mut score = SmfBuilder::new(1, 500)
        .running_status(true)
        .tempo(0, 500_000)
        .system_exclusive(0, &[0x7e, 0x7f, 0x09, 0x01]);
    for (channel, program) in [(0, 48), (1, 73), (2, 42), (3, 56)] {
        score = score.track().program(channel, program, 20);
        score = score.control(channel, 7, 90, 21);
        score = score.control(channel, 10, 30 + 20 * channel, 21);
    }
    for bar in 0..4_u32 {
        let begin = 100 + 1000 * bar;
        score = score.control(0, 64, 127, begin);
        for (key, late) in [(48, 0), (55, 7), (60, 13), (64, 22)] {
            let key = key + [0, 5, 7, 0][bar as usize];
            score = score.note(0, key, 60 + 2 * key / 3, begin + late, begin + 400 + late);
        }
        score = score.control(0, 64, 0, begin + 950);
        for step in 0..8_u32 {
            let at = begin + 125 * step;
            let key = 72 + [0, 4, 7, 12, 11, 7, 4, 2][step as usize];
            score = score.note(1, key, 50 + 9 * step as u8, at, at + 110);
            score = score.control(1, 1, 12 * step as u8, at + 30);
            score = score.bend(1, 8192 + 400 * step as u16, at + 50);
        }
        for step in 0..40_u32 {
            let expression = 40 + 2 * step as u8;
            score = score.control(2, 11, expression, begin + 25 * step);
        }
        score = score.note(2, 36 + bar as u8, 100, begin, begin + 990);
        score = score.channel_pressure(2, 30 * bar as u8, begin + 500);
        score = score.note(3, 67, 127, begin + 333, begin + 350);
        score = score.key_pressure(3, 67, 90, begin + 340);
        score = score.note(9, 38, 100, begin + 500, begin + 510);
    }
    score
        .system_exclusive(2600, &[0x7f, 0x7f, 0x04, 0x01, 0x00, 0x60])
        .end_of_track(4300)
        .build()
}

/// Plays `sent` and compares what the server heard, from the beginning on, with what the log makes.
fn play_and_compare(server: &JackServer, sent: &[Sent], frames: u64, what: &str) -> Attempt {
    let place = Place::new();
    let keys = keys(server);
    let mut playing = start(&place, &["--room", "0.3"]);
    connect(&mut playing, &keys);
    let recording = keys.play(sent.to_vec(), frames).unwrap();
    let (_, summary) = quit(playing);
    for (count, wanted) in [
        ("midi_messages", sent.len()),
        ("midi_lost", 0),
        ("lost_events", 0),
    ] {
        assert_eq!(summary[count], wanted, "{what}: {count}");
    }
    let played = place.assert_replays(&[]);
    let verdict = compare(&recording, &played, what).and_then(|lag| {
        let note = |bytes: &[u8]| bytes[0] & 0xf0 == 0x90 && bytes[2] > 0;
        let due = sent.iter().filter(|(_, bytes)| note(bytes));
        let heard = note_samples(&place).into_iter();
        let late = due
            .zip(heard)
            .map(|((due, _), sample)| sample as i64 - lag as i64 - *due as i64);
        Lateness::of(late).within_a_period(server, what)
    });
    Attempt::new(&recording, &summary, verdict)
}

/// Compares every sample of the recording; the sample of the engine that its first one is.
fn compare(recording: &Recording, played: &Wav, what: &str) -> Result<usize, String> {
    let heard = [&recording.left, &recording.right];
    let heard_at = onset_index(heard[0]).expect(what);
    let played_at = onset_index(&played.channels[0]).expect(what);
    assert!(played_at >= heard_at, "{what}: it was silent before");
    let lag = played_at - heard_at;
    let mut power = 0.0;
    let mut most: f64 = 0.0;
    for (heard, played) in heard.iter().zip(&played.channels) {
        let played = &played[lag..];
        assert!(played.len() >= heard.len(), "{what}: it played on");
        for (heard, played) in heard.iter().zip(played) {
            let difference = f64::from(*heard) - f64::from(*played);
            most = most.max(difference.abs());
            power += difference * difference;
        }
    }
    let rms = (power / (2 * heard[0].len()) as f64).sqrt();
    let text = format!(
        "{what}: {} frames, difference at most {:.1} dB, RMS {:.1} dB re full scale",
        heard[0].len(),
        20.0 * most.log10(),
        20.0 * rms.log10()
    );
    println!("{text}");
    if most < MOST_DIFFERENCE {
        return Ok(lag);
    }
    Err(text)
}

/// Plays the score on a server.
fn play_score(test: &str, rate_hz: u32, period: u32) {
    with_server(test, rate_hz, period, |server| {
        let sent = messages(&score(), rate_hz, f64::INFINITY);
        let what = format!("{rate_hz} Hz, {period} frames");
        let frames = 5 * u64::from(rate_hz);
        in_time(|| play_and_compare(&server, &sent, frames, &what));
    });
}

#[test]
fn at_44100_hz_64_frames_a_period() {
    play_score("piece::at_44100_hz_64_frames_a_period", 44_100, 64);
}

#[test]
fn at_44100_hz_1024_frames_a_period() {
    play_score("piece::at_44100_hz_1024_frames_a_period", 44_100, 1024);
}

#[test]
fn at_48000_hz_64_frames_a_period() {
    play_score("piece::at_48000_hz_64_frames_a_period", 48_000, 64);
}

#[test]
fn at_48000_hz_256_frames_a_period() {
    play_score("piece::at_48000_hz_256_frames_a_period", 48_000, 256);
}

#[test]
fn a_movement_for_strings() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/midi");
    let Ok(file) = std::fs::read(folder.join("k525MIDIMvt1.mid")) else {
        println!("skipped: ../shared/midi/k525MIDIMvt1.mid is absent");
        return;
    };
    let (rate_hz, end_s) = (44_100, 20);
    with_server("piece::a_movement_for_strings", rate_hz, 256, |server| {
        let sent = messages(&file, rate_hz, f64::from(end_s));
        let frames = u64::from(rate_hz * end_s);
        in_time(|| play_and_compare(&server, &sent, frames, "K. 525"));
    });
}
