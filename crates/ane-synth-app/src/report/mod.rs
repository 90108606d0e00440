//! The report of an evaluation: a page with pictures and sound, and the sounds as files.

mod names;
mod page;
mod section;
mod sound;
mod spectrogram;
mod tables;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

use synth_io::NewFile;
use synth_io::audio_file::AudioError;
use synth_model::Instrument;
use synth_train::corpus::{Corpus, CorpusNote, RecordingSource};
use synth_train::evaluation::{Evaluated, NoteFigures, real_samples, resynthesise};

use crate::error::AppError;
use crate::made_folders;
use names::Names;
use section::Pair;

/// The page's file.
const PAGE: &str = "index.html";
/// Beginnings of pages up to here are read to know them for ours.
const MARK_WITHIN: usize = 4096;

/// What a report is about.
pub(crate) struct Subject<'a> {
    pub(crate) instrument: &'a Instrument,
    pub(crate) evaluated: &'a Evaluated,
    /// The corpus as the evaluation left it.
    pub(crate) corpus: &'a Corpus,
    pub(crate) source: &'a dyn RecordingSource,
    /// At most so many notes are worked on at once.
    pub(crate) threads: usize,
    /// Files that must not be overwritten.
    pub(crate) inputs: &'a [&'a Path],
    /// Whether somebody asked to stop.
    pub(crate) cancelled: &'a (dyn Fn() -> bool + Sync),
}

/// Refuses a folder that holds anything but a report made here, before any work is done.
///
/// # Errors
/// Names the folder and what to do.
pub(crate) fn check_folder(folder: &Path) -> Result<(), AppError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            let what = "is a file; name a folder for the report";
            return Err(AppError::about(folder, what));
        }
        Err(error) => {
            let what = format!("cannot be read ({error}); name another folder for the report");
            return Err(AppError::about(folder, what));
        }
    };
    if entries.count() == 0 || is_ours(folder) {
        return Ok(());
    }
    let what = "holds files that are no report; name an empty or a new folder for the report";
    Err(AppError::about(folder, what))
}

fn is_ours(folder: &Path) -> bool {
    fs::read(folder.join(PAGE)).is_ok_and(|page| {
        let start = &page[..page.len().min(MARK_WITHIN)];
        String::from_utf8_lossy(start).contains(page::GENERATOR)
    })
}

/// Writes the page and the sounds into `folder`, which [`check_folder`] has passed; a report that is
/// there is replaced. `None` when it was cancelled; then, and on an error, what was written is
/// removed again. The answer is the page's path.
///
/// # Errors
/// What could not be written, and why.
pub(crate) fn write(folder: &Path, subject: &Subject<'_>) -> Result<Option<PathBuf>, AppError> {
    check_folder(folder)?;
    made_folders::make(folder).map_err(|error| {
        let what = format!("cannot be made ({error}); name another folder for the report");
        AppError::about(folder, what)
    })?;
    remove_old(folder);
    let written = Mutex::new(Vec::new());
    let page = subject.page(folder, &written);
    if !matches!(page, Ok(Some(_))) {
        let written = written.into_inner().unwrap_or_else(PoisonError::into_inner);
        for path in written {
            let _ = fs::remove_file(path);
        }
    }
    page
}

/// Takes a report away that is to be replaced: the sounds that its page names, then the page.
fn remove_old(folder: &Path) {
    let Ok(page) = fs::read_to_string(folder.join(PAGE)) else {
        return;
    };
    for link in page.split("href=\"").skip(1) {
        let name = link.split('"').next().unwrap_or_default();
        let plain = !name.contains(['/', '\\']) && !name.starts_with('.');
        if plain && (name.ends_with("-real.wav") || name.ends_with("-synth.wav")) {
            let _ = fs::remove_file(folder.join(name));
        }
    }
    let _ = fs::remove_file(folder.join(PAGE));
}

