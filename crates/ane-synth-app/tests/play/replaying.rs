//! What was recorded is made again out of the event log, bit for bit.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use synth_engine::Event;
use synth_io::audio_file::decode_audio;
use testkit::{SampleKind, Wav};

use crate::place::{ANE_SYNTH, LOG, Place, RECORDING, assert_same_bits, peak, with_defaults};

/// Every command that makes an event, most of them while notes sound.
const EVERYTHING: &str = "\
gate 0.04
q 2 w 3 e
velocity 127
qet zcb
velocity 30
octave -2
q m
octave 3
q m
octave 0
velocity 90
gate 0.6
bend 1.5
q
on c3 100
on eb3
on 67 1
cc 1 90
wait 0.1
bend -2
pedal on
off c3
off eb3
wait 0.1
cc 74 20
cc 101 0
cc 100 0
cc 6 12
bend 7.25
wait 0.05
pedal off
cc 64 50
on g3
wait 0.05
off g3
cc 66 127
cc 11 60
cc 10 100
cc 91 127
on a3 64
off a3
wait 0.1
cc 66 0
cc 126 0
on c5
on d5
wait 0.05
cc 127 0
cc 5 40
cc 65 127
on b2
wait 0.05
cc 121 0
cc 123 0
";

/// Something of everything, in less time.
const BRIEF: &str = "\
gate 0.1
qet
bend 0.5
on c3 120
pedal on
w
cc 1 100
off c3
pedal off
";

#[test]
fn every_command_that_makes_an_event() {
    let place = Place::new();
    place.play(&["--room", "0.5", "--seed", "7"], EVERYTHING);
    let wav = place.assert_replays(&[]);
    assert!(peak(&wav) > 0.05, "it sounds");
    assert_eq!(place.log().header.seed, 7);
    let is_on = |event: &Event| matches!(event, Event::NoteOn { .. });
    let ons = place.events().into_iter().filter(|(_, event)| is_on(event));
    assert_eq!(ons.count(), 5 + 6 + 2 + 2 + 1 + 3 + 1 + 1 + 2 + 1);
    let has = |is_it: fn(&Event) -> bool| {
        let found = place.events().iter().any(|(_, event)| is_it(event));
        assert!(found, "the log lacks something that was played");
    };
    has(|event| {
        matches!(
            event,
            Event::PitchBend {
                semitones: 7.25,
                ..
            }
        )
    });
    has(|event| matches!(event, Event::Sustain { depth, .. } if *depth > 0.3 && *depth < 0.5));
    has(|event| matches!(event, Event::Sostenuto { down: true, .. }));
    has(|event| matches!(event, Event::Mono { .. }));
    has(|event| matches!(event, Event::Portamento { on: true, .. }));
    has(|event| matches!(event, Event::ResetControllers { .. }));
}

#[test]
fn at_any_buffer_and_rate() {
    for (buffer, rate) in [
        ("16", "8000"),
        ("256", "12000"),
        ("4096", "16000"),
        ("100", "44100"),
        ("4095", "8001"),
    ] {
        let place = Place::new();
        place.play(&["--buffer", buffer, "--sample-rate", rate], BRIEF);
        let wav = place.assert_replays(&[]);
        assert!(peak(&wav) > 0.01, "{buffer} {rate}: it sounds");
        assert_eq!(wav.sample_rate_hz.to_string(), rate);
        let buffer: usize = buffer.parse().unwrap();
        assert_eq!(wav.channels[0].len() % buffer, 0, "whole periods");
    }
}

#[test]
fn with_few_voices_and_many() {
    for voices in ["1", "3", "4096"] {
        let place = Place::new();
        place.play(&["--polyphony", voices, "--room", "1"], BRIEF);
        place.assert_replays(&[]);
        assert_eq!(place.log().header.polyphony.to_string(), voices);
    }
}

#[test]
fn with_any_blocks_and_into_any_file() {
    let place = Place::new();
    place.play(&["--room", "0.7", "--room-size", "0.1"], BRIEF);
    for block in ["1", "7", "64", "65536", "random:3"] {
        place.assert_replays(&["--block", block]);
    }
    let played = place.wav(RECORDING);
    for (bits, kind, full_scale) in [
        ("16", SampleKind::Int16, 32_768.0),
        ("24", SampleKind::Int24, 8_388_608.0),
    ] {
        let rounded = rounded(&played, kind, full_scale);
        assert!(place.replay("a.wav", &["--bits", bits]).status.success());
        assert_same_bits(&place.wav("a.wav"), &rounded, bits);
        assert!(place.replay("a.flac", &["--bits", bits]).status.success());
        assert_same_bits(&flac(&place, "a.flac", kind), &rounded, bits);
    }
    let bytes = |name| fs::read(place.path(name)).unwrap();
    // Without a word about bits FLAC has 24; without a name the file lies beside the log.
    let beside = place.run(&["render", "--events", LOG, "--format", "flac"]);
    assert!(beside.status.success());
    assert_eq!(bytes("played.flac"), bytes("a.flac"));
    let streamed = place.run(&["render", "--events", LOG, "-o", "-"]);
    assert!(streamed.status.success());
    let streamed = Wav::from_bytes(&streamed.stdout).unwrap();
    assert_same_bits(&played, &streamed, "standard output");
}

#[test]
fn a_recording_and_a_log_by_themselves() {
    let place = Place::new();
    for only in [["--record", RECORDING], ["--event-log", LOG]] {
        let mut command = Command::new(ANE_SYNTH);
        command
            .args(with_defaults(&only, &[]))
            .stdin(Stdio::piped());
        let mut playing = place.start_command(command);
        playing.say("gate 0.05\nq w\n");
        assert_eq!(playing.end().code, Some(0));
        assert!(place.names().contains(&only[1].to_owned()));
    }
    assert_eq!(place.names(), [LOG, RECORDING]);
    assert!(peak(&place.wav(RECORDING)) > 0.01);
    assert!(place.replay("again.wav", &[]).status.success());
    assert!(peak(&place.wav("again.wav")) > 0.01);
}

/// Floats as integers of which `full_scale` make 1, which know one zero.
fn rounded(floats: &Wav, kind: SampleKind, full_scale: f64) -> Wav {
    let round = |x: &f32| ((f64::from(*x) * full_scale).round() / full_scale + 0.0) as f32;
    let channels = floats.channels.iter();
    Wav {
        sample_rate_hz: floats.sample_rate_hz,
        kind,
        channels: channels
            .map(|samples| samples.iter().map(round).collect())
            .collect(),
    }
}

fn flac(place: &Place, name: &str, kind: SampleKind) -> Wav {
    let decoded = decode_audio(&place.path(name), Duration::from_secs(60)).unwrap();
    Wav {
        sample_rate_hz: decoded.sample_rate_hz,
        kind,
        channels: decoded.channels,
    }
}
