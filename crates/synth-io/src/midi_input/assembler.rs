//! Bytes as they come over a wire into whole messages.
//!
//! The rules are those of MIDI 1.0 (MMA, 96.1): "running status", "system real time messages" (which
//! may stand between any two bytes) and "system exclusive" (which any other status byte ends).

/// The longest system exclusive message that is handed on, F0 and F7 included, in bytes.
pub const LONGEST_EXCLUSIVE: usize = 64 << 10;

const EXCLUSIVE: u8 = 0xf0;
const END_OF_EXCLUSIVE: u8 = 0xf7;
const SYSTEM_RESET: u8 = 0xff;

/// What an assembler left out, counted since it was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Discarded {
    /// System exclusive messages longer than [`LONGEST_EXCLUSIVE`].
    pub oversized: u64,
    /// Messages that another one, or the end of the stream, cut short.
    pub truncated: u64,
    /// Data bytes that belong to no message.
    pub stray_bytes: u64,
}

/// Turns bytes, cut into pieces in any way, into whole messages.
///
/// ```
/// use synth_io::midi_input::MidiAssembler;
/// let mut assembler = MidiAssembler::new();
/// let mut messages = Vec::new();
/// // A note, a clock inside the next one's bytes, and that next one under running status.
/// for piece in [&[0x90, 60, 100, 62][..], &[0xf8, 90]] {
///     assembler.push(piece, &mut |message| messages.push(message.to_vec()));
/// }
/// assert_eq!(messages, [vec![0x90, 60, 100], vec![0xf8], vec![0x90, 62, 90]]);
/// ```
///
/// # Realtime safety
/// RT-safe but for [`MidiAssembler::new`]: no allocation, time bounded by the number of bytes.
#[derive(Debug)]
pub struct MidiAssembler {
    state: State,
    /// As long as the longest message: nothing grows later.
    exclusive: Box<[u8]>,
    discarded: Discarded,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// Nothing that a data byte could belong to.
    Idle,
    /// A message of a fixed length.
    Short(Short),
    /// A system exclusive message of which so many bytes are there.
    Exclusive(usize),
    /// One that has grown too long, until it ends.
    Oversized,
}

#[derive(Debug, Clone, Copy)]
struct Short {
    bytes: [u8; 3],
    /// Bytes that are there, the status included.
    have: usize,
    /// Bytes of the whole message.
    length: usize,
    /// Not a running status that waits for its next data byte.
    begun: bool,
}

impl Default for MidiAssembler {
    fn default() -> Self {
        Self::new()
    }
}

impl MidiAssembler {
    /// An assembler that has seen nothing. Allocates all that it will ever need.
    #[must_use]
    pub fn new() -> Self {
        Self {
            state: State::Idle,
            exclusive: vec![0; LONGEST_EXCLUSIVE].into_boxed_slice(),
            discarded: Discarded::default(),
        }
    }

    /// Takes the next bytes and hands each message that they complete to `emit`.
    ///
    /// A message is a status byte and its data: a channel message of two or three bytes, a system
    /// common message of one to three, a system exclusive message from F0 to F7, or one real-time
    /// byte. Running status is written out. Undefined statuses (F4, F5, F9, FD) are left out with
    /// the data behind them.
    ///
    /// # Realtime safety
    /// RT-safe if `emit` is.
    pub fn push(&mut self, bytes: &[u8], emit: &mut dyn FnMut(&[u8])) {
        for &byte in bytes {
            match byte {
                0x00..=0x7f => self.take_data(byte, emit),
                0xf8..=0xff => self.take_real_time(byte, emit),
                END_OF_EXCLUSIVE => self.end_exclusive(emit),
                _ => self.begin(byte, emit),
            }
        }
    }

    /// Forgets what is incomplete, and the running status: the next byte is of another stream.
    pub fn restart(&mut self) {
        let is_cut = match self.state {
            State::Idle | State::Oversized => false,
            State::Short(short) => short.begun,
            State::Exclusive(_) => true,
        };
        self.discarded.truncated += u64::from(is_cut);
        self.state = State::Idle;
    }

    /// What was left out so far.
    #[must_use]
    pub fn discarded(&self) -> Discarded {
        self.discarded
    }

