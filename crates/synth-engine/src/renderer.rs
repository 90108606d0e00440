//! The renderer: events in, stereo sound out, in blocks of any length.

mod adoption;
mod column_view;
mod freeze;
mod handover;
mod notes;
mod parameters;
mod walk;

use crate::ahead::{Ahead, ColumnCounts, LEAST_AHEAD, Retirement};
use crate::articulation::Sound;
pub(crate) use adoption::TimeScale;
pub use column_view::ColumnView;

use crate::channel::Channel;
use crate::clock::Clock;
use crate::config::{POLYPHONY, RendererConfig, RendererError, RoomSettings, SAMPLE_RATES_HZ};
use crate::event::{CHANNELS, TimedEvent};
use crate::inference::MOST_COLUMNS;
use crate::instrument_set::{Fit, InstrumentSet, InstrumentSets, most_outputs, most_partials};
use crate::instruments::LoadedInstrument;
use crate::mix::Mixer;
use crate::parameter::{Parameter, ParameterValues};
use crate::program_map::ProgramMap;
use crate::stems::Stems;
use crate::voice::{BlockView, RenderScratch, Slot, VoicePool, VoiceTools};
use crate::workforce;
use std::fmt;
use synth_dsp::harmonic_bank::HarmonicBank;
use synth_dsp::simd::FlushDenormals;

/// Longest stretch rendered in one pass; host blocks beyond it are cut.
const MAX_BLOCK: usize = 4096;
/// Most columns of one pass: bounds the memory of large polyphonies by shortening their passes. 2,048 voices,
/// for which there are twice as many slots, still have passes of 512 samples at 44.1 kHz.
const MAX_COLUMNS: usize = 40_960;
/// Columns of one network call that keep a CPU's caches busy but not overflowing.
const COLUMNS_PER_CALL: usize = 256;

/// Partials that voices have room for at least, so that other instruments than the first fit.
const USUAL_PARTIALS: usize = 64;

/// Where a sounding voice goes over to another instrument, it takes this time.
const CROSSFADE_S: f64 = 0.020;

/// What happened in a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Status {
    /// Voices sounding at the block's end, those being faded away left out.
    pub voices: usize,
}

/// Counts since the renderer was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Most voices that sounded at once.
    pub most_voices: usize,
    /// Voices stolen.
    pub stolen: u64,
    /// Answers of a network that were not finite (or that it refused to give) and were silenced.
    pub non_finite: u64,
    /// Samples of the mix that were not finite and were silenced; nothing is known to make any.
    pub silenced_samples: u64,
    /// Network columns, by where they came from.
    pub columns_from: ColumnCounts,
    /// Notes on rhythm channels, which do not play.
    pub rhythm_notes: u64,
}

/// Plays events on instruments.
///
/// A block goes through three passes: the events are walked and every control frame that falls in
/// the block is frozen as a column; the network runs over all columns of an instrument together;
/// the voices are rendered and mixed. Where a block ends makes no difference to a single bit of the
/// output: everything is counted in samples since an event, a voice's onset or the renderer's start.
pub struct Renderer {
    config: RendererConfig,
    clock: Clock,
    instruments: InstrumentSets,
    fit: Fit,
    channels: Vec<Channel>,
    /// Semitones off equal temperament, by key.
    key_semitones: [f32; 128],
    pool: VoicePool,
    tools: VoiceTools,
    scratch: Vec<Box<RenderScratch>>,
    mixer: Mixer,
    max_block: usize,
    /// Length of the block that was asked for.
    host_block: usize,
    /// Every parameter as it is now; of the polyphony, what is shed left aside.
    parameters: ParameterValues,
    /// What they add to the channels' sound controllers.
    sound: Sound,
    /// Level of [`crate::Event::Shedding`].
    shedding: u8,
    /// Where the next voices fade over to other instruments, or `u64::MAX`.
    next_handover: u64,
    now: u64,
    counters: Counters,
}

impl Renderer {
    /// Columns that one call of a predictor best takes on a CPU.
    #[must_use]
    pub fn columns_per_call() -> usize {
        COLUMNS_PER_CALL
    }

    /// Columns that one call of a predictor best takes that runs ahead of time, on a device where a call
    /// costs much and a column little: what so many voices ask at first, as far as there is room in a job
    /// (1024).
    #[must_use]
    pub fn columns_ahead(voices: usize) -> usize {
        voices.max(1).saturating_mul(LEAST_AHEAD).min(MOST_COLUMNS)
    }

