//! Where the bytes come from, as the decoders want it.

use std::io::{self, Read, Seek, SeekFrom};

use symphonia::core::io::MediaSource;

/// Bytes that can be read to and fro: a file, or a buffer.
pub trait AudioSource: Read + Seek + Send + Sync {}

impl<T: Read + Seek + Send + Sync> AudioSource for T {}

/// A source whose first bytes are left out.
pub(super) struct Rest {
    source: Box<dyn AudioSource>,
    start: u64,
    /// Bytes after `start`.
    length: u64,
    /// Whether a decoder may look at the end first.
    seekable: bool,
}

impl Rest {
    /// What is behind byte `start`, to be read from its beginning.
    pub(super) fn new(
        mut source: Box<dyn AudioSource>,
        start: u64,
        seekable: bool,
    ) -> io::Result<Self> {
        let end = source.seek(SeekFrom::End(0))?;
        let start = start.min(end);
        source.seek(SeekFrom::Start(start))?;
        Ok(Self {
            source,
            start,
            length: end - start,
            seekable,
        })
    }
}

impl Read for Rest {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.source.read(into)
    }
}

impl Seek for Rest {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let to = match to {
            SeekFrom::Start(at) => SeekFrom::Start(self.start.saturating_add(at)),
            other => other,
        };
        let at = self.source.seek(to)?;
        at.checked_sub(self.start)
            .ok_or_else(|| io::ErrorKind::InvalidInput.into())
    }
}

impl MediaSource for Rest {
    fn is_seekable(&self) -> bool {
        self.seekable
    }

    fn byte_len(&self) -> Option<u64> {
        self.seekable.then_some(self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn places_are_counted_from_the_start() {
        let source = Box::new(Cursor::new(b"0123456789".to_vec()));
        let mut rest = Rest::new(source, 4, true).unwrap();
        assert_eq!(rest.byte_len(), Some(6));
        let mut byte = [0];
        rest.read_exact(&mut byte).unwrap();
        assert_eq!(&byte, b"4");
        assert_eq!(rest.seek(SeekFrom::Start(3)).unwrap(), 3);
        rest.read_exact(&mut byte).unwrap();
        assert_eq!(&byte, b"7");
        assert_eq!(rest.seek(SeekFrom::End(-1)).unwrap(), 5);
        assert_eq!(rest.seek(SeekFrom::Current(-2)).unwrap(), 3);
        assert!(rest.seek(SeekFrom::End(-8)).is_err());
        let far = Rest::new(Box::new(Cursor::new(vec![0; 3])), 9, true).unwrap();
        assert_eq!(far.byte_len(), Some(0));
    }
}
