//! Any bytes are an event log or a refusal of one line, and what is read can be written again.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use synth_engine::{Event, Oscillators, Parameter};
use synth_io::event_log::{EventLog, LogHeader, LogInstrument, LogRoom, LogWriter, Record};
use testkit::Mutations;

/// Memory that is still there when the writer is gone.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write(header: &LogHeader, entries: &[(u64, Record)], frames: u64) -> Vec<u8> {
    let shared = Shared::default();
    let mut log = LogWriter::stream(Box::new(shared.clone()), header).unwrap();
    for (sample, record) in entries {
        log.write(*sample, record).unwrap();
    }
    log.finish(frames).unwrap();
    shared.0.lock().unwrap().clone()
}

fn small() -> Vec<u8> {
    let instruments = vec![LogInstrument {
        name: "violin".to_owned(),
        file: Some("/violin.synth".to_owned()),
        sha256: "ab".repeat(32),
    }];
    let header = LogHeader {
        program: "x".to_owned(),
        sample_rate_hz: 8000,
        channels: 2,
        seed: 7,
        polyphony: 8,
        most_polyphony: 8,
        room: LogRoom {
            size: 0.5,
            amount: 0.0,
        },
        device: "cpu".to_owned(),
        instruments: instruments.clone(),
        parameters: BTreeMap::from([(Parameter::Volume, 0.25)]),
        oscillators: Some(Oscillators::Accelerate),
    };
    let note = Event::NoteOn {
        channel: 0,
        key: 60,
        velocity: 0.8,
    };
    let records = [
        Record::Event(note),
        Record::Event(Event::Reset),
        Record::Instruments {
            instruments,
            device: "reference".to_owned(),
        },
        Record::Retired {
            reason: "gone".to_owned(),
        },
        Record::Remark {
            text: "so".to_owned(),
        },
    ];
    let entries: Vec<(u64, Record)> = (0..).step_by(50).zip(records).collect();
    write(&header, &entries, 500)
}

#[test]
fn any_bytes_are_a_log_or_one_line() {
    let tally = Mutations {
        inputs: &[small()],
        words: &[
            b"\"event\":",
            b"\"record\":",
            b"\"sample\":",
            b"\n",
            b"1e39",
            b"null",
            b"{",
            b"]",
        ],
        count: 8000,
        most_live_bytes: 4 << 20,
    }
    .run(|bytes| match EventLog::from_bytes(bytes) {
        Ok(log) => {
            let entries: Vec<(u64, Record)> = log
                .entries
                .iter()
                .map(|entry| (entry.sample, entry.record.clone()))
                .collect();
            let again = EventLog::from_bytes(&write(&log.header, &entries, log.frames)).unwrap();
            assert_eq!(again.header, log.header);
            assert_eq!(again.entries, log.entries);
            true
        }
        Err(error) => {
            let line = error.to_string();
            assert!(!line.contains(char::is_control), "{line:?}");
            assert!(line.chars().count() < 700, "{line}");
            false
        }
    });
    println!("{tally:?}");
}