    /// Makes a renderer and everything it will ever need.
    ///
    /// # Errors
    /// [`RendererError`] where a setting is out of range or not to be had here, or an instrument does not fit.
    pub fn new(
        config: RendererConfig,
        loaded: Vec<LoadedInstrument>,
        programs: ProgramMap,
    ) -> Result<Self, RendererError> {
        check(&config)?;
        let bank = HarmonicBank::with_oscillators(config.oscillators);
        let bank = bank.ok_or(RendererError::Oscillators(config.oscillators))?;
        let clock = Clock::new(config.sample_rate_hz);
        let most_polyphony = config.polyphony.max(config.most_polyphony);
        let slots = VoicePool::slots_for(most_polyphony);
        let hop = clock.hop as usize;
        let max_block = (MAX_COLUMNS / slots).saturating_sub(1).max(1) * hop;
        let max_block = max_block.min(MAX_BLOCK);
        let partials = most_partials(&loaded).max(USUAL_PARTIALS);
        let fit = Fit {
            clock,
            threads: config.threads,
            slots,
            columns: slots * (max_block / hop + 1),
            partials,
            outputs: most_outputs(partials),
        };
        let set = InstrumentSet::new(&fit, loaded, programs)?;
        let any = &set.played.instruments[0].instrument;
        let mut pool = VoicePool::new(most_polyphony, &clock, fit.partials, max_block, any);
        pool.limit(config.polyphony);
        let first = set.programs.instrument(0, 0);
        Ok(Self {
            tools: VoiceTools::new(
                bank,
                clock,
                clock.samples(CROSSFADE_S) as u32,
                !config.steady,
            ),
            mixer: Mixer::new(clock, &config, max_block),
            channels: (0..CHANNELS)
                .map(|number| Channel::new(number, config.sample_rate_hz, max_block, first))
                .collect(),
            key_semitones: [0.0; 128],
            scratch: (0..config.threads).map(|_| RenderScratch::new()).collect(),
            clock,
            instruments: InstrumentSets::new(set),
            fit,
            pool,
            max_block,
            host_block: 0,
            parameters: first_parameters(&config),
            sound: Sound::default(),
            shedding: 0,
            next_handover: u64::MAX,
            now: 0,
            counters: Counters::default(),
            config,
        })
    }

    /// Silence at once, and everything as it was made: what comes next is what a new renderer would
    /// play.
    ///
    /// # Realtime safety
    /// RT-safe.
    pub fn reset(&mut self) {
        let first = self.instruments.current().programs.instrument(0, 0);
        self.channels
            .iter_mut()
            .for_each(|channel| channel.reset(first));
        self.key_semitones.fill(0.0);
        self.pool.reset();
        self.parameters = first_parameters(&self.config);
        self.sound = Sound::default();
        self.mixer.adopt(&self.parameters);
        self.mixer.reset();
        self.now = 0;
        self.next_handover = u64::MAX;
        self.counters = Counters::default();
        self.shedding = 0;
        self.pool.limit(self.config.polyphony);
    }

    /// Most voices at once, what is shed of them left aside.
    #[must_use]
    pub fn polyphony(&self) -> usize {
        self.parameter(Parameter::Polyphony) as usize
    }

    /// A parameter's value; it is set with [`crate::Event::Parameter`].
    #[must_use]
    pub fn parameter(&self, parameter: Parameter) -> f32 {
        self.parameters.get(parameter)
    }

    /// Level of [`crate::Event::Shedding`].
    #[must_use]
    pub fn shedding(&self) -> u8 {
        self.shedding
    }

    /// Why the device that is asked ahead of time no longer is, once.
    pub(crate) fn take_retirement(&mut self) -> Option<Retirement> {
        let ahead = self.instruments.current_mut().ahead.as_mut();
        ahead.and_then(Ahead::take_retirement)
    }

    /// Jobs sent to a device and not yet taken back, and those of them that are back.
    pub(crate) fn traffic(&self) -> (usize, usize) {
        let ahead = self.instruments.current().ahead.as_ref();
        ahead.map_or((0, 0), Ahead::traffic)
    }

    /// Samples by which the output lags the events (the look-ahead limiter's delay).
    #[must_use]
    pub fn latency_samples(&self) -> usize {
        self.mixer.latency_samples()
    }

    /// The sample rate in Hz.
    #[must_use]
    pub fn sample_rate_hz(&self) -> u32 {
        self.config.sample_rate_hz
    }

    /// Counts since the start.
    #[must_use]
    pub fn counters(&self) -> Counters {
        Counters {
            most_voices: self.pool.most(),
            stolen: self.pool.stolen(),
            silenced_samples: self.counters.silenced_samples + self.mixer.silenced_samples(),
            ..self.counters
        }
    }

    /// Renders the next block.
    ///
    /// `events` are in order of their offsets; one that is out of order takes effect with the one
    /// before it, one beyond the block's end at its last sample. `out` holds channels of equal
    /// length, 0 included (the events then take effect before the next sample): left and right, or
    /// one that gets the mean of both; further ones are cleared.
    ///
    /// # Realtime safety
    /// RT-safe where the renderer was made with one thread and predictors whose time is bounded
    /// (`Predictor::timing`): no allocation, lock, system call or panic.
    pub fn process(&mut self, events: &[TimedEvent], out: &mut [&mut [f32]]) -> Status {
        self.process_into(events, out, None)
    }

