//! The columns of one instrument in the present block: gathered, run through the network, read back.

use crate::voice::MotionPoint;
use synth_model::{Features, Instrument, Predictor};

/// Columns of one instrument. They are kept as batches of at most `batch` columns, each batch being
/// one call of the network with its own `[channels, columns]` arrays.
#[derive(Debug)]
pub(crate) struct ColumnStore {
    batch: usize,
    inputs: usize,
    outputs: usize,
    count: usize,
    input: Box<[f32]>,
    output: Box<[f32]>,
    f0_hz: Box<[f32]>,
    clamped_loudness_db: Box<[f32]>,
    motion: Box<[MotionPoint]>,
    tilt_db: Box<[f32]>,
}

/// What is settled of a column before the network runs.
pub(crate) struct Frozen {
    pub(crate) features: Features,
    pub(crate) motion: MotionPoint,
    /// Tilt of the partials, dB per octave above the fundamental.
    pub(crate) tilt_db: f32,
}

/// One column's answer, as the decoder wants it.
pub(crate) struct Answer<'a> {
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
        let shape = &instrument.network.shape;
        Self {
            batch,
            inputs: shape.inputs,
            outputs: shape.outputs(),
            count: 0,
            input: vec![0.0; shape.inputs * capacity].into(),
            output: vec![0.0; shape.outputs() * capacity].into(),
            f0_hz: vec![0.0; capacity].into(),
            clamped_loudness_db: vec![0.0; capacity].into(),
            motion: vec![MotionPoint::default(); capacity].into(),
            tilt_db: vec![0.0; capacity].into(),
        }
    }

    pub(crate) fn clear(&mut self) {
        self.count = 0;
    }

    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Makes room for `columns` more; all rooms are made before the first column is written.
    pub(crate) fn reserve(&mut self, columns: usize) -> usize {
        let first = self.count;
        self.count += columns;
        debug_assert!(self.count <= self.f0_hz.len());
        first
    }

    /// First column of a column's batch and the columns in that batch.
    fn batch_of(&self, column: usize) -> (usize, usize) {
        let first = column - column % self.batch;
        (first, self.batch.min(self.count - first))
    }

    /// Freezes one column.
    pub(crate) fn write(&mut self, column: usize, frozen: &Frozen, instrument: &Instrument) {
        let features = &frozen.features;
        let (first, columns) = self.batch_of(column);
        let input = &mut self.input[first * self.inputs..(first + columns) * self.inputs];
        instrument.write_features(features, input, columns, column - first);
        self.f0_hz[column] = features.f0_hz;
        self.motion[column] = frozen.motion;
        self.tilt_db[column] = frozen.tilt_db;
        self.clamped_loudness_db[column] = instrument.clamp_loudness_db(features.loudness_db);
    }

    /// The calls of this block, each with its own part of the arrays.
    pub(crate) fn batches(&mut self) -> impl Iterator<Item = Batch<'_>> {
        let (count, batch) = (self.count, self.batch);
        let inputs = self.input[..count * self.inputs].chunks(batch * self.inputs);
        let outputs = self.output[..count * self.outputs].chunks_mut(batch * self.outputs);
        let width = self.inputs;
        inputs.zip(outputs).map(move |(input, output)| Batch {
            columns: input.len() / width,
            input,
            output,
        })
    }

    /// The voice's own motion at a column's control frame.
    pub(crate) fn motion(&self, column: usize) -> MotionPoint {
        self.motion[column]
    }

    pub(crate) fn answer(&self, column: usize) -> Answer<'_> {
        let (first, columns) = self.batch_of(column);
        Answer {
            output: &self.output[first * self.outputs..(first + columns) * self.outputs],
            columns,
            column: column - first,
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
