//! What kind of audio a file holds, told by its first bytes.

use std::path::Path;

use super::error::DecodeError;

/// A kind of audio file that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AudioKind {
    /// RIFF WAVE.
    Wav,
    /// FLAC (RFC 9639) in its own container.
    Flac,
    /// AIFF and AIFF-C.
    Aiff,
    /// MPEG-1, -2 and -2.5 layer III.
    Mp3,
    /// Ogg with Vorbis or FLAC in it.
    Ogg,
}

/// So many bytes decide.
pub(super) const DECIDING_BYTES: usize = 12;

impl AudioKind {
    /// What people call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Wav => "WAV",
            Self::Flac => "FLAC",
            Self::Aiff => "AIFF",
            Self::Mp3 => "MP3",
            Self::Ogg => "Ogg",
        }
    }

    /// By the first 12 bytes of a file, or as many as there are; what the file is called does not
    /// matter. A tag of the ID3v2 kind at the beginning hides the kind: it must be passed over first.
    ///
    /// ```
    /// use synth_io::audio_file::AudioKind;
    /// assert_eq!(AudioKind::of(b"fLaC\0\0\0\x22").unwrap(), AudioKind::Flac);
    /// assert!(AudioKind::of(b"MThd\0\0\0\x06").is_err());
    /// ```
    ///
    /// # Errors
    /// [`DecodeError::NotAudio`], [`DecodeError::Unsupported`] or [`DecodeError::Empty`].
    pub fn of(beginning: &[u8]) -> Result<Self, DecodeError> {
        let form = beginning.get(8..12).unwrap_or_default();
        let not_audio = |what| Err(DecodeError::NotAudio { what });
        match beginning {
            [] => Err(DecodeError::Empty),
            [b'f', b'L', b'a', b'C', ..] => Ok(Self::Flac),
            [b'O', b'g', b'g', b'S', ..] => Ok(Self::Ogg),
            [b'R', b'I', b'F', b'F', ..] if form == b"WAVE" => Ok(Self::Wav),
            [b'R', b'F', b'6', b'4', ..] | [b'B', b'W', b'6', b'4', ..] if form == b"WAVE" => {
                Err(DecodeError::Unsupported {
                    what: "a kind of WAV for huge files".to_owned(),
                })
            }
            [b'R', b'I', b'F', b'X', ..] if form == b"WAVE" => Err(DecodeError::Unsupported {
                what: "a kind of WAV of old machines".to_owned(),
            }),
            [b'F', b'O', b'R', b'M', ..] if form == b"AIFF" || form == b"AIFC" => Ok(Self::Aiff),
            [b'M', b'T', b'h', b'd', ..] => not_audio("a MIDI file"),
            [_, _, _, _, b'f', b't', b'y', b'p', ..] => {
                not_audio("an MPEG-4 file (M4A or the like)")
            }
            [0x1A, 0x45, 0xDF, 0xA3, ..] => not_audio("a Matroska or WebM file"),
            [b'c', b'a', b'f', b'f', ..] => not_audio("a Core Audio file"),
            [0x30, 0x26, 0xB2, 0x75, ..] => not_audio("a Windows Media file"),
            [0xFF, second, third, ..] => match mpeg_layer(*second, *third) {
                Some(3) => Ok(Self::Mp3),
                Some(_) => Err(DecodeError::Unsupported {
                    what: "MPEG audio of layer I or II".to_owned(),
                }),
                None => not_audio("no audio file that is known here"),
            },
            _ => not_audio("no audio file that is known here"),
        }
    }
}

/// The layer that the bytes of an MPEG audio frame's header after the first say, if it is a header:
/// eleven bits of synchronisation, version, layer, no forbidden bit rate or sample rate (ISO/IEC
/// 11172-3, 2.4.1.3).
fn mpeg_layer(second: u8, third: u8) -> Option<u8> {
    let (version, layer) = (second >> 3 & 3, second >> 1 & 3);
    let sound =
        second >= 0xE0 && version != 1 && layer != 0 && third >> 4 != 15 && third >> 2 & 3 != 3;
    sound.then_some(4 - layer)
}

/// Whether a file is called like one that [`decode_audio`](super::decode_audio) may read: `.wav`,
/// `.wave`, `.flac`, `.aif`, `.aiff`, `.aifc`, `.mp3`, `.ogg` or `.oga`, in any case.
#[must_use]
pub fn has_audio_extension(path: &Path) -> bool {
    const EXTENSIONS: [&str; 9] = [
        "wav", "wave", "flac", "aif", "aiff", "aifc", "mp3", "ogg", "oga",
    ];
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| {
        EXTENSIONS
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_decide() {
        for (beginning, kind) in [
            (&b"RIFF\x10\0\0\0WAVEfmt "[..], AudioKind::Wav),
            (b"fLaC", AudioKind::Flac),
            (b"FORM\0\0\0\x10AIFF", AudioKind::Aiff),
            (b"FORM\0\0\0\x10AIFC", AudioKind::Aiff),
            (b"\xff\xfb\x90\x44", AudioKind::Mp3),
            (b"\xff\xf3\x40\xc4", AudioKind::Mp3),
            (b"\xff\xe3\x18\xc4", AudioKind::Mp3),
            (b"OggS\0\x02", AudioKind::Ogg),
        ] {
            assert_eq!(AudioKind::of(beginning).unwrap(), kind, "{beginning:?}");
        }
    }

    #[test]
    fn what_is_no_audio_is_named() {
        for (beginning, word) in [
            (&b""[..], "is empty"),
            (b"R", "no audio"),
            (b"RIFF\x10\0\0\0AVI ", "no audio"),
            (b"RF64\xff\xff\xff\xffWAVE", "huge"),
            (b"\0\0\0\x20ftypM4A ", "MPEG-4"),
            (b"\xff\xfd\x90\x44", "layer I or II"),
            (b"\xff\xeb\x90\x44", "no audio"),
            (b"\xff\xfb\xf0\x44", "no audio"),
            (b"\xff\xfb\x9c\x44", "no audio"),
            (b"\xff\xd8\xff\xe0", "no audio"),
            (b"MThd", "MIDI"),
        ] {
            let error = AudioKind::of(beginning).unwrap_err().to_string();
            assert!(error.contains(word), "{beginning:?}: {error}");
        }
    }

    #[test]
    fn names_of_audio_files_are_known() {
        for name in ["a.wav", "A.WAV", "b.c.Flac", "d/e.AIF", "f.mp3", "g.ogg"] {
            assert!(has_audio_extension(Path::new(name)), "{name}");
        }
        for name in ["wav", ".wav", "a.mid", "a.wav.txt", "a.", "a.m4a"] {
            assert!(!has_audio_extension(Path::new(name)), "{name}");
        }
    }
}
