//! What an instrument answers to a note's curves, many columns at a time and without a device.

use super::columns::{Columns, SILENCE_DB};
use crate::analysis::NoteAnalysis;
use crate::corpus::CorpusNote;
use crate::perceptron::{Perceptron, Workspace};
use half::f16;
use synth_dsp::filtered_noise::NOISE_BANDS;
use synth_model::{Decoder, Features, Instrument, InstrumentError, attackness};

/// Columns computed in one go.
const BATCH: usize = 128;

/// What the network's activations are kept in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Activations {
    /// 32-bit floats.
    Float32,
    /// Rounded to FP16 after every layer, sums in f32: the model of the Neural Engine that
    /// `mil-runtime`'s reference device runs too.
    Float16,
}

/// What an instrument is asked to play, column by column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Drive {
    /// Fundamental, Hz.
    pub(crate) f0_hz: Vec<f32>,
    /// Loudness, dBA re full scale.
    pub(crate) loudness_db: Vec<f32>,
    /// Time since the onset, s; negative before it. Endless where it does not matter.
    pub(crate) age_s: Vec<f32>,
    /// 0..=1.
    pub(crate) velocity: f32,
}

impl Drive {
    /// The curves of a recorded note.
    pub(crate) fn of(note: &CorpusNote) -> Self {
        let NoteAnalysis {
            f0_hz,
            loudness_db,
            sounding,
            ..
        } = &note.analysis;
        let hop_s = note.analysis.hop_s();
        let age_s =
            (0..f0_hz.len()).map(|column| ((column as f64 - sounding.start as f64) * hop_s) as f32);
        Self {
            age_s: age_s.collect(),
            f0_hz: f0_hz.clone(),
            loudness_db: loudness_db.clone(),
            velocity: note.velocity,
        }
    }

    /// Steady pitch and loudness, long after the onset.
    pub(crate) fn steady(f0_hz: f32, loudness_db: f32, velocity: f32, columns: usize) -> Self {
        Self {
            f0_hz: vec![f0_hz; columns],
            loudness_db: vec![loudness_db; columns],
            age_s: vec![f32::INFINITY; columns],
            velocity,
        }
    }
}

/// An instrument made ready to answer.
#[derive(Clone, Debug)]
pub(crate) struct Player<'a> {
    instrument: &'a Instrument,
    /// One network a layer, so that what passes between them can be rounded.
    layers: Vec<Perceptron<f32>>,
    decoder: Decoder,
}

impl<'a> Player<'a> {
    /// # Errors
    /// When the instrument does not pass its check.
    pub(crate) fn new(instrument: &'a Instrument) -> Result<Self, InstrumentError> {
        let decoder = Decoder::new(instrument)?;
        let whole = Perceptron::from_network(&instrument.network);
        let layers = whole.layers.into_iter().map(|layer| Perceptron {
            layers: vec![layer],
        });
        Ok(Self {
            instrument,
            layers: layers.collect(),
            decoder,
        })
    }

    /// The answers, at the loudness asked for: `partials` levels and [`NOISE_BANDS`] densities a
    /// column. `None` when one is not finite.
    pub(crate) fn answer(
        &self,
        drive: &Drive,
        partials: usize,
        activations: Activations,
    ) -> Option<Columns> {
        let columns = drive.f0_hz.len();
        let mut levels = Columns {
            partial_db: Vec::with_capacity(columns * partials),
            noise_db: Vec::with_capacity(columns * NOISE_BANDS),
        };
        let mut work: Vec<Workspace<f32>> = self
            .layers
            .iter()
            .map(|layer| Workspace::new(layer, BATCH))
            .collect();
        let (mut amplitudes, mut densities) = (vec![0.0; partials], vec![0.0; NOISE_BANDS]);
        for first in (0..columns).step_by(BATCH) {
            let batch = first..(first + BATCH).min(columns);
            let answers = self.run(drive, batch.clone(), activations, &mut work);
            let width = self.decoder.shape().outputs();
            for (column, answer) in batch.zip(answers.chunks_exact(width)) {
                let f0_hz = drive.f0_hz[column];
                let loudness_db = drive.loudness_db[column];
                let tilt_db = self.instrument.expression.tilt_db_at(f0_hz, drive.velocity);
                if !self
                    .decoder
                    .tilted_harmonics(answer, 1, 0, f0_hz, tilt_db, &mut amplitudes)
                    || !self.decoder.noise(answer, 1, 0, &mut densities)
                {
                    return None;
                }
                let unit = amplitudes
                    .iter()
                    .map(|a| (20.0 * a.log10()).max(SILENCE_DB));
                levels.partial_db.extend(unit.map(|db| db + loudness_db));
                // The network's noise is absolute at the loudness that it saw.
                let excess_db = loudness_db - self.instrument.clamp_loudness_db(loudness_db)
                    + self.onset_noise_db(drive, column);
                let noise = densities
                    .iter()
                    .map(|p| (10.0 * p.log10()).max(SILENCE_DB) + excess_db);
                levels.noise_db.extend(noise);
            }
        }
        Some(levels)
    }

    /// Gain on the noise of a column by the table of the onset, as the engine applies it.
    fn onset_noise_db(&self, drive: &Drive, column: usize) -> f32 {
        let expression = &self.instrument.expression;
        let age_s = drive.age_s[column];
        if age_s < 0.0 {
            return 0.0;
        }
        let table = &expression.onset_noise_db;
        let place = table.locate(drive.f0_hz[column], drive.velocity);
        table.at_fractional(place, age_s / expression.attack_step_s)
    }

