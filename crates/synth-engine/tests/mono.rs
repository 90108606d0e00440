//! One note at a time, legato and portamento.

mod fixtures;

use fixtures::{Score, config, off, on, play_blocks, renderer, sine, tone_key};
use synth_engine::{Event, RendererConfig};

const RATE: f64 = 44_100.0;
const LENGTH: usize = 50_000;

fn steady() -> RendererConfig {
    RendererConfig {
        steady: true,
        ..config(44_100)
    }
}

/// The left channel and the most voices at once.
fn render(score: &Score) -> (Vec<f32>, usize) {
    let mut renderer = renderer(&steady(), &[sine()]);
    let [left, _] = play_blocks(&mut renderer, score, LENGTH, || 512);
    (left, renderer.counters().most_voices)
}

fn mono() -> (u64, Event) {
    (0, Event::Mono { channel: 0 })
}

fn legato() -> (u64, Event) {
    let on = true;
    (0, Event::Legato { channel: 0, on })
}

/// The key that sounds at a sample.
fn key_at(samples: &[f32], at: usize) -> f64 {
    tone_key(&samples[at..at + 4_000], RATE)
}

fn assert_key(samples: &[f32], at: usize, key: f64) {
    let heard = key_at(samples, at);
    assert!((heard - key).abs() < 0.02, "at {at}: {heard}, not {key}");
}

#[test]
fn the_newest_key_sounds_and_the_older_ones_come_back() {
    for setting in [vec![mono()], vec![mono(), legato()]] {
        let notes = vec![
            (10, on(0, 60, 0.9)),
            (8_000, on(0, 64, 0.9)),
            (16_000, on(0, 67, 0.9)),
            (24_000, off(0, 64)),
            (24_000, off(0, 67)),
            (32_000, off(0, 60)),
        ];
        let (samples, voices) = render(&[setting, notes].concat());
        assert_eq!(voices, 1);
        assert_key(&samples, 3_000, 60.0);
        assert_key(&samples, 11_000, 64.0);
        assert_key(&samples, 19_000, 67.0);
        assert_key(&samples, 27_000, 60.0);
        assert!(samples[47_000..].iter().all(|&x| x == 0.0), "it ends");
    }
}

#[test]
fn legato_goes_on_with_the_voice_and_without_it_each_note_begins_anew() {
    let notes = vec![(10, on(0, 60, 0.9)), (20_000, on(0, 62, 0.9))];
    let level = |samples: &[f32], at: usize| {
        let window = &samples[at..at + 300];
        window
            .iter()
            .map(|x| f64::from(x.abs()))
            .fold(0.0, f64::max)
    };
    let (anew, _) = render(&[vec![mono()], notes.clone()].concat());
    let (going_on, _) = render(&[vec![mono(), legato()], notes.clone()].concat());
    let before = level(&going_on, 19_000);
    // The attack starts 30 dB below the sustain.
    assert!(level(&anew, 20_300) < 0.5 * before);
    assert!(level(&going_on, 20_300) > 0.8 * before);
    assert_key(&going_on, 25_000, 62.0);
    let ratio = testkit::click_ratio(
        &going_on,
        &render(&vec![mono(), legato(), notes[0]]).0,
        20_000,
        RATE,
    );
    assert!(ratio <= 3.0, "click {ratio}");
}

#[test]
fn poly_brings_chords_back_and_both_modes_end_what_sounds() {
    let chord = |at| {
        vec![
            (at, on(0, 60, 0.9)),
            (at, on(0, 64, 0.9)),
            (at, on(0, 67, 0.9)),
        ]
    };
    assert_eq!(render(&chord(10)).1, 3);
    assert_eq!(render(&[vec![mono()], chord(10)].concat()).1, 1);
    let poly = (5, Event::Poly { channel: 0 });
    assert_eq!(render(&[vec![mono(), poly], chord(10)].concat()).1, 3);
    for mode in [Event::Mono { channel: 0 }, Event::Poly { channel: 0 }] {
        let (samples, _) = render(&[chord(10), vec![(10_000, mode)]].concat());
        assert!(samples[40_000..].iter().all(|&x| x == 0.0), "{mode:?}");
    }
    let elsewhere = (0, Event::Mono { channel: 1 });
    assert_eq!(render(&[vec![elsewhere], chord(10)].concat()).1, 3);
}

#[test]
fn a_mono_voice_that_was_stolen_does_not_hang() {
    let config = RendererConfig {
        polyphony: 1,
        ..steady()
    };
    let score = vec![
        mono(),
        (10, on(0, 60, 0.9)),
        (5_000, on(1, 72, 0.9)),
        (6_000, on(0, 62, 0.9)),
        (7_000, off(0, 62)),
        (8_000, off(0, 60)),
        (9_000, off(1, 72)),
    ];
    let mut renderer = renderer(&config, &[sine()]);
    let [left, _] = play_blocks(&mut renderer, &score, LENGTH, || 512);
    assert!(left[40_000..].iter().all(|&x| x == 0.0));
}

#[test]
fn portamento_glides_from_the_note_before_or_from_the_key_it_is_told() {
    let time = (
        0,
        Event::PortamentoTime {
            channel: 0,
            seconds: 0.5,
        },
    );
    let switch = (
        0,
        Event::Portamento {
            channel: 0,
            on: true,
        },
    );
    let notes = vec![
        (10, on(0, 57, 0.9)),
        (9_000, off(0, 57)),
        (15_000, on(0, 69, 0.9)),
    ];
    let (gliding, _) = render(&[vec![time, switch], notes.clone()].concat());
    assert_key(&gliding, 5_000, 57.0);
    // Half of the half second: half way by symmetry of the ease.
    let middle = 15_000 + 11_025;
    let key = tone_key(&gliding[middle - 300..middle + 300], RATE);
    assert!((key - 63.0).abs() < 0.5, "{key}");
    assert_key(&gliding, 40_000, 69.0);
    let (plain, _) = render(&notes);
    assert!(
        render(&[vec![switch], notes.clone()].concat()).0 == plain,
        "no time, no glide"
    );
    assert!(
        render(&[vec![time], notes.clone()].concat()).0 == plain,
        "switched off"
    );

    let from = (
        14_000,
        Event::PortamentoFrom {
            channel: 0,
            key: 81,
        },
    );
    let mut told = [vec![time], notes.clone(), vec![from]].concat();
    told.sort_by_key(|&(at, _)| at);
    let (told, _) = render(&told);
    assert!(key_at(&told, 15_500) > 78.0);
    assert_key(&told, 40_000, 69.0);
}

#[test]
fn a_channel_that_became_one_for_drums_does_not_go_back_to_an_older_key() {
    let rhythm = Event::Rhythm {
        channel: 0,
        on: true,
    };
    let score = vec![
        mono(),
        (10, on(0, 60, 0.9)),
        (5_000, on(0, 64, 0.9)),
        (9_000, rhythm),
        (10_000, off(0, 64)),
    ];
    let (samples, _) = render(&score);
    assert!(samples[30_000..].iter().all(|&x| x == 0.0));
}

#[test]
fn a_key_told_to_glide_from_itself_starts_another_voice() {
    let from = (
        4_000,
        Event::PortamentoFrom {
            channel: 0,
            key: 60,
        },
    );
    let score = vec![
        (10, on(0, 60, 0.9)),
        from,
        (5_000, on(0, 60, 0.9)),
        (10_000, off(0, 60)),
    ];
    let (samples, voices) = render(&score);
    assert_eq!(voices, 2);
    assert!(samples[45_000..].iter().any(|&x| x != 0.0), "one goes on");
}
