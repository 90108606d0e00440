//! Everything measured of one held-out note.

use super::brightness::Brightness;
use super::columns::{Columns, WeightedError, harmonic_error, noise_error};
use super::envelope::{EnvelopeErrors, envelope_errors};
use super::half_precision::Differences;
use super::mean_spectrum::MeanSpectrum;
use super::neighbours::Split;
use super::pitch::{cents_apart, median};
use super::player::{Activations, Drive, Player};
use super::resynthesis::{render, render_as};
use super::stft::{SpectralDistance, log_magnitude_difference};
use crate::analysis::NoteAnalysis;
use crate::corpus::CorpusNote;
use std::ops::Range;
use synth_model::Instrument;

/// The strongest of so many partials tells the pitch.
const PITCH_PARTIALS: usize = 4;
/// Length of what is played from velocity alone to be measured, s.
const KEYED_S: f64 = 0.5;

/// Errors of one way to play a note, dB.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SpectralErrors {
    /// Audibility-weighted error of the partials over the sounding columns.
    pub harmonic_db: f64,
    /// Error of the noise bands over the sustain.
    pub noise_db: f64,
    /// Log spectral distance of the sound.
    pub lsd_db: f64,
}

/// The figures of one note.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NoteFigures {
    /// Name of its recording.
    pub file: String,
    /// Channel of the recording.
    pub channel: usize,
    /// Number of the note in the recording, from 0.
    pub index: usize,
    /// MIDI key.
    pub key: u8,
    /// Dynamic as the recording says, or empty.
    pub dynamic: String,
    /// Take, or empty.
    pub take: String,
    /// Velocity that plays it, 0..=1.
    pub velocity: f32,
    /// Median fundamental of the sustain, Hz.
    pub f0_hz: f32,
    /// Length of what was compared, s.
    pub seconds: f64,
    /// Power that the analysis' partials leave unexplained, dB re the note.
    pub residual_db: f64,
    /// The instrument, driven by the recording's loudness and pitch.
    pub instrument: SpectralErrors,
    /// The mean spectrum of all notes that are not held out.
    pub average_spectrum: SpectralErrors,
    /// The mean spectrum of the nearest lower pitch.
    pub below: SpectralErrors,
    /// The mean spectrum of the nearest higher pitch.
    pub above: SpectralErrors,
    /// The mean of both, over all their takes.
    pub both_neighbours: SpectralErrors,
    /// The note's own mean spectrum: the limit of a model that stands still.
    pub own_mean: SpectralErrors,
    /// Log spectral distance of the analysis played back, dB: what no network can pass.
    pub lsd_bound_db: f64,
    /// Mean difference of the logarithmic magnitudes, nepers.
    pub log_mag: f64,
    /// The same of the analysis played back.
    pub log_mag_bound: f64,
    /// Attack and release.
    pub envelope: EnvelopeErrors,
    /// Median difference in pitch over the sustain, cents.
    pub f0_cents: Option<f64>,
    /// Loudness and brightness of the recording's sustain.
    pub real: Option<Brightness>,
    /// The same of the instrument driven by the recording's curves.
    pub driven: Option<Brightness>,
    /// The same of the instrument played from velocity alone.
    pub keyed: Option<Brightness>,
}

/// The figures with what is pooled over all notes.
pub(crate) struct NoteResult {
    pub(crate) figures: NoteFigures,
    pub(crate) harmonic: WeightedError,
    pub(crate) cents: Vec<f32>,
    pub(crate) half: Differences,
}

/// What all notes are compared with.
pub(crate) struct Bench<'a> {
    pub(crate) instrument: &'a Instrument,
    pub(crate) player: Player<'a>,
    pub(crate) split: &'a Split<'a>,
    /// Mean spectra of `split.training`.
    pub(crate) means: Vec<MeanSpectrum>,
    pub(crate) average: MeanSpectrum,
}

