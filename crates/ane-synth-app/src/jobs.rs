//! From the inputs that were named to pieces and the files they become.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use synth_io::audio_file::Container;

use crate::batch;
use crate::error::AppError;
use crate::file_format::{Bits, Format};
use crate::folder;
use crate::job::{DASH, Input, Job, Output, STDIN_NAME};
use crate::places::check_outputs;
use crate::printable;
use crate::render_arguments::{RenderArguments, RenderOptions};
use crate::replay;
use crate::studio::{Limits, Studio};

/// The longest MIDI files are a few MiB; this bounds what a wrong file can cost.
pub(crate) const LIMIT_BYTES: u64 = 64 << 20;

/// The name of a piece from standard input where it needs one.
const STDIN_STEM: &str = "stdin";

/// All that was asked for.
#[derive(Debug)]
pub(crate) struct Batch {
    /// What cannot even be begun is the input's name and why.
    pub(crate) jobs: Vec<Result<Job, (String, AppError)>>,
    /// What a listener should know before the first piece.
    pub(crate) notices: Vec<String>,
    /// Whether it is told about as several files, be it one.
    pub(crate) several: bool,
}

/// What `ane-synth render` was asked for.
pub(crate) fn render_inputs(arguments: &RenderArguments) -> Result<(), AppError> {
    if let Some(log) = &arguments.events {
        return replay::replay(log, arguments.output.as_deref(), &arguments.options);
    }
    let options = &arguments.options;
    let limits = Limits {
        longest: arguments.max_length,
        strict: arguments.strict,
    };
    let studio = Studio::new(options, limits)?;
    let batch = plan(&arguments.inputs, arguments.output.as_deref(), options)?;
    batch::run(batch, &studio)
}

/// One piece that needs no looking for.
pub(crate) fn single(
    input: Input,
    output: Option<&Path>,
    default_output: impl FnOnce(&str) -> PathBuf,
    options: &RenderOptions,
) -> Result<Batch, AppError> {
    let container = container(output, options)?;
    let output = match output {
        Some(path) if path == Path::new(DASH) => to_stdout(options)?,
        Some(path) => Output::File(path.to_owned()),
        None => Output::File(default_output(container.extension())),
    };
    let job = Job {
        input,
        output,
        container,
        make_folder: false,
    };
    Ok(Batch {
        jobs: vec![Ok(job)],
        notices: Vec::new(),
        several: false,
    })
}

/// The jobs of `inputs`: files, folders and `-`.
///
/// # Errors
/// What makes all of it impossible; what is wrong with one input is in its place.
fn plan(
    inputs: &[PathBuf],
    output: Option<&Path>,
    options: &RenderOptions,
) -> Result<Batch, AppError> {
    let is_stdin = |path: &&PathBuf| path.as_path() == Path::new(DASH);
    if inputs.iter().filter(is_stdin).count() > 1 {
        return Err(AppError::new("- can be read only once; name it once"));
    }
    if let [input] = inputs
        && !input.is_dir()
    {
        if is_stdin(&input) {
            if output.is_none() {
                let what = "has no name to write beside; say -o FILE, or -o - for standard output";
                return Err(AppError::about_name(STDIN_NAME, what));
            }
            return single(
                read_stdin()?,
                output,
                |ending| PathBuf::from(ending),
                options,
            );
        }
        let beside = |ending: &str| input.with_extension(ending);
        return single(Input::File(input.clone()), output, beside, options);
    }
    several(inputs, output, options)
}

