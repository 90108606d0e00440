//! Instruments as the renderer holds them.

use std::sync::Arc;
use synth_model::{Decoder, Instrument, InstrumentError, Predictor};

/// An instrument and its prepared networks.
pub struct LoadedInstrument {
    /// What it is.
    pub instrument: Arc<Instrument>,
    /// Its network, prepared once for each rendering thread; all with the same `max_columns`.
    pub predictors: Vec<Predictor>,
    /// The same network on a device that may block, for [`crate::realtime`]: a worker runs it ahead of
    /// time. Rendering without threads has no use for it.
    pub ahead: Option<AheadKernel>,
}

/// A network on a device that may block, and its twin on the CPU that its answers are checked against.
#[derive(Debug)]
pub struct AheadKernel {
    /// On the device.
    pub kernel: Predictor,
    /// On the CPU.
    pub check: Predictor,
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
