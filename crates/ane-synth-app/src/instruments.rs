//! Which instruments there are and which one a name means.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use synth_engine::ProgramMap;
use synth_model::Instrument;

use crate::error::AppError;
use crate::printable;

/// The instruments inside this program: file stem and bytes.
const BUILT_IN: &[(&str, &[u8])] = &[
    ("violin", include_bytes!("../instruments/violin.synth")),
    ("viola", include_bytes!("../instruments/viola.synth")),
    ("cello", include_bytes!("../instruments/cello.synth")),
    (
        "double-bass",
        include_bytes!("../instruments/double-bass.synth"),
    ),
    ("strings", include_bytes!("../instruments/strings.synth")),
    ("trumpet", include_bytes!("../instruments/trumpet.synth")),
    (
        "french-horn",
        include_bytes!("../instruments/french-horn.synth"),
    ),
    ("brass", include_bytes!("../instruments/brass.synth")),
    (
        "soprano-sax",
        include_bytes!("../instruments/soprano-sax.synth"),
    ),
    ("alto-sax", include_bytes!("../instruments/alto-sax.synth")),
    (
        "tenor-sax",
        include_bytes!("../instruments/tenor-sax.synth"),
    ),
    (
        "baritone-sax",
        include_bytes!("../instruments/baritone-sax.synth"),
    ),
    ("oboe", include_bytes!("../instruments/oboe.synth")),
    (
        "english-horn",
        include_bytes!("../instruments/english-horn.synth"),
    ),
    ("bassoon", include_bytes!("../instruments/bassoon.synth")),
    ("flute", include_bytes!("../instruments/flute.synth")),
    (
        "church-organ",
        include_bytes!("../instruments/church-organ.synth"),
    ),
    ("choir", include_bytes!("../instruments/choir.synth")),
];

/// An instrument file is some hundred KiB; this bounds what a wrong file can cost.
const LIMIT_BYTES: u64 = 64 << 20;

/// An instrument and the name to call it by.
#[derive(Clone, Debug)]
pub(crate) struct NamedInstrument {
    /// The built-in name, or the path of the file.
    pub(crate) id: String,
    /// The file it was read from, unless it is built in.
    pub(crate) file: Option<PathBuf>,
    pub(crate) instrument: Arc<Instrument>,
}

impl NamedInstrument {
    /// What [`find`] finds it by, from any folder; `None` for a file whose name is no text.
    pub(crate) fn lasting_name(&self) -> Option<String> {
        let Some(file) = &self.file else {
            return Some(self.id.clone());
        };
        let absolute = std::path::absolute(file).ok()?;
        absolute.into_os_string().into_string().ok()
    }

    /// For the summary: synthetic instruments are always called so.
    pub(crate) fn label(&self) -> String {
        format!("{} ({})", self.id, kind(self.instrument.metadata.synthetic))
    }
}

/// How an instrument came about, in a word.
pub(crate) fn kind(synthetic: bool) -> &'static str {
    if synthetic { "synthetic" } else { "recorded" }
}

/// The instruments of a render and which of them plays which program.
pub(crate) struct Choice {
    pub(crate) instruments: Vec<NamedInstrument>,
    pub(crate) programs: ProgramMap,
}

/// All built-in instruments.
pub(crate) fn built_in() -> Result<Vec<NamedInstrument>, AppError> {
    let all = BUILT_IN.iter();
    all.map(|&(id, bytes)| parse_built_in(id, bytes)).collect()
}

/// The built-in instrument of an id, and its bytes.
pub(crate) fn built_in_with_bytes(
    id: &str,
) -> Option<Result<(NamedInstrument, &'static [u8]), AppError>> {
    let &(id, bytes) = BUILT_IN.iter().find(|(known, _)| *known == id)?;
    Some(parse_built_in(id, bytes).map(|named| (named, bytes)))
}

fn parse_built_in(id: &str, bytes: &[u8]) -> Result<NamedInstrument, AppError> {
    match Instrument::from_bytes(bytes) {
        Ok(instrument) => Ok(NamedInstrument {
            id: id.to_owned(),
            file: None,
            instrument: Arc::new(instrument),
        }),
        Err(error) => Err(AppError::new(format_args!(
            "built-in instrument {id}: {error}"
        ))),
    }
}

/// The instruments called `names`, the built-in ones without a name. One plays everything; several
/// play by the programs and banks that they name.
pub(crate) fn choose(names: &[OsString]) -> Result<Choice, AppError> {
    let instruments = match names {
        [] => built_in()?,
        names => names
            .iter()
            .map(|name| find(name))
            .collect::<Result<_, _>>()?,
    };
    let all: Vec<&Instrument> = instruments.iter().map(|i| &*i.instrument).collect();
    let programs = programs(&all);
    Ok(Choice {
        instruments,
        programs,
    })
}

/// Which of `instruments` plays which program.
pub(crate) fn programs(instruments: &[&Instrument]) -> ProgramMap {
    match instruments {
        [_] => ProgramMap::single(0),
        several => ProgramMap::by_programs(several),
    }
}

/// The built-in instrument of a name, or the one in a file.
pub(crate) fn find(name: &OsStr) -> Result<NamedInstrument, AppError> {
    find_with_bytes(name).map(|(instrument, _)| instrument)
}

/// As [`find`], with the bytes that the instrument was read from.
pub(crate) fn find_with_bytes(
    name: &OsStr,
) -> Result<(NamedInstrument, Cow<'static, [u8]>), AppError> {
    let all = built_in()?;
    let known = all.iter().find(|i| {
        name.eq_ignore_ascii_case(&i.id) || name.eq_ignore_ascii_case(&i.instrument.metadata.name)
    });
    if let Some(known) = known {
        let bytes = BUILT_IN.iter().find(|(id, _)| *id == known.id);
        let bytes = bytes.map_or(&b""[..], |(_, bytes)| bytes);
        return Ok((known.clone(), Cow::Borrowed(bytes)));
    }
    let path = Path::new(name);
    let is_path = path.extension().is_some_and(|e| e == "synth") || path.components().count() > 1;
    if !is_path && !path.exists() {
        let names: Vec<&str> = all.iter().map(|i| i.id.as_str()).collect();
        let names = names.join(", ");
        let what = format!("there is no such instrument; there are {names}, or name a .synth file");
        return Err(AppError::about(path, what));
    }
    let bytes =
        synth_io::read_file(path, LIMIT_BYTES).map_err(|error| AppError::about(path, error))?;
    let instrument =
        Instrument::from_bytes(&bytes).map_err(|error| AppError::about(path, error))?;
    let named = NamedInstrument {
        id: printable::path(path),
        file: Some(path.to_owned()),
        instrument: Arc::new(instrument),
    };
    Ok((named, Cow::Owned(bytes)))
}
