//! Event logs come back as they were written; what is no log, or damaged, is refused in one line.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use serde::Deserialize;
use serde_json::json;
use synth_engine::{Event, Oscillators, Parameter, SoundControl};
use synth_io::event_log::{
    Entry, EventLog, LogError, LogHeader, LogInstrument, LogRoom, LogWriter, Record,
};

/// Numbers that a careless writer or reader changes.
const ODD: [f32; 14] = [
    0.0,
    -0.0,
    0.1,
    1.0 / 3.0,
    f32::EPSILON,
    f32::MIN_POSITIVE,
    1e-45,
    -1.175_494_2e-38,
    8.589_973e9,
    16_777_217.0,
    0.999_999_94,
    7.038_531e-26,
    f32::MAX,
    f32::MIN,
];

/// Memory that is still there when the writer is gone.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn instrument(name: &str, file: Option<&str>) -> LogInstrument {
    LogInstrument {
        name: name.to_owned(),
        file: file.map(str::to_owned),
        sha256: "0123456789abcdef".repeat(4),
    }
}

fn header() -> LogHeader {
    LogHeader {
        program: "ane-synth 0.1.0".to_owned(),
        sample_rate_hz: 48_000,
        channels: 2,
        seed: u64::MAX,
        polyphony: 64,
        most_polyphony: 256,
        room: LogRoom {
            size: 0.3,
            amount: 0.1,
        },
        device: "cpu".to_owned(),
        instruments: vec![
            instrument("violin", None),
            instrument("é \"x\"", Some("/tmp/é \"x\".synth")),
        ],
        parameters: BTreeMap::from([(Parameter::Tuning, 441.1), (Parameter::Volume, 1.0 / 3.0)]),
        oscillators: None,
    }
}

/// Every kind of event.
fn events(x: f32) -> Vec<Event> {
    use Event::*;
    let channel = 15;
    let mut events = vec![
        NoteOn {
            channel,
            key: 127,
            velocity: x,
        },
        NoteOff {
            channel,
            key: 0,
            velocity: x,
        },
        PitchBend {
            channel,
            semitones: x,
        },
        ChannelTuning {
            channel,
            semitones: x,
        },
        MasterTuning { semitones: x },
        KeyTuning {
            key: 60,
            semitones: x,
        },
        PitchClassTuning {
            channel,
            pitch_class: 11,
            semitones: x,
        },
        Retune,
        Modulation { channel, amount: x },
        ChannelPressure { channel, amount: x },
        KeyPressure {
            channel,
            key: 1,
            amount: x,
        },
        Volume { channel, amount: x },
        MasterVolume { amount: x },
        Expression { channel, amount: x },
        Pan {
            channel,
            position: x,
        },
        RoomSend { channel, amount: x },
        Sustain { channel, depth: x },
        Sostenuto {
            channel,
            down: true,
        },
        SoftPedal { channel, depth: x },
        Portamento { channel, on: false },
        PortamentoTime {
            channel,
            seconds: x,
        },
        PortamentoFrom { channel, key: 2 },
        Legato { channel, on: true },
        Mono { channel },
        Poly { channel },
        Program {
            channel,
            bank: u16::MAX,
            program: 127,
        },
        Rhythm { channel, on: true },
        AllNotesOff { channel },
        AllSoundOff { channel },
        ResetControllers { channel },
        Parameter {
            parameter: synth_engine::Parameter::Polyphony,
            value: x,
        },
        Shedding { level: 18 },
        Reset,
    ];
    for control in [
        SoundControl::ReleaseTime,
        SoundControl::AttackTime,
        SoundControl::Brightness,
        SoundControl::VibratoRate,
        SoundControl::VibratoDepth,
        SoundControl::VibratoDelay,
    ] {
        events.push(Sound {
            channel,
            control,
            amount: x,
        });
    }
    events
}

fn write(header: &LogHeader, entries: &[Entry], frames: Option<u64>) -> Vec<u8> {
    let shared = Shared::default();
    let mut log = LogWriter::stream(Box::new(shared.clone()), header).unwrap();
    for Entry { sample, record } in entries {
        log.write(*sample, record).unwrap();
    }
    match frames {
        Some(frames) => log.finish(frames).unwrap(),
        None => drop(log),
    }
    shared.bytes()
}

