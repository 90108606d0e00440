//! Standard MIDI files for tests, written byte by byte.
//!
//! Standard MIDI Files 1.0 (RP-001). The writer checks nothing beyond what it needs to place
//! bytes, so that a test can also make a file that a reader must refuse or survive.

/// Builds a Standard MIDI File.
///
/// ```
/// let bytes = testkit::SmfBuilder::new(0, 480)
///     .tempo(0, 500_000)
///     .note(0, 60, 100, 0, 480)
///     .build();
/// assert_eq!(&bytes[..4], b"MThd");
/// ```
#[derive(Clone, Debug)]
pub struct SmfBuilder {
    format: u16,
    division: u16,
    running_status: bool,
    tracks: Vec<Track>,
}

#[derive(Clone, Debug, Default)]
struct Track {
    events: Vec<(u32, Vec<u8>)>,
    end_tick: u32,
}

impl SmfBuilder {
    /// A file with one empty track. `division` is written as it is: ticks per quarter note, or
    /// with the top bit set an SMPTE rate.
    pub fn new(format: u16, division: u16) -> Self {
        Self {
            format,
            division,
            running_status: false,
            tracks: vec![Track::default()],
        }
    }

    /// Whether a channel message repeats its status byte when the one before it in the track had
    /// the same. Off at first.
    pub fn running_status(mut self, on: bool) -> Self {
        self.running_status = on;
        self
    }

    /// Starts another track; what follows goes there.
    pub fn track(mut self) -> Self {
        self.tracks.push(Track::default());
        self
    }

    /// Any event, `bytes` written as they are after the delta time: a channel message with its
    /// status, `FF type length ..`, `F0 length ..`. Events may come in any order; those of one
    /// tick keep theirs.
    pub fn event(mut self, tick: u32, bytes: &[u8]) -> Self {
        self.current().events.push((tick, bytes.to_vec()));
        self
    }

    /// Tempo in microseconds per quarter note (24 bits are written).
    pub fn tempo(self, tick: u32, microseconds_per_quarter: u32) -> Self {
        let [_, high, middle, low] = microseconds_per_quarter.to_be_bytes();
        self.event(tick, &[0xFF, 0x51, 3, high, middle, low])
    }

    /// Note on at `start_tick`, note off (release velocity 64) at `end_tick`; channel 0..=15.
    pub fn note(self, channel: u8, key: u8, velocity: u8, start_tick: u32, end_tick: u32) -> Self {
        self.event(start_tick, &[0x90 | channel, key, velocity])
            .event(end_tick, &[0x80 | channel, key, 64])
    }

    /// Puts this track's end no earlier than `tick`: silence after the last event.
    pub fn end_of_track(mut self, tick: u32) -> Self {
        self.current().end_tick = tick;
        self
    }

    /// The file's bytes.
    pub fn build(&self) -> Vec<u8> {
        let mut file = b"MThd\0\0\0\x06".to_vec();
        file.extend(self.format.to_be_bytes());
        file.extend((self.tracks.len() as u16).to_be_bytes());
        file.extend(self.division.to_be_bytes());
        for track in &self.tracks {
            let body = track.bytes(self.running_status);
            file.extend(b"MTrk");
            file.extend((body.len() as u32).to_be_bytes());
            file.extend(body);
        }
        file
    }

    fn current(&mut self) -> &mut Track {
        self.tracks
            .last_mut()
            .expect("there is a track from the beginning")
    }
}

impl Track {
    fn bytes(&self, running_status: bool) -> Vec<u8> {
        let mut events = self.events.clone();
        events.sort_by_key(|(tick, _)| *tick);
        let mut body = Vec::new();
        let mut now = 0;
        let mut last_status = None;
        for (tick, bytes) in events {
            push_variable_length(&mut body, tick - now);
            now = tick;
            // Only channel messages set a running status; any other event ends it.
            let status = bytes
                .first()
                .copied()
                .filter(|status| (0x80..0xF0).contains(status));
            let repeated = running_status && status.is_some() && status == last_status;
            body.extend(&bytes[usize::from(repeated)..]);
            last_status = status;
        }
        push_variable_length(&mut body, self.end_tick.saturating_sub(now));
        body.extend([0xFF, 0x2F, 0]);
        body
    }
}

/// Seven bits a byte, most significant first, the top bit on all but the last.
fn push_variable_length(bytes: &mut Vec<u8>, value: u32) {
    for shift in [28, 21, 14, 7] {
        if value >> shift != 0 {
            bytes.push((value >> shift) as u8 & 0x7F | 0x80);
        }
    }
    bytes.push(value as u8 & 0x7F);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variable_lengths_are_the_specification_s_examples() {
        for (value, expected) in [
            (0, &[0x00][..]),
            (0x7F, &[0x7F]),
            (0x80, &[0x81, 0x00]),
            (0x2000, &[0xC0, 0x00]),
            (0x1F_FFFF, &[0xFF, 0xFF, 0x7F]),
            (0x20_0000, &[0x81, 0x80, 0x80, 0x00]),
            (0x0FFF_FFFF, &[0xFF, 0xFF, 0xFF, 0x7F]),
        ] {
            let mut bytes = Vec::new();
            push_variable_length(&mut bytes, value);
            assert_eq!(bytes, expected, "{value:#x}");
        }
    }

    #[test]
    fn a_file_is_the_bytes_written_by_hand() {
        let file = SmfBuilder::new(1, 96)
            .tempo(0, 0x07_A120)
            .track()
            .note(2, 60, 100, 0, 200)
            .event(100, &[0xB2, 64, 127])
            .end_of_track(300)
            .build();
        #[rustfmt::skip]
        let expected = [
            b'M', b'T', b'h', b'd', 0, 0, 0, 6, 0, 1, 0, 2, 0, 96,
            b'M', b'T', b'r', b'k', 0, 0, 0, 11,
            0, 0xFF, 0x51, 3, 0x07, 0xA1, 0x20, 0, 0xFF, 0x2F, 0,
            b'M', b'T', b'r', b'k', 0, 0, 0, 16,
            0, 0x92, 60, 100, 100, 0xB2, 64, 127, 100, 0x82, 60, 64, 100, 0xFF, 0x2F, 0,
        ];
        assert_eq!(file, expected);
    }

    #[test]
    fn running_status_leaves_out_repeats_until_another_kind_of_event() {
        let file = SmfBuilder::new(0, 96)
            .running_status(true)
            .event(0, &[0x90, 60, 1])
            .event(0, &[0x90, 62, 1])
            .event(0, &[0x91, 62, 1])
            .event(0, &[0xFF, 0x01, 0])
            .event(0, &[0x91, 64, 1])
            .build();
        #[rustfmt::skip]
        let expected = [
            0, 0x90, 60, 1, 0, 62, 1, 0, 0x91, 62, 1, 0, 0xFF, 0x01, 0, 0, 0x91, 64, 1,
            0, 0xFF, 0x2F, 0,
        ];
        assert_eq!(&file[22..], &expected);
        assert_eq!(file[18..22], (expected.len() as u32).to_be_bytes());
    }
}
