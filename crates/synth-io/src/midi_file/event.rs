//! One event of a track, read strictly.
//!
//! Every event is a delta time, a status (that of the channel message before, where it is left
//! out) and its data (RP-001, "MTrk events").

/// An event and how many bytes it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Event<'a> {
    /// Ticks since the event before.
    pub(super) delta: u32,
    pub(super) body: Body<'a>,
    /// Bytes of the delta time.
    pub(super) delta_size: usize,
    /// Bytes, the delta time included.
    pub(super) length: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body<'a> {
    /// Status and data; messages with one data byte end in 0.
    Channel([u8; 3]),
    /// What follows F0 and the length, F7 included where it is there.
    SystemExclusive(&'a [u8]),
    /// What follows F7 and the length: more of a system exclusive message, or any bytes.
    Continuation(&'a [u8]),
    Meta {
        kind: u8,
        data: &'a [u8],
    },
    /// A system real-time byte (F8, FA to FC, FE), which belongs to a cable and not into a file.
    RealTime,
}

/// An event that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unreadable {
    /// The delta time and how many bytes it takes, if that can be read.
    pub(super) delta: Option<(u32, usize)>,
    /// The bytes that the event would take if only its contents are wrong.
    pub(super) nominal: Option<usize>,
    /// The channel status that it has, if it has one.
    pub(super) status: Option<u8>,
    pub(super) why: Fault,
}

/// What is wrong with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    LongQuantity,
    CutShort,
    DataByte(u8),
    NoStatus,
    Status(u8),
    MetaKind(u8),
    PastTheEnd,
    Implausible,
    Shifted,
    StatusRun,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::LongQuantity => write!(f, "a number of more than four bytes"),
            Self::CutShort => write!(f, "an event that is cut short"),
            Self::DataByte(byte) => write!(f, "a data byte of {byte:#04x}"),
            Self::NoStatus => write!(f, "data bytes without a status"),
            Self::Status(byte) => write!(f, "the status {byte:#04x}"),
            Self::MetaKind(byte) => write!(f, "a meta event of kind {byte:#04x}"),
            Self::PastTheEnd => write!(f, "a length past the end of the track"),
            Self::Shifted => write!(f, "events that make no sense"),
            Self::StatusRun => write!(f, "a byte behind which the notes go on as before"),
            Self::Implausible => write!(f, "an unusual event with unreadable bytes behind it"),
        }
    }
}

/// How many data bytes a channel message has.
pub(super) fn data_bytes(status: u8) -> usize {
    match status & 0xf0 {
        0xc0 | 0xd0 => 1,
        _ => 2,
    }
}

/// Reads the event at the beginning of `bytes`; `running` is the status of the last channel
/// message. RP-001 ends the running status at meta and system exclusive events; many programs
/// carry it across them, and both kinds of file are read.
pub(super) fn read(bytes: &[u8], running: Option<u8>) -> Result<Event<'_>, Unreadable> {
    let (delta, size) = quantity(bytes).map_err(|why| Unreadable {
        delta: None,
        nominal: None,
        status: None,
        why,
    })?;
    read_body(bytes, delta, size, running)
}

/// Reads the event whose delta time is `delta`, told by the first `start` of `bytes`.
pub(super) fn read_body(
    bytes: &[u8],
    delta: u32,
    start: usize,
    running: Option<u8>,
) -> Result<Event<'_>, Unreadable> {
    let fault = |why| Unreadable {
        delta: Some((delta, start)),
        nominal: None,
        status: None,
        why,
    };
    let event = |body, length| {
        Ok(Event {
            delta,
            body,
            delta_size: start,
            length,
        })
    };
    let first = *bytes.get(start).ok_or(fault(Fault::CutShort))?;
    match first {
        0..0xf0 => {
            let explicit = first >= 0x80;
            let status = match (explicit, running) {
                (true, _) => first,
                (false, Some(status)) => status,
                (false, None) => return Err(fault(Fault::NoStatus)),
            };
            let data = start + usize::from(explicit);
            let end = data + data_bytes(status);
            let fault = |why, nominal| Unreadable {
                nominal,
                status: explicit.then_some(status),
                ..fault(why)
            };
            let data = bytes.get(data..end).ok_or(fault(Fault::CutShort, None))?;
            if let Some(&byte) = data.iter().find(|&&byte| byte >= 0x80) {
                return Err(fault(Fault::DataByte(byte), Some(end)));
            }
            let second = data.get(1).copied().unwrap_or(0);
            event(Body::Channel([status, data[0], second]), end)
        }
        0xf0 | 0xf7 | 0xff => {
            let kind = bytes.get(start + 1).copied();
            let head = start + if first == 0xff { 2 } else { 1 };
            let (length, size) = quantity(bytes.get(head..).unwrap_or(&[])).map_err(fault)?;
            let data = head + size;
            let end = data.saturating_add(length as usize);
            let data = bytes.get(data..end).ok_or(fault(Fault::PastTheEnd))?;
            match (first, kind) {
                (0xff, Some(kind)) if kind >= 0x80 => Err(Unreadable {
                    nominal: Some(end),
                    ..fault(Fault::MetaKind(kind))
                }),
                (0xff, kind) => event(
                    Body::Meta {
                        kind: kind.unwrap_or(0),
                        data,
                    },
                    end,
                ),
                (0xf0, _) => event(Body::SystemExclusive(data), end),
                _ => event(Body::Continuation(data), end),
            }
        }
        0xf8 | 0xfa..=0xfc | 0xfe => event(Body::RealTime, start + 1),
        _ => {
            // System common messages have these data bytes on a cable (MIDI 1.0).
            let data = match first {
                0xf2 => 2,
                0xf1 | 0xf3 => 1,
                _ => 0,
            };
            Err(Unreadable {
                nominal: Some(start + 1 + data),
                ..fault(Fault::Status(first))
            })
        }
    }
}

