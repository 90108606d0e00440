//! `--from` and `--to`: exactly that part of the whole.

use testkit::{SmfBuilder, Wav};

use crate::place::Place;

const RATE_HZ: u32 = 16_000;

fn piece() -> SmfBuilder {
    (0..12).fold(SmfBuilder::new(0, 480), |file, step: u8| {
        let at = u32::from(step) * 200;
        file.note(step % 3, 40 + 3 * step, 127, at, at + 500).note(
            step % 3,
            47 + 3 * step,
            127,
            at,
            at + 500,
        )
    })
}

fn rendered(arguments: &[&str]) -> Wav {
    let all = [&["--tail", "1"], arguments].concat();
    Place::new().render(&piece(), RATE_HZ, &all)
}

#[test]
fn a_part_is_sample_for_sample_that_of_the_whole() {
    for common in [&[][..], &["--no-limiter"], &["--block", "random:2"]] {
        let with = |more: &[&str]| rendered(&[common, more].concat());
        let whole = with(&[]);
        let frames = whole.channels[0].len();
        let fade = RATE_HZ as usize / 100;
        for (from, to) in [
            (Some(0.7), Some(1.9)),
            (Some(1.25), None),
            (None, Some(2.0)),
        ] {
            let mut times = Vec::new();
            if let Some(from) = from {
                times.extend(["--from".to_owned(), format!("0:0{from}")]);
            }
            if let Some(to) = to {
                times.extend(["--to".to_owned(), to.to_string()]);
            }
            let times: Vec<&str> = times.iter().map(String::as_str).collect();
            let part = with(&times);
            let index = |seconds: f64| (seconds * f64::from(RATE_HZ)).round() as usize;
            let (begin, end) = (from.map_or(0, index), to.map_or(frames, index));
            for (whole, part) in whole.channels.iter().zip(&part.channels) {
                assert_eq!(part.len(), end - begin, "{times:?}");
                let own_fade = if from.is_some() { fade } else { 0 };
                assert!(
                    part[own_fade..part.len() - fade] == whole[begin + own_fade..end - fade],
                    "{times:?} {common:?}"
                );
                assert_eq!(part.last(), Some(&0.0));
                let click = part[0].abs().max((part[1] - part[0]).abs());
                assert!(from.is_none() || click < 0.05, "{times:?}: {click}");
            }
        }
    }
}

#[test]
fn times_beyond_the_end() {
    let place = Place::new();
    place.write("a.mid", &piece().build());
    let line = place.refuse(&["render", "a.mid", "--from", "1:00"]);
    assert!(line.starts_with("ane-synth: a.mid: --from 1:00 "), "{line}");
    let line = place.refuse(&["render", "a.mid", "--from", "0.5", "--to", "0:00.5"]);
    assert!(line.contains("--to 0:00.5"), "{line}");
    // What ends before the end that was asked for ends there.
    let whole = rendered(&[]);
    assert_eq!(rendered(&["--to", "100"]).channels, whole.channels);
}
