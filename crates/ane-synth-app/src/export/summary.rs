//! What is told about an exported network.

use std::path::Path;

use mil::{Dialect, Program, ValueId, WEIGHT_FILE_PATH};
use serde::Serialize;

use super::ExportFormat;
use crate::error::AppError;
use crate::instruments::NamedInstrument;
use crate::printable;

/// A file that was written and what is in it.
pub(super) struct Summary<'a> {
    pub(super) output: &'a Path,
    pub(super) format: ExportFormat,
    pub(super) named: &'a NamedInstrument,
    pub(super) program: &'a Program,
    pub(super) dialect: Dialect,
    /// Size of the file, or of all files of the package.
    pub(super) bytes: usize,
    /// Whether something of its name was there before.
    pub(super) replaces: bool,
}

/// The object that `--json` prints.
#[derive(Serialize)]
struct Json<'a> {
    output: String,
    format: &'static str,
    size_bytes: usize,
    replaced: bool,
    instrument: &'a str,
    author: &'a str,
    licence: &'a str,
    program: &'static str,
    operation_set: &'static str,
    input: &'a str,
    input_shape: &'a [usize],
    answer: &'a str,
    answer_shape: &'a [usize],
    weights: usize,
}

impl Summary<'_> {
    /// For people.
    pub(super) fn text(&self) -> String {
        let what = match self.format {
            ExportFormat::Mil => "MIL text",
            ExportFormat::Mlpackage => "model package",
            ExportFormat::Weights => "weight file",
        };
        let replaced = match self.replaces {
            true => "; replaced what was there",
            false => "",
        };
        let output = printable::path(self.output);
        let mut lines = vec![format!("{output}: {what}, {} bytes{replaced}", self.bytes)];
        let mut line = |label: &str, value: String| lines.push(format!("  {label:<11}  {value}"));
        let metadata = &self.named.instrument.metadata;
        let [author, licence] =
            [&metadata.author, &metadata.licence].map(|text| printable::one_line(text));
        line(
            "instrument",
            format!("{}, by {author} ({licence})", self.named.label()),
        );
        let ((input, from), (answer, to)) = (self.first_input(), self.first_output());
        let weights = self.named.instrument.network.shape.parameter_count();
        line(
            "network",
            format!("{input} {from:?} -> {answer} {to:?}, {weights} weights, FP16"),
        );
        match self.format {
            ExportFormat::Mil | ExportFormat::Mlpackage => {
                let (version, opset) = (self.dialect.version(), self.dialect.opset());
                line("program", format!("program({version}), {opset}"));
            }
            ExportFormat::Weights => {}
        }
        if self.format == ExportFormat::Mil {
            let text = "--format weights writes the file that it names";
            line("weights", format!("{WEIGHT_FILE_PATH}; {text}"));
        }
        lines.join("\n")
    }

    /// For programs.
    pub(super) fn json(&self) -> Result<String, AppError> {
        let metadata = &self.named.instrument.metadata;
        let (input, input_shape) = self.first_input();
        let (answer, answer_shape) = self.first_output();
        let json = Json {
            output: printable::json(self.output),
            format: self.format.name(),
            size_bytes: self.bytes,
            replaced: self.replaces,
            instrument: &self.named.id,
            author: &metadata.author,
            licence: &metadata.licence,
            program: self.dialect.version(),
            operation_set: self.dialect.opset(),
            input,
            input_shape,
            answer,
            answer_shape,
            weights: self.named.instrument.network.shape.parameter_count(),
        };
        serde_json::to_string_pretty(&json).map_err(AppError::new)
    }

    fn first_input(&self) -> (&str, &[usize]) {
        self.described(self.program.inputs())
    }

    fn first_output(&self) -> (&str, &[usize]) {
        self.described(self.program.outputs())
    }

    fn described(&self, ids: &[ValueId]) -> (&str, &[usize]) {
        let value = ids.first().and_then(|&id| self.program.value(id));
        value.map_or(("", &[]), |value| (&value.name, &value.ty.shape))
    }
}
