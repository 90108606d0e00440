//! Any bytes are a WAV file or a refusal of one line; a file gives as many frames as it says, in
//! blocks that no number in its header makes large.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use synth_io::audio_file::AudioReader;

fuzz_target!(|bytes: &[u8]| {
    let mut reader = match AudioReader::from_source(Cursor::new(bytes.to_vec())) {
        Ok(reader) => reader,
        Err(error) => return one_line(&error.to_string()),
    };
    let spec = reader.spec();
    assert!(spec.sample_rate_hz > 0 && spec.channels > 0);
    let announced = reader.frames();
    assert!(announced <= bytes.len() as u64);
    let mut frames = 0;
    loop {
        match reader.read() {
            Ok(Some(channels)) => {
                assert_eq!(channels.len(), usize::from(spec.channels));
                let length = channels[0].len();
                assert!(length > 0 && channels.iter().all(|channel| channel.len() == length));
                frames += length as u64;
            }
            Ok(None) => break,
            Err(error) => return one_line(&error.to_string()),
        }
    }
    assert_eq!(frames, announced);
});

fn one_line(text: &str) {
    assert!(!text.contains(char::is_control), "{text:?}");
    assert!(text.chars().count() < 600, "{text:?}");
}