    fn begin(&mut self, status: u8, emit: &mut dyn FnMut(&[u8])) {
        self.restart();
        let length = match status {
            EXCLUSIVE => {
                self.exclusive[0] = EXCLUSIVE;
                self.state = State::Exclusive(1);
                return;
            }
            // "Tune request".
            0xf6 => return emit(&[status]),
            0xf4 | 0xf5 => return,
            0xc0..=0xdf | 0xf1 | 0xf3 => 2,
            _ => 3,
        };
        self.state = State::Short(Short {
            bytes: [status, 0, 0],
            have: 1,
            length,
            begun: true,
        });
    }

    fn take_data(&mut self, byte: u8, emit: &mut dyn FnMut(&[u8])) {
        match &mut self.state {
            State::Idle => self.discarded.stray_bytes += 1,
            State::Oversized => {}
            State::Exclusive(have) => {
                // The last place is for F7.
                if *have + 1 < self.exclusive.len() {
                    self.exclusive[*have] = byte;
                    *have += 1;
                } else {
                    self.discarded.oversized += 1;
                    self.state = State::Oversized;
                }
            }
            State::Short(short) => {
                short.bytes[short.have] = byte;
                short.have += 1;
                short.begun = true;
                if short.have < short.length {
                    return;
                }
                let Short { bytes, length, .. } = *short;
                if bytes[0] < EXCLUSIVE {
                    (short.have, short.begun) = (1, false);
                } else {
                    self.state = State::Idle;
                }
                emit(&bytes[..length]);
            }
        }
    }

    fn take_real_time(&mut self, byte: u8, emit: &mut dyn FnMut(&[u8])) {
        if matches!(byte, 0xf9 | 0xfd) {
            return;
        }
        if byte == SYSTEM_RESET {
            self.restart();
        }
        emit(&[byte]);
    }

