//! The file: read, set aside where it is damaged, changed under a lock.

use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use super::INTO;
use crate::printable;

const NAME: &str = "state.json";
const LOCK: &str = "state.lock";
const VERSION: &str = "version";
/// What is written in the file is meant so.
const PRESENT: u64 = 1;
/// More than it ever holds.
const LONGEST: u64 = 1 << 20;
/// Damaged files that are kept.
const MOST_ASIDE: u32 = 100;
/// How long another program may take to write it.
const PATIENCE: Duration = Duration::from_secs(1);
const POLL: Duration = Duration::from_millis(10);

/// The file in its folder, be they there or not.
pub(super) struct StateFile {
    folder: PathBuf,
}

/// Why a file was not understood.
enum Fault {
    Damaged(String),
    /// It stays as it is, and nothing is written.
    Other(String),
}

impl StateFile {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.join(NAME)
    }

    /// What it holds; nothing where it is not there. A damaged file is set aside, which is told.
    ///
    /// # Errors
    /// Why it cannot be used at all.
    pub(super) fn read(&self, told: &mut Vec<String>) -> Result<Value, String> {
        match self.read_map() {
            Ok(map) => Ok(Value::Object(map)),
            Err(Fault::Other(why)) => Err(why),
            Err(Fault::Damaged(why)) => {
                // Somebody else may be about to do so too.
                let lock = self.lock();
                if lock.is_ok() && self.read_map().is_ok() {
                    return self.read_map().map(Value::Object).map_err(Fault::text);
                }
                told.push(self.set_aside(&why)?);
                Ok(Value::Object(Map::new()))
            }
        }
    }

    fn read_map(&self) -> Result<Map<String, Value>, Fault> {
        let path = self.path();
        let about = |what: String| format!("{}: {what}", printable::path(&path));
        let bytes = match fs::metadata(&path) {
            Ok(file) if file.len() > LONGEST => {
                return Err(Fault::Damaged("it is much too long".to_owned()));
            }
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Map::new()),
            _ => fs::read(&path)
                .map_err(|error| Fault::Other(about(format!("cannot be read ({error})"))))?,
        };
        let damaged = |error: serde_json::Error| Fault::Damaged(error.to_string());
        let map: Map<String, Value> = serde_json::from_slice(&bytes).map_err(damaged)?;
        match map.get(VERSION).and_then(Value::as_u64) {
            Some(PRESENT) => Ok(map),
            Some(newer) if newer > PRESENT => Err(Fault::Other(about(
                "was written by a newer ane-synth; it is left as it is".to_owned(),
            ))),
            _ => Err(Fault::Damaged("it names no version".to_owned())),
        }
    }

    /// Gives a damaged file another name; what there is to tell.
    fn set_aside(&self, why: &str) -> Result<String, String> {
        let path = self.path();
        let names = (1..=MOST_ASIDE).map(|n| self.folder.join(format!("state.damaged-{n}.json")));
        let Some(aside) = names.into_iter().find(|name| !name.exists()) else {
            let what = format!("{} is damaged ({why})", printable::path(&path));
            return Err(format!("{what}; take it away"));
        };
        match fs::rename(&path, &aside) {
            Ok(()) => Ok(format!(
                "what was kept is damaged ({}) and was set aside as {}",
                printable::one_line(why),
                printable::path(&aside)
            )),
            Err(error) => Err(format!(
                "{} is damaged and cannot be set aside ({error})",
                printable::path(&path)
            )),
        }
    }

    /// Sets values by their paths, or takes them away, in what the file holds by now.
    ///
    /// # Errors
    /// Why that cannot be.
    pub(super) fn change(&self, changes: &[(String, Option<Value>)]) -> Result<(), String> {
        let about = |what: String| format!("{}: {what}", printable::path(&self.folder));
        fs::create_dir_all(&self.folder)
            .map_err(|error| about(format!("the folder cannot be made ({error})")))?;
        let _lock = self.lock()?;
        let mut map = match self.read_map() {
            Ok(map) => map,
            Err(Fault::Other(why)) => return Err(why),
            Err(Fault::Damaged(why)) => {
                self.set_aside(&why)?;
                Map::new()
            }
        };
        map.insert(VERSION.to_owned(), PRESENT.into());
        for (path, value) in changes {
            set(&mut map, path, value.as_ref());
        }
        self.replace(&map)
            .map_err(|error| about(format!("cannot be written ({error})")))
    }

    /// The whole new file takes the place of the old one, or nothing happens.
    fn replace(&self, map: &Map<String, Value>) -> std::io::Result<()> {
        // Where a link leads to the file, that one is meant.
        let path = fs::canonicalize(self.path()).unwrap_or_else(|_| self.path());
        let folder = path.parent().unwrap_or_else(|| Path::new("."));
        let mut text = serde_json::to_string_pretty(map)?;
        text.push('\n');
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(&path)?;
        Ok(())
    }

    /// Waits for others that write; the lock lasts as long as the file is open.
    fn lock(&self) -> Result<File, String> {
        let path = self.folder.join(LOCK);
        let about = |what: String| format!("{}: {what}", printable::path(&path));
        let options = fs::OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path);
        let file = options.map_err(|error| about(format!("cannot be opened ({error})")))?;
        let begun = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) if begun.elapsed() < PATIENCE => thread::sleep(POLL),
                Err(TryLockError::WouldBlock) => {
                    return Err(about("another program holds it".to_owned()));
                }
                Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => {
                    // A file system without locks: the later of two wins.
                    return Ok(file);
                }
                Err(TryLockError::Error(error)) => {
                    return Err(about(format!("cannot be locked ({error})")));
                }
            }
        }
    }
}

impl Fault {
    fn text(self) -> String {
        match self {
            Self::Damaged(why) | Self::Other(why) => why,
        }
    }
}

fn set(map: &mut Map<String, Value>, path: &str, value: Option<&Value>) {
    let (map, key) = match path.split_once(INTO) {
        None => (map, path),
        Some((object, key)) => {
            let object = map
                .entry(object)
                .or_insert_with(|| Value::Object(Map::new()));
            if !object.is_object() {
                *object = Value::Object(Map::new());
            }
            match object.as_object_mut() {
                Some(object) => (object, key),
                None => return,
            }
        }
    };
    match value {
        Some(value) => {
            map.insert(key.to_owned(), value.clone());
        }
        None => {
            map.remove(key);
        }
    }
}