fn every_entry() -> Vec<Entry> {
    let events = ODD.into_iter().flat_map(events).map(Record::Event);
    let others = [
        Record::Instruments {
            instruments: vec![instrument("x", Some("/x.synth"))],
            device: "reference".to_owned(),
        },
        Record::Retired {
            reason: "it has not answered".to_owned(),
        },
        Record::Remark {
            text: "two\nlines, a \u{1b} and a \u{2028}".to_owned(),
        },
    ];
    let records = events.chain(others).zip(0..);
    records
        .map(|(record, n)| Entry {
            sample: n / 3 * 1000,
            record,
        })
        .collect()
}

/// A short log, as text.
fn small() -> String {
    let event = Event::NoteOn {
        channel: 0,
        key: 60,
        velocity: 0.8,
    };
    let entries = [
        Entry {
            sample: 10,
            record: Record::Event(event),
        },
        Entry {
            sample: 20,
            record: every_entry().pop().unwrap().record,
        },
    ];
    String::from_utf8(write(&header(), &entries, Some(480))).unwrap()
}

fn read(log: &str) -> EventLog {
    EventLog::from_bytes(log.as_bytes()).unwrap()
}

fn refusal(log: &str) -> String {
    let error = EventLog::from_bytes(log.as_bytes()).expect_err(log);
    error.to_string()
}

#[test]
fn every_record_comes_back_bit_for_bit() {
    let entries = every_entry();
    let last = entries.last().unwrap().sample;
    let bytes = write(&header(), &entries, Some(last));
    let log = EventLog::from_bytes(&bytes).unwrap();
    assert_eq!(log.warning, None);
    assert_eq!(log.frames, last);
    assert_eq!(log.header, header());
    assert_eq!(log.entries.len(), entries.len());
    for (read, written) in log.entries.iter().zip(&entries) {
        // The text tells -0 from 0.
        assert_eq!(format!("{read:?}"), format!("{written:?}"));
    }
    assert_eq!(write(&log.header, &log.entries, Some(last)), bytes);
}

#[test]
fn the_events_above_are_all_that_there_are() {
    let unknown = Event::deserialize(json!({"event": "?"})).unwrap_err();
    let unknown = unknown.to_string();
    let names: BTreeSet<&str> = unknown.split('`').skip(3).step_by(2).collect();
    assert!(names.len() > 30, "{names:?}");
    let json = events(0.0).into_iter().map(|event| {
        let json = serde_json::to_value(event).unwrap();
        json["event"].as_str().unwrap().to_owned()
    });
    let ours: BTreeSet<String> = json.collect();
    assert_eq!(names, ours.iter().map(String::as_str).collect());
}

#[test]
fn what_is_no_number_is_left_out() {
    let volume = |amount| Entry {
        sample: 0,
        record: Record::Event(Event::MasterVolume { amount }),
    };
    let entries = [f32::NAN, 0.5, f32::INFINITY, f32::NEG_INFINITY].map(volume);
    let log = EventLog::from_bytes(&write(&header(), &entries, Some(0))).unwrap();
    assert_eq!(log.entries, [volume(0.5)]);
}

#[test]
fn samples_never_go_down_and_end_after_a_day() {
    let shared = Shared::default();
    let mut log = LogWriter::stream(Box::new(shared.clone()), &header()).unwrap();
    let reset = Record::Event(Event::Reset);
    log.write(100, &reset).unwrap();
    log.write(90, &reset).unwrap();
    let day = 86_400 * 48_000;
    log.write(day, &reset).unwrap();
    let late = log.write(day + 1, &reset).unwrap_err().to_string();
    assert!(late.contains("24 hours"), "{late}");
    log.finish(day).unwrap();
    let log = EventLog::from_bytes(&shared.bytes()).unwrap();
    let samples: Vec<u64> = log.entries.iter().map(|entry| entry.sample).collect();
    assert_eq!(samples, [100, 100, day]);
}

