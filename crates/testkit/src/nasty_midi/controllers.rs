//! Controllers, programs, bends and pressures, all of them and very many.

use super::{DIVISION, NastyFile, plays};
use crate::SmfBuilder;

pub(super) const FILES: &[NastyFile] = &[
    plays(
        "every-controller-and-value",
        "128 controllers through 128 values",
        || sweep(|file, n| file.control(0, (n / 128) as u8, (n % 128) as u8, n / 128)),
    ),
    plays(
        "every-controller-on-every-channel",
        "controllers at 0, 64 and 127, on 16 channels",
        || {
            (0..16 * 128 * 3)
                .fold(chord(), |file, n: u32| {
                    let value = [0, 64, 127][(n % 3) as usize];
                    file.control((n / 384) as u8, (n / 3 % 128) as u8, value, n / 64)
                })
                .build()
        },
    ),
    plays(
        "mode-storm",
        "mono, poly, omni, local, all notes off, reset, by the thousand",
        || sweep(|file, n| file.control(0, 120 + (n * 5 % 8) as u8, (n * 37 % 128) as u8, n / 100)),
    ),
    plays(
        "pedal-storm",
        "sustain, sostenuto, soft and legato pedals 16,000 times",
        || sweep(|file, n| file.control(0, 64 + (n % 6) as u8, (n * 53 % 128) as u8, n / 100)),
    ),
    plays("bend-storm", "16,000 pitch bends in a second", || {
        sweep(|file, n| file.bend(0, (n * 4001 % 16_384) as u16, n / 100))
    }),
    plays("pressure-storm", "channel and key pressures", || {
        sweep(|file, n| {
            let value = (n * 91 % 128) as u8;
            match n % 2 {
                0 => file.channel_pressure(0, value, n / 100),
                _ => file.key_pressure(0, (n / 2 % 128) as u8, value, n / 100),
            }
        })
    }),
    plays(
        "program-storm",
        "programs of every bank, changed at every tick",
        || {
            sweep(|file, n| match n % 3 {
                0 => file.control(0, 0, (n / 7 % 128) as u8, n / 100),
                1 => file.control(0, 32, (n / 3 % 128) as u8, n / 100),
                _ => file.program(0, (n * 11 % 128) as u8, n / 100),
            })
        },
    ),
    plays(
        "rpn-storm",
        "data entries, increments and RPNs in any order",
        || {
            const KINDS: [u8; 8] = [101, 100, 6, 38, 96, 97, 99, 98];
            sweep(|file, n| {
                let kind = KINDS[(n.wrapping_mul(2_654_435_761) >> 7) as usize % 8];
                file.control(0, kind, (n * 29 % 128) as u8, n / 100)
            })
        },
    ),
    plays(
        "rpn-extremes",
        "every registered parameter at both ends, incremented 300 times",
        || {
            let mut file = chord();
            for parameter in [0, 1, 2, 3, 4, 5, 6, 127] {
                for (coarse, fine) in [(0, 0), (127, 127), (64, 0)] {
                    let tick = 3 * u32::from(parameter);
                    file = file
                        .control(0, 101, if parameter == 127 { 127 } else { 0 }, tick)
                        .control(0, 100, parameter, tick)
                        .control(0, 6, coarse, tick)
                        .control(0, 38, fine, tick)
                        .bend(0, 16_383, tick);
                    for _ in 0..300 {
                        file = file.control(0, 96 + (coarse == 0) as u8, 0, tick);
                    }
                }
            }
            file.build()
        },
    ),
    plays(
        "bend-range-127",
        "a bend range of 127 semitones and 127 cents, both ways",
        || {
            chord()
                .control(0, 101, 0, 0)
                .control(0, 100, 0, 0)
                .control(0, 6, 127, 0)
                .control(0, 38, 127, 0)
                .bend(0, 0, 24)
                .bend(0, 16_383, 48)
                .build()
        },
    ),
    plays(
        "portamento-extremes",
        "glides of every length from every key, in mono mode",
        || {
            (0..160)
                .fold(
                    chord().control(0, 126, 1, 0).control(0, 65, 127, 0),
                    |file, n| {
                        let key = (n * 67 % 128) as u8;
                        file.control(0, 5, (n * 3 % 128) as u8, n)
                            .control(0, 37, 127, n)
                            .control(0, 84, 127 - key, n)
                            .note(0, key, 100, n, n + 7)
                    },
                )
                .build()
        },
    ),
    plays(
        "mono-0-to-127",
        "mono mode with every number of channels",
        || {
            (0..128)
                .fold(chord(), |file, n| {
                    let channel = (n % 16) as u8;
                    file.control(channel, 126, n as u8, n)
                        .note(channel, 60, 90, n, n + 20)
                })
                .build()
        },
    ),
    plays(
        "hard-resets",
        "reset, all sound off, all notes off within notes",
        || {
            (0..60)
                .fold(chord(), |file, n| {
                    file.note(0, 50 + n as u8, 100, n, n + 30).control(
                        0,
                        [120, 121, 123][n as usize % 3],
                        0,
                        n + 5,
                    )
                })
                .build()
        },
    ),
];

/// Three notes of a second and a half on channel 1.
fn chord() -> SmfBuilder {
    [60, 64, 67]
        .into_iter()
        .fold(SmfBuilder::new(0, DIVISION), |file, key| {
            file.note(0, key, 90, 0, 288)
        })
}

/// The chord under 16,384 messages.
fn sweep(message: fn(SmfBuilder, u32) -> SmfBuilder) -> Vec<u8> {
    (0..16_384).fold(chord(), message).build()
}
