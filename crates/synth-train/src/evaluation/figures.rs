//! The figures of an instrument: means over its held-out notes.

use super::columns::WeightedError;
use super::dynamics::{LoudAgainstSoft, Played, loud_against_soft};
use super::envelope::EnvelopeErrors;
use super::half_precision::{Differences, HalfPrecision};
use super::note::{NoteFigures, NoteResult, SpectralErrors};
use super::pitch::median;
use super::takes::mean;

/// How an instrument compares with recordings of pitches that it has not seen. Levels in dB, means
/// over notes unless said otherwise.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evaluated {
    /// The instrument, driven by the recordings' loudness and pitch.
    pub instrument: SpectralErrors,
    /// Its harmonic error pooled over all columns, so that long notes count more.
    pub harmonic_pooled_db: f64,
    /// The mean spectrum of all notes that are not held out.
    pub average_spectrum: SpectralErrors,
    /// The mean spectrum of the nearest lower pitch, same dynamic and take where there is one.
    pub below: SpectralErrors,
    /// The mean spectrum of the nearest higher pitch, likewise.
    pub above: SpectralErrors,
    /// The mean of both neighbours, same dynamic, all takes.
    pub both_neighbours: SpectralErrors,
    /// Each note's own mean spectrum: the limit of a model that stands still.
    pub own_mean: SpectralErrors,
    /// How far two takes of one note lie apart; `None` where there is one take.
    pub take_spread_db: Option<f64>,
    /// Log spectral distance of the analysis played back.
    pub lsd_bound_db: f64,
    /// Mean difference of the logarithmic magnitudes, nepers.
    pub log_mag: f64,
    /// The same of the analysis played back.
    pub log_mag_bound: f64,
    /// Attack and release.
    pub envelope: EnvelopeErrors,
    /// Median difference in pitch over all sustains, cents.
    pub f0_cents: Option<f64>,
    /// Loud notes against soft ones; `None` without dynamics.
    pub loud_against_soft: Option<LoudAgainstSoft>,
    /// What is lost with FP16 activations.
    pub half_precision: HalfPrecision,
    /// Names of the recordings that the figures are taken from, sorted.
    pub held_out: Vec<String>,
    /// Whether the instrument was trained on none of them.
    pub held_out_figures: bool,
    /// Whether the instrument's recordings were brought to one level, so that their loudness says
    /// nothing of their dynamics.
    pub levelled: bool,
    /// Recordings that could not be compared, and why.
    pub left_out: Vec<(String, String)>,
    /// Every note, in order of pitch.
    pub notes: Vec<NoteFigures>,
}

impl Evaluated {
    /// The harmonic error of the better of the two neighbours.
    #[must_use]
    pub fn nearest_note_db(&self) -> f64 {
        self.below.harmonic_db.min(self.above.harmonic_db)
    }

    /// Every figure with the name it has in machine-readable output.
    #[must_use]
    pub fn figures(&self) -> Vec<(&'static str, Option<f64>)> {
        let loud = self.loud_against_soft;
        vec![
            ("harmonic_db", Some(self.instrument.harmonic_db)),
            ("harmonic_pooled_db", Some(self.harmonic_pooled_db)),
            ("nearest_note_db", Some(self.nearest_note_db())),
            ("neighbour_below_db", Some(self.below.harmonic_db)),
            ("neighbour_above_db", Some(self.above.harmonic_db)),
            ("both_neighbours_db", Some(self.both_neighbours.harmonic_db)),
            (
                "average_spectrum_db",
                Some(self.average_spectrum.harmonic_db),
            ),
            ("own_mean_db", Some(self.own_mean.harmonic_db)),
            ("take_spread_db", self.take_spread_db),
            ("noise_db", Some(self.instrument.noise_db)),
            (
                "both_neighbours_noise_db",
                Some(self.both_neighbours.noise_db),
            ),
            (
                "average_spectrum_noise_db",
                Some(self.average_spectrum.noise_db),
            ),
            ("own_mean_noise_db", Some(self.own_mean.noise_db)),
            ("lsd_db", Some(self.instrument.lsd_db)),
            ("lsd_bound_db", Some(self.lsd_bound_db)),
            ("both_neighbours_lsd_db", Some(self.both_neighbours.lsd_db)),
            (
                "average_spectrum_lsd_db",
                Some(self.average_spectrum.lsd_db),
            ),
            ("own_mean_lsd_db", Some(self.own_mean.lsd_db)),
            ("log_mag", Some(self.log_mag)),
            ("log_mag_bound", Some(self.log_mag_bound)),
            ("envelope_db", self.envelope.attack_db),
            ("envelope_flat_db", self.envelope.attack_flat_db),
            ("onset_db", self.envelope.onset_db),
            ("onset_flat_db", self.envelope.onset_flat_db),
            ("release_db", self.envelope.release_db),
            ("release_fixed_db", self.envelope.release_fixed_db),
            ("f0_cents", self.f0_cents),
            ("f_minus_p_pairs", loud.map(|l| l.pairs as f64)),
            (
                "f_minus_p_loudness_mean_db",
                loud.map(|l| l.loudness.mean_db),
            ),
            ("f_minus_p_loudness_max_db", loud.map(|l| l.loudness.max_db)),
            (
                "f_minus_p_centroid_mean_db",
                loud.map(|l| l.centroid.mean_db),
            ),
            ("f_minus_p_centroid_max_db", loud.map(|l| l.centroid.max_db)),
            (
                "f_minus_p_velocity_loudness_mean_db",
                loud.map(|l| l.keyed_loudness.mean_db),
            ),
            (
                "f_minus_p_velocity_loudness_max_db",
                loud.map(|l| l.keyed_loudness.max_db),
            ),
            (
                "f_minus_p_velocity_centroid_mean_db",
                loud.map(|l| l.keyed_centroid.mean_db),
            ),
            (
                "f_minus_p_velocity_centroid_max_db",
                loud.map(|l| l.keyed_centroid.max_db),
            ),
            ("fp16_p99_db", Some(self.half_precision.p99_db)),
            ("fp16_max_db", Some(self.half_precision.max_db)),
        ]
    }

