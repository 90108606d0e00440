//! Every control is heard: rendered with and without, and measured.

mod fixtures;

use fixtures::{Score, config, instrument, lively_network, off, on, play, saw, sine, tone_key};
use std::f64::consts::FRAC_1_SQRT_2;
use synth_engine::{Event, RendererConfig, SoundControl};
use synth_model::Instrument;

const RATE: f64 = 44_100.0;
const LENGTH: usize = 60_000;
/// Where controls come that act on a sounding note, and where their effect is measured.
const CHANGE: u64 = 25_000;
const AFTER: std::ops::Range<usize> = 40_000..58_000;

fn steady() -> RendererConfig {
    RendererConfig {
        steady: true,
        ..config(44_100)
    }
}

fn left(config: &RendererConfig, instrument: &Instrument, score: &Score) -> Vec<f32> {
    let mut score = score.clone();
    score.sort_by_key(|&(at, _)| at);
    let [left, _] = play(config, std::slice::from_ref(instrument), &score, LENGTH);
    left
}

fn rms(samples: &[f32]) -> f64 {
    let sum: f64 = samples.iter().map(|&x| f64::from(x).powi(2)).sum();
    (sum / samples.len() as f64).sqrt()
}

fn level_db(samples: &[f32]) -> f64 {
    20.0 * rms(samples).max(1e-12).log10()
}

/// Pitch of the steady sine on key 69 with one event at [`CHANGE`], in cents off 440 Hz.
fn cents_after(before: &[Event], during: &[Event]) -> f64 {
    let mut score: Score = before.iter().map(|&event| (0, event)).collect();
    score.push((0, on(0, 69, 0.9)));
    score.extend(during.iter().map(|&event| (CHANGE, event)));
    let samples = left(&steady(), &sine(), &score);
    100.0 * (tone_key(&samples[AFTER], RATE) - 69.0)
}

fn assert_cents(what: &str, before: &[Event], during: &[Event], expected: f64) {
    let cents = cents_after(before, during);
    assert!((cents - expected).abs() < 1.0, "{what}: {cents}");
}

#[test]
fn tunings_move_the_pitch_by_what_they_say() {
    let channel = 0;
    assert_cents("none", &[], &[], 0.0);
    let tuning = Event::ChannelTuning {
        channel,
        semitones: -1.5,
    };
    assert_cents("channel, before", &[tuning], &[], -150.0);
    assert_cents("channel, under the note", &[], &[tuning], -150.0);
    let master = Event::MasterTuning { semitones: 0.4 };
    assert_cents("master", &[master], &[], 40.0);
    let bend = Event::PitchBend {
        channel,
        semitones: 2.0,
    };
    assert_cents("all add up", &[tuning], &[bend, master], 90.0);
    let class = Event::PitchClassTuning {
        channel,
        pitch_class: 9,
        semitones: -0.5,
    };
    assert_cents("pitch class", &[class], &[], -50.0);
    assert_cents("pitch class under the note", &[], &[class], 0.0);
    let other = Event::PitchClassTuning {
        channel,
        pitch_class: 10,
        semitones: -0.5,
    };
    assert_cents("another pitch class", &[other], &[], 0.0);
    let key = Event::KeyTuning {
        key: 69,
        semitones: 3.25,
    };
    assert_cents("key", &[key, class], &[], 275.0);
    assert_cents("all taken back", &[key, class, Event::Reset], &[], 0.0);
    let elsewhere = Event::ChannelTuning {
        channel: 1,
        semitones: 5.0,
    };
    assert_cents("another channel", &[elsewhere], &[], 0.0);
}

#[test]
fn volumes_are_plain_gains_by_the_square() {
    let change = |event| {
        let note = vec![(0, on(0, 60, 0.9))];
        let with = [note.clone(), vec![(CHANGE, event)]].concat();
        let without = left(&steady(), &saw(-90.0), &note);
        level_db(&left(&steady(), &saw(-90.0), &with)[AFTER]) - level_db(&without[AFTER])
    };
    let half_db = 40.0 * 0.5f64.log10();
    let master = change(Event::MasterVolume { amount: 0.5 });
    assert!((master - half_db).abs() < 0.01, "{master}");
    let from_100 = 40.0 * (0.5f64 * 127.0 / 100.0).log10();
    let volume = change(Event::Volume {
        channel: 0,
        amount: 0.5,
    });
    assert!((volume - from_100).abs() < 0.01, "{volume}");
}

