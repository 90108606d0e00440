//! From columns to samples, aligned with the recording that they were measured on.

use super::columns::Columns;
use super::player::{Activations, Drive, Player};
use crate::analysis::NoteAnalysis;
use crate::corpus::CorpusNote;
use synth_dsp::filtered_noise::{NOISE_BANDS, NoiseBus, StereoBandPower};
use synth_dsp::harmonic_bank::{HarmonicBank, Segment, spread_signs};
use synth_dsp::phase::increment_from_freq;
use synth_model::{Instrument, InstrumentError};

/// Half the noise filter, s: it is 128 taps at 44.1 kHz and as long at every rate
/// (`synth_dsp::filtered_noise`).
const NOISE_DELAY_S: f64 = 64.0 / 44_100.0;
/// The noise of every resynthesis.
const NOISE_SEED: u64 = 1;

/// The note as the instrument plays it when driven by the recording's loudness and pitch curves:
/// sample 0 falls on the recording's sample [`NoteAnalysis::first_sample`], and there are
/// `columns * hop` of them, at the recording's rate and at the corpus' level. Empty when an answer
/// is not finite.
///
/// # Errors
/// When the instrument does not pass its check.
pub fn resynthesise(
    instrument: &Instrument,
    note: &CorpusNote,
) -> Result<Vec<f32>, InstrumentError> {
    let player = Player::new(instrument)?;
    let answer = player.answer(
        &Drive::of(note),
        note.analysis.partials,
        Activations::Float32,
    );
    Ok(answer.map_or_else(Vec::new, |columns| render_as(&note.analysis, &columns)))
}

/// The note from its own analysis, without a network: what the model of partials and filtered noise
/// can reach at best. Aligned as [`resynthesise`].
#[must_use]
pub fn resynthesise_analysis(note: &CorpusNote) -> Vec<f32> {
    render_as(&note.analysis, &Columns::of(&note.analysis))
}

/// Renders columns on the grid and along the pitch of a note.
pub(super) fn render_as(note: &NoteAnalysis, columns: &Columns) -> Vec<f32> {
    render(&note.f0_hz, columns, note.sample_rate_hz, note.hop)
}

/// Renders columns: column i is reached at sample `i * hop`, partials ramp linearly in amplitude and
/// pitch in Hz between columns; the last column is held for a hop.
pub(super) fn render(
    f0_hz: &[f32],
    columns: &Columns,
    sample_rate_hz: u32,
    hop: usize,
) -> Vec<f32> {
    let count = f0_hz.len();
    let mut out = vec![0.0; count * hop];
    if count == 0 || hop == 0 {
        return out;
    }
    render_partials(f0_hz, &columns.partial_db, sample_rate_hz, hop, &mut out);
    add_noise(&columns.noise_db, count, sample_rate_hz, hop, &mut out);
    out
}

fn render_partials(
    f0_hz: &[f32],
    partial_db: &[f32],
    sample_rate_hz: u32,
    hop: usize,
    out: &mut [f32],
) {
    let partials = partial_db.len() / f0_hz.len();
    let amplitudes = |column: usize, into: &mut Vec<f32>| {
        into.clear();
        let levels = &partial_db[column * partials..(column + 1) * partials];
        into.extend(levels.iter().map(|db| 10f32.powf(db / 20.0)));
        spread_signs(into);
    };
    let bank = HarmonicBank::new();
    let rate = f64::from(sample_rate_hz);
    let (mut from, mut to) = (Vec::new(), Vec::new());
    let (mut phases, mut freq_norm) = (vec![0u64; hop], vec![0f32; hop]);
    let mut phase = 0u64;
    amplitudes(0, &mut to);
    for (column, out) in out.chunks_exact_mut(hop).enumerate() {
        let next = (column + 1).min(f0_hz.len() - 1);
        std::mem::swap(&mut from, &mut to);
        amplitudes(next, &mut to);
        let (f0, f1) = (f64::from(f0_hz[column]), f64::from(f0_hz[next]));
        for (i, (sample_phase, norm)) in phases.iter_mut().zip(&mut freq_norm).enumerate() {
            let cycles = (f0 + (f1 - f0) * (i as f64 / hop as f64)) / rate;
            *sample_phase = phase;
            *norm = cycles as f32;
            phase = phase.wrapping_add(increment_from_freq(cycles));
        }
        let segment = Segment {
            phases: &phases,
            freq_norm: &freq_norm,
            from: &from,
            to: &to,
            ramp_position: 0,
            hop: hop as u32,
        };
        bank.render(&segment, out);
    }
}

