//! Where the MIDI data is in the file: at its beginning, in a RIFF file, or behind other bytes.

use std::ops::Range;

use super::SongError;
use super::warnings::Warnings;

/// How far into the file its header is looked for; the wrappers that there are (MacBinary, mail
/// and web headers) are far shorter.
const SEARCHED: usize = 64 << 10;

/// The bytes that the Standard MIDI File takes.
pub(super) fn find(bytes: &[u8], warnings: &mut Warnings) -> Result<Range<usize>, SongError> {
    if bytes.is_empty() {
        return Err(SongError::Empty);
    }
    if bytes.starts_with(b"MThd") {
        return Ok(0..bytes.len());
    }
    if let Some(data) = riff_data(bytes) {
        return Ok(data);
    }
    if b"MThd".starts_with(bytes) {
        return Err(SongError::Truncated {
            byte: bytes.len(),
            detail: "the file ends inside its first four bytes".to_owned(),
        });
    }
    let searched = &bytes[..bytes.len().min(SEARCHED)];
    if let Some(start) = searched.windows(4).position(|name| name == b"MThd") {
        warnings.add(format!(
            "{start} byte(s) before the MIDI header are passed over"
        ));
        return Ok(start..bytes.len());
    }
    // A header whose name is damaged, with a sound rest.
    if nearly(bytes, b"MThd") && bytes.get(4..8) == Some(&[0, 0, 0, 6]) {
        warnings.add("the name of the MIDI header is damaged".to_owned());
        return Ok(0..bytes.len());
    }
    let found = bytes[..bytes.len().min(4)].escape_ascii();
    Err(SongError::NotMidi {
        found: format!("\"{found}\""),
    })
}

/// Whether `bytes` begin with `name` but for one letter.
pub(super) fn nearly(bytes: &[u8], name: &[u8; 4]) -> bool {
    bytes.len() >= 4 && bytes.iter().zip(name).filter(|(a, b)| a == b).count() >= 3
}

/// The `data` chunk of an .rmi file: RIFF, size, RMID, then chunks of little-endian length, padded
/// to even (RP-029).
fn riff_data(bytes: &[u8]) -> Option<Range<usize>> {
    if !bytes.starts_with(b"RIFF") || bytes.get(8..12) != Some(b"RMID") {
        return None;
    }
    let mut place = 12;
    loop {
        let head: &[u8; 8] = bytes.get(place..)?.first_chunk()?;
        let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        let start = place + 8;
        if head.starts_with(b"data") && bytes.get(start..)?.starts_with(b"MThd") {
            let end = start.saturating_add(length);
            return Some(match ends_chunk(bytes, end) {
                true => start..end,
                // A wrong length; the MIDI file knows its own.
                false => start..bytes.len(),
            });
        }
        place = start.checked_add(length)?.checked_add(length % 2)?;
    }
}

/// Whether another RIFF chunk begins at `end`, perhaps behind a byte of padding, or the file ends.
fn ends_chunk(bytes: &[u8], end: usize) -> bool {
    let next = end.saturating_add(end % 2);
    match bytes.get(next..) {
        None | Some([]) => end <= bytes.len(),
        Some(rest) => {
            let name = rest.first_chunk::<8>().map(|head| &head[..4]);
            name.is_some_and(|name| name.iter().all(|c| c.is_ascii_graphic() || *c == b' '))
                && !rest.starts_with(b"MThd")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(bytes: &[u8]) -> (Range<usize>, Vec<String>) {
        let mut warnings = Warnings::default();
        let range = find(bytes, &mut warnings).unwrap();
        (range, warnings.into_lines())
    }

    #[test]
    fn riff_wrappers_are_opened_silently() {
        let file = b"RIFF\x22\0\0\0RMIDdata\x08\0\0\0MThd\0\0\0\x06LIST\0\0\0\0";
        assert_eq!(found(file), (20..28, Vec::new()));
        let file = b"RIFF\x22\0\0\0RMIDDISP\x03\0\0\0ab\0\0data\xff\0\0\0MThd\0\0\0\x06";
        assert_eq!(found(file), (32..40, Vec::new()));
        for wrong in [0, 1, 4, 9, 0xff] {
            let mut file = *b"RIFF\x22\0\0\0RMIDdata\x08\0\0\0MThd\0\0\0\x06";
            file[16] = wrong;
            assert_eq!(found(&file), (20..28, Vec::new()), "{wrong}");
        }
    }

    #[test]
    fn bytes_in_front_are_passed_over_with_a_warning() {
        let mut file = vec![0; 128];
        file.extend(b"MThd\0\0\0\x06");
        let (range, lines) = found(&file);
        assert_eq!(range, 128..136);
        assert!(lines[0].starts_with("128 byte(s) before"), "{lines:?}");
        let (range, lines) = found(b"MThf\0\0\0\x06");
        assert_eq!((range, lines.len()), (0..8, 1));
    }

    #[test]
    fn what_is_no_midi_file_is_refused() {
        let refused = |bytes: &[u8]| find(bytes, &mut Warnings::default()).unwrap_err();
        assert!(matches!(refused(b""), SongError::Empty));
        assert!(matches!(
            refused(b"MTh"),
            SongError::Truncated { byte: 3, .. }
        ));
        let line = refused(b"RIFF....WAVEfmt ").to_string();
        assert!(
            line.starts_with("not a MIDI file (it begins with \"RIFF\""),
            "{line}"
        );
        let far = [vec![0; SEARCHED], b"MThd\0\0\0\x06".to_vec()].concat();
        assert!(matches!(refused(&far), SongError::NotMidi { .. }));
        assert!(matches!(
            refused(b"RIFF\0\0\0\0RMIDdata\xff\xff\xff\xff"),
            SongError::NotMidi { .. }
        ));
    }
}