#[test]
fn pressure_swells_the_level_and_the_timbre() {
    let lively = instrument("lively", lively_network(4), &[0]);
    let channel = 0;
    let note = vec![(0, on(0, 60, 0.6)), (0, on(0, 72, 0.6))];
    let pressed = |event| {
        let with = [note.clone(), vec![(CHANGE, event)]].concat();
        left(&steady(), &lively, &with)
    };
    let without = left(&steady(), &lively, &note);
    let all = pressed(Event::ChannelPressure {
        channel,
        amount: 1.0,
    });
    let swell = level_db(&all[AFTER]) - level_db(&without[AFTER]);
    assert!((3.0..9.0).contains(&swell), "{swell}");
    let shape = |samples: &[f32]| {
        let spectrum = testkit::PowerSpectrum::new(&samples[AFTER], RATE);
        spectrum.band_power(900.0, 4_000.0) / spectrum.band_power(200.0, 900.0)
    };
    let moved = 10.0 * (shape(&all) / shape(&without)).log10();
    assert!(moved.abs() > 0.05, "the network hears it: {moved} dB");

    let own = |samples: &[f32], key: f64| {
        let hz = testkit::note_hz(key);
        let spectrum = testkit::PowerSpectrum::new(&samples[AFTER], RATE);
        10.0 * spectrum.band_power(hz * 0.98, hz * 1.02).log10()
    };
    let one = pressed(Event::KeyPressure {
        channel,
        key: 60,
        amount: 1.0,
    });
    assert!(own(&one, 60.0) - own(&without, 60.0) > 3.0);
    let other = left(&steady(), &lively, &vec![note[1]]);
    let with_other = pressed(Event::KeyPressure {
        channel,
        key: 61,
        amount: 1.0,
    });
    assert!(with_other == without, "a key that does not sound");
    // Partials of the two notes coincide, so the untouched note is looked at alone.
    let alone = left(
        &steady(),
        &lively,
        &vec![
            note[1],
            (
                CHANGE,
                Event::KeyPressure {
                    channel,
                    key: 60,
                    amount: 1.0,
                },
            ),
        ],
    );
    assert!(alone == other, "another key's note stays as it is");
}

#[test]
fn brightness_changes_the_timbre_and_hardly_the_level() {
    let lively = instrument("lively", lively_network(4), &[0]);
    let note = vec![(0, on(0, 57, 0.5))];
    let without = left(&steady(), &lively, &note);
    let bright = (
        CHANGE,
        Event::Sound {
            channel: 0,
            control: SoundControl::Brightness,
            amount: 1.0,
        },
    );
    let with = left(&steady(), &lively, &vec![note[0], bright]);
    assert!(with[..CHANGE as usize] == without[..CHANGE as usize]);
    let a_level = |samples: &[f32]| testkit::a_weighted_level_db(&samples[AFTER], RATE);
    let level = a_level(&with) - a_level(&without);
    assert!(level.abs() < 0.5, "{level} dB");
    let distance = rms(&difference(&with, &without)[AFTER]) / rms(&without[AFTER]);
    assert!(distance > 0.05, "{distance}");
}

fn difference(a: &[f32], b: &[f32]) -> Vec<f32> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

#[test]
fn the_soft_pedal_softens_notes_that_begin_under_it() {
    let soft = |depth| Event::SoftPedal { channel: 0, depth };
    let level = |score: &Score| level_db(&left(&steady(), &saw(-90.0), score)[AFTER]);
    let note = (100, on(0, 60, 0.8));
    let plain = level(&vec![note]);
    let full = level(&vec![(0, soft(1.0)), note]);
    let half = level(&vec![(0, soft(0.5)), note]);
    assert!(full < plain - 3.0, "{full} {plain}");
    assert!(half < plain - 1.0 && half > full + 1.0, "{half}");
    assert_eq!(level(&vec![note, (CHANGE, soft(1.0))]), plain);
    assert_eq!(level(&vec![(0, soft(1.0)), (50, soft(0.0)), note]), plain);
}

#[test]
fn sostenuto_holds_what_sounds_when_it_goes_down_and_nothing_else() {
    let pedal = |down| Event::Sostenuto { channel: 0, down };
    let (first, second) = ((0, on(0, 60, 0.9)), (9_000, on(0, 67, 0.9)));
    let end = |score: &Score| left(&steady(), &sine(), score)[AFTER].to_vec();
    let held = vec![
        first,
        (5_000, pedal(true)),
        second,
        (12_000, off(0, 60)),
        (12_000, off(0, 67)),
    ];
    assert!(end(&held) == end(&vec![first]), "the first, and it alone");
    let again = [held.clone(), vec![(13_000, pedal(true))]].concat();
    assert!(end(&again) == end(&held), "down twice is down");
    let up = [held.clone(), vec![(15_000, pedal(false))]].concat();
    assert!(end(&up).iter().all(|&x| x == 0.0), "released");
    let sustain = (
        14_000,
        Event::Sustain {
            channel: 0,
            depth: 1.0,
        },
    );
    let up_late = [held.clone(), vec![sustain, (15_000, pedal(false))]].concat();
    assert!(end(&up_late) == end(&held), "the other pedal holds it now");
    let reset = (15_000, Event::ResetControllers { channel: 0 });
    let reset = [held, vec![reset]].concat();
    assert!(end(&reset).iter().all(|&x| x == 0.0));
}

