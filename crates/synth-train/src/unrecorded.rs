//! What a recording does not hold: above half its sample rate, or above where whoever made it cut it
//! off. An instrument is played at any rate, so its network has to answer there too; without an
//! example it would answer anything at all.

use synth_dsp::filtered_noise::NOISE_BAND_SPACING_HZ;

/// How fast noise falls on above what was recorded, dB an octave: a gentle fall of the kind that
/// breath and bow noise have below it.
const NOISE_FALL_DB: f32 = 12.0;
/// The same of partials: those of blown and bowed instruments fall by 12 dB an octave and more at the
/// source, and radiation does not make up for it so high.
const PARTIAL_FALL_DB: f32 = 24.0;
/// The level that falls on is the mean over so much below the limit, octaves.
const REFERENCE_OCTAVES: f32 = 0.25;

/// Replaces the levels of partials at or above `limit_hz`, dB, by a fall from those below it.
pub(crate) fn continue_partials(partial_db: &mut [f32], f0_hz: f32, limit_hz: f32) {
    continue_levels(partial_db, limit_hz, PARTIAL_FALL_DB, |k| {
        (k + 1) as f32 * f0_hz
    });
}

/// Replaces the densities of noise bands around and above `limit_hz`, dB, by a fall from those below
/// it.
pub(crate) fn continue_noise(noise_db: &mut [f32], limit_hz: f32) {
    let spacing_hz = NOISE_BAND_SPACING_HZ as f32;
    // A band that the limit cuts holds only part of its power.
    let whole_hz = limit_hz - spacing_hz / 2.0;
    continue_levels(noise_db, whole_hz, NOISE_FALL_DB, |band| {
        band as f32 * spacing_hz
    });
}

/// `level_db[i]` at `frequency_hz(i)`, which rises with i, is kept below the limit.
fn continue_levels(
    level_db: &mut [f32],
    limit_hz: f32,
    fall_db: f32,
    frequency_hz: impl Fn(usize) -> f32,
) {
    let kept = (0..level_db.len()).take_while(|&i| frequency_hz(i) < limit_hz);
    let kept = kept.count();
    let Some(highest) = kept.checked_sub(1) else {
        return;
    };
    let from_hz = frequency_hz(highest) * (-REFERENCE_OCTAVES).exp2();
    let reference = (0..kept).rev().take_while(|&i| frequency_hz(i) >= from_hz);
    let (sum, count) = reference.fold((0.0, 0.0), |s, i| (s.0 + level_db[i], s.1 + 1.0));
    let at_limit_db = sum / f32::max(count, 1.0);
    for (i, level) in level_db.iter_mut().enumerate().skip(kept) {
        *level = at_limit_db - fall_db * (frequency_hz(i) / limit_hz).max(1.0).log2();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_recorded_stays_and_the_rest_falls_on() {
        // Partials at 1, 2, 3, 4, 8 times 1 kHz; recorded below 4 kHz.
        let mut levels: Vec<f32> = (1..=8).map(|k| -6.0 * k as f32).collect();
        continue_partials(&mut levels, 1_000.0, 4_000.0);
        assert_eq!(levels[..3], [-6.0, -12.0, -18.0]);
        assert_eq!(levels[3], -18.0);
        assert!((levels[7] + 42.0).abs() < 1e-4);
        assert!(levels[3..].windows(2).all(|pair| pair[1] < pair[0]));
    }

    #[test]
    fn noise_falls_on_from_the_mean_below_the_limit() {
        let limit_hz = 16.0 * NOISE_BAND_SPACING_HZ as f32;
        let mut levels = vec![-100.0_f32; 65];
        levels[15] = -104.0;
        levels[16..].fill(0.0);
        continue_noise(&mut levels, limit_hz);
        assert_eq!(levels[..15], [-100.0; 15]);
        let below_limit = (levels[14] + levels[15] + levels[13]) / 3.0;
        assert!((levels[16] - below_limit).abs() < 1.0, "{}", levels[16]);
        let octave = levels[64] - levels[32];
        assert!((octave + 12.0).abs() < 1e-3, "{octave}");
    }

    #[test]
    fn all_or_nothing_recorded_changes_nothing() {
        let given: Vec<f32> = (0..64).map(|k| -(k as f32)).collect();
        let mut levels = given.clone();
        continue_partials(&mut levels, 100.0, 22_050.0);
        assert_eq!(levels, given);
        continue_partials(&mut levels, 100.0, 50.0);
        assert_eq!(levels, given);
        continue_noise(&mut levels, 24_000.0);
        assert_eq!(levels, given);
    }
}
