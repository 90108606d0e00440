//! Instruments as the renderer holds them.

use std::sync::Arc;
use synth_model::{Decoder, Instrument, InstrumentError, Predictor};

/// An instrument and its prepared networks.
pub struct LoadedInstrument {
    /// What it is.
    pub instrument: Arc<Instrument>,
    /// Its network, prepared once for each rendering thread; all with the same `max_columns`.
    pub predictors: Vec<Predictor>,
}

/// The part of an instrument that threads share.
#[derive(Debug)]
pub(crate) struct PreparedInstrument {
    pub(crate) instrument: Arc<Instrument>,
    pub(crate) decoder: Decoder,
    pub(crate) partials: usize,
}

impl PreparedInstrument {
    pub(crate) fn new(instrument: Arc<Instrument>) -> Result<Self, InstrumentError> {
        Ok(Self {
            decoder: Decoder::new(&instrument)?,
            partials: instrument.network.shape.partials,
            instrument,
        })
    }
}
