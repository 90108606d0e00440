//! The columns of one instrument in the present block: gathered, run through the network where no
//! device has answered them ahead of time, read back.

use crate::ahead::Answers;
use crate::voice::MotionPoint;
use synth_model::{Features, Instrument, Predictor};

/// Columns of one instrument. Those that the network runs over here and now are kept as batches of at
/// most `batch` columns, each batch being one call with its own `[channels, columns]` arrays.
#[derive(Debug)]
pub(crate) struct ColumnStore {
    batch: usize,
    outputs: usize,
    count: usize,
    computed: usize,
    source: Box<[Source]>,
    f0_hz: Box<[f32]>,
    clamped_loudness_db: Box<[f32]>,
    motion: Box<[MotionPoint]>,
    tilt_db: Box<[f32]>,
    /// What the computed columns ask.
    asked: Box<[[f32; INPUTS]]>,
    input: Box<[f32]>,
    output: Box<[f32]>,
}

/// Input channels of an instrument's network; `Instrument::check` holds it to that.
const INPUTS: usize = Features::COUNT;

/// Where a column's answer comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// Computed here, the so manieth of those.
    Computed(u32),
    /// A device's, in this place of the answers that came ahead of time.
    Ahead(u32),
}

/// What is settled of a column before the network runs.
pub(crate) struct Frozen {
    pub(crate) features: Features,
    /// The features as the network sees them.
    pub(crate) asked: [f32; INPUTS],
    pub(crate) motion: MotionPoint,
    /// Tilt of the partials, dB per octave above the fundamental.
    pub(crate) tilt_db: f32,
}

/// One column's answer, as the decoder wants it.
#[derive(Clone, Copy)]
pub(crate) struct Answer<'a> {
    pub(crate) is_from_device: bool,
    pub(crate) output: &'a [f32],
    pub(crate) columns: usize,
    pub(crate) column: usize,
    pub(crate) f0_hz: f32,
    pub(crate) clamped_loudness_db: f32,
    pub(crate) motion: MotionPoint,
    pub(crate) tilt_db: f32,
}

/// One call of the network.
pub(crate) struct Batch<'a> {
    pub(crate) columns: usize,
    pub(crate) input: &'a [f32],
    pub(crate) output: &'a mut [f32],
}

impl ColumnStore {
    pub(crate) fn new(instrument: &Instrument, batch: usize, capacity: usize) -> Self {
        let outputs = instrument.network.shape.outputs();
        Self {
            batch,
            outputs,
            count: 0,
            computed: 0,
            source: vec![Source::Computed(0); capacity].into(),
            f0_hz: vec![0.0; capacity].into(),
            clamped_loudness_db: vec![0.0; capacity].into(),
            motion: vec![MotionPoint::default(); capacity].into(),
            tilt_db: vec![0.0; capacity].into(),
            asked: vec![[0.0; INPUTS]; capacity].into(),
            input: vec![0.0; INPUTS * capacity].into(),
            output: vec![0.0; outputs * capacity].into(),
        }
    }

    pub(crate) fn clear(&mut self) {
        self.count = 0;
        self.computed = 0;
    }

    /// All columns of the block so far; the next one gets this number.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Adds a column: `ahead` is the place of its answer among those that came ahead of time, if it has
    /// one.
    pub(crate) fn add(&mut self, frozen: &Frozen, ahead: Option<u32>, instrument: &Instrument) {
        let column = self.count;
        self.count += 1;
        self.source[column] = match ahead {
            Some(place) => Source::Ahead(place),
            None => {
                let number = self.computed;
                self.asked[number] = frozen.asked;
                self.computed += 1;
                Source::Computed(number as u32)
            }
        };
        let features = &frozen.features;
        self.f0_hz[column] = features.f0_hz;
        self.motion[column] = frozen.motion;
        self.tilt_db[column] = frozen.tilt_db;
        self.clamped_loudness_db[column] = instrument.clamp_loudness_db(features.loudness_db);
    }

    /// Puts what is asked where the network reads it; all columns have been added.
    pub(crate) fn lay_out(&mut self) {
        let asked = self.asked[..self.computed].chunks(self.batch);
        let inputs = self.input[..self.computed * INPUTS].chunks_mut(self.batch * INPUTS);
        for (asked, input) in asked.zip(inputs) {
            for (channel, row) in input.chunks_mut(asked.len()).enumerate() {
                for (place, column) in row.iter_mut().zip(asked) {
                    *place = column[channel];
                }
            }
        }
    }

    /// The calls of this block, each with its own part of the arrays.
    pub(crate) fn batches(&mut self) -> impl Iterator<Item = Batch<'_>> {
        let (count, batch) = (self.computed, self.batch);
        let inputs = self.input[..count * INPUTS].chunks(batch * INPUTS);
        let outputs = self.output[..count * self.outputs].chunks_mut(batch * self.outputs);
        inputs.zip(outputs).map(move |(input, output)| Batch {
            columns: input.len() / INPUTS,
            input,
            output,
        })
    }

    /// The voice's own motion at a column's control frame.
    pub(crate) fn motion(&self, column: usize) -> MotionPoint {
        self.motion[column]
    }

    /// What the network says to a column; `ahead` holds the answers that came ahead of time.
    pub(crate) fn answer<'a>(&'a self, column: usize, ahead: &'a Answers) -> Answer<'a> {
        let (output, columns, place) = match self.source[column] {
            Source::Computed(number) => {
                let number = number as usize;
                let first = number - number % self.batch;
                let columns = self.batch.min(self.computed - first);
                let end = first + columns;
                let output = &self.output[first * self.outputs..end * self.outputs];
                (output, columns, number - first)
            }
            Source::Ahead(place) => (ahead.answer(place as usize, self.outputs), 1, 0),
        };
        Answer {
            is_from_device: matches!(self.source[column], Source::Ahead(_)),
            output,
            columns,
            column: place,
            f0_hz: self.f0_hz[column],
            clamped_loudness_db: self.clamped_loudness_db[column],
            motion: self.motion[column],
            tilt_db: self.tilt_db[column],
        }
    }
}

impl Batch<'_> {
    /// Runs the network; a refused call leaves answers that the decoder silences and counts.
    pub(crate) fn run(self, predictor: &mut Predictor) {
        if predictor
            .run(self.columns, self.input, self.output)
            .is_err()
        {
            self.output.fill(f32::NAN);
        }
    }
}
