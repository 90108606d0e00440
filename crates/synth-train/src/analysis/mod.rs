//! From a note in a recording to columns: pitch, loudness, partials, noise.
//!
//! The fundamental is refined from the phases of the low partials, every partial is demodulated over
//! a phase-warped window, what the partials do not explain is noise.

mod conditioning;
mod demodulation;
mod fundamental;
mod noise_floor;
mod shape;

pub(crate) use conditioning::without_rumble;
pub use shape::SOUNDING_DB;

use crate::loudness::{BAND_LIMIT_HI_HZ, BAND_LIMIT_LO_HZ};
use crate::recording::FoundNote;
use demodulation::{Amplitudes, PhaseCourse, demodulate, subtract_partials};
use fundamental::Grid;
use std::ops::Range;
use synth_dsp::filtered_noise::NOISE_BANDS;
use synth_model::a_weighting;
use thiserror::Error;

/// Everything measured of one channel of a note, one column every hop.
#[derive(Clone, Debug, PartialEq)]
pub struct NoteAnalysis {
    /// Samples a second of the recording.
    pub sample_rate_hz: u32,
    /// Samples between columns.
    pub hop: usize,
    /// Sample of the recording at which column 0 is centred.
    pub first_sample: usize,
    /// Fundamental, Hz, one a column.
    pub f0_hz: Vec<f32>,
    /// A-weighted loudness of the partials below 20 kHz, dBA re full scale, one a column.
    pub loudness_db: Vec<f32>,
    /// Levels of the partials, `20 log10` of the amplitude, `[columns, partials]`.
    pub partial_db: Vec<f32>,
    /// Noise density in each band, dB re full scale^2 / Hz, one-sided, `[columns, bands]`.
    pub noise_db: Vec<f32>,
    /// Partials a column.
    pub partials: usize,
    /// Noise bands a column.
    pub noise_bands: usize,
    /// What lies above was not recorded, Hz.
    pub band_limit_hz: f32,
    /// Power of what the partials do not explain, dB re the note, over the sounding columns.
    pub residual_db: f32,
    /// Sounding columns: from where the loudness first comes within 35 dB of the sustain to where it
    /// last does.
    pub sounding: Range<usize>,
    /// Columns of the sustain: after the attack, before the release.
    pub sustain: Range<usize>,
    /// Mean loudness of the sustain, dBA re full scale.
    pub sustain_db: f32,
    /// Whether the recording goes on until the note has died away by 20 dB or more.
    pub has_release: bool,
}

impl NoteAnalysis {
    /// Number of columns.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.f0_hz.len()
    }

    /// Seconds between two columns.
    #[must_use]
    pub fn hop_s(&self) -> f64 {
        self.hop as f64 / f64::from(self.sample_rate_hz)
    }

    /// Adds `by_db` to every level.
    pub fn raise(&mut self, by_db: f32) {
        self.sustain_db += by_db;
        let levels = [
            &mut self.loudness_db,
            &mut self.partial_db,
            &mut self.noise_db,
        ];
        for db in levels.into_iter().flatten() {
            *db += by_db;
        }
    }

    /// Levels of the partials of a column, dB.
    ///
    /// # Panics
    /// When there is no such column.
    #[must_use]
    pub fn partials_at(&self, column: usize) -> &[f32] {
        &self.partial_db[column * self.partials..(column + 1) * self.partials]
    }

    /// Noise densities of a column, dB.
    ///
    /// # Panics
    /// When there is no such column.
    #[must_use]
    pub fn noise_at(&self, column: usize) -> &[f32] {
        &self.noise_db[column * self.noise_bands..(column + 1) * self.noise_bands]
    }
}

/// Partials that are looked for.
pub const PARTIALS: usize = 64;
/// The demodulation's window is at least so many periods, which puts the other partials on its zeros,
const WINDOW_PERIODS: usize = 3;
/// and at least this long, s (512 samples at 44.1 kHz): shorter ones let noise through.
const WINDOW_S: f64 = 512.0 / 44_100.0;
/// Levels below are written as this, dB.
const FLOOR_DB: f32 = -160.0;
/// Below this the A weighting is held (the decoder's floor), Hz.
const LOUDNESS_FLOOR_HZ: f64 = 27.5;
/// Densities below this in every column of the sustain were not recorded: the band ends there. A
/// 16-bit recording's own rounding lies at -141 dB/Hz. dB re full scale^2 / Hz.
const UNRECORDED_DB: f32 = -150.0;

