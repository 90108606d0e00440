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
    track_count: Option<u16>,
    tracks: Vec<Track>,
}

#[derive(Clone, Debug)]
struct Track {
    kind: [u8; 4],
    entries: Vec<(u32, Entry)>,
    end_tick: u32,
    ended: bool,
    claimed_length: Option<u32>,
}

impl Default for Track {
    fn default() -> Self {
        Self {
            kind: *b"MTrk",
            entries: Vec::new(),
            end_tick: 0,
            ended: true,
            claimed_length: None,
        }
    }
}

#[derive(Clone, Debug)]
enum Entry {
    /// Written after a delta time.
    Event(Vec<u8>),
    /// Written as it is.
    Raw(Vec<u8>),
}

/// The division of a file timed in SMPTE frames: `frames_per_second` is 24, 25, 29 (30 drop frame)
/// or 30, as RP-001 has them; other numbers are written too.
pub fn smpte_division(frames_per_second: u8, ticks_per_frame: u8) -> u16 {
    u16::from_be_bytes([frames_per_second.wrapping_neg(), ticks_per_frame])
}

impl SmfBuilder {
    /// A file with one empty track. `division` is written as it is: ticks per quarter note, or
    /// with the top bit set an SMPTE rate ([`smpte_division`]).
    pub fn new(format: u16, division: u16) -> Self {
        Self {
            format,
            division,
            running_status: false,
            track_count: None,
            tracks: vec![Track::default()],
        }
    }

    /// Whether a channel message repeats its status byte when the one before it in the track had
    /// the same. Off at first.
    pub fn running_status(mut self, on: bool) -> Self {
        self.running_status = on;
        self
    }

    /// The number of tracks that the header claims, in place of the true one.
    pub fn track_count(mut self, count: u16) -> Self {
        self.track_count = Some(count);
        self
    }

    /// Starts another track; what follows goes there.
    pub fn track(self) -> Self {
        self.chunk(b"MTrk")
    }

    /// Starts a chunk of any kind, written like a track; what follows goes there.
    pub fn chunk(mut self, kind: &[u8; 4]) -> Self {
        self.tracks.push(Track {
            kind: *kind,
            ..Track::default()
        });
        self
    }

    /// Any event, `bytes` written as they are after the delta time: a channel message with its
    /// status, `FF type length ..`, `F0 length ..`. Events may come in any order; those of one
    /// tick keep theirs.
    pub fn event(mut self, tick: u32, bytes: &[u8]) -> Self {
        let entry = (tick, Entry::Event(bytes.to_vec()));
        self.current().entries.push(entry);
        self
    }

    /// Bytes without a delta time, after the events of `tick` so far.
    pub fn raw(mut self, tick: u32, bytes: &[u8]) -> Self {
        let entry = (tick, Entry::Raw(bytes.to_vec()));
        self.current().entries.push(entry);
        self
    }

    /// A channel message; of the kinds with one data byte (`Cx`, `Dx`) the third is left out.
    pub fn message(self, tick: u32, message: [u8; 3]) -> Self {
        match message[0] & 0xF0 {
            0xC0 | 0xD0 => self.event(tick, &message[..2]),
            _ => self.event(tick, &message),
        }
    }

    /// Control change of channel 0..=15.
    pub fn control(self, channel: u8, controller: u8, value: u8, tick: u32) -> Self {
        self.event(tick, &[0xB0 | channel, controller, value])
    }

    /// Program change of channel 0..=15.
    pub fn program(self, channel: u8, program: u8, tick: u32) -> Self {
        self.event(tick, &[0xC0 | channel, program])
    }

    /// Pitch bend of channel 0..=15, 0..=16383 with the centre at 8192.
    pub fn bend(self, channel: u8, bend: u16, tick: u32) -> Self {
        let (low, high) = (bend as u8 & 0x7F, (bend >> 7) as u8 & 0x7F);
        self.event(tick, &[0xE0 | channel, low, high])
    }

    /// Channel pressure of channel 0..=15.
    pub fn channel_pressure(self, channel: u8, value: u8, tick: u32) -> Self {
        self.event(tick, &[0xD0 | channel, value])
    }

    /// Pressure on one key of channel 0..=15.
    pub fn key_pressure(self, channel: u8, key: u8, value: u8, tick: u32) -> Self {
        self.event(tick, &[0xA0 | channel, key, value])
    }

    /// A whole system exclusive message; `body` is what stands between F0 and F7.
    pub fn system_exclusive(self, tick: u32, body: &[u8]) -> Self {
        let mut data = body.to_vec();
        data.push(0xF7);
        self.counted(tick, &[0xF0], &data)
    }

    /// A system exclusive message in packets, each with its tick: the first begins with F0, the
    /// others with F7, the last ends with F7.
    pub fn system_exclusive_packets(self, packets: &[(u32, &[u8])]) -> Self {
        let last = packets.len().wrapping_sub(1);
        packets
            .iter()
            .enumerate()
            .fold(self, |file, (index, &(tick, body))| {
                let mut data = body.to_vec();
                data.extend((index == last).then_some(0xF7));
                let first: u8 = if index == 0 { 0xF0 } else { 0xF7 };
                file.counted(tick, &[first], &data)
            })
    }

    /// An escape, `F7 length bytes`: any bytes, or a later packet of a system exclusive message.
    pub fn escape(self, tick: u32, bytes: &[u8]) -> Self {
        self.counted(tick, &[0xF7], bytes)
    }

    /// A meta event.
    pub fn meta(self, tick: u32, kind: u8, data: &[u8]) -> Self {
        self.counted(tick, &[0xFF, kind], data)
    }

