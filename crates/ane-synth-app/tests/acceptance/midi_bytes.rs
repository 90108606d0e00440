//! A second reader of MIDI files (RP-001), written for the tests alone: what the command makes of a
//! file is checked against what this reader makes of its bytes.

use testkit::SmfBuilder;

/// A note: channel, key and velocity, sounding from `start_s` to `end_s`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Note {
    pub(crate) channel: u8,
    pub(crate) key: u8,
    pub(crate) velocity: u8,
    pub(crate) start_s: f64,
    pub(crate) end_s: f64,
}

/// The notes of a file that end, and when its last track ends.
#[derive(Debug)]
pub(crate) struct Piece {
    pub(crate) notes: Vec<Note>,
    pub(crate) length_s: f64,
}

impl Piece {
    /// `None` where the bytes are no whole file of format 0 or 1 with musical time.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let mut cursor = Cursor { bytes };
        let header = cursor.chunk(b"MThd")?;
        let division = u16::from_be_bytes([*header.get(4)?, *header.get(5)?]);
        if division == 0 || division >= 0x8000 || header[1] > 1 {
            return None;
        }
        let mut events = Vec::new();
        let mut last_tick = 0;
        while !cursor.bytes.is_empty() {
            let end_tick = read_track(cursor.chunk(b"MTrk")?, &mut events)?;
            last_tick = end_tick.max(last_tick);
        }
        // Stable: tracks in their order, each event in its track's order.
        events.sort_by_key(|(tick, _)| *tick);
        let mut time = Time {
            tick: 0,
            seconds: 0.0,
            seconds_a_tick: 0.5 / f64::from(division),
        };
        let mut open: Vec<Note> = Vec::new();
        let mut notes = Vec::new();
        for (tick, message) in events {
            let now_s = time.advance(tick);
            match message {
                Message::Tempo(microseconds) => {
                    time.seconds_a_tick = microseconds * 1e-6 / f64::from(division);
                }
                Message::On(channel, key, velocity) => open.push(Note {
                    channel,
                    key,
                    velocity,
                    start_s: now_s,
                    end_s: f64::NAN,
                }),
                Message::Off(channel, key) => {
                    let held = |n: &Note| (n.channel, n.key) == (channel, key);
                    if let Some(oldest) = open.iter().position(held) {
                        let note = open.remove(oldest);
                        notes.push(Note {
                            end_s: now_s,
                            ..note
                        });
                    }
                }
            }
        }
        let length_s = time.advance(last_tick);
        Some(Self { notes, length_s })
    }

    /// The notes that begin in the first `seconds` as a new file, at millisecond ticks.
    pub(crate) fn excerpt(&self, seconds: f64) -> Vec<u8> {
        let tick = |at_s: f64| (at_s.min(seconds) * 1000.0).round() as u32;
        let begun = self.notes.iter().filter(|note| note.start_s < seconds);
        begun
            .fold(SmfBuilder::new(0, 500), |file, n| {
                let (start, end) = (tick(n.start_s), tick(n.end_s));
                file.note(n.channel, n.key, n.velocity, start, end.max(start + 1))
            })
            .build()
    }
}

enum Message {
    Tempo(f64),
    On(u8, u8, u8),
    Off(u8, u8),
}

struct Time {
    tick: u64,
    seconds: f64,
    seconds_a_tick: f64,
}

impl Time {
    fn advance(&mut self, tick: u64) -> f64 {
        self.seconds += (tick - self.tick) as f64 * self.seconds_a_tick;
        self.tick = tick;
        self.seconds
    }
}

/// The track's last tick.
fn read_track(body: &[u8], events: &mut Vec<(u64, Message)>) -> Option<u64> {
    let mut cursor = Cursor { bytes: body };
    let mut tick = 0;
    let mut running = None;
    while !cursor.bytes.is_empty() {
        tick += u64::from(cursor.variable_length()?);
        let status = match *cursor.bytes.first()? {
            0x80.. => cursor.byte()?,
            _ => running?,
        };
        match status {
            0xFF => {
                let kind = cursor.byte()?;
                let length = cursor.variable_length()? as usize;
                let data = cursor.take(length)?;
                match (kind, data) {
                    (0x51, &[a, b, c]) => {
                        let microseconds = u32::from_be_bytes([0, a, b, c]);
                        events.push((tick, Message::Tempo(f64::from(microseconds))));
                    }
                    (0x2F, _) => return Some(tick),
                    _ => {}
                }
                running = None;
            }
            0xF0 | 0xF7 => {
                let length = cursor.variable_length()? as usize;
                cursor.take(length)?;
                running = None;
            }
            0xF1.. => return None,
            _ => {
                running = Some(status);
                let first = cursor.byte()?;
                let two = !matches!(status & 0xF0, 0xC0 | 0xD0);
                let second = if two { cursor.byte()? } else { 0 };
                let channel = status & 15;
                match (status & 0xF0, second) {
                    (0x90, 1..) => events.push((tick, Message::On(channel, first, second))),
                    (0x80 | 0x90, _) => events.push((tick, Message::Off(channel, first))),
                    _ => {}
                }
            }
        }
    }
    Some(tick)
}

struct Cursor<'a> {
    bytes: &'a [u8],
}

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(count)?;
        self.bytes = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|taken| taken[0])
    }

    fn chunk(&mut self, id: &[u8; 4]) -> Option<&'a [u8]> {
        let head = self.take(8)?;
        let length = u32::from_be_bytes([head[4], head[5], head[6], head[7]]);
        (&head[..4] == id).then_some(())?;
        self.take(length as usize)
    }

    fn variable_length(&mut self) -> Option<u32> {
        let mut value = 0;
        for _ in 0..4 {
            let byte = self.byte()?;
            value = value << 7 | u32::from(byte & 0x7F);
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }
}

#[test]
fn the_second_reader_reads_times_from_a_tempo_map() {
    let file = SmfBuilder::new(1, 100)
        .tempo(0, 1_000_000)
        .tempo(100, 500_000)
        .track()
        .running_status(true)
        .note(3, 60, 99, 50, 200)
        .end_of_track(300)
        .build();
    let piece = Piece::read(&file).unwrap();
    assert_eq!(piece.length_s, 2.0);
    let [note] = piece.notes[..] else {
        panic!("{piece:?}")
    };
    assert_eq!((note.channel, note.key, note.velocity), (3, 60, 99));
    assert_eq!((note.start_s, note.end_s), (0.5, 1.5));
    assert!(
        (0..file.len()).all(|cut| Piece::read(&file[..cut]).is_none_or(|p| p.notes.is_empty()))
    );
}