impl Bench<'_> {
    /// Compares `note` with `real`, the samples that its analysis covers at the corpus' level (as
    /// long as [`stretch`] says or shorter). `None` when an answer is not finite.
    pub(crate) fn evaluate(&self, note: &CorpusNote, real: &[f32]) -> Option<NoteResult> {
        let analysis = &note.analysis;
        let partials = analysis.partials;
        let drive = Drive::of(note);
        let answer = self.player.answer(&drive, partials, Activations::Float32)?;
        let rounded = self.player.answer(&drive, partials, Activations::Float16)?;
        let mut half = Differences::new();
        half.count(analysis, &answer, &rounded);
        drop(rounded);

        let distance = SpectralDistance::to(real);
        let cut = |mut sound: Vec<f32>| {
            sound.truncate(real.len());
            sound
        };
        let errors_of = |columns: &Columns, sound: &[f32]| SpectralErrors {
            harmonic_db: mean_of(harmonic_error(analysis, columns, analysis.sounding.clone())),
            noise_db: mean_of(noise_error(analysis, columns, analysis.sustain.clone())),
            lsd_db: distance.of(sound),
        };
        let rival = |spectrum: Option<MeanSpectrum>| {
            let Some(spectrum) = spectrum else {
                return SpectralErrors::default();
            };
            let columns = spectrum.carried_to(analysis);
            let sound = cut(render_as(analysis, &columns));
            errors_of(&columns, &sound)
        };
        let mean = |notes: &[usize]| MeanSpectrum::mean(notes.iter().map(|&i| &self.means[i]));
        let [below, above] = self.split.nearest(note);
        let neighbours = self.split.all_takes(note);
        let sides: Vec<MeanSpectrum> = neighbours.iter().filter_map(|side| mean(side)).collect();

        let imitation = cut(render_as(analysis, &answer));
        let bound = cut(render_as(analysis, &Columns::of(analysis)));
        let f0_hz = median_f0_hz(analysis);
        let sustain = samples_of(analysis, &analysis.sustain, real.len());
        let (real_sustain, driven_sustain) = (&real[sustain.clone()], &imitation[sustain]);
        let rate = analysis.sample_rate_hz;
        let cents = cents_apart(
            real_sustain,
            driven_sustain,
            rate,
            f64::from(f0_hz),
            strongest_partial(analysis),
        );
        let figures = NoteFigures {
            file: note.file.clone(),
            channel: note.channel,
            index: note.index,
            key: note.key,
            dynamic: note.dynamic.clone(),
            take: note.take.clone(),
            velocity: note.velocity,
            f0_hz,
            seconds: real.len() as f64 / f64::from(rate),
            residual_db: f64::from(analysis.residual_db),
            instrument: errors_of(&answer, &imitation),
            average_spectrum: rival(Some(self.average.clone())),
            below: rival(mean(&below)),
            above: rival(mean(&above)),
            both_neighbours: rival(MeanSpectrum::mean(&sides)),
            own_mean: rival(Some(MeanSpectrum::of(analysis))),
            lsd_bound_db: distance.of(&bound),
            log_mag: log_magnitude_difference(real, &imitation),
            log_mag_bound: log_magnitude_difference(real, &bound),
            envelope: envelope_errors(&self.instrument.expression, note, f0_hz),
            f0_cents: median(cents.clone()),
            real: Brightness::of(real_sustain, rate, f0_hz),
            driven: Brightness::of(driven_sustain, rate, f0_hz),
            keyed: self.keyed(note, f0_hz)?,
        };
        Some(NoteResult {
            harmonic: harmonic_error(analysis, &answer, analysis.sounding.clone()),
            figures,
            cents,
            half,
        })
    }

    /// The sustain that the instrument plays of itself at the note's pitch and velocity; the outer
    /// `None` when an answer is not finite.
    fn keyed(&self, note: &CorpusNote, f0_hz: f32) -> Option<Option<Brightness>> {
        let analysis = &note.analysis;
        let table = &self.instrument.expression.sustain_db;
        let loudness_db = table.at(table.locate(f0_hz, note.velocity), 0);
        let columns = (KEYED_S / analysis.hop_s()).ceil() as usize;
        let drive = Drive::steady(f0_hz, loudness_db, note.velocity, columns);
        let partials = analysis.partials;
        let answer = self.player.answer(&drive, partials, Activations::Float32)?;
        let rate = analysis.sample_rate_hz;
        let sound = render(&drive.f0_hz, &answer, rate, analysis.hop);
        Some(Brightness::of(&sound, rate, f0_hz))
    }
}

/// The samples of its recording that an analysis covers.
pub(super) fn stretch(note: &NoteAnalysis, recording: usize) -> Range<usize> {
    let start = note.first_sample.min(recording);
    start..(start + note.columns() * note.hop).min(recording)
}

/// Samples of the stretch under some columns.
fn samples_of(note: &NoteAnalysis, columns: &Range<usize>, length: usize) -> Range<usize> {
    let end = (columns.end * note.hop).min(length);
    (columns.start * note.hop).min(end)..end
}

fn mean_of(error: WeightedError) -> f64 {
    error.mean().unwrap_or_default()
}

fn median_f0_hz(note: &NoteAnalysis) -> f32 {
    let columns = match note.sustain.is_empty() {
        true => note.sounding.clone(),
        false => note.sustain.clone(),
    };
    let f0_hz = note.f0_hz.get(columns).unwrap_or(&note.f0_hz);
    median(f0_hz.to_vec()).unwrap_or(440.0) as f32
}

/// The one among the first partials that is strongest over the sustain, counted from 1.
fn strongest_partial(note: &NoteAnalysis) -> usize {
    let level = |k: usize| -> f32 {
        let levels = note
            .sustain
            .clone()
            .map(|column| note.partials_at(column)[k]);
        levels.sum()
    };
    let partials = 0..note.partials.min(PITCH_PARTIALS);
    partials
        .max_by(|&a, &b| level(a).total_cmp(&level(b)))
        .map_or(1, |k| k + 1)
}
