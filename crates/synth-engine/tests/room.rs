//! The room as the default send: how loud it is, who decides, and that it can be off.

mod fixtures;

use fixtures::{Score, config, constant_network, off, on, play, saw, sine};
use synth_engine::{Event, RendererConfig, RendererError, RoomSettings};
use synth_model::Instrument;

const RATE: f64 = 44_100.0;
const LENGTH: usize = 60_000;

fn with_room(size: f32, amount: f32) -> RendererConfig {
    RendererConfig {
        room: RoomSettings { size, amount },
        ..config(44_100)
    }
}

fn send(channel: u8, amount: f32) -> Event {
    Event::RoomSend { channel, amount }
}

/// What the room adds to a score.
fn wet(config: &RendererConfig, instruments: &[Instrument], score: &Score) -> [Vec<f32>; 2] {
    let dry = RendererConfig {
        room: RoomSettings::OFF,
        ..config.clone()
    };
    let dry = play(&dry, instruments, score, LENGTH);
    let mut both = play(config, instruments, score, LENGTH);
    for (both, dry) in both.iter_mut().zip(dry) {
        for (both, dry) in both.iter_mut().zip(dry) {
            *both -= dry;
        }
    }
    both
}

fn level_db(sides: &[Vec<f32>; 2]) -> f64 {
    let power = |side: &Vec<f32>| -> f64 { side.iter().map(|&x| f64::from(x).powi(2)).sum() };
    10.0 * ((power(&sides[0]) + power(&sides[1])) / LENGTH as f64).log10()
}

/// Notes all over the keyboard, so that the peaks and notches of the room even out.
fn notes(channel: u8) -> Score {
    let keys = (0..12_u8).map(|i| 45 + 3 * i);
    (0_u64..)
        .zip(keys)
        .flat_map(|(n, key)| {
            let at = n * 3_000;
            [(at, on(channel, key, 0.9)), (at + 2_900, off(channel, key))]
        })
        .collect()
}

#[test]
fn by_default_it_is_18_db_behind_the_notes() {
    let room = RoomSettings::default();
    let config = with_room(room.size, room.amount);
    for instrument in [saw(-100.0), noise()] {
        let instruments = [instrument];
        // Two octaves around 1 kHz: the highs die away faster.
        let level_db = |sides: &[Vec<f32>; 2]| -> f64 {
            let power = |side: &Vec<f32>| testkit::band_power(side, RATE, 500.0, 2_000.0);
            10.0 * (power(&sides[0]) + power(&sides[1])).log10()
        };
        let dry = play(&self::config(44_100), &instruments, &notes(0), LENGTH);
        let below_db = level_db(&wet(&config, &instruments, &notes(0))) - level_db(&dry);
        println!("{}: {below_db:.1} dB", instruments[0].metadata.name);
        assert!((below_db + 18.0).abs() < 2.0, "{below_db}");
    }
}

/// Noise and no partials to speak of.
fn noise() -> Instrument {
    let mut noise = sine();
    noise.metadata.name = "noise".into();
    noise.network = constant_network(|row| match row {
        0..64 => -20.0,
        64 => 0.0,
        _ => -6.0,
    });
    noise.ranges.f0_hi_hz = 20_000.0;
    noise
}

#[test]
fn no_amount_and_steady_are_no_room() {
    let score = notes(0);
    let dry = play(&config(44_100), &[saw(-60.0)], &score, LENGTH);
    assert!(play(&with_room(0.5, 0.0), &[saw(-60.0)], &score, LENGTH) == dry);
    let steady = |room| {
        let config = RendererConfig {
            steady: true,
            ..room
        };
        play(&config, &[saw(-60.0)], &score, LENGTH)
    };
    assert!(steady(with_room(0.5, 1.0)) == steady(config(44_100)));
}

#[test]
fn each_channel_sends_what_it_is_told_to() {
    let config = with_room(0.3, 1.0);
    let instruments = [saw(-60.0)];
    let level = |events: &[(u64, Event)]| {
        let mut score = [events, &notes(3)].concat();
        score.sort_by_key(|&(at, _)| at);
        level_db(&wet(&config, &instruments, &score))
    };
    let first = level(&[]);
    let up_db = 20.0 * (127.0_f64 / 40.0).log10();
    assert!((level(&[(0, send(3, 1.0))]) - first - up_db).abs() < 0.01);
    assert!((level(&[(0, send(3, 0.5))]) - first - up_db + 6.02).abs() < 0.01);
    assert!(level(&[(0, send(3, 0.0))]) < first - 100.0);
    let as_before = level(&[(0, send(2, 1.0))]);
    assert!((as_before - first).abs() < 1e-6, "another channel's");
    let reset = Event::ResetControllers { channel: 3 };
    assert!(level(&[(0, send(3, 0.0)), (0, reset)]) < first - 100.0);
    let as_new = level(&[(0, send(3, 0.0)), (0, Event::Reset)]);
    assert!((as_new - first).abs() < 0.01, "everything as it was");
    // Sound that is silenced by its volume is not sent either.
    let volume = Event::Volume {
        channel: 3,
        amount: 0.0,
    };
    assert!(level(&[(0, volume)]) == f64::NEG_INFINITY);
}

#[test]
fn the_room_answers_after_the_note_on_both_sides_and_rings_on() {
    let pan = Event::Pan {
        channel: 0,
        position: -1.0,
    };
    let score = vec![(0, pan), (5_000, on(0, 60, 1.0)), (15_000, off(0, 60))];
    let sides = wet(&with_room(0.5, 1.0), &[saw(-70.0)], &score);
    for side in &sides {
        let first = side.iter().position(|&x| x != 0.0).unwrap();
        assert!((5_100..6_500).contains(&first), "{first}");
        // The release takes some 0.2 s of the time.
        let level = |at: usize| testkit::a_weighted_level_db(&side[at..at + 4_000], RATE);
        let fall_db = level(28_000) - level(50_000);
        assert!(
            (15.0..45.0).contains(&fall_db),
            "{fall_db} dB in half a second"
        );
    }
}

#[test]
fn a_send_that_jumps_under_a_note_does_not_click() {
    let config = with_room(0.2, 1.0);
    let event = 20_011;
    for instrument in [saw(-100.0), sine()] {
        let mut instrument = instrument;
        instrument.metadata.programs = vec![0];
        let instruments = [instrument];
        let score = vec![(0, on(0, 57, 0.9))];
        let without = play(&config, &instruments, &score, 30_000);
        for amount in [0.0, 1.0] {
            let score = [&score[..], &[(event as u64, send(0, amount))]].concat();
            let with = play(&config, &instruments, &score, 30_000);
            assert!(with != without);
            for (with, without) in with.iter().zip(&without) {
                let ratio = (event..event + 3_000)
                    .step_by(150)
                    .map(|at| testkit::click_ratio(with, without, at, RATE))
                    .fold(0.0, f64::max);
                println!("send {amount}: {ratio:.2}");
                assert!(ratio <= 3.0, "{ratio}");
            }
        }
    }
}

#[test]
fn settings_out_of_range_are_refused() {
    for (size, amount) in [
        (1.1, 0.5),
        (-0.1, 0.5),
        (f32::NAN, 0.5),
        (0.5, 1.1),
        (0.5, -0.1),
        (0.5, f32::NAN),
    ] {
        let refused = fixtures::try_renderer(&with_room(size, amount), &[sine()]);
        assert!(
            matches!(refused, Some(RendererError::Room(_))),
            "{size} {amount}"
        );
    }
}
