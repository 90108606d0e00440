//! A way to a Neural Engine: the system's, or a test's.

use crate::availability::{AneInfo, Unavailable};
use crate::compile_budget::CompileBudget;
use crate::error::AneError;
use crate::io_spec::IoSpec;
use crate::kernel::AneKernel;
use crate::qos::Qos;
use crate::sys::{Machine, Model, Runtime, System};
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

/// A way to a Neural Engine, with the quality of service that its kernels ask for. Cheap to clone.
///
/// It may be used from any thread, also from several: compiling and loading wait for each other.
#[derive(Clone)]
pub struct Ane {
    session: Arc<Session>,
    qos: Qos,
}

/// What all users of one runtime share.
pub(crate) struct Session {
    pub(crate) runtime: Box<dyn Runtime>,
    pub(crate) budget: CompileBudget,
    /// Held from the writing of a program's files to its loading, and while they are removed: programs of
    /// one content share a folder.
    files: Mutex<()>,
    /// What the hardware may still be at work on, kept for as long as the session: the system's for ever.
    abandoned: Mutex<Vec<Box<dyn Model>>>,
}

impl Session {
    pub(crate) fn new(runtime: Box<dyn Runtime>) -> Arc<Self> {
        Arc::new(Self {
            runtime,
            budget: CompileBudget::default(),
            files: Mutex::new(()),
            abandoned: Mutex::new(Vec::new()),
        })
    }

    pub(crate) fn hold_files(&self) -> MutexGuard<'_, ()> {
        // It guards no data that a panic could have left half changed.
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn abandon(&self, model: Box<dyn Model>) {
        self.abandoned
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(model);
    }

    fn machine(&self) -> Result<Machine, Unavailable> {
        let machine = self.runtime.probe()?;
        // A virtual machine may claim an engine that it cannot reach.
        if machine.is_virtual == Some(true) {
            return Err(Unavailable::VirtualMachine);
        }
        if machine.has_engine == Some(false) {
            return Err(Unavailable::NoEngine);
        }
        Ok(machine)
    }
}

impl Ane {
    /// The system's own. Whether there is one is asked by [`Ane::availability`], not here.
    #[must_use]
    pub fn system() -> Self {
        static SYSTEM: LazyLock<Arc<Session>> = LazyLock::new(|| Session::new(Box::new(System)));
        Self {
            session: SYSTEM.clone(),
            qos: Qos::default(),
        }
    }

    /// Over a runtime of one's own.
    #[cfg(any(test, feature = "fake"))]
    pub(crate) fn over(session: Arc<Session>) -> Self {
        Self {
            session,
            qos: Qos::default(),
        }
    }

    /// The same with another quality of service for the kernels to come.
    #[must_use]
    pub fn with_qos(mut self, qos: Qos) -> Self {
        self.qos = qos;
        self
    }

    /// As [`availability`](crate::availability).
    ///
    /// # Errors
    /// Why programs cannot be compiled here.
    pub fn availability(&self) -> Result<(), Unavailable> {
        self.session.machine().map(drop)
    }

    /// As [`AneInfo::probe`].
    ///
    /// # Errors
    /// Why there is no Neural Engine to be asked about.
    pub fn info(&self) -> Result<AneInfo, Unavailable> {
        self.session.machine().map(|machine| machine.info)
    }

    /// How many programs this process may still compile.
    #[must_use]
    pub fn compiles_left(&self) -> u32 {
        self.session.budget.left()
    }

    /// As [`AneKernel::compile`], on this one.
    ///
    /// # Errors
    /// Those of [`AneKernel::compile`].
    pub fn compile(
        &self,
        mil: &[u8],
        weights: Option<&[u8]>,
        io: &IoSpec,
    ) -> Result<AneKernel, AneError> {
        self.availability()?;
        AneKernel::build(self.session.clone(), self.qos, mil, weights, io)
    }
}

impl fmt::Debug for Ane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ane")
            .field("qos", &self.qos)
            .field("compiles_left", &self.compiles_left())
            .finish_non_exhaustive()
    }
}
