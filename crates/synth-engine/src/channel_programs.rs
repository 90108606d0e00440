//! What each channel plays, followed from the events alone.

use crate::event::{CHANNELS, Event};

/// General MIDI's percussion channel, counted from 0.
pub(crate) const RHYTHM_CHANNEL: usize = 9;

/// Follows programs and rhythm channels as a [`crate::Renderer`] does, for those who want to know
/// what would play without playing it.
///
/// # Realtime safety
/// RT-safe: no allocation, bounded time.
#[derive(Debug, Clone)]
pub struct ChannelPrograms {
    /// Bank and program.
    programs: [(u16, u8); CHANNELS],
    rhythm: [bool; CHANNELS],
}

impl Default for ChannelPrograms {
    fn default() -> Self {
        Self::new()
    }
}

impl ChannelPrograms {
    /// Every channel as it begins: program 0 of bank 0, the tenth a rhythm channel.
    #[must_use]
    pub fn new() -> Self {
        let mut rhythm = [false; CHANNELS];
        rhythm[RHYTHM_CHANNEL] = true;
        Self {
            programs: [(0, 0); CHANNELS],
            rhythm,
        }
    }

    /// Takes notice of an event.
    pub fn follow(&mut self, event: &Event) {
        match *event {
            Event::Program {
                channel,
                bank,
                program,
            } => {
                if let Some(place) = self.programs.get_mut(usize::from(channel)) {
                    *place = (bank, program);
                }
            }
            Event::Rhythm { channel, on } => {
                if let Some(rhythm) = self.rhythm.get_mut(usize::from(channel)) {
                    *rhythm = on;
                }
            }
            Event::Reset => *self = Self::new(),
            _ => {}
        }
    }

    /// Bank and program of a channel, 0..=15; those it begins with for other numbers.
    #[must_use]
    pub fn program(&self, channel: u8) -> (u16, u8) {
        let known = self.programs.get(usize::from(channel));
        known.copied().unwrap_or_default()
    }

    /// Whether a channel is for drums, which do not play.
    #[must_use]
    pub fn is_rhythm(&self, channel: u8) -> bool {
        let known = self.rhythm.get(usize::from(channel));
        known.copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_and_rhythm_channels_are_followed_and_a_reset_takes_them_back() {
        let mut channels = ChannelPrograms::new();
        assert!(channels.is_rhythm(9) && !channels.is_rhythm(3));
        for event in [
            Event::Program {
                channel: 3,
                bank: 128,
                program: 40,
            },
            Event::Rhythm {
                channel: 3,
                on: true,
            },
            Event::Rhythm {
                channel: 9,
                on: false,
            },
            Event::Rhythm {
                channel: 200,
                on: true,
            },
        ] {
            channels.follow(&event);
        }
        assert_eq!(channels.program(3), (128, 40));
        assert!(channels.is_rhythm(3) && !channels.is_rhythm(9) && !channels.is_rhythm(200));
        channels.follow(&Event::Reset);
        assert_eq!(channels.program(3), (0, 0));
        assert!(channels.is_rhythm(9) && !channels.is_rhythm(3));
    }
}
