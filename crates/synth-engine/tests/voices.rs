//! Who sounds, who is released, who is stolen.

mod fixtures;

use fixtures::storm::storm;
use fixtures::{Score, config, off, on, play, renderer, saw, sine};
use synth_engine::{Event, RendererConfig, TimedEvent};

const HOLD: usize = 40_000;

fn steady(polyphony: usize) -> RendererConfig {
    RendererConfig {
        steady: true,
        polyphony,
        ..config(44_100)
    }
}

fn render(polyphony: usize, score: &Score) -> Vec<f32> {
    let [left, _] = play(&steady(polyphony), &[saw(-90.0)], score, HOLD);
    left
}

/// The end of a render, long after every release and fade.
fn end(samples: &[f32]) -> &[f32] {
    &samples[HOLD - 5_000..]
}

fn assert_only(what: &str, score: &Score, polyphony: usize, survivors: &Score) {
    let all = render(polyphony, score);
    let alone = render(polyphony, survivors);
    assert!(end(&alone).iter().any(|&x| x != 0.0) || survivors.is_empty());
    assert!(end(&all) == end(&alone), "{what}");
}

#[test]
fn each_note_off_ends_the_oldest_voice_of_its_key() {
    let first = (100, on(0, 60, 0.9));
    let second = (5_000, on(0, 60, 0.4));
    let one_off = vec![first, second, (9_000, off(0, 60))];
    assert_only("the younger stays", &one_off, 64, &vec![second]);
    let both_off = vec![first, second, (9_000, off(0, 60)), (9_500, off(0, 60))];
    assert_only("both end", &both_off, 64, &vec![]);
    let others = vec![first, (9_000, off(0, 61)), (9_000, off(1, 60))];
    assert_only(
        "other keys and channels do not count",
        &others,
        64,
        &vec![first],
    );
}

#[test]
fn the_pedal_holds_released_keys_until_it_goes_up() {
    let note = (100, on(0, 60, 0.9));
    let down = (
        50,
        Event::Sustain {
            channel: 0,
            depth: 1.0,
        },
    );
    let up = (
        12_000,
        Event::Sustain {
            channel: 0,
            depth: 0.0,
        },
    );
    let held = vec![down, note, (2_000, off(0, 60))];
    assert_only("held by the pedal", &held, 64, &vec![note]);
    let released = vec![down, note, (2_000, off(0, 60)), up];
    assert_only("released by the pedal", &released, 64, &vec![]);
    let key_still_down = vec![down, note, up];
    assert_only("a key still down stays", &key_still_down, 64, &vec![note]);
    let reset = vec![
        down,
        note,
        (2_000, off(0, 60)),
        (9_000, Event::ResetControllers { channel: 0 }),
    ];
    assert_only("reset lifts the pedal", &reset, 64, &vec![]);
}

#[test]
fn all_notes_off_respects_the_pedal_and_all_sound_off_does_not() {
    let note = (100, on(0, 60, 0.9));
    let down = (
        50,
        Event::Sustain {
            channel: 0,
            depth: 1.0,
        },
    );
    let notes_off = (9_000, Event::AllNotesOff { channel: 0 });
    let sound_off = (9_000, Event::AllSoundOff { channel: 0 });
    assert_only("all notes off", &vec![note, notes_off], 64, &vec![]);
    assert_only(
        "under the pedal",
        &vec![down, note, notes_off],
        64,
        &vec![note],
    );
    assert_only("all sound off", &vec![down, note, sound_off], 64, &vec![]);
    let other = (9_000, Event::AllSoundOff { channel: 1 });
    assert_only("another channel", &vec![note, other], 64, &vec![note]);
}

#[test]
fn the_quietest_releasing_voice_is_stolen_first_then_the_oldest() {
    let (a, b, c) = (
        (100, on(0, 50, 0.9)),
        (200, on(0, 57, 0.9)),
        (12_000, on(0, 64, 0.9)),
    );
    assert_only("the oldest goes", &vec![a, b, c], 2, &vec![b, c]);
    // b is younger, but it is dying: it goes and a stays.
    let releasing = vec![a, b, (11_900, off(0, 57)), c];
    assert_only("the releasing one goes", &releasing, 2, &vec![a, c]);
    let soft = (150, on(0, 52, 0.2));
    let two_releasing = vec![a, soft, (11_000, off(0, 50)), (11_000, off(0, 52)), c];
    let left = render(2, &two_releasing);
    let without_soft = render(2, &vec![a, (11_000, off(0, 50)), c]);
    let after_fade = 12_000 + 500..18_000;
    assert!(
        left[after_fade.clone()] == without_soft[after_fade],
        "the quieter release goes"
    );
}

#[test]
fn the_note_off_of_a_stolen_voice_ends_no_other() {
    let old = (100, on(0, 60, 0.9));
    let others = [(200, on(0, 64, 0.9)), (300, on(0, 67, 0.9))];
    let young = (5_000, on(0, 60, 0.5));
    // Polyphony 2: `old` is stolen by the second of `others`, the first of those by `young`.
    let score = vec![
        old,
        others[0],
        others[1],
        young,
        (9_000, off(0, 60)),
        (9_000, off(0, 67)),
    ];
    assert_only("the off belongs to the stolen one", &score, 2, &vec![young]);
}

