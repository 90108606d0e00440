//! Bytes that are no events, and events that should not be there.

use super::{NastyFile, one_track, piece, plays, with_odd_bytes};

pub(super) const FILES: &[NastyFile] = &[
    plays(
        "data-without-status",
        "a message without a status ever set",
        || {
            let (first, second) = (&[0, 60, 90][..], &[0, 61, 90, 0, 62, 90][..]);
            piece().track().raw(0, first).raw(0, second).build()
        },
    ),
    plays("data-above-127", "data bytes with the top bit set", || {
        with_odd_bytes(&[0, 0x90, 0xC1, 0x90, 0, 0x90, 62, 0xFF, 0, 0xB0, 0x80, 0x80])
    }),
    plays(
        "running-status-across-meta",
        "running status goes on behind a text",
        || with_odd_bytes(&[0, 0x90, 62, 90, 9, 0xFF, 1, 1, b'x', 9, 62, 0]),
    ),
    plays(
        "running-status-across-sysex",
        "running status goes on behind F0",
        || with_odd_bytes(&[0, 0x90, 62, 90, 9, 0xF0, 2, 0x7D, 0xF7, 9, 62, 0]),
    ),
    plays(
        "realtime-bytes",
        "clock, start, stop and active sensing in a track",
        || {
            with_odd_bytes(&[
                0, 0xF8, 0, 0xFA, 0, 0x90, 62, 90, 9, 0xFE, 9, 0x80, 62, 64, 0, 0xFC, 0, 0xFB,
            ])
        },
    ),
    plays(
        "realtime-inside-a-message",
        "a clock byte between a note's bytes",
        || with_odd_bytes(&[0, 0x90, 0xF8, 62, 90, 9, 0x80, 62, 0xF8, 64]),
    ),
    plays(
        "system-common",
        "time code, song position, song select, tune request",
        || {
            with_odd_bytes(&[
                0, 0xF1, 0x12, 0, 0xF2, 1, 2, 0, 0xF3, 5, 0, 0xF6, 0, 0x90, 62, 90, 9, 62, 0,
            ])
        },
    ),
    plays("undefined-status", "F4, F5, F9 and FD", || {
        with_odd_bytes(&[
            0, 0xF4, 0, 0xF5, 0, 0xF9, 0, 0xFD, 0, 0x90, 62, 90, 9, 62, 0,
        ])
    }),
    plays(
        "no-end-of-track",
        "tracks without an end-of-track event",
        || piece().no_end_of_track().track().no_end_of_track().build(),
    ),
    plays(
        "after-end-of-track",
        "notes behind the end-of-track event",
        || with_odd_bytes(&[0, 0xFF, 0x2F, 0, 0, 0x90, 62, 90, 9, 62, 0]),
    ),
    plays(
        "end-of-track-with-data",
        "an end-of-track event of three bytes",
        || with_odd_bytes(&[0, 0xFF, 0x2F, 3, 1, 2, 3]),
    ),
    plays(
        "meta-too-long",
        "a text of 256 MiB in a track of a few bytes",
        || with_odd_bytes(&[0, 0xFF, 1, 0xFF, 0xFF, 0xFF, 0x7F, b'x']),
    ),
    plays("meta-length-5-bytes", "a text length of five bytes", || {
        with_odd_bytes(&[0, 0xFF, 1, 0x80, 0x80, 0x80, 0x80, 0x01, b'x'])
    }),
    plays(
        "meta-of-every-kind",
        "each of the 128 kinds, of one odd byte",
        || {
            (0..128)
                .filter(|&kind| kind != 0x2F)
                .fold(one_track(), |file, kind| file.meta(9, kind, &[0xFF]))
                .build()
        },
    ),
    plays(
        "meta-of-every-kind-empty",
        "each of the 128 kinds, empty",
        || {
            (0..128)
                .filter(|&kind| kind != 0x2F)
                .fold(one_track(), |file, kind| file.meta(9, kind, &[]))
                .build()
        },
    ),
    plays("meta-kind-above-127", "a meta event of kind FF", || {
        one_track().meta(0, 0xFF, &[1, 2]).build()
    }),
    plays(
        "signatures",
        "a time signature of 255/2^255 and 127 sharps",
        || {
            one_track()
                .time_signature(0, 255, 255)
                .time_signature(1, 0, 0)
                .key_signature(1, 127, true)
                .meta(2, 0x58, &[])
                .meta(2, 0x59, &[1])
                .build()
        },
    ),
    plays(
        "texts-no-utf-8",
        "names and texts in other encodings",
        || {
            (1..8)
                .fold(one_track(), |file, kind| {
                    file.meta(0, kind, b"\x83s\x83A\x83m \xFF\xFE \xC0\x80 \xED\xA0\x80")
                })
                .build()
        },
    ),
    plays(
        "texts-for-a-terminal",
        "names with line ends and escape sequences",
        || {
            (1..8)
                .fold(one_track(), |file, kind| {
                    file.text(
                        0,
                        kind,
                        "\u{1B}]0;title\u{7}\u{1B}[2J\r\nane-synth: all is well\0\u{202E}",
                    )
                })
                .build()
        },
    ),
    plays("text-of-a-mebibyte", "a name of a mebibyte", || {
        one_track().meta(0, 3, &[b'a'; 1 << 20]).build()
    }),
    plays("texts-10000", "10,000 names of one track", || {
        (0..10_000)
            .fold(one_track(), |file, _| file.text(0, 3, "name"))
            .build()
    }),
];
