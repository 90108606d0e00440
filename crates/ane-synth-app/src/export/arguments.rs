//! What `ane-synth export` takes.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use synth_model::BiasForm;

use crate::error::AppError;

#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    /// The file to write; a model package is a folder.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// What to write [default: what the ending of FILE says: .mil, .mlpackage or .bin].
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<ExportFormat>,
    /// Whose network: the name of a built-in instrument or a .synth file.
    #[arg(long, value_name = "NAME|FILE.synth", default_value = "violin")]
    pub(crate) instrument: OsString,
    /// The dialect of MIL: 1.0 for iOS 16, macOS 13 and later, 1.3 for iOS 18, macOS 15 and later.
    #[arg(long, value_enum, value_name = "VERSION", default_value_t = Dialect::V1_0)]
    pub(crate) dialect: Dialect,
    /// Columns that the network answers at once, 1 to 16384: voices times control frames.
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = 64,
          value_parser = clap::value_parser!(u32).range(1..=16_384))]
    pub(crate) columns: u32,
    /// Where a layer's bias stands: in the convolution, or in an addition of its own.
    #[arg(long, value_enum, value_name = "FORM", default_value_t = Bias::Conv)]
    pub(crate) bias: Bias,
    /// Print the summary as a JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Kinds of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// MIL text.
    Mil,
    /// A model package for Core ML, with its weights.
    Mlpackage,
    /// The weight file that the text names.
    Weights,
}

impl ExportFormat {
    /// The name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Mil => "mil",
            Self::Mlpackage => "mlpackage",
            Self::Weights => "weights",
        }
    }

    fn of_ending(path: &Path) -> Option<Self> {
        let ending = path.extension()?;
        let endings = [
            ("mil", Self::Mil),
            ("mlpackage", Self::Mlpackage),
            ("bin", Self::Weights),
        ];
        let mut endings = endings.into_iter();
        endings
            .find(|(known, _)| ending.eq_ignore_ascii_case(known))
            .map(|(_, format)| format)
    }
}

/// Dialects by the versions that their programs begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Dialect {
    /// Verbose scalars, operation set of iOS 16.
    #[value(name = "1.0")]
    V1_0,
    /// Short scalars, operation set of iOS 18.
    #[value(name = "1.3")]
    V1_3,
}

impl Dialect {
    pub(crate) fn dialect(self) -> mil::Dialect {
        match self {
            Self::V1_0 => mil::Dialect::Ios16,
            Self::V1_3 => mil::Dialect::Ios18,
        }
    }
}

/// Forms of a layer's bias.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Bias {
    /// An argument of the convolution.
    Conv,
    /// An addition behind it.
    Add,
}

impl Bias {
    pub(crate) fn form(self) -> BiasForm {
        match self {
            Self::Conv => BiasForm::InConv,
            Self::Add => BiasForm::Add,
        }
    }
}

impl ExportArguments {
    /// The kind of file to write.
    ///
    /// # Errors
    /// Where neither `--format` nor the ending of the output says it, and where they disagree so that
    /// no program would open the file.
    pub(crate) fn export_format(&self) -> Result<ExportFormat, AppError> {
        let output = &self.output;
        if output.as_os_str() == "-" {
            let what = "-o: export writes no standard output; name a file, like violin.mil";
            return Err(AppError::new(what));
        }
        match (self.format, ExportFormat::of_ending(output)) {
            (Some(ExportFormat::Mlpackage), Some(ExportFormat::Mlpackage)) => {
                Ok(ExportFormat::Mlpackage)
            }
            (Some(ExportFormat::Mlpackage), _) => {
                let what = "Core ML opens a package only under a name that ends in .mlpackage; give \
                            it one";
                Err(AppError::about(output, what))
            }
            (Some(format), _) | (None, Some(format)) => Ok(format),
            (None, None) => {
                let what = "its ending does not say what to write; end it in .mil, .mlpackage or \
                            .bin, or say --format";
                Err(AppError::about(output, what))
            }
        }
    }
}