#[test]
fn lines_are_there_before_the_log_is_finished() {
    let shared = Shared::default();
    let mut log = LogWriter::stream(Box::new(shared.clone()), &header()).unwrap();
    assert_eq!(shared.bytes().iter().filter(|&&b| b == b'\n').count(), 1);
    log.write(0, &Record::Event(Event::Reset)).unwrap();
    log.tick().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1050));
    log.tick().unwrap();
    let read = EventLog::from_bytes(&shared.bytes()).unwrap();
    assert_eq!(read.entries.len(), 1);
}

#[test]
fn a_log_without_an_end_is_replayed_for_some_seconds() {
    let whole = small();
    let (rest, _) = whole.trim_end().rsplit_once('\n').unwrap();
    for (text, entries, frames, said) in [
        (format!("{rest}\n"), 2, 20 + 5 * 48_000, "has no end, as if"),
        (rest.to_owned(), 2, 20 + 5 * 48_000, "has no end, as if"),
        (
            rest[..rest.len() - 9].to_owned(),
            1,
            10 + 5 * 48_000,
            "in the middle of line 3",
        ),
        (
            format!("{rest}\n{{"),
            2,
            20 + 5 * 48_000,
            "in the middle of line 4",
        ),
        (
            whole.lines().next().unwrap().to_owned(),
            0,
            5 * 48_000,
            "has no end, as if",
        ),
    ] {
        let log = EventLog::from_bytes(text.as_bytes()).unwrap();
        assert_eq!((log.entries.len(), log.frames), (entries, frames), "{text}");
        let warning = log.warning.unwrap();
        assert!(warning.contains(said), "{warning}");
    }
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    let whole = small();
    let swap = |from: &str, to: &str| {
        assert!(whole.contains(from), "{from}");
        refusal(&whole.replacen(from, to, 1))
    };
    for (from, to, said) in [
        (
            "\"event\":\"note-on\"",
            "\"event\":\"note-up\"",
            "line 2: there is no event called `note-up`",
        ),
        (
            "\"event\":\"note-on\"",
            "\"event\":7",
            "line 2: its event is no text",
        ),
        (
            "\"record\":\"remark\"",
            "\"record\":\"mark\"",
            "line 3: there is no record called `mark`",
        ),
        (
            "\"key\":60",
            "\"key\":60,\"colour\":1",
            "line 2: the key `colour` is not known",
        ),
        ("\"key\":60", "\"key\":600", "line 2: invalid value"),
        ("\"key\":60,", "", "line 2: missing field `key`"),
        (
            "\"velocity\":0.8",
            "\"velocity\":1e39",
            "line 2: the number of `velocity` is too large",
        ),
        (
            "\"velocity\":0.8",
            "\"velocity\":1e999",
            "line 2: is no JSON",
        ),
        ("\"velocity\":0.8", "\"velocity\":NaN", "line 2: is no JSON"),
        (
            "\"velocity\":0.8",
            "\"velocity\":0.8,\"record\":\"end\"",
            "line 2: is an event and another",
        ),
        ("\"event\":\"note-on\",", "", "line 2: is neither an event"),
        (
            "\"sample\":10",
            "\"sample\":21",
            "line 3: sample 20 comes after sample 21",
        ),
        (
            "\"sample\":480",
            "\"sample\":19",
            "line 4: sample 19 comes after sample 20",
        ),
        (
            "\"sample\":10",
            "\"sample\":-1",
            "line 2: its sample is no whole number",
        ),
        (
            "\"sample\":10",
            "\"sample\":1.5",
            "line 2: its sample is no whole number",
        ),
        ("\"sample\":10,", "", "line 2: says no sample"),
        (
            "\"sample\":480",
            "\"sample\":4147200001",
            "line 4: sample 4147200001 lies beyond 24 hours",
        ),
        (
            "\"sample\":480",
            "\"sample\":18446744073709551616",
            "line 4: its sample is no whole",
        ),
        (
            "\"record\":\"end\"",
            "\"record\":\"end\",\"end\":1",
            "line 4: the key `end` is not known",
        ),
        ("\"seed\"", "\"sea\"", "line 1: missing field `seed`"),
        ("\"channels\":2", "\"channels\":6", "line 1: 6 channels"),
        (
            "\"channels\":2",
            "\"channels\":2,\"x\":[]",
            "line 1: the key `x` is not known",
        ),
        (
            "\"sample_rate_hz\":48000",
            "\"sample_rate_hz\":7",
            "line 1: a sample rate of 7 Hz",
        ),
        (
            "\"polyphony\":64",
            "\"polyphony\":0",
            "line 1: a polyphony of 0",
        ),
        (
            "\"polyphony\":64",
            "\"polyphony\":257",
            "line 1: a polyphony of 257 of 256",
        ),
        ("\"size\":0.3", "\"size\":1.3", "line 1: a room of size 1.3"),
        (
            "\"tuning\":441.1",
            "\"tuning\":41.1",
            "line 1: tuning takes a number from 380 to 500 Hz",
        ),
        (
            "\"size\":0.3",
            "\"size\":0.3,\"sise\":1",
            "line 1: the key `sise` is not known",
        ),
        (
            "\"sha256\":\"01",
            "\"sha256\":\"0X",
            "line 1: the sha256 of instrument 1",
        ),
        ("\"tuning\"", "\"toning\"", "line 1: unknown variant"),
        (
            "\"version\":1",
            "\"version\":2",
            "is version 2 of the format",
        ),
        (
            "\"version\":1",
            "\"version\":1.0",
            "is version 1.0 of the format",
        ),
        ("\"version\":1", "\"version\":\"1\"", "says no version"),
        (
            "event log\"",
            "event dog\"",
            "is no event log: line 1 does not say",
        ),
    ] {
        let line = swap(from, to);
        assert!(line.contains(said), "{from} -> {to}: {line}");
    }
    assert!(refusal(&format!("{whole}{{}}\n")).starts_with("line 5: comes after the end"));
    assert!(refusal(&whole.replacen("\n", "\n\n", 1)).starts_with("line 2: is no JSON"));
    let long = whole.replacen("\n", &format!("\n{}\n", "x".repeat(1 << 21)), 1);
    assert!(refusal(&long).starts_with("line 2: is longer than 1 MiB"));
    for text in ["", "\n", "[]\n", "null", "RIFF", &"[".repeat(100_000)] {
        assert!(refusal(text).starts_with("is no event log"), "{text}");
    }
    let binary = EventLog::from_bytes(&[0xff; 300]);
    assert!(matches!(binary, Err(LogError::NotALog(_))));
}

