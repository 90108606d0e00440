//! The starter instrument files that are shipped: fit, levels, noise, tables.

use std::path::PathBuf;
use synth_model::{Expression, Features, Instrument, a_weighting};
use synth_train::starter::{StarterKind, held_out_columns};
use synth_train::{Answers, evaluate, loudness};

const NOISE_BAND_HZ: f64 = 44_100.0 / 128.0;

fn path(kind: StarterKind) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../ane-synth-app/instruments");
    folder.join(kind.file_stem()).with_extension("synth")
}

fn shipped(kind: StarterKind) -> Instrument {
    Instrument::read(path(kind)).unwrap()
}

fn note_hz(note: u8) -> f32 {
    440.0 * ((f32::from(note) - 69.0) / 12.0).exp2()
}

/// A sustained note as the synth will play it: partial amplitudes and noise densities, absolute.
struct Sustain {
    partials: Vec<f64>,
    noise: Vec<f64>,
}

fn sustain(
    instrument: &Instrument,
    answers: &mut Answers<'_>,
    note: u8,
    velocity: f32,
    z: f32,
) -> Sustain {
    let f0_hz = note_hz(note);
    let table = &instrument.expression.sustain_db;
    let loudness_db = table.at(table.locate(f0_hz, velocity), 0);
    let mut partials = vec![0.0; instrument.network.shape.partials];
    let mut noise = vec![0.0; instrument.network.shape.noise_bands];
    let features = Features {
        f0_hz,
        loudness_db,
        velocity,
        z,
    };
    assert!(answers.column(&features, &mut partials, &mut noise));
    let gain = 10.0_f64.powf(f64::from(loudness_db) / 20.0);
    let beyond_db = loudness_db - instrument.clamp_loudness_db(loudness_db);
    let noise_gain = 10.0_f64.powf(f64::from(beyond_db) / 10.0);
    Sustain {
        partials: partials.iter().map(|&a| f64::from(a) * gain).collect(),
        noise: noise.iter().map(|&p| f64::from(p) * noise_gain).collect(),
    }
}

fn power_db(partials: &[f64]) -> f64 {
    10.0 * partials.iter().map(|a| a * a / 2.0).sum::<f64>().log10()
}

#[test]
fn files_are_small_and_say_what_they_are() {
    for kind in StarterKind::ALL {
        let bytes = std::fs::metadata(path(kind)).unwrap().len();
        assert!(bytes <= 70_000, "{bytes}");
        let metadata = shipped(kind).metadata;
        assert!(metadata.synthetic && metadata.licence == "MIT" && !metadata.source.is_empty());
        assert!(metadata.training.contains_key("seed"));
    }
}

#[test]
fn every_program_is_claimed_by_one_instrument() {
    let claims = StarterKind::ALL
        .into_iter()
        .flat_map(|kind| shipped(kind).metadata.programs);
    let mut claims: Vec<u8> = claims.collect();
    claims.sort_unstable();
    assert!(claims.into_iter().eq(0..128));
}

#[test]
fn fits_are_within_1_5_db_of_the_formulas_and_as_good_as_they_say() {
    for kind in StarterKind::ALL {
        let instrument = shipped(kind);
        let unseen = evaluate(&instrument, &held_out_columns(kind, 600, 4_242).unwrap()).unwrap();
        assert!(
            unseen.harmonic_error_db < 1.5 && unseen.noise_error_db < 1.5,
            "{kind:?} {unseen:?}"
        );
        let seed = instrument.metadata.training["seed"].parse().unwrap();
        let columns = instrument.metadata.training["held_out_columns"]
            .parse()
            .unwrap();
        let again = evaluate(&instrument, &held_out_columns(kind, columns, seed).unwrap()).unwrap();
        let stated = &instrument.metadata.held_out;
        assert!(
            (again.harmonic_error_db - stated["harmonic_error_db"]).abs() < 0.02,
            "{kind:?}"
        );
        assert!(
            (again.noise_error_db - stated["noise_error_db"]).abs() < 0.02,
            "{kind:?}"
        );
    }
}

#[test]
fn levels_follow_the_plan() {
    for kind in StarterKind::ALL {
        let instrument = shipped(kind);
        let mut answers = Answers::new(&instrument).unwrap();
        let mut level = |note, velocity| {
            let partials = sustain(&instrument, &mut answers, note, velocity, 0.0).partials;
            (
                power_db(&partials),
                20.0 * loudness::peak(&partials).log10(),
            )
        };
        for note in 21..=127 {
            let (loud_db, peak_db) = level(note, 1.0);
            let (soft_db, _) = level(note, 1.0 / 127.0);
            assert!(peak_db < -10.0, "{kind:?} note {note}: peak {peak_db}");
            assert!(
                (loud_db - soft_db - 29.8).abs() < 1.0,
                "{kind:?} note {note}: {soft_db}..{loud_db}"
            );
            assert!(loud_db > -27.0, "{kind:?} note {note}: {loud_db}");
            if (55..=84).contains(&note) {
                let (middle_db, _) = level(note, 100.0 / 127.0);
                assert!(
                    (middle_db + 24.0).abs() < 2.0,
                    "{kind:?} note {note}: {middle_db}"
                );
            }
        }
    }
}