#[test]
fn a_half_pressed_pedal_lets_notes_ring_longer_the_further_down_it_is() {
    let ring = |value: u8, at: u64| {
        let pedal = Event::Sustain {
            channel: 0,
            depth: f32::from(value) / 127.0,
        };
        let score = vec![(0, on(0, 60, 0.9)), (at, pedal), (20_000, off(0, 60))];
        left(&steady(), &sine(), &score)
    };
    let level = |samples: &[f32]| level_db(&samples[24_000..26_000]);
    let before: Vec<f64> = [0, 16, 32, 48, 63]
        .iter()
        .map(|&value| level(&ring(value, 10_000)))
        .collect();
    assert!(before.is_sorted_by(|a, b| a + 1.0 < *b), "{before:?}");
    let slowest = ring(63, 10_000);
    assert!(level_db(&slowest[50_000..52_000]) < level(&slowest) - 15.0);
    let down = ring(64, 10_000);
    assert!(level_db(&down[AFTER]) > -40.0, "64 and more hold");
    // Under a release, too: coming down, the damper acts on what is dying away.
    let pedal = |at, value: u8| {
        let depth = f32::from(value) / 127.0;
        (at, Event::Sustain { channel: 0, depth })
    };
    let lifted = vec![
        (0, on(0, 60, 0.9)),
        pedal(10_000, 63),
        (20_000, off(0, 60)),
        pedal(22_000, 0),
    ];
    let lifted = left(&steady(), &sine(), &lifted);
    assert!(lifted[..22_000] == slowest[..22_000]);
    assert!(level(&lifted) < level(&slowest) - 5.0);
    assert!(level(&lifted) > level(&ring(0, 10_000)) + 5.0);
    assert!(
        ring(127, 21_000) == ring(0, 10_000),
        "going down it comes too late"
    );
}

#[test]
fn release_and_attack_controllers_stretch_and_shorten() {
    let sound = |control, amount| {
        (
            0,
            Event::Sound {
                channel: 0,
                control,
                amount,
            },
        )
    };
    let play = |setting| {
        let score = vec![setting, (10, on(0, 60, 0.9)), (20_000, off(0, 60))];
        left(&steady(), &sine(), &score)
    };
    let release = |amount| {
        let samples = play(sound(SoundControl::ReleaseTime, amount));
        level_db(&samples[21_500..22_500])
    };
    assert!(release(-0.5) + 3.0 < release(0.0) && release(0.0) + 3.0 < release(0.5));
    let attack = |amount| {
        let samples = play(sound(SoundControl::AttackTime, amount));
        level_db(&samples[400..900])
    };
    assert!(attack(1.0) + 3.0 < attack(0.0) && attack(0.0) + 3.0 < attack(-1.0));
}

/// The pitch of every period-long stretch, in cents off 440 Hz.
fn pitch_track(samples: &[f32]) -> Vec<f64> {
    let window = 2_048;
    (4_000..samples.len() - window)
        .step_by(512)
        .map(|at| 100.0 * (tone_key(&samples[at..at + window], RATE) - 69.0))
        .collect()
}

fn spread(track: &[f64]) -> f64 {
    let (low, high) = track
        .iter()
        .fold((f64::MAX, f64::MIN), |(l, h), &x| (l.min(x), h.max(x)));
    high - low
}

