//! `ane-synth export`: an instrument's network as other programs take it: MIL text, weight file,
//! model package.

mod arguments;
mod summary;

use std::fs;
use std::path::Path;

use mil::package::{ModelPackage, PackageMetadata};
use synth_io::NewFile;
use synth_model::program;

use crate::error::AppError;
use crate::instruments::{self, NamedInstrument};
use crate::output;

pub(crate) use arguments::ExportArguments;
use arguments::ExportFormat;
use summary::Summary;

/// Writes the file and tells about it.
pub(crate) fn export(arguments: &ExportArguments) -> Result<(), AppError> {
    let format = arguments.export_format()?;
    let named = instruments::find(&arguments.instrument)?;
    let network = &named.instrument.network;
    let columns = arguments.columns as usize;
    let made = program(network, columns, arguments.bias.form());
    let (program, weights) = made.map_err(|error| AppError::about_name(&named.id, error))?;

    let path = &arguments.output;
    let replaces = path.exists();
    let dialect = arguments.dialect.dialect();
    let bytes = match format {
        ExportFormat::Mil => write_file(&named, path, program.to_text(dialect).as_bytes())?,
        ExportFormat::Weights => write_file(&named, path, weights.bytes())?,
        ExportFormat::Mlpackage => {
            let package = ModelPackage::new(&program, &weights, dialect, &about(&named));
            let package = package.map_err(|error| AppError::about(path, error))?;
            write_package(&named, path, &package)?
        }
    };
    let summary = Summary {
        output: path,
        format,
        named: &named,
        program: &program,
        dialect,
        bytes,
        replaces,
    };
    match arguments.json {
        true => output::say(&summary.json()?),
        false => output::say(&summary.text()),
    }
    .map_err(|error| {
        let name = crate::printable::path(path);
        AppError::new(format_args!("{error}; {name} is written all the same"))
    })
}

/// What a package tells of an instrument: its licence goes wherever its network goes.
fn about(named: &NamedInstrument) -> PackageMetadata {
    let metadata = &named.instrument.metadata;
    PackageMetadata {
        description: format!(
            "The network of the ane-synth instrument {}, made of: {}",
            metadata.name, metadata.source
        ),
        author: metadata.author.clone(),
        licence: metadata.licence.clone(),
    }
}

/// Writes a file whole; its size in bytes.
fn write_file(named: &NamedInstrument, path: &Path, content: &[u8]) -> Result<usize, AppError> {
    let about = |error| AppError::about(path, error);
    let inputs: Vec<&Path> = named.file.iter().map(AsRef::as_ref).collect();
    let file = NewFile::create(path, &inputs).map_err(about)?;
    file.publish(content).map_err(about)?;
    Ok(content.len())
}

/// Writes a package whole; the size of its files in bytes.
fn write_package(
    named: &NamedInstrument,
    path: &Path,
    package: &ModelPackage,
) -> Result<usize, AppError> {
    if let (Some(file), Ok(place)) = (&named.file, fs::canonicalize(path))
        && fs::canonicalize(file).is_ok_and(|file| file.starts_with(place))
    {
        let what = "holds the instrument and would be replaced; choose another name";
        return Err(AppError::about(path, what));
    }
    let written = package.write(path);
    written.map_err(|error| AppError::about(path, error))?;
    Ok(package.files().iter().map(|(_, bytes)| bytes.len()).sum())
}
