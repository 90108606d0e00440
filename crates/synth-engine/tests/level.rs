//! The level rule: loudness decides the level, once, beyond the network's range as within it.

mod fixtures;

use fixtures::{Score, config, constant_network, on, play, saw, sine};
use synth_engine::{Event, RendererConfig};
use synth_model::{CurveTable, Instrument};

/// A note alone on the left at full volume: nothing but the level rule between table and output.
fn lone_note(key: u8, velocity: f32, expression: f32) -> Score {
    vec![
        (
            0,
            Event::Volume {
                channel: 0,
                amount: 1.0,
            },
        ),
        (
            0,
            Event::Pan {
                channel: 0,
                position: -1.0,
            },
        ),
        (
            0,
            Event::Expression {
                channel: 0,
                amount: expression,
            },
        ),
        (0, on(0, key, velocity)),
    ]
}

/// Loudness that the fixtures' sustain table and the expression ask for, dBA.
fn asked_db(velocity: f32, expression: f32) -> f64 {
    f64::from(-50.0 + 30.0 * velocity + 40.0 * expression.log10())
}

#[test]
fn the_harmonics_have_the_loudness_of_the_table_and_the_expression() {
    let config = RendererConfig {
        steady: true,
        ..config(44_100)
    };
    for (velocity, expression, key) in [
        (1.0, 1.0, 69),
        (0.0, 1.0, 69),
        // 80 dB below: far under what the network was trained on.
        (1.0, 0.01, 69),
        (1.0, 0.5, 93),
        (1.0, 1.0, 45),
        (0.6, 1.0, 28),
    ] {
        for instrument in [sine(), saw(-300.0)] {
            let name = instrument.metadata.name.clone();
            let score = lone_note(key, velocity, expression);
            let [left, right] = play(&config, &[instrument], &score, 88_200);
            let level_db = testkit::a_weighted_level_db(&left[44_100..], 44_100.0);
            let error_db = level_db - asked_db(velocity, expression);
            assert!(error_db.abs() < 0.1, "{name}, key {key}: {error_db} dB");
            assert!(right.iter().all(|&x| x == 0.0));
        }
    }
}

#[test]
fn noise_holds_the_networks_level_and_follows_loudness_beyond_its_range() {
    const DENSITY_DB: f64 = -60.0;
    let mut instrument: Instrument = sine();
    instrument.network = constant_network(|row| match row {
        0..64 => -20.0,
        64 => 0.0,
        _ => DENSITY_DB as f32 / 10.0,
    });
    instrument.expression.fluctuation = CurveTable::constant(&[0.0, 1.0]).unwrap();
    let ranges = instrument.ranges;
    for (velocity, expression) in [(1.0, 1.0), (1.0, 0.01), (0.0, 1.0), (0.0, 0.1)] {
        // Above Nyquist there is no harmonic to be heard beside the noise.
        let score = lone_note(127, velocity, expression);
        let config = RendererConfig {
            sample_rate_hz: 22_050,
            ..config(22_050)
        };
        let [left, _] = play(&config, &[instrument.clone()], &score, 4 * 22_050);
        let power = testkit::band_power(&left[22_050..], 22_050.0, 1_000.0, 2_000.0);
        let asked = asked_db(velocity, expression);
        let seen = asked.clamp(
            f64::from(ranges.loudness_lo_db),
            f64::from(ranges.loudness_hi_db),
        );
        let want_db = DENSITY_DB + 30.0 + asked - seen;
        let error_db = 10.0 * power.log10() - want_db;
        assert!(
            error_db.abs() < 0.5,
            "{velocity}, {expression}: {error_db} dB"
        );
    }
}
