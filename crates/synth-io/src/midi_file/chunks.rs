//! The outer structure: header and track chunks.
//!
//! A chunk is four letters, a length and as many bytes (RP-001). A length that leads nowhere is
//! taken for damaged, and the track then reaches up to the next one.

use super::SongError;
use super::tempo::Division;
use super::warnings::Warnings;
use super::wrapper::{self, nearly};

/// Ticks to a quarter note where the header does not say.
const USUAL_TICKS_PER_QUARTER: u16 = 480;
/// The end-of-track event without its delta time.
const END_OF_TRACK: &[u8] = b"\xff\x2f\0";

/// The header counts tracks in 16 bits.
const MOST_TRACKS: usize = 0xffff;
/// Searches for a repair in one file.
const SEARCHES: usize = 5000;
/// Searches for a repair in one track.
const SEARCHES_A_TRACK: usize = 500;

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
    /// 0, 1 or 2.
    pub(super) format: u16,
    /// How many tracks the header says there are.
    pub(super) announced_tracks: u16,
    pub(super) division: Division,
    pub(super) tracks: Vec<TrackChunk<'a>>,
}

impl<'a> Chunks<'a> {
    pub(super) fn read(bytes: &'a [u8], warnings: &mut Warnings) -> Result<Self, SongError> {
        let range = wrapper::find(bytes, warnings)?;
        let file = &bytes[..range.end];
        let header: &[u8; 14] = file[range.start..]
            .first_chunk()
            .ok_or(SongError::Truncated {
                byte: file.len(),
                detail: "the file ends inside its header".to_owned(),
            })?;
        let &[_, _, _, _, l0, l1, l2, l3, f0, f1, n0, n1, d0, d1] = header;
        let announced_tracks = u16::from_be_bytes([n0, n1]);
        let division = division(u16::from_be_bytes([d0, d1]), warnings);

        let length = u32::from_be_bytes([l0, l1, l2, l3]);
        let place = end_of_header(file, range.start + 8, length as usize, warnings);
        let tracks = tracks(file, place, usize::from(announced_tracks), warnings);
        if tracks.is_empty() {
            return Err(SongError::NoTracks);
        }
        let format = match u16::from_be_bytes([f0, f1]) {
            known @ 0..=2 => known,
            odd => {
                warnings.add(format!(
                    "there is no MIDI file format {odd}; read as format 1"
                ));
                1
            }
        };
        let there = tracks.len();
        if there != usize::from(announced_tracks) {
            warnings.add(format!(
                "the header announces {announced_tracks} track(s), {there} are there"
            ));
        }
        Ok(Self {
            format,
            announced_tracks,
            division,
            tracks,
        })
    }
}

impl Chunks<'_> {
    /// How many searches for a repair each track may cost, so that the file costs a bounded time.
    pub(super) fn searches(&self) -> usize {
        (SEARCHES / self.tracks.len().max(1)).clamp(1, SEARCHES_A_TRACK)
    }
}

/// What the header's word says. Where that is nothing that RP-001 defines, the rhythm is still
/// whole and only the tempo unknown, so that the piece is worth playing.
fn division(word: u16, warnings: &mut Warnings) -> Division {
    Division::from_word(word).unwrap_or_else(|| {
        warnings.add(format!(
            "no MIDI file has the time division {word:#06x}; read as {USUAL_TICKS_PER_QUARTER} \
             ticks a quarter note, so the tempo may be wrong"
        ));
        Division::Musical {
            ticks_per_quarter: USUAL_TICKS_PER_QUARTER,
        }
    })
}

/// Where the header that has its body at `body` ends. Longer headers than today's 6 bytes are to
/// be honoured (RP-001).
fn end_of_header(file: &[u8], body: usize, length: usize, warnings: &mut Warnings) -> usize {
    let announced = body.saturating_add(length);
    if length >= 6 && (length == 6 || begins_chunk(file, announced)) {
        return announced;
    }
    warnings.add(format!("the header announces {length} bytes instead of 6"));
    find_track(file, body + 6).unwrap_or(body + 6)
}

/// The offset of the next `MTrk` at or after `from`.
fn find_track(file: &[u8], from: usize) -> Option<usize> {
    let rest = file.get(from..)?;
    let found = rest.windows(4).position(|name| name == b"MTrk")?;
    Some(from + found)
}

