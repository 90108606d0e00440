//! Real pieces: their length, their level, and that they sound wherever notes do.

use std::fs;
use std::path::Path;

use testkit::{Wav, true_peak_dbfs};

use crate::midi_bytes::Piece;
use crate::place::Place;

const TAIL_S: f64 = 1.5;
const LONGEST_ERROR_S: f64 = 0.010;
const MOST_DBFS: f64 = -1.0;
/// Less than this counts as silence in a second that has 50 ms of notes or more.
const SILENCE: f32 = 1e-3;

/// A file out of the folder of shared pieces, or a line that says it is absent.
pub(crate) fn shared_piece(name: &str) -> Option<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/midi");
    match fs::read(folder.join(name)) {
        Ok(bytes) => Some(bytes),
        Err(_) => {
            println!("skipped: ../shared/midi/{name} is absent");
            None
        }
    }
}

fn render(bytes: &[u8], rate_hz: u32) -> Wav {
    let (tail, rate) = (TAIL_S.to_string(), rate_hz.to_string());
    let arguments = ["--tail", &tail, "--sample-rate", &rate];
    Wav::from_bytes(&Place::new().render_bytes(bytes, &arguments)).unwrap()
}

/// True peak, interpolated only where samples come within 6 dB of the loudest one: a peak between
/// lower samples would have to rise by more than that.
fn true_peak_of_loud_parts_dbfs(samples: &[f32]) -> f64 {
    const PART: usize = 2048;
    const MARGIN: usize = 64;
    let peak = samples.iter().fold(0.0_f32, |peak, x| peak.max(x.abs()));
    let parts = (0..samples.len()).step_by(PART).map(|from| {
        let to = (from + PART + MARGIN).min(samples.len());
        &samples[from.saturating_sub(MARGIN)..to]
    });
    let loud = parts.filter(|part| part.iter().any(|x| x.abs() > 0.5 * peak));
    let peaks = loud.map(|part| true_peak_dbfs(&faded_at_its_ends::<{ MARGIN / 2 }>(part)));
    peaks.fold(f64::NEG_INFINITY, f64::max)
}

/// A part cut out of loud music would overshoot where it is cut.
fn faded_at_its_ends<const LENGTH: usize>(part: &[f32]) -> Vec<f32> {
    let mut faded = part.to_vec();
    let last = faded.len().saturating_sub(1);
    for i in 0..LENGTH.min(faded.len()) {
        let phase = (i as f32 + 0.5) / LENGTH as f32 * std::f32::consts::FRAC_PI_2;
        faded[i] *= phase.sin().powi(2);
        faded[last - i] *= phase.sin().powi(2);
    }
    faded
}

/// Everything that is promised of a piece.
fn assert_plays(name: &str, bytes: &[u8], rate_hz: u32) {
    let piece = Piece::read(bytes).unwrap();
    let wav = render(bytes, rate_hz);
    let rate = f64::from(rate_hz);
    let length_s = wav.channels[0].len() as f64 / rate;
    let off_s = length_s - (piece.length_s + TAIL_S);
    assert!(
        off_s.abs() <= LONGEST_ERROR_S,
        "{name} is {length_s} s long, off by {off_s} s"
    );

    for samples in &wav.channels {
        assert!(
            samples.iter().all(|x| x.is_finite()),
            "{name} is not finite"
        );
    }
    let peaks = wav.channels.iter().map(|c| true_peak_of_loud_parts_dbfs(c));
    let peak_dbfs = peaks.fold(f64::NEG_INFINITY, f64::max);
    assert!(
        peak_dbfs <= MOST_DBFS,
        "{name} has a true peak of {peak_dbfs} dBFS"
    );

    let mut quietest = (f32::INFINITY, 0);
    for second in 0..length_s.ceil() as usize {
        let (from_s, to_s) = (second as f64, second as f64 + 1.0);
        let sounding = piece.notes.iter().filter(|n| n.channel != 9);
        let shared = sounding.map(|n| n.end_s.min(to_s) - n.start_s.max(from_s));
        let longest_s = shared.fold(0.0, f64::max);
        if longest_s * rate < 3.0 {
            continue;
        }
        let part = |c: &[f32]| {
            let range = (from_s * rate) as usize..((to_s * rate) as usize).min(c.len());
            c[range].iter().fold(0.0_f32, |peak, x| peak.max(x.abs()))
        };
        let peak = part(&wav.channels[0]).max(part(&wav.channels[1]));
        assert!(peak > 0.0, "{name} is silent in second {second}");
        if longest_s >= 0.05 {
            assert!(
                peak >= SILENCE,
                "{name} is nearly silent ({peak}) in second {second}"
            );
            quietest = if peak < quietest.0 {
                (peak, second)
            } else {
                quietest
            };
        }
    }
    println!(
        "{name}, {rate_hz} Hz: off by {off_s:.6} s, true peak {peak_dbfs:.2} dBFS, quietest second \
         with notes {} at {:.1} dBFS",
        quietest.1,
        20.0 * quietest.0.log10()
    );
}

#[test]
fn k525_has_its_length_its_level_and_no_silence() {
    let Some(bytes) = shared_piece("k525MIDIMvt1.mid") else {
        return;
    };
    let piece = Piece::read(&bytes).unwrap();
    assert!(
        (piece.length_s - 326.2655).abs() < 1e-3,
        "{}",
        piece.length_s
    );
    assert!(piece.notes.len() > 4000);
    assert_plays("k525", &bytes, 44_100);
}

#[test]
fn other_pieces_have_their_length_their_level_and_no_silence() {
    for name in ["music21-test03.mid", "music21-test09.mid"] {
        let Some(bytes) = shared_piece(name) else {
            continue;
        };
        assert_plays(name, &bytes, 16_000);
    }
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("demo/evening_round.mid");
    assert_plays("the demo", &fs::read(demo).unwrap(), 16_000);
}