    /// The network's outputs for some columns, `[columns, outputs]`.
    fn run(
        &self,
        drive: &Drive,
        batch: std::ops::Range<usize>,
        activations: Activations,
        work: &mut [Workspace<f32>],
    ) -> Vec<f32> {
        let mut values = vec![0.0; BATCH * Features::COUNT];
        for (input, column) in values.chunks_exact_mut(Features::COUNT).zip(batch.clone()) {
            let features = Features {
                f0_hz: drive.f0_hz[column],
                loudness_db: drive.loudness_db[column],
                velocity: drive.velocity,
                z: attackness(drive.age_s[column], 0.0),
            };
            self.instrument.write_features(&features, input, 1, 0);
        }
        for (index, (layer, work)) in self.layers.iter().zip(work).enumerate() {
            layer.forward(&values, work);
            values.clear();
            let hidden = index + 1 < self.layers.len();
            values.extend(work.output().iter().map(|&value| {
                let value = if hidden { value.max(0.0) } else { value };
                match activations {
                    Activations::Float32 => value,
                    Activations::Float16 => f16::from_f32(value).to_f32(),
                }
            }));
        }
        values.truncate(batch.len() * self.decoder.shape().outputs());
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mil_runtime::cpu::ReferenceDevice;
    use synth_model::Predictor;

    fn flute() -> Instrument {
        let file = "../ane-synth-app/instruments/flute.synth";
        let folder = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        Instrument::read(folder.join(file)).unwrap()
    }

    fn drive(columns: usize) -> Drive {
        let way = |i: usize| i as f32 / columns as f32;
        Drive {
            f0_hz: (0..columns).map(|i| 220.0 + 1000.0 * way(i)).collect(),
            loudness_db: (0..columns).map(|i| -45.0 + 30.0 * way(i)).collect(),
            age_s: (0..columns).map(|i| 0.001 * i as f32 - 0.01).collect(),
            velocity: 0.6,
        }
    }

    #[test]
    fn both_kinds_of_activations_are_those_of_the_reference_device() {
        let flute = flute();
        let player = Player::new(&flute).unwrap();
        let columns = 100;
        let drive = drive(columns);
        let mut input = vec![0.0; Features::COUNT * columns];
        for column in 0..columns {
            let features = Features {
                f0_hz: drive.f0_hz[column],
                loudness_db: drive.loudness_db[column],
                velocity: drive.velocity,
                z: attackness(drive.age_s[column], 0.0),
            };
            flute.write_features(&features, &mut input, columns, column);
        }
        let outputs = flute.network.shape.outputs();
        for (activations, device) in [
            (Activations::Float32, ReferenceDevice::f32()),
            (Activations::Float16, ReferenceDevice::fp16()),
        ] {
            let mut wanted = vec![0.0; outputs * columns];
            let mut predictor = Predictor::new(&device, &flute, columns).unwrap();
            predictor.run(columns, &input, &mut wanted).unwrap();
            let mut work: Vec<Workspace<f32>> = player
                .layers
                .iter()
                .map(|layer| Workspace::new(layer, BATCH))
                .collect();
            let got = player.run(&drive, 0..columns, activations, &mut work);
            let mut apart = 0.0_f32;
            let mut same = 0;
            for (column, got) in got.chunks_exact(outputs).enumerate() {
                for (row, got) in got.iter().enumerate() {
                    let wanted = wanted[row * columns + column];
                    apart = apart.max((got - wanted).abs());
                    same += usize::from(*got == wanted);
                }
            }
            // Sums run in another order, which can turn a rounding over.
            let bound = match activations {
                Activations::Float32 => 1e-4,
                Activations::Float16 => 0.02,
            };
            assert!(apart < bound, "{activations:?}: {apart}");
            if activations == Activations::Float16 {
                assert!(same * 10 > got.len() * 8, "{same} of {}", got.len());
            }
        }
    }

    #[test]
    fn batches_make_no_difference_and_levels_follow_the_loudness() {
        let flute = flute();
        let player = Player::new(&flute).unwrap();
        let long = drive(BATCH + 30);
        let whole = player.answer(&long, 64, Activations::Float32).unwrap();
        let one = |column: usize| Drive {
            f0_hz: vec![long.f0_hz[column]],
            loudness_db: vec![long.loudness_db[column]],
            age_s: vec![long.age_s[column]],
            velocity: long.velocity,
        };
        for column in [0, BATCH - 1, BATCH, BATCH + 29] {
            let alone = player
                .answer(&one(column), 64, Activations::Float32)
                .unwrap();
            let levels = &whole.partial_db[column * 64..(column + 1) * 64];
            let apart = alone.partial_db.iter().zip(levels);
            assert!(apart.clone().all(|(a, b)| (a - b).abs() < 1e-3));
            let wide: Vec<f64> = levels.iter().map(|&db| db.into()).collect();
            let loudness_db = crate::loudness::loudness_db(&wide, f64::from(long.f0_hz[column]));
            assert!((loudness_db - f64::from(long.loudness_db[column])).abs() < 0.01);
        }
        // 20 dB beyond what the network was trained on: all of it is gain.
        let loud = |db: f32| Drive::steady(440.0, db, 0.6, 1);
        let top_db = flute.ranges.loudness_hi_db;
        let at = |db| player.answer(&loud(db), 64, Activations::Float32).unwrap();
        let (top, beyond) = (at(top_db), at(top_db + 20.0));
        for (top, beyond) in [
            (top.noise_db[10], beyond.noise_db[10]),
            (top.partial_db[0], beyond.partial_db[0]),
        ] {
            assert!((beyond - top - 20.0).abs() < 0.02, "{top} {beyond}");
        }
    }
}
