//! Any bytes are an event log or a refusal of one line; what is read can be written and read again.
#![no_main]

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use libfuzzer_sys::fuzz_target;
use synth_io::event_log::{EventLog, LogWriter};

/// Memory that is still there when the writer is gone.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("one thread").extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fuzz_target!(|bytes: &[u8]| {
    let log = match EventLog::from_bytes(bytes) {
        Ok(log) => log,
        Err(error) => {
            let message = error.to_string();
            assert!(!message.contains(char::is_control), "{message:?}");
            assert!(message.chars().count() < 700, "{message:?}");
            return;
        }
    };
    let shared = Shared::default();
    let mut writer = LogWriter::stream(Box::new(shared.clone()), &log.header).expect("memory");
    for entry in &log.entries {
        writer.write(entry.sample, &entry.record).expect("memory");
    }
    if log.warning.is_none() {
        writer.finish(log.frames).expect("memory");
    } else {
        drop(writer);
    }
    let written = shared.0.lock().expect("one thread").clone();
    assert_eq!(
        EventLog::from_bytes(&written)
            .as_ref()
            .map(|again| &again.entries),
        Ok(&log.entries)
    );
});
