//! Stems: each channel's own part of the mix, in one pass.

mod fixtures;

use fixtures::storm::storm;
use fixtures::{Score, config, instrument, lively_network, on, renderer, saw};
use synth_engine::{Event, LimiterMode, RendererConfig, RoomSettings, Stems, TimedEvent};

const LENGTH: usize = 30_000;

struct Rendered {
    mix: [Vec<f32>; 2],
    stems: Vec<[Vec<f32>; 2]>,
}

fn render(config: &RendererConfig, score: &Score, block: usize) -> Rendered {
    let instruments = [
        instrument("a", lively_network(1), &[0]),
        instrument("b", lively_network(2), &[8]),
        saw(-60.0),
    ];
    let mut renderer = renderer(config, &instruments);
    let mut stems = Stems::new(block);
    let mut rendered = Rendered {
        mix: [Vec::new(), Vec::new()],
        stems: vec![[Vec::new(), Vec::new()]; 16],
    };
    let (mut left, mut right) = (vec![0.0; block], vec![0.0; block]);
    for start in (0..LENGTH).step_by(block) {
        let length = block.min(LENGTH - start);
        let range = start as u64..(start + length) as u64;
        let events: Vec<TimedEvent> = score
            .iter()
            .filter(|(at, _)| range.contains(at))
            .map(|&(at, event)| TimedEvent {
                offset: (at - range.start) as u32,
                event,
            })
            .collect();
        let out = &mut [&mut left[..length], &mut right[..length]];
        testkit::no_alloc(|| renderer.process_stems(&events, out, &mut stems));
        rendered.mix[0].extend(&left[..length]);
        rendered.mix[1].extend(&right[..length]);
        for (channel, sides) in rendered.stems.iter_mut().enumerate() {
            let (left, right) = stems.channel(channel);
            sides[0].extend(left);
            sides[1].extend(right);
        }
    }
    rendered
}

fn stems_config() -> RendererConfig {
    RendererConfig {
        stems: true,
        polyphony: 5,
        ..config(44_100)
    }
}

#[test]
fn the_stems_sum_to_the_mix_and_neither_depends_on_the_block() {
    let score = storm(11, 28_000, 600);
    let config = RendererConfig {
        room: RoomSettings {
            size: 0.4,
            amount: 1.0,
        },
        ..stems_config()
    };
    let whole = render(&config, &score, 4096);
    for side in 0..2 {
        let mix = &whole.mix[side];
        let sum: Vec<f32> = (0..LENGTH)
            .map(|i| whole.stems.iter().map(|stem| stem[side][i]).sum())
            .collect();
        assert!(mix.iter().any(|&x| x.abs() > 0.01));
        let error_db = testkit::max_error_db(&sum, mix);
        assert!(error_db < -120.0, "{error_db}");
    }
    for block in [1, 64, 333] {
        let cut = render(&config, &score, block);
        assert!(cut.mix == whole.mix, "mix, block {block}");
        assert!(cut.stems == whole.stems, "stems, block {block}");
    }
}

#[test]
fn each_channel_is_on_its_own_stem_with_noise_of_its_own() {
    let pan = Event::Pan {
        channel: 4,
        position: -1.0,
    };
    let score = vec![
        (0, pan),
        (
            0,
            Event::Program {
                channel: 4,
                bank: 0,
                program: 127,
            },
        ),
        (100, on(0, 60, 0.9)),
        (200, on(4, 60, 0.9)),
    ];
    let config = RendererConfig {
        limiter: LimiterMode::Off,
        ..stems_config()
    };
    let rendered = render(&config, &score, 512);
    for (channel, [left, right]) in rendered.stems.iter().enumerate() {
        let loud = left.iter().any(|&x| x != 0.0);
        assert_eq!(loud, [0, 4].contains(&channel), "channel {}", channel + 1);
        if channel == 4 {
            assert!(right.iter().all(|&x| x == 0.0));
        }
    }
    // Two channels with the same note: their noises must not be the same noise.
    let twice = vec![(0, on(1, 60, 0.9)), (0, on(2, 60, 0.9))];
    let rendered = render(&stems_config(), &twice, 512);
    let high = |samples: &[f32]| -> Vec<f32> {
        let second: Vec<f32> = samples
            .windows(3)
            .map(|w| w[0] - 2.0 * w[1] + w[2])
            .collect();
        second
            .windows(3)
            .map(|w| w[0] - 2.0 * w[1] + w[2])
            .collect()
    };
    let [a, b] = [1, 2].map(|channel| high(&rendered.stems[channel][0][8_000..]));
    let correlation = testkit::correlation(&a, &b);
    assert!(correlation < 0.9, "{correlation}");
}

#[test]
fn without_the_setting_the_stems_are_silent_and_short_rooms_are_safe() {
    let score = vec![(0, on(0, 60, 0.9))];
    let plain = RendererConfig {
        stems: false,
        ..stems_config()
    };
    let rendered = render(&plain, &score, 512);
    assert!(rendered.mix[0].iter().any(|&x| x != 0.0));
    assert!(rendered.stems.iter().flatten().flatten().all(|&x| x == 0.0));

    let mut renderer = renderer(&stems_config(), &[saw(-60.0)]);
    let mut stems = Stems::new(100);
    let (mut left, mut right) = (vec![1.0; 300], vec![1.0; 300]);
    let note = TimedEvent {
        offset: 0,
        event: on(0, 60, 0.9),
    };
    renderer.process_stems(&[note], &mut [&mut left, &mut right], &mut stems);
    assert_eq!(stems.channel(0).0.len(), 100);
    assert!(left[..100].iter().any(|&x| x != 0.0) && left[100..].iter().all(|&x| x == 0.0));
    assert!(stems.channel(16).0.is_empty());
}
