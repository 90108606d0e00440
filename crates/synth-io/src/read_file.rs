//! Whole files in memory, and only if nobody was writing them.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::Path;
use std::time::SystemTime;

/// Why a file was not read. The message says what to do, but not which file: the caller knows its
/// name.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The path is a directory.
    #[error("is a directory; name a file in it")]
    IsDirectory,
    /// The file is larger than any of its kind.
    #[error("is larger than {limit_mib} MiB; name the right file or make it smaller")]
    TooLarge {
        /// What is allowed.
        limit_mib: u64,
    },
    /// The file was written to meanwhile, so its bytes may not belong together.
    #[error("changed while it was read; try again when nothing writes to it")]
    Changed,
    /// The operating system refused.
    #[error("cannot be read ({0}); check that it exists and may be read")]
    Io(#[from] io::Error),
}

/// The bytes of the file at `path`, of which there are at most `limit_bytes`. Pipes and devices are
/// read until they end; a regular file must not change meanwhile.
///
/// ```
/// use synth_io::{ReadError, read_file};
/// let directory = std::env::temp_dir();
/// assert!(matches!(read_file(&directory, 1024), Err(ReadError::IsDirectory)));
/// ```
///
/// # Errors
/// See [`ReadError`].
pub fn read_file(path: &Path, limit_bytes: u64) -> Result<Vec<u8>, ReadError> {
    // Some systems refuse to open a directory, with a message that does not say so.
    if fs::metadata(path)?.is_dir() {
        return Err(ReadError::IsDirectory);
    }
    let file = File::open(path)?;
    let mut state = || file.metadata().map(|metadata| State::of(&metadata));
    read_unchanged(&mut &file, &mut state, limit_bytes)
}

fn read_unchanged(
    reader: &mut dyn Read,
    state: &mut dyn FnMut() -> io::Result<State>,
    limit_bytes: u64,
) -> Result<Vec<u8>, ReadError> {
    let before = state()?;
    if before.length.is_some_and(|length| length > limit_bytes) {
        return Err(too_large(limit_bytes));
    }
    let bytes = read_stream(reader, limit_bytes)?;
    before.unchanged(&state()?, bytes.len() as u64)?;
    Ok(bytes)
}

/// The bytes of `reader` up to its end, of which there are at most `limit_bytes`: for standard
/// input and the like.
///
/// # Errors
/// [`ReadError::TooLarge`] or [`ReadError::Io`].
pub fn read_stream(reader: &mut dyn Read, limit_bytes: u64) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    let mut limited = reader.take(limit_bytes.saturating_add(1));
    limited.read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit_bytes {
        return Err(too_large(limit_bytes));
    }
    Ok(bytes)
}

fn too_large(limit_bytes: u64) -> ReadError {
    ReadError::TooLarge {
        limit_mib: limit_bytes.div_ceil(1 << 20),
    }
}

/// What writing to a file changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    /// `None` for pipes and the like, which have none.
    length: Option<u64>,
    /// `None` where the system keeps no time.
    modified: Option<SystemTime>,
}

impl State {
    fn of(metadata: &Metadata) -> Self {
        let is_file = metadata.is_file();
        Self {
            length: is_file.then_some(metadata.len()),
            modified: metadata.modified().ok().filter(|_| is_file),
        }
    }

    /// Whether `read` bytes are the whole of a file that was so before and `after` reading.
    fn unchanged(&self, after: &Self, read: u64) -> Result<(), ReadError> {
        let whole = self.length.is_none_or(|length| length == read);
        if self == after && whole {
            Ok(())
        } else {
            Err(ReadError::Changed)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    fn file(length: u64, seconds: u64) -> State {
        State {
            length: Some(length),
            modified: Some(UNIX_EPOCH + Duration::from_secs(seconds)),
        }
    }

    /// What reading `held` bytes gives when the file was so before and after.
    fn read(before: State, held: usize, after: State) -> Result<Vec<u8>, ReadError> {
        let mut states = [before, after].into_iter();
        let mut state = || {
            states
                .next()
                .ok_or_else(|| io::Error::other("asked thrice"))
        };
        read_unchanged(&mut vec![7; held].as_slice(), &mut state, 100)
    }

    #[test]
    fn any_sign_of_a_writer_counts() {
        assert_eq!(read(file(10, 1), 10, file(10, 1)).unwrap(), [7; 10]);
        for (held, after) in [
            (10, file(10, 2)),
            (10, file(11, 1)),
            (11, file(11, 1)),
            (9, file(9, 1)),
            (9, file(10, 1)),
            (11, file(10, 1)),
        ] {
            let read = read(file(10, 1), held, after);
            assert!(matches!(read, Err(ReadError::Changed)), "{held} {after:?}");
        }
    }

    #[test]
    fn a_pipe_has_no_length_to_keep() {
        let pipe = State {
            length: None,
            modified: None,
        };
        assert_eq!(read(pipe, 100, pipe).unwrap().len(), 100);
        let long = read(pipe, 101, pipe);
        assert!(matches!(long, Err(ReadError::TooLarge { limit_mib: 1 })));
    }

    #[test]
    fn too_large_is_known_before_reading() {
        let large = read(file(101, 1), 0, file(101, 1));
        assert!(matches!(large, Err(ReadError::TooLarge { .. })));
    }
}
