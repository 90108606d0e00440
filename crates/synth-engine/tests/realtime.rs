//! The audio thread's rule: `process` allocates nothing, in any path.

mod fixtures;

use fixtures::storm::{KINDS, Random, event_of_kind};
use fixtures::{Scripted, config, instrument, lively_network, off, on, renderer, saw};
use mil_runtime::RunError;
use synth_engine::{Event, LimiterMode, RendererConfig, RoomSettings, TimedEvent};

#[test]
fn process_never_allocates() {
    for (rate, limiter) in [
        (44_100, LimiterMode::LookAhead),
        (96_000, LimiterMode::Instant),
    ] {
        let config = RendererConfig {
            polyphony: 6,
            limiter,
            room: RoomSettings::default(),
            ..config(rate)
        };
        let instruments = [
            instrument("a", lively_network(1), &[0]),
            instrument("b", lively_network(2), &[8]),
        ];
        let mut renderer = renderer(&config, &instruments);
        let (mut left, mut right) = (vec![0.0; 3000], vec![0.0; 3000]);
        let mut random = Random(7);
        for round in 0..60u32 {
            let key = 30 + (round * 7 % 80) as u8;
            let channel = (round % 3) as u8;
            let at = |offset, event| TimedEvent { offset, event };
            let mut events = vec![
                at(3, on(channel, key, 0.9)),
                at(3, on(channel, key + 7, 0.9)),
            ];
            for kind in 0..KINDS {
                let event = event_of_kind(kind, channel, key, &mut random);
                events.push(at(10 + 3 * kind as u32, event));
                events.push(at(11 + 3 * kind as u32, on(channel, key + 3, 0.7)));
                events.push(at(12 + 3 * kind as u32, off(channel, key)));
            }
            let length = [0, 1, 63, 64, 512, 3000][round as usize % 6];
            let mut out = [&mut left[..length], &mut right[..length]];
            testkit::no_alloc(|| renderer.process(&events, &mut out));
        }
        assert!(renderer.counters().stolen > 10);
    }
}

#[test]
fn answers_that_are_not_finite_or_refused_are_silenced_and_counted() {
    let mut calls = 0;
    // NaN at first, then refusals.
    let device = Scripted::new(move |columns, _, output| {
        calls += 1;
        if calls > 3 {
            return Err(RunError::TooManyColumns {
                got: columns,
                max: 0,
            });
        }
        output.fill(f32::NAN);
        Ok(())
    });
    let mut renderer = device.renderer(&config(44_100), saw(-80.0));
    let (mut left, mut right) = (vec![1.0; 512], vec![1.0; 512]);
    for _ in 0..8 {
        let events = [TimedEvent {
            offset: 10,
            event: on(0, 60, 0.9),
        }];
        testkit::no_alloc(|| renderer.process(&events, &mut [&mut left, &mut right]));
        assert!(left.iter().chain(&right).all(|&x| x == 0.0));
    }
    // Harmonics and noise of every column.
    assert_eq!(
        renderer.counters().non_finite,
        2 * renderer.counters().columns_from.total()
    );
}

#[test]
fn after_a_reset_a_renderer_plays_as_a_new_one() {
    let config = RendererConfig {
        polyphony: 3,
        limiter: LimiterMode::LookAhead,
        room: RoomSettings::default(),
        ..config(44_100)
    };
    let instruments = [instrument("lively", lively_network(5), &[0]), saw(-70.0)];
    let mut renderer = renderer(&config, &instruments);
    let mut play = || {
        let at = |offset, event| TimedEvent { offset, event };
        let events = [
            at(
                0,
                Event::Program {
                    channel: 0,
                    bank: 0,
                    program: 1,
                },
            ),
            at(
                1,
                Event::Pan {
                    channel: 0,
                    position: 0.7,
                },
            ),
            at(5, on(0, 40, 1.0)),
            at(5, on(1, 50, 1.0)),
            at(
                9,
                Event::Sustain {
                    channel: 0,
                    depth: 1.0,
                },
            ),
            at(
                900,
                Event::PitchBend {
                    channel: 1,
                    semitones: 3.0,
                },
            ),
            at(
                901,
                Event::Expression {
                    channel: 0,
                    amount: 0.3,
                },
            ),
            at(
                902,
                Event::Modulation {
                    channel: 1,
                    amount: 1.0,
                },
            ),
            at(
                903,
                Event::Volume {
                    channel: 1,
                    amount: 1.0,
                },
            ),
            at(
                904,
                Event::RoomSend {
                    channel: 1,
                    amount: 1.0,
                },
            ),
            at(1000, on(2, 60, 1.0)),
            at(1001, on(3, 70, 1.0)),
            at(1500, off(0, 40)),
        ];
        let (mut left, mut right) = (vec![0.0; 3000], vec![0.0; 3000]);
        renderer.process(&events, &mut [&mut left, &mut right]);
        let counters = renderer.counters();
        testkit::no_alloc(|| renderer.reset());
        (left, right, counters)
    };
    let first = play();
    assert!(first.0.iter().any(|&x| x != 0.0));
    assert!(first == play(), "nothing is left of what was played before");
    play();
    let (mut left, mut right) = (vec![1.0; 3000], vec![1.0; 3000]);
    renderer.process(&[], &mut [&mut left, &mut right]);
    assert!(left.iter().chain(&right).all(|&x| x == 0.0));
}
