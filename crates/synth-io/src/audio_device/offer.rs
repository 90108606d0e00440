//! What a device offers, and which of it is taken.

use std::fmt;

use cpal::{BufferSize, SampleFormat, SupportedBufferSize, SupportedStreamConfigRange};
use serde::Serialize;

use super::sample::rank;

/// Where nobody says anything about a rate, Hz.
const USUAL_RATE_HZ: u32 = 48_000;

/// Something that was asked for and is not offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "difference", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Difference {
    /// The sample rate, Hz.
    Rate {
        /// What was asked for.
        asked: u32,
        /// What is played at.
        got: u32,
    },
    /// Sample frames a callback.
    Buffer {
        /// What was asked for.
        asked: u32,
        /// What the device or its server has.
        got: u32,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rate { asked, got } => {
                write!(
                    f,
                    "the device does not offer {asked} Hz; it plays at {got} Hz"
                )
            }
            Self::Buffer { asked, got } => write!(
                f,
                "the device does not take buffers of {asked} samples; they have {got}"
            ),
        }
    }
}

/// What is taken of an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) rate_hz: u32,
    pub(super) channels: u16,
    pub(super) format: SampleFormat,
    pub(super) buffer: BufferSize,
    /// The only buffer size that there is, where there is only one.
    pub(super) fixed_buffer: Option<u32>,
}

/// Takes of `offers` the rate nearest to `rate_hz` (to `default_rate_hz` if nothing is asked), then two
/// channels or the next best, then the best format, then the buffer size nearest to `buffer`. `None` if
/// no offer is of any use.
pub(super) fn choose(
    offers: &[SupportedStreamConfigRange],
    default_rate_hz: Option<u32>,
    rate_hz: Option<u32>,
    buffer: Option<u32>,
) -> Option<Choice> {
    let wanted_hz = rate_hz.or(default_rate_hz).unwrap_or(USUAL_RATE_HZ);
    let nearest_hz = |offer: &SupportedStreamConfigRange| {
        let (lowest, highest) = rates(offer);
        wanted_hz.clamp(lowest, highest)
    };
    let best = offers
        .iter()
        .filter_map(|offer| {
            let format = rank(offer.sample_format())?;
            let off_by = nearest_hz(offer).abs_diff(wanted_hz);
            let channels = channel_rank(offer.channels())?;
            Some(((off_by, channels, format), offer))
        })
        .min_by_key(|(order, _)| *order)
        .map(|(_, offer)| offer)?;
    let sizes = match *best.buffer_size() {
        SupportedBufferSize::Range { min, max } if 0 < max && min <= max => Some((min.max(1), max)),
        _ => None,
    };
    let fixed_buffer = sizes.filter(|(least, most)| least == most);
    let buffer = match (buffer, sizes) {
        // Asking for the only size fails where it changes meanwhile, and gains nothing.
        _ if fixed_buffer.is_some() => BufferSize::Default,
        (Some(asked), Some((least, most))) => BufferSize::Fixed(asked.clamp(least, most)),
        (Some(asked), None) => BufferSize::Fixed(asked),
        (None, _) => BufferSize::Default,
    };
    Some(Choice {
        rate_hz: nearest_hz(best),
        channels: best.channels(),
        format: best.sample_format(),
        buffer,
        fixed_buffer: fixed_buffer.map(|(size, _)| size),
    })
}

/// Lowest and highest, in this order whatever the system says.
pub(super) fn rates(offer: &SupportedStreamConfigRange) -> (u32, u32) {
    let (one, other) = (offer.min_sample_rate(), offer.max_sample_rate());
    (one.min(other), one.max(other))
}