    /// A text; `kind` is 1 text, 2 copyright, 3 name, 4 instrument, 5 lyric, 6 marker, 7 cue.
    pub fn text(self, tick: u32, kind: u8, text: &str) -> Self {
        self.meta(tick, kind, text.as_bytes())
    }

    /// Tempo in microseconds per quarter note (24 bits are written).
    pub fn tempo(self, tick: u32, microseconds_per_quarter: u32) -> Self {
        let [_, high, middle, low] = microseconds_per_quarter.to_be_bytes();
        self.event(tick, &[0xFF, 0x51, 3, high, middle, low])
    }

    /// Time signature `numerator` / 2^`denominator_power`, 24 clocks a click, 8 32nds a quarter.
    pub fn time_signature(self, tick: u32, numerator: u8, denominator_power: u8) -> Self {
        self.meta(tick, 0x58, &[numerator, denominator_power, 24, 8])
    }

    /// Key signature: sharps (flats below zero), and whether it is minor.
    pub fn key_signature(self, tick: u32, sharps: i8, minor: bool) -> Self {
        self.meta(tick, 0x59, &[sharps.to_be_bytes()[0], u8::from(minor)])
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

    /// Leaves this track's end-of-track event out.
    pub fn no_end_of_track(mut self) -> Self {
        self.current().ended = false;
        self
    }

    /// The length that this track's chunk claims, in place of the true one.
    pub fn claimed_length(mut self, bytes: u32) -> Self {
        self.current().claimed_length = Some(bytes);
        self
    }

    /// The file's bytes.
    pub fn build(&self) -> Vec<u8> {
        let track_count = self.track_count.unwrap_or(self.tracks.len() as u16);
        let mut file = b"MThd\0\0\0\x06".to_vec();
        file.extend(self.format.to_be_bytes());
        file.extend(track_count.to_be_bytes());
        file.extend(self.division.to_be_bytes());
        for track in &self.tracks {
            let body = track.bytes(self.running_status);
            file.extend(track.kind);
            let length = track.claimed_length.unwrap_or(body.len() as u32);
            file.extend(length.to_be_bytes());
            file.extend(body);
        }
        file
    }

    fn counted(self, tick: u32, start: &[u8], data: &[u8]) -> Self {
        let mut event = start.to_vec();
        push_variable_length(&mut event, data.len() as u32);
        event.extend(data);
        self.event(tick, &event)
    }

    fn current(&mut self) -> &mut Track {
        self.tracks
            .last_mut()
            .expect("there is a track from the beginning")
    }
}

impl Track {
    fn bytes(&self, running_status: bool) -> Vec<u8> {
        let mut entries: Vec<&(u32, Entry)> = self.entries.iter().collect();
        entries.sort_by_key(|(tick, _)| *tick);
        let mut body = Vec::new();
        let mut now = 0;
        let mut last_status = None;
        for (tick, entry) in entries {
            let bytes = match entry {
                Entry::Event(bytes) => bytes,
                Entry::Raw(bytes) => {
                    body.extend(bytes);
                    last_status = None;
                    continue;
                }
            };
            push_variable_length(&mut body, tick - now);
            now = *tick;
            // Only channel messages set a running status; any other event ends it.
            let status = bytes
                .first()
                .copied()
                .filter(|status| (0x80..0xF0).contains(status));
            let repeated = running_status && status.is_some() && status == last_status;
            body.extend(&bytes[usize::from(repeated)..]);
            last_status = status;
        }
        if self.ended {
            push_variable_length(&mut body, self.end_tick.saturating_sub(now));
            body.extend([0xFF, 0x2F, 0]);
        }
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

    #[test]
    fn every_kind_of_event_is_the_bytes_written_by_hand() {
        let file = SmfBuilder::new(2, smpte_division(25, 40))
            .track_count(9)
            .system_exclusive(0, &[0x7E, 0x7F, 9, 1])
            .system_exclusive_packets(&[(0, &[0x43, 1]), (5, &[2]), (9, &[3])])
            .escape(9, &[0xF8])
            .text(9, 3, "Ab")
            .time_signature(9, 6, 3)
            .key_signature(9, -3, true)
            .key_pressure(1, 60, 7, 9)
            .channel_pressure(1, 8, 9)
            .bend(1, 0x2000, 9)
            .message(9, [0xC1, 5, 99])
            .raw(9, &[0xFE, 0xFE])
            .no_end_of_track()
            .chunk(b"XFIH")
            .claimed_length(77)
            .build();
        #[rustfmt::skip]
        let expected = [
            b'M', b'T', b'h', b'd', 0, 0, 0, 6, 0, 2, 0, 9, 0xE7, 40,
            b'M', b'T', b'r', b'k', 0, 0, 0, 62,
            0, 0xF0, 5, 0x7E, 0x7F, 9, 1, 0xF7,
            0, 0xF0, 2, 0x43, 1, 5, 0xF7, 1, 2, 4, 0xF7, 2, 3, 0xF7,
            0, 0xF7, 1, 0xF8,
            0, 0xFF, 3, 2, b'A', b'b',
            0, 0xFF, 0x58, 4, 6, 3, 24, 8,
            0, 0xFF, 0x59, 2, 0xFD, 1,
            0, 0xA1, 60, 7, 0, 0xD1, 8, 0, 0xE1, 0, 64, 0, 0xC1, 5,
            0xFE, 0xFE,
            b'X', b'F', b'I', b'H', 0, 0, 0, 77, 0, 0xFF, 0x2F, 0,
        ];
        assert_eq!(file, expected);
    }
}
