//! Every parameter of the table acts, by as much as it says, without a click and on its sample.

mod fixtures;

use fixtures::{
    Score, config, instrument, lively_network, off, on, play, play_blocks, renderer, saw, sine,
    tone_key,
};
use synth_engine::{Event, Parameter, RendererConfig, RoomSettings};
use synth_model::Instrument;

const RATE_HZ: u32 = 44_100;
const LENGTH: usize = 40_000;

fn set(parameter: Parameter, value: f32) -> Event {
    Event::Parameter { parameter, value }
}

fn in_a_room() -> RendererConfig {
    RendererConfig {
        room: RoomSettings::default(),
        ..config(RATE_HZ)
    }
}

/// One note with parameters set before it.
fn with(
    instrument: &Instrument,
    config: &RendererConfig,
    settings: &[(Parameter, f32)],
) -> Vec<f32> {
    let mut score: Score = settings
        .iter()
        .map(|&(p, value)| (0, set(p, value)))
        .collect();
    score.extend([(100, on(0, 60, 0.6)), (20_000, off(0, 60))]);
    let [left, _] = play(config, std::slice::from_ref(instrument), &score, LENGTH);
    left
}

fn level_db(samples: &[f32]) -> f64 {
    let power: f64 = samples.iter().map(|&x| f64::from(x).powi(2)).sum();
    10.0 * (power / samples.len() as f64).max(1e-30).log10()
}

#[test]
fn volume_is_a_gain_of_everything_and_its_lowest_is_silence() {
    let config = in_a_room();
    let plain = with(&saw(-80.0), &config, &[]);
    let softer = with(&saw(-80.0), &config, &[(Parameter::Volume, -6.0)]);
    let gain = 10f32.powf(-6.0 / 20.0);
    for (softer, plain) in softer.iter().zip(&plain) {
        assert!((softer - gain * plain).abs() <= 1e-7, "{softer} {plain}");
    }
    let silent = with(&saw(-80.0), &config, &[(Parameter::Volume, -60.0)]);
    assert!(silent.iter().all(|&x| x == 0.0));
}

#[test]
fn tuning_moves_all_notes_and_transpose_those_to_come() {
    let config = RendererConfig {
        steady: true,
        ..config(RATE_HZ)
    };
    let baroque = 60.0 + 12.0 * (415.0_f64 / 440.0).log2();
    for (parameter, value, new, sounding) in [
        (Parameter::Tuning, 440.0, 60.0, 60.0),
        (Parameter::Tuning, 415.0, baroque, baroque),
        (Parameter::Transpose, -12.0, 48.0, 60.0),
        (Parameter::Transpose, 7.0, 67.0, 60.0),
    ] {
        let before = with(&sine(), &config, &[(parameter, value)]);
        let score = vec![
            (0, on(0, 60, 0.6)),
            (5_000, set(parameter, value)),
            (7_000, Event::Retune),
        ];
        let [under, _] = play(&config, &[sine()], &score, LENGTH);
        for (samples, key) in [(&before, new), (&under, sounding)] {
            let heard = tone_key(&samples[10_000..19_000], f64::from(RATE_HZ));
            assert!((heard - key).abs() < 0.01, "{parameter:?} {value}: {heard}");
        }
    }
}

#[test]
fn a_note_is_let_go_by_its_key_whatever_the_transposition_by_then() {
    let config = RendererConfig {
        steady: true,
        ..config(RATE_HZ)
    };
    let score = |moved: bool| -> Score {
        let transpose = moved.then_some((4_000, set(Parameter::Transpose, 5.0)));
        let mut score = vec![(0, on(0, 60, 0.6)), (8_000, off(0, 60))];
        score.extend(transpose);
        score.sort_by_key(|&(at, _)| at);
        score
    };
    let plain = play(&config, &[sine()], &score(false), LENGTH);
    assert!(play(&config, &[sine()], &score(true), LENGTH) == plain);
}

#[test]
fn brightness_tilts_and_keeps_the_level() {
    let config = RendererConfig {
        steady: true,
        ..config(RATE_HZ)
    };
    let highs_db = |value: f32| {
        let samples = with(&saw(-100.0), &config, &[(Parameter::Brightness, value)]);
        let samples = &samples[10_000..19_000];
        let high = testkit::band_power(samples, f64::from(RATE_HZ), 3_000.0, 8_000.0);
        let low = testkit::band_power(samples, f64::from(RATE_HZ), 200.0, 600.0);
        10.0 * (high / low).log10()
    };
    let [dark, plain, bright] = [-1.0, 0.0, 1.0].map(highs_db);
    // Some four octaves lie between the bands, 4 dB each.
    assert!((plain - dark - 14.0).abs() < 4.0, "{dark} {plain}");
    assert!((bright - plain - 14.0).abs() < 4.0, "{plain} {bright}");
}

