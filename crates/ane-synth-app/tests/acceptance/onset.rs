//! A note begins on its sample, wherever that lies in a hop, and nothing sounds before it.

use testkit::{SmfBuilder, onset_index};

use crate::place::{INSTRUMENTS, Place, samples, score_in_samples};

/// Sample rates and their hops.
const RATES: [(u32, u32); 3] = [(44_100, 64), (96_000, 128), (192_000, 256)];

/// A note, then all sound off.
fn short_note(score: SmfBuilder, key: u8, start: u32, end: u32) -> SmfBuilder {
    score
        .note(0, key, 100, start, end)
        .event(end, &[0xB0, 120, 0])
}

/// One note for every offset within a hop, each in a silence of its own: their starts.
fn notes_at_every_offset(rate_hz: u32, hop: u32, apart_s: f64) -> (SmfBuilder, Vec<u32>) {
    let apart = samples(apart_s, rate_hz).next_multiple_of(hop);
    let length = samples(0.008, rate_hz);
    let mut score = score_in_samples(rate_hz);
    let starts: Vec<u32> = (0..hop)
        .map(|offset| (offset + 1) * apart + offset)
        .collect();
    for (&start, key) in starts.iter().zip((40..100).cycle()) {
        score = short_note(score, key, start, start + length);
    }
    (score.end_of_track((hop + 2) * apart), starts)
}

/// The largest onset error of the notes; before each there must be `silence_s` of zeros.
fn assert_onsets(channels: &[Vec<f32>], starts: &[u32], silence: usize, what: &str) -> usize {
    let mut worst = 0;
    for (&start, samples) in starts
        .iter()
        .flat_map(|s| channels.iter().map(move |c| (s, c)))
    {
        let start = start as usize;
        let first = onset_index(&samples[start - silence..]).unwrap() + start - silence;
        assert!(
            (start..=start + 1).contains(&first),
            "{what}: the note at sample {start} is heard from {first} on"
        );
        worst = worst.max(first - start);
    }
    worst
}

#[test]
fn steady_notes_begin_on_their_sample_at_every_offset_within_a_hop() {
    let place = Place::new();
    for (rate_hz, hop) in RATES {
        let (score, starts) = notes_at_every_offset(rate_hz, hop, 0.025);
        for (name, _) in INSTRUMENTS {
            let wav = place.render(&score, rate_hz, &["--steady", "--instrument", name]);
            let silence = samples(0.004, rate_hz) as usize;
            let what = format!("{name}, {rate_hz} Hz");
            let worst = assert_onsets(&wav.channels, &starts, silence, &what);
            println!(
                "{what}: {} offsets, largest onset error {worst}",
                starts.len()
            );
        }
    }
}

#[test]
fn nothing_sounds_before_a_note_with_noise_and_vibrato_either() {
    let place = Place::new();
    for (rate_hz, hop) in RATES {
        let (score, starts) = notes_at_every_offset(rate_hz, hop, 0.060);
        for (name, _) in INSTRUMENTS {
            // The room of one note would ring into the silence before the next.
            let arguments = ["--instrument", name, "--room", "off"];
            let wav = place.render(&score, rate_hz, &arguments);
            let silence = samples(0.004, rate_hz) as usize;
            let what = format!("{name}, {rate_hz} Hz, not steady");
            let worst = assert_onsets(&wav.channels, &starts, silence, &what);
            println!(
                "{what}: {} offsets, largest onset error {worst}",
                starts.len()
            );
        }
    }
}

#[test]
fn a_lone_note_in_a_file_begins_on_its_sample() {
    let place = Place::new();
    for (rate_hz, hop) in RATES {
        for (offset, block) in [
            (0, "512"),
            (1, "1"),
            (hop / 2 + 1, "64"),
            (hop - 1, "random:2"),
        ] {
            let start = 20 * hop + offset;
            let end = start + samples(0.02, rate_hz);
            let score = score_in_samples(rate_hz).note(0, 64, 100, start, end);
            for steady in [&["--block", block][..], &["--block", block, "--steady"]] {
                let wav = place.render(&score, rate_hz, steady);
                assert_eq!(wav.channels[0].len(), end as usize);
                let what = format!("{rate_hz} Hz, {steady:?}");
                assert_onsets(&wav.channels, &[start], start as usize, &what);
            }
        }
    }
}

#[test]
fn a_note_at_the_very_beginning_is_not_cut() {
    let place = Place::new();
    let score = score_in_samples(44_100).note(0, 64, 100, 0, 2000);
    let wav = place.render(&score, 44_100, &["--steady"]);
    assert_onsets(&wav.channels, &[0], 0, "at 0");
}
