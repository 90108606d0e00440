//! Every shared recording holds one note, at the pitch that its name says.

use std::fs::File;
use std::path::{Path, PathBuf};

use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::formats::{FormatReader, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::default::codecs::FlacDecoder;
use symphonia::default::formats::FlacReader;
use synth_train::recording::{NameHints, Recording, find_notes};

fn decode(path: &Path) -> Recording {
    let stream = MediaSourceStream::new(Box::new(File::open(path).unwrap()), Default::default());
    let mut reader = FlacReader::try_new(stream, Default::default()).unwrap();
    let track = reader.default_track(TrackType::Audio).unwrap();
    let parameters = track.codec_params.as_ref().unwrap().audio().unwrap();
    let sample_rate_hz = parameters.sample_rate.unwrap();
    let mut decoder = FlacDecoder::try_new(parameters, &AudioDecoderOptions::default()).unwrap();
    let mut samples: Vec<f32> = Vec::new();
    let mut block: Vec<f32> = Vec::new();
    while let Some(packet) = reader.next_packet().unwrap() {
        let decoded = decoder.decode(&packet).unwrap();
        decoded.copy_to_vec_interleaved(&mut block);
        samples.extend(&block);
    }
    Recording {
        name: path.file_name().unwrap().to_string_lossy().into_owned(),
        sample_rate_hz,
        channels: vec![samples],
    }
}

fn files() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/recordings");
    let mut files = Vec::new();
    for folder in ["alto-sax", "double-bass", "flute"] {
        let Ok(entries) = root.join(folder).read_dir() else {
            println!("{} is not here", root.join(folder).display());
            continue;
        };
        files.extend(entries.map(|entry| entry.unwrap().path()));
    }
    files.sort();
    files
}

/// What is wrong with what was found in one file.
fn fault(recording: &Recording, hints: &NameHints, key: u8) -> Option<String> {
    let name = &recording.name;
    let findings = match find_notes(recording, hints) {
        Ok(findings) => findings,
        Err(problem) => return Some(format!("{name} {problem}")),
    };
    let [note] = &findings.notes[..] else {
        return Some(format!(
            "{name}: {} notes {:?}",
            findings.notes.len(),
            findings
        ));
    };
    let named_hz = 440.0 * ((f64::from(key) - 69.0) / 12.0).exp2();
    let cents = 1200.0 * (note.f0_hz / named_hz).log2();
    let length = recording.channels[0].len();
    let covers = note.start <= length / 20 && note.end >= length * 4 / 5;
    if cents.abs() > 60.0 || note.clarity < 0.9 || !covers || !findings.warnings.is_empty() {
        return Some(format!(
            "{name}: {cents:+.0} cents, of {length} samples {findings:?}"
        ));
    }
    None
}

#[test]
fn every_shared_recording_holds_the_note_of_its_name() {
    let (mut faults, mut faults_without) = (Vec::new(), Vec::new());
    let files = files();
    for path in &files {
        let recording = decode(path);
        let hints = NameHints::from_name(&recording.name);
        let key = hints
            .key
            .expect("the shared files are named by their pitch");
        faults.extend(fault(&recording, &hints, key));
        faults_without.extend(fault(&recording, &NameHints::default(), key));
    }
    println!("{} recordings", files.len());
    assert!(faults.is_empty(), "{faults:#?}");
    // Through a soft A3 of the bass its open A1 string sounds: without the name it is heard as A2.
    let open_string = |fault: &String| fault.starts_with("A3-p-up.flac: -120");
    assert!(
        faults_without.iter().all(open_string),
        "{faults_without:#?}"
    );
}
