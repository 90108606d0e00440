//! `ane-synth info` from outside: what it finds in files made for it, and how it refuses.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use testkit::SmfBuilder;

const ANE_SYNTH: &str = env!("CARGO_BIN_EXE_ane-synth");

/// A folder of its own with some files in it.
struct Place {
    folder: TempDir,
}

impl Place {
    fn with(files: &[(&str, &[u8])]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `ane-synth info` with these arguments and this standard input.
    fn info(&self, arguments: &[&str], input: &[u8]) -> Output {
        let mut child = Command::new(ANE_SYNTH)
            .arg("info")
            .args(arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        // It may stop reading before the end.
        let writer = std::thread::spawn(move || stdin.write_all(&input));
        let output = child.wait_with_output().unwrap();
        let _ = writer.join();
        output
    }

    fn text(&self, arguments: &[&str]) -> String {
        let output = self.info(arguments, b"");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {complaint}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.text(&[name, "--json"])).unwrap()
    }

    /// Expects exit code 2 and one line, which is returned.
    fn refuse(&self, arguments: &[&str]) -> String {
        let output = self.info(arguments, b"");
        let line = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {line}");
        assert!(
            line.starts_with("ane-synth: ") && line.lines().count() == 1,
            "{line}"
        );
        assert!(output.stdout.is_empty(), "{arguments:?}");
        line
    }
}

/// The value of the line that begins with `label`, blanks run together.
fn line<'a>(text: &'a str, label: &str) -> &'a str {
    let found = text
        .lines()
        .find_map(|line| line.trim_start().strip_prefix(label));
    found
        .unwrap_or_else(|| panic!("no {label} in {text}"))
        .trim()
}

fn meta(kind: u8, text: &[u8]) -> Vec<u8> {
    let mut event = vec![0xff, kind, text.len() as u8];
    event.extend(text);
    event
}

/// 480 ticks a quarter note: four bars of 4/4 at 120, then two of 3/4 at 60 bpm: 8 + 6 s.
fn piece() -> Vec<u8> {
    let bar = 4 * 480;
    let later = 4 * bar;
    SmfBuilder::new(1, 480)
        .event(0, &meta(3, b"A \x1b[31mpiece"))
        .event(0, &meta(2, "© nobody".as_bytes()))
        .event(0, &[0xff, 0x58, 4, 4, 2, 24, 8])
        .event(0, &[0xff, 0x59, 2, 0xfd, 1])
        .tempo(0, 500_000)
        .event(later, &[0xff, 0x58, 4, 3, 2, 24, 8])
        .tempo(later, 1_000_000)
        .event(0, &[0xf0, 5, 0x7e, 0x7f, 0x09, 0x01, 0xf7])
        .event(10, &meta(5, b"la"))
        .event(20, &meta(5, b"la"))
        .track()
        .event(0, &meta(3, b"Fiddle"))
        .event(0, &[0xc0, 43])
        .event(0, &[0xb0, 7, 100])
        .event(1, &[0xb0, 64, 127])
        .event(2, &[0xb0, 64, 0])
        .event(3, &[0xe0, 0, 64])
        .note(0, 60, 90, 0, 960)
        .note(0, 64, 90, 480, 960)
        .note(0, 67, 90, 480, 960)
        .event(960, &[0xc0, 73])
        .note(0, 96, 90, 960, 1920)
        .track()
        .note(9, 36, 100, 0, 100)
        .end_of_track(later + 2 * 3 * 480)
        .build()
}

