//! A server that is not there, ends, dies or comes back another: the program plays on, and is heard again.

use std::process::{Command, Stdio};

use synth_engine::Event;
use testkit::jack::{JackServer, apart};
use testkit::{note_hz, pitch_hz};

use crate::place::{LOG, Place, Playing, RECORDING, peak_at_end};
use crate::stage::{OPENED, connect, connect_sound, keys, quit, start, with_server};

const RATE_HZ: u32 = 44_100;
const PERIOD: u32 = 256;
/// Said whenever a device is played on.
const DEVICE: &str = "audio device: JACK";
const UNHEARD: &str = "playing on unheard until there is one again";
/// What a note may be off by; 44.1 kHz for 48 kHz would be 147 cents.
const MOST_CENTS: f64 = 30.0;
/// Instruments that hold a note as it is.
const EVEN: [&str; 4] = ["--room", "off", "--instrument", "church-organ"];

/// What is refused must leave nothing behind.
const PLAYS: [&str; 4] = ["play", "--plain", "--audio-device", "jack"];
const KEEPS: [&str; 4] = ["--record", RECORDING, "--event-log", LOG];

/// Plays A4 by a line and C4 by MIDI, both held.
fn hold_notes(playing: &mut Playing<'_>, server: &JackServer) {
    let keys = keys(server);
    connect(playing, &keys);
    playing.say("on a4 100\n");
    keys.play(vec![(10, vec![0x90, 60, 100])], 100).unwrap();
    for wanted in [60, 69] {
        playing
            .wait_for_event(|event| matches!(event, Event::NoteOn { key, .. } if *key == wanted));
    }
}

/// The program notices that the server has ended, goes on, and lets go of what the MIDI port held.
fn notice_the_end(playing: &mut Playing<'_>) {
    playing.wait_for_word(UNHEARD);
    playing.wait_for_word("keys:midi_out is gone; what it held is let go");
    playing.wait_for_event(|event| matches!(event, Event::NoteOff { key: 60, .. }));
    playing.say("status\n");
    playing.wait_for_word("status: unheard, ");
}

/// The program is heard by the server again, and hears it: the note that was held by a line sounds still,
/// and a new one sounds beside it.
fn play_again(playing: &mut Playing<'_>, server: &JackServer) {
    let keys = keys(server);
    playing.wait_for_words(OPENED, 2);
    playing.wait_for_words(DEVICE, 2);
    connect_sound(&keys);
    let rate_hz = server.rate_hz();
    let held = keys.play(Vec::new(), u64::from(rate_hz)).unwrap();
    let pitch = pitch_hz(&held.left[100..], f64::from(rate_hz), note_hz(69.0));
    let cents = 1200.0 * (pitch / note_hz(69.0)).log2();
    println!("at {rate_hz} Hz the note that is held is off by {cents:+.1} cents");
    assert!(cents.abs() < MOST_CENTS, "{pitch} Hz");

    let sent = vec![(10, vec![0xb0, 123, 0]), (12_000, vec![0x90, 76, 100])];
    let beside = keys.play(sent, u64::from(rate_hz)).unwrap();
    let pitch = pitch_hz(&beside.left[16_000..], f64::from(rate_hz), note_hz(76.0));
    let cents = 1200.0 * (pitch / note_hz(76.0)).log2();
    assert!(cents.abs() < MOST_CENTS, "{pitch} Hz");
    playing.say("off a4\n");
}

/// Held notes outlive a server that ends in its way, and are heard by the next.
fn outlive(end: fn(&mut JackServer), mut server: JackServer) {
    let place = Place::new();
    let mut playing = start(&place, &EVEN);
    hold_notes(&mut playing, &server);
    end(&mut server);
    notice_the_end(&mut playing);
    // The next has its name, and takes its place even if it could not clean up.
    let next = JackServer::start(RATE_HZ, PERIOD).unwrap();
    play_again(&mut playing, &next);
    let (_, summary) = quit(playing);
    assert_eq!(summary["sample_rate_hz"], RATE_HZ);
    assert_eq!(summary["kept_frames"], summary["frames"]);
    place.assert_replays(&[]);
}

