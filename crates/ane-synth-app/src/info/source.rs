//! Where the bytes come from: a file, a pipe or standard input.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;

use synth_io::{ReadError, read_file, read_stream};

use super::content::DECIDING_BYTES;

/// The largest WAV file there is, and its header; more than any other recording.
const LIMIT_AUDIO_BYTES: u64 = (4 << 30) + (1 << 20);

/// A place to read from whose first bytes are known.
pub(super) enum Source<'a> {
    File {
        path: &'a Path,
        file: File,
        beginning: Vec<u8>,
    },
    /// Something that gives its bytes only once.
    Stream {
        beginning: Vec<u8>,
        rest: Box<dyn Read>,
    },
}

/// Bytes to be read as audio.
pub(super) struct Audio {
    pub(super) file: File,
    pub(super) size_bytes: u64,
}

impl<'a> Source<'a> {
    /// Opens a file, or a pipe that has a name. The errors here and below say what to do, but not
    /// which file.
    pub(super) fn open(path: &'a Path) -> Result<Self, String> {
        let metadata = fs::metadata(path).map_err(unreadable)?;
        if metadata.is_dir() {
            return Err(ReadError::IsDirectory.to_string());
        }
        let mut file = File::open(path).map_err(unreadable)?;
        if !metadata.is_file() {
            return Self::stream(Box::new(file));
        }
        let beginning = beginning_of(&mut file)?;
        Ok(Self::File {
            path,
            file,
            beginning,
        })
    }

    pub(super) fn stream(mut rest: Box<dyn Read>) -> Result<Self, String> {
        let beginning = beginning_of(&mut rest)?;
        Ok(Self::Stream { beginning, rest })
    }

    pub(super) fn beginning(&self) -> &[u8] {
        match self {
            Self::File { beginning, .. } | Self::Stream { beginning, .. } => beginning,
        }
    }

    /// All bytes, at most `limit_bytes`.
    pub(super) fn whole(self, limit_bytes: u64) -> Result<Vec<u8>, String> {
        let bytes = match self {
            Self::File { path, .. } => read_file(path, limit_bytes),
            Self::Stream { beginning, rest } => {
                read_stream(&mut beginning.as_slice().chain(rest), limit_bytes)
            }
        };
        bytes.map_err(|error| error.to_string())
    }

    /// The same as a file that can be read to and fro; a stream is put aside on the disk.
    pub(super) fn audio(self) -> Result<Audio, String> {
        match self {
            Self::File { mut file, .. } => {
                file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
                let size_bytes = file.metadata().map_err(unreadable)?.len();
                Ok(Audio { file, size_bytes })
            }
            Self::Stream { beginning, rest } => put_aside(&mut beginning.as_slice().chain(rest)),
        }
    }
}

fn beginning_of(reader: &mut impl Read) -> Result<Vec<u8>, String> {
    let mut beginning = Vec::new();
    let mut first = reader.take(DECIDING_BYTES as u64);
    first.read_to_end(&mut beginning).map_err(unreadable)?;
    Ok(beginning)
}

/// Copies into a file without a name, which goes when it is closed.
fn put_aside(stream: &mut dyn Read) -> Result<Audio, String> {
    let no_room = |error| {
        format!("cannot be put aside for measuring ({error}); free space for temporary files")
    };
    let mut file = tempfile::tempfile().map_err(no_room)?;
    let mut block = vec![0; 1 << 16];
    let mut size_bytes = 0;
    loop {
        let read = match stream.read(&mut block) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(unreadable(error)),
        };
        size_bytes += read as u64;
        if size_bytes > LIMIT_AUDIO_BYTES {
            return Err(
                "is larger than any recording that is read (4096 MiB); name another".to_owned(),
            );
        }
        file.write_all(&block[..read]).map_err(no_room)?;
    }
    file.seek(SeekFrom::Start(0)).map_err(no_room)?;
    Ok(Audio { file, size_bytes })
}

fn unreadable(error: io::Error) -> String {
    ReadError::Io(error).to_string()
}