#[test]
fn a_midi_file_is_told_in_words() {
    let place = Place::with(&[("piece", &piece())]);
    let text = place.text(&["piece"]);
    assert!(
        text.starts_with("piece: MIDI file, format 1, 3 tracks, "),
        "{text}"
    );
    // The name is shown, what it would do to the terminal is not done.
    assert!(
        line(&text, "title").starts_with("A ") && !text.contains('\x1b'),
        "{text}"
    );
    assert_eq!(line(&text, "copyright"), "© nobody");
    assert_eq!(line(&text, "length"), "14.00 s, 6 bars");
    assert_eq!(line(&text, "time"), "480 ticks a quarter note");
    assert_eq!(line(&text, "tempo"), "60.0 to 120.0 bpm, 2 tempo events");
    assert_eq!(line(&text, "metre"), "4/4, 3/4 from 8.00 s");
    assert_eq!(line(&text, "key"), "C minor");
    assert_eq!(line(&text, "notes"), "5, at most 3 at once");
    assert_eq!(line(&text, "texts"), "2 lyrics");
    assert_eq!(line(&text, "exclusive"), "GM System On");
    assert_eq!(line(&text, "track 2"), "Fiddle, 4 notes, channel 1");
    assert_eq!(
        line(&text, "channel 1 "),
        "4 notes, C4 to C7, 44 Contrabass on double-bass (3 notes), 74 Flute on flute (1 note)"
    );
    assert!(
        text.contains("volume, sustain pedal x 2, pitch bend"),
        "{text}"
    );
    assert_eq!(line(&text, "channel 10"), "1 note, C2, drums, silent");
    assert!(!text.contains("warning"), "{text}");
}

#[test]
fn a_midi_file_is_told_as_json() {
    let place = Place::with(&[("piece.mid", &piece())]);
    let json = place.json("piece.mid");
    for (key, expected) in [
        ("kind", Value::from("midi")),
        ("format", 1.into()),
        ("ticks_per_quarter", 480.into()),
        ("duration_s", 14.0.into()),
        ("bars", 6.into()),
        ("notes", 5.into()),
        ("most_notes_at_once", 3.into()),
        ("lyric_count", 2.into()),
        ("size_bytes", piece().len().into()),
        ("warnings", Value::Array(Vec::new())),
    ] {
        assert_eq!(json[key], expected, "{key}");
    }
    assert_eq!(json["tempo"]["lowest_bpm"], 60.0);
    assert_eq!(json["system_exclusive"]["GM System On"], 1);
    let channel = &json["channels"][0];
    assert_eq!(
        (&channel["number"], &channel["highest_note"]),
        (&1.into(), &"C7".into())
    );
    assert_eq!(channel["programs"][1]["instrument"], "flute");
    assert_eq!(json["channels"][1]["drum_notes"], 1);
}

#[test]
fn film_time_wrappers_and_damage_are_told() {
    let film = SmfBuilder::new(0, 0xe728).note(0, 60, 90, 0, 2000).build();
    let mut wrapped = vec![0_u8; 128];
    wrapped.extend(&film);
    let mut cut = piece();
    cut.truncate(cut.len() - 20);
    let place = Place::with(&[("film", &film), ("wrapped", &wrapped), ("cut", &cut)]);
    let text = place.text(&["film"]);
    assert_eq!(
        line(&text, "time"),
        "SMPTE, 25 frames a second, 40 ticks a frame"
    );
    assert_eq!(line(&text, "length"), "2.00 s");
    assert!(!text.contains("tempo"), "{text}");
    assert!(line(&place.text(&["wrapped"]), "warning").contains("128"));
    let json = place.json("cut");
    assert!(!json["warnings"].as_array().unwrap().is_empty(), "{json}");
}

#[test]
fn what_would_be_too_long_for_render_is_still_told() {
    let long = SmfBuilder::new(0, 1)
        .tempo(0, 0xff_ffff)
        .note(0, 60, 90, 0, 2000)
        .build();
    let place = Place::with(&[("long.mid", &long)]);
    let text = place.text(&["long.mid"]);
    assert!(line(&text, "warning").contains("--max-length"), "{text}");
}

#[test]
fn thousands_of_tracks_do_not_flood_the_screen() {
    let mut many = SmfBuilder::new(1, 96).note(0, 60, 90, 0, 96);
    for _ in 0..5000 {
        many = many.track();
    }
    let place = Place::with(&[("many.mid", &many.build())]);
    let text = place.text(&["many.mid"]);
    assert!(text.lines().count() < 100, "{}", text.lines().count());
    assert!(text.contains("4937 more tracks"), "{text}");
}

