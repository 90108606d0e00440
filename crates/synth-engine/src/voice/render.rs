//! Renders one voice over one block: from the network's answers to mono samples and noise powers.

use super::stretch::Stretch;
use super::{Voice, VoiceFrames};
use crate::channel::Channel;
use crate::clock::Clock;
use crate::instrument_set::InstrumentView;
use synth_dsp::exponential::{self, Exponential};
use synth_dsp::filtered_noise::NOISE_BANDS;
use synth_dsp::harmonic_bank::{HarmonicBank, Segment, spread_signs};
use synth_dsp::simd::{PlainCode, PlainKernel};

/// The longest control hop, and so the longest stretch rendered in one go.
const MAX_STRETCH: usize = 256;
/// Amplitude of a partial that nobody hears, whatever else sounds: 114 dB below full scale, which played back at
/// 100 dB is 9 dB below the threshold of hearing where the ear is keenest, at -5 dB (ISO 226).
const SILENT: f32 = 2e-6;
/// Amplitude of a partial that is not heard beside its note: 60 dB below the note's unit A-weighted
/// power (a sine of amplitude sqrt(2) has unit power). The weighting itself raises no partial by more
/// than 1.3 dB.
const MASKED: f32 = 0.001_414;
/// Notes fade in over this time, whatever their attack.
const FADE_IN_S: f64 = 0.003;

/// What all voices render with.
#[derive(Debug)]
pub(crate) struct VoiceTools {
    pub(crate) bank: HarmonicBank,
    pub(crate) exponential: Exponential,
    code: PlainCode,
    pub(crate) clock: Clock,
    pub(crate) fade_in_samples: u32,
    pub(crate) crossfade_samples: u32,
    pub(crate) noise: bool,
}

impl VoiceTools {
    pub(crate) fn new(
        bank: HarmonicBank,
        clock: Clock,
        crossfade_samples: u32,
        noise: bool,
    ) -> Self {
        Self {
            bank,
            exponential: Exponential::new(),
            code: PlainCode::new(),
            clock,
            fade_in_samples: clock.samples(FADE_IN_S) as u32,
            crossfade_samples,
            noise,
        }
    }
}

/// The block being rendered, as voices see it.
pub(crate) struct BlockView<'a> {
    pub(crate) start: u64,
    pub(crate) length: usize,
    pub(crate) channels: &'a [Channel],
    pub(crate) instruments: InstrumentView<'a>,
    /// Partials that are not heard beside their note are left out.
    pub(crate) drop_masked: bool,
}

/// What a voice leaves behind in a block.
#[derive(Debug, Clone)]
pub(crate) struct VoiceOutput {
    pub(crate) frames: VoiceFrames,
    /// Samples of the block in which the voice sounds.
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) mono: Box<[f32]>,
    /// Noise hops of the block (absolute hop number) that found the voice sounding.
    pub(crate) hops_from: u64,
    pub(crate) hops_to: u64,
    /// Band powers of those hops before panning, `[hop, band]`, hop 0 being the block's first.
    pub(crate) noise: Box<[f32]>,
    pub(crate) non_finite: u64,
}

impl VoiceOutput {
    pub(crate) fn new(max_block: usize, hop: u32) -> Self {
        let hops = max_block / hop as usize + 1;
        Self {
            frames: VoiceFrames::default(),
            from: 0,
            to: 0,
            mono: vec![0.0; max_block].into(),
            hops_from: 0,
            hops_to: 0,
            noise: vec![0.0; hops * NOISE_BANDS].into(),
            non_finite: 0,
        }
    }
}

/// Working arrays of one thread.
#[derive(Debug)]
pub(crate) struct RenderScratch {
    pub(super) semitones: [f32; MAX_STRETCH],
    pub(super) ratio: [f32; MAX_STRETCH],
    pub(super) freq_norm: [f32; MAX_STRETCH],
    pub(super) increments: [u64; MAX_STRETCH],
    pub(super) phases: [u64; MAX_STRETCH],
    pub(super) level_db: [f32; MAX_STRETCH],
    pub(super) gain: [f32; MAX_STRETCH],
    pub(super) release: [f32; MAX_STRETCH],
}

impl RenderScratch {
    pub(crate) fn new() -> Box<Self> {
        Box::new(Self {
            semitones: [0.0; MAX_STRETCH],
            ratio: [0.0; MAX_STRETCH],
            freq_norm: [0.0; MAX_STRETCH],
            increments: [0; MAX_STRETCH],
            phases: [0; MAX_STRETCH],
            level_db: [0.0; MAX_STRETCH],
            gain: [0.0; MAX_STRETCH],
            release: [0.0; MAX_STRETCH],
        })
    }
}