impl Subject<'_> {
    fn page(
        &self,
        folder: &Path,
        written: &Mutex<Vec<PathBuf>>,
    ) -> Result<Option<PathBuf>, AppError> {
        let notes = self.named_notes();
        let Some(sections) = self.sections(folder, &notes, written)? else {
            return Ok(None);
        };
        let mut page = page::head(&self.instrument.metadata, self.evaluated);
        let rows: Vec<(String, &NoteFigures)> = notes
            .iter()
            .map(|(name, figures, _)| (name.clone(), *figures))
            .collect();
        page.push_str(&tables::notes(&rows));
        page.extend(sections);
        page.push_str(page::foot());
        let path = folder.join(PAGE);
        self.publish(&path, page.as_bytes())?;
        Ok(Some(path))
    }

    /// The first channel of every note that was compared, and what it is called.
    fn named_notes(&self) -> Vec<(String, &NoteFigures, &CorpusNote)> {
        let mut names = Names::default();
        let mut first: Vec<(&str, usize)> = Vec::new();
        let mut named = Vec::new();
        for figures in &self.evaluated.notes {
            let place = (figures.file.as_str(), figures.index);
            let same = |note: &&CorpusNote| {
                (note.file.as_str(), note.index) == place && note.channel == figures.channel
            };
            let Some(note) = self.corpus.notes.iter().find(same) else {
                continue;
            };
            if !first.contains(&place) {
                first.push(place);
                named.push((names.give(figures), figures, note));
            }
        }
        named
    }

    /// Writes every note's sounds and answers with the sections in order.
    fn sections(
        &self,
        folder: &Path,
        notes: &[(String, &NoteFigures, &CorpusNote)],
        written: &Mutex<Vec<PathBuf>>,
    ) -> Result<Option<Vec<String>>, AppError> {
        let next = AtomicUsize::new(0);
        let done: Mutex<Vec<(usize, Result<String, AppError>)>> = Mutex::default();
        let run = || {
            while !(self.cancelled)() {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some((name, figures, note)) = notes.get(index) else {
                    break;
                };
                let section = self.note(folder, name, figures, note, written);
                let failed = section.is_err();
                let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                done.push((index, section));
                if failed {
                    break;
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..self.threads.clamp(1, notes.len().max(1)) {
                if std::thread::Builder::new()
                    .spawn_scoped(scope, run)
                    .is_err()
                {
                    // Those there are do the rest.
                    break;
                }
            }
            run();
        });
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_unstable_by_key(|(index, _)| *index);
        let sections = done.into_iter().map(|(_, section)| section);
        let sections = sections.collect::<Result<Vec<_>, _>>()?;
        Ok((sections.len() == notes.len()).then_some(sections))
    }

    fn note(
        &self,
        folder: &Path,
        name: &str,
        figures: &NoteFigures,
        note: &CorpusNote,
        written: &Mutex<Vec<PathBuf>>,
    ) -> Result<String, AppError> {
        let real = real_samples(note, self.source);
        let real = real.map_err(|what| AppError::about_name(&note.file, what))?;
        let synth = resynthesise(self.instrument, note);
        let mut synth = synth.map_err(AppError::new)?;
        synth.truncate(real.len());
        let sample_rate_hz = note.analysis.sample_rate_hz;
        // The files are at the recording's own level.
        let undo = 10f32.powf(-note.gain_db / 20.0);
        for (kind, samples) in [("real", &real), ("synth", &synth)] {
            let path = folder.join(format!("{name}-{kind}.wav"));
            let samples: Vec<f32> = samples.iter().map(|sample| sample * undo).collect();
            let bytes = sound::wav(&samples, sample_rate_hz);
            let bytes = bytes.map_err(|error| AppError::about(&path, error))?;
            self.publish(&path, &bytes)?;
            let mut written = written.lock().unwrap_or_else(PoisonError::into_inner);
            written.push(path);
        }
        let pair = Pair {
            name,
            figures,
            sample_rate_hz,
            real: &real,
            synth: &synth,
        };
        pair.section()
    }

    fn publish(&self, path: &Path, bytes: &[u8]) -> Result<(), AppError> {
        let file: Result<NewFile, AudioError> = NewFile::create(path, self.inputs);
        let published = file.and_then(|file| file.publish(bytes));
        published.map_err(|error| AppError::about(path, error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_empty_folder_or_a_report_is_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        assert!(check_folder(&at("new")).is_ok());
        assert!(check_folder(folder.path()).is_ok());
        fs::write(at("letter.txt"), "dear").unwrap();
        let error = check_folder(folder.path()).unwrap_err().to_string();
        assert!(error.contains("no report"), "{error}");
        let error = check_folder(&at("letter.txt")).unwrap_err().to_string();
        assert!(error.contains("is a file"), "{error}");
        fs::write(at(PAGE), "<html>my own page").unwrap();
        assert!(check_folder(folder.path()).is_err());
        fs::write(at(PAGE), format!("<html>{}", page::GENERATOR)).unwrap();
        assert!(check_folder(folder.path()).is_ok());
    }

    #[test]
    fn an_old_report_goes_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["C4-real.wav", "C4-synth.wav", "D4-real.wav", "song.wav"] {
            fs::write(at(name), "x").unwrap();
        }
        let links = ["C4-real.wav", "C4-synth.wav", "song.wav", "../up-real.wav"];
        let links = links.map(|name| format!("<a href=\"{name}\">x</a>"));
        fs::write(at(PAGE), links.concat()).unwrap();
        remove_old(folder.path());
        let mut left: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        assert_eq!(left, ["D4-real.wav", "song.wav"]);
    }

    const RATE_HZ: u32 = 22_050;
    const GAIN_DB: f32 = 6.0;

    /// A steady tone, 1000 samples into its recording.
    fn note() -> CorpusNote {
        let columns = 200;
        let mut partial_db = vec![-160.0; columns * 64];
        partial_db.iter_mut().step_by(64).for_each(|db| *db = -20.0);
        CorpusNote {
            gain_db: GAIN_DB,
            file: "a/tone.wav".into(),
            file_index: 0,
            channel: 0,
            index: 0,
            key: 69,
            dynamic: "mf".into(),
            take: String::new(),
            velocity: 0.6,
            analysis: synth_train::analysis::NoteAnalysis {
                sample_rate_hz: RATE_HZ,
                hop: 64,
                first_sample: 1000,
                f0_hz: vec![440.0; columns],
                loudness_db: vec![-25.0; columns],
                partial_db,
                noise_db: vec![-100.0; columns * 65],
                partials: 64,
                noise_bands: 65,
                band_limit_hz: 11_025.0,
                residual_db: -40.0,
                sounding: 0..columns,
                sustain: 10..columns,
                sustain_db: -25.0,
                has_release: false,
            },
        }
    }

    struct Tone(Vec<String>);

    fn tone(sample: usize) -> f32 {
        let turns = 440.0 * sample as f32 / RATE_HZ as f32;
        0.1 * (std::f32::consts::TAU * turns).sin()
    }

    impl RecordingSource for Tone {
        fn names(&self) -> &[String] {
            &self.0
        }

        fn load(&self, _index: usize) -> Result<synth_train::recording::Recording, String> {
            Ok(synth_train::recording::Recording {
                name: self.0[0].clone(),
                sample_rate_hz: RATE_HZ,
                channels: vec![(0..20_000).map(tone).collect()],
            })
        }
    }

    fn write_report(folder: &Path, cancelled: bool) -> Result<Option<PathBuf>, AppError> {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("instruments/flute.synth");
        let instrument = Instrument::read(file).unwrap();
        let figures = NoteFigures {
            file: "a/tone.wav".into(),
            key: 69,
            dynamic: "mf".into(),
            f0_hz: 440.0,
            ..NoteFigures::default()
        };
        let evaluated = Evaluated {
            notes: vec![figures],
            ..Evaluated::default()
        };
        let corpus = Corpus {
            notes: vec![note()],
            files: Vec::new(),
            gain_db: GAIN_DB,
        };
        let subject = Subject {
            instrument: &instrument,
            evaluated: &evaluated,
            corpus: &corpus,
            source: &Tone(vec!["a/tone.wav".into()]),
            threads: 2,
            inputs: &[],
            cancelled: &|| cancelled,
        };
        write(folder, &subject)
    }

    #[test]
    fn a_report_is_a_page_and_two_sounds_a_note_at_the_recordings_level() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("new/report");
        let page = write_report(&place, false).unwrap().unwrap();
        let text = fs::read_to_string(&page).unwrap();
        assert!(text.contains("id=\"A4-mf\"") && text.ends_with(page::foot()));
        let read = |name: &str| -> Vec<f32> {
            let mut reader = hound::WavReader::open(place.join(name)).unwrap();
            reader.samples().map(Result::unwrap).collect()
        };
        let (real, synth) = (read("A4-mf-real.wav"), read("A4-mf-synth.wav"));
        assert_eq!((real.len(), synth.len()), (200 * 64, 200 * 64));
        // Off the ends, where a high-pass has its way.
        let middle = 3000..9000;
        for i in middle.clone() {
            assert!((real[i] - tone(1000 + i)).abs() < 1e-3);
        }
        // -25 dBA less the corpus' gain, which the instrument was driven with.
        let power: f32 = synth[middle.clone()].iter().map(|s| s * s).sum();
        let level_db = 10.0 * (power / middle.len() as f32).log10();
        assert!((-36.0..-24.0).contains(&level_db), "{level_db}");
        // Again, into the same folder.
        assert!(write_report(&place, false).unwrap().is_some());
        assert_eq!(fs::read_dir(&place).unwrap().count(), 3);
    }

    #[test]
    fn a_report_that_is_cancelled_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        assert!(write_report(folder.path(), true).unwrap().is_none());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