/// Two channels are best; of more the first two are used; one is heard in mono.
fn channel_rank(channels: u16) -> Option<u32> {
    match channels {
        0 => None,
        1 => Some(u32::MAX),
        more => Some(u32::from(more)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(
        channels: u16,
        rates: (u32, u32),
        buffer: Option<(u32, u32)>,
        format: SampleFormat,
    ) -> SupportedStreamConfigRange {
        let buffer = match buffer {
            Some((min, max)) => SupportedBufferSize::Range { min, max },
            None => SupportedBufferSize::Unknown,
        };
        SupportedStreamConfigRange::new(channels, rates.0, rates.1, buffer, format)
    }

    fn card() -> Vec<SupportedStreamConfigRange> {
        let buffer = Some((16, 4096));
        let mut offers = Vec::new();
        for rate_hz in [44_100, 48_000, 96_000] {
            for format in [SampleFormat::I16, SampleFormat::I32] {
                for channels in [1, 2, 6] {
                    offers.push(offer(channels, (rate_hz, rate_hz), buffer, format));
                }
            }
        }
        offers.push(offer(8, (192_000, 192_000), buffer, SampleFormat::I32));
        offers
    }

    #[test]
    fn two_channels_of_the_best_format_at_the_rate_asked() {
        let choice = choose(&card(), Some(48_000), Some(44_100), Some(256)).unwrap();
        let wanted = Choice {
            rate_hz: 44_100,
            channels: 2,
            format: SampleFormat::I32,
            buffer: BufferSize::Fixed(256),
            fixed_buffer: None,
        };
        assert_eq!(choice, wanted);
    }

    #[test]
    fn the_nearest_rate_wins_and_the_default_where_nothing_is_asked() {
        let rate = |asked, default| {
            let choice = choose(&card(), default, asked, None).unwrap();
            choice.rate_hz
        };
        assert_eq!(rate(Some(1), None), 44_100);
        assert_eq!(rate(Some(47_000), None), 48_000);
        assert_eq!(rate(Some(88_200), None), 96_000);
        assert_eq!(rate(Some(u32::MAX), None), 192_000);
        assert_eq!(rate(None, Some(96_000)), 96_000);
        assert_eq!(rate(None, None), 48_000);
        let range = [offer(2, (8_000, 50_000), None, SampleFormat::F32)];
        let within = choose(&range, None, Some(22_050), None).unwrap();
        assert_eq!(within.rate_hz, 22_050);
        let above = choose(&range, None, Some(96_000), None).unwrap();
        assert_eq!(above.rate_hz, 50_000);
    }

    #[test]
    fn a_rate_comes_before_channels_and_channels_before_the_format() {
        let choice = choose(&card(), None, Some(192_000), None).unwrap();
        assert_eq!((choice.rate_hz, choice.channels), (192_000, 8));
        let rates = (48_000, 48_000);
        let offers = [
            offer(1, rates, None, SampleFormat::F32),
            offer(6, rates, None, SampleFormat::F32),
            offer(4, rates, None, SampleFormat::U8),
        ];
        let choice = choose(&offers, None, None, None).unwrap();
        assert_eq!((choice.channels, choice.format), (4, SampleFormat::U8));
    }

    #[test]
    fn buffers_are_held_within_what_is_offered() {
        let buffer = |asked| choose(&card(), None, None, asked).unwrap().buffer;
        assert_eq!(buffer(Some(8)), BufferSize::Fixed(16));
        assert_eq!(buffer(Some(1 << 20)), BufferSize::Fixed(4096));
        assert_eq!(buffer(None), BufferSize::Default);
        let unknown = [offer(2, (48_000, 48_000), None, SampleFormat::F32)];
        let choice = choose(&unknown, None, None, Some(300)).unwrap();
        assert_eq!(choice.buffer, BufferSize::Fixed(300));
        let odd = [offer(2, (48_000, 48_000), Some((9, 3)), SampleFormat::F32)];
        let choice = choose(&odd, None, None, Some(5)).unwrap();
        assert_eq!(choice.buffer, BufferSize::Fixed(5));
    }

    #[test]
    fn a_server_with_one_size_is_not_asked_for_another() {
        let offers = [offer(
            2,
            (48_000, 48_000),
            Some((512, 512)),
            SampleFormat::F32,
        )];
        for asked in [None, Some(64), Some(512)] {
            let choice = choose(&offers, None, None, asked).unwrap();
            assert_eq!(choice.buffer, BufferSize::Default);
            assert_eq!(choice.fixed_buffer, Some(512));
        }
    }

    #[test]
    fn what_cannot_be_made_is_not_taken() {
        let rates = (48_000, 48_000);
        let offers = [
            offer(2, rates, None, SampleFormat::DsdU32),
            offer(0, rates, None, SampleFormat::F32),
        ];
        assert_eq!(choose(&offers, None, None, None), None);
        assert_eq!(choose(&[], None, None, None), None);
    }

    #[test]
    fn differences_are_sentences() {
        let rate = Difference::Rate {
            asked: 22_050,
            got: 44_100,
        };
        assert_eq!(
            rate.to_string(),
            "the device does not offer 22050 Hz; it plays at 44100 Hz"
        );
        let buffer = Difference::Buffer { asked: 1, got: 16 };
        assert_eq!(
            serde_json::to_string(&buffer).unwrap(),
            r#"{"difference":"buffer","asked":1,"got":16}"#
        );
    }
}
