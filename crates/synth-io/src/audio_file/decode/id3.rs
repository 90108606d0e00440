//! Tags of the ID3v2 kind at the beginning of a file, which are passed over.

use std::io::{self, Read, Seek, SeekFrom};

/// Bytes of a tag's header.
const HEADER_BYTES: usize = 10;
/// Tags passed over, one after the other; files have one.
const TAGS_LIMIT: u32 = 16;
/// The flag that says that a footer of the header's size follows (ID3v2.4.0, 3.1).
const HAS_FOOTER: u8 = 0x10;

/// Bytes before the audio, 0 if there is no tag.
pub(super) fn length(source: &mut (impl Read + Seek)) -> io::Result<u64> {
    let mut at = 0;
    for _ in 0..TAGS_LIMIT {
        source.seek(SeekFrom::Start(at))?;
        let mut header = Vec::with_capacity(HEADER_BYTES);
        source
            .by_ref()
            .take(HEADER_BYTES as u64)
            .read_to_end(&mut header)?;
        match tag_bytes(&header) {
            Some(bytes) => at += bytes,
            None => break,
        }
    }
    Ok(at)
}

/// Size of a tag with its header, of which these are the bytes: seven bits of the size in each of
/// four bytes (ID3v2.3.0, 3.1).
fn tag_bytes(header: &[u8]) -> Option<u64> {
    let [b'I', b'D', b'3', major, _, flags, size @ ..] = header else {
        return None;
    };
    let size: [u8; 4] = size.try_into().ok()?;
    if *major == 0xFF || size.iter().any(|&byte| byte >= 0x80) {
        return None;
    }
    let content = size.iter().fold(0, |sum, &byte| sum << 7 | u64::from(byte));
    let ends = if flags & HAS_FOOTER != 0 { 2 } else { 1 };
    Some(content + ends * HEADER_BYTES as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn tags_are_measured() {
        let tag = |flags: u8, content: usize| {
            let size = [0, 0, (content >> 7) as u8, (content & 0x7F) as u8];
            let mut bytes = vec![b'I', b'D', b'3', 4, 0, flags];
            bytes.extend(size);
            bytes.extend(vec![0xFF; content]);
            if flags & HAS_FOOTER != 0 {
                bytes.extend(b"3DI\x04\0\x10\0\0\0\0");
            }
            bytes
        };
        for (bytes, expected) in [
            (b"fLaC".to_vec(), 0),
            (vec![], 0),
            (tag(0, 300), 310),
            (tag(HAS_FOOTER, 5), 25),
            ([tag(0, 5), tag(0, 200)].concat(), 225),
            // No size has its highest bits set.
            (b"ID3\x04\0\0\0\0\x80\0".to_vec(), 0),
            (b"ID3\x04".to_vec(), 0),
        ] {
            let mut bytes = [bytes, b"audio".to_vec()].concat();
            assert_eq!(length(&mut Cursor::new(&mut bytes)).unwrap(), expected);
        }
    }
}
