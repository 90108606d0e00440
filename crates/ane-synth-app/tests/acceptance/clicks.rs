//! Events under sounding notes do not click.

use testkit::{SmfBuilder, Wav, click_ratio};

use crate::place::{INSTRUMENTS, Place, score_in_samples};

const MOST: f64 = 3.0;
const EVENT: u32 = 20_011;
/// Samples within which an event acts: pitch, gate and gain do not wait for a control frame.
const LATEST: usize = 8;
const END: u32 = 25_000;

/// Held from `start` to the end of the piece.
fn held(score: SmfBuilder, key: u8, start: u32) -> SmfBuilder {
    score.note(0, key, 110, start, END)
}

fn render(score: &SmfBuilder, rate_hz: u32, arguments: &[&str]) -> Wav {
    Place::new().render(score, rate_hz, arguments)
}

/// Renders `score` with and without `event` and judges it.
fn assert_no_click(
    what: &str,
    rate_hz: u32,
    arguments: &[&str],
    score: SmfBuilder,
    event: impl Fn(SmfBuilder) -> SmfBuilder,
) -> f64 {
    let ratio = ratio_of(what, rate_hz, arguments, score, event);
    assert!(ratio <= MOST, "{what}: click ratio {ratio}");
    ratio
}

/// The larger click ratio of the two channels, which are finite.
fn ratio_of(
    what: &str,
    rate_hz: u32,
    arguments: &[&str],
    score: SmfBuilder,
    event: impl Fn(SmfBuilder) -> SmfBuilder,
) -> f64 {
    let without = render(&score, rate_hz, arguments);
    let with = render(&event(score), rate_hz, arguments);
    let mut worst = 0.0_f64;
    for (with, without) in with.channels.iter().zip(&without.channels) {
        let heard = with.iter().zip(without).position(|(a, b)| a != b);
        let heard = heard.unwrap_or_else(|| panic!("{what}: the event must be heard"));
        // A click elsewhere than where it is looked for would pass.
        assert!(
            (EVENT as usize..EVENT as usize + LATEST).contains(&heard),
            "{what}: the event at sample {EVENT} is heard from {heard} on"
        );
        let ratio = click_ratio(with, without, EVENT as usize, f64::from(rate_hz));
        worst = worst.max(ratio);
    }
    worst
}

#[test]
fn a_bend_through_nyquist() {
    let mut worst = 0.0_f64;
    for (name, _) in INSTRUMENTS {
        // At first a low note's top partials pass Nyquist, at last the fundamental itself.
        for (key, range, up) in [
            (60, 12, true),
            (84, 24, true),
            (108, 24, true),
            (120, 12, false),
            (127, 12, true),
        ] {
            let rate_hz = if key % 24 == 12 { 44_100 } else { 48_000 };
            let score = score_in_samples(rate_hz)
                .event(0, &[0xB0, 101, 0])
                .event(0, &[0xB0, 100, 0])
                .event(0, &[0xB0, 6, range]);
            let score = held(held(score, key, 0), 40, 100);
            let bend = if up { [0xE0, 127, 127] } else { [0xE0, 0, 0] };
            let what = format!("{name}, note {key} bent by {range}, {rate_hz} Hz");
            let arguments = ["--instrument", name];
            let ratio = assert_no_click(&what, rate_hz, &arguments, score, |score| {
                score.event(EVENT, &bend)
            });
            worst = worst.max(ratio);
        }
    }
    println!("bend: worst click ratio {worst:.2}");
}

/// Alone, without a second note whose own bends hide the event's.
#[test]
fn a_bend_of_a_lone_high_note_through_nyquist() {
    let mut worst = (0.0_f64, String::new());
    let mut failures = Vec::new();
    for (name, _) in INSTRUMENTS {
        for rate_hz in [44_100, 48_000, 96_000] {
            for key in (100..=124).step_by(4) {
                for range in [12, 24] {
                    let score = score_in_samples(rate_hz)
                        .event(0, &[0xB0, 101, 0])
                        .event(0, &[0xB0, 100, 0])
                        .event(0, &[0xB0, 6, range]);
                    let what = format!("{name}, note {key} bent up by {range} at {rate_hz} Hz");
                    let arguments = ["--instrument", name];
                    let ratio = ratio_of(&what, rate_hz, &arguments, held(score, key, 0), |s| {
                        s.event(EVENT, &[0xE0, 127, 127])
                    });
                    if ratio > worst.0 {
                        worst = (ratio, what.clone());
                    }
                    if ratio > MOST {
                        failures.push(format!("{what}: click ratio {ratio:.2}"));
                    }
                }
            }
        }
    }
    println!(
        "bend of a lone note: worst click ratio {:.2}, {}",
        worst.0, worst.1
    );
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn a_note_off() {
    let mut worst = 0.0_f64;
    for (name, _) in INSTRUMENTS {
        for key in [33, 60, 96] {
            for arguments in [
                &["--instrument", name][..],
                &["--instrument", name, "--steady"],
            ] {
                let what = format!("{name}, end of note {key}, {arguments:?}");
                let score = held(score_in_samples(44_100), key, 0);
                let ratio = assert_no_click(&what, 44_100, arguments, score, |score| {
                    score.event(EVENT, &[0x80, key, 64])
                });
                worst = worst.max(ratio);
            }
        }
    }
    println!("note-off: worst click ratio {worst:.2}");
}

#[test]
fn stealing() {
    let mut worst = 0.0_f64;
    for (name, _) in INSTRUMENTS {
        let two = held(held(score_in_samples(44_100), 48, 0), 60, 300);
        let releasing = two.clone().event(19_500, &[0x80, 60, 64]);
        for (what, score) in [("of the oldest", two), ("of a releasing voice", releasing)] {
            for key in [43, 67, 88] {
                let what = format!("{name}, theft {what} by {key}");
                let arguments = ["--instrument", name, "--polyphony", "2"];
                let ratio = assert_no_click(&what, 44_100, &arguments, score.clone(), |score| {
                    held(score, key, EVENT)
                });
                worst = worst.max(ratio);
            }
        }
    }
    println!("stealing: worst click ratio {worst:.2}");
}

#[test]
fn a_program_change() {
    let mut worst = 0.0_f64;
    for (turn, (name, program)) in INSTRUMENTS.into_iter().enumerate() {
        let (next_name, next) = INSTRUMENTS[(turn + 1) % INSTRUMENTS.len()];
        let score = held(score_in_samples(44_100).event(0, &[0xC0, program]), 52, 0);
        let change = |score: SmfBuilder| score.event(EVENT, &[0xC0, next]);
        let plain = render(&score, 44_100, &[]);
        let changed = render(&change(score.clone()), 44_100, &[]);
        assert!(
            plain.channels == changed.channels,
            "{name}: a sounding note keeps its instrument"
        );
        let what = format!("{name} to {next_name}");
        let with_note = |score| held(change(score), 64, EVENT);
        let ratio = assert_no_click(&what, 44_100, &[], score.clone(), with_note);
        worst = worst.max(ratio);
        // And the new note is the new instrument's.
        let unchanged = render(&held(score.clone(), 64, EVENT), 44_100, &[]);
        assert!(
            unchanged.channels != render(&with_note(score), 44_100, &[]).channels,
            "{what}"
        );
    }
    println!("program change: worst click ratio {worst:.2}");
}
