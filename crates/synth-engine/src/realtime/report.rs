//! What the audio side tells.

use super::message::ChangeId;
use crate::ahead::Retirement;
use crate::event::Event;
use crate::renderer::Counters;

/// Something that took effect. With the renderer's settings, all reports together are what it takes to
/// play the same samples again.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Report {
    /// An event.
    Event {
        /// At this sample, counted from the processor's first.
        sample: u64,
        /// The event.
        event: Event,
    },
    /// Other instruments or another device.
    Changed {
        /// From this sample on.
        sample: u64,
        /// What [`super::ControlHandle::change_instruments`] called it.
        change: ChangeId,
    },
    /// Another renderer, and with it perhaps another sample rate.
    Reopened {
        /// From this sample on.
        sample: u64,
        /// What [`super::ControlHandle::change_renderer`] called it.
        change: ChangeId,
        /// The sample rate from there on, Hz.
        sample_rate_hz: u32,
    },
    /// A device is no longer asked.
    Retired {
        /// From this sample on.
        sample: u64,
        /// Why.
        reason: Retirement,
    },
    /// Instruments that never sounded, since others came before they could.
    Superseded {
        /// What [`super::ControlHandle::change_instruments`] called the change.
        change: ChangeId,
    },
}

/// A block as the audio side saw it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BlockReport {
    /// Its first sample, counted from the processor's first.
    pub sample: u64,
    /// Sample frames.
    pub frames: u32,
    /// Of the block, Hz.
    pub sample_rate_hz: u32,
    /// Voices sounding at its end.
    pub voices: u32,
    /// Largest absolute sample, left and right.
    pub peak: [f32; 2],
    /// Share of the block's duration that its making took, in CPU time of the audio thread; NaN
    /// where there is no clock.
    pub load: f32,
    /// Level of [`Event::Shedding`].
    pub shedding: u8,
    /// Counts since the start.
    pub counters: Counters,
    /// Reports that found no room on their way since the start.
    pub lost_reports: u64,
}