#[test]
fn an_instrument_is_told_by_name_and_by_file() {
    let bytes = include_bytes!("../instruments/alto-sax.synth");
    let place = Place::with(&[("mine", bytes)]);
    let text = place.text(&["alto-sax"]);
    let title = format!(
        "alto-sax: instrument, recorded, {:.1} kB",
        bytes.len() as f64 / 1e3
    );
    assert_eq!(text.lines().next(), Some(title.as_str()));
    assert_eq!(line(&text, "licence"), "CC0-1.0");
    assert_eq!(
        line(&text, "trained at"),
        "44.1 kHz, a frame every 64 samples"
    );
    assert_eq!(
        line(&text, "network"),
        "4 -> 64 -> 128 -> 64 -> 130 (log head: 64 partials, 65 noise bands)"
    );
    assert!(text.contains("25346 parameters, 49920 FLOPs a column"));
    for label in [
        "pitch", "loudness", "body EQ", "sustain", "attack", "release", "vibrato",
    ] {
        assert!(!line(&text, label).is_empty());
    }
    let (by_name, mut by_file) = (place.json("alto-sax"), place.json("mine"));
    assert_eq!(by_file["file"], "mine");
    by_file["file"] = "alto-sax".into();
    assert_eq!(by_name, by_file);
    assert_eq!(by_name["synthetic"], false);
    assert_eq!(
        by_name["network"]["widths"],
        serde_json::json!([4, 64, 128, 64, 130])
    );
    assert!(by_name["held_out"]["harmonic_db"].is_number());
}

/// One second of silence, two of a stereo sine of 1 kHz at -20 dBFS, half a second of silence.
fn wav(place: &Path, float: bool) {
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: 48_000,
        bits_per_sample: if float { 32 } else { 16 },
        sample_format: match float {
            true => hound::SampleFormat::Float,
            false => hound::SampleFormat::Int,
        },
    };
    let mut writer = hound::WavWriter::create(place, spec).unwrap();
    for n in 0..168_000 {
        let phase = std::f32::consts::TAU * n as f32 / 48.0;
        let sounds = (48_000..144_000).contains(&n);
        let sample = if sounds {
            0.1 * (phase + 0.1).sin()
        } else {
            0.0
        };
        for _ in 0..2 {
            match float {
                true => writer.write_sample(sample).unwrap(),
                false => writer.write_sample((sample * 32768.0) as i16).unwrap(),
            }
        }
    }
    writer.finalize().unwrap();
}

#[test]
fn a_wav_file_is_measured() {
    let place = Place::with(&[]);
    for (name, float, format) in [
        ("a", false, "48 kHz, 16-bit integers, stereo"),
        ("b", true, "48 kHz, 32-bit floats, stereo"),
    ] {
        wav(&place.path(name), float);
        let text = place.text(&[name]);
        assert!(
            text.starts_with(&format!("{name}: WAV file, 3.50 s, ")),
            "{text}"
        );
        assert_eq!(line(&text, "format"), format);
        assert_eq!(line(&text, "frames"), "168000");
        assert_eq!(
            line(&text, "silence"),
            "1.000 s at the head, 0.500 s at the tail (below -80 dBFS)"
        );
        assert!(
            !text.contains("clipped") && !text.contains("warning"),
            "{text}"
        );
        let json = place.json(name);
        let near = |key: &str, expected: f64, within: f64| {
            let value = json[key].as_f64().unwrap();
            assert!((value - expected).abs() < within, "{key}: {value}");
        };
        near("peak_dbfs", -20.0, 0.05);
        near("true_peak_dbtp", -20.0, 0.05);
        // A stereo sine of 1 kHz is as many LUFS as dBFS. Of the 23 blocks of 0.4 s, 0.1 s apart, that
        // hear it, 17 are full and three at either end hear 1/4, 1/2 and 3/4 of it.
        let blocks_db = 10.0 * (20.0_f64 / 23.0).log10();
        near("integrated_loudness_lufs", -20.0 + blocks_db, 0.1);
        assert_eq!(json["clipped_runs"], 0);
    }
}

