//! The same events give the same bits however time is cut and however many threads render.

mod fixtures;

use fixtures::{Score, config, instrument, lively_network, off, on, play_blocks, renderer};
use synth_engine::{Event, LimiterMode, RendererConfig};

struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % n
    }
}

/// Notes, pedals, bends and controllers on three channels, dense enough to steal all the time.
fn busy_score(seed: u64, length: u64) -> Score {
    let mut random = Random(seed);
    let mut score: Score = vec![
        (
            0,
            Event::Program {
                channel: 1,
                program: 8,
            },
        ),
        (
            0,
            Event::Program {
                channel: 2,
                program: 16,
            },
        ),
    ];
    for _ in 0..700 {
        let at = random.below(length);
        let channel = random.below(3) as u8;
        let key = 30 + random.below(70) as u8;
        let amount = random.below(128) as f32 / 127.0;
        score.push((
            at,
            match random.below(16) {
                0..=5 => on(channel, key, amount),
                6..=8 => off(channel, key),
                9 => Event::PitchBend {
                    channel,
                    semitones: amount * 24.0 - 12.0,
                },
                10 => Event::Modulation { channel, amount },
                11 => Event::Expression { channel, amount },
                12 => Event::Volume { channel, amount },
                13 => Event::Pan {
                    channel,
                    position: amount * 2.0 - 1.0,
                },
                14 => Event::Sustain {
                    channel,
                    down: amount > 0.6,
                },
                _ if amount < 0.2 => Event::AllSoundOff { channel },
                _ if amount < 0.4 => Event::AllNotesOff { channel },
                _ if amount < 0.6 => Event::ResetControllers { channel },
                _ => Event::Program {
                    channel,
                    program: (amount * 24.0) as u8,
                },
            },
        ));
        if random.below(3) == 0 {
            score.push((at, on(channel, key + 4, 0.8)));
        }
    }
    score.sort_by_key(|&(at, _)| at);
    score
}

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
    let score = busy_score(5, 28_000);
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
        ..config(96_000)
    });
}

#[test]
fn a_large_polyphony_renders_in_shorter_passes_to_the_same_bits() {
    let score = busy_score(9, 28_000);
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