/// Why a note cannot be analysed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AnalysisProblem {
    /// It lies outside the recording or is shorter than a window.
    #[error("the note is too short to be analysed")]
    TooShort,
    /// Nothing sounds at the fundamental and its multiples.
    #[error("nothing sounds at the pitch that was found")]
    Silent,
    /// Samples are NaN or infinite.
    #[error("the samples are not all finite numbers")]
    NotFinite,
}

/// Samples between columns at a rate: 64 up to 50 kHz, 128 up to 100 kHz, 256 above, as the synth's.
#[must_use]
pub fn hop_samples(sample_rate_hz: u32) -> usize {
    match sample_rate_hz {
        0..=50_000 => 64,
        50_001..=100_000 => 128,
        _ => 256,
    }
}

/// Measures one channel of a note.
///
/// `samples` are the whole recording's. Columns begin at the note's start.
///
/// # Errors
/// [`AnalysisProblem`] says why there is nothing to measure.
pub fn analyse_note(
    samples: &[f32],
    sample_rate_hz: u32,
    note: &FoundNote,
) -> Result<NoteAnalysis, AnalysisProblem> {
    let hop = hop_samples(sample_rate_hz);
    let rate = f64::from(sample_rate_hz);
    let stretch = samples
        .get(note.start..note.end.min(samples.len()))
        .ok_or(AnalysisProblem::TooShort)?;
    if stretch.len() < 8 * hop || !(note.f0_hz >= 1.0 && note.f0_hz < 0.5 * rate) {
        return Err(AnalysisProblem::TooShort);
    }
    if !stretch.iter().all(|x| x.is_finite()) {
        return Err(AnalysisProblem::NotFinite);
    }
    let x = conditioning::without_rumble(stretch, rate);
    let columns = x.len().div_ceil(hop);
    let coarse: Vec<f64> = (0..columns)
        .map(|column| coarse_f0_hz(note, note.start + column * hop))
        .collect();
    let grid = Grid {
        hop,
        sample_rate_hz: rate,
        periods: WINDOW_PERIODS.max((WINDOW_S * note.f0_hz).ceil() as usize),
    };
    let f0_hz = fundamental::refine(&x, &coarse, &grid);
    let course = PhaseCourse::new(&f0_hz, hop, x.len(), rate);
    let lowest = f0_hz.iter().copied().fold(f64::MAX, f64::min);
    let sounding_partials = ((0.5 * rate / lowest).ceil() as usize).clamp(1, PARTIALS);
    let amplitudes = demodulate(&x, &course, hop, grid.periods, sounding_partials);
    let partial_db = levels_db(&amplitudes, &f0_hz, rate);
    let loudness_db: Vec<f32> = partial_db
        .chunks_exact(PARTIALS)
        .zip(&f0_hz)
        .map(|(levels, &f0_hz)| column_loudness_db(levels, f0_hz))
        .collect();
    let hop_s = hop as f64 / rate;
    let shape = shape::note_shape(&loudness_db, hop_s).ok_or(AnalysisProblem::Silent)?;
    if shape.sustain_db < FLOOR_DB / 2.0 - 40.0 {
        return Err(AnalysisProblem::Silent);
    }
    let mut residual = x.clone();
    subtract_partials(&mut residual, &course, hop, &amplitudes);
    let noise_db = noise_floor::band_densities_db(&residual, hop, rate, NOISE_BANDS);
    let heard = shape.sounding.start * hop..(shape.sounding.end * hop).min(x.len());
    let power = |x: &[f32]| x.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>();
    let residual_power = power(&residual[heard.clone()]) / power(&x[heard]).max(1e-30);
    let all_db = noise_floor::band_densities_db(&x, hop, rate, NOISE_BANDS);
    Ok(NoteAnalysis {
        sample_rate_hz,
        hop,
        first_sample: note.start,
        band_limit_hz: band_limit_hz(&all_db, &shape.sustain, rate),
        f0_hz: f0_hz.iter().map(|&f| f as f32).collect(),
        loudness_db,
        partial_db,
        noise_db,
        partials: PARTIALS,
        noise_bands: NOISE_BANDS,
        residual_db: (10.0 * residual_power.max(1e-30).log10()) as f32,
        sounding: shape.sounding,
        sustain: shape.sustain,
        sustain_db: shape.sustain_db,
        has_release: shape.has_release,
    })
}