/// Zeroes the partials above the last one that is larger than `inaudible`; the number of those left.
#[inline(always)]
fn drop_inaudible(partials: &mut [f32], inaudible: f32) -> usize {
    let heard = partials.iter().rposition(|a| a.abs() > inaudible);
    let heard = heard.map_or(0, |last| last + 1);
    partials[heard..].fill(0.0);
    heard
}

/// First absolute noise hop that starts at or after a sample.
pub(crate) fn first_hop_from(sample: u64, hop: u32) -> u64 {
    sample.div_ceil(u64::from(hop))
}

/// A voice's share of a block, to be rendered with the machine's widest instructions.
struct RenderVoice<'a, 'b> {
    voice: &'a mut Voice,
    block: &'a BlockView<'b>,
    tools: &'a VoiceTools,
    scratch: &'a mut RenderScratch,
    output: &'a mut VoiceOutput,
}

impl PlainKernel for RenderVoice<'_, '_> {
    #[inline(always)]
    fn run(self) {
        let Self {
            voice,
            block,
            tools,
            scratch,
            output,
        } = self;
        voice.render_block(block, tools, scratch, output);
    }
}

impl Voice {
    /// Renders the voice's share of the block into `output`.
    pub(crate) fn render(
        &mut self,
        block: &BlockView<'_>,
        tools: &VoiceTools,
        scratch: &mut RenderScratch,
        output: &mut VoiceOutput,
    ) {
        tools.code.run(RenderVoice {
            voice: self,
            block,
            tools,
            scratch,
            output,
        });
    }

    #[inline(always)]
    fn render_block(
        &mut self,
        block: &BlockView<'_>,
        tools: &VoiceTools,
        scratch: &mut RenderScratch,
        output: &mut VoiceOutput,
    ) {
        let hop = u64::from(tools.clock.hop);
        let block_end = block.start + block.length as u64;
        let mut sample = self.life.onset.max(block.start);
        let end = self.life.end.min(block_end);
        output.from = (sample - block.start) as usize;
        output.to = output.from + end.saturating_sub(sample) as usize;
        output.hops_from = first_hop_from(sample, tools.clock.hop);
        output.hops_to = first_hop_from(end, tools.clock.hop);
        output.non_finite = 0;
        while sample < end {
            let age = sample - self.life.onset;
            let frame = age / hop;
            if age.is_multiple_of(hop)
                && let Some((column, hops)) = output.frames.column(frame)
            {
                self.take_answer(frame, hops, column, block, tools, output);
            }
            let next = output.frames.next_after(frame).unwrap_or(u64::MAX);
            let way_end = self.way_from + self.way_hops;
            let next = next.min(way_end.max(frame + 1));
            let until = end.min(self.life.onset + next * hop);
            let until = until.min(sample + MAX_STRETCH as u64);
            self.render_stretch(sample, until, block, tools, scratch, output);
            sample = until;
        }
    }

    /// Moves the ramps on to what control frame `frame` was told, `hops` hops on.
    #[inline(always)]
    fn take_answer(
        &mut self,
        frame: u64,
        hops: u64,
        column: usize,
        block: &BlockView<'_>,
        tools: &VoiceTools,
        output: &mut VoiceOutput,
    ) {
        let instrument = block.instruments.prepared(self.note.instrument);
        let answer = block.instruments.answer(self.note.instrument, column);
        let sample = self.life.onset + frame * u64::from(tools.clock.hop);
        let loudest_db = answer.begins.loudness_db.max(answer.ends.loudness_db)
            - self.release_db(&tools.clock, sample);
        let silent = SILENT * exponential::db_to_gain(-loudest_db);
        let inaudible = if block.drop_masked {
            silent.max(MASKED)
        } else {
            silent
        };
        self.end_way(frame);
        std::mem::swap(&mut self.from, &mut self.to);
        let partials = &mut self.to[..instrument.partials];
        let decoded = instrument.decoder.tilted_harmonics(
            answer.output,
            1,
            0,
            answer.f0_hz,
            answer.tilt_db,
            partials,
        );
        output.non_finite += u64::from(!decoded);
        spread_signs(partials);
        let audible = drop_inaudible(partials, inaudible);
        let before = std::mem::replace(&mut self.audible, audible);
        self.sounding = before.max(self.audible);
        // Where there are more or fewer partials than before, they come from zero or go there.
        self.from[before..self.sounding].fill(0.0);
        self.to[self.audible..self.sounding].fill(0.0);
        let is_first = frame == 0 || sample == self.life.entry;
        if is_first {
            self.from.copy_from_slice(&self.to);
            self.sounding = self.audible;
        }
        self.point_from = match frame {
            0 => answer.begins,
            _ => self.point_to,
        };
        self.point_to = answer.ends;
        self.way_from = frame;
        self.way_hops = hops;
        if tools.noise {
            std::mem::swap(&mut self.noise_power, &mut self.noise_before);
            let decoded = instrument
                .decoder
                .noise(answer.output, 1, 0, &mut self.noise_power);
            output.non_finite += u64::from(!decoded);
            if !is_first && sample >= self.life.release {
                self.hold_noise_down(answer.clamped_loudness_db);
            }
        }
        self.clamped_loudness_db = answer.clamped_loudness_db;
    }

