//! Any bytes are a song or a refusal; a song's times ascend and every note in it ends.
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use synth_io::midi_file::{Message, Song, SongOptions, Tempo};

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let song = match Song::from_bytes(bytes, &SongOptions::default()) {
        Ok(song) => song,
        Err(error) => {
            one_line(&error.to_string());
            return Corpus::Keep;
        }
    };
    check(&song, bytes.len());
    for warning in song.warnings() {
        one_line(warning);
    }
    let _ = format!("{:?}", song.facts());
    for tempo in [
        Tempo::Factor(0.5),
        Tempo::Factor(3.0),
        Tempo::Fixed { bpm: 97.0 },
    ] {
        let mut scaled = song.clone();
        if scaled.scale_tempo(tempo).is_ok() {
            check(&scaled, bytes.len());
            assert_eq!(scaled.messages().len(), song.messages().len());
        }
    }
    Corpus::Keep
});

fn check(song: &Song, most_bytes: usize) {
    let mut held = [[0_u32; 128]; 16];
    let mut last = None;
    let mut exclusive = 0;
    for message in song.messages() {
        assert!(last.is_none_or(|last| last <= message.time));
        assert!(message.time <= song.end());
        last = Some(message.time);
        let [status, first, second] = match message.message {
            Message::Channel(bytes) => bytes,
            Message::SystemExclusive(number) => {
                exclusive += song.system_exclusive(number).len();
                continue;
            }
        };
        assert!((0x80..0xF0).contains(&status) && first < 0x80 && second < 0x80);
        let held = &mut held[usize::from(status & 0x0F)];
        let key = usize::from(first);
        match (status & 0xF0, second) {
            (0x90, 1..) => held[key] += 1,
            (0x80 | 0x90, _) => held[key] = held[key].saturating_sub(1),
            (0xB0, _) if first >= 120 && first != 121 && first != 122 => *held = [0; 128],
            _ => {}
        }
    }
    assert!(exclusive <= most_bytes);
    assert!(
        held.iter().flatten().all(|&held| held == 0),
        "a note never ends"
    );
}

fn one_line(text: &str) {
    assert!(!text.contains(char::is_control), "{text:?}");
    assert!(text.chars().count() < 600, "{text:?}");
}
