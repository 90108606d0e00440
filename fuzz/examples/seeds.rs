//! Writes the inputs that the fuzzer begins with: `seeds FOLDER` makes FOLDER/TARGET/NAME for every
//! target. The bytes are always the same.

use std::fs;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use ane_synth_fuzz::tiny_instrument;
use half::f16;
use mil::Dialect;
use mil::blob::{BlobDataType, BlobWriter};
use synth_io::audio_file::has_audio_extension;
use synth_model::{BiasForm, build_weight_blob, program};
use testkit::nasty_midi;

/// Larger inputs slow the fuzzer down more than they teach it.
const MOST_BYTES: usize = 4096;

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1) else {
        eprintln!("usage: seeds FOLDER");
        return ExitCode::from(2);
    };
    match write_all(Path::new(&folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("seeds: {}: {error}", Path::new(&folder).display());
            ExitCode::from(2)
        }
    }
}

fn write_all(folder: &Path) -> io::Result<()> {
    for file in nasty_midi::files() {
        write(folder, "midi_file", file.name, &file.bytes())?;
    }
    for (name, bytes) in streams() {
        write(folder, "midi_stream", name, &bytes)?;
        write(folder, "midi_input", name, &[&[3], &bytes[..]].concat())?;
    }
    let instrument = tiny_instrument();
    write(
        folder,
        "weight_blob",
        "network",
        &build_weight_blob(&instrument.network),
    )?;
    write(folder, "weight_blob", "every-type", &every_type())?;
    write(folder, "weight_blob", "floats", &floats())?;
    for dialect in Dialect::ALL {
        let made = program(&instrument.network, 64, BiasForm::Add);
        let text = made.expect("a sound network").0.to_text(dialect);
        write(folder, "mil_text", dialect.opset(), text.as_bytes())?;
    }
    write(folder, "mil_text", "every-construct", EVERY_CONSTRUCT)?;
    write(folder, "instrument", "tiny", &instrument.to_bytes())?;
    write(folder, "event_log", "short", &event_log())?;
    for (name, format, bits) in [("u8", 1, 8), ("i16", 1, 16), ("i24", 1, 24), ("f32", 3, 32)] {
        for channels in [1, 2] {
            let name = format!("{name}-{channels}");
            write(folder, "wav", &name, &wav(format, bits, channels, false))?;
            write(
                folder,
                "wav",
                &format!("{name}-extensible"),
                &wav(format, bits, channels, true),
            )?;
            write(
                folder,
                "audio_decode",
                &name,
                &wav(format, bits, channels, true),
            )?;
        }
    }
    recordings(folder)
}

/// What no program of ours has.
const EVERY_CONSTRUCT: &[u8] = br#"program(1.0) [a = dict<string, list<tensor<int32, [2]>, ?>>({{"k", [[1, -2], []]}})]
{ func f<ios17>(state<tensor<fp16, [1, ?]>> s, tensor<uint8, []> u) [c = tuple<bool>((true))] {
  fp16 r, int4 t = lstm(x = s, y = (r, u), z = fp32(-0x1.8p-149), v = [inf, .5])[name = string("\"")];
} -> (r, t); }"#;

/// A log with a record of every kind and a few events.
fn event_log() -> Vec<u8> {
    let instrument = format!(r#"{{"name":"violin","sha256":"{}"}}"#, "0a".repeat(32));
    let lines = [
        format!(
            r#"{{"format":"ane-synth event log","version":1,"program":"x","sample_rate_hz":8000,"channels":2,"seed":1,"polyphony":8,"most_polyphony":16,"room":{{"size":0.5,"amount":0.4}},"device":"cpu","instruments":[{instrument}],"parameters":{{"volume":0.5}}}}"#
        ),
        r#"{"sample":0,"event":"note-on","channel":0,"key":60,"velocity":0.8}"#.to_owned(),
        r#"{"sample":3,"event":"pitch-bend","channel":0,"semitones":-1.5}"#.to_owned(),
        r#"{"sample":3,"event":"parameter","parameter":"polyphony","value":3.0}"#.to_owned(),
        r#"{"sample":4,"event":"shedding","level":2}"#.to_owned(),
        r#"{"sample":4,"event":"sound","channel":1,"control":"brightness","amount":1.0}"#
            .to_owned(),
        format!(
            r#"{{"sample":64,"record":"instruments","instruments":[{instrument}],"device":"cpu"}}"#
        ),
        r#"{"sample":65,"record":"retired","reason":"gone"}"#.to_owned(),
        r#"{"sample":65,"record":"remark","text":"so"}"#.to_owned(),
        r#"{"sample":800,"record":"end"}"#.to_owned(),
    ];
    lines.map(|line| line + "\n").concat().into_bytes()
}

/// The recordings of another crate's tests, which are larger than the other seeds and cannot be made
/// smaller.
fn recordings(folder: &Path) -> io::Result<()> {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/synth-io/tests/fixtures");
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        if has_audio_extension(&path) {
            let name = path.file_name().unwrap_or_default();
            fs::copy(&path, folder.join("audio_decode").join(name))?;
        }
    }
    Ok(())
}

