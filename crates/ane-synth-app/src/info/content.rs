//! What a file holds, told by its first bytes.

use synth_io::audio_file::{AudioKind, DecodeError};

/// The kinds of files that can be told something about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// A Standard MIDI File, also inside an .rmi wrapper.
    Midi,
    /// A safetensors file, which is what a .synth file is.
    Instrument,
    /// A recording.
    Audio,
    /// Nothing that the first bytes tell; a MIDI file may still follow other bytes.
    Other,
}

/// So many bytes decide.
pub(super) const DECIDING_BYTES: usize = 12;

impl Content {
    /// By the first [`DECIDING_BYTES`], or as many as there are.
    pub(super) fn of(beginning: &[u8]) -> Self {
        let form = beginning.get(8..12);
        match beginning {
            // The length of the JSON header, then its first brace.
            [_, _, _, _, 0, 0, 0, 0, b'{', ..] => Self::Instrument,
            _ if beginning.starts_with(b"MThd") => Self::Midi,
            _ if beginning.starts_with(b"RIFF") && form == Some(b"RMID") => Self::Midi,
            // A tag in front of an MP3 file, rarely of others.
            _ if beginning.starts_with(b"ID3") => Self::Audio,
            _ if is_audio(beginning) => Self::Audio,
            _ => Self::Other,
        }
    }
}

/// Whether it is a recording, be it of a kind that is not read.
fn is_audio(beginning: &[u8]) -> bool {
    let kind = AudioKind::of(beginning);
    matches!(kind, Ok(_) | Err(DecodeError::Unsupported { .. }))
}

/// What to say to a file that is none of ours.
pub(super) fn refusal(beginning: &[u8]) -> String {
    if beginning.is_empty() {
        return "is empty; name another file".to_owned();
    }
    let others = [
        (&b"\x1f\x8b"[..], "a gzip file"),
        (b"PK\x03\x04", "a zip file"),
    ];
    let other = others
        .iter()
        .find(|(magic, _)| beginning.starts_with(magic));
    match other {
        Some((_, kind)) => {
            format!("is {kind}; unpack or convert it to a MIDI, .synth or audio file")
        }
        None => "is no MIDI file, no instrument and no audio file; name one".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_decide() {
        for (beginning, content) in [
            (&b"MThd\0\0\0\x06\0\x01\0\x02"[..], Content::Midi),
            (b"MThd", Content::Midi),
            (b"RIFF\x10\0\0\0RMID", Content::Midi),
            (b"RIFF\x10\0\0\0WAVE", Content::Audio),
            (b"RF64\xff\xff\xff\xffWAVE", Content::Audio),
            (b"\x10\x02\0\0\0\0\0\0{\"w0", Content::Instrument),
            (b"fLaC\0\0\0\x22", Content::Audio),
            (b"ID3\x04\0\0\0\0\0\0\xff\xfb", Content::Audio),
            (b"\xff\xfb\x90\x44", Content::Audio),
            (b"", Content::Other),
            (b"M", Content::Other),
            (b"RIFF\x10\0\0\0AVI ", Content::Other),
            (b"RIFF\x10\0\0\0", Content::Other),
            (b"\x10\x02\0\0\0\0\0\x01{", Content::Other),
        ] {
            assert_eq!(Content::of(beginning), content, "{beginning:?}");
        }
    }

    #[test]
    fn what_is_not_ours_is_named() {
        for (beginning, word) in [
            (&b""[..], "empty"),
            (b"PK\x03\x04", "zip"),
            (b"#!/bin/sh\n  ", "no MIDI"),
        ] {
            let refusal = refusal(beginning);
            assert!(refusal.contains(word), "{beginning:?}: {refusal}");
        }
    }
}
