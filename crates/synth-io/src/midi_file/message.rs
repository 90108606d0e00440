//! The messages of a song.

use super::SongTime;

/// One message of a song.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SongMessage {
    /// When it happens, from the beginning of the piece.
    pub time: SongTime,
    /// What happens.
    pub message: Message,
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// A channel message: status (0x80 to 0xef) and two data bytes; messages with one data byte
    /// end in 0.
    Channel([u8; 3]),
    /// A system exclusive message, whose bytes [`super::Song::system_exclusive`] gives for this
    /// number.
    SystemExclusive(u32),
}

/// What a message is for ordering and for counting notes, in the order of one tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Control,
    NoteOff,
    NoteOn,
}

impl Kind {
    pub(super) fn of(message: [u8; 3]) -> Self {
        match (message[0] & 0xf0, message[2]) {
            (0x80, _) | (0x90, 0) => Self::NoteOff,
            (0x90, _) => Self::NoteOn,
            _ => Self::Control,
        }
    }
}

/// The bytes of all system exclusive messages, one after another: a file of nothing else would
/// otherwise cost an allocation for every few bytes.
#[derive(Clone, Debug, Default)]
pub(super) struct SystemExclusiveTable {
    bytes: Vec<u8>,
    /// The end of each message in `bytes`.
    ends: Vec<u32>,
}

impl SystemExclusiveTable {
    /// The new message's number. A file of at most 64 MiB keeps within 32 bits.
    pub(super) fn add(&mut self, body: &[u8]) -> u32 {
        self.bytes.extend_from_slice(body);
        self.ends.push(self.bytes.len() as u32);
        self.ends.len() as u32 - 1
    }

    pub(super) fn get(&self, number: u32) -> Option<&[u8]> {
        let number = number as usize;
        let end = *self.ends.get(number)? as usize;
        let start = match number.checked_sub(1) {
            Some(before) => *self.ends.get(before)? as usize,
            None => 0,
        };
        self.bytes.get(start..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_small() {
        assert!(size_of::<SongMessage>() <= 24);
    }

    #[test]
    fn system_exclusive_messages_are_kept_apart() {
        let mut table = SystemExclusiveTable::default();
        let numbers = [&b"abc"[..], b"", b"de"].map(|body| table.add(body));
        let bodies = numbers.map(|number| table.get(number).unwrap());
        assert_eq!(bodies, [&b"abc"[..], b"", b"de"]);
        assert_eq!(table.get(3), None);
    }
}
