//! System exclusive messages: sound, torn, absurd.

use super::{NastyFile, one_track, plays, with_odd_bytes};
use crate::SmfBuilder;

/// General MIDI System On (RP-003).
const GM_ON: &[u8] = &[0x7E, 0x7F, 0x09, 0x01];
/// General MIDI 2 System On (RP-024).
const GM2_ON: &[u8] = &[0x7E, 0x7F, 0x09, 0x03];
/// General MIDI System Off.
const GM_OFF: &[u8] = &[0x7E, 0x7F, 0x09, 0x02];
/// Roland GS reset, with its checksum.
const GS_RESET: &[u8] = &[0x41, 0x10, 0x42, 0x12, 0x40, 0x00, 0x7F, 0x00, 0x41];
/// Yamaha XG System On.
const XG_ON: &[u8] = &[0x43, 0x10, 0x4C, 0x00, 0x00, 0x7E, 0x00];

pub(super) const FILES: &[NastyFile] = &[
    plays(
        "resets",
        "GM, GM2, GS and XG resets before and within notes",
        || {
            [GM_ON, GM2_ON, GM_OFF, GS_RESET, XG_ON]
                .into_iter()
                .zip(0..)
                .fold(one_track(), |file, (body, n)| {
                    file.system_exclusive(0, body)
                        .system_exclusive(10 * n, body)
                        .note(0, 65 + n as u8, 90, 10 * n, 10 * n + 40)
                })
                .build()
        },
    ),
    plays("reset-storm", "4000 resets while notes sound", || {
        (0..4000)
            .fold(one_track(), |file, n| {
                let body = [GM_ON, GS_RESET, XG_ON][n as usize % 3];
                file.system_exclusive(n / 50, body)
                    .event(n / 50, &[0x90, 60, 100])
            })
            .build()
    }),
    plays(
        "sysex-in-packets",
        "a reset in four packets, ticks apart",
        || {
            let packets = [
                &GS_RESET[..2],
                &GS_RESET[2..3],
                &GS_RESET[3..8],
                &GS_RESET[8..],
            ];
            let ticks = [0, 7, 7, 20];
            one_track()
                .system_exclusive_packets(&[
                    (ticks[0], packets[0]),
                    (ticks[1], packets[1]),
                    (ticks[2], packets[2]),
                    (ticks[3], packets[3]),
                ])
                .build()
        },
    ),
    plays(
        "sysex-packets-never-ended",
        "a first packet, then notes and another first packet",
        || {
            with_odd_bytes(&[
                0, 0xF0, 3, 0x41, 0x10, 0x42, 0, 0x90, 62, 90, 9, 0xF0, 2, 0x7E, 0x7F, 9, 0x80, 62,
                64,
            ])
        },
    ),
    plays(
        "sysex-packets-without-first",
        "later packets without a first one",
        || {
            with_odd_bytes(&[
                0, 0xF7, 3, 1, 2, 0xF7, 0, 0xF7, 0, 0, 0x90, 62, 90, 9, 62, 0,
            ])
        },
    ),
    plays(
        "sysex-packets-10000",
        "a message in 10,000 packets of one byte",
        || {
            let packets: Vec<(u32, &[u8])> = (0..10_000).map(|n| (n / 100, &[0x55][..])).collect();
            one_track().system_exclusive_packets(&packets).build()
        },
    ),
    plays(
        "sysex-without-end",
        "F0 with its length, without F7",
        || {
            with_odd_bytes(&[
                0, 0xF0, 4, 0x7E, 0x7F, 9, 1, 0, 0x90, 62, 90, 9, 0x80, 62, 64,
            ])
        },
    ),
    plays("sysex-empty", "F0 and F7 of no bytes", || {
        with_odd_bytes(&[
            0, 0xF0, 0, 0, 0xF7, 0, 0, 0xF0, 1, 0xF7, 0, 0x90, 62, 90, 9, 62, 0,
        ])
    }),
    plays(
        "sysex-as-on-the-wire",
        "F0 without a length, up to F7",
        || {
            with_odd_bytes(&[
                0, 0xF0, 0x7E, 0x7F, 9, 1, 0xF7, 0, 0x90, 62, 90, 9, 0x80, 62, 64,
            ])
        },
    ),
    plays(
        "sysex-too-long",
        "F0 of 256 MiB in a track of a few bytes",
        || with_odd_bytes(&[0, 0xF0, 0xFF, 0xFF, 0xFF, 0x7F, 0x41]),
    ),
    plays(
        "sysex-of-a-mebibyte",
        "a mebibyte for another machine",
        || one_track().system_exclusive(0, &[0x7D; 1 << 20]).build(),
    ),
    plays(
        "sysex-with-status-bytes",
        "bytes above 127 inside a message",
        || {
            one_track()
                .system_exclusive(0, &[0x7E, 0x90, 0xFF, 0xF0, 0xF7, 0x01])
                .build()
        },
    ),
    plays(
        "sysex-cut-short",
        "known messages without their last bytes",
        || {
            [GM_ON, GS_RESET, XG_ON, MASTER_VOLUME, SCALE_TUNING]
                .into_iter()
                .flat_map(|body| (0..body.len()).map(move |length| &body[..length]))
                .fold(one_track(), |file, body| file.system_exclusive(10, body))
                .build()
        },
    ),
    plays(
        "sysex-wrong-checksum",
        "a GS reset and a part mode whose checksums are wrong",
        || {
            one_track()
                .system_exclusive(0, &[0x41, 0x10, 0x42, 0x12, 0x40, 0x00, 0x7F, 0x00, 0x00])
                .system_exclusive(0, &[0x41, 0x10, 0x42, 0x12, 0x40, 0x11, 0x15, 0x01, 0x00])
                .build()
        },
    ),
    plays(
        "master-extremes",
        "master volume, balance and tunings at both ends, within notes",
        || {
            let ends = [[0, 0], [0x7F, 0x7F], [0, 0x40], [0, 0]];
            ends.into_iter()
                .zip(0..)
                .fold(one_track(), |file, ([low, high], n)| {
                    (1..5).fold(file, |file, kind| {
                        file.system_exclusive(20 * n, &[0x7F, 0x7F, 4, kind, low, high])
                    })
                })
                .system_exclusive(89, &[0x7F, 0x7F, 4, 1, 0x7F, 0x7F])
                .note(0, 62, 100, 90, 180)
                .build()
        },
    ),
    plays(
        "tunings",
        "scale tunings and single notes retuned, also to nothing",
        || {
            let mut bulk = vec![0x7E, 0x7F, 8, 1, 0];
            bulk.extend([b'n'; 16]);
            bulk.extend([0x7F; 3 * 128]);
            bulk.push(0);
            let single = [0x7F, 0x7F, 8, 2, 0, 2, 60, 0x7F, 0x7F, 0x7F, 61, 0, 0, 0];
            tuned(&[SCALE_TUNING, &bulk, &single])
        },
    ),
    plays(
        "drum-parts",
        "every channel made a drum part, and back",
        || {
            // GS "use for rhythm part", address 40 1x 15.
            let mode = |part: u8, value: u8| {
                let address = 0x10 | part;
                let sum = 0x40 + u32::from(address) + 0x15 + u32::from(value);
                let check = (128 - (sum % 128) as u8) % 128;
                [0x41, 0x10, 0x42, 0x12, 0x40, address, 0x15, value, check]
            };
            (0..32)
                .fold(one_track(), |file, n| {
                    let (part, on) = ((n % 16) as u8, n < 16);
                    file.system_exclusive(n, &mode(part, u8::from(on))).note(
                        part,
                        60,
                        80,
                        n,
                        n + 20,
                    )
                })
                .build()
        },
    ),
];

/// Universal realtime master volume (CA-... device control, MIDI 1.0).
const MASTER_VOLUME: &[u8] = &[0x7F, 0x7F, 0x04, 0x01, 0x00, 0x60];

/// MIDI Tuning Standard, scale/octave tuning of one byte, realtime, all channels, extremes.
const SCALE_TUNING: &[u8] = &[
    0x7F, 0x7F, 0x08, 0x08, 0x03, 0x7F, 0x7F, 0, 0x7F, 0, 0x7F, 0, 0x7F, 0, 0x7F, 0, 0x7F, 0, 0x7F,
];

fn tuned(bodies: &[&[u8]]) -> Vec<u8> {
    bodies
        .iter()
        .zip(0..)
        .fold(SmfBuilder::new(0, 96), |file, (body, n)| {
            file.note(0, 60, 90, 40 * n, 40 * n + 60)
                .note(0, 61, 90, 40 * n, 40 * n + 60)
                .system_exclusive(40 * n + 10, body)
        })
        .build()
}