/// Adds the noise, moved forward by the generator's delay so that column i is heard at `i * hop`.
fn add_noise(noise_db: &[f32], count: usize, sample_rate_hz: u32, hop: usize, out: &mut [f32]) {
    let bands = noise_db.len() / count;
    let filter_delay = (NOISE_DELAY_S * f64::from(sample_rate_hz)).round() as usize;
    // What is latched fades in over a hop, so it is all there at the hop's end.
    let lead = hop + filter_delay;
    let mut bus = NoiseBus::new(sample_rate_hz, hop, NOISE_SEED);
    let mut power = StereoBandPower::SILENT;
    let mut hop_out = [vec![0.0; hop], vec![0.0; hop]];
    let mut at = 0;
    for number in 0.. {
        let start = number * hop;
        if start >= out.len() + lead {
            break;
        }
        let column = number.min(count - 1);
        let levels = &noise_db[column * bands..(column + 1) * bands];
        power.clear();
        for (band, db) in levels.iter().take(NOISE_BANDS).enumerate() {
            let density = 10f32.powf(db / 10.0);
            (power.ll[band], power.rr[band], power.lr[band]) = (density, density, density);
        }
        let [left, right] = &mut hop_out;
        left.fill(0.0);
        right.fill(0.0);
        bus.push_hop(&power);
        bus.add_to(left, right);
        let skip = lead.saturating_sub(start).min(hop);
        for sample in &left[skip..] {
            if let Some(out) = out.get_mut(at) {
                *out += sample;
            }
            at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::columns::SILENCE_DB;

    const RATE_HZ: u32 = 44_100;
    const HOP: usize = 64;
    const COLUMNS: usize = 400;

    /// Sample by which half of the energy has passed.
    fn middle_of_energy(samples: &[f32]) -> usize {
        let energy = |samples: &[f32]| samples.iter().map(|s| f64::from(s * s)).sum::<f64>();
        let half = energy(samples) / 2.0;
        let mut sum = 0.0;
        let passed = |s: &f32| {
            sum += f64::from(s * s);
            sum >= half
        };
        samples.iter().position(passed).unwrap()
    }

    /// A burst of 20 columns around column 200, in the partial or in the noise.
    fn burst(in_noise: bool) -> Vec<f32> {
        let in_burst = |column: usize| (190..=210).contains(&column);
        let level = |on: bool, column| match on && in_burst(column) {
            true => -60.0,
            false => SILENCE_DB,
        };
        let columns = Columns {
            partial_db: (0..COLUMNS).map(|c| level(!in_noise, c)).collect(),
            noise_db: (0..COLUMNS)
                .flat_map(|c| [level(in_noise, c); NOISE_BANDS])
                .collect(),
        };
        render(&[1000.0; COLUMNS], &columns, RATE_HZ, HOP)
    }

    #[test]
    fn partials_and_noise_sound_where_their_columns_stand() {
        for in_noise in [false, true] {
            let samples = burst(in_noise);
            assert_eq!(samples.len(), COLUMNS * HOP);
            let middle = middle_of_energy(&samples) as f64;
            // Noise has its chances: 1300 independent samples spread by a few hops at most.
            let tolerance = if in_noise { 100.0 } else { 8.0 };
            let wanted = 200.0 * HOP as f64;
            assert!(
                (middle - wanted).abs() < tolerance,
                "{middle}, not {wanted}"
            );
            let before = &samples[..(190 - 3) * HOP];
            assert!(before.iter().all(|s| s.abs() < 1e-9));
        }
    }

    #[test]
    fn levels_are_those_of_the_columns() {
        let columns = Columns {
            partial_db: vec![-20.0; COLUMNS],
            noise_db: [-80.0; NOISE_BANDS].repeat(COLUMNS),
        };
        let power = |samples: &[f32]| {
            let steady = &samples[50 * HOP..350 * HOP];
            let sum: f64 = steady.iter().map(|s| f64::from(s * s)).sum();
            10.0 * (sum / steady.len() as f64).log10()
        };
        // Half of a square of 0.1, and a density of 1e-8 over 22 kHz.
        let tone = power(&render(&[1000.0; COLUMNS], &columns, RATE_HZ, HOP));
        let wanted = 10.0 * (0.005_f64 + 1e-8 * 22_050.0).log10();
        assert!((tone - wanted).abs() < 0.2, "{tone}, not {wanted}");
        assert!(render(&[], &columns, RATE_HZ, HOP).is_empty());
    }

    #[test]
    fn the_pitch_goes_along_a_line() {
        let columns = Columns {
            partial_db: vec![-20.0; COLUMNS],
            noise_db: [SILENCE_DB; NOISE_BANDS].repeat(COLUMNS),
        };
        let glide: Vec<f32> = (0..COLUMNS).map(|c| 500.0 + c as f32).collect();
        let samples = render(&glide, &columns, RATE_HZ, HOP);
        let crossings = samples.windows(2).filter(|w| w[0] < 0.0 && w[1] >= 0.0);
        let seconds = (COLUMNS * HOP) as f64 / f64::from(RATE_HZ);
        let wanted = (500.0 + COLUMNS as f64 / 2.0) * seconds;
        assert!((crossings.count() as f64 - wanted).abs() < 2.0);
    }
}