/// The name and announced length of the chunk at `place`.
fn chunk_head(file: &[u8], place: usize) -> Option<([u8; 4], usize)> {
    let &[a, b, c, d, l0, l1, l2, l3] = file.get(place..)?.first_chunk()?;
    let length = u32::from_be_bytes([l0, l1, l2, l3]);
    Some(([a, b, c, d], length as usize))
}

/// Whether a chunk begins at `place`, or the file ends there.
fn begins_chunk(file: &[u8], place: usize) -> bool {
    place == file.len()
        || chunk_head(file, place).is_some_and(|(name, length)| {
            let fits = place.saturating_add(8).saturating_add(length) <= file.len();
            &name == b"MTrk" || (fits && name.iter().all(|c| c.is_ascii_graphic() || *c == b' '))
        })
}

fn tracks<'a>(
    file: &'a [u8],
    mut place: usize,
    announced: usize,
    warnings: &mut Warnings,
) -> Vec<TrackChunk<'a>> {
    let mut tracks = Vec::new();
    while place < file.len() {
        if tracks.len() == MOST_TRACKS {
            warnings.add(format!(
                "only the first {MOST_TRACKS} tracks are read, which is all that a header can count"
            ));
            break;
        }
        let chunk = chunk_head(file, place);
        let body = place + 8;
        match chunk {
            Some((name, length))
                if &name == b"MTrk" || is_damaged_track(file, place, name, length) =>
            {
                let end = end_of_track(file, body, length);
                if &name != b"MTrk" {
                    warnings.add(format!(
                        "the name of the track chunk at byte {place} is damaged"
                    ));
                }
                if end != body + length {
                    warnings.add(format!(
                        "the chunk at byte {place} announces {length} bytes, {} are read",
                        end - body
                    ));
                }
                tracks.push(TrackChunk {
                    byte: body,
                    body: &file[body..end],
                });
                place = end;
            }
            // Chunks of other names are to be passed over (RP-001).
            Some((_, length)) if begins_chunk(file, place) => place = body + length,
            _ => {
                // A track's name at the very end, without its length, is no track: on from behind it.
                let next = find_track(file, place + 1);
                let end = next.unwrap_or(file.len());
                // Some programs leave padding behind the last track.
                let padding = next.is_none() && tracks.len() >= announced;
                if !padding {
                    warnings.add(format!(
                        "{} byte(s) at byte {place} belong to no track and are passed over",
                        end - place
                    ));
                }
                place = end;
            }
        }
    }
    tracks
}

/// Whether this is a track whose name has one wrong letter: another chunk has another name and
/// does not end in an end-of-track event.
fn is_damaged_track(file: &[u8], place: usize, name: [u8; 4], length: usize) -> bool {
    let body = place + 8;
    let end = body.saturating_add(length);
    nearly(&name, b"MTrk")
        && file
            .get(body..end)
            .is_some_and(|body| body.ends_with(END_OF_TRACK))
}

