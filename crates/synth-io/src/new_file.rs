//! A file of any kind that appears under its name only when it is complete.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use crate::audio_file::AudioError;
use crate::audio_file::place::{PartialFile, resolve};

/// A file that is hidden beside its target until it is whole; removed when dropped before, and by
/// [`remove_unfinished_files`](crate::audio_file::remove_unfinished_files).
///
/// ```
/// use synth_io::NewFile;
/// let folder = tempfile::tempdir()?;
/// let target = folder.path().join("a.txt");
/// let file = NewFile::create(&target, &[])?;
/// assert!(!target.exists());
/// file.publish(b"whole")?;
/// assert_eq!(std::fs::read(&target)?, b"whole");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct NewFile {
    place: PartialFile,
    file: File,
}

impl NewFile {
    /// Finds out whether `target` can be written, which must be none of `inputs`.
    ///
    /// # Errors
    /// See [`AudioError`]: those about places.
    pub fn create(target: &Path, inputs: &[&Path]) -> Result<Self, AudioError> {
        let target = resolve(target, inputs)?;
        let (place, file) = PartialFile::create(target)?;
        Ok(Self { place, file })
    }

    /// Writes the content and gives the file its name, replacing what is there.
    ///
    /// # Errors
    /// What the operating system says; the target is then unchanged.
    pub fn publish(mut self, content: &[u8]) -> Result<(), AudioError> {
        self.file.write_all(content)?;
        self.file.sync_all()?;
        // It must be closed before it is renamed, which some systems demand.
        drop(self.file);
        self.place.commit()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_is_not_published_is_not_there_and_nothing_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a");
        fs::write(&target, "old").unwrap();
        drop(NewFile::create(&target, &[]).unwrap());
        assert_eq!(fs::read(&target).unwrap(), b"old");
        NewFile::create(&target, &[])
            .unwrap()
            .publish(b"new")
            .unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"new");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        let refused = |path: &Path| NewFile::create(path, &[&target]).err();
        assert!(matches!(refused(&target), Some(AudioError::IsInput)));
        assert!(matches!(
            refused(folder.path()),
            Some(AudioError::IsDirectory)
        ));
        let nowhere = folder.path().join("b/c");
        assert!(matches!(
            refused(&nowhere),
            Some(AudioError::NoDirectory(_))
        ));
    }
}
