//! From voices to the stereo bus: panned, summed in a fixed order, noise added, limited.

use crate::channel::Channel;
use crate::clock::Clock;
use crate::config::LimiterMode;
use crate::voice::{Slot, first_hop_from};
use synth_dsp::filtered_noise::{NOISE_BANDS, NoiseBus, StereoBandPower};
use synth_dsp::limiter::Limiter;

/// Voices are summed in groups of this many slots, then the groups in order, so that the order of
/// additions is one and the same whatever thread rendered which voice.
const GROUP: usize = 16;

/// The stereo bus.
pub(crate) struct Mixer {
    clock: Clock,
    limiter: Option<Limiter>,
    noise: Option<NoiseBus>,
    group: Stereo,
    bus: Stereo,
    group_power: Box<[StereoBandPower]>,
    bus_power: Box<[StereoBandPower]>,
}

#[derive(Debug)]
struct Stereo {
    left: Box<[f32]>,
    right: Box<[f32]>,
}

impl Stereo {
    fn new(length: usize) -> Self {
        Self {
            left: vec![0.0; length].into(),
            right: vec![0.0; length].into(),
        }
    }

    fn clear(&mut self, length: usize) {
        self.left[..length].fill(0.0);
        self.right[..length].fill(0.0);
    }
}

impl Mixer {
    pub(crate) fn new(
        clock: Clock,
        limiter: LimiterMode,
        noise_seed: Option<u64>,
        max_block: usize,
    ) -> Self {
        let hops = max_block / clock.hop as usize + 1;
        Self {
            clock,
            limiter: match limiter {
                LimiterMode::LookAhead => Some(Limiter::look_ahead(clock.sample_rate_hz)),
                LimiterMode::Instant => Some(Limiter::instant(clock.sample_rate_hz)),
                LimiterMode::Off => None,
            },
            noise: noise_seed
                .map(|seed| NoiseBus::new(clock.sample_rate_hz, clock.hop as usize, seed)),
            group: Stereo::new(max_block),
            bus: Stereo::new(max_block),
            group_power: vec![StereoBandPower::SILENT.clone(); hops].into(),
            bus_power: vec![StereoBandPower::SILENT.clone(); hops].into(),
        }
    }

    /// Forgets what is still on its way out.
    pub(crate) fn reset(&mut self) {
        if let Some(limiter) = &mut self.limiter {
            limiter.reset();
        }
        if let Some(noise) = &mut self.noise {
            noise.reset();
        }
    }

    pub(crate) fn latency_samples(&self) -> usize {
        self.limiter.as_ref().map_or(0, Limiter::latency_samples)
    }

    /// Mixes one block of rendered voices onto the bus.
    pub(crate) fn mix(&mut self, start: u64, length: usize, slots: &[Slot], channels: &[Channel]) {
        let hops = first_hop_from(start, self.clock.hop)
            ..first_hop_from(start + length as u64, self.clock.hop);
        let hop_count = (hops.end - hops.start) as usize;
        self.bus.clear(length);
        if self.noise.is_some() {
            self.bus_power[..hop_count].fill(StereoBandPower::SILENT);
        }
        for group in slots.chunks(GROUP) {
            if group.iter().all(|slot| slot.output.from == slot.output.to) {
                continue;
            }
            self.sum_group(start, length, hops.start, hop_count, group, channels);
        }
        if self.noise.is_some() {
            self.add_noise(start, length, hops);
        }
        if let Some(limiter) = &mut self.limiter {
            limiter.process(&mut self.bus.left[..length], &mut self.bus.right[..length]);
        }
    }

    /// The first `length` samples of the bus, left and right.
    pub(crate) fn bus(&self, length: usize) -> (&[f32], &[f32]) {
        (&self.bus.left[..length], &self.bus.right[..length])
    }

    fn sum_group(
        &mut self,
        start: u64,
        length: usize,
        first_hop: u64,
        hop_count: usize,
        group: &[Slot],
        channels: &[Channel],
    ) {
        self.group.clear(length);
        let with_noise = self.noise.is_some();
        if with_noise {
            self.group_power[..hop_count].fill(StereoBandPower::SILENT);
        }
        for slot in group {
            let (from, to) = (slot.output.from, slot.output.to);
            if from == to {
                continue;
            }
            let channel = &channels[usize::from(slot.voice.note.channel)];
            let mono = &slot.output.mono[from..to];
            add_panned(
                &mut self.group.left[from..to],
                mono,
                channel.left_gain.moving(from, to),
                channel.left_gain.at(from),
            );
            add_panned(
                &mut self.group.right[from..to],
                mono,
                channel.right_gain.moving(from, to),
                channel.right_gain.at(from),
            );
            if !with_noise {
                continue;
            }
            for hop in slot.output.hops_from..slot.output.hops_to {
                let at = (hop * u64::from(self.clock.hop) - start) as usize;
                let (left, right) = (channel.left_gain.at(at), channel.right_gain.at(at));
                let index = (hop - first_hop) as usize;
                let noise = &slot.output.noise[index * NOISE_BANDS..(index + 1) * NOISE_BANDS];
                self.group_power[index].add_panned(noise, left, right);
            }
        }
        add(&mut self.bus.left[..length], &self.group.left[..length]);
        add(&mut self.bus.right[..length], &self.group.right[..length]);
        if with_noise {
            for (bus, group) in self
                .bus_power
                .iter_mut()
                .zip(&self.group_power[..hop_count])
            {
                add(&mut bus.ll, &group.ll);
                add(&mut bus.rr, &group.rr);
                add(&mut bus.lr, &group.lr);
            }
        }
    }

    fn add_noise(&mut self, start: u64, length: usize, hops: std::ops::Range<u64>) {
        let Some(noise) = &mut self.noise else { return };
        let hop = u64::from(self.clock.hop);
        let mut at = 0;
        for (number, power) in hops.zip(&self.bus_power) {
            let next = (number * hop - start) as usize;
            noise.add_to(&mut self.bus.left[at..next], &mut self.bus.right[at..next]);
            noise.push_hop(power);
            at = next;
        }
        noise.add_to(
            &mut self.bus.left[at..length],
            &mut self.bus.right[at..length],
        );
    }
}

fn add(sum: &mut [f32], part: &[f32]) {
    for (sum, part) in sum.iter_mut().zip(part) {
        *sum += part;
    }
}

fn add_panned(sum: &mut [f32], mono: &[f32], moving: Option<&[f32]>, gain: f32) {
    if let Some(gains) = moving {
        for ((sum, mono), gain) in sum.iter_mut().zip(mono).zip(gains) {
            *sum += mono * gain;
        }
    } else {
        for (sum, mono) in sum.iter_mut().zip(mono) {
            *sum += mono * gain;
        }
    }
}
