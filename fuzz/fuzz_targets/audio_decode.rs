//! Any bytes are a recording of some kind or a refusal of one line; what is decoded is finite and not
//! longer than was asked for.
#![no_main]

use std::io::Cursor;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use synth_io::audio_file::decode_source;

const LONGEST_S: u64 = 1;

fuzz_target!(|bytes: &[u8]| {
    let longest = Duration::from_secs(LONGEST_S);
    let audio = match decode_source(Cursor::new(bytes.to_vec()), longest) {
        Ok(audio) => audio,
        Err(error) => return one_line(&error.to_string()),
    };
    let frames = audio.channels[0].len();
    assert!(frames > 0 && frames as u64 <= LONGEST_S * u64::from(audio.sample_rate_hz));
    for channel in &audio.channels {
        assert_eq!(channel.len(), frames);
        assert!(channel.iter().all(|sample| sample.is_finite()));
    }
    for warning in &audio.warnings {
        one_line(warning);
    }
});

fn one_line(text: &str) {
    assert!(!text.contains(char::is_control), "{text:?}");
    assert!(text.chars().count() < 600, "{text:?}");
}