#[test]
fn the_wheel_and_the_vibrato_controllers_shape_the_vibrato() {
    let track = |events: &[Event]| {
        let mut instrument = sine();
        instrument.expression.drift = synth_model::CurveTable::constant(&[0.0, 1.0]).unwrap();
        let mut score: Score = events.iter().map(|&event| (0, event)).collect();
        score.push((10, on(0, 69, 0.9)));
        pitch_track(&left(&config(44_100), &instrument, &score))
    };
    let sound = |control, amount| Event::Sound {
        channel: 0,
        control,
        amount,
    };
    let plain = track(&[]);
    assert!((20.0..32.0).contains(&spread(&plain)), "{}", spread(&plain));
    let wheel = track(&[Event::Modulation {
        channel: 0,
        amount: 1.0,
    }]);
    assert!(spread(&wheel) > spread(&plain) + 60.0);
    let deep = track(&[sound(SoundControl::VibratoDepth, 1.0)]);
    assert!(spread(&deep) > spread(&plain) + 60.0);
    let none = track(&[sound(SoundControl::VibratoDepth, -1.0)]);
    assert!(spread(&none) < 1.0, "{}", spread(&none));
    // The first 0.3 s, before the added two seconds are over.
    let late = track(&[sound(SoundControl::VibratoDelay, 1.0)]);
    assert!(spread(&late[..24]) < 1.0 && spread(&plain[..24]) > 15.0);
    let turns = |track: &[f64]| {
        let mean = track.iter().sum::<f64>() / track.len() as f64;
        track
            .windows(2)
            .filter(|pair| (pair[0] < mean) != (pair[1] < mean))
            .count()
    };
    let fast = track(&[sound(SoundControl::VibratoRate, 1.0)]);
    let slow = track(&[sound(SoundControl::VibratoRate, -1.0)]);
    assert!(turns(&fast) > turns(&plain) + 5 && turns(&plain) > turns(&slow) + 3);
}

#[test]
fn a_bank_chooses_among_instruments() {
    let mut other = saw(-90.0);
    other.metadata.bank = 128;
    other.metadata.programs = vec![0];
    let mut plain = sine();
    plain.metadata.programs = vec![0];
    let instruments = [plain, other];
    let program = |bank| {
        (
            0,
            Event::Program {
                channel: 0,
                bank,
                program: 0,
            },
        )
    };
    let play = |bank| {
        let score = vec![program(bank), (10, on(0, 60, 0.9))];
        let [left, _] = play(&steady(), &instruments, &score, 20_000);
        testkit::spectral_centroid_hz(&left[10_000..], RATE)
    };
    assert!(play(0) < 300.0 && play(128) > 500.0);
    assert_eq!(play(0), play(1), "a bank without instruments falls back");
}

#[test]
fn rhythm_channels_are_silent_and_counted() {
    let rhythm = |channel, on| (0, Event::Rhythm { channel, on });
    let notes = |renderer: &mut synth_engine::Renderer, score: &Score| {
        let [left, _] = fixtures::play_blocks(renderer, score, 5_000, || 512);
        (
            left.iter().any(|&x| x != 0.0),
            renderer.counters().rhythm_notes,
        )
    };
    for (score, expected) in [
        (vec![(10, on(9, 60, 0.9))], (false, 1)),
        (vec![rhythm(9, false), (10, on(9, 60, 0.9))], (true, 0)),
        (vec![rhythm(3, true), (10, on(3, 60, 0.9))], (false, 1)),
        (
            vec![rhythm(3, true), (1, Event::Reset), (10, on(3, 60, 0.9))],
            (true, 0),
        ),
    ] {
        let mut renderer = fixtures::renderer(&steady(), &[sine()]);
        assert_eq!(notes(&mut renderer, &score), expected, "{score:?}");
    }
}

#[test]
fn a_reset_silences_and_takes_everything_back() {
    let mut score: Score = vec![(0, on(0, 60, 0.9)), (0, on(5, 64, 0.9))];
    let mut random = fixtures::storm::Random(3);
    for kind in 0..fixtures::storm::KINDS {
        for channel in 0..6 {
            let event = fixtures::storm::event_of_kind(kind, channel, 60, &mut random);
            // Parameters are the whole instrument's and stay (tests/parameters.rs), and so does the load.
            if !matches!(event, Event::Parameter { .. } | Event::Shedding { .. }) {
                score.push((100, event));
            }
        }
    }
    score.push((10_000, Event::Reset));
    let end = (20_000, on(0, 72, 0.9));
    let after = |mut score: Score| {
        score.push(end);
        let [left, right] = play(&steady(), &[saw(-90.0), sine()], &score, 40_000);
        [left[12_000..].to_vec(), right[12_000..].to_vec()]
    };
    assert!(after(score) == after(Score::new()));
}

#[test]
fn pan_moves_the_power_from_side_to_side() {
    let panned = |position| {
        let score = vec![
            (
                0,
                Event::Pan {
                    channel: 0,
                    position,
                },
            ),
            (10, on(0, 60, 0.9)),
        ];
        let [left, right] = play(&steady(), &[sine()], &score, 20_000);
        (rms(&left[10_000..]), rms(&right[10_000..]))
    };
    let (left, right) = panned(0.0);
    assert!((left / right - 1.0).abs() < 1e-5);
    let (hard_left, silent) = panned(-1.0);
    assert_eq!(silent, 0.0);
    assert!((left / hard_left - FRAC_1_SQRT_2).abs() < 1e-5);
}
