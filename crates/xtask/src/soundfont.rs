//! The recordings inside a soundfont (SoundFont Technical Specification 2.04, 2006, sections 4 to 7).
//! Only the sample headers and the samples are read: an instrument is made from the recordings, not
//! from what a soundfont makes of them.

use std::io::{self, Read, Seek, SeekFrom};

use crate::riff::{Chunk, chunks, form};

/// Bytes of a sample header (section 7.10).
const HEADER_BYTES: u64 = 46;
/// More sample headers than this cannot be referred to: a generator names them with 16 bits.
const MOST_HEADERS: u64 = 65_536;

/// Which side of a pair a sample is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Mono,
    Left,
    Right,
}

/// One recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sample {
    /// As the header has it, up to 20 characters.
    pub(crate) name: String,
    /// First sample, counted in the soundfont's samples.
    pub(crate) start: u64,
    /// One past the last.
    pub(crate) end: u64,
    pub(crate) sample_rate_hz: u32,
    pub(crate) side: Side,
    /// Number of the header of the other side, where there is one.
    pub(crate) partner: Option<usize>,
}

/// Why a soundfont cannot be used; the caller names the file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SoundfontError {
    #[error("is no soundfont (SF2); name one")]
    NotASoundfont,
    #[error("has its samples compressed (SF3); name a soundfont with plain samples (SF2)")]
    Compressed,
    #[error("lacks its {0} chunk; it is damaged, get it again")]
    Lacks(&'static str),
    #[error(
        "lists {0} samples, a soundfont has at most {MOST_HEADERS}; it is damaged, get it again"
    )]
    TooMany(u64),
    #[error("sample {name:?} lies outside the file's samples; it is damaged, get it again")]
    Outside { name: String },
    #[error("cannot be read ({0}); check that it exists and may be read")]
    Io(#[from] io::Error),
}

/// An open soundfont.
pub(crate) struct Soundfont<R> {
    reader: R,
    samples: Vec<Sample>,
    /// The samples' bytes.
    data: Chunk,
}

impl<R: Read + Seek> Soundfont<R> {
    /// Reads the headers.
    pub(crate) fn open(mut reader: R) -> Result<Self, SoundfontError> {
        let length = reader.seek(SeekFrom::End(0))?;
        let riff = chunks(&mut reader, 0, length)?.into_iter().next();
        let riff = riff.filter(|chunk| chunk.id == *b"RIFF");
        let riff = riff.ok_or(SoundfontError::NotASoundfont)?;
        if form(&mut reader, riff)? != Some(*b"sfbk") {
            return Err(SoundfontError::NotASoundfont);
        }
        let mut data = None;
        let mut headers = None;
        for list in chunks(&mut reader, riff.start + 4, riff.start + riff.length)? {
            if list.id != *b"LIST" || list.length < 4 {
                continue;
            }
            for chunk in chunks(&mut reader, list.start + 4, list.start + list.length)? {
                match &chunk.id {
                    b"smpl" => data = Some(chunk),
                    b"shdr" => headers = Some(chunk),
                    _ => {}
                }
            }
        }
        let data = data.ok_or(SoundfontError::Lacks("smpl"))?;
        let headers = headers.ok_or(SoundfontError::Lacks("shdr"))?;
        let count = headers.length / HEADER_BYTES;
        if count > MOST_HEADERS {
            return Err(SoundfontError::TooMany(count));
        }
        reader.seek(SeekFrom::Start(headers.start))?;
        let mut samples = Vec::new();
        // The last header only ends the list.
        for _ in 0..count.saturating_sub(1) {
            let mut header = [0; HEADER_BYTES as usize];
            reader.read_exact(&mut header)?;
            samples.push(sample(&header)?);
        }
        let mut soundfont = Self {
            reader,
            samples,
            data,
        };
        soundfont.pair_by_name();
        Ok(soundfont)
    }

    /// All recordings in the order of their headers.
    pub(crate) fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// The 16-bit samples of `sample`.
    pub(crate) fn read(&mut self, sample: &Sample) -> Result<Vec<i16>, SoundfontError> {
        if sample.start >= sample.end || sample.end > self.data.length / 2 {
            return Err(SoundfontError::Outside {
                name: sample.name.clone(),
            });
        }
        self.reader
            .seek(SeekFrom::Start(self.data.start + 2 * sample.start))?;
        let mut bytes = vec![0; 2 * (sample.end - sample.start) as usize];
        self.reader.read_exact(&mut bytes)?;
        let pairs = bytes.as_chunks().0.iter();
        Ok(pairs.map(|pair| i16::from_le_bytes(*pair)).collect())
    }

    /// Some soundfonts link no pairs and only name them: `Violin D5(L)` and `Violin D5(R)`.
    fn pair_by_name(&mut self) {
        for left in 0..self.samples.len() {
            let one = &self.samples[left];
            let Some(stem) = one.name.strip_suffix("(L)") else {
                continue;
            };
            let is_other = |other: &Sample| {
                other.side == Side::Right
                    && other.partner.is_none()
                    && other.name.strip_suffix("(R)") == Some(stem)
            };
            if one.side != Side::Left || one.partner.is_some() {
                continue;
            }
            if let Some(right) = self.samples.iter().position(is_other) {
                self.samples[left].partner = Some(right);
                self.samples[right].partner = Some(left);
            }
        }
    }
}

