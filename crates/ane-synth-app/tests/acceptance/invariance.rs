//! The same bytes whatever the block size, the number of threads and the run.

use testkit::SmfBuilder;

use crate::midi_bytes::Piece;
use crate::pieces::shared_piece;
use crate::place::{INSTRUMENTS, Place};

const BLOCKS: [&str; 9] = [
    "7", "64", "512", "4096", "random:1", "random:2", "random:3", "random:4", "random:5",
];

/// A second in which everything happens at once: all instruments, every controller, bends, pedal,
/// stealing (with few voices), repeated keys and all sound off, at ticks that share no grid.
fn busy_piece() -> Vec<u8> {
    let mut file = SmfBuilder::new(0, 997).tempo(0, 500_000);
    for (channel, (_, program)) in (0_u8..).zip(INSTRUMENTS) {
        file = file
            .event(0, &[0xC0 | channel, program])
            .event(0, &[0xB0 | channel, 101, 0])
            .event(0, &[0xB0 | channel, 100, 0])
            .event(0, &[0xB0 | channel, 6, 12])
            .event(0, &[0xB0 | channel, 10, 40 * channel]);
        for step in 0_u8..12 {
            let start = u32::from(step) * 151 + u32::from(channel) * 37;
            let key = 36 + (step * 17 + channel * 5) % 60;
            file = file
                .note(channel, key, 30 + step * 8, start, start + 260)
                .event(start + 13, &[0xE0 | channel, step, 10 * step])
                .event(start + 29, &[0xB0 | channel, 1, step * 10])
                .event(start + 41, &[0xB0 | channel, 11, 127 - step * 9])
                .event(start + 67, &[0xB0 | channel, 10, step * 11])
                .event(start + 71, &[0xB0 | channel, 64, 127 * (step % 2)]);
        }
    }
    file.event(1900, &[0xB0, 120, 0])
        .note(0, 60, 100, 1901, 1950)
        .note(0, 60, 90, 1910, 2000)
        .event(2000, &[0xB1, 64, 0])
        .build()
}

/// Renders in every way and compares.
fn assert_same_bytes(what: &str, midi: &[u8], ways: &[(&str, &str)], options: &[&str]) {
    let place = Place::new();
    let mut first = None;
    for (block, threads) in ways {
        let mut arguments = vec!["--block", block, "--threads", threads, "--tail", "0.3"];
        arguments.extend(options);
        let bytes = place.render_bytes(midi, &arguments);
        let first = first.get_or_insert_with(|| bytes.clone());
        assert_eq!(first.len(), bytes.len(), "{what}: {arguments:?}");
        let differs = first.iter().zip(&bytes).position(|(a, b)| a != b);
        assert_eq!(differs, None, "{what}: byte at which {arguments:?} differs");
    }
}

#[test]
fn a_busy_piece_is_the_same_for_all_blocks_threads_and_runs() {
    let midi = busy_piece();
    let ways: Vec<(&str, &str)> = ["512", "512", "1"]
        .into_iter()
        .chain(BLOCKS)
        .zip(["1", "1", "2", "3"].into_iter().cycle())
        .collect();
    // Of voices that steal from each other; with enough for all, what is not shared is the same.
    assert_same_bytes("few voices", &midi, &ways, &["--polyphony", "5"]);
    let few = [("512", "1"), ("7", "2"), ("random:1", "3")];
    for rate in ["8000", "96000", "192000"] {
        assert_same_bytes(rate, &midi, &few, &["--sample-rate", rate]);
    }
    let slow = ["--device=reference", "--seed=9", "--sample-rate=8000"];
    for options in [&[][..], &["--steady", "--seed=1"], &slow] {
        assert_same_bytes("busy", &midi, &few, options);
    }
}

#[test]
fn another_seed_is_another_performance() {
    let midi = busy_piece();
    let place = Place::new();
    let of_seed = |seed| place.render_bytes(&midi, &["--seed", seed, "--sample-rate", "8000"]);
    assert!(of_seed("0") != of_seed("1"));
    assert!(of_seed("0") == place.render_bytes(&midi, &["--sample-rate", "8000"]));
}

#[test]
fn the_first_seconds_of_a_real_piece_are_the_same_for_all_blocks_threads_and_runs() {
    let Some(bytes) = shared_piece("k525MIDIMvt1.mid") else {
        return;
    };
    let excerpt = Piece::read(&bytes).unwrap().excerpt(5.0);
    let ways: Vec<(&str, &str)> = ["512", "512"]
        .into_iter()
        .chain(BLOCKS)
        .zip(["1", "1", "2", "3"].into_iter().cycle())
        .collect();
    assert_same_bytes("k525", &excerpt, &ways, &[]);
}
