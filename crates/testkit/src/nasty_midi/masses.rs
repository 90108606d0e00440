//! More of everything than anybody wrote.

use super::{DIVISION, NastyFile, plays};
use crate::SmfBuilder;

pub(super) const FILES: &[NastyFile] = &[
    plays(
        "million-notes-at-once",
        "a million note-ons in one tick, ended in another",
        || {
            let keys = |status: u8, velocity: u8, delta: u8| {
                let mut bytes = vec![delta, status, 0, velocity];
                for n in 1..1_000_000 {
                    bytes.extend([0, (n % 128) as u8, velocity]);
                }
                bytes
            };
            SmfBuilder::new(0, DIVISION)
                .raw(0, &keys(0x90, 100, 0))
                .raw(0, &keys(0x90, 0, 96))
                .build()
        },
    ),
    plays(
        "million-notes-one-key",
        "a million note-ons of one key in one tick, never ended",
        || {
            let mut bytes = vec![0, 0x90, 60, 100];
            bytes.extend([0, 60, 100].repeat(999_999));
            SmfBuilder::new(0, DIVISION)
                .raw(0, &bytes)
                .end_of_track(96)
                .build()
        },
    ),
    plays("tracks-65535", "65,535 tracks, one with a note", || {
        let mut file = SmfBuilder::new(1, DIVISION);
        for _ in 1..65_535 {
            file = file.track();
        }
        file.note(0, 60, 100, 0, 90).build()
    }),
    plays(
        "tracks-2000-of-notes",
        "2000 tracks of a note each, in one tick",
        || {
            let mut file = SmfBuilder::new(1, DIVISION).note(0, 0, 50, 0, 48);
            for n in 1..2000_u32 {
                let (channel, key) = ((n % 16) as u8, (n / 16) as u8);
                file = file.track().note(channel, key, 50, 0, 48);
            }
            file.build()
        },
    ),
    plays(
        "chunks-200000",
        "200,000 empty unknown chunks in front of a track",
        || {
            let sound = SmfBuilder::new(0, DIVISION).note(0, 60, 100, 0, 90).build();
            [&sound[..14], &b"junk\0\0\0\0".repeat(200_000), &sound[14..]].concat()
        },
    ),
    plays(
        "warnings-100000",
        "100,000 events that cannot be read, each behind one that can",
        || {
            // A microsecond to the quarter note: what is taken for a delta time costs no time.
            let mut bytes = Vec::new();
            for _ in 0..100_000 {
                bytes.extend([0, 0xF4, 0, 0x80, 60, 64]);
            }
            SmfBuilder::new(0, DIVISION)
                .note(0, 60, 100, 0, 90)
                .tempo(90, 1)
                .raw(90, &bytes)
                .build()
        },
    ),
];
