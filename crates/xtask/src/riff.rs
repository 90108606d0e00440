//! Chunks of a RIFF file (Microsoft and IBM, Multimedia Programming Interface and Data
//! Specifications 1.0, 1991): four letters, a length, that many bytes, padded to an even number.

use std::io::{self, Read, Seek, SeekFrom};

/// No soundfont has near so many side by side; what is beyond is not looked at.
const MOST_CHUNKS: usize = 1_024;

/// Where a chunk's bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chunk {
    pub(crate) id: [u8; 4],
    /// First byte of the content.
    pub(crate) start: u64,
    /// Bytes of content that the file holds; less than the header says when it is cut short.
    pub(crate) length: u64,
}

/// The chunks from byte `start` up to byte `end`, which lies within the file.
pub(crate) fn chunks(
    reader: &mut (impl Read + Seek),
    start: u64,
    end: u64,
) -> io::Result<Vec<Chunk>> {
    let mut found = Vec::new();
    let mut at = start;
    while at + 8 <= end && found.len() < MOST_CHUNKS {
        let mut header = [0; 8];
        reader.seek(SeekFrom::Start(at))?;
        reader.read_exact(&mut header)?;
        let [a, b, c, d, length @ ..] = header;
        let stated = u64::from(u32::from_le_bytes(length));
        found.push(Chunk {
            id: [a, b, c, d],
            start: at + 8,
            length: stated.min(end - (at + 8)),
        });
        at += 8 + stated + stated % 2;
    }
    Ok(found)
}

/// The first four bytes of a chunk, which say what kind of list or file it is; nothing when it is
/// shorter.
pub(crate) fn form(reader: &mut (impl Read + Seek), chunk: Chunk) -> io::Result<Option<[u8; 4]>> {
    if chunk.length < 4 {
        return Ok(None);
    }
    let mut form = [0; 4];
    reader.seek(SeekFrom::Start(chunk.start))?;
    reader.read_exact(&mut form)?;
    Ok(Some(form))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn chunks_are_padded_and_cut_at_the_end() {
        let bytes = b"abcd\x03\0\0\0xyz\0efgh\x09\0\0\0abcde";
        let found = chunks(&mut Cursor::new(bytes), 0, bytes.len() as u64).unwrap();
        let expected = [(*b"abcd", 8, 3), (*b"efgh", 20, 5)];
        let expected = expected.map(|(id, start, length)| Chunk { id, start, length });
        assert_eq!(found, expected);
        let odd = form(&mut Cursor::new(bytes), found[0]).unwrap();
        assert_eq!(odd, None);
        let form = form(&mut Cursor::new(bytes), found[1]).unwrap();
        assert_eq!(form, Some(*b"abcd"));
    }
}