#[test]
fn polyphony_is_kept_and_counted() {
    for polyphony in [1, 5, 64] {
        let config = RendererConfig {
            polyphony,
            ..config(44_100)
        };
        let mut renderer = renderer(&config, &[saw(-90.0)]);
        let score: Score = (0..100)
            .map(|i| (i * 37, on((i % 9) as u8, 30 + i as u8 % 90, 0.7)))
            .collect();
        fixtures::play_blocks(&mut renderer, &score, 8_000, || 256);
        assert_eq!(renderer.counters().most_voices, polyphony);
        assert_eq!(renderer.counters().stolen, 100 - polyphony as u64);
        assert_eq!(renderer.process(&[], &mut []).voices, polyphony);
    }
}

#[test]
fn a_thousand_notes_in_one_instant_leave_the_last_ones() {
    let chord: Score = (0..1000)
        .map(|i| (500, on(0, 20 + (i % 100) as u8, 0.9)))
        .collect();
    let survivors = chord[990..].to_vec();
    assert_only("the last ten", &chord, 10, &survivors);
}

#[test]
fn the_drum_channel_is_silent() {
    assert_only("channel 10", &vec![(0, on(9, 40, 1.0))], 64, &vec![]);
}

#[test]
fn programs_choose_instruments_for_new_notes() {
    let instruments = [saw(-90.0), sine()];
    let change = (
        10,
        Event::Program {
            channel: 3,
            bank: 0,
            program: 1,
        },
    );
    let [changed, _] = play(
        &steady(64),
        &instruments,
        &vec![change, (100, on(3, 57, 0.9))],
        HOLD,
    );
    let [pure, _] = play(&steady(64), &[sine()], &vec![(100, on(3, 57, 0.9))], HOLD);
    assert!(changed == pure);
}

#[test]
fn nonsense_is_survived() {
    let config = config(44_100);
    let mut renderer = renderer(&config, &[saw(-80.0)]);
    let (mut left, mut right, mut third) = ([1.0f32; 100], [1.0f32; 70], [1.0f32; 100]);
    let events: Vec<TimedEvent> = [
        on(200, 60, 0.5),
        on(0, 200, 0.5),
        on(0, 60, f32::NAN),
        on(0, 61, 9.0),
        off(0, 255),
        Event::PitchBend {
            channel: 0,
            semitones: f32::INFINITY,
        },
        Event::PitchBend {
            channel: 0,
            semitones: 1e9,
        },
        Event::Volume {
            channel: 0,
            amount: f32::NAN,
        },
        Event::Expression {
            channel: 0,
            amount: -3.0,
        },
        Event::Pan {
            channel: 0,
            position: f32::NAN,
        },
        Event::Modulation {
            channel: 0,
            amount: f32::NEG_INFINITY,
        },
        Event::Program {
            channel: 0,
            bank: 0,
            program: 255,
        },
    ]
    .into_iter()
    .enumerate()
    .map(|(i, event)| TimedEvent {
        offset: if i > 8 { u32::MAX } else { 5 },
        event,
    })
    .collect();
    renderer.process(&events, &mut [&mut left, &mut right, &mut third]);
    assert!(left.iter().chain(&right).all(|x| x.is_finite()));
    assert!(
        left[70..].iter().chain(&third).all(|&x| x == 0.0),
        "what is not rendered is cleared"
    );
    renderer.process(&events, &mut []);
    renderer.process(&events, &mut [&mut []]);
    renderer.process(&[], &mut [&mut left]);
    assert!(
        left.iter().all(|&x| x == 0.0),
        "one channel is not enough to play"
    );
    for _ in 0..50 {
        let (mut left, mut right) = ([0.0; 512], [0.0; 512]);
        renderer.process(&events, &mut [&mut left, &mut right]);
        assert!(left.iter().chain(&right).all(|x| x.is_finite()));
    }
}

#[test]
fn a_control_that_is_no_number_changes_nothing() {
    let note = (100, on(0, 60, 0.9));
    let plain = render(64, &vec![note]);
    let amount = f32::NAN;
    for event in [
        Event::PitchBend {
            channel: 0,
            semitones: amount,
        },
        Event::Modulation { channel: 0, amount },
        Event::Volume { channel: 0, amount },
        Event::Expression { channel: 0, amount },
        Event::Pan {
            channel: 0,
            position: amount,
        },
    ] {
        for at in [50, 3000] {
            let mut score = vec![note, (at, event)];
            score.sort_by_key(|&(at, _)| at);
            assert!(render(64, &score) == plain, "{event:?} at {at}");
        }
    }
}

