//! Short notes at odd times: each is heard a fixed time after it was sent.

use testkit::jack::JackServer;

use crate::place::Place;
use crate::rhythm::Lateness;
use crate::stage::{Attempt, Sent, connect, in_time, keys, quit, start, with_server};

const NOTES: u64 = 40;
/// How far apart notes are at the least, how long they last, and how long it is quiet before one, seconds.
const APART_S: f64 = 0.085;
const LENGTH_S: f64 = 0.025;
const QUIET_S: f64 = 0.005;
/// A note's first samples differ by more than this from one to the next, what rings of the one before by
/// less.
const LEAST_STEP: f32 = 1e-6;
/// What a constant delay may vary by.
const MOST_JITTER_S: f64 = 1e-3;

/// The notes' frames, and the messages: each note is cut off.
fn staccato(rate_hz: u32) -> (Vec<u64>, Vec<Sent>) {
    let frames = |seconds: f64| (seconds * f64::from(rate_hz)) as u64;
    let mut due = Vec::new();
    let mut sent: Vec<Sent> = Vec::new();
    let mut at = frames(APART_S);
    for note in 0..NOTES {
        let key = 60 + (note * 7 % 24) as u8;
        due.push(at);
        sent.push((at, vec![0x90, key, 100]));
        sent.push((at + frames(LENGTH_S), vec![0xb0, 120, 0]));
        // No step is a multiple of a period, and every place in it comes about.
        at += frames(APART_S) + note * note * 97 % 1531;
    }
    (due, sent)
}

/// The first frame from `from` on that is not as smooth as what rings.
fn onset(samples: &[f32], from: usize) -> Option<usize> {
    let steps = samples[from..].windows(2);
    let step = steps.map(|pair| (pair[1] - pair[0]).abs());
    step.into_iter()
        .position(|step| step > LEAST_STEP)
        .map(|at| from + at + 1)
}

/// Plays the notes; how late they were.
fn play(
    server: &JackServer,
    arguments: &[&str],
    judge: &dyn Fn(Lateness) -> Result<(), String>,
) -> Attempt {
    let place = Place::new();
    let keys = keys(server);
    let always = ["--room", "off", "--instrument", "flute"];
    let mut playing = start(&place, &[&always, arguments].concat());
    connect(&mut playing, &keys);
    let (due, sent) = staccato(server.rate_hz());
    let frames = |seconds: f64| (seconds * f64::from(server.rate_hz())) as u64;
    let end = due.last().unwrap() + frames(0.2);
    let recording = keys.play(sent, end).unwrap();
    let (_, summary) = quit(playing);
    assert_eq!(summary["notes"], NOTES);
    let late = due.iter().map(|&due| {
        // As early as another note could not ring any more.
        let from = (due - frames(QUIET_S)) as usize;
        let heard = onset(&recording.left, from).expect("every note is heard");
        heard as i64 - due as i64
    });
    Attempt::new(&recording, &summary, judge(Lateness::of(late)))
}

/// Whether the delay is the same for all.
fn steady(server: &JackServer, late: Lateness, what: &str) -> Result<(), String> {
    let most = (MOST_JITTER_S * f64::from(server.rate_hz())) as i64;
    match late.most - late.least <= most {
        true => Ok(()),
        false => Err(late.told(server, what)),
    }
}

fn a_period_later(test: &str, rate_hz: u32, period: u32) {
    with_server(test, rate_hz, period, |server| {
        let what = format!("{rate_hz} Hz, {NOTES} notes");
        let judge = |late: Lateness| {
            late.within_a_period(&server, &what)?;
            steady(&server, late, &what)
        };
        in_time(|| play(&server, &[], &judge));
    });
}

#[test]
fn a_period_later_at_44100_hz_and_64_frames() {
    a_period_later(
        "onsets::a_period_later_at_44100_hz_and_64_frames",
        44_100,
        64,
    );
}

#[test]
fn a_period_later_at_48000_hz_and_256_frames() {
    a_period_later(
        "onsets::a_period_later_at_48000_hz_and_256_frames",
        48_000,
        256,
    );
}

#[test]
fn a_period_later_at_44100_hz_and_1024_frames() {
    a_period_later(
        "onsets::a_period_later_at_44100_hz_and_1024_frames",
        44_100,
        1024,
    );
}

/// An even delay of any length, and none: then a note waits for the next period at the most.
#[test]
fn as_late_as_is_asked_for() {
    with_server("onsets::as_late_as_is_asked_for", 48_000, 256, |server| {
        let (period, wanted) = (256, 960);
        let judge = |late: Lateness| {
            let what = "20 ms later";
            let near = late.least.abs_diff(wanted) < 48 && late.most.abs_diff(wanted) < 48;
            let text = late.told(&server, what);
            near.then_some(()).ok_or(text)
        };
        in_time(|| play(&server, &["--midi-latency", "20"], &judge));
        let judge = |late: Lateness| {
            let near = late.least > -period && late.most <= period;
            let text = late.told(&server, "as soon as can be");
            near.then_some(()).ok_or(text)
        };
        in_time(|| play(&server, &["--midi-latency", "0"], &judge));
    });
}
