//! Writes the demo piece, an original composition for flute, clarinet, violin, strings and cello:
//! `cargo run -p ane-synth-app --example make_demo -- crates/ane-synth-app/demo/evening_round.mid`
#![forbid(unsafe_code)]

use std::process::ExitCode;

use testkit::SmfBuilder;

const TICKS_PER_QUARTER: u16 = 480;
const EIGHTH: u32 = TICKS_PER_QUARTER as u32 / 2;
const BAR: u32 = 8 * EIGHTH;
/// Part of a note's value that it sounds.
const SOUNDING: (u32, u32) = (19, 20);

/// (key or 0 for a rest, length in eighths).
type Line = &'static [(u8, u32)];

struct Part {
    channel: u8,
    /// General MIDI program from 0.
    program: u8,
    /// Controllers 7 and 10.
    volume: u8,
    pan: u8,
    velocity: u8,
    /// Several lines sound together.
    lines: &'static [Line],
}

/// One bar of eight eighths a line; fourteen bars, the last one half.
const PARTS: [Part; 5] = [
    Part {
        channel: 0,
        program: 73,
        volume: 127,
        pan: 44,
        velocity: 110,
        lines: &[FLUTE],
    },
    Part {
        channel: 1,
        program: 71,
        volume: 122,
        pan: 84,
        velocity: 108,
        lines: &[CLARINET],
    },
    Part {
        channel: 2,
        program: 40,
        volume: 127,
        pan: 30,
        velocity: 114,
        lines: &[VIOLIN],
    },
    Part {
        channel: 3,
        program: 48,
        volume: 104,
        pan: 64,
        velocity: 86,
        lines: &[PAD_HIGH, PAD_MIDDLE, PAD_LOW],
    },
    Part {
        channel: 4,
        program: 42,
        volume: 127,
        pan: 92,
        velocity: 112,
        lines: &[CELLO],
    },
];

#[rustfmt::skip]
const FLUTE: Line = &[
    (0, 40),
    (81, 3), (86, 3), (85, 1), (83, 1),
    (81, 3), (83, 1), (85, 2), (81, 2),
    (83, 3), (81, 1), (79, 2), (76, 2),
    (81, 4), (83, 2), (85, 2),
    (86, 6), (0, 2),
    (0, 2), (83, 2), (86, 4),
    (88, 4), (85, 4),
    (86, 2), (81, 2), (78, 8),
];

#[rustfmt::skip]
const CLARINET: Line = &[
    (0, 8),
    (69, 3), (74, 3), (73, 1), (71, 1),
    (71, 3), (73, 1), (74, 2), (78, 2),
    (76, 3), (74, 1), (71, 2), (67, 2),
    (69, 4), (73, 2), (76, 2),
    (74, 4), (69, 4),
    (73, 4), (69, 4),
    (74, 4), (71, 4),
    (73, 4), (76, 2), (79, 2),
    (74, 8),
    (71, 4), (69, 4),
    (67, 8),
    (66, 12),
];

#[rustfmt::skip]
const VIOLIN: Line = &[
    (0, 72),
    (78, 3), (76, 1), (74, 2), (71, 2),
    (79, 3), (78, 1), (81, 4),
    (83, 3), (79, 1), (76, 2), (73, 2),
    (74, 12),
];

#[rustfmt::skip]
const PAD_HIGH: Line = &[
    (66, 8), (66, 8), (66, 8), (67, 8), (64, 8),
    (66, 8), (66, 8), (67, 8), (67, 4), (64, 4),
    (66, 8), (67, 4), (66, 4), (64, 4), (67, 4), (66, 12),
];

#[rustfmt::skip]
const PAD_MIDDLE: Line = &[
    (62, 8), (62, 8), (62, 8), (62, 8), (62, 4), (61, 4),
    (62, 8), (61, 8), (62, 4), (64, 4), (61, 8),
    (62, 8), (62, 8), (62, 4), (61, 4), (62, 12),
];

#[rustfmt::skip]
const PAD_LOW: Line = &[
    (57, 8), (57, 8), (59, 8), (59, 8), (57, 8),
    (57, 8), (57, 8), (59, 8), (57, 8),
    (59, 8), (59, 4), (57, 4), (55, 4), (57, 4), (57, 12),
];

