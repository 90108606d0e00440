//! ONNX Runtime: its own library, opened while the program runs, and the ONNX files that tract reads too.

use std::path::{Path, PathBuf};
use std::process::Command;

use ort::environment::Environment;
use ort::memory::Allocator;
use ort::session::builder::GraphOptimizationLevel;
use ort::session::{IoBinding, Session};
use ort::value::Tensor;

use super::work::{Work, transpose};
use super::{InProcess, Inference, Rival};
use crate::Failure;
use crate::arguments::Arguments;

/// Has the models of both forms written: `gemm` (rows of columns) and `conv` (1x1 convolutions).
pub(super) fn write_models(arguments: &Arguments, columns: &[usize]) -> Result<(), Failure> {
    let status = Command::new(&arguments.python)
        .arg(arguments.scripts.join("write_onnx.py"))
        .arg(&arguments.folder)
        .args(columns.iter().map(usize::to_string))
        .status()?;
    match status.success() {
        true => Ok(()),
        false => Err("write_onnx.py could not write the ONNX files".into()),
    }
}

/// Where a model is.
pub(super) fn model_path(folder: &Path, form: &str, work: &Work) -> PathBuf {
    folder.join(format!("{form}{}.onnx", work.columns))
}

/// The input that a form takes, with its shape.
pub(super) fn input_of(form: &str, work: &Work) -> (Vec<usize>, Vec<f32>) {
    match form {
        "conv" => (
            vec![1, work.inputs(), 1, work.columns],
            work.channels.clone(),
        ),
        _ => (vec![work.columns, work.inputs()], work.rows.clone()),
    }
}

/// What a form answered, as `[columns, outputs]`.
pub(super) fn answer_of(form: &str, work: &Work, values: &[f32]) -> Vec<f32> {
    match form {
        "conv" => transpose(values, work.columns),
        _ => values.to_vec(),
    }
}

/// The library.
pub(super) struct OnnxRuntime {
    environment: Environment,
    pub(super) version: String,
}

impl OnnxRuntime {
    pub(super) fn load(library: &Path) -> Result<Self, Failure> {
        let environment = ort::init_from(library)?.with_name("peers").build()?;
        let name = library.file_name().unwrap_or_default().to_string_lossy();
        let version = name
            .strip_prefix("libonnxruntime.so.")
            .unwrap_or("of unknown version");
        Ok(Self {
            environment,
            version: version.to_owned(),
        })
    }

    /// A model ready to run on one thread, its input and output bound.
    pub(super) fn session<'a>(
        &self,
        folder: &Path,
        form: &'static str,
        work: &'a Work,
    ) -> Result<Box<dyn Rival + 'a>, Failure> {
        let session = Session::builder(&self.environment)?
            .with_intra_threads(1)?
            .with_inter_threads(1)?
            .with_intra_op_spinning(false)?
            .with_optimization_level(GraphOptimizationLevel::All)?
            .commit_from_file(model_path(folder, form, work))?;
        let mut binding = session.create_binding()?;
        binding.bind_input("x", &Tensor::from_array(input_of(form, work))?)?;
        let shape = match form {
            "conv" => vec![1, work.outputs(), 1, work.columns],
            _ => vec![work.columns, work.outputs()],
        };
        let shape: Vec<i64> = shape.into_iter().map(|size| size as i64).collect();
        binding.bind_output("y", Tensor::<f32>::new(&Allocator::default(), shape)?)?;
        InProcess::boxed(Bound {
            work,
            form,
            session,
            binding,
        })
    }
}

/// A session with its buffers.
struct Bound<'a> {
    work: &'a Work,
    form: &'static str,
    session: Session,
    binding: IoBinding,
}

impl Inference for Bound<'_> {
    fn run(&mut self) -> Result<(), Failure> {
        self.session.run_binding(&self.binding)?;
        Ok(())
    }

    fn answer(&mut self) -> Result<Vec<f32>, Failure> {
        let outputs = self.session.run_binding(&self.binding)?;
        let (_, values) = outputs["y"].try_extract_tensor::<f32>()?;
        Ok(answer_of(self.form, self.work, values))
    }
}
