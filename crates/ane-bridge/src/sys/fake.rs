//! A Neural Engine in plain Rust, whose faults can be scripted. For tests only; no part of the crate's
//! stable interface.
//!
//! It keeps the rules that are known of the real one: it compiles what it finds in the program's folder
//! and nothing else, loads only what was compiled or is in its cache, spreads rows over 64 bytes, and
//! computes with whatever lies in the surfaces.

mod model;
mod script;
mod signature;

use super::{Machine, Model, Refusal, Runtime};
use crate::Ane;
use crate::ane::Session;
use crate::availability::{AneInfo, Unavailable};
use crate::error::{ForeignError, Stage};
use crate::hint::{COMPILER_DOMAIN, DOMAIN};
use half::f16;
use script::State;
pub use script::{Answer, Call, LateAnswer};
use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A fake Neural Engine. All handles of [`FakeAne::ane`] lead to it; it can be scripted at any time.
pub struct FakeAne {
    shared: Arc<Shared>,
    session: Arc<Session>,
}

/// What the fake and its models share.
struct Shared {
    /// Stands for the temporary folder.
    folder: PathBuf,
    state: Mutex<State>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Default for FakeAne {
    fn default() -> Self {
        Self::new()
    }
}

impl FakeAne {
    /// One that has no faults, and answers with its first input's values, in a circle.
    #[must_use]
    pub fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("ane-bridge-fake-{}-{number}", std::process::id());
        Self::with_folder(std::env::temp_dir().join(name))
    }

    /// What another process has that shares this one's temporary folder and nothing else.
    #[must_use]
    pub fn other_process(&self) -> Self {
        Self::with_folder(self.shared.folder.clone())
    }

    fn with_folder(folder: PathBuf) -> Self {
        let shared = Arc::new(Shared {
            folder,
            state: Mutex::new(State::default()),
        });
        let session = Session::new(Box::new(FakeRuntime(shared.clone())));
        Self { shared, session }
    }

    /// A way to it.
    #[must_use]
    pub fn ane(&self) -> Ane {
        Ane::over(self.session.clone())
    }

    /// What stands behind it, by itself.
    #[cfg(test)]
    pub(crate) fn runtime(&self) -> &dyn Runtime {
        &*self.session.runtime
    }

