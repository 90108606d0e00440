//! Reverberation times, energy and spectrum.

use synth_dsp::fx::room::RoomShape;

use crate::response::{BOTH, LEFT, RIGHT, band, band_energies, energy, response};

/// Time of 60 dB by the decay from -5 to -35 dB of the energy still to come, summed over `parts`
/// (M. R. Schroeder, JASA 37, 1965; ISO 3382-1).
fn t60_s(parts: &[Vec<f64>], rate_hz: u32) -> f64 {
    let mut to_come = vec![0.0; parts[0].len()];
    let mut sum = 0.0;
    for n in (0..to_come.len()).rev() {
        sum += parts.iter().map(|part| part[n] * part[n]).sum::<f64>();
        to_come[n] = sum;
    }
    let points: Vec<(f64, f64)> = to_come
        .iter()
        .enumerate()
        .map(|(n, left)| (n as f64 / f64::from(rate_hz), 10.0 * (left / sum).log10()))
        .filter(|(_, db)| (-35.0..=-5.0).contains(db))
        .collect();
    let count = points.len() as f64;
    let mean_s = points.iter().map(|p| p.0).sum::<f64>() / count;
    let mean_db = points.iter().map(|p| p.1).sum::<f64>() / count;
    let slope = points
        .iter()
        .map(|p| (p.0 - mean_s) * (p.1 - mean_db))
        .sum::<f64>()
        / points.iter().map(|p| (p.0 - mean_s).powi(2)).sum::<f64>();
    -60.0 / slope
}

#[test]
fn every_octave_dies_away_as_fast_as_asked() {
    let mut worst = 0.0_f64;
    for (rate_hz, size) in [
        (44_100, 0.0),
        (44_100, 0.5),
        (44_100, 1.0),
        (16_000, 0.5),
        (96_000, 0.25),
    ] {
        let shape = RoomShape::new(size);
        let seconds = 1.2 * shape.longest_t60_s();
        let ears = [LEFT, RIGHT].map(|side| response(rate_hz, size, side, seconds));
        for hz in [125.0, 250.0, 500.0, 1e3, 2e3, 4e3, 8e3, 16e3] {
            // An octave, or a third of one where the time changes within it.
            let half = if hz < 1_500.0 { 0.5 } else { 1.0 / 6.0 };
            let (from_hz, to_hz) = (hz * f64::exp2(-half), hz * f64::exp2(half));
            if to_hz > 0.45 * f64::from(rate_hz) {
                continue;
            }
            let parts = ears.each_ref().map(|ears| {
                ears.each_ref()
                    .map(|ear| band(ear, rate_hz, from_hz, to_hz))
            });
            let measured = t60_s(&parts.concat(), rate_hz);
            let off = measured / shape.t60_s(hz) - 1.0;
            println!(
                "{rate_hz} Hz, size {size}, {hz} Hz: {measured:.3} s, {:+.1} %",
                100.0 * off
            );
            worst = worst.max(off.abs());
        }
    }
    println!("off by at most {:.1} %", 100.0 * worst);
    assert!(worst < 0.10, "{worst}");
}

#[test]
fn as_much_comes_out_as_went_in_at_any_size_and_evenly() {
    for size in [0.0, 0.3, 0.5, 1.0] {
        let seconds = 0.5 * RoomShape::new(size).longest_t60_s();
        for (what, impulse, sent) in [
            ("left", LEFT, 1.0),
            ("right", RIGHT, 1.0),
            ("both", BOTH, 2.0),
        ] {
            let ears = response(44_100, size, impulse, seconds);
            let octave = |samples: &[f32]| band_energies(samples, 44_100, &[[707.0, 1_414.0]])[0];
            let ratio = (octave(&ears[0]) + octave(&ears[1])) / 707.0 / sent;
            let level_db = 10.0 * ratio.log10();
            let balance_db = 10.0 * (energy(&ears[0]) / energy(&ears[1])).log10();
            println!("size {size}, {what}: {level_db:+.2} dB, left over right {balance_db:+.2} dB");
            assert!(level_db.abs() < 0.5, "size {size}, {what}: {level_db} dB");
            if what == "both" {
                assert!(balance_db.abs() < 0.5, "size {size}: {balance_db} dB");
            }
        }
    }
}

#[test]
fn the_spectrum_is_the_same_at_every_rate() {
    let mut worst = 0.0_f64;
    for size in [0.0, 0.5, 1.0] {
        let seconds = RoomShape::new(size).longest_t60_s();
        // Third octaves of both ears, from 50 Hz to 16 kHz (its upper edge is 18 kHz).
        let edges: Vec<[f64; 2]> = (-13..=12)
            .map(|third| [-0.5, 0.5].map(|half| 1e3 * f64::exp2((f64::from(third) + half) / 3.0)))
            .collect();
        let bands = |rate_hz: u32| -> Vec<f64> {
            let ears = response(rate_hz, size, BOTH, seconds);
            let [left, right] = ears.map(|ear| band_energies(&ear, rate_hz, &edges));
            let both = left.iter().zip(right);
            both.map(|(left, right)| 10.0 * (left + right).log10())
                .collect()
        };
        let reference = bands(48_000);
        for rate_hz in [44_100, 96_000, 192_000] {
            for (third, (a, b)) in (-13..).zip(bands(rate_hz).iter().zip(&reference)) {
                let off = (a - b).abs();
                if off > worst {
                    worst = off;
                    println!("size {size}, {rate_hz} Hz, third {third}: {off:.2} dB");
                }
                assert!(
                    off < 1.0,
                    "size {size}, {rate_hz} Hz, third {third}: {off} dB"
                );
            }
        }
    }
    println!("third octaves differ by at most {worst:.2} dB between rates");
}
