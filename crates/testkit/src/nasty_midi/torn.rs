//! Files that stop too early, at every kind of place.

use super::{DIVISION, NastyFile, piece, plays, refused};
use crate::SmfBuilder;

pub(super) const FILES: &[NastyFile] = &[
    refused("torn-empty", "no byte at all", Vec::new),
    refused("torn-in-magic", "ends inside MThd", || cut(2)),
    refused("torn-in-header", "ends inside the header's numbers", || {
        cut(11)
    }),
    refused("torn-after-header", "ends after the header", || cut(14)),
    refused("torn-in-track-head", "ends inside the first MTrk", || {
        cut(17)
    }),
    refused(
        "torn-in-track-length",
        "ends inside the first track's length",
        || cut(20),
    ),
    refused("torn-before-notes", "ends behind the tempo track", || {
        cut(33)
    }),
    plays("torn-after-notes", "ends between two events", || torn(&[])),
    plays("torn-in-delta", "ends inside a delta time", || {
        torn(&[0x81])
    }),
    plays("torn-after-delta", "ends behind a delta time", || {
        torn(&[10])
    }),
    plays("torn-in-note", "ends inside a note-on", || {
        torn(&[10, 0x90, 62])
    }),
    plays(
        "torn-in-note-end",
        "ends before the note-off of a note",
        || torn(&[10, 0x90, 62, 90, 10, 0x80]),
    ),
    plays(
        "torn-in-running-status",
        "ends inside a message without status",
        || torn(&[10, 0x90, 62, 90, 10, 62]),
    ),
    plays("torn-in-meta-kind", "ends behind FF", || torn(&[0, 0xFF])),
    plays("torn-in-meta-length", "ends inside a text's length", || {
        torn(&[0, 0xFF, 1, 0x81])
    }),
    plays("torn-in-text", "ends inside a text", || {
        torn(b"\0\xFF\x01\x20half a te")
    }),
    plays("torn-in-tempo", "ends inside a tempo event", || {
        torn(&[0, 0xFF, 0x51, 3, 7])
    }),
    plays(
        "torn-in-sysex",
        "ends inside a system exclusive message",
        || torn(&[0, 0xF0, 9, 0x41, 0x10, 0x42]),
    ),
    plays("torn-before-end-of-track", "ends behind FF 2F", || {
        torn(&[0, 0xFF, 0x2F])
    }),
    plays(
        "torn-in-last-track",
        "the last of three tracks ends early",
        || {
            let whole = piece().track().note(1, 72, 80, 0, 90).build();
            whole[..whole.len() - 9].to_vec()
        },
    ),
    plays(
        "torn-zeros",
        "the second half is zeros, as after a failed copy",
        || {
            let mut bytes = piece().track().note(1, 72, 80, 0, 90).build();
            let half = bytes.len() * 2 / 3;
            bytes[half..].fill(0);
            bytes
        },
    ),
];

/// The sound piece's first bytes.
fn cut(length: usize) -> Vec<u8> {
    piece().build()[..length].to_vec()
}

/// A track whose length is announced as 200, of a sound note and `tail`, where the file ends.
fn torn(tail: &[u8]) -> Vec<u8> {
    SmfBuilder::new(0, DIVISION)
        .note(0, 60, 100, 0, 48)
        .raw(48, tail)
        .no_end_of_track()
        .claimed_length(200)
        .build()
}
