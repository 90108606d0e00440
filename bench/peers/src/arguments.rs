//! What the command line says.

use std::path::PathBuf;

use crate::Failure;

const USAGE: &str = "usage: peers --folder DIR --scripts DIR --python PROGRAM --onnxruntime FILE \
    --soundfont FILE [--quick]; scripts/bench-peers.sh knows them all";

/// Where everything is.
pub(crate) struct Arguments {
    /// Only to see that everything runs and is right.
    pub(crate) quick: bool,
    /// Where weights, inputs and models are written.
    pub(crate) folder: PathBuf,
    /// Where our Python scripts are.
    pub(crate) scripts: PathBuf,
    /// A Python that has numpy, onnx and threadpoolctl.
    pub(crate) python: PathBuf,
    /// The shared library of ONNX Runtime.
    pub(crate) onnxruntime: PathBuf,
    /// A General MIDI SoundFont.
    pub(crate) soundfont: PathBuf,
}

impl Arguments {
    pub(crate) fn from_command_line() -> Result<Self, Failure> {
        let mut quick = false;
        let names = [
            "--folder",
            "--scripts",
            "--python",
            "--onnxruntime",
            "--soundfont",
        ];
        let mut values: [Option<PathBuf>; 5] = Default::default();
        let mut words = std::env::args_os().skip(1);
        while let Some(word) = words.next() {
            if word == "--quick" {
                quick = true;
                continue;
            }
            let index = names.iter().position(|name| word == *name).ok_or(USAGE)?;
            values[index] = Some(words.next().ok_or(USAGE)?.into());
        }
        let [
            Some(folder),
            Some(scripts),
            Some(python),
            Some(onnxruntime),
            Some(soundfont),
        ] = values
        else {
            return Err(USAGE.into());
        };
        Ok(Self {
            quick,
            folder,
            scripts,
            python,
            onnxruntime,
            soundfont,
        })
    }
}