#[test]
fn louder_is_brighter() {
    let centroid_hz = |partials: &[f64], f0_hz: f64| {
        let powers = partials.iter().enumerate().map(|(k, a)| {
            let f_hz = (k + 1) as f64 * f0_hz;
            (f_hz, (a * a_weighting::gain(f_hz)).powi(2))
        });
        let (sum, weighted) = powers.fold((0.0, 0.0), |s, (f, p)| (s.0 + p, s.1 + f * p));
        weighted / sum
    };
    for kind in StarterKind::ALL {
        let instrument = shipped(kind);
        let mut answers = Answers::new(&instrument).unwrap();
        for note in [40, 55, 69, 79] {
            let mut centroid = |velocity| {
                let partials = sustain(&instrument, &mut answers, note, velocity, 0.0).partials;
                centroid_hz(&partials, f64::from(note_hz(note)))
            };
            let (soft, middle, loud) = (centroid(0.1), centroid(0.5), centroid(1.0));
            assert!(
                soft * 1.005 < middle && middle * 1.005 < loud,
                "{kind:?} {note}: {soft} {middle} {loud}"
            );
        }
    }
}

#[test]
fn noise_is_35_to_60_db_down_and_clear_of_what_lies_below_the_note() {
    for kind in StarterKind::ALL {
        let instrument = shipped(kind);
        let mut answers = Answers::new(&instrument).unwrap();
        for note in 21..=108_u8 {
            for (velocity, z) in [(0.05, 0.0), (0.8, 0.0), (1.0, 0.0), (0.8, 1.0)] {
                let sound = sustain(&instrument, &mut answers, note, velocity, z);
                let total: f64 = sound.noise.iter().sum::<f64>() * NOISE_BAND_HZ;
                let below_db = power_db(&sound.partials) - 10.0 * total.log10();
                assert!(
                    (34.0..61.0).contains(&below_db),
                    "{kind:?} {note} {velocity} {z}: {below_db}"
                );

                let density = |f_hz: f64| {
                    let place = f_hz / NOISE_BAND_HZ;
                    let (below, fraction) = (place as usize, place.fract());
                    sound.noise[below] * (1.0 - fraction) + sound.noise[below + 1] * fraction
                };
                let strongest = sound
                    .partials
                    .iter()
                    .map(|a| a * a / 2.0)
                    .fold(0.0, f64::max);
                let f0_hz = f64::from(note_hz(note));
                let low_thirds = (14..38).map(|band| 10.0_f64.powf(f64::from(band) / 10.0));
                for centre_hz in low_thirds.filter(|&f_hz| f_hz < (f0_hz / 2.0).max(150.0)) {
                    let width_hz = centre_hz * (2.0_f64.powf(1.0 / 6.0) - 2.0_f64.powf(-1.0 / 6.0));
                    let power = density(centre_hz) * width_hz;
                    let under_db = 10.0 * (strongest / power).log10();
                    assert!(
                        under_db > 60.0,
                        "{kind:?} {note} {velocity} {z}, {centre_hz} Hz: {under_db}"
                    );
                }
            }
        }
    }
}

#[test]
fn notes_speak_in_time_for_fast_playing_and_move_as_instruments_do() {
    let attack_s = |expression: &Expression, f0_hz| {
        let table = &expression.attack_db;
        let position = table.locate(f0_hz, 0.8);
        let reached = (0..table.length())
            .find(|&n| table.at(position, n) >= -3.0)
            .unwrap();
        reached as f32 * expression.attack_step_s
    };
    for (kind, attack, vibrato_cents) in [
        (StarterKind::Bowed, 0.045..=0.095, 16.0),
        (StarterKind::Reed, 0.025..=0.040, 1.0),
        (StarterKind::Flute, 0.040..=0.065, 8.0),
    ] {
        let expression = shipped(kind).expression;
        for f0_hz in [65.0, 440.0, 2_000.0] {
            assert!(
                attack.contains(&attack_s(&expression, f0_hz)),
                "{kind:?} {f0_hz} Hz"
            );
            let release = &expression.release_s;
            let release_s = release.at(release.locate(f0_hz, 0.8), 0);
            assert!(
                (0.18..=0.30).contains(&release_s),
                "{kind:?} {f0_hz} Hz: {release_s}"
            );
        }
        let vibrato = &expression.vibrato;
        let position = vibrato.locate(440.0, 0.8);
        assert_eq!(
            vibrato.at(position, Expression::VIBRATO_DEPTH_CENTS),
            vibrato_cents
        );
    }
}
