//! The rung that passed, remembered by hardware and build of the system.
//!
//! A small text file: a line that says what it is, then a line for each hardware and build, its two names
//! and the rung's. Whatever is wrong with it costs some compilations and nothing else, so nothing about
//! it is an error; what went wrong is told.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use ane_bridge::AneInfo;

use super::rung::Rung;

/// The file's first line.
const HEADER: &str = "ane rung 1";
/// More than any sound file has.
const MOST_BYTES: u64 = 65_536;
/// Lines that are kept, the newest.
const MOST_LINES: usize = 100;

/// Where the rung is remembered: in this process, and in a file if there is one.
#[derive(Debug)]
pub(super) struct Remembered {
    file: Option<PathBuf>,
    /// By what [`key`] says.
    inside: Mutex<Option<(String, Rung)>>,
}

impl Remembered {
    pub(super) fn new(file: Option<PathBuf>) -> Self {
        Self {
            file,
            inside: Mutex::new(None),
        }
    }

    /// The rung that passed on this hardware and build, if any is known. Tells into `notes` what is
    /// wrong with the file.
    pub(super) fn recall(&self, hardware: &AneInfo, notes: &mut Vec<String>) -> Option<Rung> {
        let key = key(hardware);
        if let Some((known, rung)) = &*self.lock()
            && *known == key
        {
            return Some(*rung);
        }
        let path = self.file.as_deref()?;
        let lines = match read(path) {
            Ok(lines) => lines,
            Err(problem) => {
                notes.push(told(path, &problem));
                return None;
            }
        };
        // The last line that says something: a later one is newer.
        let of_this = lines.iter().rev().filter_map(|line| rung_of(line, &key));
        let rung = of_this.into_iter().next();
        if let Some(damaged) = lines.iter().find(|line| !is_sound(line)) {
            notes.push(format!(
                "{}: has a line that means nothing ({damaged:?}), which is left out; the other lines count",
                path.display()
            ));
        }
        rung
    }

    /// Remembers the rung for this hardware and build.
    pub(super) fn remember(&self, hardware: &AneInfo, rung: Rung, notes: &mut Vec<String>) {
        let key = key(hardware);
        *self.lock() = Some((key.clone(), rung));
        let Some(path) = self.file.as_deref() else {
            return;
        };
        let mut lines = match read(path) {
            Ok(lines) => lines,
            // Told when it was read.
            Err(Problem::Foreign) => return,
            Err(Problem::Unreadable(_)) => Vec::new(),
        };
        lines.retain(|line| is_sound(line) && !line.starts_with(&format!("{key} ")));
        lines.push(format!("{key} {}", rung.name()));
        let first = lines.len().saturating_sub(MOST_LINES);
        let text = format!("{HEADER}\n{}\n", lines[first..].join("\n"));
        if let Err(error) = write(path, &text) {
            notes.push(format!(
                "{}: cannot be written ({error}), so the ladder begins at its top again next time; check the folder's rights and space",
                path.display()
            ));
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<(String, Rung)>> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hardware and build as two words.
fn key(hardware: &AneInfo) -> String {
    let word = |text: &Option<String>| {
        let plain = text.as_deref().unwrap_or("unknown").chars();
        let word: String = plain
            .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
            .collect();
        if word.is_empty() {
            "unknown".to_owned()
        } else {
            word
        }
    };
    format!("{} {}", word(&hardware.architecture), word(&hardware.build))
}

fn rung_of(line: &str, key: &str) -> Option<Rung> {
    Rung::named(line.strip_prefix(key)?.strip_prefix(' ')?)
}

/// Whether it is three words, the last of them a rung.
fn is_sound(line: &str) -> bool {
    let words: Vec<&str> = line.split(' ').collect();
    matches!(words[..], [architecture, build, rung]
        if !architecture.is_empty() && !build.is_empty() && Rung::named(rung).is_some())
}

enum Problem {
    /// It is something else, and not ours to change.
    Foreign,
    Unreadable(io::Error),
}

fn told(path: &Path, problem: &Problem) -> String {
    let path = path.display();
    match problem {
        Problem::Foreign => format!(
            "{path}: is not the file in which the form of program that works is remembered, and is left alone; move it away"
        ),
        Problem::Unreadable(error) => {
            format!("{path}: cannot be read ({error}), so the ladder begins at its top")
        }
    }
}

/// The lines after the first; none where there is no file.
fn read(path: &Path) -> Result<Vec<String>, Problem> {
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Problem::Unreadable(error)),
        // A pipe would be waited for, a folder cannot be read.
        Ok(found) if !found.is_file() => return Err(Problem::Foreign),
        Ok(_) => {}
    }
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(Problem::Unreadable)?;
    let all = file.take(MOST_BYTES + 1).read_to_end(&mut bytes);
    all.map_err(Problem::Unreadable)?;
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    let text = String::from_utf8_lossy(&bytes);
    let mut lines = text.lines();
    if bytes.len() as u64 > MOST_BYTES || lines.next() != Some(HEADER) {
        return Err(Problem::Foreign);
    }
    Ok(lines.map(str::to_owned).collect())
}

/// Puts the whole text in place at once, so that another process reads the old one or the new one.
fn write(path: &Path, text: &str) -> io::Result<()> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let unfinished = path.with_extension(format!("{}-{number}.part", std::process::id()));
    let written = fs::File::create(&unfinished)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .and_then(|()| fs::rename(&unfinished, path));
    if written.is_err() {
        let _ = fs::remove_file(&unfinished);
    }
    written
}