#[test]
fn a_wav_file_s_faults_are_found() {
    let place = Place::with(&[]);
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 8_000,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut writer = hound::WavWriter::create(place.path("bad"), spec).unwrap();
    for n in 0..8_000 {
        let sample = match n {
            100 => f32::NAN,
            200..210 => 1.2,
            _ => 0.25,
        };
        writer.write_sample(sample).unwrap();
    }
    writer.finalize().unwrap();
    let text = place.text(&["bad"]);
    assert_eq!(line(&text, "clipped"), "10 samples in 1 run at full scale");
    assert!(line(&text, "warning").starts_with("1 sample NaN"), "{text}");
    assert_eq!(line(&text, "DC offset"), "-12.0 dBFS");

    let whole = fs::read(place.path("bad")).unwrap();
    fs::write(place.path("cut"), &whole[..whole.len() - 400]).unwrap();
    let text = place.text(&["cut"]);
    assert!(
        text.contains("cut short or damaged: 100 frames are missing"),
        "{text}"
    );
    fs::write(place.path("empty"), b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\0\0\0\0").unwrap();
    assert_eq!(
        line(&place.text(&["empty"]), "silence"),
        "there are no samples"
    );
}

#[test]
fn recordings_of_every_kind_are_measured() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../synth-io/tests/fixtures");
    for (name, kind, title, bits, sample_type, rate_hz) in [
        (
            "mono-16.aiff",
            "aiff",
            "AIFF",
            Some(16),
            Some("integer"),
            8_000,
        ),
        (
            "mono-float.aifc",
            "aiff",
            "AIFF",
            Some(32),
            Some("float"),
            8_000,
        ),
        (
            "mono-double.wav",
            "wav",
            "WAV",
            Some(64),
            Some("float"),
            8_000,
        ),
        (
            "stereo-16.flac",
            "flac",
            "FLAC",
            Some(16),
            Some("integer"),
            22_050,
        ),
        ("mono.mp3", "mp3", "MP3", None, None, 44_100),
        ("mono.ogg", "ogg", "Ogg", None, None, 44_100),
    ] {
        let place = Place::with(&[("named.mid", &fs::read(fixtures.join(name)).unwrap())]);
        let facts = place.json("named.mid");
        assert_eq!(facts["kind"], kind, "{name}");
        assert_eq!(facts["bits"].as_u64(), bits, "{name}");
        assert_eq!(facts["sample_type"].as_str(), sample_type, "{name}");
        assert_eq!(facts["sample_rate_hz"], rate_hz, "{name}");
        let duration_s = facts["duration_s"].as_f64().unwrap();
        assert!((duration_s - 0.3).abs() < 0.03, "{name}: {duration_s}");
        let peak_dbfs = facts["peak_dbfs"].as_f64().unwrap();
        assert!((-8.0..-4.0).contains(&peak_dbfs), "{name}: {peak_dbfs}");
        assert_eq!(facts["warnings"], serde_json::json!([]), "{name}");
        let text = place.text(&["named.mid"]);
        let begins = format!("named.mid: {title} file, 0.30 s, ");
        assert!(text.starts_with(&begins), "{text}");
    }
}

#[test]
fn standard_input_is_looked_into() {
    let place = Place::with(&[]);
    wav(&place.path("a.wav"), false);
    let sound = fs::read(place.path("a.wav")).unwrap();
    for (input, kind) in [
        (piece(), "midi"),
        (
            include_bytes!("../instruments/double-bass.synth").to_vec(),
            "instrument",
        ),
        (sound, "wav"),
    ] {
        let output = place.info(&["-", "--json"], &input);
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(
            (&json["kind"], &json["file"]),
            (&kind.into(), &"standard input".into())
        );
        assert_eq!(json["size_bytes"], input.len());
    }
    let output = place.info(&["-"], b"");
    assert_eq!(output.status.code(), Some(2));
    let line = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        line,
        "ane-synth: standard input: is empty; name another file\n"
    );
}

