//! Headers and chunks that are not what they say.

use super::{DIVISION, NastyFile, one_track, piece, plays, refused};
use crate::SmfBuilder;

pub(super) const FILES: &[NastyFile] = &[
    refused("not-midi-text", "a text", || {
        b"MThd is how a MIDI file begins; this one does not.\n".to_vec()
    }),
    plays("header-name-damaged", "MThe in place of MThd", || {
        with(3, b"e")
    }),
    refused(
        "not-midi-riff",
        "a RIFF file without a MIDI file inside",
        || rmid(b"RIFF\x10\0\0\0WAVEfmt ", b""),
    ),
    plays("rmid", "inside a RIFF wrapper", || {
        rmid(b"", &piece().build())
    }),
    plays(
        "rmid-wrong-sizes",
        "inside a RIFF wrapper whose sizes are wrong",
        || {
            let mut bytes = rmid(b"", &piece().build());
            bytes[4..8].fill(0xFF);
            bytes[16..20].fill(0);
            bytes
        },
    ),
    plays(
        "junk-before-header",
        "128 bytes of another header in front",
        || {
            let mut bytes = vec![0; 128];
            bytes[1..9].copy_from_slice(b"\x07A piece");
            bytes.extend(piece().build());
            bytes
        },
    ),
    plays("junk-behind", "stray bytes behind the last track", || {
        [piece().build(), b"and so on and so on".to_vec()].concat()
    }),
    plays("junk-between", "stray bytes between two tracks", || {
        let (first, rest) = tracks_apart();
        [first, b"\0\0stray\xFF".to_vec(), rest].concat()
    }),
    plays("two-files", "two files one after the other", || {
        [piece().build(), one_track().build()].concat()
    }),
    plays("header-length-8", "a header of 8 bytes", || {
        let mut bytes = with(7, &[8]);
        bytes.splice(14..14, [0xAA, 0xBB]);
        bytes
    }),
    plays(
        "header-of-zeros-behind",
        "a header of 6 bytes and 2 stray ones",
        || {
            let mut bytes = piece().build();
            bytes.splice(14..14, [0, 0]);
            bytes
        },
    ),
    refused("header-length-0", "a header of no bytes", || {
        with(7, &[0])[..8].to_vec()
    }),
    refused("no-tracks", "a header alone, of no tracks", || {
        with(11, &[0])[..14].to_vec()
    }),
    refused("empty-tracks", "a thousand tracks without an event", || {
        (1..1000)
            .fold(SmfBuilder::new(1, DIVISION), |file, _| file.track())
            .build()
    }),
    plays("track-count-0", "announces no track", || with(10, &[0, 0])),
    plays("track-count-low", "announces one track of two", || {
        with(10, &[0, 1])
    }),
    plays("track-count-high", "announces 65535 tracks", || {
        with(10, &[0xFF, 0xFF])
    }),
    plays(
        "track-length-0",
        "the first track announces no bytes",
        || piece_with_first_length(0),
    ),
    plays(
        "track-length-short",
        "the first track's length ends inside an event",
        || piece_with_first_length(5),
    ),
    plays(
        "track-length-long",
        "the first track's length reaches into the next",
        || piece_with_first_length(30),
    ),
    plays(
        "track-length-huge",
        "the last track announces 4 GiB",
        || piece().claimed_length(u32::MAX).build(),
    ),
    plays(
        "foreign-chunks",
        "unknown chunks before, between and behind",
        || {
            SmfBuilder::new(1, DIVISION)
                .track_count(1)
                .chunk(b"XFIH")
                .raw(0, b"whatever")
                .track()
                .note(0, 60, 100, 0, 90)
                .chunk(b"\0\xFF\n\x1B")
                .chunk(b"MTrK")
                .note(0, 72, 100, 0, 90)
                .build()
        },
    ),
    plays("format-0-of-two-tracks", "format 0 with two tracks", || {
        with(8, &[0, 0])
    }),
    plays("format-2", "three patterns", || {
        SmfBuilder::new(2, DIVISION)
            .tempo(0, 400_000)
            .note(0, 60, 100, 0, 90)
            .track()
            .tempo(0, 300_000)
            .note(0, 64, 100, 0, 90)
            .track()
            .note(0, 67, 100, 0, 90)
            .build()
    }),
    plays("format-7", "a format that does not exist", || {
        with(8, &[0, 7])
    }),
];

/// The sound piece with bytes overwritten.
fn with(at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut file = piece().build();
    file[at..at + bytes.len()].copy_from_slice(bytes);
    file
}

/// The sound piece whose first track announces a wrong length.
fn piece_with_first_length(length: u32) -> Vec<u8> {
    with(18, &length.to_be_bytes())
}

/// The sound piece up to the end of its first track, and the rest.
fn tracks_apart() -> (Vec<u8>, Vec<u8>) {
    let mut first = piece().build();
    let rest = first.split_off(14 + 8 + 11);
    (first, rest)
}

/// `file` in the wrapper of RP-029, behind `front`.
fn rmid(front: &[u8], file: &[u8]) -> Vec<u8> {
    let data_length = (file.len() as u32).to_le_bytes();
    let riff_length = (12 + file.len() as u32).to_le_bytes();
    let wrapper = [b"RIFF", &riff_length[..], b"RMIDdata", &data_length];
    [front, &wrapper.concat(), file].concat()
}
