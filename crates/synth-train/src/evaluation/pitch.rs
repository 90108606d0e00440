//! Pitch of two signals compared by the phase advance of one partial.

/// A whole turn, rad.
const TURN: f64 = std::f64::consts::TAU;
/// Time from one phase to the next, s.
const STEP_S: f64 = 256.0 / 44_100.0;
/// Periods of the fundamental and time that the window spans at least.
const WINDOW_PERIODS: f64 = 4.0;
const WINDOW_S: f64 = 1024.0 / 44_100.0;

/// Absolute differences in cents between the pitches of `real` and `imitation` every 5.8 ms, taken
/// from the instantaneous frequency of partial `partial` (1 is the fundamental), which lies near
/// `partial * f0_hz` in both.
pub(crate) fn cents_apart(
    real: &[f32],
    imitation: &[f32],
    sample_rate_hz: u32,
    f0_hz: f64,
    partial: usize,
) -> Vec<f32> {
    let carrier_hz = partial as f64 * f0_hz;
    let turns_a_sample = carrier_hz / f64::from(sample_rate_hz);
    // Counted from the signals' start, so that a partial exactly on the carrier stands still.
    let carrier: Vec<[f64; 2]> = (0..real.len().min(imitation.len()))
        .map(|i| (TURN * (turns_a_sample * i as f64).fract()).sin_cos())
        .map(|(sin, cos)| [cos, -sin])
        .collect();
    let frequencies =
        |samples: &[f32]| frequencies_hz(samples, &carrier, carrier_hz, f0_hz, sample_rate_hz);
    let (wanted, got) = (frequencies(real), frequencies(imitation));
    let apart = wanted.iter().zip(&got);
    apart
        .filter(|(wanted, got)| **wanted > 0.0 && **got > 0.0)
        .map(|(wanted, got)| (1200.0 * (got / wanted).log2().abs()) as f32)
        .collect()
}

/// Instantaneous frequency near the carrier, frame by frame.
fn frequencies_hz(
    samples: &[f32],
    carrier: &[[f64; 2]],
    carrier_hz: f64,
    f0_hz: f64,
    sample_rate_hz: u32,
) -> Vec<f64> {
    let rate = f64::from(sample_rate_hz);
    let step = ((STEP_S * rate).round() as usize).max(1);
    let length = (WINDOW_PERIODS / f0_hz).max(WINDOW_S) * rate;
    let length = (length.round() as usize).max(2);
    let window: Vec<f64> = (0..length)
        .map(|i| 0.5 - 0.5 * (TURN * i as f64 / length as f64).cos())
        .collect();
    let shifted: Vec<[f64; 2]> = samples
        .iter()
        .zip(carrier)
        .map(|(&sample, [cos, sin])| [cos * f64::from(sample), sin * f64::from(sample)])
        .collect();
    let phase = |frame: &[[f64; 2]]| {
        let (mut re, mut im) = (0.0, 0.0);
        for (w, [c, s]) in window.iter().zip(frame) {
            re += w * c;
            im += w * s;
        }
        im.atan2(re)
    };
    let phases: Vec<f64> = shifted.windows(length).step_by(step).map(phase).collect();
    let advance = phases.windows(2).map(|pair| {
        let turns = (pair[1] - pair[0]) / TURN;
        let turns = turns - turns.round();
        carrier_hz + turns * rate / step as f64
    });
    advance.collect()
}

/// The middle value; `None` of nothing.
pub(crate) fn median(mut values: Vec<f32>) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let middle = values.len() / 2;
    let (_, middle, _) = values.select_nth_unstable_by(middle, f32::total_cmp);
    Some(f64::from(*middle))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(f0_hz: f64, sample_rate_hz: u32) -> Vec<f32> {
        let rate = f64::from(sample_rate_hz);
        let partial = |i: f64, k: f64| (std::f64::consts::TAU * k * f0_hz * i / rate).sin() / k;
        (0..sample_rate_hz)
            .map(|i| (1..=20).map(|k| partial(i.into(), k.into())).sum::<f64>() as f32)
            .collect()
    }

    #[test]
    fn a_known_detuning_is_read_off() {
        for (f0_hz, rate, partial) in [(27.5, 44_100, 3), (440.0, 44_100, 1), (880.0, 96_000, 2)] {
            for cents in [0.0, 3.0, -25.0] {
                let sharp = f0_hz * (cents / 1200.0_f64).exp2();
                let apart =
                    cents_apart(&tone(f0_hz, rate), &tone(sharp, rate), rate, f0_hz, partial);
                assert!(apart.len() > 100);
                let middle = median(apart).unwrap();
                // Off the carrier the window's zeros do not meet the neighbours exactly.
                let bound = 0.1 + 0.03 * cents.abs();
                assert!(
                    (middle - cents.abs()).abs() < bound,
                    "{f0_hz} Hz {cents}: {middle}"
                );
            }
        }
    }

    #[test]
    fn too_short_a_signal_gives_nothing() {
        assert!(cents_apart(&[0.5; 100], &[0.5; 100], 44_100, 440.0, 1).is_empty());
        assert_eq!(median(Vec::new()), None);
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
    }
}