/// The coarse pitch at a sample: on a line in log f0 between the knots.
fn coarse_f0_hz(note: &FoundNote, sample: usize) -> f64 {
    let after = note.pitch.partition_point(|knot| knot.sample <= sample);
    match (
        after.checked_sub(1).map(|i| note.pitch[i]),
        note.pitch.get(after),
    ) {
        (Some(before), Some(next)) => {
            let way = (sample - before.sample) as f64 / (next.sample - before.sample) as f64;
            before.f0_hz * (next.f0_hz / before.f0_hz).powf(way)
        }
        (Some(knot), None) => knot.f0_hz,
        (None, Some(knot)) => knot.f0_hz,
        (None, None) => note.f0_hz,
    }
}

/// Levels of [`PARTIALS`] partials a column; those at or above Nyquist have none.
fn levels_db(amplitudes: &Amplitudes, f0_hz: &[f64], rate: f64) -> Vec<f32> {
    let mut levels = vec![FLOOR_DB; amplitudes.columns() * PARTIALS];
    for (column, row) in levels.chunks_exact_mut(PARTIALS).enumerate() {
        let below_nyquist = ((0.5 * rate / f0_hz[column]).ceil() as usize).saturating_sub(1);
        for (k, level) in row
            .iter_mut()
            .enumerate()
            .take(below_nyquist.min(amplitudes.partials))
        {
            let magnitude = amplitudes.magnitude(column, k);
            *level = (20.0 * magnitude.max(1e-12).log10()).max(FLOOR_DB);
        }
    }
    levels
}

/// A-weighted loudness of a column's partials by the decoder's rules, dBA re full scale.
#[must_use]
pub fn column_loudness_db(partial_db: &[f32], f0_hz: f64) -> f32 {
    let power: f64 = partial_db
        .iter()
        .zip(1..)
        .map_while(|(&db, k)| {
            let f_hz = f64::from(k) * f0_hz;
            let fade = (BAND_LIMIT_HI_HZ - f_hz) / (BAND_LIMIT_HI_HZ - BAND_LIMIT_LO_HZ);
            let gain = a_weighting::gain(f_hz.max(LOUDNESS_FLOOR_HZ)) * fade.min(1.0);
            (fade > 0.0).then(|| {
                f64::from(db / 10.0 * std::f32::consts::LOG2_10).exp2() * gain * gain / 2.0
            })
        })
        .sum();
    (10.0 * power.max(1e-16).log10()) as f32
}

/// Where the band ends: the lower edge of the lowest band from which on nothing was recorded, or
/// Nyquist. `all_db` is the density of the whole signal.
fn band_limit_hz(all_db: &[f32], sustain: &Range<usize>, rate: f64) -> f32 {
    let mut loudest = [f32::MIN; NOISE_BANDS];
    for row in all_db
        .chunks_exact(NOISE_BANDS)
        .skip(sustain.start)
        .take(sustain.len())
    {
        for (loudest, &db) in loudest.iter_mut().zip(row) {
            *loudest = loudest.max(db);
        }
    }
    let recorded = loudest.iter().rposition(|&db| db > UNRECORDED_DB);
    let end_hz = recorded.map_or(rate / 2.0, |band| {
        (band + 1) as f64 * synth_dsp::filtered_noise::NOISE_BAND_SPACING_HZ
    });
    end_hz.min(rate / 2.0) as f32
}