#[rustfmt::skip]
const CELLO: Line = &[
    (38, 1), (45, 1), (50, 1), (54, 1), (57, 1), (54, 1), (50, 1), (45, 1),
    (38, 1), (45, 1), (50, 1), (54, 1), (57, 1), (54, 1), (50, 1), (45, 1),
    (47, 1), (54, 1), (59, 1), (62, 1), (59, 1), (54, 1), (50, 1), (47, 1),
    (43, 1), (50, 1), (55, 1), (59, 1), (62, 1), (59, 1), (55, 1), (50, 1),
    (45, 1), (52, 1), (57, 1), (62, 1), (61, 1), (57, 1), (52, 1), (45, 1),
    (38, 1), (45, 1), (50, 1), (54, 1), (57, 1), (54, 1), (50, 1), (45, 1),
    (42, 1), (49, 1), (54, 1), (57, 1), (61, 1), (57, 1), (54, 1), (49, 1),
    (43, 1), (50, 1), (55, 1), (59, 1), (40, 1), (47, 1), (52, 1), (55, 1),
    (45, 1), (52, 1), (57, 1), (61, 1), (64, 1), (61, 1), (57, 1), (52, 1),
    (47, 1), (54, 1), (59, 1), (62, 1), (59, 1), (54, 1), (50, 1), (47, 1),
    (43, 1), (50, 1), (55, 1), (59, 1), (42, 1), (50, 1), (54, 1), (57, 1),
    (40, 1), (47, 1), (52, 1), (55, 1), (45, 1), (52, 1), (55, 1), (61, 1),
    (38, 1), (45, 1), (50, 1), (54, 1), (38, 8),
];

/// (bar, us per quarter): 100 a minute, slowing down into the last chord.
const TEMPOS: [(u32, u32); 3] = [(0, 600_000), (11, 680_000), (12, 830_000)];

/// (bar, controller 11), straight lines between.
const SWELL: [(u32, u32); 5] = [(0, 112), (5, 118), (8, 127), (11, 122), (13, 104)];

fn main() -> ExitCode {
    let Some(path) = std::env::args_os().nth(1) else {
        eprintln!("name the file to write");
        return ExitCode::from(2);
    };
    match std::fs::write(&path, piece()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", path.display());
            ExitCode::from(2)
        }
    }
}

fn piece() -> Vec<u8> {
    let mut file = SmfBuilder::new(1, TICKS_PER_QUARTER).running_status(true);
    file = text(file, 0x03, "Evening Round");
    file = text(file, 0x02, "The ane-synth developers, MIT licence");
    for (bar, us_per_quarter) in TEMPOS {
        file = file.tempo(bar * BAR, us_per_quarter);
    }
    for part in &PARTS {
        file = part.write(file.track());
    }
    file.build()
}

fn text(file: SmfBuilder, kind: u8, text: &str) -> SmfBuilder {
    let event = [&[0xff, kind, text.len() as u8], text.as_bytes()].concat();
    file.event(0, &event)
}

impl Part {
    fn write(&self, mut file: SmfBuilder) -> SmfBuilder {
        let control = 0xb0 | self.channel;
        file = file
            .event(0, &[0xc0 | self.channel, self.program])
            .event(0, &[control, 7, self.volume])
            .event(0, &[control, 10, self.pan]);
        for quarter in 0..4 * SWELL[SWELL.len() - 1].0 {
            file = file.event(quarter * 2 * EIGHTH, &[control, 11, swell_at(quarter)]);
        }
        for line in self.lines {
            let mut tick = 0;
            for &(key, eighths) in *line {
                let length = eighths * EIGHTH;
                if key > 0 {
                    let off = tick + length * SOUNDING.0 / SOUNDING.1;
                    file = file.note(self.channel, key, self.accented(tick), tick, off);
                }
                tick += length;
            }
        }
        file
    }

    /// The first beat of a bar leads, the third follows, the rest step back.
    fn accented(&self, tick: u32) -> u8 {
        match tick % BAR / EIGHTH {
            0 => self.velocity + 6,
            4 => self.velocity,
            _ => self.velocity - 8,
        }
    }
}

fn swell_at(quarter: u32) -> u8 {
    let next = SWELL
        .iter()
        .position(|&(bar, _)| bar * 4 > quarter)
        .unwrap_or(SWELL.len() - 1);
    let ((from_bar, from), (to_bar, to)) = (SWELL[next - 1], SWELL[next]);
    let (done, whole) = (quarter - 4 * from_bar, 4 * (to_bar - from_bar));
    ((from * (whole - done) + to * done) / whole) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_file_is_this_piece() {
        assert!(
            piece() == include_bytes!("../demo/evening_round.mid"),
            "the piece has changed; write the file again as the first lines say"
        );
    }

    #[test]
    fn every_line_ends_with_the_last_bar() {
        for line in PARTS.iter().flat_map(|part| part.lines) {
            assert_eq!(
                line.iter().map(|&(_, eighths)| eighths).sum::<u32>(),
                13 * 8 + 4
            );
        }
    }
}
