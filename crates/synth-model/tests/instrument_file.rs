//! The instrument file: exact round trips, deterministic bytes, clear refusals.

#[allow(dead_code)]
mod example;

use example::{instrument, small_shape};
use half::f16;
use safetensors::SafeTensors;
use synth_model::{Instrument, InstrumentError, Metadata, MetadataError, ModelShape};

#[test]
fn a_file_gives_the_same_instrument_and_the_same_bytes_again() {
    let odd = ModelShape {
        hidden: vec![],
        partials: 5,
        noise_bands: 9,
        ..ModelShape::instrument()
    };
    for shape in [
        ModelShape::instrument(),
        ModelShape::classic(),
        small_shape(),
        odd,
    ] {
        let instrument = instrument(shape, 11);
        let bytes = instrument.to_bytes();
        let again = Instrument::from_bytes(&bytes).unwrap();
        assert_eq!(again, instrument);
        for _ in 0..20 {
            // A hash map's order would differ here sooner or later.
            assert_eq!(again.clone().to_bytes(), bytes);
        }
    }
}

#[test]
fn the_file_is_plain_safetensors_with_aligned_data() {
    let instrument = instrument(ModelShape::instrument(), 1);
    let bytes = instrument.to_bytes();
    assert!(bytes.len() < 70_000, "{} bytes", bytes.len());
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let w3 = file.tensor("w3").unwrap();
    assert_eq!(
        (w3.dtype(), w3.shape()),
        (safetensors::Dtype::F16, &[130, 64][..])
    );
    let payload: Vec<u8> = instrument.network.layers[3]
        .weight
        .iter()
        .flat_map(|w| w.to_le_bytes())
        .collect();
    assert_eq!(w3.data(), payload);
    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    let keys = header.metadata().as_ref().unwrap();
    assert_eq!(keys["format_version"], "2");
    assert_eq!(keys["shape.hidden"], "64,128,64");
    assert_eq!(keys["mood"], instrument.metadata.unknown["mood"]);
    let header_length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    for (name, view) in file.tensors() {
        let offset = view.data().as_ptr() as usize - bytes.as_ptr() as usize;
        let size = if view.dtype() == safetensors::Dtype::F32 {
            4
        } else {
            2
        };
        assert!(
            offset.is_multiple_of(size) && offset >= 8 + header_length,
            "{name}"
        );
    }
}

/// The file with its JSON header changed as text.
fn with_header(bytes: &[u8], change: impl Fn(String) -> String) -> Vec<u8> {
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header = String::from_utf8(bytes[8..8 + length].to_vec()).unwrap();
    let header = change(header).into_bytes();
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header);
    file.extend(&bytes[8 + length..]);
    file
}

fn refusal(bytes: &[u8]) -> String {
    Instrument::from_bytes(bytes)
        .expect_err("refused")
        .to_string()
}

