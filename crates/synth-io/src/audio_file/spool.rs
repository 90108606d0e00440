//! Audio put aside on the disk.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::AudioError;
use super::error::is_full;
use super::place::directory_of;

/// Bytes of a stereo frame.
const FRAME_BYTES: usize = 8;
/// Frames turned into bytes at a time.
const CHUNK_FRAMES: usize = 4096;

/// Stereo frames put aside on the disk, bit for bit, to be read again once something about all of
/// them is known. The file has no name and is gone with the spool, whatever happens.
pub struct Spool {
    file: File,
    /// Where that is, in words.
    place: &'static str,
    frames: u64,
    /// Where reading goes on; `None` while it is being written.
    reading_at: Option<u64>,
    bytes: Vec<u8>,
}

impl Spool {
    /// In the directory of the file `beside`.
    ///
    /// # Errors
    /// [`AudioError::SpoolFull`] or [`AudioError::Spool`].
    pub fn create(beside: &Path) -> Result<Self, AudioError> {
        Self::over(
            tempfile::tempfile_in(directory_of(beside)),
            "beside the output",
        )
    }

    /// In the system's directory for temporary files, for output that is no file.
    ///
    /// # Errors
    /// [`AudioError::SpoolFull`] or [`AudioError::Spool`].
    pub fn temporary() -> Result<Self, AudioError> {
        Self::over(tempfile::tempfile(), "in the directory for temporary files")
    }

    fn over(file: io::Result<File>, place: &'static str) -> Result<Self, AudioError> {
        Ok(Self {
            file: file.map_err(|error| spool_error(error, 0, place))?,
            place,
            frames: 0,
            reading_at: None,
            bytes: Vec::new(),
        })
    }

    /// Frames in it.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Appends frames; both channels are equally long (what is longer is left out).
    ///
    /// # Errors
    /// [`AudioError::SpoolFull`] or [`AudioError::Spool`].
    pub fn write(&mut self, left: &[f32], right: &[f32]) -> Result<(), AudioError> {
        let frames = left.len().min(right.len());
        if self.reading_at.is_some() {
            let end = SeekFrom::Start(self.frames * FRAME_BYTES as u64);
            let sought = self.file.seek(end);
            sought.map_err(|error| spool_error(error, self.frames, self.place))?;
            self.reading_at = None;
        }
        let (left, right) = (&left[..frames], &right[..frames]);
        let chunks = left.chunks(CHUNK_FRAMES).zip(right.chunks(CHUNK_FRAMES));
        for (left, right) in chunks {
            self.bytes.clear();
            for (left, right) in left.iter().zip(right) {
                self.bytes.extend(left.to_le_bytes());
                self.bytes.extend(right.to_le_bytes());
            }
            let written = self.file.write_all(&self.bytes);
            written.map_err(|error| spool_error(error, self.frames, self.place))?;
            self.frames += left.len() as u64;
        }
        Ok(())
    }

    /// Goes back to the first frame, to read.
    ///
    /// # Errors
    /// [`AudioError::Spool`].
    pub fn rewind(&mut self) -> Result<(), AudioError> {
        let sought = self.file.rewind();
        sought.map_err(|error| spool_error(error, self.frames, self.place))?;
        self.reading_at = Some(0);
        Ok(())
    }

    /// Reads the next frames, as many as fit in both slices and are left; how many that were. 0
    /// once all are read. Before [`Spool::rewind`] there is nothing to read.
    ///
    /// # Errors
    /// [`AudioError::Spool`].
    pub fn read(&mut self, left: &mut [f32], right: &mut [f32]) -> Result<usize, AudioError> {
        let Some(at) = self.reading_at else {
            return Ok(0);
        };
        let wanted = left.len().min(right.len());
        let wanted = usize::try_from(self.frames - at).map_or(wanted, |there| there.min(wanted));
        let chunks = left[..wanted].chunks_mut(CHUNK_FRAMES);
        for (left, right) in chunks.zip(right[..wanted].chunks_mut(CHUNK_FRAMES)) {
            self.bytes.resize(left.len() * FRAME_BYTES, 0);
            let read = self.file.read_exact(&mut self.bytes);
            read.map_err(|error| spool_error(error, self.frames, self.place))?;
            let (frames, _) = self.bytes.as_chunks::<FRAME_BYTES>();
            for ((frame, left), right) in frames.iter().zip(left).zip(right) {
                let [a, b, c, d, e, f, g, h] = *frame;
                *left = f32::from_le_bytes([a, b, c, d]);
                *right = f32::from_le_bytes([e, f, g, h]);
            }
        }
        self.reading_at = Some(at + wanted as u64);
        Ok(wanted)
    }
}

fn spool_error(error: io::Error, frames: u64, place: &'static str) -> AudioError {
    if is_full(&error) {
        let mib = (frames * FRAME_BYTES as u64) >> 20;
        AudioError::SpoolFull { place, mib }
    } else {
        AudioError::Spool { place, error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_room_says_where_and_after_how_much() {
        let full = io::ErrorKind::StorageFull.into();
        assert_eq!(
            spool_error(full, 500_000, "beside the output").to_string(),
            "no room for the intermediate data (3 MiB so far) beside the output; free some space \
             or choose another place"
        );
    }
}
