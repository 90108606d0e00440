//! Renders one voice over one block: from the network's answers to mono samples and noise powers.

use super::{NEVER, Release, Voice, VoiceFrames, WHEEL_SEMITONES};
use crate::channel::Channel;
use crate::clock::Clock;
use crate::instrument_set::InstrumentView;
use synth_dsp::exponential::{self, Exponential};
use synth_dsp::filtered_noise::NOISE_BANDS;
use synth_dsp::harmonic_bank::{HarmonicBank, Segment, spread_signs};
use synth_dsp::ramp;
use synth_dsp::simd::{PlainCode, PlainKernel};

/// The longest control hop, and so the longest stretch rendered in one go.
const MAX_STRETCH: usize = 256;
/// Amplitude of a partial that is not heard beside its note: 60 dB below the note's unit A-weighted
/// power (a sine of amplitude sqrt(2) has unit power). The weighting itself raises no partial by more
/// than 1.3 dB.
const INAUDIBLE: f32 = 0.001_414;
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
    /// Partials that nobody hears are left out.
    pub(crate) drop_inaudible: bool,
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
    semitones: [f32; MAX_STRETCH],
    ratio: [f32; MAX_STRETCH],
    freq_norm: [f32; MAX_STRETCH],
    increments: [i64; MAX_STRETCH],
    phases: [u64; MAX_STRETCH],
    level_db: [f32; MAX_STRETCH],
    gain: [f32; MAX_STRETCH],
    release: [f32; MAX_STRETCH],
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

/// Samples of a voice on its way from one answer to the next, or the block's share of them.
#[derive(Clone, Copy)]
struct Stretch {
    /// Absolute sample at which it starts, and the same counted from the block's start.
    sample: u64,
    at: usize,
    length: usize,
    /// Samples from where the way to the last answer began to the start.
    ramp_position: u32,
    /// Samples that the way takes.
    ramp_length: u32,
    /// One over that: exact, it being a power of two.
    step: f32,
}

impl Stretch {
    /// How far the ramp between the answers has come at sample `i` of the stretch.
    #[inline(always)]
    fn progress(&self, i: u32) -> f32 {
        let progress = self.ramp_position.wrapping_add(i) as i32 as f32 * self.step;
        // Not `min`, which looks out for NaN.
        if progress < 1.0 { progress } else { 1.0 }
    }

    fn end(&self) -> u64 {
        self.sample + self.length as u64
    }
}