fn write(folder: &Path, target: &str, name: &str, bytes: &[u8]) -> io::Result<()> {
    if bytes.len() > MOST_BYTES {
        return Ok(());
    }
    let folder = folder.join(target);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(name), bytes)
}

/// The choice of a renderer, then messages; F8 and FA render.
fn streams() -> Vec<(&'static str, Vec<u8>)> {
    let exclusive = |body: &[u8]| [&[0xF0], body, &[0xF7, 0xFA]].concat();
    let chord = [0x90, 60, 100, 64, 100, 67, 100, 0xFA];
    let controllers: Vec<u8> = (0..128)
        .flat_map(|n| [0xB0, n, 127 - n / 2, 0xF8])
        .collect();
    let bend = [
        0xB0, 101, 0, 100, 0, 6, 24, 38, 50, 0xE0, 0, 0, 0xFA, 127, 127, 0xFA,
    ];
    let resets = [
        exclusive(&[0x7E, 0x7F, 9, 1]),
        exclusive(&[0x7E, 0x7F, 9, 3]),
        exclusive(&[0x41, 0x10, 0x42, 0x12, 0x40, 0, 0x7F, 0, 0x41]),
        exclusive(&[0x43, 0x10, 0x4C, 0, 0, 0x7E, 0]),
    ]
    .concat();
    let masters: Vec<u8> = (1..5)
        .flat_map(|kind| exclusive(&[0x7F, 0x7F, 4, kind, 0x7F, 0x20]))
        .collect();
    let tunings = [
        exclusive(&[
            0x7F, 0x7F, 8, 8, 3, 0x7F, 0x7F, 0, 127, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
        ]),
        exclusive(&[0x7F, 0x7F, 8, 2, 0, 1, 60, 61, 1, 2]),
    ]
    .concat();
    let glide = [
        0xB0, 126, 1, 65, 127, 5, 64, 84, 30, 0x90, 60, 100, 0xFA, 72, 100, 0xFA, 72, 0,
    ];
    [
        ("controllers", &controllers[..]),
        ("bend", &bend),
        ("resets", &resets),
        ("masters", &masters),
        ("tunings", &tunings),
        ("glide", &glide),
    ]
    .into_iter()
    .zip(0..)
    .map(|((name, bytes), n)| (name, [&[n], &chord[..], bytes, &[0x80, 60, 64]].concat()))
    .collect()
}

fn every_type() -> Vec<u8> {
    let mut blob = BlobWriter::new();
    for data_type in BlobDataType::ALL {
        let payload = vec![0x5A; (24 * data_type.bits()).div_ceil(8) as usize];
        blob.add(data_type, 24, &payload).expect("the lengths fit");
    }
    blob.finish()
}

fn floats() -> Vec<u8> {
    let mut blob = BlobWriter::new();
    blob.add_fp16(&[f16::ONE; 5]);
    blob.add_fp32(&[1.0, f32::NAN, f32::INFINITY]);
    blob.finish()
}

/// 20 frames of a WAV file (Microsoft, Multimedia Programming Interface and Data Specifications
/// 1.0; the extensible form of `WAVEFORMATEXTENSIBLE`).
fn wav(format: u16, bits: u16, channels: u16, extensible: bool) -> Vec<u8> {
    let frame_bytes = channels * bits / 8;
    let data: Vec<u8> = (0..20 * frame_bytes).map(|n| (n * 37) as u8).collect();
    let tag = if extensible { 0xFFFE } else { format };
    let mut chunk = Vec::new();
    chunk.extend(tag.to_le_bytes());
    chunk.extend(channels.to_le_bytes());
    chunk.extend(44_100_u32.to_le_bytes());
    chunk.extend((44_100 * u32::from(frame_bytes)).to_le_bytes());
    chunk.extend(frame_bytes.to_le_bytes());
    chunk.extend(bits.to_le_bytes());
    if extensible {
        chunk.extend(22_u16.to_le_bytes());
        chunk.extend(bits.to_le_bytes());
        chunk.extend(u32::from(channels).to_le_bytes());
        chunk.extend(format.to_le_bytes());
        chunk.extend(b"\0\0\0\0\x10\0\x80\0\0\xAA\0\x38\x9B\x71");
    }
    let mut file = b"RIFF\0\0\0\0WAVEfmt ".to_vec();
    file.extend((chunk.len() as u32).to_le_bytes());
    file.extend(chunk);
    file.extend(b"LIST\x04\0\0\0INFOdata");
    file.extend((data.len() as u32).to_le_bytes());
    file.extend(data);
    let length = (file.len() - 8) as u32;
    file[4..8].copy_from_slice(&length.to_le_bytes());
    file
}
