//! Where a sound begins, and whether an event in it clicks.

/// Index of the first sample that is not zero; `None` in silence. NaN counts as sound.
pub fn onset_index(samples: &[impl Copy + Into<f64>]) -> Option<usize> {
    samples.iter().position(|&x| x.into() != 0.0)
}

/// Half the stretch around the event in which its own curvature is searched. "The 2 ms around"
/// is read as 2 ms to each side: who passes this passes the narrower reading too.
const EVENT_S: f64 = 0.002;
/// What is taken on either side as the sound's ordinary curvature.
const SURROUNDINGS_S: f64 = 0.050;
/// The share of the ordinary curvature that the denominator covers.
const PERCENTILE: f64 = 0.999;

/// Click of an event: how sharp the bend it leaves is against the sharpest the sound has anyway.
///
/// With `e = with - without` (two renders, same seed, with and without the event) and
/// `d2[n] = |e[n] - 2 e[n-1] + e[n-2]|`: the largest `d2` within 2 ms of `event_index`, over the
/// 99.9th percentile (nearest rank) of the same second difference of the louder render in the
/// 50 ms on either side, those 4 ms left out so that a click cannot hide itself. Up to 3 passes
/// as no click. 0 if the event changes nothing there; infinite if it does so in silence.
///
/// # Panics
/// If the renders differ in length or the event lies outside them.
pub fn click_ratio(
    with: &[impl Copy + Into<f64>],
    without: &[impl Copy + Into<f64>],
    event_index: usize,
    sample_rate_hz: f64,
) -> f64 {
    assert_eq!(with.len(), without.len(), "render both for the same time");
    assert!(
        event_index < with.len(),
        "the event must lie inside the renders"
    );
    let with: Vec<f64> = with.iter().map(|&x| x.into()).collect();
    let without: Vec<f64> = without.iter().map(|&x| x.into()).collect();
    let effect: Vec<f64> = with.iter().zip(&without).map(|(a, b)| a - b).collect();

    let near = samples_in(EVENT_S, sample_rate_hz);
    let far = samples_in(SURROUNDINGS_S, sample_rate_hz);
    let first = event_index.saturating_sub(far);
    let last = (event_index + far).min(with.len() - 1);
    let is_near = |n: usize| n.abs_diff(event_index) <= near;

    let event_bend = (first..=last)
        .filter(|&n| is_near(n))
        .map(|n| second_difference(&effect, n))
        .fold(0.0, larger_or_nan);

    let energy = |x: &[f64]| x[first..=last].iter().map(|v| v * v).sum::<f64>();
    let louder = if energy(&with) >= energy(&without) {
        &with
    } else {
        &without
    };
    let mut ordinary: Vec<f64> = (first..=last)
        .filter(|&n| !is_near(n))
        .map(|n| second_difference(louder, n))
        .collect();
    assert!(
        !ordinary.is_empty(),
        "leave some sound around the event to compare with"
    );
    ordinary.sort_by(f64::total_cmp);
    let rank = (PERCENTILE * ordinary.len() as f64).ceil() as usize;
    let ordinary_bend = ordinary[rank.max(1) - 1];

    if event_bend == 0.0 {
        0.0
    } else {
        event_bend / ordinary_bend
    }
}

/// NaN once seen stays, so that no comparison passes with it.
fn larger_or_nan(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        f64::NAN
    } else {
        a.max(b)
    }
}

fn samples_in(seconds: f64, sample_rate_hz: f64) -> usize {
    (seconds * sample_rate_hz).round() as usize
}

/// `|x[n] - 2 x[n-1] + x[n-2]|`, with silence before the first sample.
fn second_difference(x: &[f64], n: usize) -> f64 {
    let before = |back: usize| n.checked_sub(back).map_or(0.0, |i| x[i]);
    (x[n] - 2.0 * before(1) + before(2)).abs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    const RATE: f64 = 44_100.0;
    const EVENT: usize = 10_000;

    fn sine(len: usize) -> Vec<f64> {
        (0..len)
            .map(|n| (TAU * 440.0 / RATE * n as f64).sin())
            .collect()
    }

    /// The largest second difference of a sine of frequency f is `4 sin(pi f / rate)^2`.
    fn sine_bend() -> f64 {
        4.0 * (std::f64::consts::PI * 440.0 / RATE).sin().powi(2)
    }

    #[test]
    fn onset_is_the_first_sample_with_any_value() {
        assert_eq!(onset_index(&[0.0_f32, -0.0, 1e-30, 1.0]), Some(2));
        assert_eq!(onset_index(&[0.0_f32; 4]), None);
    }

    #[test]
    fn a_planted_step_gives_its_size_over_the_sine_s_bend() {
        let without = sine(20_000);
        let mut with = without.clone();
        let step = 5.0 * sine_bend();
        with[EVENT..].iter_mut().for_each(|x| *x += step);
        let ratio = click_ratio(&with, &without, EVENT, RATE);
        assert!((ratio - 5.0).abs() < 0.02, "{ratio}");
    }

    #[test]
    fn a_burst_cannot_hide_itself_in_the_denominator() {
        let without = sine(20_000);
        let mut with = without.clone();
        for (n, x) in with[EVENT - 40..EVENT + 40].iter_mut().enumerate() {
            *x += if n % 2 == 0 { 0.1 } else { -0.1 };
        }
        let ratio = click_ratio(&with, &without, EVENT, RATE);
        assert!((ratio - 0.4 / sine_bend()).abs() < 2.0, "{ratio}");
    }

    #[test]
    fn only_the_surroundings_of_the_event_count() {
        let without = sine(20_000);
        let mut with = without.clone();
        with[EVENT + 200] += 0.5;
        assert_eq!(click_ratio(&with, &without, EVENT, RATE), 0.0);
        with[EVENT + 80] += 0.5;
        assert!(click_ratio(&with, &without, EVENT, RATE) > 100.0);
    }

    #[test]
    fn a_smooth_fade_does_not_click_and_nan_is_not_smooth() {
        let without = sine(20_000);
        let mut with = without.clone();
        for (n, x) in with.iter_mut().enumerate().skip(EVENT) {
            *x *= (-((n - EVENT) as f64 / 441.0).powi(2)).exp();
        }
        assert!(click_ratio(&with, &without, EVENT, RATE) < 1.0);
        with[EVENT + 1] = f64::NAN;
        assert!(click_ratio(&with, &without, EVENT, RATE).is_nan());
    }

    #[test]
    fn the_louder_render_is_the_yardstick() {
        let note = sine(20_000);
        let silence = vec![0.0_f32; 20_000];
        let started: Vec<f64> = note
            .iter()
            .enumerate()
            .map(|(n, x)| if n < EVENT { 0.0 } else { *x })
            .collect();
        let ratio = click_ratio(&started, &silence, EVENT, RATE);
        assert!(ratio.is_finite() && ratio > 1.0, "{ratio}");
        assert_eq!(click_ratio(&silence, &silence, EVENT, RATE), 0.0);
    }
}