/// Zeroes the partials above the last one that is heard; the number of those left.
#[inline(always)]
fn drop_inaudible(partials: &mut [f32]) -> usize {
    let heard = partials.iter().rposition(|a| a.abs() > INAUDIBLE);
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
        self.end_way(frame);
        std::mem::swap(&mut self.from, &mut self.to);
        let partials = &mut self.to[..instrument.partials];
        let decoded = instrument.decoder.tilted_harmonics(
            answer.output,
            answer.columns,
            answer.column,
            answer.f0_hz,
            answer.tilt_db,
            partials,
        );
        output.non_finite += u64::from(!decoded);
        spread_signs(partials);
        let before = std::mem::replace(&mut self.audible, instrument.partials);
        if block.drop_inaudible {
            self.audible = drop_inaudible(partials);
        }
        self.sounding = before.max(self.audible);
        // Where there are more or fewer partials than before, they come from zero or go there.
        self.from[before..self.sounding].fill(0.0);
        self.to[self.audible..self.sounding].fill(0.0);
        let sample = self.life.onset + frame * u64::from(tools.clock.hop);
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
            let decoded = instrument.decoder.noise(
                answer.output,
                answer.columns,
                answer.column,
                &mut self.noise_power,
            );
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

    /// Phase and frequency at every sample: bend and tuning, own glide and sway and the wheel's vibrato, in semitones.
    #[inline(always)]
    fn draw_pitch(
        &mut self,
        stretch: &Stretch,
        channel: &Channel,
        tools: &VoiceTools,
        scratch: &mut RenderScratch,
    ) {
        let Stretch { at, length, .. } = *stretch;
        let (from, to) = (self.point_from, self.point_to);
        let offset = |i: u32, bend: f32, wheel: f32| {
            let x = stretch.progress(i);
            let sway = from.sway_semitones + (to.sway_semitones - from.sway_semitones) * x;
            let lfo = from.wheel_lfo + (to.wheel_lfo - from.wheel_lfo) * x;
            (bend + sway + wheel * WHEEL_SEMITONES * lfo) * (1.0 / 12.0)
        };
        // One thing after the other, so that each loop becomes vector code.
        let semitones = &mut scratch.semitones[..length];
        match channel.pitch_semitones.moving(at, at + length) {
            Some(bend) => semitones.copy_from_slice(bend),
            None => semitones.fill(channel.pitch_semitones.at(at)),
        }
        match self.glide.settled(stretch.sample) {
            Some(glide) => semitones.iter_mut().for_each(|bend| *bend += glide),
            None => (stretch.sample..)
                .zip(semitones.iter_mut())
                .for_each(|(sample, bend)| *bend += self.glide.at(sample)),
        }
        match channel.modulation.moving(at, at + length) {
            Some(wheel) => {
                for (i, (semitones, wheel)) in (0_u32..).zip(semitones.iter_mut().zip(wheel)) {
                    *semitones = offset(i, *semitones, *wheel);
                }
            }
            None => {
                let wheel = channel.modulation.at(at);
                for (i, semitones) in (0_u32..).zip(semitones.iter_mut()) {
                    *semitones = offset(i, *semitones, wheel);
                }
            }
        }
        tools
            .exponential
            .exp2_slice(&scratch.semitones[..length], &mut scratch.ratio[..length]);
        let ratio = &scratch.ratio[..length];
        for (freq_norm, ratio) in scratch.freq_norm.iter_mut().zip(ratio) {
            *freq_norm = self.base_freq_norm * ratio;
        }
        // Half a turn and more saturates: there every partial is above Nyquist.
        for (increment, ratio) in scratch.increments.iter_mut().zip(ratio) {
            *increment = (self.base_increment * f64::from(*ratio)) as i64;
        }
        let mut phase = self.phase;
        let increments = &scratch.increments[..length];
        for (at, increment) in scratch.phases.iter_mut().zip(increments) {
            *at = phase;
            phase = phase.wrapping_add(*increment as u64);
        }
        self.phase = phase;
    }

    /// Level and gates at every sample.
    #[inline(always)]
    fn draw_gain(
        &self,
        stretch: &Stretch,
        channel: &Channel,
        tools: &VoiceTools,
        scratch: &mut RenderScratch,
    ) {
        let Stretch {
            sample, at, length, ..
        } = *stretch;
        let (from, to) = (self.point_from.loudness_db, self.point_to.loudness_db);
        for (i, level_db) in (0_u32..).zip(&mut scratch.level_db[..length]) {
            *level_db = from + (to - from) * stretch.progress(i);
        }
        let gain = &mut scratch.gain[..length];
        tools
            .exponential
            .db_to_gain_slice(&scratch.level_db[..length], gain);

        match channel.expression.moving(at, at + length) {
            Some(curve) => gain.iter_mut().zip(curve).for_each(|(gain, x)| *gain *= x),
            None => {
                let expression = channel.expression.at(at);
                gain.iter_mut().for_each(|gain| *gain *= expression);
            }
        }

        match self.pressure.settled(sample) {
            Some(pressure) => gain.iter_mut().for_each(|gain| *gain *= pressure),
            None => (sample..)
                .zip(gain.iter_mut())
                .for_each(|(sample, gain)| *gain *= self.pressure.at(sample)),
        }

        let age = sample - self.life.onset;
        for (gain, age) in gain.iter_mut().zip(age..u64::from(tools.fade_in_samples)) {
            *gain *= ramp::fade_in(age as u32, tools.fade_in_samples);
        }
        let end = stretch.end();
        if self.life.release < end {
            let skip = self.life.release.saturating_sub(sample) as usize;
            let attenuation_db = &mut scratch.level_db[skip..length];
            let released = (sample + skip as u64).saturating_sub(self.release.start());
            for (released, attenuation_db) in (released..).zip(attenuation_db.iter_mut()) {
                let time_s = tools.clock.seconds_f32(released);
                *attenuation_db = -self.release.attenuation_db(time_s);
            }
            let release = &mut scratch.release[skip..length];
            tools.exponential.db_to_gain_slice(attenuation_db, release);
            for (gain, release) in gain[skip..].iter_mut().zip(release) {
                *gain *= Release::land(*release);
            }
        }
        match self.life.entry {
            NEVER => {}
            entry if sample < entry => gain.fill(0.0),
            entry => {
                let fading_in = sample - entry..u64::from(tools.crossfade_samples);
                for (gain, entered) in gain.iter_mut().zip(fading_in) {
                    *gain *= 1.0 - ramp::fade_out(entered as u32, tools.crossfade_samples);
                }
            }
        }
        if self.life.fade != NEVER && self.life.fade < end {
            let skip = self.life.fade.saturating_sub(sample) as usize;
            let faded = (sample + skip as u64) - self.life.fade;
            for (gain, faded) in gain[skip..].iter_mut().zip(faded as u32..) {
                *gain *= ramp::fade_out(faded, self.life.fade_samples);
            }
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
