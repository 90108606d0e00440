//! Notes without ends, without lengths, one over the other.

use super::{DIVISION, NastyFile, one_track, plays, refused};
use crate::SmfBuilder;

pub(super) const FILES: &[NastyFile] = &[
    plays("zero-length", "notes that end where they begin", || {
        (0..128)
            .fold(one_track(), |file, key| file.note(0, key, 100, 48, 48))
            .build()
    }),
    plays(
        "zero-length-only",
        "nothing but a note that ends where it begins",
        || file().note(0, 60, 100, 0, 0).build(),
    ),
    plays(
        "overlapping",
        "a key struck four times before its ends",
        || {
            (0..4)
                .fold(file(), |file, n| {
                    file.note(0, 60, 100, 20 * n, 100 + 20 * n)
                })
                .build()
        },
    ),
    plays(
        "overlapping-one-end",
        "a key struck four times and released once",
        || {
            (0..4)
                .fold(file(), |file, n| file.event(20 * n, &[0x90, 60, 100]))
                .event(150, &[0x80, 60, 64])
                .build()
        },
    ),
    plays("never-ended", "notes without ends", || {
        (60..70)
            .fold(file(), |file, key| file.event(0, &[0x90, key, 100]))
            .end_of_track(192)
            .build()
    }),
    plays(
        "never-ended-pedal",
        "notes held by a pedal that never goes up",
        || {
            file()
                .control(0, 64, 127, 0)
                .note(0, 60, 100, 0, 48)
                .note(0, 64, 100, 48, 96)
                .build()
        },
    ),
    plays("begins-at-the-end", "a note in the last tick", || {
        one_track().event(192, &[0x90, 62, 100]).build()
    }),
    plays(
        "ends-elsewhere",
        "a note that ends on another channel and in another track",
        || {
            file()
                .event(0, &[0x92, 60, 100])
                .event(48, &[0x83, 60, 64])
                .track()
                .event(96, &[0x82, 60, 64])
                .build()
        },
    ),
    plays("ends-first", "note-offs before their note-ons", || {
        file()
            .event(0, &[0x80, 60, 64])
            .event(0, &[0x80, 60, 64])
            .event(0, &[0x90, 60, 100])
            .event(96, &[0x80, 60, 64])
            .build()
    }),
    refused("ends-only", "note-offs alone", || {
        file()
            .event(0, &[0x80, 60, 64])
            .event(9, &[0x90, 60, 0])
            .build()
    }),
    refused("no-notes", "controllers and texts alone", || {
        file().control(0, 7, 100, 0).text(0, 1, "silence").build()
    }),
    plays("drums-only", "notes on channel 10 alone", || {
        (35..82)
            .fold(file(), |file, key| {
                file.note(9, key, 100, u32::from(key), 120)
            })
            .build()
    }),
    plays("every-key-on-every-channel", "2048 notes at once", || {
        (0..=2047_u16)
            .fold(file(), |file, n| {
                file.note((n / 128) as u8, (n % 128) as u8, 100, 0, 48)
            })
            .build()
    }),
    plays("trill", "a key struck 5000 times in a second", || {
        (0..5000)
            .fold(SmfBuilder::new(0, 2500), |file, n| {
                file.note(0, 60, 1 + (n % 127) as u8, n, n + 1)
            })
            .build()
    }),
    plays("lowest-and-highest", "keys 0 and 127 bent beyond", || {
        file()
            .control(0, 101, 0, 0)
            .control(0, 100, 0, 0)
            .control(0, 6, 127, 0)
            .note(0, 0, 127, 0, 96)
            .note(0, 127, 127, 0, 96)
            .bend(0, 0, 24)
            .bend(0, 16_383, 48)
            .build()
    }),
];

fn file() -> SmfBuilder {
    SmfBuilder::new(0, DIVISION)
}