#[test]
fn oscillators_are_named_unless_they_are_the_usual_ones() {
    // A log of the usual ones has the bytes that it had before there were others.
    let usual = small();
    assert!(!usual.contains("oscillators"), "{usual}");
    assert_eq!(read(&usual).header.oscillators, None);
    for oscillators in Oscillators::ALL {
        let named = LogHeader {
            oscillators: Some(oscillators),
            ..header()
        };
        let text = String::from_utf8(write(&named, &[], Some(0))).unwrap();
        let key = format!("\"oscillators\":\"{oscillators}\"");
        assert!(text.contains(&key), "{text}");
        assert_eq!(read(&text).header, named);
    }
    let with = |value: &str| {
        let key = format!("\"channels\":2,\"oscillators\":{value}");
        refusal(&usual.replacen("\"channels\":2", &key, 1))
    };
    let unknown = with("\"sinf\"");
    assert_eq!(
        unknown,
        "line 1: the oscillators `sinf`: no oscillators have this name; there are clenshaw, \
         accelerate; mend that line or record again"
    );
    for value in ["7", "null", "[]", "{}"] {
        let line = with(value);
        assert!(line.starts_with("line 1: invalid type: "), "{line}");
    }
    let long = with(&format!("\"{}\\n\"", "x".repeat(100_000)));
    assert!(long.len() < 500 && !long.contains('\n'), "{long}");
}

#[test]
fn parameters_are_called_as_in_their_table() {
    for info in Parameter::table() {
        let name = serde_json::to_string(&info.parameter).unwrap();
        assert_eq!(name, format!("\"{}\"", info.name));
    }
}
