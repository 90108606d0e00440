//! Recordings of a soundfont as WAV files.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufReader, Cursor, Read, Seek};
use std::path::Path;

use crate::soundfont::{Sample, Side, Soundfont};

/// Writes every sample of the soundfont `file` whose name begins with `prefix` into the folder
/// `out`, both sides of a pair into one file. Answers how many files there are.
pub(crate) fn extract(file: &Path, prefix: &str, out: &Path) -> Result<usize, String> {
    let about = |what: &dyn std::fmt::Display| format!("{}: {what}", file.display());
    let opened = File::open(file).map_err(|error| {
        about(&format_args!(
            "cannot be read ({error}); check that it exists and may be read"
        ))
    })?;
    let mut soundfont = Soundfont::open(BufReader::new(opened)).map_err(|error| about(&error))?;
    let chosen = choose(soundfont.samples(), prefix);
    if chosen.is_empty() {
        return Err(about(&format_args!(
            "no sample's name begins with {prefix:?}; look the names up in a soundfont editor"
        )));
    }
    fs::create_dir_all(out).map_err(|error| format!("{}: {error}", out.display()))?;
    for Take { name, left, right } in &chosen {
        let bytes = take(&mut soundfont, left, right.as_ref())
            .map_err(|error| about(&format_args!("sample {:?}: {error}", left.name)))?;
        write_whole(&out.join(name).with_added_extension("wav"), &bytes)?;
    }
    Ok(chosen.len())
}

/// What goes into one file.
#[derive(Debug, PartialEq, Eq)]
struct Take {
    /// Name of the file without its extension.
    name: String,
    /// The left side, or all there is.
    left: Sample,
    right: Option<Sample>,
}

fn choose(samples: &[Sample], prefix: &str) -> Vec<Take> {
    let mut taken = BTreeSet::new();
    let mut chosen = Vec::new();
    for sample in samples {
        let other = partner(samples, sample);
        // The left side brings the right one.
        if !sample.name.starts_with(prefix) || (sample.side == Side::Right && other.is_some()) {
            continue;
        }
        let stem = match other {
            Some(_) => sample.name.trim_end_matches("(L)"),
            None => &sample.name,
        };
        let stem = file_stem(stem);
        let mut name = stem.clone();
        for number in 2.. {
            // File systems may not tell capitals from small letters.
            if taken.insert(name.to_lowercase()) {
                break;
            }
            name = format!("{stem}-{number}");
        }
        chosen.push(Take {
            name,
            left: sample.clone(),
            right: other.cloned(),
        });
    }
    chosen
}

/// The other side of `sample`, where both agree that they are a pair and can share a file.
fn partner<'a>(samples: &'a [Sample], sample: &Sample) -> Option<&'a Sample> {
    let other = samples.get(sample.partner?)?;
    let back = samples.get(other.partner?)?;
    let sides = [sample.side, other.side];
    let alike = back == sample
        && (sides == [Side::Left, Side::Right] || sides == [Side::Right, Side::Left])
        && other.sample_rate_hz == sample.sample_rate_hz
        && other.end.checked_sub(other.start) == sample.end.checked_sub(sample.start);
    alike.then_some(other)
}

/// A name that every file system takes.
fn file_stem(name: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || " #-_".contains(c);
    let stem: String = name
        .chars()
        .map(|c| if safe(c) { c } else { '_' })
        .collect();
    match stem.trim() {
        "" => "sample".to_owned(),
        stem => stem.to_owned(),
    }
}

/// A WAV file of one or two sides.
fn take(
    soundfont: &mut Soundfont<impl Read + Seek>,
    left: &Sample,
    right: Option<&Sample>,
) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let sides = match right {
        Some(right) => vec![soundfont.read(left)?, soundfont.read(right)?],
        None => vec![soundfont.read(left)?],
    };
    let format = hound::WavSpec {
        channels: sides.len() as u16,
        sample_rate: left.sample_rate_hz,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut bytes, format)?;
    for frame in 0..sides[0].len() {
        for side in &sides {
            writer.write_sample(side[frame])?;
        }
    }
    writer.finalize()?;
    Ok(bytes.into_inner())
}

/// Writes beside `path` first, so that it is there whole or not at all.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let partial = path.with_added_extension("partial");
    let written = fs::write(&partial, bytes).and_then(|()| fs::rename(&partial, path));
    written.map_err(|error| {
        // What is left of it is of no use; that it cannot be removed either adds nothing.
        let _ = fs::remove_file(&partial);
        format!(
            "{}: cannot be written ({error}); choose another folder or make room",
            path.display()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::soundfont::tests::soundfont;

    fn files(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn pairs_become_stereo_and_names_safe() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("odd.sf2");
        let ramp: Vec<i16> = (0..60).collect();
        let bytes = soundfont(
            &ramp,
            &[
                ("E's Horn D5(R)", 20..30, 2, 0),
                ("E's Horn D5(L)", 10..20, 4, 0),
                ("E's Horn C/4", 0..10, 1, 0),
                ("E's Horn C_4", 0..10, 1, 0),
                ("E's Horn F5(L)", 30..40, 4, 0),
                ("E's Horn F5(R)", 40..55, 2, 0),
                ("Tuba", 0..10, 1, 0),
            ],
        );
        fs::write(&file, bytes).unwrap();
        let out = folder.path().join("new/wav");
        assert_eq!(extract(&file, "E's Horn", &out), Ok(5));
        // Sides of different lengths are no pair.
        let expected = [
            "E_s Horn C_4-2.wav",
            "E_s Horn C_4.wav",
            "E_s Horn D5.wav",
            "E_s Horn F5_L_.wav",
            "E_s Horn F5_R_.wav",
        ];
        assert_eq!(files(&out), expected);
        let stereo = hound::WavReader::open(out.join("E_s Horn D5.wav")).unwrap();
        assert_eq!(stereo.spec().channels, 2);
        assert_eq!(stereo.spec().sample_rate, 32_000);
        let samples: Vec<i16> = stereo.into_samples().map(Result::unwrap).collect();
        assert_eq!(samples[..4], [10, 20, 11, 21]);
        assert_eq!(samples.len(), 20);
    }

    #[test]
    fn what_cannot_be_done_is_said_in_one_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("odd.sf2");
        let line = |prefix: &str| extract(&file, prefix, folder.path()).unwrap_err();
        assert!(line("").contains("cannot be read"));
        fs::write(&file, b"RIFFxxxx").unwrap();
        assert!(line("").contains("odd.sf2: is no soundfont"));
        fs::write(&file, soundfont(&[1, 2], &[("a", 0..2, 1, 0)])).unwrap();
        assert!(line("b").contains("no sample's name begins with \"b\""));
        fs::write(&file, soundfont(&[1, 2], &[("a", 0..3, 1, 0)])).unwrap();
        assert!(line("a").contains("lies outside"));
        assert_eq!(files(folder.path()), ["odd.sf2"]);
    }
}
