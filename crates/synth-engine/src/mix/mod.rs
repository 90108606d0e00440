//! From voices to the stereo output: one bus, or one for each channel, each with a room, and the
//! limiter.

mod bus;
mod gain;
mod send;

use crate::channel::Channel;
use crate::clock::Clock;
use crate::config::{LimiterMode, RendererConfig, RoomSettings};
use crate::event::CHANNELS;
use crate::parameter::{Parameter, ParameterValues};
use crate::stems::Stems;
use crate::voice::{self, Slot};
use bus::{Bus, BusScratch, MixBlock, Stereo};
use gain::MixGains;
use synth_dsp::dc_blocker::DcBlocker;
use synth_dsp::fx::room::Room;
use synth_dsp::limiter::Limiter;

/// The buses and what they add up to.
pub(crate) struct Mixer {
    buses: Vec<Bus>,
    scratch: BusScratch,
    gains: MixGains,
    /// Left and right, where loudspeakers may be at the other end.
    dc_blockers: Option<[DcBlocker; 2]>,
    limiter: Option<Limiter>,
    out: Stereo,
}

impl Mixer {
    pub(crate) fn new(clock: Clock, config: &RendererConfig, max_block: usize) -> Self {
        let noise_seed = |seed: u64| (!config.steady).then_some(seed);
        // The room is linear, so those of the stems add up to that of the mix.
        let RoomSettings { size, amount } = config.room;
        let room = || (!config.steady).then(|| Room::new(clock.sample_rate_hz, size, amount));
        let buses = match config.stems {
            false => vec![Bus::new(
                clock,
                None,
                noise_seed(config.seed),
                room(),
                max_block,
            )],
            // Each channel's noise is a stream of its own, or their sum would add up in amplitude.
            true => (0..CHANNELS as u8)
                .map(|channel| {
                    let seed = voice::mix(config.seed ^ (u64::from(channel) + 1));
                    Bus::new(clock, Some(channel), noise_seed(seed), room(), max_block)
                })
                .collect(),
        };
        Self {
            buses,
            scratch: BusScratch::new(clock, max_block),
            gains: MixGains::new(clock, max_block),
            dc_blockers: (config.limiter == LimiterMode::Instant)
                .then(|| [DcBlocker::new(clock.sample_rate_hz); 2]),
            limiter: match config.limiter {
                LimiterMode::LookAhead => Some(Limiter::look_ahead(clock.sample_rate_hz)),
                LimiterMode::Instant => Some(Limiter::instant(clock.sample_rate_hz)),
                LimiterMode::Off => None,
            },
            out: Stereo::new(max_block),
        }
    }

    /// Forgets what is still on its way out.
    pub(crate) fn reset(&mut self) {
        self.dc_blockers
            .iter_mut()
            .flatten()
            .for_each(DcBlocker::reset);
        if let Some(limiter) = &mut self.limiter {
            limiter.reset();
        }
        self.buses.iter_mut().for_each(Bus::reset);
        self.gains.reset();
    }

    /// Samples that were not finite and were silenced since it was made or reset.
    pub(crate) fn silenced_samples(&self) -> u64 {
        let blocked = self.dc_blockers.iter().flatten();
        let blocked: u64 = blocked.map(DcBlocker::non_finite_samples).sum();
        let limited = self.limiter.as_ref().map_or(0, Limiter::non_finite_samples);
        blocked + limited
    }

    /// Whether a room is not yet silent.
    pub(crate) fn rings(&self) -> bool {
        self.buses.iter().any(Bus::rings)
    }

    /// Sets a parameter of the mix between two blocks: at once where nothing `sounds`.
    pub(crate) fn set(&mut self, parameter: Parameter, value: f32, sounds: bool) {
        match parameter {
            Parameter::Volume => self.gains.set_volume(value, sounds),
            Parameter::Noise => self.gains.set_noise(value, sounds),
            Parameter::Room => self.rooms().for_each(|room| room.set_amount(value)),
            Parameter::RoomSize => self.rooms().for_each(|room| room.set_size(value)),
            _ => {}
        }
    }

    /// Every parameter of the mix as another renderer had it.
    pub(crate) fn adopt(&mut self, values: &ParameterValues) {
        for (parameter, value) in values.iter() {
            self.set(parameter, value, false);
        }
    }

    fn rooms(&mut self) -> impl Iterator<Item = &mut Room> {
        self.buses.iter_mut().filter_map(Bus::room)
    }

    pub(crate) fn latency_samples(&self) -> usize {
        self.limiter.as_ref().map_or(0, Limiter::latency_samples)
    }

    /// Mixes one block of rendered voices.
    pub(crate) fn mix(&mut self, start: u64, length: usize, slots: &[Slot], channels: &[Channel]) {
        let block = MixBlock {
            start,
            length,
            slots,
            channels,
        };
        self.out.clear(length);
        self.gains.draw(length);
        for bus in &mut self.buses {
            bus.mix(block, &self.gains, &mut self.scratch);
            self.gains.apply_volume(&mut bus.out, length);
            self.out.add(&bus.out, length);
        }
        if let Some(blockers) = &mut self.dc_blockers {
            let Stereo { left, right } = &mut self.out;
            DcBlocker::process_stereo(blockers, &mut left[..length], &mut right[..length]);
        }
        if let Some(limiter) = &mut self.limiter {
            limiter.process(&mut self.out.left[..length], &mut self.out.right[..length]);
        }
    }

    /// The first `length` samples of the output, left and right.
    pub(crate) fn output(&self, length: usize) -> (&[f32], &[f32]) {
        (&self.out.left[..length], &self.out.right[..length])
    }

    /// Puts the first `length` samples of each channel's bus into `stems` from `at` on.
    pub(crate) fn write_stems(&self, length: usize, at: usize, stems: &mut Stems) {
        if let [_] = &*self.buses {
            return;
        }
        for (channel, Bus { out, .. }) in self.buses.iter().enumerate() {
            stems.write(channel, at, &out.left[..length], &out.right[..length]);
        }
    }
}