    /// Renders the next block as [`Renderer::process`] does and leaves each channel's part of it in
    /// `stems`: the mix, before its limiter, is their sum. Where `stems` has less room than `out`, the
    /// block is shorter and the rest of `out` is cleared. Without [`RendererConfig::stems`] the stems
    /// are silent.
    ///
    /// # Realtime safety
    /// As [`Renderer::process`].
    pub fn process_stems(
        &mut self,
        events: &[TimedEvent],
        out: &mut [&mut [f32]],
        stems: &mut Stems,
    ) -> Status {
        self.process_into(events, out, Some(stems))
    }

    fn process_into(
        &mut self,
        events: &[TimedEvent],
        out: &mut [&mut [f32]],
        mut stems: Option<&mut Stems>,
    ) -> Status {
        let _flush = FlushDenormals::new();
        let mut length = out.iter().map(|channel| channel.len()).min().unwrap_or(0);
        if let Some(stems) = &mut stems {
            length = length.min(stems.max_frames());
            stems.begin(length);
        }
        self.host_block = length;
        if length == 0 {
            self.apply_now(events);
        }
        let mut done = 0;
        let mut next_event = 0;
        while done < length {
            let until_handover = usize::try_from(self.hand_over_next()).unwrap_or(usize::MAX);
            let limit = (length - done).min(self.max_block).min(until_handover);
            let (taken, used) =
                self.walk(&events[next_event..], done, limit, done + limit == length);
            next_event += used;
            self.render(taken);
            let (left, right) = self.mixer.output(taken);
            write(left, right, done, out);
            if let Some(stems) = &mut stems {
                self.mixer.write_stems(taken, done, stems);
            }
            done += taken;
        }
        for channel in out {
            channel[length..].fill(0.0);
        }
        self.status()
    }

    fn status(&self) -> Status {
        Status {
            voices: self.pool.playing(self.now),
        }
    }

    /// Second and third pass over what [`Renderer::walk`] has drawn.
    fn render(&mut self, length: usize) {
        self.pool.settle(self.now);
        self.freeze_columns(length);
        self.instruments.run_networks();
        let block = BlockView {
            start: self.now,
            length,
            channels: &self.channels,
            instruments: self.instruments.view(),
            drop_masked: self.shedding >= parameters::SHED_PARTIALS,
        };
        workforce::render_voices(
            self.pool.slots_mut(),
            &block,
            &self.tools,
            &mut self.scratch,
        );
        let non_finite: u64 = live(self.pool.slots(), self.now, length)
            .map(|s| s.output.non_finite)
            .sum();
        self.counters.non_finite += non_finite;
        self.mixer
            .mix(self.now, length, self.pool.slots(), &self.channels);
        self.now += length as u64;
    }
}

/// Puts a piece of the bus into the host's channels from sample `at` on.
fn write(left: &[f32], right: &[f32], at: usize, out: &mut [&mut [f32]]) {
    let piece = at..at + left.len();
    if let [mono] = out {
        for ((out, left), right) in mono[piece].iter_mut().zip(left).zip(right) {
            *out = 0.5 * (left + right);
        }
        return;
    }
    for (channel, out) in out.iter_mut().enumerate() {
        match channel {
            0 => out[piece.clone()].copy_from_slice(left),
            1 => out[piece.clone()].copy_from_slice(right),
            _ => out[piece.clone()].fill(0.0),
        }
    }
}

/// Slots whose voice sounds in the block.
fn live(slots: &[Slot], start: u64, length: usize) -> impl Iterator<Item = &Slot> {
    let end = start + length as u64;
    slots
        .iter()
        .filter(move |s| s.voice.life.sounds_at(start) && s.voice.life.onset < end)
}

/// The parameters' values before any event.
fn first_parameters(config: &RendererConfig) -> ParameterValues {
    let mut values = ParameterValues::default();
    values.set(Parameter::Room, config.room.amount);
    values.set(Parameter::RoomSize, config.room.size);
    values.set(Parameter::Polyphony, config.polyphony as f32);
    values
}

fn check(config: &RendererConfig) -> Result<(), RendererError> {
    if !SAMPLE_RATES_HZ.contains(&config.sample_rate_hz) {
        return Err(RendererError::SampleRate(config.sample_rate_hz));
    }
    for polyphony in [
        config.polyphony,
        config.polyphony.max(config.most_polyphony),
    ] {
        if !POLYPHONY.contains(&polyphony) {
            return Err(RendererError::Polyphony(polyphony));
        }
    }
    let RoomSettings { size, amount } = config.room;
    if ![size, amount].iter().all(|x| (0.0..=1.0).contains(x)) {
        return Err(RendererError::Room(config.room));
    }
    if config.threads == 0 {
        return Err(RendererError::NoThreads);
    }
    Ok(())
}

impl fmt::Debug for Renderer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renderer")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