/// A variable-length quantity of at most four bytes (RP-001) and how many it takes.
fn quantity(bytes: &[u8]) -> Result<(u32, usize), Fault> {
    let mut value = 0;
    for (index, &byte) in bytes.iter().take(4).enumerate() {
        value = value << 7 | u32::from(byte & 0x7f);
        if byte < 0x80 {
            return Ok((value, index + 1));
        }
    }
    Err(match bytes.len() {
        0..4 => Fault::CutShort,
        _ => Fault::LongQuantity,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_event_is_read_with_its_length() {
        let read = |bytes| read(bytes, Some(0x91)).map(|e| (e.delta, e.body, e.length));
        assert_eq!(
            read(b"\0\x40\x50."),
            Ok((0, Body::Channel([0x91, 0x40, 0x50]), 3))
        );
        assert_eq!(
            read(b"\x81\0\xc2\x07."),
            Ok((128, Body::Channel([0xc2, 7, 0]), 4))
        );
        assert_eq!(
            read(b"\x05\xff\x01\x02hi."),
            Ok((
                5,
                Body::Meta {
                    kind: 1,
                    data: b"hi"
                },
                6
            ))
        );
        assert_eq!(
            read(b"\0\xf0\x02\x01\xf7"),
            Ok((0, Body::SystemExclusive(b"\x01\xf7"), 5))
        );
        assert_eq!(
            read(b"\0\xf7\x01\xf8"),
            Ok((0, Body::Continuation(b"\xf8"), 4))
        );
        assert_eq!(read(b"\x01\xfe"), Ok((1, Body::RealTime, 2)));
        assert_eq!(
            read(b"\xff\xff\xff\x7f\x80\x01\x02"),
            Ok((0x0fff_ffff, Body::Channel([0x80, 1, 2]), 7))
        );
    }

    #[test]
    fn each_fault_is_told_with_what_can_be_skipped() {
        let fault = |bytes, running| {
            let error = read(bytes, running).unwrap_err();
            (error.why, error.nominal, error.delta.map(|(_, size)| size))
        };
        let cases: [(&[u8], _, _, _); 10] = [
            (b"\x80\x80\x80\x80\0", Fault::LongQuantity, None, None),
            (b"\x80\x80", Fault::CutShort, None, None),
            (b"\0\x90\x40", Fault::CutShort, None, Some(1)),
            (b"\0\x90\x40\x85\0", Fault::DataByte(0x85), Some(4), Some(1)),
            (b"\0\x40\x40", Fault::NoStatus, None, Some(1)),
            (b"\0\xf4", Fault::Status(0xf4), Some(2), Some(1)),
            (b"\x81\0\xf2\0\0", Fault::Status(0xf2), Some(5), Some(2)),
            (b"\0\xff\x81\x01z", Fault::MetaKind(0x81), Some(5), Some(1)),
            (b"\0\xff\x01\x7fz", Fault::PastTheEnd, None, Some(1)),
            (
                b"\0\xf0\xff\xff\xff\xff\0",
                Fault::LongQuantity,
                None,
                Some(1),
            ),
        ];
        for (bytes, why, nominal, delta) in cases {
            assert_eq!(fault(bytes, None), (why, nominal, delta), "{bytes:x?}");
        }
    }
}