#[test]
fn refusals_say_what_is_wrong() {
    let good = instrument(small_shape(), 1);
    let bytes = good.to_bytes();
    let replaced = |from: &str, to: &str| {
        let file = with_header(&bytes, |header| {
            assert!(header.contains(from), "{from} in {header}");
            header.replacen(from, to, 1)
        });
        refusal(&file)
    };
    let says = |message: String, parts: &[&str]| {
        for part in parts {
            assert!(message.contains(part), "{part:?} is not in {message:?}");
        }
    };
    let version = r#""format_version":"2""#;
    says(
        replaced(version, r#""format_version":"1""#),
        &["version \"1\"", "train an older instrument again"],
    );
    says(
        replaced(version, r#""format_version":"3""#),
        &["version \"3\"", "update the program"],
    );
    says(replaced(version, r#""format_version":"2 ""#), &["version"]);
    says(
        replaced("format_version", "other"),
        &["no ane-synth instrument"],
    );
    says(
        replaced(r#""licence":"MIT""#, r#""licence":"""#),
        &["licence"],
    );
    says(replaced(r#""author""#, r#""autor""#), &["author"]);
    says(
        replaced(r#""shape.hidden":"3""#, r#""shape.hidden":"4""#),
        &["layer 0", "(4, 4)"],
    );
    says(
        replaced(r#""shape.hidden":"3""#, r#""shape.hidden":"3,3""#),
        &["\"w2\"", "missing"],
    );
    says(
        replaced(r#""shape.hidden":"3""#, r#""shape.hidden":"""#),
        &["layer 0"],
    );
    says(
        replaced(
            r#""shape.partials":"4""#,
            r#""shape.partials":"99999999999""#,
        ),
        &["partials"],
    );
    says(
        replaced(r#""shape.head":"log""#, r#""shape.head":"loud""#),
        &["shape.head", "loud"],
    );
    says(replaced(r#""w1""#, r#""w9""#), &["\"w1\"", "missing"]);
    says(
        replaced(r#""ranges.f0_lo_hz":"55""#, r#""ranges.f0_lo_hz":"5500""#),
        &["f0 range"],
    );
    says(
        replaced(r#""ranges.f0_lo_hz":"55""#, r#""ranges.f0_lo_hz":"NaN""#),
        &["f0 range"],
    );
    says(
        replaced(r#""attack_step_s":"0.02""#, r#""attack_step_s":"x""#),
        &["attack_step_s"],
    );
    says(replaced(r#""hop":"64""#, r#""hop":"0""#), &["hop"]);
    says(
        replaced(r#""shape":[3,2,1]"#, r#""shape":[2,3,1]"#),
        &["sustain_db.values", "3 by 2"],
    );
    says(replaced(r#""dtype":"F16""#, r#""dtype":"I16""#), &["I16"]);
    says(refusal(b""), &["shorter than 8"]);
    says(refusal(&[0xff; 64]), &["header claims"]);
    says(refusal(&bytes[..bytes.len() - 1]), &["damaged"]);
    says(refusal(b"RIFF____WAVEfmt "), &["safetensors"]);
    let broken = |change: fn(&mut Instrument)| {
        let mut instrument = good.clone();
        change(&mut instrument);
        assert!(instrument.check().is_err());
        refusal(&instrument.to_bytes())
    };
    says(
        broken(|i| i.network.layers[1].weight[2] = f16::NAN),
        &["weight 2 of layer 1"],
    );
    says(
        broken(|i| i.body_eq.gain_db[7] = f32::INFINITY),
        &["body EQ", "point 7"],
    );
    says(
        broken(|i| i.ranges.loudness_hi_db = -90.0),
        &["loudness range"],
    );
    says(broken(|i| i.ranges.velocity_hi = 2.0), &["velocity range"]);
    says(
        broken(|i| i.outputs.hi.truncate(3)),
        &["output ranges", "3"],
    );
    says(
        broken(|i| i.outputs.lo[4] = f32::NAN),
        &["output ranges", "row 4"],
    );
    says(
        broken(|i| i.outputs.lo[5] = 1e3),
        &["output ranges", "row 5", "1000"],
    );
    says(
        broken(|i| i.expression.attack_step_s = 0.0),
        &["attack's time step"],
    );
    says(
        broken(|i| i.expression.vibrato = i.expression.drift.clone()),
        &["vibrato", "4"],
    );
    says(broken(|i| i.metadata.name.clear()), &["name"]);
    says(broken(|i| i.metadata.programs.push(200)), &["200"]);
    let mut five = instrument(
        ModelShape {
            inputs: 5,
            ..small_shape()
        },
        1,
    );
    five.metadata.name = "five".to_owned();
    says(refusal(&five.to_bytes()), &["5 inputs", "four features"]);
}

/// Text of the file that gets into a message must not break its line, write to the terminal or
/// bury the message.
#[test]
fn refusals_are_one_short_line() {
    let bytes = instrument(small_shape(), 1).to_bytes();
    let long = "x".repeat(10_000);
    for (from, to) in [
        ("\"F16\"", r#""a\nb\u001b[2J\u007f\u009b""#.to_owned()),
        ("\"F16\"", format!("\"{long}\"")),
        ("\"dtype\"", format!("\"{long}\"")),
        ("\"4.321\"", "\"many\"".to_owned()),
        (
            "held_out.harmonic_error_db\":\"4",
            format!("held_out.\\n{long}\":\"x"),
        ),
        (
            "held_out.harmonic_error_db\":\"4.321",
            format!("held_out.{long}\":\"inf"),
        ),
        ("\"w0\"", format!("\"\\n{long}\"")),
        ("\"hop\":\"64\"", format!("\"hop\":\"\\n{long}\"")),
    ] {
        let file = with_header(&bytes, |header| {
            assert!(header.contains(from), "{from} in {header}");
            header.replacen(from, &to, 1)
        });
        let message = refusal(&file);
        assert!(message.len() < 400, "{} bytes: {message}", message.len());
        assert!(!message.contains(char::is_control), "{message:?}");
    }
}

#[test]
fn unknown_tensors_are_refused() {
    let bytes = instrument(small_shape(), 1).to_bytes();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let end = bytes.len() - 8 - length;
    let mut file = with_header(&bytes, |header| {
        let extra = format!(
            r#"{{"zither":{{"dtype":"F32","shape":[1],"data_offsets":[{end},{}]}},"#,
            end + 4
        );
        header.replacen('{', &extra, 1)
    });
    file.extend([0; 4]);
    assert!(refusal(&file).contains("zither"));
}

#[test]
fn unknown_metadata_survive() {
    let bytes = instrument(small_shape(), 1).to_bytes();
    let file = with_header(&bytes, |header| {
        header.replacen(r#""mood":"#, r#""from.the.future":"a \"flux\"","mood":"#, 1)
    });
    let read = Instrument::from_bytes(&file).unwrap();
    assert_eq!(read.metadata.unknown["from.the.future"], "a \"flux\"");
    assert_eq!(read.metadata.unknown.len(), 2);
    let again = Instrument::from_bytes(&read.to_bytes()).unwrap();
    assert_eq!(again, read);
}

/// An instrument of the most layers, with this text among its unknown metadata.
fn with_text(text: String) -> Instrument {
    let deep = ModelShape {
        hidden: vec![3; ModelShape::MAX_LAYERS - 1],
        ..small_shape()
    };
    let mut instrument = instrument(deep, 1);
    instrument.metadata.unknown.insert("text".to_owned(), text);
    instrument
}

#[test]
fn what_passes_the_check_is_kept_and_what_does_not_is_refused() {
    let error = with_text("a".repeat(Metadata::MAX_BYTES)).check();
    let Err(InstrumentError::Metadata(MetadataError::TooLong(bytes))) = error else {
        panic!("{error:?}");
    };
    // What the other fields take, as stored.
    let rest = bytes - Metadata::MAX_BYTES;
    for letter in ["a", "\"", "\u{1}", "\u{1F3BB}"] {
        let stored = match letter {
            "\"" => 2,
            "\u{1}" => 6,
            _ => letter.len(),
        };
        let count = (Metadata::MAX_BYTES - rest) / stored;
        let longest = with_text(letter.repeat(count));
        longest.check().unwrap();
        assert_eq!(
            Instrument::from_bytes(&longest.to_bytes()).unwrap(),
            longest
        );
        let longer = with_text(letter.repeat(count + 1));
        for error in [
            longer.check(),
            Instrument::from_bytes(&longer.to_bytes()).map(drop),
        ] {
            let message = error.unwrap_err().to_string();
            assert!(message.contains("shorten the texts"), "{message}");
        }
    }

    let mut instrument = with_text(String::new());
    for key in ["hop", "shape.head", "ranges.x", "training.x", "held_out.x"] {
        instrument
            .metadata
            .unknown
            .insert(key.to_owned(), "1".to_owned());
        assert!(
            matches!(
                instrument.check(),
                Err(InstrumentError::Metadata(MetadataError::Reserved(_)))
            ),
            "{key}"
        );
        instrument.metadata.unknown.remove(key);
    }
    instrument.check().unwrap();
    // The same key in a file, where it would come to stand among the unknown ones.
    let file = with_header(&instrument.to_bytes(), |header| {
        header.replacen(r#""mood":"#, r#""shape.colour":"1","mood":"#, 1)
    });
    assert!(refusal(&file).contains("shape.colour"));
}

#[test]
fn headers_beyond_a_mebibyte_are_refused() {
    let good = instrument(small_shape(), 1);
    let padded = |length: usize| {
        with_header(&good.to_bytes(), |mut header| {
            header.extend(std::iter::repeat_n(' ', length - header.len()));
            header
        })
    };
    assert_eq!(Instrument::from_bytes(&padded(1 << 20)).unwrap(), good);
    let message = refusal(&padded((1 << 20) + 8));
    assert!(message.contains("header claims 1048584 bytes"), "{message}");
}

#[test]
fn reading_a_path_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("example.synth");
    let instrument = instrument(ModelShape::instrument(), 1);
    std::fs::write(&path, instrument.to_bytes()).unwrap();
    assert_eq!(Instrument::read(&path).unwrap(), instrument);
    std::fs::write(&path, b"nothing").unwrap();
    for path in [path, folder.path().join("absent.synth")] {
        let error = Instrument::read(&path).unwrap_err();
        assert!(matches!(error, InstrumentError::InFile { .. }));
        assert!(
            error.to_string().contains(path.to_str().unwrap()),
            "{error}"
        );
    }
}
