//! The outer structure: header and track chunks. midly takes whatever bytes there are; a renderer
//! must not play half a piece, so the announced lengths are checked here.

use super::SongError;
use super::tempo::Division;

/// One track chunk's body.
#[derive(Clone, Copy, Debug)]
pub(super) struct TrackChunk<'a> {
    /// Offset of the body in the file.
    pub(super) byte: usize,
    pub(super) body: &'a [u8],
}

/// A file cut into its chunks.
#[derive(Debug)]
pub(super) struct Chunks<'a> {
    pub(super) division: Division,
    pub(super) tracks: Vec<TrackChunk<'a>>,
}

/// A chunk's four-letter name, body and the offset of the body.
type RawChunk<'a> = ([u8; 4], &'a [u8], usize);

impl<'a> Chunks<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, SongError> {
        let start = start_of_midi(bytes)?;
        let mut place = start;
        let (_, header, header_byte) = next_chunk(bytes, &mut place)?;
        let &[f0, f1, n0, n1, d0, d1, ..] = header else {
            return Err(SongError::Damaged {
                byte: header_byte,
                detail: format!("the header has {} bytes instead of 6", header.len()),
            });
        };
        let format = u16::from_be_bytes([f0, f1]);
        let announced = usize::from(u16::from_be_bytes([n0, n1]));
        let word = u16::from_be_bytes([d0, d1]);
        let division = Division::from_word(word).ok_or_else(|| SongError::Damaged {
            byte: header_byte + 4,
            detail: format!("no MIDI file has the time division {word:#06x}"),
        })?;
        let tracks = read_tracks(bytes, place, announced)?;
        match format {
            _ if tracks.is_empty() => Err(SongError::NoTracks),
            0 | 1 => Ok(Self { division, tracks }),
            // A single pattern is a piece.
            2 if tracks.len() == 1 => Ok(Self { division, tracks }),
            2 => Err(SongError::Unsupported {
                detail: format!(
                    "a file of format 2 holds {} separate patterns, not one piece",
                    tracks.len()
                ),
            }),
            _ => Err(SongError::Damaged {
                byte: header_byte,
                detail: format!("there is no MIDI file format {format}"),
            }),
        }
    }
}

/// Where the MIDI data begins: at 0, or inside the RIFF wrapper of an .rmi file.
fn start_of_midi(bytes: &[u8]) -> Result<usize, SongError> {
    if bytes.is_empty() {
        return Err(SongError::Empty);
    }
    if bytes.starts_with(b"MThd") {
        return Ok(0);
    }
    // RIFF, size, RMID, data, size, then the file (RP-029).
    if bytes.starts_with(b"RIFF")
        && bytes.get(8..16) == Some(b"RMIDdata")
        && bytes.get(20..24) == Some(b"MThd")
    {
        return Ok(20);
    }
    if b"MThd".starts_with(bytes) {
        return Err(SongError::Truncated {
            byte: bytes.len(),
            detail: "the file ends inside its first four bytes".to_owned(),
        });
    }
    let found = bytes[..bytes.len().min(4)].escape_ascii();
    Err(SongError::NotMidi {
        found: format!("\"{found}\""),
    })
}

fn next_chunk<'a>(bytes: &'a [u8], place: &mut usize) -> Result<RawChunk<'a>, SongError> {
    let start = *place;
    let Some(&[n0, n1, n2, n3, l0, l1, l2, l3]) = bytes.get(start..start + 8) else {
        return Err(SongError::Truncated {
            byte: bytes.len(),
            detail: format!("the file ends inside the chunk that begins at byte {start}"),
        });
    };
    let length = u32::from_be_bytes([l0, l1, l2, l3]) as usize;
    let body = start + 8;
    let Some(end) = body.checked_add(length).filter(|&end| end <= bytes.len()) else {
        return Err(SongError::Truncated {
            byte: bytes.len(),
            detail: format!(
                "the chunk at byte {start} announces {length} bytes, {} are there",
                bytes.len() - body
            ),
        });
    };
    *place = end;
    Ok(([n0, n1, n2, n3], &bytes[body..end], body))
}

fn read_tracks(
    bytes: &[u8],
    mut place: usize,
    announced: usize,
) -> Result<Vec<TrackChunk<'_>>, SongError> {
    let mut tracks = Vec::new();
    while place < bytes.len() {
        match next_chunk(bytes, &mut place) {
            Ok((name, body, byte)) if &name == b"MTrk" => tracks.push(TrackChunk { byte, body }),
            // Chunks of other names are to be passed over (RP-001).
            Ok(_) => {}
            // Some programs leave padding behind the last track.
            Err(_) if announced > 0 && tracks.len() >= announced => break,
            Err(error) => return Err(error),
        }
    }
    if tracks.len() < announced && announced > 0 {
        return Err(SongError::Truncated {
            byte: bytes.len(),
            detail: format!(
                "the header announces {announced} tracks, {} are there",
                tracks.len()
            ),
        });
    }
    Ok(tracks)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &[u8] = b"MThd\0\0\0\x06\0\x01\0\x01\0\x60";
    const TRACK: &[u8] = b"MTrk\0\0\0\x04\0\xff\x2f\0";

    fn detail(bytes: &[u8]) -> String {
        Chunks::read(bytes).unwrap_err().to_string()
    }

    #[test]
    fn finds_tracks_behind_unknown_chunks_and_a_long_header() {
        let file = [
            b"MThd\0\0\0\x08\0\x01\0\x01\0\x60zz",
            &b"XFIH\0\0\0\x02ab"[..],
            TRACK,
        ]
        .concat();
        let chunks = Chunks::read(&file).unwrap();
        assert_eq!(chunks.tracks.len(), 1);
        assert_eq!(&file[chunks.tracks[0].byte..][..4], chunks.tracks[0].body);
    }

    #[test]
    fn unwraps_rmi_files() {
        let inner = [HEADER, TRACK].concat();
        let file = [b"RIFF\x22\0\0\0RMIDdata\x1a\0\0\0", &inner[..]].concat();
        assert_eq!(Chunks::read(&file).unwrap().tracks.len(), 1);
    }

    #[test]
    fn padding_behind_the_last_track_is_ignored() {
        let file = [HEADER, TRACK, &[0; 5]].concat();
        assert_eq!(Chunks::read(&file).unwrap().tracks.len(), 1);
    }

    #[test]
    fn every_truncation_is_noticed() {
        let file = [HEADER, TRACK].concat();
        for length in 0..file.len() {
            let error = Chunks::read(&file[..length]).unwrap_err();
            match length {
                0 => assert!(matches!(error, SongError::Empty)),
                _ => assert!(
                    matches!(error, SongError::Truncated { .. }),
                    "{length}: {error}"
                ),
            }
        }
    }

    #[test]
    fn says_what_is_wrong() {
        assert!(
            detail(b"RIFF....WAVEfmt ").starts_with("not a MIDI file (it begins with \"RIFF\"")
        );
        assert!(detail(b"MThd\0\0\0\x06\0\x01\0\0\0\x60").contains("no tracks"));
        assert!(detail(b"MThd\0\0\0\x06\0\x07\0\x01\0\x60MTrk\0\0\0\0").contains("format 7"));
        let two = [b"MThd\0\0\0\x06\0\x02\0\x02\0\x60", TRACK, TRACK].concat();
        assert!(detail(&two).contains("format 2 holds 2 separate patterns"));
        assert!(detail(b"MThd\0\0\0\x06\0\x01\0\x01\x80\x60").contains("0x8060"));
    }
}