fn sample(header: &[u8; HEADER_BYTES as usize]) -> Result<Sample, SoundfontError> {
    let word = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|i| header[at + i]));
    let short = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
    let name = header[..20].split(|&byte| byte == 0).next();
    let name = name.unwrap_or_default().iter().copied().map(char::from);
    let kind = short(44);
    // Section 6.1 of the SF3 extension and 7.10: bit 4 marks a compressed sample.
    if kind & 0x10 != 0 {
        return Err(SoundfontError::Compressed);
    }
    let side = match kind & 0x7FFF {
        4 => Side::Left,
        2 => Side::Right,
        _ => Side::Mono,
    };
    // Number 0 is no partner: soundfonts that link none leave it so.
    let link = usize::from(short(42));
    Ok(Sample {
        name: name.collect::<String>().trim().to_owned(),
        start: word(20).into(),
        end: word(24).into(),
        sample_rate_hz: word(36),
        side,
        partner: (side != Side::Mono && link != 0).then_some(link),
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::io::Cursor;

    fn chunk(id: &[u8; 4], content: &[u8]) -> Vec<u8> {
        let length = (content.len() as u32).to_le_bytes();
        let mut bytes = [id, &length[..], content].concat();
        bytes.resize(bytes.len().next_multiple_of(2), 0);
        bytes
    }

    /// Name, range, kind and link of a sample of a soundfont of the test's own.
    pub(crate) type Header<'a> = (&'a str, std::ops::Range<u32>, u16, u16);

    /// A soundfont at 32 kHz.
    pub(crate) fn soundfont(samples: &[i16], headers: &[Header<'_>]) -> Vec<u8> {
        let mut shdr = Vec::new();
        for (name, range, kind, link) in headers.iter().chain([&("EOS", 0..0, 0, 0)]) {
            let mut bytes = name.as_bytes().to_vec();
            bytes.resize(20, 0);
            for word in [range.start, range.end, 0, 0, 32_000] {
                bytes.extend(word.to_le_bytes());
            }
            bytes.extend([60, 0]);
            bytes.extend(link.to_le_bytes());
            bytes.extend(kind.to_le_bytes());
            shdr.extend(bytes);
        }
        let smpl: Vec<u8> = samples.iter().flat_map(|x| x.to_le_bytes()).collect();
        let info = chunk(
            b"LIST",
            &[b"INFO".to_vec(), chunk(b"INAM", b"odd")].concat(),
        );
        let sdta = chunk(b"LIST", &[b"sdta".to_vec(), chunk(b"smpl", &smpl)].concat());
        let pdta = chunk(b"LIST", &[b"pdta".to_vec(), chunk(b"shdr", &shdr)].concat());
        chunk(b"RIFF", &[b"sfbk".to_vec(), info, sdta, pdta].concat())
    }

    fn open(bytes: Vec<u8>) -> Result<Soundfont<Cursor<Vec<u8>>>, SoundfontError> {
        Soundfont::open(Cursor::new(bytes))
    }

    #[test]
    fn samples_and_pairs_are_found() {
        let ramp: Vec<i16> = (0..100).collect();
        let bytes = soundfont(
            &ramp,
            &[
                ("Tuba C2", 0..10, 1, 0),
                ("Violin D5(L)", 10..20, 4, 0),
                ("Violin D5(R)", 20..30, 2, 0),
                ("viola left", 30..40, 4, 4),
                ("viola right", 40..50, 2, 3),
                ("Violin F5(L)", 50..60, 4, 0),
            ],
        );
        let mut soundfont = open(bytes).unwrap();
        let samples = soundfont.samples().to_vec();
        let partners: Vec<_> = samples.iter().map(|sample| sample.partner).collect();
        assert_eq!(partners, [None, Some(2), Some(1), Some(4), Some(3), None]);
        assert_eq!(samples[0].name, "Tuba C2");
        assert_eq!(samples[0].sample_rate_hz, 32_000);
        let read = soundfont.read(&samples[2]).unwrap();
        assert_eq!(read, (20..30).collect::<Vec<i16>>());
    }

    #[test]
    fn what_is_no_soundfont_or_damaged_is_refused() {
        let whole = soundfont(&[1, 2, 3, 4], &[("a", 0..4, 1, 0)]);
        for bytes in [vec![], b"RIFF".to_vec(), b"RIFF\x04\0\0\0WAVE".to_vec()] {
            assert!(matches!(open(bytes), Err(SoundfontError::NotASoundfont)));
        }
        let lacking = |length: usize| open(whole[..length].to_vec()).map(|_| ()).unwrap_err();
        let cut = lacking(60);
        assert!(matches!(cut, SoundfontError::Lacks("shdr")), "{cut}");
        let cut = lacking(34);
        assert!(matches!(cut, SoundfontError::Lacks("smpl")), "{cut}");
        for (start, end) in [
            (0, 5),
            (4, 4),
            (3, 2),
            (0, u32::MAX),
            (u32::MAX - 1, u32::MAX),
        ] {
            let mut odd = open(soundfont(&[1, 2, 3, 4], &[("a", start..end, 1, 0)])).unwrap();
            let sample = odd.samples()[0].clone();
            let error = odd.read(&sample).unwrap_err();
            assert!(matches!(error, SoundfontError::Outside { .. }), "{error}");
        }
        let compressed = soundfont(&[1, 2, 3, 4], &[("a", 0..4, 0x11, 0)]);
        assert!(matches!(open(compressed), Err(SoundfontError::Compressed)));
    }

    #[test]
    fn no_damaged_byte_panics() {
        let whole = soundfont(&[1, 2, 3, 4], &[("a(L)", 0..2, 4, 0), ("a(R)", 2..4, 2, 0)]);
        for at in 0..whole.len() {
            for value in [0, 1, 0x7F, 0x80, 0xFF] {
                let mut bytes = whole.clone();
                bytes[at] = value;
                if let Ok(mut soundfont) = open(bytes) {
                    for sample in soundfont.samples().to_vec() {
                        let _ = soundfont.read(&sample);
                    }
                }
            }
            let _ = open(whole[..at].to_vec());
        }
    }
}
