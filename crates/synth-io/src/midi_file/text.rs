//! Text in meta events.

/// Characters kept of one text.
const MOST_CHARACTERS: usize = 256;

/// RP-001 promises ASCII; what programs write is UTF-8 or a code page of the machine. Bytes that
/// are UTF-8 are read as that, others as Latin-1 (ISO 8859-1), which gives every byte a character.
/// Control characters become spaces, since the text may go to a terminal; at most 256 characters
/// are kept.
pub(super) fn decode(bytes: &[u8]) -> String {
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    let text: String = match std::str::from_utf8(bytes) {
        Ok(text) => text.chars().take(MOST_CHARACTERS).map(clean).collect(),
        Err(_) => {
            let bytes = bytes.iter().take(MOST_CHARACTERS);
            bytes.map(|&byte| clean(char::from(byte))).collect()
        }
    };
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_encodings_are_read_and_controls_go() {
        assert_eq!(decode("Für Elise\0".as_bytes()), "Für Elise");
        assert_eq!(decode(b"F\xfcr\x1b[2J Elise\n"), "Für [2J Elise");
        assert_eq!(decode(&[b'x'; 1000]).len(), 256);
        assert_eq!(decode(&[0xff; 1000]).chars().count(), 256);
        assert_eq!(decode(b""), "");
    }
}
