//! The same events give the same bits however time is cut and however many threads render.

mod fixtures;

use fixtures::storm::{Random, storm};
use fixtures::{Score, config, instrument, lively_network, play_blocks, renderer};
use synth_engine::{LimiterMode, RendererConfig, RoomSettings};

fn bits(config: &RendererConfig, score: &Score, next_block: impl FnMut() -> usize) -> Vec<u32> {
    let instruments = [
        instrument("a", lively_network(1), &[0]),
        instrument("b", lively_network(2), &[8]),
        instrument("c", lively_network(3), &[16]),
    ];
    let mut renderer = renderer(config, &instruments);
    let [left, right] = play_blocks(&mut renderer, score, 30_000, next_block);
    assert!(
        left.iter().any(|&x| x.abs() > 1e-3),
        "the score must be heard"
    );
    assert_eq!(renderer.counters().non_finite, 0);
    left.iter().chain(&right).map(|x| x.to_bits()).collect()
}

fn assert_invariant(config: &RendererConfig) {
    let score = storm(5, 28_000, 900);
    let whole = bits(config, &score, || 4096);
    for block in [1, 7, 64, 512, 5000] {
        assert!(bits(config, &score, || block) == whole, "block {block}");
    }
    for seed in 1..=5 {
        let mut random = Random(seed);
        let next = move || 1 + random.below(700) as usize;
        assert!(
            bits(config, &score, next) == whole,
            "random blocks, seed {seed}"
        );
    }
    for threads in [2, 3] {
        let config = RendererConfig {
            threads,
            ..config.clone()
        };
        assert!(bits(&config, &score, || 4096) == whole, "{threads} threads");
        assert!(
            bits(&config, &score, || 333) == whole,
            "{threads} threads, blocks of 333"
        );
    }
}

#[test]
fn blocks_and_threads_do_not_change_a_bit_at_full_polyphony() {
    assert_invariant(&RendererConfig {
        limiter: LimiterMode::LookAhead,
        room: RoomSettings::default(),
        ..config(44_100)
    });
}

#[test]
fn blocks_and_threads_do_not_change_a_bit_while_stealing() {
    for polyphony in [1, 3] {
        assert_invariant(&RendererConfig {
            polyphony,
            ..config(44_100)
        });
    }
}

#[test]
fn blocks_and_threads_do_not_change_a_bit_at_a_high_rate() {
    let limiter = LimiterMode::Instant;
    assert_invariant(&RendererConfig {
        polyphony: 20,
        limiter,
        room: RoomSettings {
            size: 0.2,
            amount: 1.0,
        },
        ..config(96_000)
    });
}

#[test]
fn a_large_polyphony_renders_in_shorter_passes_to_the_same_bits() {
    let score = storm(9, 28_000, 900);
    let small = bits(
        &RendererConfig {
            polyphony: 700,
            ..config(44_100)
        },
        &score,
        || 4096,
    );
    let large = bits(
        &RendererConfig {
            polyphony: 4096,
            ..config(44_100)
        },
        &score,
        || 77,
    );
    assert!(
        small == large,
        "no voice is stolen in either, so they must agree"
    );
}