#[test]
fn a_server_that_ends_is_outlived() {
    let test = "servers::a_server_that_ends_is_outlived";
    with_server(test, RATE_HZ, PERIOD, |server| {
        outlive(JackServer::stop, server)
    });
}

#[test]
fn a_server_that_dies_is_outlived() {
    let test = "servers::a_server_that_dies_is_outlived";
    with_server(test, RATE_HZ, PERIOD, |server| {
        outlive(JackServer::kill, server)
    });
}

#[test]
fn a_server_of_another_rate_is_played_on() {
    let test = "servers::a_server_of_another_rate_is_played_on";
    with_server(test, RATE_HZ, PERIOD, |mut server| {
        let place = Place::new();
        let mut playing = start(&place, &EVEN);
        hold_notes(&mut playing, &server);
        server.stop();
        notice_the_end(&mut playing);
        let next = JackServer::start(48_000, 512).unwrap();
        play_again(&mut playing, &next);
        let (played, summary) = quit(playing);
        assert!(
            played.stderr.contains("sample rate: 48000 Hz"),
            "{}",
            played.stderr
        );
        assert!(
            played
                .stderr
                .contains("the recording and the event log end here")
        );
        assert_eq!(summary["sample_rate_hz"], 48_000);
        assert_eq!(place.names(), [LOG, RECORDING]);
        let kept = place.assert_replays(&[]);
        assert_eq!(kept.sample_rate_hz, RATE_HZ);
        assert!(peak_at_end(&kept, 1000) > 1e-3, "the note was sounding");
    });
}

#[test]
fn another_period_is_followed() {
    let test = "servers::another_period_is_followed";
    with_server(test, RATE_HZ, PERIOD, |server| {
        let place = Place::new();
        let mut playing = start(&place, &EVEN);
        let keys = keys(&server);
        connect(&mut playing, &keys);
        for period in [PERIOD, 1024, 64] {
            let status = Command::new("jack_bufsize")
                .arg(period.to_string())
                .stdout(Stdio::null())
                .status();
            assert!(status.unwrap().success(), "jack_bufsize {period}");
            // The clock has a moment to settle, then a note that is cut off.
            let sent = vec![(20_011, vec![0x90, 60, 100]), (30_000, vec![0xb0, 120, 0])];
            let heard = keys.play(sent, u64::from(RATE_HZ)).unwrap();
            let begun = heard.left[20_000..].iter().position(|x| x.abs() > 1e-6);
            let late = begun.expect("it is heard") as i64 - 11;
            println!("{late} frames after it was sent, period {period}");
            assert!(
                (0..i64::from(period) + 44).contains(&late),
                "{late} {period}"
            );
        }
        quit(playing);
        place.assert_replays(&[]);
    });
}

#[test]
fn without_a_server_one_line_says_what_to_do() {
    apart("servers::without_a_server_one_line_says_what_to_do", || {
        let place = Place::new();
        for arguments in [&PLAYS[..], &[&PLAYS[..], &KEEPS].concat()] {
            let line = place.refuse(arguments);
            assert!(line.contains("no JACK server answers; start one"), "{line}");
            assert!(line.contains("--audio-device null"), "{line}");
        }
    });
}

#[test]
fn what_a_server_does_not_have_is_refused_or_told() {
    let test = "servers::what_a_server_does_not_have_is_refused_or_told";
    with_server(test, RATE_HZ, PERIOD, |server| {
        let place = Place::new();
        let keys = keys(&server);
        let asks = ["--midi", "no such keyboard"];
        let line = place.refuse(&[&PLAYS[..], &KEEPS, &asks].concat());
        assert!(
            line.contains("no such keyboard") && line.contains("keys:midi_out"),
            "{line}"
        );
        // Another rate than the server's is told, and the server's is played at.
        let mut playing = start(&place, &["--sample-rate", "96000", "--buffer", "64"]);
        playing.wait_for_word("96000");
        connect(&mut playing, &keys);
        let (_, summary) = quit(playing);
        assert_eq!(summary["sample_rate_hz"], RATE_HZ);
        assert_eq!(summary["buffer"], PERIOD);
    });
}
