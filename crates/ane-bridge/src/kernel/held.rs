//! What a kernel holds of the system, and how it is given back.

use super::refused_at;
use crate::ane::Session;
use crate::error::{AneError, Direction, Stage};
use crate::hint::is_time_out;
use crate::model_folder::ModelFolder;
use crate::qos::Qos;
use crate::sys::Model;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A model on its way to being loaded, or loaded. Dropped, it is unloaded and its files are removed,
/// wherever on that way it is.
pub(super) struct Held {
    pub(super) session: Arc<Session>,
    qos: Qos,
    /// `None` once torn down.
    model: Option<Box<dyn Model>>,
    pub(super) folder: Option<ModelFolder>,
    is_loaded: bool,
    /// How long the last compilation took, if there was one.
    pub(super) compile: Option<Duration>,
    /// How long the last loading took.
    pub(super) load: Duration,
    /// From before an evaluation until it came back in order.
    in_flight: bool,
}

impl Held {
    pub(super) fn new(session: Arc<Session>, qos: Qos, model: Box<dyn Model>) -> Self {
        Self {
            session,
            qos,
            model: Some(model),
            folder: None,
            is_loaded: false,
            compile: None,
            load: Duration::ZERO,
            in_flight: false,
        }
    }

    /// Whether an evaluation never came back in order.
    pub(super) fn is_abandoned(&self) -> bool {
        self.in_flight
    }

    /// The model, unless it has been torn down or the hardware may still be at work on it.
    pub(super) fn model(&mut self) -> Result<&mut dyn Model, AneError> {
        match self.model.as_deref_mut() {
            Some(model) if !self.in_flight => Ok(model),
            _ => Err(AneError::Abandoned),
        }
    }

    pub(super) fn compile(&mut self) -> Result<(), crate::sys::Refusal> {
        let qos = self.qos.code();
        let begun = Instant::now();
        let answer = self
            .model
            .as_mut()
            .map_or(Err(None), |model| model.compile(qos));
        self.compile = Some(begun.elapsed());
        answer
    }

    pub(super) fn load(&mut self) -> Result<(), crate::sys::Refusal> {
        let qos = self.qos.code();
        let begun = Instant::now();
        self.model
            .as_mut()
            .map_or(Err(None), |model| model.load(qos))?;
        self.load = begun.elapsed();
        self.is_loaded = true;
        Ok(())
    }

    pub(super) fn edit(
        &mut self,
        direction: Direction,
        slot: usize,
        mut edit: impl FnMut(&mut [u8]),
    ) -> Result<(), AneError> {
        self.model()?
            .edit(direction, slot, &mut edit)
            .map_err(refused_at(Stage::Lock))
    }

    pub(super) fn view(
        &self,
        direction: Direction,
        slot: usize,
        mut view: impl FnMut(&[u8]),
    ) -> Result<(), AneError> {
        match self.model.as_deref() {
            Some(model) if !self.in_flight => model
                .view(direction, slot, &mut view)
                .map_err(refused_at(Stage::Lock)),
            _ => Err(AneError::Abandoned),
        }
    }

    pub(super) fn evaluate(&mut self) -> Result<(), AneError> {
        let qos = self.qos.code();
        self.model()?;
        // Stays so if the call below is left by an exception of the system's.
        self.in_flight = true;
        let answer = self
            .model
            .as_mut()
            .map_or(Err(None), |model| model.evaluate(qos));
        self.in_flight = matches!(&answer, Err(Some(error)) if is_time_out(error));
        answer.map_err(refused_at(Stage::Evaluate))
    }

    /// Gives everything back, as far as that is safe; the first fault is told.
    pub(super) fn tear_down(&mut self) -> Result<(), AneError> {
        let Some(mut model) = self.model.take() else {
            return Ok(());
        };
        if self.in_flight {
            // The hardware may still read and write the surfaces: they, the request and the program
            // outlive this process's interest in them.
            self.session.abandon(model);
            return Err(AneError::Abandoned);
        }
        let _files = self.session.hold_files();
        let unloaded = if self.is_loaded {
            model
                .unload(self.qos.code())
                .map_err(refused_at(Stage::Unload))
        } else {
            Ok(())
        };
        drop(model);
        let removed = self.folder.take().map_or(Ok(()), |folder| folder.remove());
        unloaded.and(removed)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // There is nobody to tell; `AneKernel::close` does.
        let _ = self.tear_down();
    }
}