#[test]
fn noise_is_louder_softer_or_none() {
    let config = config(RATE_HZ);
    let partials = with(&saw(-300.0), &config, &[]);
    let noise_db = |value: f32| {
        let mut noisy = with(&saw(-70.0), &config, &[(Parameter::Noise, value)]);
        noisy
            .iter_mut()
            .zip(&partials)
            .for_each(|(x, partial)| *x -= partial);
        level_db(&noisy[5_000..19_000])
    };
    let plain = noise_db(0.0);
    assert!((noise_db(6.0) - plain - 6.0).abs() < 0.01);
    assert!((noise_db(-20.0) - plain + 20.0).abs() < 0.01);
    assert!(noise_db(-60.0) < plain - 80.0);
}

#[test]
fn attack_and_release_are_shorter_and_longer() {
    let config = RendererConfig {
        steady: true,
        ..config(RATE_HZ)
    };
    let levels = |parameter, value| {
        let samples = with(&sine(), &config, &[(parameter, value)]);
        (
            level_db(&samples[600..1_500]),
            level_db(&samples[24_000..25_000]),
        )
    };
    let [short, plain, long] = [-1.0, 0.0, 1.0].map(|value| levels(Parameter::Attack, value).0);
    assert!(
        short > plain + 2.0 && long < plain - 2.0,
        "{short} {plain} {long}"
    );
    let [short, plain, long] = [-1.0, 0.0, 1.0].map(|value| levels(Parameter::Release, value).1);
    assert!(
        short < plain - 20.0 && long > plain + 10.0,
        "{short} {plain} {long}"
    );
}

#[test]
fn vibrato_is_deeper_faster_and_later() {
    let config = config(RATE_HZ);
    // Keys heard in windows of 10 ms, over the sounding note.
    let keys = |settings: &[(Parameter, f32)]| -> Vec<f64> {
        let mut plain = sine();
        plain.expression.drift = synth_model::CurveTable::constant(&[0.0, 1.0]).unwrap();
        plain.expression.fluctuation = synth_model::CurveTable::constant(&[0.0, 4.0]).unwrap();
        let samples = with(&plain, &config, settings);
        let windows = samples[6_000..19_900].chunks_exact(441);
        windows
            .map(|window| tone_key(window, f64::from(RATE_HZ)))
            .collect()
    };
    let spread = |keys: &[f64]| {
        let mean = keys.iter().sum::<f64>() / keys.len() as f64;
        (keys.iter().map(|key| (key - mean).powi(2)).sum::<f64>() / keys.len() as f64).sqrt()
    };
    let depth = |value| spread(&keys(&[(Parameter::VibratoDepth, value)]));
    let [none, plain, deep] = [-1.0, 0.0, 1.0].map(depth);
    assert!(
        none < 0.1 * plain && deep > 2.0 * plain,
        "{none} {plain} {deep}"
    );
    let crossings = |value| {
        let keys = keys(&[
            (Parameter::VibratoDepth, 1.0),
            (Parameter::VibratoRate, value),
        ]);
        let signs = keys
            .windows(2)
            .filter(|pair| (pair[0] - 60.0) * (pair[1] - 60.0) < 0.0);
        signs.count()
    };
    assert!(crossings(1.0) > crossings(-1.0) + 1);
    let late = keys(&[
        (Parameter::VibratoDepth, 1.0),
        (Parameter::VibratoDelay, 1.0),
    ]);
    assert!(spread(&late) < 0.1 * deep, "it has not begun yet");
}

#[test]
fn the_velocity_curve_is_the_touch_of_the_keyboard() {
    let config = RendererConfig {
        steady: true,
        ..config(RATE_HZ)
    };
    let struck = |velocity: f32, curve: f32| {
        let score = vec![
            (0, set(Parameter::VelocityCurve, curve)),
            (0, on(0, 60, velocity)),
        ];
        play(&config, &[saw(-90.0)], &score, 8_000)
    };
    assert!(struck(0.25, 1.0) == struck(0.5, 0.0), "a square root");
    assert!(struck(0.5, -1.0) == struck(0.25, 0.0), "a square");
    assert!(struck(1.0, 0.7) == struck(1.0, 0.0));
}

#[test]
fn the_room_is_as_if_it_had_been_so_from_the_start() {
    let small = RoomSettings {
        size: 0.1,
        amount: 0.9,
    };
    let made_so = RendererConfig {
        room: small,
        ..config(RATE_HZ)
    };
    let expected = with(&saw(-90.0), &made_so, &[]);
    let dry = with(&saw(-90.0), &config(RATE_HZ), &[]);
    let settings = [
        (Parameter::Room, small.amount),
        (Parameter::RoomSize, small.size),
    ];
    // The amount gets there in 20 ms.
    let set = with(&saw(-90.0), &config(RATE_HZ), &settings);
    let difference =
        |a: &[f32], b: &[f32]| -> Vec<f32> { a.iter().zip(b).map(|(a, b)| a - b).collect() };
    let wet_db = level_db(&difference(&expected, &dry));
    let off_db = level_db(&difference(&set, &expected));
    assert!(off_db < wet_db - 20.0, "{off_db} {wet_db}");
    let closed = with(&saw(-90.0), &made_so, &[(Parameter::Room, 0.0)]);
    let left_db = level_db(&difference(&closed, &dry));
    assert!(left_db < wet_db - 20.0, "{left_db} {wet_db}");
}