fn several(
    inputs: &[PathBuf],
    output: Option<&Path>,
    options: &RenderOptions,
) -> Result<Batch, AppError> {
    if let Some(output) = output {
        if output == Path::new(DASH) {
            let what =
                "only one piece fits into standard output; name one file, or a folder after -o";
            return Err(AppError::new(what));
        }
        if output.exists() && !output.is_dir() {
            let what = "is no folder, and several inputs need one to go to; name another place";
            return Err(AppError::about(output, what));
        }
    }
    let container = container(None, options)?;
    let job = |input: Input, output: PathBuf| Job {
        input,
        output: Output::File(output.with_extension(container.extension())),
        container,
        make_folder: true,
    };
    let mut jobs = Vec::new();
    let mut notices = Vec::new();
    for input in inputs {
        if input.as_path() == Path::new(DASH) {
            let Some(folder) = output else {
                let what = "has no name to write beside; say -o FOLDER";
                return Err(AppError::about_name(STDIN_NAME, what));
            };
            let place = folder
                .join(STDIN_STEM)
                .with_extension(container.extension());
            jobs.push(Ok(job(read_stdin()?, place)));
        } else if input.is_dir() {
            let found = folder::midi_files(input);
            if found.files.is_empty() && found.unreadable.is_empty() {
                let error = AppError::about(
                    input,
                    format_args!(
                        "holds no MIDI files ({}); name another folder",
                        folder::endings()
                    ),
                );
                jobs.push(Err((printable::path(input), error)));
            }
            for (path, why) in found.left_out {
                notices.push(AppError::about(&path, why).to_string());
            }
            for (folder, error) in found.unreadable {
                let what = format!("cannot be read ({error}); check its permissions");
                let error = AppError::about(&folder, what);
                jobs.push(Err((printable::path(&folder), error)));
            }
            for file in found.files {
                let place = match (output, file.strip_prefix(input)) {
                    (Some(folder), Ok(relative)) => folder.join(relative),
                    _ => file.clone(),
                };
                jobs.push(Ok(job(Input::File(file), place)));
            }
        } else {
            let place = match (output, input.file_name()) {
                (Some(folder), Some(name)) => folder.join(name),
                _ => input.clone(),
            };
            jobs.push(Ok(job(Input::File(input.clone()), place)));
        }
    }
    check_outputs(&jobs, options.stems)?;
    Ok(Batch {
        jobs,
        notices,
        several: true,
    })
}

/// The ending of `output` if it names a kind of audio file that is not written here.
fn foreign_ending(output: &Path) -> Option<&'static str> {
    const FOREIGN: [&str; 12] = [
        "aac", "aif", "aifc", "aiff", "au", "caf", "m4a", "mp3", "oga", "ogg", "opus", "wma",
    ];
    let ending = output.extension()?.to_str()?;
    FOREIGN
        .into_iter()
        .find(|foreign| ending.eq_ignore_ascii_case(foreign))
}

/// What kind of file is written to `output`.
pub(crate) fn container(
    output: Option<&Path>,
    options: &RenderOptions,
) -> Result<Container, AppError> {
    let by_ending = output.and_then(Container::of);
    let asked = options.format.map(|format| match format {
        Format::Wav => Container::Wav,
        Format::Flac => Container::Flac,
    });
    if let (None, None, Some(output)) = (asked, by_ending, output)
        && let Some(ending) = foreign_ending(output)
    {
        return Err(AppError::about(
            output,
            format_args!(
                "a .{ending} file cannot be written; name a .wav or .flac file, or say --format"
            ),
        ));
    }
    let container = asked.or(by_ending).unwrap_or(Container::Wav);
    if let (Some(output), Some(by_ending)) = (output, by_ending)
        && by_ending != container
    {
        return Err(AppError::about(
            output,
            format_args!(
                "ends in .{}, but --format says {}; change one of them",
                by_ending.extension(),
                container.extension()
            ),
        ));
    }
    if container == Container::Flac && options.bits() == Bits::Float32 {
        let what = "--bits 32f: FLAC holds integers; choose 16 or 24, or --format wav";
        return Err(AppError::new(what));
    }
    Ok(container)
}

pub(crate) fn to_stdout(options: &RenderOptions) -> Result<Output, AppError> {
    if io::stdout().is_terminal() {
        let what = "is a terminal, where audio would be noise; send it to a file or a program";
        return Err(AppError::about_name("standard output", what));
    }
    if options.stems {
        let what = "--stems writes several files, which standard output cannot hold; name a file";
        return Err(AppError::new(what));
    }
    Ok(Output::Stdout)
}

fn read_stdin() -> Result<Input, AppError> {
    let bytes = synth_io::read_stream(&mut io::stdin().lock(), LIMIT_BYTES)
        .map_err(|error| AppError::about_name(STDIN_NAME, error))?;
    Ok(Input::Bytes {
        name: STDIN_NAME,
        bytes: bytes.into(),
    })
}
