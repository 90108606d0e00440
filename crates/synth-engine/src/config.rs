//! What a renderer is made with, and why it could not be made.

use synth_dsp::harmonic_bank::Oscillators;
use thiserror::Error;

/// Lowest and highest sample rate, Hz.
pub const SAMPLE_RATES_HZ: std::ops::RangeInclusive<u32> = 8_000..=192_000;
/// Least and most voices.
pub const POLYPHONY: std::ops::RangeInclusive<usize> = 1..=4096;

/// What keeps the output under its ceiling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimiterMode {
    /// 1.5 ms look-ahead and true-peak detection: for rendering to a file.
    LookAhead,
    /// Instant gain, no latency, and DC blocked before it: for playing live.
    Instant,
    /// None: what the voices add up to.
    Off,
}

/// The room that all channels play in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RoomSettings {
    /// 0 (a small room, 0.5 s of reverberation) over 0.5 (1.2 s) to 1 (a hall, 3 s).
    pub size: f32,
    /// Gain of everything that is sent into it, 0 (none, which costs next to nothing) to 1. What a channel
    /// sends is a part of that: 40/127 unless [`crate::Event::RoomSend`] says otherwise.
    pub amount: f32,
}

impl RoomSettings {
    /// No room.
    pub const OFF: Self = Self {
        size: 0.5,
        amount: 0.0,
    };
}

impl RoomSettings {
    /// A room of middle size that is heard behind the notes: 18 dB below them where a channel sends as
    /// much as it does at first.
    pub const DEFAULT: Self = Self {
        size: 0.5,
        amount: 0.4,
    };
}

impl Default for RoomSettings {
    /// [`RoomSettings::DEFAULT`].
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Settings of a [`crate::Renderer`].
#[derive(Debug, Clone, PartialEq)]
pub struct RendererConfig {
    /// Sample rate in Hz, within [`SAMPLE_RATES_HZ`].
    pub sample_rate_hz: u32,
    /// What [`crate::Parameter::Polyphony`] is at first, within [`POLYPHONY`]: most voices at once; voices
    /// being faded away do not count.
    pub polyphony: usize,
    /// What [`crate::Parameter::Polyphony`] may raise that to, within [`POLYPHONY`]; less than
    /// `polyphony` counts as that.
    pub most_polyphony: usize,
    /// Seed of every random stream.
    pub seed: u64,
    /// For measuring: no vibrato, drift, fluctuation, onset pitch, noise or room.
    pub steady: bool,
    /// Rendering threads, at least 1. With more than 1, `process` is not realtime-safe: it starts
    /// threads. The output has the same bits for any number.
    pub threads: usize,
    /// The output's limiter.
    pub limiter: LimiterMode,
    /// Channels whose notes are not played, one bit each (bit 0 for channel 0).
    pub silent_channels: u16,
    /// Mixes every channel on a bus of its own, for [`crate::Renderer::process_stems`]. Each has noise of
    /// its own, so the mix's noise is another one than without.
    pub stems: bool,
    /// What [`crate::Parameter::Room`] and [`crate::Parameter::RoomSize`] are at first. The room is before
    /// the limiter; in [`RendererConfig::steady`] there is none.
    pub room: RoomSettings,
    /// What sums the voices' partials. Which bits come of [`Oscillators::Accelerate`], whether they are the same
    /// for any block length, and whether it is realtime-safe is Apple's to say.
    pub oscillators: Oscillators,
    /// How often voices ask their networks.
    pub control_rate: ControlRate,
}

/// How often voices ask their networks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ControlRate {
    /// At every control frame (1.3 to 1.5 ms from 44.1 kHz up), or at every second or fourth of a voice whose
    /// features hardly move and which is older than an attack.
    #[default]
    Adaptive,
    /// At every control frame.
    Full,
}

impl Default for RendererConfig {
    /// 44.1 kHz, 64 voices, one thread, look-ahead limiter, one bus, no channel muted, the default
    /// room and oscillators.
    fn default() -> Self {
        Self {
            sample_rate_hz: 44_100,
            polyphony: 64,
            most_polyphony: 0,
            seed: 0,
            steady: false,
            threads: 1,
            limiter: LimiterMode::LookAhead,
            silent_channels: 0,
            stems: false,
            room: RoomSettings::default(),
            oscillators: Oscillators::default(),
            control_rate: ControlRate::default(),
        }
    }
}

/// Why a renderer could not be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RendererError {
    /// The sample rate is outside [`SAMPLE_RATES_HZ`].
    #[error("a sample rate of {0} Hz is not supported; use 8000 to 192000 Hz")]
    SampleRate(u32),
    /// The polyphony is outside [`POLYPHONY`].
    #[error("a polyphony of {0} is not supported; use 1 to 4096 voices")]
    Polyphony(usize),
    /// The room's size or amount is outside 0..=1.
    #[error("a room of size {} and amount {} is not supported; use 0 to 1 for both", .0.size, .0.amount)]
    Room(RoomSettings),
    /// This machine does not have the oscillators.
    #[error("the oscillators {0} are not available on this machine; use clenshaw")]
    Oscillators(Oscillators),
    /// No thread to render with.
    #[error("at least one rendering thread is needed")]
    NoThreads,
    /// No instrument to play.
    #[error("no instrument is loaded; load at least one")]
    NoInstrument,
    /// The program map names an instrument that is not loaded.
    #[error("the program map names instrument {index}, but only {loaded} are loaded")]
    ProgramMap {
        /// Index in the map.
        index: usize,
        /// Instruments loaded.
        loaded: usize,
    },
    /// An instrument does not come with one predictor a thread.
    #[error(
        "instrument `{name}` comes with {predictors} prepared networks for {threads} threads; prepare one for each"
    )]
    Predictors {
        /// The instrument's name.
        name: String,
        /// Predictors it came with.
        predictors: usize,
        /// Threads asked for.
        threads: usize,
    },
    /// An instrument is not fit to be played.
    #[error(transparent)]
    Instrument(#[from] synth_model::InstrumentError),
    /// An instrument has more partials than the voices were made for.
    #[error("instrument `{name}` has {partials} partials; the voices were made for {most}")]
    Partials {
        /// The instrument's name.
        name: String,
        /// Its partials.
        partials: usize,
        /// What a voice has room for.
        most: usize,
    },
    /// The noise bands are not the bus's.
    #[error("instrument `{name}` has {bands} noise bands; the noise bus has {expected}")]
    NoiseBands {
        /// The instrument's name.
        name: String,
        /// Its noise bands.
        bands: usize,
        /// What the bus takes.
        expected: usize,
    },
}
