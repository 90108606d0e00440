//! Events while notes sound must not click (facts: metrics, "click": ratio of second differences).

mod fixtures;

use fixtures::{Score, config, instrument, lively_network, off, on, play, saw, sine};
use synth_engine::{Event, RendererConfig, SoundControl};
use synth_model::Instrument;

const MOST: f64 = 3.0;
const EVENT: u64 = 20_011;

fn assert_no_click(
    what: &str,
    config: &RendererConfig,
    instrument: &Instrument,
    score: &Score,
    events: &[Event],
) {
    // The instrument under test plays program 0, a sine program 1.
    let mut played = instrument.clone();
    played.metadata.programs = vec![0];
    let instruments = [played, sine()];
    let length = 30_000;
    let without = play(config, &instruments, score, length);
    let mut with_event = score.clone();
    with_event.extend(events.iter().map(|&event| (EVENT, event)));
    with_event.sort_by_key(|&(at, _)| at);
    let with = play(config, &instruments, &with_event, length);
    for (with, without) in with.iter().zip(&without) {
        assert!(with != without, "{what}: the event must be heard");
        let ratio = testkit::click_ratio(
            with,
            without,
            EVENT as usize,
            f64::from(config.sample_rate_hz),
        );
        assert!(ratio <= MOST, "{what}: click ratio {ratio}");
    }
}

fn instruments() -> [Instrument; 3] {
    [
        saw(-85.0),
        sine(),
        instrument("lively", lively_network(8), &[0]),
    ]
}

#[test]
fn note_off_does_not_click() {
    for instrument in instruments() {
        for key in [33, 60, 96] {
            let score = vec![(0, on(0, key, 0.9))];
            assert_no_click(
                "note-off",
                &config(44_100),
                &instrument,
                &score,
                &[off(0, key)],
            );
        }
    }
}

#[test]
fn stealing_does_not_click() {
    let config = RendererConfig {
        polyphony: 2,
        ..config(44_100)
    };
    for instrument in instruments() {
        let score = vec![(0, on(0, 48, 0.9)), (300, on(0, 60, 0.9))];
        assert_no_click("stealing", &config, &instrument, &score, &[on(0, 67, 0.9)]);
        let released = vec![
            (0, on(0, 48, 0.9)),
            (300, on(0, 60, 0.9)),
            (19_500, off(0, 60)),
        ];
        assert_no_click(
            "stealing a release",
            &config,
            &instrument,
            &released,
            &[on(0, 67, 0.9)],
        );
    }
}

#[test]
fn all_sound_off_does_not_click() {
    for instrument in instruments() {
        let score = vec![(0, on(0, 52, 0.9))];
        let off = [Event::AllSoundOff { channel: 0 }];
        assert_no_click("all sound off", &config(44_100), &instrument, &score, &off);
    }
}

#[test]
fn a_bend_through_nyquist_does_not_click() {
    for rate in [44_100, 96_000] {
        for instrument in instruments() {
            // The top partials of the low note and the fundamental of the high one pass Nyquist.
            for (key, semitones) in [
                (60, 12.0),
                (84, 24.0),
                (108, 24.0),
                (120, -12.0),
                (127, 12.0),
                (116, 24.0),
            ] {
                let alone = vec![(0, on(0, key, 0.9))];
                let score = vec![alone[0], (0, on(0, 40, 0.5))];
                let bend = [Event::PitchBend {
                    channel: 0,
                    semitones,
                }];
                for score in [alone, score] {
                    assert_no_click("bend", &config(rate), &instrument, &score, &bend);
                }
            }
        }
    }
}

#[test]
fn a_program_change_under_a_note_is_silent_and_with_a_new_note_does_not_click() {
    let config = config(44_100);
    let score = vec![(0, on(0, 48, 0.9))];
    let change = Event::Program {
        channel: 0,
        bank: 0,
        program: 1,
    };
    for instrument in instruments() {
        let mut played = instrument.clone();
        played.metadata.programs = vec![0];
        let instruments = [played, sine()];
        let with = play(
            &config,
            &instruments,
            &vec![score[0], (EVENT, change)],
            25_000,
        );
        assert_eq!(
            with,
            play(&config, &instruments, &score, 25_000),
            "sounding notes keep theirs"
        );
        assert_no_click(
            "program change",
            &config,
            &instrument,
            &score,
            &[change, on(0, 64, 0.9)],
        );
    }
}

#[test]
fn controllers_do_not_click() {
    let amount = 0.2;
    for instrument in instruments() {
        for event in [
            Event::Volume { channel: 0, amount },
            Event::Expression { channel: 0, amount },
            Event::Expression {
                channel: 0,
                amount: 0.0,
            },
            Event::Pan {
                channel: 0,
                position: -0.9,
            },
            Event::Modulation {
                channel: 0,
                amount: 1.0,
            },
        ] {
            let score = vec![(0, on(0, 55, 0.9))];
            assert_no_click(
                &format!("{event:?}"),
                &config(44_100),
                &instrument,
                &score,
                &[event],
            );
        }
    }
}

#[test]
fn brightness_does_not_click() {
    let lively = instrument("lively", lively_network(8), &[0]);
    for amount in [-1.0, 1.0] {
        let event = Event::Sound {
            channel: 0,
            control: SoundControl::Brightness,
            amount,
        };
        let score = vec![(0, on(0, 55, 0.9))];
        assert_no_click("brightness", &config(44_100), &lively, &score, &[event]);
    }
}

#[test]
fn pedals_tunings_and_pressure_do_not_click() {
    let channel = 0;
    for instrument in instruments() {
        let held = vec![(0, on(0, 55, 0.9))];
        for event in [
            Event::ChannelPressure {
                channel,
                amount: 1.0,
            },
            Event::KeyPressure {
                channel,
                key: 55,
                amount: 1.0,
            },
            Event::ChannelTuning {
                channel,
                semitones: 1.0,
            },
            Event::MasterTuning { semitones: -2.0 },
            Event::MasterVolume { amount: 0.1 },
            Event::Reset,
        ] {
            let what = format!("{event:?}");
            assert_no_click(&what, &config(44_100), &instrument, &held, &[event]);
        }
        let pedal = |depth| Event::Sustain { channel, depth };
        let released = |at| vec![(0, on(0, 55, 0.9)), (at, off(0, 55))];
        for (score, event) in [
            (
                [vec![(1, pedal(0.45))], released(17_000)].concat(),
                pedal(0.0),
            ),
            (
                [vec![(1, pedal(1.0))], released(9_000)].concat(),
                pedal(0.2),
            ),
            (
                [
                    released(9_000),
                    vec![(
                        5_000,
                        Event::Sostenuto {
                            channel,
                            down: true,
                        },
                    )],
                ]
                .concat(),
                Event::Sostenuto {
                    channel,
                    down: false,
                },
            ),
        ] {
            let mut score = score;
            score.sort_by_key(|&(at, _)| at);
            let what = format!("{event:?} in {score:?}");
            assert_no_click(&what, &config(44_100), &instrument, &score, &[event]);
        }
    }
}
