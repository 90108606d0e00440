//! Notes moved by semitones: `--transpose`.

use synth_engine::{CHANNELS, Event};

use crate::channel_set::ChannelSet;

/// Moves the keys of events.
#[derive(Clone, Debug)]
pub(crate) struct Transposition {
    semitones: i8,
    /// Channels whose last note-on of a key was moved, by key: the note's end moves with it, be the
    /// channel for drums by then.
    moved: [ChannelSet; 128],
}

impl Transposition {
    pub(crate) fn new(semitones: i8) -> Self {
        Self {
            semitones,
            moved: [ChannelSet::default(); 128],
        }
    }

    /// The event with its key moved, unless it is for a `rhythm` channel, whose keys are not pitches;
    /// `None` if the key leaves the keyboard.
    pub(crate) fn apply(&mut self, event: Event, rhythm: bool) -> Option<Event> {
        if self.semitones == 0 {
            return Some(event);
        }
        let mut event = event;
        match &mut event {
            Event::NoteOn { channel, key, .. } if usize::from(*channel) < CHANNELS => {
                if let Some(moved) = self.moved.get_mut(usize::from(*key)) {
                    moved.set(*channel, !rhythm);
                }
                if !rhythm {
                    *key = self.shifted(*key)?;
                }
            }
            Event::NoteOff { channel, key, .. } | Event::KeyPressure { channel, key, .. } => {
                let moved = self.moved.get(usize::from(*key));
                if moved.is_some_and(|moved| moved.holds(*channel)) {
                    *key = self.shifted(*key)?;
                }
            }
            Event::PortamentoFrom { key, .. } if !rhythm => {
                *key = self.shifted(*key)?;
            }
            _ => {}
        }
        Some(event)
    }

    fn shifted(&self, key: u8) -> Option<u8> {
        let target = i16::from(key) + i16::from(self.semitones);
        u8::try_from(target).ok().filter(|key| *key < 128)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(channel: u8, key: u8) -> Event {
        Event::NoteOn {
            channel,
            key,
            velocity: 0.5,
        }
    }

    fn off(channel: u8, key: u8) -> Event {
        Event::NoteOff {
            channel,
            key,
            velocity: 0.5,
        }
    }

    fn moved(semitones: i8, event: Event) -> Option<Event> {
        Transposition::new(semitones).apply(event, event.channel() == Some(9))
    }

    #[test]
    fn keys_move_and_leave_the_keyboard() {
        assert_eq!(moved(3, on(0, 60)), Some(on(0, 63)));
        assert_eq!(moved(-48, on(0, 48)), Some(on(0, 0)));
        assert_eq!(moved(-48, on(0, 47)), None);
        assert_eq!(moved(1, on(0, 127)), None);
        assert_eq!(moved(1, on(9, 127)), Some(on(9, 127)));
        let from = |key| Event::PortamentoFrom { channel: 2, key };
        assert_eq!(moved(7, from(60)), Some(from(67)));
        let other = Event::AllNotesOff { channel: 0 };
        assert_eq!(moved(7, other), Some(other));
    }

    #[test]
    fn the_end_of_a_note_moves_as_its_beginning_did() {
        let mut transposition = Transposition::new(5);
        let pressure = |key| Event::KeyPressure {
            channel: 0,
            key,
            amount: 0.5,
        };
        let (melodic, now_drums) = (false, true);
        transposition.apply(on(0, 60), melodic);
        assert_eq!(
            transposition.apply(pressure(60), melodic),
            Some(pressure(65))
        );
        assert_eq!(transposition.apply(off(0, 60), now_drums), Some(off(0, 65)));
        transposition.apply(on(0, 60), now_drums);
        assert_eq!(transposition.apply(off(0, 60), melodic), Some(off(0, 60)));
    }
}