    fn end_exclusive(&mut self, emit: &mut dyn FnMut(&[u8])) {
        match self.state {
            State::Exclusive(have) => {
                self.exclusive[have] = END_OF_EXCLUSIVE;
                self.state = State::Idle;
                emit(&self.exclusive[..=have]);
            }
            _ => self.restart(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assemble(pieces: &[&[u8]]) -> (Vec<Vec<u8>>, Discarded) {
        let mut assembler = MidiAssembler::new();
        let mut messages = Vec::new();
        for piece in pieces {
            assembler.push(piece, &mut |message| messages.push(message.to_vec()));
        }
        (messages, assembler.discarded())
    }

    fn messages(bytes: &[u8]) -> Vec<Vec<u8>> {
        let (whole, discarded) = assemble(&[bytes]);
        let bytewise: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(assemble(&bytewise), (whole.clone(), discarded));
        whole
    }

    fn discarded(bytes: &[u8]) -> Discarded {
        assemble(&[bytes]).1
    }

    #[test]
    fn every_status_has_its_length() {
        for (message, length) in [
            ([0x8f, 1, 2], 3),
            ([0x90, 1, 2], 3),
            ([0xa1, 1, 2], 3),
            ([0xb2, 1, 2], 3),
            ([0xc3, 1, 0], 2),
            ([0xd4, 1, 0], 2),
            ([0xe5, 1, 2], 3),
            ([0xf1, 1, 0], 2),
            ([0xf2, 1, 2], 3),
            ([0xf3, 1, 0], 2),
            ([0xf6, 0, 0], 1),
        ] {
            let message = &message[..length];
            assert_eq!(messages(message), [message]);
            assert_eq!(discarded(message), Discarded::default());
        }
    }

    #[test]
    fn one_piece_may_hold_many_messages_and_a_message_many_pieces() {
        let (whole, left_out) =
            assemble(&[&[0x90, 60], &[], &[1, 0x80, 60, 2, 0xc0], &[7], &[0xb0]]);
        let expected: [&[u8]; 3] = [&[0x90, 60, 1], &[0x80, 60, 2], &[0xc0, 7]];
        assert_eq!(whole, expected);
        assert_eq!(left_out, Discarded::default(), "the last may go on");
    }

    #[test]
    fn running_status_is_written_out_and_ends_with_a_system_message() {
        let bytes = [0x91, 60, 1, 61, 2, 0xc1, 5, 6, 0xf6, 7, 8];
        let expected: [&[u8]; 5] = [
            &[0x91, 60, 1],
            &[0x91, 61, 2],
            &[0xc1, 5],
            &[0xc1, 6],
            &[0xf6],
        ];
        assert_eq!(messages(&bytes), expected);
        assert_eq!(discarded(&bytes).stray_bytes, 2);
        for ender in [&[0xf0, 0xf7][..], &[0xf2, 1, 2], &[0xf4], &[0xf7], &[0xff]] {
            let bytes = [&[0x90, 60, 1][..], ender, &[61, 2]].concat();
            assert_eq!(discarded(&bytes).stray_bytes, 2, "{ender:x?}");
        }
    }

    #[test]
    fn real_time_bytes_may_stand_anywhere_and_change_nothing() {
        let plain = [
            0x90, 60, 1, 61, 2, 0xf0, 1, 2, 0xf7, 0xf2, 3, 4, 0xd0, 9, 10,
        ];
        let expected = messages(&plain);
        for byte in [0xf8, 0xfa, 0xfb, 0xfc, 0xfe] {
            let mixed: Vec<u8> = plain.iter().flat_map(|&data| [byte, data]).collect();
            let (clocks, rest): (Vec<_>, Vec<_>) = messages(&mixed)
                .into_iter()
                .partition(|message| message == &[byte]);
            assert_eq!(rest, expected);
            assert_eq!(clocks.len(), plain.len());
        }
        let undefined: Vec<u8> = plain.iter().flat_map(|&data| [0xf9, data, 0xfd]).collect();
        assert_eq!(messages(&undefined), expected);
    }

    #[test]
    fn a_message_cut_short_is_left_out_and_counted() {
        let bytes = [
            0x90, 60, 0x90, 61, 1, 0xf0, 1, 2, 0xb0, 1, 2, 0xc0, 0xe0, 5, 6, 7,
        ];
        let expected: [&[u8]; 3] = [&[0x90, 61, 1], &[0xb0, 1, 2], &[0xe0, 5, 6]];
        assert_eq!(messages(&bytes), expected);
        assert_eq!(discarded(&bytes).truncated, 3);
        let mut assembler = MidiAssembler::new();
        assembler.push(&bytes, &mut |_| {});
        assembler.restart();
        assert_eq!(assembler.discarded().truncated, 4, "the 7 at the end");
        assembler.push(&[8], &mut |message| panic!("{message:?}"));
        assert_eq!(assembler.discarded().stray_bytes, 1);
    }

    #[test]
    fn an_exclusive_message_may_come_in_pieces_of_any_size() {
        let body: Vec<u8> = (0..60_000_u32).map(|n| (n % 127) as u8).collect();
        let message = [&[0xf0][..], &body, &[0xf7]].concat();
        for size in [1, 2, 3, 256, 1024, 60_001, 60_002] {
            let pieces: Vec<&[u8]> = message.chunks(size).collect();
            assert_eq!(assemble(&pieces).0, [message.as_slice()]);
        }
        assert_eq!(messages(&[0xf0, 0xf7]), [[0xf0, 0xf7]]);
        assert!(messages(&[0xf7, 1, 0xf7]).is_empty());
    }

    #[test]
    fn an_exclusive_message_is_as_long_as_it_may_be_and_no_longer() {
        for (data, fits) in [
            (LONGEST_EXCLUSIVE - 2, true),
            (LONGEST_EXCLUSIVE - 1, false),
            (1 << 20, false),
        ] {
            let long = [&[0xf0][..], &vec![5; data], &[0xf7, 0xf0, 6, 0xf7]].concat();
            let (whole, left_out) = assemble(&[&long]);
            assert_eq!(whole.len(), 1 + usize::from(fits), "{data}");
            assert_eq!(whole.last().unwrap(), &[0xf0, 6, 0xf7]);
            assert_eq!(left_out.oversized, u64::from(!fits));
        }
        let cut = [&[0xf0][..], &vec![5; LONGEST_EXCLUSIVE], &[0x90, 1, 2]].concat();
        let (whole, left_out) = assemble(&[&cut]);
        assert_eq!(whole, [[0x90, 1, 2]]);
        assert_eq!((left_out.oversized, left_out.truncated), (1, 0));
    }

    #[test]
    fn nothing_is_allocated_after_the_start() {
        let mut assembler = MidiAssembler::new();
        let long = vec![7; 2 * LONGEST_EXCLUSIVE];
        let mut count = 0;
        testkit::no_alloc(|| {
            for piece in [&[0xf0][..], &long, &[0xf7, 0x90, 1, 2, 0xf0, 1], &[0xf7]] {
                assembler.push(piece, &mut |_| count += 1);
            }
        });
        assert_eq!(count, 2);
    }
}
