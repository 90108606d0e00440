//! A whole message to the decoder that knows what it means.

use synth_engine::{Event, MidiDecoder};

/// Decodes one whole message, as [`super::MidiHandler::message`] gets it, and hands each event that
/// it means to `emit`. System common and real-time messages mean none.
///
/// # Realtime safety
/// RT-safe if `emit` is.
pub fn decode_message(decoder: &mut MidiDecoder, message: &[u8], emit: &mut dyn FnMut(Event)) {
    match *message {
        [0xf0, ref body @ ..] => decoder.system_exclusive(body, emit),
        [status, first, second] => decoder.decode([status, first, second], emit),
        [status, first] => decoder.decode([status, first, 0], emit),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_message_finds_its_way() {
        let mut decoder = MidiDecoder::new();
        let mut events = |message: &[u8]| {
            let mut events = Vec::new();
            decode_message(&mut decoder, message, &mut |event| events.push(event));
            events
        };
        let pressure = Event::ChannelPressure {
            channel: 1,
            amount: 1.0,
        };
        let off = Event::NoteOff {
            channel: 0,
            key: 60,
            velocity: 0.0,
        };
        assert_eq!(events(&[0x80, 60, 0]), [off]);
        assert_eq!(events(&[0xd1, 127]), [pressure]);
        assert_eq!(events(&[0xf0, 0x7e, 0x7f, 9, 1, 0xf7]), [Event::Reset]);
        for silent in [&[][..], &[0xf8], &[0xf2, 1, 2], &[0xf3, 1], &[0x90], &[1]] {
            assert_eq!(events(silent), []);
        }
    }
}