    /// Means over `results`, of which there is at least one.
    pub(crate) fn over(results: Vec<NoteResult>) -> Self {
        let mut pooled = WeightedError::default();
        let mut half = Differences::new();
        let mut cents = Vec::new();
        let mut notes = Vec::with_capacity(results.len());
        for result in results {
            pooled.join(result.harmonic);
            half.join(&result.half);
            cents.extend(result.cents);
            notes.push(result.figures);
        }
        notes.sort_by(|a, b| order(a).cmp(&order(b)));
        let mut held_out: Vec<String> = notes.iter().map(|note| note.file.clone()).collect();
        held_out.sort();
        held_out.dedup();

        let all = |figure: &dyn Fn(&NoteFigures) -> f64| {
            mean(&notes.iter().map(figure).collect::<Vec<_>>()).unwrap_or_default()
        };
        let some = |figure: &dyn Fn(&EnvelopeErrors) -> Option<f64>| {
            let values = notes.iter().filter_map(|note| figure(&note.envelope));
            mean(&values.collect::<Vec<_>>())
        };
        let errors = |which: &dyn Fn(&NoteFigures) -> SpectralErrors| SpectralErrors {
            harmonic_db: all(&|note| which(note).harmonic_db),
            noise_db: all(&|note| which(note).noise_db),
            lsd_db: all(&|note| which(note).lsd_db),
        };
        Self {
            instrument: errors(&|note| note.instrument),
            harmonic_pooled_db: pooled.mean().unwrap_or_default(),
            average_spectrum: errors(&|note| note.average_spectrum),
            below: errors(&|note| note.below),
            above: errors(&|note| note.above),
            both_neighbours: errors(&|note| note.both_neighbours),
            own_mean: errors(&|note| note.own_mean),
            take_spread_db: None,
            lsd_bound_db: all(&|note| note.lsd_bound_db),
            log_mag: all(&|note| note.log_mag),
            log_mag_bound: all(&|note| note.log_mag_bound),
            envelope: EnvelopeErrors {
                attack_db: some(&|e| e.attack_db),
                attack_flat_db: some(&|e| e.attack_flat_db),
                onset_db: some(&|e| e.onset_db),
                onset_flat_db: some(&|e| e.onset_flat_db),
                release_db: some(&|e| e.release_db),
                release_fixed_db: some(&|e| e.release_fixed_db),
            },
            f0_cents: median(cents),
            loud_against_soft: loud_against_soft(notes.iter().filter_map(played)),
            half_precision: half.figures(),
            held_out,
            held_out_figures: false,
            levelled: false,
            left_out: Vec::new(),
            notes,
        }
    }
}

fn order(note: &NoteFigures) -> (u8, u32, &str, &str, usize, usize) {
    // Velocities are not negative, so their bits are in their order.
    let velocity = note.velocity.max(0.0).to_bits();
    let (take, file) = (note.take.as_str(), note.file.as_str());
    (note.key, velocity, take, file, note.index, note.channel)
}

fn played(note: &NoteFigures) -> Option<Played<'_>> {
    Some(Played {
        key: note.key,
        take: &note.take,
        channel: note.channel,
        velocity: note.velocity,
        real: note.real?,
        driven: note.driven?,
        keyed: note.keyed?,
    })
}
