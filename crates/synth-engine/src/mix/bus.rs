//! One bus: voices panned and summed in a fixed order, and their noise.

use super::gain::MixGains;
use super::send::{NoiseSend, SendPower, add_sent};
use crate::channel::Channel;
use crate::clock::Clock;
use crate::voice::{Slot, first_hop_from};
use std::ops::Range;
use synth_dsp::filtered_noise::{NOISE_BANDS, NoiseBus, StereoBandPower};
use synth_dsp::fx::room::Room;
use synth_dsp::simd::{PlainCode, PlainKernel};

/// Voices are summed in groups of this many slots, then the groups in order, so that the order of
/// additions is one and the same whatever thread rendered which voice.
const GROUP: usize = 16;

/// Left and right.
#[derive(Debug)]
pub(super) struct Stereo {
    pub(super) left: Box<[f32]>,
    pub(super) right: Box<[f32]>,
}

impl Stereo {
    pub(super) fn new(length: usize) -> Self {
        Self {
            left: vec![0.0; length].into(),
            right: vec![0.0; length].into(),
        }
    }

    pub(super) fn clear(&mut self, length: usize) {
        self.left[..length].fill(0.0);
        self.right[..length].fill(0.0);
    }

    #[inline(always)]
    pub(super) fn add(&mut self, other: &Self, length: usize) {
        add(&mut self.left[..length], &other.left[..length]);
        add(&mut self.right[..length], &other.right[..length]);
    }
}

/// What a bus needs for a block and forgets after it; all buses share it.
pub(super) struct BusScratch {
    group: Stereo,
    group_power: Box<[StereoBandPower]>,
    power: Box<[StereoBandPower]>,
    group_send: Stereo,
    send: Stereo,
    send_power: Box<[SendPower]>,
    noise: Stereo,
}

impl BusScratch {
    pub(super) fn new(clock: Clock, max_block: usize) -> Self {
        let hops = max_block / clock.hop as usize + 1;
        Self {
            group: Stereo::new(max_block),
            group_power: vec![StereoBandPower::SILENT.clone(); hops].into(),
            power: vec![StereoBandPower::SILENT.clone(); hops].into(),
            group_send: Stereo::new(max_block),
            send: Stereo::new(max_block),
            send_power: vec![SendPower::default(); hops].into(),
            noise: Stereo::new(max_block),
        }
    }
}

/// A block as a bus sees it.
#[derive(Clone, Copy)]
pub(super) struct MixBlock<'a> {
    pub(super) start: u64,
    pub(super) length: usize,
    pub(super) slots: &'a [Slot],
    pub(super) channels: &'a [Channel],
}

impl MixBlock<'_> {
    /// Noise hops that begin in the block.
    fn hops(&self, clock: &Clock) -> Range<u64> {
        first_hop_from(self.start, clock.hop)
            ..first_hop_from(self.start + self.length as u64, clock.hop)
    }
}

/// Voices to be summed with the machine's widest instructions.
struct SumGroup<'a, 'b> {
    bus: &'a mut Bus,
    block: MixBlock<'b>,
    hops: Range<u64>,
    slots: &'a [Slot],
    gains: &'a MixGains,
    scratch: &'a mut BusScratch,
}

impl PlainKernel for SumGroup<'_, '_> {
    #[inline(always)]
    fn run(self) {
        let Self {
            bus,
            block,
            hops,
            slots,
            gains,
            scratch,
        } = self;
        bus.sum_group(block, hops, slots, gains, scratch);
    }
}

/// A bus for all channels or for one.
pub(super) struct Bus {
    clock: Clock,
    code: PlainCode,
    /// The only channel it takes.
    channel: Option<u8>,
    noise: Option<NoiseBus>,
    /// Whether a hop has had noise: before, the noise does not run.
    awake: bool,
    noise_send: NoiseSend,
    room: Option<Box<Room>>,
    pub(super) out: Stereo,
}

impl Bus {
    pub(super) fn new(
        clock: Clock,
        channel: Option<u8>,
        noise_seed: Option<u64>,
        room: Option<Room>,
        max_block: usize,
    ) -> Self {
        Self {
            clock,
            code: PlainCode::new(),
            channel,
            noise: noise_seed
                .map(|seed| NoiseBus::new(clock.sample_rate_hz, clock.hop as usize, seed)),
            awake: false,
            noise_send: NoiseSend::default(),
            room: room.map(Box::new),
            out: Stereo::new(max_block),
        }
    }

    /// Forgets what is still on its way out.
    pub(super) fn reset(&mut self) {
        self.awake = false;
        if let Some(noise) = &mut self.noise {
            noise.reset();
        }
        self.noise_send = NoiseSend::default();
        if let Some(room) = &mut self.room {
            room.reset();
        }
    }

    /// Whether its room is not yet silent.
    pub(super) fn rings(&self) -> bool {
        self.room.as_ref().is_some_and(|room| room.is_awake())
    }

    pub(super) fn room(&mut self) -> Option<&mut Room> {
        self.room.as_deref_mut()
    }

    fn takes(&self, slot: &Slot) -> bool {
        slot.output.from != slot.output.to
            && self
                .channel
                .is_none_or(|only| only == slot.voice.note.channel)
    }

