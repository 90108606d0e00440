//! Divisions, tempos and delta times.

use super::{NastyFile, one_track, plays, refused, with_odd_bytes};
use crate::{SmfBuilder, smpte_division};

/// The largest delta time of four bytes.
const LONGEST_DELTA: u32 = (1 << 28) - 1;

pub(super) const FILES: &[NastyFile] = &[
    plays("division-0", "no ticks to a quarter note", || {
        of_division(0)
    }),
    plays("division-1", "one tick to a quarter note", || {
        SmfBuilder::new(0, 1).note(0, 60, 100, 0, 2).build()
    }),
    plays("division-32767", "32767 ticks to a quarter note", || {
        of_division(32_767)
    }),
    plays("smpte-24", "24 frames a second", || {
        of_division(smpte_division(24, 80))
    }),
    plays("smpte-25", "25 frames of 40 ticks: milliseconds", || {
        of_division(smpte_division(25, 40))
    }),
    plays("smpte-29", "30 frames a second, drop frame", || {
        of_division(smpte_division(29, 100))
    }),
    plays(
        "smpte-30-and-tempo",
        "30 frames a second, with a tempo all the same",
        || {
            SmfBuilder::new(0, smpte_division(30, 255))
                .tempo(0, 1)
                .note(0, 60, 100, 0, 900)
                .build()
        },
    ),
    plays("smpte-no-ticks", "25 frames of no ticks", || {
        of_division(smpte_division(25, 0))
    }),
    plays(
        "smpte-rate-100",
        "100 frames a second, which there are not",
        || of_division(smpte_division(100, 4)),
    ),
    plays("tempo-0", "no time to a quarter note", || {
        one_track().tempo(0, 0).build()
    }),
    plays("tempo-1-us", "a quarter note of a microsecond", || {
        one_track().tempo(0, 1).build()
    }),
    plays(
        "tempo-16-s",
        "the slowest tempo, a quarter note of 16.8 s",
        || {
            SmfBuilder::new(0, 1000)
                .tempo(0, 0xFF_FFFF)
                .note(0, 60, 100, 0, 90)
                .build()
        },
    ),
    plays("tempo-2-bytes", "a tempo event of two bytes", || {
        one_track().meta(0, 0x51, &[7, 0xA1]).build()
    }),
    plays("tempo-5-bytes", "a tempo event of five bytes", || {
        one_track().meta(0, 0x51, &[7, 0xA1, 0x20, 1, 2]).build()
    }),
    plays("tempos-20000", "20,000 tempo changes, one a tick", || {
        (0..20_000)
            .fold(SmfBuilder::new(0, 9600), |file, tick| {
                file.tempo(tick, 400_000 + tick * 7_919 % 300_000)
            })
            .note(0, 60, 100, 0, 19_000)
            .build()
    }),
    plays(
        "tempos-in-every-track",
        "tempo changes of one tick in eight tracks",
        || {
            (1..8)
                .fold(one_track(), |file, n| file.track().tempo(48, n * 100_000))
                .build()
        },
    ),
    refused(
        "delta-2-to-the-28",
        "a note that begins after two weeks",
        || {
            one_track()
                .note(0, 64, 100, LONGEST_DELTA, LONGEST_DELTA + 9)
                .build()
        },
    ),
    refused(
        "end-2-to-the-28",
        "a track that ends after two weeks",
        || one_track().end_of_track(LONGEST_DELTA).build(),
    ),
    refused(
        "ticks-2-to-the-40",
        "5000 of the longest delta times",
        || with_odd_bytes(&[0xFF, 0xFF, 0xFF, 0x7F, 0x90, 60, 100].repeat(5000)),
    ),
    plays(
        "ticks-2-to-the-34",
        "50 of the longest delta times, at a microsecond each quarter",
        || {
            let rests = [0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0x01, 0x00].repeat(50);
            SmfBuilder::new(0, 32_767)
                .tempo(0, 1)
                .note(0, 60, 100, 0, 90)
                .raw(90, &rests)
                .build()
        },
    ),
    plays("delta-5-bytes", "a delta time of five bytes", || {
        with_odd_bytes(&[0x81, 0x80, 0x80, 0x80, 0x00, 0x90, 62, 90])
    }),
    plays(
        "delta-without-end",
        "a delta time of a hundred bytes",
        || with_odd_bytes(&[0xFF; 100]),
    ),
    plays("delta-padded", "delta times of 0 in four bytes", || {
        with_odd_bytes(&[
            0x80, 0x80, 0x80, 0x00, 0x90, 62, 90, 0x80, 0x80, 0x80, 0x10, 0x80, 62, 64,
        ])
    }),
];

fn of_division(division: u16) -> Vec<u8> {
    SmfBuilder::new(0, division)
        .note(0, 60, 100, 0, 900)
        .build()
}