    /// Stands for the temporary folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.shared.folder
    }

    /// From now on there is no engine, for this reason.
    pub fn take_away(&self, why: Unavailable) {
        self.shared.state().machine = Err(why);
    }

    /// From now on the machine says that it has no engine (`Some(false)`), or says nothing.
    pub fn claim_engine(&self, has_engine: Option<bool>) {
        self.change_machine(|machine| machine.has_engine = has_engine);
    }

    /// From now on the machine says that it is a virtual one.
    pub fn become_virtual(&self) {
        self.change_machine(|machine| machine.is_virtual = Some(true));
    }

    fn change_machine(&self, change: impl FnOnce(&mut Machine)) {
        let mut state = self.shared.state();
        let mut machine = state.machine.clone().unwrap_or_default();
        change(&mut machine);
        state.machine = Ok(machine);
    }

    /// The next `times` calls of `stage` answer NO, with `error` or without.
    pub fn refuse(&self, stage: Stage, times: usize, error: Option<ForeignError>) {
        let mut state = self.shared.state();
        for _ in 0..times {
            state.refusals.push((stage, error.clone()));
        }
    }

    /// Every call of `stage` for a program whose text is `matching` answers NO.
    pub fn refuse_programs(
        &self,
        stage: Stage,
        matching: impl Fn(&str) -> bool + Send + 'static,
        error: Option<ForeignError>,
    ) {
        let mut state = self.shared.state();
        state.rules.push((stage, Box::new(matching), error));
    }

    /// Answers evaluations with this, from the inputs' packed values and the outputs' numbers of values;
    /// inputs and outputs stand in alphabetical order.
    pub fn compute(
        &self,
        mut compute: impl FnMut(&[Vec<f16>], &[usize]) -> Vec<Vec<f16>> + Send + 'static,
    ) {
        self.compute_program(move |_, _, inputs, outputs| compute(inputs, outputs));
    }

    /// As [`FakeAne::compute`], with the program's text and its blob file before the values.
    pub fn compute_program(
        &self,
        compute: impl FnMut(&str, Option<&[u8]>, &[Vec<f16>], &[usize]) -> Vec<Vec<f16>>
        + Send
        + 'static,
    ) {
        self.shared.state().compute = Box::new(compute);
    }

    /// How evaluations of programs whose text is `matching` answer from now on, whatever
    /// [`FakeAne::answer`] says.
    pub fn answer_programs(
        &self,
        matching: impl Fn(&str) -> bool + Send + 'static,
        answer: Answer,
    ) {
        let mut state = self.shared.state();
        state.answer_rules.push((Box::new(matching), answer));
    }

    /// How evaluations answer from now on.
    pub fn answer(&self, answer: Answer) {
        self.shared.state().answer = answer;
    }

    /// Writes the outputs of an evaluation that timed out, as the hardware may at any later time.
    #[must_use]
    pub fn finish_late(&self) -> LateAnswer {
        self.shared.state().finish_late()
    }

    /// Rows begin at multiples of this many bytes in programs loaded from now on.
    pub fn align_rows(&self, bytes: usize) {
        self.shared.state().row_alignment = bytes;
    }

    /// The runtime says nothing about the tensors of programs loaded from now on.
    pub fn hide_attributes(&self) {
        self.shared.state().hides_attributes = true;
    }

    /// What the runtime says about `key` (as `RowStride`) of every tensor: this, or nothing.
    pub fn set_attribute(&self, key: &str, value: Option<i64>) {
        let mut state = self.shared.state();
        state.attributes.push((key.to_owned(), value));
    }

    /// The type that the runtime says tensors have.
    pub fn set_type(&self, name: &str) {
        name.clone_into(&mut self.shared.state().type_name);
    }

    /// No surface is larger than this from now on, whatever is asked for.
    pub fn limit_surfaces(&self, bytes: usize) {
        self.shared.state().most_surface_bytes = bytes;
    }

    /// The disk takes this many more bytes.
    pub fn limit_disk(&self, bytes: usize) {
        self.shared.state().disk_left = Some(bytes);
    }

    /// At the next `times` calls of `stage`, another process removes the program's folder first.
    pub fn lose_files(&self, stage: Stage, times: usize) {
        let mut state = self.shared.state();
        state.losses.extend(std::iter::repeat_n(stage, times));
    }

    /// It keeps nothing compiled for later from now on.
    pub fn forget_compiled(&self) {
        let mut state = self.shared.state();
        state.cache.clear();
        state.caches = false;
    }

    /// Unloading leaves the folder alone, from now on; it removes it otherwise.
    pub fn keep_folder_at_unload(&self) {
        self.shared.state().unload_keeps_folder = true;
    }

    /// The runtime names this as the folder of programs from now on.
    pub fn name_folder(&self, folder: Option<&Path>) {
        self.shared.state().named_folder = Some(folder.map(Path::to_owned));
    }

    /// Everything that was asked of it, in order.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.shared.state().calls.clone()
    }

    /// How often something was asked of it.
    #[must_use]
    pub fn count(&self, call: Call) -> usize {
        let state = self.shared.state();
        state.calls.iter().filter(|made| **made == call).count()
    }

    /// How many models exist.
    #[must_use]
    pub fn models(&self) -> usize {
        self.shared.state().models
    }

    /// How many surfaces exist.
    #[must_use]
    pub fn surfaces(&self) -> usize {
        self.shared.state().surfaces
    }

    /// A compiler's error, as the real one words it.
    #[must_use]
    pub fn compiler_error(reason: &str) -> ForeignError {
        ForeignError {
            domain: COMPILER_DOMAIN.to_owned(),
            code: 1,
            text: format!("_ANECompiler : ANECCompile() FAILED err=( {reason} )"),
        }
    }

    /// A runtime's error.
    #[must_use]
    pub fn runtime_error(code: i64, text: &str) -> ForeignError {
        ForeignError {
            domain: DOMAIN.to_owned(),
            code,
            text: text.to_owned(),
        }
    }
}

impl fmt::Debug for FakeAne {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeAne")
            .field("folder", &self.shared.folder)
            .field("calls", &self.calls())
            .finish_non_exhaustive()
    }
}

/// An engine as good as any.
fn sound_machine() -> Machine {
    Machine {
        has_engine: Some(true),
        is_virtual: Some(false),
        info: AneInfo {
            architecture: Some("h13g".to_owned()),
            cores: Some(16),
            build: Some("24A335".to_owned()),
        },
    }
}

struct FakeRuntime(Arc<Shared>);

impl Runtime for FakeRuntime {
    fn probe(&self) -> Result<Machine, Unavailable> {
        self.0.state().machine.clone()
    }

    fn model(&self, text: &[u8], weights: Option<&[u8]>) -> Result<Box<dyn Model>, Refusal> {
        model::FakeModel::describe(self.0.clone(), text, weights)
            .map(|model| Box::new(model) as Box<dyn Model>)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn Write>> {
        Ok(Box::new(LimitedFile {
            file: File::create(path)?,
            shared: self.0.clone(),
        }))
    }

    fn pause(&self, time: Duration) {
        self.0.state().calls.push(Call::Pause(time));
    }
}

/// A file on a disk that may be full.
struct LimitedFile {
    file: File,
    shared: Arc<Shared>,
}

impl Write for LimitedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.shared.state();
        let taken = state
            .disk_left
            .map_or(bytes.len(), |left| left.min(bytes.len()));
        if taken == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let written = self.file.write(&bytes[..taken])?;
        if let Some(left) = &mut state.disk_left {
            *left -= written;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
