//! Lists of MIDI channels, as `--mute` and `--solo` take them.

use std::str::FromStr;

use synth_engine::CHANNELS;

/// Some of the 16 channels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ChannelSet {
    /// Bit n for the channel that musicians call n + 1.
    bits: u16,
}

impl ChannelSet {
    pub(crate) fn from_bits(bits: u16) -> Self {
        Self { bits }
    }

    /// The channels of all of `sets`.
    pub(crate) fn union(sets: &[Self]) -> Self {
        Self::from_bits(sets.iter().fold(0, |bits, set| bits | set.bits))
    }

    /// Bit n for the channel that musicians call n + 1.
    pub(crate) fn bits(self) -> u16 {
        self.bits
    }

    /// Whether `channel`, counted from 0, is one of them.
    pub(crate) fn holds(self, channel: u8) -> bool {
        usize::from(channel) < CHANNELS && self.bits >> channel & 1 == 1
    }

    pub(crate) fn add(&mut self, channel: u8) {
        self.set(channel, true);
    }

    /// Puts a channel in or takes it out.
    pub(crate) fn set(&mut self, channel: u8, on: bool) {
        if usize::from(channel) < CHANNELS {
            self.bits = self.bits & !(1 << channel) | u16::from(on) << channel;
        }
    }

    /// The channels, counted from 0, in order.
    pub(crate) fn channels(self) -> impl Iterator<Item = u8> {
        (0..CHANNELS as u8).filter(move |&channel| self.holds(channel))
    }
}

impl FromStr for ChannelSet {
    type Err = String;

    /// Channels from 1 and ranges of them: "1,3-5".
    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| match text.trim().parse::<u8>() {
            Ok(channel @ 1..=16) => Ok(channel - 1),
            _ => Err("must be channels from 1 to 16, such as 2 or 1,3-5".to_owned()),
        };
        let mut set = Self::default();
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last) = (number(first)?, number(last)?);
            if first > last {
                return Err(format!("{part} runs backwards"));
            }
            (first..=last).for_each(|channel| set.add(channel));
        }
        Ok(set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_ranges_add_up() {
        let set: ChannelSet = "1,3-5, 16".parse().unwrap();
        assert_eq!(set.bits(), 0b1000_0000_0001_1101);
        assert!(set.channels().eq([0, 2, 3, 4, 15]));
        let both = ChannelSet::union(&["1".parse().unwrap(), "2".parse().unwrap()]);
        assert_eq!(both.bits(), 3);
        assert_eq!(ChannelSet::union(&[]), ChannelSet::default());
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "0", "17", "1,", "a", "3-1", "-1", "1-", "1;2", "1.5"] {
            assert!(text.parse::<ChannelSet>().is_err(), "{text}");
        }
    }
}
