//! Which keys are down, by what took effect: those of this program and those of MIDI.

use synth_engine::{CHANNELS, Event};

/// The channels on which each key is down, one bit each.
pub(super) struct KeysDown([u16; 128]);

impl Default for KeysDown {
    fn default() -> Self {
        Self([0; 128])
    }
}

impl KeysDown {
    /// Takes what took effect.
    pub(super) fn take(&mut self, event: &Event) {
        match *event {
            Event::NoteOn { channel, key, .. } => {
                if let Some(channels) = self.0.get_mut(usize::from(key)) {
                    *channels |= bit(channel);
                }
            }
            Event::NoteOff { channel, key, .. } => {
                if let Some(channels) = self.0.get_mut(usize::from(key)) {
                    *channels &= !bit(channel);
                }
            }
            Event::AllNotesOff { channel }
            | Event::AllSoundOff { channel }
            | Event::Mono { channel }
            | Event::Poly { channel } => {
                for channels in &mut self.0 {
                    *channels &= !bit(channel);
                }
            }
            Event::Reset => self.0.fill(0),
            _ => {}
        }
    }

    /// A bit for each key.
    pub(super) fn all(&self) -> u128 {
        let down = self.0.iter().enumerate();
        down.filter(|(_, channels)| **channels != 0)
            .fold(0, |all, (key, _)| all | 1 << key)
    }
}

fn bit(channel: u8) -> u16 {
    match usize::from(channel) < CHANNELS {
        true => 1 << channel,
        false => 0,
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

    #[test]
    fn a_key_is_down_until_it_is_up_on_every_channel() {
        let mut keys = KeysDown::default();
        for event in [
            on(0, 60),
            on(3, 60),
            on(15, 127),
            on(16, 1),
            on(0, 128),
            on(0, 0),
        ] {
            keys.take(&event);
        }
        assert_eq!(keys.all(), 1 << 60 | 1 << 127 | 1);
        keys.take(&off(0, 60));
        assert_eq!(keys.all(), 1 << 60 | 1 << 127 | 1);
        keys.take(&off(3, 60));
        assert_eq!(keys.all(), 1 << 127 | 1);
        keys.take(&Event::AllNotesOff { channel: 15 });
        assert_eq!(keys.all(), 1);
        keys.take(&Event::Reset);
        assert_eq!(keys.all(), 0);
    }
}