#[test]
fn one_bad_file_does_not_stop_the_others() {
    let place = Place::with(&[
        ("a.mid", &piece()),
        ("b.mid", b"nothing"),
        ("c.mid", &piece()),
    ]);
    let output = place.info(&["a.mid", "b.mid", "nowhere", "c.mid", "flute"], b"");
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stdout).unwrap();
    for title in ["a.mid: MIDI", "c.mid: MIDI", "flute: instrument"] {
        assert!(text.contains(title), "{text}");
    }
    let complaints = String::from_utf8(output.stderr).unwrap();
    let lines: Vec<&str> = complaints.lines().collect();
    assert_eq!(lines.len(), 2, "{complaints}");
    assert!(
        lines[0].starts_with("ane-synth: b.mid: ") && lines[1].starts_with("ane-synth: nowhere: ")
    );

    let output = place.info(&["a.mid", "b.mid", "flute", "--json"], b"");
    assert_eq!(output.status.code(), Some(2));
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let kinds: Vec<&Value> = json
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["kind"])
        .collect();
    assert_eq!(kinds, ["midi", "error", "instrument"]);
}

#[test]
fn what_is_none_of_ours_is_one_line() {
    let place = Place::with(&[
        ("text.mid", b"to be or not to be"),
        ("empty.wav", b""),
        ("song.flac", b"fLaC\0\0\0\x22 and so on"),
        (
            "cut.synth",
            &include_bytes!("../instruments/alto-sax.synth")[..2000],
        ),
        ("header.mid", b"MThd\0\0\0\x06\0\0"),
        ("header.wav", b"RIFF\x24\0\0\0WAVEfmt \x10\0"),
    ]);
    for name in [
        "text.mid",
        "empty.wav",
        "song.flac",
        "cut.synth",
        "header.mid",
        "header.wav",
        ".",
    ] {
        for arguments in [&[name][..], &[name, "--json"]] {
            let line = place.refuse(arguments);
            assert!(line.contains(&format!(": {name}: ")), "{line}");
        }
    }
    assert!(place.refuse(&[]).contains("see ane-synth"));
    assert!(place.refuse(&["-", "-"]).contains("only once"));
}

/// Damaged copies: told, or refused in one line, and nothing else.
#[test]
fn damaged_files_never_end_in_a_panic() {
    let place = Place::with(&[]);
    wav(&place.path("a.wav"), false);
    let sound = fs::read(place.path("a.wav")).unwrap();
    let instrument = include_bytes!("../instruments/alto-sax.synth").to_vec();
    let mut state = 1_u64;
    let mut random = move |below: usize| {
        // Knuth's MMIX linear congruential generator.
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (state >> 33) as usize % below
    };
    for whole in [piece(), instrument, sound[..2000].to_vec()] {
        for _ in 0..40 {
            let mut bytes = whole.clone();
            for _ in 0..1 + random(8) {
                let reach = if random(2) == 0 { 64 } else { bytes.len() };
                let at = random(reach.min(bytes.len()));
                bytes[at] = random(256) as u8;
            }
            if random(4) == 0 {
                bytes.truncate(random(bytes.len()));
            }
            fs::write(place.path("x"), &bytes).unwrap();
            let output = place.info(&["x", "--json"], b"");
            let complaint = String::from_utf8(output.stderr).unwrap();
            match output.status.code() {
                Some(0) => drop(serde_json::from_slice::<Value>(&output.stdout).unwrap()),
                Some(2) => assert_eq!(complaint.lines().count(), 1, "{complaint}"),
                other => panic!("{other:?}: {complaint}"),
            }
        }
    }
}
