//! The noise of a note stands in the stereo picture where the note does, and the noises of two
//! notes are independent.

use std::f64::consts::TAU;
use testkit::{correlation, note_hz};

use crate::place::{Place, samples, score_in_samples};

const RATE_HZ: u32 = 44_100;
const FLUTE: u8 = 73;
/// High, so that the gaps between the harmonics are wide.
const KEY: u8 = 88;
const HELD_S: f64 = 20.0;
const SEGMENT: usize = 4096;
const MOST_CORRELATION_ERROR: f64 = 0.05;
const MOST_POWER_ERROR_DB: f64 = 0.5;

const LEFT: u8 = 0;
const CENTRE: u8 = 64;
const RIGHT: u8 = 127;

/// A flute note held on each of as many channels as there are pan positions.
fn render(pans: &[u8]) -> [Vec<f32>; 2] {
    let end = samples(HELD_S, RATE_HZ);
    let mut score = score_in_samples(RATE_HZ);
    for (channel, &pan) in (0_u8..).zip(pans) {
        score = score
            .event(0, &[0xC0 | channel, FLUTE])
            .event(0, &[0xB0 | channel, 10, pan])
            .note(channel, KEY, 70, 0, end);
    }
    // The room is everywhere in the picture.
    let wav = Place::new().render(&score, RATE_HZ, &["--room", "off"]);
    wav.channels.try_into().unwrap()
}

/// Power and cross power of two channels in the middle of the gaps between harmonics, where vibrato
/// does not reach and the window (Blackman-Harris, 92 dB) keeps the harmonics out.
#[derive(Debug, Default)]
struct GapPower {
    left: f64,
    right: f64,
    cross: f64,
}

impl GapPower {
    fn of([left, right]: &[Vec<f32>; 2]) -> Self {
        let fft = testkit::forward_fft(SEGMENT);
        let f0_bins = note_hz(f64::from(KEY)) * SEGMENT as f64 / f64::from(RATE_HZ);
        let in_gap = |bin: usize| {
            let harmonic = bin as f64 / f0_bins;
            (1.0..12.0).contains(&harmonic) && (0.35..0.65).contains(&harmonic.fract())
        };
        let spectrum = |samples: &[f32]| {
            let windowed = samples.iter().enumerate();
            let mut input: Vec<f64> = windowed.map(|(n, &x)| f64::from(x) * window(n)).collect();
            let mut output = fft.make_output_vec();
            fft.process(&mut input, &mut output).unwrap();
            output
        };
        let mut sum = Self::default();
        let skipped = samples(1.0, RATE_HZ) as usize;
        for from in (skipped..left.len() - SEGMENT).step_by(SEGMENT / 2) {
            let range = from..from + SEGMENT;
            let bins = spectrum(&left[range.clone()])
                .into_iter()
                .zip(spectrum(&right[range]));
            for (_, (l, r)) in bins.enumerate().filter(|(bin, _)| in_gap(*bin)) {
                sum.left += l.norm_sqr();
                sum.right += r.norm_sqr();
                sum.cross += (l * r.conj()).re;
            }
        }
        sum
    }

    fn correlation(&self) -> f64 {
        self.cross / (self.left * self.right).sqrt()
    }
}

fn window(n: usize) -> f64 {
    let turn = TAU * n as f64 / SEGMENT as f64;
    0.35875 - 0.48829 * turn.cos() + 0.14128 * (2.0 * turn).cos() - 0.01168 * (3.0 * turn).cos()
}

fn db(power: f64) -> f64 {
    10.0 * power.log10()
}

#[test]
fn noise_stands_where_its_note_does() {
    let centred = render(&[CENTRE]);
    let one = GapPower::of(&centred);
    assert!(one.left > 0.0, "there is no noise to judge");
    assert!(one.correlation() > 1.0 - 1e-6, "centred: {one:?}");
    assert!(correlation(&centred[0], &centred[1]) > 1.0 - 1e-6);

    for (pan, loud, silent) in [(LEFT, 0, 1), (RIGHT, 1, 0)] {
        let sides = render(&[pan]);
        assert!(
            sides[silent].iter().all(|&x| x == 0.0),
            "pan {pan} is heard on the other side"
        );
        let hard = GapPower::of(&sides);
        let heard = [hard.left, hard.right][loud];
        // Constant power: a centred note has half of it on either side.
        let off_db = db(heard / (one.left + one.right));
        assert!(
            off_db.abs() < MOST_POWER_ERROR_DB,
            "pan {pan}: noise off by {off_db} dB"
        );
        println!("pan {pan}: noise power off by {off_db:.3} dB");
    }
}

#[test]
fn noises_of_two_notes_are_independent_and_add_in_power() {
    let one = GapPower::of(&render(&[CENTRE]));
    let both = one.left + one.right;
    // With power 1 a note: left, right and cross power of the two notes, by constant-power panning.
    for (pans, [left, right, cross]) in [
        ([LEFT, RIGHT], [1.0, 1.0, 0.0]),
        ([CENTRE, CENTRE], [1.0, 1.0, 1.0]),
        ([CENTRE, RIGHT], [0.5, 1.5, 0.5]),
        ([LEFT, CENTRE], [1.5, 0.5, 0.5]),
    ] {
        let power = GapPower::of(&render(&pans));
        let expected = cross / f64::sqrt(left * right);
        let measured = power.correlation();
        assert!(
            (measured - expected).abs() < MOST_CORRELATION_ERROR,
            "{pans:?}: correlation {measured}, not {expected}"
        );
        let off = [power.left / left, power.right / right].map(|p| db(p / both));
        assert!(
            off.iter().all(|off_db| off_db.abs() < MOST_POWER_ERROR_DB),
            "{pans:?}: noise off by {off:?} dB"
        );
        println!(
            "{pans:?}: correlation {measured:.4} for {expected:.4}, power off by {off:.3?} dB"
        );
    }
}
