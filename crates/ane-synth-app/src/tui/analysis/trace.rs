//! The waveform of the last moments, standing still as far as it repeats itself.

/// What is shown of it.
pub(crate) const TRACE_MS: u32 = 20;
/// Points of it.
const POINTS: usize = 512;
/// Most that soft sounds are magnified.
const MOST_GAIN: f32 = 16.0;
/// What a gain may fill.
const ROOM: f32 = 0.9;

/// The points of a waveform, from a crossing upwards through zero on, and how much they are magnified.
pub(super) fn trace(samples: &[f32], sample_rate_hz: u32) -> (Vec<i8>, u8) {
    let length = (sample_rate_hz as usize * TRACE_MS as usize / 1000).clamp(2, samples.len());
    let latest = samples.len() - length;
    // A window before the last one is enough for any pitch above 50 Hz.
    let earliest = latest.saturating_sub(length);
    let crossing = samples[earliest..=latest]
        .windows(2)
        .rposition(|pair| pair[0] <= 0.0 && pair[1] > 0.0);
    let begin = crossing.map_or(latest, |at| earliest + at);
    let shown = &samples[begin..begin + length];
    // How far behind its first sample it crosses zero.
    let behind = match crossing {
        Some(_) => shown[0] / (shown[0] - shown[1]),
        None => 0.0,
    };
    let peak = shown.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
    let mut gain = 1.0;
    while gain < MOST_GAIN && peak * gain * 2.0 <= ROOM && peak > 0.0 {
        gain *= 2.0;
    }
    let points = (0..POINTS).map(|point| {
        let place = behind + point as f32 * (length - 2) as f32 / (POINTS - 1) as f32;
        let (at, part) = (place as usize, place.fract());
        let (this, next) = (shown[at.min(length - 1)], shown[(at + 1).min(length - 1)]);
        let value = this + part * (next - this);
        (127.0 * (value * gain).clamp(-1.0, 1.0)).round() as i8
    });
    (points.collect(), gain as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f32::consts::TAU;

    fn tone(amplitude: f32, offset: usize) -> Vec<f32> {
        (offset..offset + 4096)
            .map(|n| amplitude * (TAU * 220.0 * n as f32 / 44_100.0).sin())
            .collect()
    }

    #[test]
    fn a_tone_stands_still_and_fills_the_height() {
        let (first, gain) = trace(&tone(0.1, 0), 44_100);
        assert_eq!(gain, 8);
        assert_eq!(first.len(), POINTS);
        assert!(first[0].abs() < 4 && first[5] > first[0]);
        assert!((95..=105).contains(&first.iter().copied().max().unwrap()));
        for offset in 1..200 {
            let (other, _) = trace(&tone(0.1, offset), 44_100);
            let differs = first.iter().zip(&other).map(|(a, b)| a.abs_diff(*b)).max();
            assert!(differs.unwrap() <= 2, "{offset}: {differs:?}");
        }
    }

    #[test]
    fn silence_is_a_line_at_any_rate() {
        for rate_hz in [8000, 44_100, 192_000, 1] {
            let (points, gain) = trace(&[0.0; 4096], rate_hz);
            assert_eq!((points, gain), (vec![0; POINTS], 1));
        }
        let (points, _) = trace(&[3.0; 4096], 44_100);
        assert_eq!(points, [127; POINTS]);
    }
}
