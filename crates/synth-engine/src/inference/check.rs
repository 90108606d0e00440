//! What an answer must pass before it is handed to the audio side.
//!
//! A device that is broken, busy or new to us may answer anything, and a wrong answer is loud: the
//! network's rows are levels, so a zero is full scale. Every answer must be finite. Columns that leave
//! the instrument's stored output range, or have one value in all rows, are suspicious: they are
//! computed on the CPU as well and accepted only if both agree, since an instrument that is played far
//! outside its recordings may leave its range with good reason. One column per call, another one each
//! time, is compared with the CPU whatever it looks like.
//!
//! Beside the columns asked for, each call has a **canary**: a column with features that nobody could
//! know beforehand, at a place that changes, always compared with the CPU. Answers that are shifted by
//! some columns, swapped, or those of the call before are finite and within the range, and neighbouring
//! columns of one voice are nearly alike, so the one compared column may well agree with its
//! neighbour. The canary is unlike its neighbours and unlike the canary of the call before, so that
//! such a device is found out with its first wrong call.

use super::job::Fault;
use crate::voice::mix;
use synth_model::{Features, Instrument, OutputRange, Predictor, Ranges};

/// Most by which an answer of the device may differ from the CPU's, in the network's units (10 dB with
/// a log head): what rounding activations to FP16 loses, and as much again.
pub(super) const BOUND: f32 = 0.1;

/// A column that is asked for only to be compared.
pub(super) struct Canary {
    /// Its column in the call.
    pub(super) place: usize,
    pub(super) features: [f32; Features::COUNT],
}

/// Checks the answers of one instrument.
pub(super) struct AnswerCheck {
    twin: Predictor,
    ranges: Ranges,
    outputs: OutputRange,
    calls: u64,
    /// Columns to compare with the CPU.
    compared: Vec<usize>,
    input: Vec<f32>,
    expected: Vec<f32>,
}

impl AnswerCheck {
    /// `twin` is the instrument's network on the CPU.
    pub(super) fn new(twin: Predictor, instrument: &Instrument) -> Self {
        Self {
            twin,
            ranges: instrument.ranges,
            outputs: instrument.outputs.clone(),
            calls: 0,
            compared: Vec::new(),
            input: Vec::new(),
            expected: Vec::new(),
        }
    }

    /// A canary for a call with `columns` other columns.
    pub(super) fn canary(&self, columns: usize) -> Canary {
        let hash = |purpose: u64| mix(mix(self.calls) ^ purpose);
        let between = |purpose: u64, lo: f32, hi: f32| {
            let share = (hash(purpose) >> 40) as f32 / (1 << 24) as f32;
            lo + (hi - lo) * share
        };
        let Ranges {
            f0_lo_hz,
            f0_hi_hz,
            loudness_lo_db,
            loudness_hi_db,
            velocity_lo,
            velocity_hi,
            ..
        } = self.ranges;
        let features = Features {
            f0_hz: between(1, f0_lo_hz.log2(), f0_hi_hz.log2()).exp2(),
            loudness_db: between(2, loudness_lo_db, loudness_hi_db),
            velocity: between(3, velocity_lo, velocity_hi),
            z: between(4, 0.0, 1.0),
        };
        Canary {
            place: (hash(5) % (columns as u64 + 1)) as usize,
            features: features.normalised(&self.ranges),
        }
    }

    /// Checks the `answers`, `[column][row]`, to what was `asked`. Where there is no canary every
    /// column is compared.
    ///
    /// # Errors
    /// What is wrong with them; none of them is then to be used.
    pub(super) fn check(
        &mut self,
        asked: &[[f32; Features::COUNT]],
        answers: &[f32],
        canary: Option<&Canary>,
    ) -> Result<(), Fault> {
        let call = self.calls;
        self.calls += 1;
        if !answers.iter().all(|value| value.is_finite()) {
            return Err(Fault::NotFinite);
        }
        let rows = self.outputs.lo.len().max(1);
        let turn = (call % asked.len().max(1) as u64) as usize;
        self.compared.clear();
        for (column, answer) in answers.chunks_exact(rows).enumerate() {
            let chosen = canary.is_none_or(|canary| canary.place == column) || column == turn;
            if chosen || is_suspicious(answer, &self.outputs) {
                self.compared.push(column);
            }
        }
        let most = self.twin.max_columns().max(1);
        for columns in self.compared.chunks(most) {
            self.input.clear();
            let asked = columns.iter().map(|&column| &asked[column]);
            for feature in 0..Features::COUNT {
                let of_all = asked.clone().map(|features| features[feature]);
                self.input.extend(of_all);
            }
            self.expected.clear();
            self.expected.resize(columns.len() * rows, f32::NAN);
            self.twin
                .run(columns.len(), &self.input, &mut self.expected)
                .map_err(Fault::Run)?;
            for (at, &column) in columns.iter().enumerate() {
                let expected = self.expected.iter().skip(at).step_by(columns.len());
                let answer = &answers[column * rows..][..rows];
                if !expected.zip(answer).all(|(&want, &have)| agree(want, have)) {
                    return Err(Fault::Wrong);
                }
            }
        }
        Ok(())
    }
}

/// False for NaN.
fn agree(expected: f32, answer: f32) -> bool {
    (expected - answer).abs() <= BOUND
}

/// Whether an answer must be compared with the CPU before it is believed.
fn is_suspicious(answer: &[f32], range: &OutputRange) -> bool {
    let bounds = range.lo.iter().zip(&range.hi);
    let is_outside = |(&value, (&lo, &hi)): (&f32, (&f32, &f32))| value < lo || value > hi;
    let is_flat = |answer: &[f32]| answer.windows(2).all(|pair| pair[0] == pair[1]);
    answer.iter().zip(bounds).any(is_outside) || is_flat(answer)
}