#[test]
fn polyphony_is_a_limit_at_once() {
    let mut renderer = renderer(
        &RendererConfig {
            polyphony: 4,
            most_polyphony: 8,
            ..config(RATE_HZ)
        },
        &[sine()],
    );
    let mut voices = |events: &[Event]| {
        let events: Vec<_> = events
            .iter()
            .map(|&event| synth_engine::TimedEvent { offset: 0, event })
            .collect();
        let (mut left, mut right) = ([0.0; 2_000], [0.0; 2_000]);
        renderer
            .process(&events, &mut [&mut left, &mut right])
            .voices
    };
    let chord: Vec<Event> = (60..70).map(|key| on(0, key, 0.5)).collect();
    assert_eq!(voices(&chord), 4);
    assert_eq!(voices(&[set(Parameter::Polyphony, 2.0)]), 2);
    assert_eq!(voices(&[set(Parameter::Polyphony, 4096.0)]), 2);
    assert_eq!(voices(&chord), 8, "no more than it was made for");
}

#[test]
fn a_reset_leaves_parameters_alone_and_a_renderer_reset_does_not() {
    let config = in_a_room();
    let score = vec![(0, on(0, 60, 0.6)), (9_000, off(0, 60))];
    let mut used = renderer(&config, &[saw(-80.0)]);
    let plain = play_blocks(&mut used, &score, LENGTH, || 512);
    let changed: Score = Parameter::table()
        .iter()
        .map(|info| (0, set(info.parameter, info.at(0.4))))
        .chain([(0, Event::Reset), (1, on(0, 60, 0.6))])
        .collect();
    used.reset();
    let other = play_blocks(&mut used, &changed, LENGTH, || 512);
    assert!(other != plain);
    for info in Parameter::table() {
        assert_eq!(
            used.parameter(info.parameter),
            info.at(0.4),
            "{}",
            info.name
        );
    }
    used.reset();
    assert!(play_blocks(&mut used, &score, LENGTH, || 512) == plain);
}

#[test]
fn values_beyond_the_range_count_as_its_ends_and_no_number_as_nothing() {
    let mut renderer = renderer(&in_a_room(), &[sine()]);
    for info in Parameter::table() {
        for (value, expected) in [
            (f32::MAX, info.range.1),
            (f32::NAN, info.range.1),
            (f32::INFINITY, info.range.1),
            (-1e30, info.range.0),
        ] {
            let event = set(info.parameter, value);
            renderer.process(&[synth_engine::TimedEvent { offset: 0, event }], &mut []);
            assert_eq!(
                renderer.parameter(info.parameter),
                expected,
                "{}",
                info.name
            );
        }
    }
}

#[test]
fn a_parameter_moved_under_notes_does_not_click() {
    const EVENT: u64 = 20_011;
    let config = in_a_room();
    let instruments = [
        saw(-85.0),
        sine(),
        instrument("lively", lively_network(8), &[0]),
    ];
    for mut instrument in instruments {
        instrument.metadata.programs = vec![0];
        for info in Parameter::table() {
            for way in [0.0, 1.0] {
                for key in [33, 72] {
                    let score = vec![(0, on(0, key, 0.8))];
                    let mut moved = score.clone();
                    moved.push((EVENT, set(info.parameter, info.at(way))));
                    let instruments = [instrument.clone()];
                    let [without, _] = play(&config, &instruments, &score, 30_000);
                    let [with, _] = play(&config, &instruments, &moved, 30_000);
                    let ratio =
                        testkit::click_ratio(&with, &without, EVENT as usize, f64::from(RATE_HZ));
                    let what = format!("{} to {} of key {key}", info.name, info.at(way));
                    assert!(ratio <= 3.0, "{what}: {ratio}");
                }
            }
        }
    }
}

#[test]
fn blocks_do_not_change_a_bit_of_parameters_on_the_move() {
    let mut score: Score = (0..4_u64)
        .flat_map(|n| {
            [
                (n * 6_000, on(0, 50 + n as u8, 0.8)),
                (n * 6_000 + 9_000, off(0, 50 + n as u8)),
            ]
        })
        .collect();
    for (n, info) in (0_u64..).zip(Parameter::table().iter().cycle().take(60)) {
        let value = info.at(((n * 37) % 101) as f32 / 100.0);
        score.push((1 + n * 487, set(info.parameter, value)));
    }
    score.sort_by_key(|&(at, _)| at);
    let bits = |block: usize| {
        let mut renderer = renderer(&in_a_room(), &[saw(-75.0)]);
        let [left, right] = play_blocks(&mut renderer, &score, LENGTH, || block);
        left.iter()
            .chain(&right)
            .map(|x| x.to_bits())
            .collect::<Vec<_>>()
    };
    let whole = bits(4_096);
    for block in [1, 7, 64, 1_000] {
        assert!(bits(block) == whole, "{block}");
    }
}