/// Where the track with its body at `body` ends: after the announced length if that is believable,
/// else before the next track or at the end of the file.
fn end_of_track(file: &[u8], body: usize, length: usize) -> usize {
    let announced = body.saturating_add(length);
    let ends_well = file
        .get(body..announced)
        .is_some_and(|bytes| bytes.ends_with(END_OF_TRACK));
    if ends_well || begins_chunk(file, announced) {
        return announced;
    }
    find_track(file, body).unwrap_or(file.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &[u8] = b"MThd\0\0\0\x06\0\x01\0\x01\0\x60";
    const TRACK: &[u8] = b"MTrk\0\0\0\x04\0\xff\x2f\0";

    /// Lengths of the track bodies, and the warnings.
    fn tracks(parts: &[&[u8]]) -> (Vec<usize>, Vec<String>) {
        let file = parts.concat();
        let mut warnings = Warnings::default();
        let chunks = Chunks::read(&file, &mut warnings).unwrap();
        for track in &chunks.tracks {
            assert_eq!(&file[track.byte..][..track.body.len()], track.body);
        }
        let lengths = chunks.tracks.iter().map(|track| track.body.len());
        (lengths.collect(), warnings.into_lines())
    }

    #[track_caller]
    fn warns(parts: &[&[u8]], lengths: &[usize], words: &[&str]) {
        let (found, lines) = tracks(parts);
        assert_eq!(found, lengths, "{lines:?}");
        assert_eq!(lines.len(), words.len(), "{lines:?}");
        for (line, words) in lines.iter().zip(words) {
            assert!(line.contains(words), "{line}");
        }
    }

    #[test]
    fn unknown_chunks_a_long_header_and_padding_are_no_damage() {
        let long = b"MThd\0\0\0\x08\0\x01\0\x01\0\x60zz";
        warns(&[long, b"XFIH\0\0\0\x02ab", TRACK], &[4], &[]);
        warns(&[HEADER, TRACK, &[0; 5]], &[4], &[]);
        warns(&[HEADER, TRACK, b"some text"], &[4], &[]);
    }

    #[test]
    fn a_wrong_length_ends_at_the_next_track() {
        let two = b"MThd\0\0\0\x06\0\x01\0\x02\0\x60";
        let long = b"MTrk\0\0\0\x05\0\xff\x2f\0";
        let short = b"MTrk\0\0\0\x01\0\xff\x2f\0";
        let huge = b"MTrk\xff\0\0\x04\0\xff\x2f\0";
        for wrong in [long, short, huge] {
            warns(
                &[two, wrong, TRACK],
                &[4, 4],
                &["the chunk at byte 14 announces"],
            );
        }
        warns(&[HEADER, short], &[4], &["1 bytes, 4 are read"]);
        warns(&[HEADER, huge], &[4], &["bytes, 4 are read"]);
        // Without one there may be data of another kind behind the track.
        warns(
            &[two, TRACK, b"\xff\xff\xff", TRACK],
            &[4, 4],
            &["3 byte(s) at byte 26"],
        );
    }

    #[test]
    fn a_wrong_count_format_or_division_is_told() {
        warns(
            &[HEADER, TRACK, TRACK],
            &[4, 4],
            &["announces 1 track(s), 2 are there"],
        );
        warns(
            &[b"MThd\0\0\0\x06\0\x07\0\x01\0\x60", TRACK],
            &[4],
            &["no MIDI file format 7"],
        );
        for (division, word) in [
            (b"\0\0", "0x0000"),
            (b"\x80\x60", "0x8060"),
            (b"\xe8\0", "0xe800"),
        ] {
            warns(
                &[b"MThd\0\0\0\x06\0\x01\0\x01", division, TRACK],
                &[4],
                &[word],
            );
        }
        for length in [b"\0\0\0\x05", b"\0\0\0\x07", b"\xff\xff\xff\xff"] {
            let words = "bytes instead of 6";
            warns(
                &[b"MThd", length, b"\0\x01\0\x01\0\x60", TRACK],
                &[4],
                &[words],
            );
        }
    }

    #[test]
    fn a_track_whose_name_is_damaged_is_read() {
        warns(
            &[HEADER, b"MTzk", &TRACK[4..]],
            &[4],
            &["name of the track chunk at byte 14"],
        );
        // A chunk of a name like it is another one.
        warns(&[HEADER, b"MTxk\0\0\0\x04abcd", TRACK], &[4], &[]);
    }

    #[test]
    fn a_flood_of_tracks_is_cut() {
        let file = [&HEADER[..10], b"\xff\xff\0\x60", &TRACK.repeat(70_000)].concat();
        let (lengths, lines) = tracks(&[&file]);
        assert_eq!(lengths.len(), 65_535);
        assert!(
            lines[0].contains("only the first 65535 tracks"),
            "{lines:?}"
        );
    }

    #[test]
    fn a_file_that_ends_inside_a_chunk_s_head_is_read_to_its_end() {
        let whole = [HEADER, TRACK].concat();
        for missing in 1..8 {
            let head = &whole[14..22 - missing];
            let file = [&whole[..], head].concat();
            let chunks = Chunks::read(&file, &mut Warnings::default()).unwrap();
            assert_eq!(chunks.tracks.len(), 1, "{missing}");
            let cut = &whole[..22 - missing];
            let refused = Chunks::read(cut, &mut Warnings::default());
            assert!(matches!(refused, Err(SongError::NoTracks)), "{missing}");
        }
    }

    #[test]
    fn every_truncation_is_told() {
        let file = [HEADER, TRACK, TRACK].concat();
        for length in 0..file.len() {
            let mut warnings = Warnings::default();
            match Chunks::read(&file[..length], &mut warnings) {
                Err(SongError::Empty) => assert_eq!(length, 0),
                Err(SongError::Truncated { .. }) => assert!((1..14).contains(&length)),
                Err(SongError::NoTracks) => assert!((14..22).contains(&length)),
                Err(error) => panic!("{length}: {error}"),
                // What a body lacks, its own track tells.
                Ok(chunks) => assert_eq!(chunks.tracks.len(), 1 + usize::from(length >= 34)),
            }
        }
    }
}
