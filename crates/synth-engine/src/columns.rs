//! The columns of a block: gathered from all voices, laid out for the networks, run through them where
//! no device has answered them ahead of time, turned so that each answer lies in one piece, read back.

use crate::ahead::Answers;
use crate::instrument_set::InstrumentRef;
use crate::transpose::transpose;
use crate::voice::MotionPoint;
use synth_model::{Features, Instrument, Predictor};

/// One room for the columns of all voices, whatever they play: a voice plays one instrument, so it is no
/// larger for many of them.
#[derive(Debug)]
pub(crate) struct ColumnRoom {
    count: usize,
    columns: Box<[Column]>,
    input: Box<[f32]>,
    /// Answers, each in one piece.
    output: Box<[f32]>,
}

/// The part of one instrument in the present block. What its network runs over here and now is kept as
/// batches of at most `batch` columns, each batch being one call: `[channels, columns]` as it asks, `[columns,
/// channels]` once it is answered.
#[derive(Debug, Clone)]
pub(crate) struct ColumnShare {
    batch: usize,
    outputs: usize,
    computed: usize,
    /// Where its arrays begin in the room.
    input_from: usize,
    output_from: usize,
}

/// Input channels of an instrument's network; `Instrument::check` holds it to that.
const INPUTS: usize = Features::COUNT;

/// What is kept of a column until it sounds.
#[derive(Debug, Clone, Copy)]
struct Column {
    instrument: InstrumentRef,
    source: Source,
    asked: [f32; INPUTS],
    f0_hz: f32,
    clamped_loudness_db: f32,
    begins: MotionPoint,
    ends: MotionPoint,
    tilt_db: f32,
}

/// Where a column's answer comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// Computed here, the so manieth of its instrument's.
    Computed(u32),
    /// A device's, in this place of the answers that came ahead of time.
    Ahead(u32),
}

/// What is settled of a column before the network runs.
pub(crate) struct Frozen {
    pub(crate) features: Features,
    /// The features as the network sees them.
    pub(crate) asked: [f32; INPUTS],
    /// Binary logarithm of the hops until the next column, if no event comes.
    pub(crate) hops_log2: u8,
    /// The voice's own motion at the column's control frame, and where those hops end.
    pub(crate) begins: MotionPoint,
    pub(crate) ends: MotionPoint,
    /// Tilt of the partials, dB per octave above the fundamental.
    pub(crate) tilt_db: f32,
}

/// One column's answer, as the decoder wants it.
#[derive(Clone, Copy)]
pub(crate) struct Answer<'a> {
    pub(crate) is_from_device: bool,
    pub(crate) output: &'a [f32],
    pub(crate) f0_hz: f32,
    pub(crate) clamped_loudness_db: f32,
    pub(crate) begins: MotionPoint,
    pub(crate) ends: MotionPoint,
    pub(crate) tilt_db: f32,
}

/// One call of a network.
pub(crate) struct Batch<'a> {
    pub(crate) columns: usize,
    pub(crate) input: &'a [f32],
    pub(crate) output: &'a mut [f32],
}

impl ColumnRoom {
    /// Room for `capacity` columns of instruments with at most `outputs` answers.
    pub(crate) fn new(capacity: usize, outputs: usize) -> Self {
        Self {
            count: 0,
            columns: vec![Column::default(); capacity].into(),
            input: vec![0.0; INPUTS * capacity].into(),
            output: vec![0.0; outputs * capacity].into(),
        }
    }

    pub(crate) fn clear(&mut self) {
        self.count = 0;
    }

    /// All columns of the block so far; the next one gets this number.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Adds a column of `instrument`, which stands at `place` and whose share is `share`: `ahead` is the
    /// place of its answer among those that came ahead of time, if it has one.
    pub(crate) fn add(
        &mut self,
        frozen: &Frozen,
        ahead: Option<u32>,
        (place, instrument): (InstrumentRef, &Instrument),
        share: &mut ColumnShare,
    ) {
        let source = match ahead {
            Some(place) => Source::Ahead(place),
            None => {
                share.computed += 1;
                Source::Computed(share.computed as u32 - 1)
            }
        };
        self.columns[self.count] = Column {
            instrument: place,
            source,
            asked: frozen.asked,
            f0_hz: frozen.features.f0_hz,
            clamped_loudness_db: instrument.clamp_loudness_db(frozen.features.loudness_db),
            begins: frozen.begins,
            ends: frozen.ends,
            tilt_db: frozen.tilt_db,
        };
        self.count += 1;
    }