    /// Mixes one block of rendered voices onto the bus.
    pub(super) fn mix(&mut self, block: MixBlock<'_>, gains: &MixGains, scratch: &mut BusScratch) {
        let hops = block.hops(&self.clock);
        let hop_count = (hops.end - hops.start) as usize;
        self.out.clear(block.length);
        if self.noise.is_some() {
            scratch.power[..hop_count].fill(StereoBandPower::SILENT);
            scratch.send_power[..hop_count].fill(SendPower::default());
        }
        if self.room.is_some() {
            scratch.send.clear(block.length);
        }
        for group in block.slots.chunks(GROUP) {
            if group.iter().any(|slot| self.takes(slot)) {
                self.code.run(SumGroup {
                    bus: self,
                    block,
                    hops: hops.clone(),
                    slots: group,
                    gains,
                    scratch,
                });
            }
        }
        self.add_noise(block, hops, scratch);
        if let Some(room) = &mut self.room {
            let Stereo { left, right } = &scratch.send;
            let send = [&left[..block.length], &right[..block.length]];
            room.process(send, [&mut self.out.left, &mut self.out.right]);
        }
    }

    #[inline(always)]
    fn sum_group(
        &mut self,
        block: MixBlock<'_>,
        hops: Range<u64>,
        slots: &[Slot],
        gains: &MixGains,
        scratch: &mut BusScratch,
    ) {
        let BusScratch {
            group,
            group_power,
            power,
            group_send,
            send,
            send_power,
            ..
        } = scratch;
        let hop_count = (hops.end - hops.start) as usize;
        group.clear(block.length);
        let with_noise = self.noise.is_some();
        let with_room = self.room.is_some();
        // What goes into a closed room is not worth adding up; of the noise, whose send is remembered
        // from hop to hop, the power is.
        let takes_in = self.room.as_ref().is_some_and(|room| room.takes_in());
        if takes_in {
            group_send.clear(block.length);
        }
        if with_noise {
            group_power[..hop_count].fill(StereoBandPower::SILENT);
        }
        for slot in slots.iter().filter(|slot| self.takes(slot)) {
            let (from, to) = (slot.output.from, slot.output.to);
            let channel = &block.channels[usize::from(slot.voice.note.channel)];
            let mono = &slot.output.mono[from..to];
            add_panned(
                &mut group.left[from..to],
                mono,
                channel.left_gain.moving(from, to),
                channel.left_gain.at(from),
            );
            add_panned(
                &mut group.right[from..to],
                mono,
                channel.right_gain.moving(from, to),
                channel.right_gain.at(from),
            );
            if takes_in {
                add_sent(group_send, mono, from..to, channel);
            }
            if !with_noise {
                continue;
            }
            for hop in slot.output.hops_from..slot.output.hops_to {
                let at = (hop * u64::from(self.clock.hop) - block.start) as usize;
                let noise_gain = gains.noise_at(at);
                let left = noise_gain * channel.left_gain.at(at);
                let right = noise_gain * channel.right_gain.at(at);
                let index = (hop - hops.start) as usize;
                let noise = &slot.output.noise[index * NOISE_BANDS..(index + 1) * NOISE_BANDS];
                group_power[index].add_panned(noise, left, right);
                if with_room {
                    send_power[index].add(noise, left, right, channel.room_send.at(at));
                }
            }
        }
        self.out.add(group, block.length);
        if takes_in {
            send.add(group_send, block.length);
        }
        if with_noise {
            for (bus, group) in power.iter_mut().zip(&group_power[..hop_count]) {
                add(&mut bus.ll, &group.ll);
                add(&mut bus.rr, &group.rr);
                add(&mut bus.lr, &group.lr);
            }
        }
    }

    fn add_noise(&mut self, block: MixBlock<'_>, hops: Range<u64>, scratch: &mut BusScratch) {
        let MixBlock { start, length, .. } = block;
        let hop = u64::from(self.clock.hop);
        let mut at = 0;
        for (index, number) in hops.enumerate() {
            let next = (number * hop - start) as usize;
            let power = &scratch.power[index];
            // A bus begins with its first noisy hop, whatever the block: 15 silent channels are free.
            self.awake |= self.noise.is_some() && *power != StereoBandPower::SILENT;
            if self.awake {
                self.add_noise_to(block, at..next, &mut scratch.noise, &mut scratch.send);
                if let Some(noise) = &mut self.noise {
                    noise.push_hop(power);
                }
                self.noise_send.latch(scratch.send_power[index]);
            }
            at = next;
        }
        if self.awake {
            self.add_noise_to(block, at..length, &mut scratch.noise, &mut scratch.send);
        }
    }

    /// Adds the noise of a stretch of one hop to the bus and to what goes into the room.
    fn add_noise_to(
        &mut self,
        block: MixBlock<'_>,
        stretch: Range<usize>,
        scratch: &mut Stereo,
        send: &mut Stereo,
    ) {
        let Some(noise) = &mut self.noise else { return };
        let Range { start, end } = stretch;
        let Stereo { left, right } = &mut self.out;
        if self.room.is_none() {
            noise.add_to(&mut left[start..end], &mut right[start..end]);
            return;
        }
        let length = end - start;
        scratch.clear(length);
        let hop = self.clock.hop;
        let position = ((block.start + start as u64) % u64::from(hop)) as usize;
        noise.add_to(&mut scratch.left[..length], &mut scratch.right[..length]);
        for (out, send, noise) in [
            (left, &mut send.left, &scratch.left[..length]),
            (right, &mut send.right, &scratch.right[..length]),
        ] {
            add(&mut out[start..end], noise);
            self.noise_send
                .add(&mut send[start..end], noise, position, hop);
        }
    }
}

#[inline(always)]
fn add(sum: &mut [f32], part: &[f32]) {
    for (sum, part) in sum.iter_mut().zip(part) {
        *sum += part;
    }
}

#[inline(always)]
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
