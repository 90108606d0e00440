//! A note begins on its sample: nothing before it, something from it on.

mod fixtures;

use fixtures::{config, instrument, lively_network, on, play, saw};
use synth_engine::{LimiterMode, RendererConfig};

#[test]
fn a_note_begins_on_its_sample_at_every_offset_within_a_hop() {
    for (rate, hop) in [(44_100, 64), (96_000, 128), (192_000, 256)] {
        for steady in [true, false] {
            let config = RendererConfig {
                steady,
                ..config(rate)
            };
            for offset in 0..hop {
                let at = 3 * hop + offset;
                let instruments = [saw(-80.0)];
                let [left, right] = play(&config, &instruments, &vec![(at, on(0, 60, 0.8))], 1200);
                for channel in [left, right] {
                    let first = testkit::onset_index(&channel);
                    assert_eq!(
                        first,
                        Some(at as usize),
                        "{rate} Hz, steady {steady}, {offset}"
                    );
                }
            }
        }
    }
}

#[test]
fn the_look_ahead_limiter_delays_by_its_latency_and_nothing_sounds_early() {
    let config = RendererConfig {
        limiter: LimiterMode::LookAhead,
        ..config(44_100)
    };
    let instruments = [saw(-70.0)];
    let latency = fixtures::renderer(&config, &instruments).latency_samples();
    assert!(latency > 0);
    for at in [0, 1, 63, 64, 65, 700] {
        let [left, _] = play(&config, &instruments, &vec![(at, on(0, 100, 1.0))], 2000);
        assert_eq!(testkit::onset_index(&left), Some(at as usize + latency));
    }
}

#[test]
fn the_whole_sound_moves_with_its_onset() {
    // Without the bus noise a voice is a function of its age alone: its clock is its own.
    let config = RendererConfig {
        steady: true,
        ..config(44_100)
    };
    let instruments = [instrument("lively", lively_network(4), &[0])];
    let play_at = |at: u64| {
        let [left, _] = play(
            &config,
            &instruments,
            &vec![(at, on(0, 57, 0.7))],
            6000 + at as usize,
        );
        left[at as usize..]
            .iter()
            .map(|x| x.to_bits())
            .collect::<Vec<_>>()
    };
    let reference = play_at(0);
    for at in [1, 31, 64, 500] {
        assert!(play_at(at) == reference, "onset {at}");
    }
}