#[test]
fn events_of_a_block_without_samples_are_not_lost() {
    let mut renderer = renderer(&steady(64), &[saw(-90.0)]);
    let at_once = |event| [TimedEvent { offset: 0, event }];
    let (mut left, mut right) = (vec![0.0; HOLD], vec![0.0; HOLD]);
    renderer.process(&at_once(on(0, 60, 0.9)), &mut [&mut [], &mut []]);
    renderer.process(&[], &mut [&mut left, &mut right]);
    assert!(left == render(64, &vec![(0, on(0, 60, 0.9))]));
    renderer.process(&at_once(off(0, 60)), &mut []);
    renderer.process(&[], &mut [&mut left, &mut right]);
    assert!(end(&left).iter().all(|&x| x == 0.0));
}

#[test]
fn one_channel_gets_the_mean_of_both_sides_and_further_ones_silence() {
    let score = vec![
        (
            0,
            Event::Pan {
                channel: 0,
                position: 0.4,
            },
        ),
        (0, on(0, 60, 0.9)),
    ];
    let [left, right] = play(&steady(64), &[saw(-90.0)], &score, 2000);
    let events: Vec<TimedEvent> = score
        .iter()
        .map(|&(_, event)| TimedEvent { offset: 0, event })
        .collect();
    let mut mono = vec![0.0; 2000];
    renderer(&steady(64), &[saw(-90.0)]).process(&events, &mut [&mut mono]);
    assert!((0..2000).all(|i| mono[i] == 0.5 * (left[i] + right[i])));
    let mut four = vec![[1.0f32; 2000]; 4];
    let mut out: Vec<&mut [f32]> = four.iter_mut().map(|channel| &mut channel[..]).collect();
    renderer(&steady(64), &[saw(-90.0)]).process(&events, &mut out);
    assert!(four[0][..] == left && four[1][..] == right);
    assert!(four[2..].iter().flatten().all(|&x| x == 0.0));
}

#[test]
fn events_out_of_order_take_effect_with_the_one_before() {
    let play = |offsets: [u32; 4]| {
        let events = [on(0, 50, 0.9), on(0, 57, 0.9), off(0, 50), on(0, 64, 0.9)];
        let timed: Vec<TimedEvent> = offsets
            .iter()
            .zip(events)
            .map(|(&offset, event)| TimedEvent { offset, event })
            .collect();
        let (mut left, mut right) = (vec![0.0; 3000], vec![0.0; 3000]);
        renderer(&steady(2), &[saw(-90.0)]).process(&timed, &mut [&mut left, &mut right]);
        left
    };
    assert!(play([400, 400, 10, 20]) == play([400; 4]));
}

#[test]
fn a_key_above_the_sample_rate_bent_down_has_the_right_pitch() {
    let config = RendererConfig {
        steady: true,
        ..config(8_000)
    };
    let bend = Event::PitchBend {
        channel: 0,
        semitones: -36.0,
    };
    let [left, _] = play(
        &config,
        &[sine()],
        &vec![(0, bend), (0, on(0, 127, 0.9))],
        16_000,
    );
    let cents = testkit::pitch_error_cents(&left[6_000..], 8_000.0, testkit::note_hz(91.0));
    assert!(cents.abs() < 1.0, "{cents}");
}

#[test]
fn a_run_of_steals_beyond_the_spare_slots_cuts_what_is_quietest() {
    let config = RendererConfig {
        polyphony: 1,
        ..steady(1)
    };
    let roll = |notes: u64| -> Score {
        let rest = (0..notes).map(|i| (20_000 + i, on(0, 64 + i as u8, 0.5)));
        std::iter::once((0, on(0, 45, 1.0))).chain(rest).collect()
    };
    // The loud voice is the first to fade and has the shortest way to its end; to cut it clicks.
    let [cut, _] = play(&config, &[sine()], &roll(30), 22_000);
    let step = cut
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).abs())
        .fold(0.0, f32::max);
    let [plain, _] = play(&config, &[sine()], &roll(3), 22_000);
    let usual = plain
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).abs())
        .fold(0.0, f32::max);
    assert!(step < 2.0 * usual, "{step} against {usual}");
}

#[test]
fn no_voice_hangs_whatever_came_before_its_note_off() {
    for (seed, polyphony) in [(1, 2), (2, 5), (3, 64), (4, 5), (5, 1)] {
        let mut score = storm(seed, 60_000, 1_500);
        let ends: Score = score
            .iter()
            .filter_map(|&(_, event)| match event {
                Event::NoteOn { channel, key, .. } => Some((61_000, off(channel, key))),
                _ => None,
            })
            .collect();
        score.extend(ends);
        for channel in 0..16 {
            let down = false;
            score.push((62_000, Event::Sostenuto { channel, down }));
            let depth = 0.0;
            score.push((62_000, Event::Sustain { channel, depth }));
        }
        let config = RendererConfig {
            polyphony,
            ..config(44_100)
        };
        let mut renderer = renderer(&config, &[saw(-90.0)]);
        // The longest release: 90 dB at 0.2 s for 60, eight times as long.
        let length = 62_000 + 3 * 44_100;
        fixtures::play_blocks(&mut renderer, &score, length, || 512);
        let status = renderer.process(&[], &mut [&mut [0.0; 64], &mut [0.0; 64]]);
        assert_eq!(status.voices, 0, "seed {seed}, polyphony {polyphony}");
        assert!(renderer.counters().most_voices >= polyphony.min(5));
    }
}