    /// Gives every share its arrays and puts what is asked where the networks read it; all columns have
    /// been added. `shares` has a place for each set, empty where there is none.
    pub(crate) fn lay_out(&mut self, mut shares: [&mut [ColumnShare]; 2]) {
        let (mut input_from, mut output_from) = (0, 0);
        for share in shares.iter_mut().flat_map(|shares| shares.iter_mut()) {
            share.input_from = input_from;
            share.output_from = output_from;
            input_from += share.computed * INPUTS;
            output_from += share.computed * share.outputs;
        }
        for column in &self.columns[..self.count] {
            let Source::Computed(number) = column.source else {
                continue;
            };
            let InstrumentRef { set, index } = column.instrument;
            let share = &shares[usize::from(set)][index as usize];
            let (first, columns, place) = share.call_of(number as usize);
            let input = &mut self.input[share.input_from + first * INPUTS + place..];
            for (row, asked) in input.chunks_mut(columns).zip(column.asked) {
                row[0] = asked;
            }
        }
    }

    /// The calls of this block for the instruments of one set, each with its number there and its own
    /// part of the arrays.
    pub(crate) fn batches<'a>(
        &'a mut self,
        shares: &'a [ColumnShare],
    ) -> impl Iterator<Item = (usize, Batch<'a>)> {
        let (input_from, output_from) = shares
            .first()
            .map_or((0, 0), |first| (first.input_from, first.output_from));
        let mut input = &self.input[input_from..];
        let mut output = &mut self.output[output_from..];
        shares.iter().enumerate().flat_map(move |(number, share)| {
            let own = input.split_at(share.computed * INPUTS);
            input = own.1;
            let taken = std::mem::take(&mut output);
            let (own_output, rest) = taken.split_at_mut(share.computed * share.outputs);
            output = rest;
            let inputs = own.0.chunks(share.batch * INPUTS);
            let outputs = own_output.chunks_mut(share.batch * share.outputs);
            inputs.zip(outputs).map(move |(input, output)| {
                let columns = input.len() / INPUTS;
                let batch = Batch {
                    columns,
                    input,
                    output,
                };
                (number, batch)
            })
        })
    }

    /// What the network of `share` says to a column of its; `ahead` holds the answers that came ahead of
    /// time.
    pub(crate) fn answer<'a>(
        &'a self,
        column: usize,
        share: &ColumnShare,
        ahead: &'a Answers,
    ) -> Answer<'a> {
        let outputs = share.outputs;
        let column = &self.columns[column];
        let output = match column.source {
            Source::Computed(number) => {
                let from = share.output_from + number as usize * outputs;
                &self.output[from..][..outputs]
            }
            Source::Ahead(place) => ahead.answer(place as usize, outputs),
        };
        Answer {
            is_from_device: matches!(column.source, Source::Ahead(_)),
            output,
            f0_hz: column.f0_hz,
            clamped_loudness_db: column.clamped_loudness_db,
            begins: column.begins,
            ends: column.ends,
            tilt_db: column.tilt_db,
        }
    }
}

impl ColumnShare {
    /// No columns yet, for a network with so many answers that is called for at most `batch` columns.
    pub(crate) fn new(outputs: usize, batch: usize) -> Self {
        Self {
            batch,
            outputs,
            computed: 0,
            input_from: 0,
            output_from: 0,
        }
    }

    pub(crate) fn clear(&mut self) {
        self.computed = 0;
    }

    /// Values that the answers of one call have at most, of at most so many columns.
    pub(crate) fn most_answers(&self, columns: usize) -> usize {
        self.batch.min(columns) * self.outputs
    }

    /// The call that computes the so manieth column: its first column, how many it has, and the column's
    /// place among them.
    fn call_of(&self, number: usize) -> (usize, usize, usize) {
        let first = number - number % self.batch;
        let columns = self.batch.min(self.computed - first);
        (first, columns, number - first)
    }
}

impl Default for Column {
    fn default() -> Self {
        Self {
            instrument: InstrumentRef::FIRST,
            source: Source::Computed(0),
            asked: [0.0; INPUTS],
            f0_hz: 0.0,
            clamped_loudness_db: 0.0,
            begins: MotionPoint::default(),
            ends: MotionPoint::default(),
            tilt_db: 0.0,
        }
    }
}

impl Batch<'_> {
    /// Runs the network, which answers row by row into `raw`, and turns that; a refused call leaves answers
    /// that the decoder silences and counts.
    pub(crate) fn run(self, predictor: &mut Predictor, raw: &mut [f32]) {
        let raw = &mut raw[..self.output.len()];
        match predictor.run(self.columns, self.input, raw) {
            Ok(()) => transpose(raw, self.columns, self.output),
            Err(_) => self.output.fill(f32::NAN),
        }
    }
}