    /// Leaves the voice where it is on its way at control frame `frame`, if that is not the end of it.
    #[inline(always)]
    fn end_way(&mut self, frame: u64) {
        let gone = frame.saturating_sub(self.way_from);
        if gone >= self.way_hops {
            return;
        }
        let progress = gone as f32 / self.way_hops as f32;
        let from = &self.from[..self.sounding];
        for (to, from) in self.to[..self.sounding].iter_mut().zip(from) {
            *to = from + (*to - from) * progress;
        }
        self.point_to = self.point_from.towards(&self.point_to, progress);
    }

    /// A note that dies away keeps no more noise beside its partials than it had: a network that has
    /// learnt soft sounds from attacks, or from a recording's hiss, would blow up a cloud behind it.
    #[inline(always)]
    fn hold_noise_down(&mut self, clamped_loudness_db: f32) {
        let fall = exponential::db_to_gain(clamped_loudness_db - self.clamped_loudness_db);
        for (power, before) in self.noise_power.iter_mut().zip(&self.noise_before) {
            *power = power.min(before * fall * fall);
        }
    }

    /// Renders samples between two control frames.
    #[inline(always)]
    fn render_stretch(
        &mut self,
        sample: u64,
        until: u64,
        block: &BlockView<'_>,
        tools: &VoiceTools,
        scratch: &mut RenderScratch,
        output: &mut VoiceOutput,
    ) {
        let age = sample - self.life.onset;
        let hop = u64::from(tools.clock.hop);
        let ramp_length = (self.way_hops * hop) as u32;
        let ramp_position = age.saturating_sub(self.way_from * hop);
        let stretch = Stretch {
            sample,
            at: (sample - block.start) as usize,
            length: (until - sample) as usize,
            ramp_position: ramp_position.min(u64::from(ramp_length)) as u32,
            ramp_length,
            step: 1.0 / ramp_length as f32,
        };
        let Stretch { at, length, .. } = stretch;
        let channel = &block.channels[usize::from(self.note.channel)];
        self.draw_pitch(&stretch, channel, tools, scratch);
        self.draw_gain(&stretch, channel, tools, scratch);

        let mono = &mut output.mono[at..at + length];
        let segment = Segment {
            phases: &scratch.phases[..length],
            freq_norm: &scratch.freq_norm[..length],
            from: &self.from[..self.sounding],
            to: &self.to[..self.sounding],
            ramp_position: stretch.ramp_position,
            hop: stretch.ramp_length,
        };
        tools.bank.render(&segment, mono);
        for (sample, gain) in mono.iter_mut().zip(&scratch.gain) {
            *sample *= gain;
        }

        if tools.noise {
            self.latch_noise(&stretch, block, tools, &scratch.gain, output);
        }
    }

    /// Leaves the voice's noise power at each noise hop that starts in this stretch.
    #[inline(always)]
    fn latch_noise(
        &self,
        stretch: &Stretch,
        block: &BlockView<'_>,
        tools: &VoiceTools,
        gain: &[f32],
        output: &mut VoiceOutput,
    ) {
        let hop = u64::from(tools.clock.hop);
        let first_in_block = first_hop_from(block.start, tools.clock.hop);
        let (from, to) = (self.point_from.noise_db, self.point_to.noise_db);
        let hops = first_hop_from(stretch.sample, tools.clock.hop)
            ..first_hop_from(stretch.end(), tools.clock.hop);
        for number in hops {
            let i = (number * hop - stretch.sample) as usize;
            let onset_db = from + (to - from) * stretch.progress(i as u32);
            // The network's level holds at the loudness it saw; the level's excess over that is gain.
            let factor = gain[i] * exponential::db_to_gain(onset_db - self.clamped_loudness_db);
            let power = factor * factor;
            let at = (number - first_in_block) as usize * NOISE_BANDS;
            for (out, band) in output.noise[at..at + NOISE_BANDS]
                .iter_mut()
                .zip(&self.noise_power)
            {
                *out = band * power;
            }
        }
    }
}
