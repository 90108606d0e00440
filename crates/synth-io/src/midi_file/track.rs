//! One track's events.

use midly::{EventBytemapIter, MetaMessage, TrackEventKind};

use super::SongError;
use super::chunks::TrackChunk;

/// What a track contributes to the song.
#[derive(Debug, Default)]
pub(super) struct Track {
    /// (tick, message), ascending; program and pressure messages end in a zero byte.
    pub(super) messages: Vec<(u64, [u8; 3])>,
    /// (tick, us per quarter note), ascending.
    pub(super) tempos: Vec<(u64, u64)>,
    /// The tick of the end-of-track event.
    pub(super) end_tick: u64,
}

impl Track {
    /// `number` from 1, for messages.
    pub(super) fn read(chunk: TrackChunk<'_>, number: usize) -> Result<Self, SongError> {
        let mut track = Self::default();
        let mut tick = 0_u64;
        let mut rest = chunk.body;
        let mut status = None;
        while !rest.is_empty() {
            let byte = chunk.byte + chunk.body.len() - rest.len();
            let mut events = EventBytemapIter::new(rest);
            // Only channel messages set the running status, and many programs carry it across
            // meta events although RP-001 ends it there; both kinds of file are read.
            *events.running_status_mut() = status;
            let Some(Ok((raw, event))) = events.next() else {
                let (delta, after) = pass_over_meta(rest).ok_or_else(|| SongError::Damaged {
                    byte,
                    detail: format!("track {number} holds an event that cannot be read"),
                })?;
                tick = tick.saturating_add(u64::from(delta));
                rest = after;
                continue;
            };
            status = events.running_status().or(status);
            rest = events.unread();
            tick = tick.saturating_add(u64::from(event.delta.as_int()));
            match event.kind {
                TrackEventKind::Midi { .. } => {
                    if let Some(message) = channel_message(raw, status) {
                        track.messages.push((tick, message));
                    }
                }
                TrackEventKind::Meta(MetaMessage::Tempo(tempo)) if tempo.as_int() > 0 => {
                    track.tempos.push((tick, u64::from(tempo.as_int())));
                }
                TrackEventKind::Meta(MetaMessage::Tempo(_)) => {
                    return Err(SongError::Damaged {
                        byte,
                        detail: format!("track {number} sets a tempo of zero"),
                    });
                }
                TrackEventKind::Meta(MetaMessage::EndOfTrack) => {
                    track.end_tick = tick;
                    return Ok(track);
                }
                _ => {}
            }
        }
        Err(SongError::Truncated {
            byte: chunk.byte + chunk.body.len(),
            detail: format!("track {number} stops without its end-of-track event"),
        })
    }
}

/// The bytes of a channel message with its status, which `raw` may leave out.
fn channel_message(raw: &[u8], running_status: Option<u8>) -> Option<[u8; 3]> {
    let (status, data) = match raw {
        [status, data @ ..] if *status >= 0x80 => (*status, data),
        data => (running_status?, data),
    };
    let first = *data.first()?;
    Some([status, first, data.get(1).copied().unwrap_or(0)])
}

/// midly refuses a key signature or SMPTE offset with unusual contents, which do not matter for
/// playing: passes over such a meta event. The delta time and what follows.
fn pass_over_meta(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (delta, rest) = variable_length(bytes)?;
    let [0xff, 0x54 | 0x59, rest @ ..] = rest else {
        return None;
    };
    let (length, rest) = variable_length(rest)?;
    Some((delta, rest.get(length as usize..)?))
}

/// A variable-length quantity of at most four bytes (RP-001) and what follows it.
fn variable_length(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let last = bytes.iter().take(4).position(|&byte| byte < 0x80)?;
    let value = bytes[..=last]
        .iter()
        .fold(0, |value, &byte| value << 7 | u32::from(byte & 0x7f));
    Some((value, &bytes[last + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &[u8]) -> Result<Track, SongError> {
        Track::read(TrackChunk { byte: 100, body }, 3)
    }

    #[test]
    fn running_status_saves_the_status_byte_also_across_meta_events() {
        let track =
            read(b"\0\x91\x40\x50\x10\x40\0\0\xff\x01\x02hi\x05\x43\x20\0\xff\x2f\0").unwrap();
        let expected = [
            (0, [0x91, 0x40, 0x50]),
            (16, [0x91, 0x40, 0]),
            (21, [0x91, 0x43, 0x20]),
        ];
        assert_eq!(track.messages, expected);
        assert_eq!(track.end_tick, 21);
    }

    #[test]
    fn messages_of_one_data_byte_end_in_zero() {
        let track = read(b"\0\xc2\x07\0\x08\0\xd2\x09\0\xe2\x01\x02\0\xff\x2f\0").unwrap();
        let messages: Vec<[u8; 3]> = track.messages.iter().map(|&(_, m)| m).collect();
        assert_eq!(
            messages,
            [[0xc2, 7, 0], [0xc2, 8, 0], [0xd2, 9, 0], [0xe2, 1, 2]]
        );
    }

    #[test]
    fn system_exclusive_and_odd_meta_events_are_passed_over() {
        let body = b"\x01\xf0\x02\x01\xf7\x02\xff\x59\0\x03\xff\x54\x05\xff\xff\xff\xff\xff\x04\x80\x01\x02\0\xff\x2f\0";
        let track = read(body).unwrap();
        assert_eq!(track.messages, [(10, [0x80, 1, 2])]);
    }

    #[test]
    fn tempo_events_are_collected() {
        let track = read(b"\x81\0\xff\x51\x03\x07\xa1\x20\0\xff\x2f\0").unwrap();
        assert_eq!(track.tempos, [(128, 500_000)]);
        let error = read(b"\0\xff\x51\x03\0\0\0\0\xff\x2f\0").unwrap_err();
        assert!(error.to_string().contains("tempo of zero"));
    }

    #[test]
    fn names_the_track_and_the_byte_of_damage() {
        // A data byte with its top bit set, 5 bytes into the body.
        let error = read(b"\0\x90\x40\x50\0\x90\x80\x50\0\xff\x2f\0").unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("damaged at byte 104: track 3 holds"),
            "{error}"
        );
        let error = read(b"\0\x40\x50\0\xff\x2f\0").unwrap_err();
        assert!(error.to_string().contains("byte 100"), "{error}");
    }

    #[test]
    fn a_missing_end_is_a_truncation() {
        for body in [&b""[..], b"\0\x90\x40\x50", b"\0\xff\x01\x7fabc"] {
            let error = read(body).unwrap_err();
            assert!(matches!(error, SongError::Truncated { .. }), "{error}");
            assert!(
                error.to_string().contains("track 3 stops without"),
                "{error}"
            );
        }
    }
}
