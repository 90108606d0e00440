//! A room: early reflections and a late reverberation out of a feedback delay network.
//!
//! ```text
//! send x amount -> no DC, softer highs -> diffusers -+-> early reflections (taps, two ears) -+-> left
//!                                                    +-> 16 delays with absorption ---------+-> right
//!                                                         ^---- Hadamard matrix ---+
//! ```
//!
//! * J.-M. Jot, A. Chaigne, "Digital delay networks for designing artificial reverberators", AES 90th
//!   convention, 1991: an absorbing filter in every delay line gives one reverberation time a
//!   frequency. M. R. Schroeder, "Natural sounding artificial reverberation", JAES 10 (3), 1962: the
//!   all-pass diffusers.
//! * The room is linear, and between two changes of a control it does not change with time: nothing
//!   is modulated, so held notes keep their pitch, and the rooms of several buses add up to the room
//!   of their sum.
//! * Delays are seconds, and absorption is fitted at frequencies in Hz: the same room at every rate.

mod absorption;
mod delay_line;
mod diffuser;
mod early;
mod late;
mod shape;
mod size_fade;

pub use shape::RoomShape;
pub(crate) use shape::{
    DIFFUSER_DELAYS_S, DIFFUSER_GAIN, EARLY_TAPS, INPUT_SIGNS, LINES, OUTPUT_ROWS, TONE,
};

use crate::ramp::Ramp;
use crate::simd::{Dispatch, Kernel, Vector};
use absorption::{Section, dc_blocker, shelf_through};
use diffuser::Diffuser;
use early::EarlyReflections;
use late::LateReverberation;
use size_fade::SizeFade;

/// Most samples that go through the room at a time; no delay in it is shorter than a chunk.
const CHUNK: usize = 32;
/// The amount settles this fast.
const AMOUNT_RAMP_S: f64 = 0.020;
/// A new size fades in over this time.
const SIZE_FADE_S: f64 = 0.100;
/// The tail is over when it has fallen by this much: 36 dB below the last bit of 32-bit floats at
/// full scale.
const SILENT_DB: f64 = 240.0;
/// Larger samples count as broken, 120 dB over full scale.
const LARGEST: f32 = 1e6;

/// A stereo room on a send.
///
/// Its impulse response begins with the first reflection, not with the sound itself. At amount 1 it
/// carries as much energy around 1 kHz as went in, whatever the size; the highs have less, as they
/// die away faster. Samples that are NaN, infinite or beyond 1e6 count as silence.
pub struct Room {
    sample_rate_hz: u32,
    chunk: usize,
    dispatch: Dispatch,
    amount: Ramp,
    size: SizeFade,
    tone: [[Section; 2]; 2],
    early: EarlyReflections,
    diffusers: [Diffuser; 2],
    late: LateReverberation,
    /// Zeros taken in since the last other sample.
    quiet_samples: u64,
    /// After so many zeros nothing is left to be heard.
    ring_samples: u64,
    is_awake: bool,
    scratch: Box<Scratch>,
}

struct Scratch {
    input: [[f32; CHUNK]; 2],
    wet: [[f32; CHUNK]; 2],
    gains: [f32; CHUNK],
}

impl Room {
    /// A silent room. `size` is 0 (a small room) to 1 (a hall), see [`RoomShape`]; `amount` is the
    /// gain of the send, 0 or more; what is not finite counts as 0.
    ///
    /// # Panics
    /// If `sample_rate_hz` is below 1000.
    #[must_use]
    pub fn new(sample_rate_hz: u32, size: f32, amount: f32) -> Self {
        assert!(
            sample_rate_hz >= 1000,
            "a room needs a sample rate of at least 1 kHz"
        );
        let rate_hz = f64::from(sample_rate_hz);
        let size = in_range(size, 1.0);
        let shape = RoomShape::new(size);
        let tone = [
            dc_blocker(TONE.lowest_hz, rate_hz),
            shelf_through(|hz| TONE.gain_db(hz), rate_hz),
        ];
        let late = LateReverberation::new(&shape, rate_hz);
        let diffusers =
            DIFFUSER_DELAYS_S.map(|delays_s| Diffuser::new(delays_s, DIFFUSER_GAIN, rate_hz));
        let shortest = diffusers
            .iter()
            .map(Diffuser::shortest)
            .chain([late::shortest(rate_hz)])
            .min()
            .unwrap_or(1);
        Self {
            sample_rate_hz,
            chunk: shortest.clamp(1, CHUNK),
            dispatch: Dispatch::detect(),
            amount: Ramp::new(in_range(amount, LARGEST)),
            size: SizeFade::new(size, (SIZE_FADE_S * rate_hz).round() as u32),
            tone: std::array::from_fn(|_| tone.map(Section::new)),
            early: EarlyReflections::new(&shape, rate_hz),
            diffusers,
            late,
            quiet_samples: 0,
            ring_samples: ring_samples(&shape, rate_hz),
            is_awake: false,
            scratch: Box::new(Scratch {
                input: [[0.0; CHUNK]; 2],
                wet: [[0.0; CHUNK]; 2],
                gains: [0.0; CHUNK],
            }),
        }
    }

    /// Silence at once; the amount and the size are where they were headed.
    ///
    /// # Realtime safety
    /// RT-safe: no allocation, bounded time (it clears the delays).
    pub fn reset(&mut self) {
        self.amount = Ramp::new(self.amount.target());
        self.settle();
        self.fall_silent();
    }

    /// Sets the gain of the send, reached within 20 ms; what is in the room already rings on.
    ///
    /// # Realtime safety
    /// RT-safe: constant time.
    pub fn set_amount(&mut self, amount: f32) {
        let length = (AMOUNT_RAMP_S * f64::from(self.sample_rate_hz)).round() as u32;
        self.amount.set(in_range(amount, LARGEST), length);
    }

    /// Sets the size, 0..=1: delays, reverberation times and absorption fade to those of the new room
    /// over 100 ms, each delay between its old place and its new one, so that nothing glides in pitch.
    /// A size set during a fade waits for its end; of several the last one counts.
    ///
    /// # Realtime safety
    /// RT-safe: no allocation, bounded time.
    pub fn set_size(&mut self, size: f32) {
        self.size.wanted = in_range(size, 1.0);
        if self.is_awake {
            self.begin_fade();
        } else {
            self.settle();
        }
    }

    /// Whether anything that is sent gets in: the amount is not 0, or on its way there.
    #[must_use]
    pub fn takes_in(&self) -> bool {
        !self.amount.is_flat() || self.amount.target() != 0.0
    }

    /// Whether something is in it.
    #[must_use]
    pub fn is_awake(&self) -> bool {
        self.is_awake
    }

    /// Takes in `send` and adds what the room makes of it to `out`, as many samples as all four
    /// slices hold.
    ///
    /// # Realtime safety
    /// RT-safe: no allocation, bounded time; denormal numbers are the caller's to flush
    /// ([`crate::simd::FlushDenormals`]). The same bits for any cutting into blocks.
    pub fn process(&mut self, send: [&[f32]; 2], out: [&mut [f32]; 2]) {
        let [out_left, out_right] = out;
        let length = [
            send[0].len(),
            send[1].len(),
            out_left.len(),
            out_right.len(),
        ]
        .into_iter()
        .min()
        .unwrap_or(0);
        let mut at = 0;
        while at < length {
            let piece = self.take_in(send, at, length - at);
            if self.is_awake {
                self.ring(piece);
                for (out, wet) in [&mut *out_left, &mut *out_right]
                    .into_iter()
                    .zip(&self.scratch.wet)
                {
                    for (out, wet) in out[at..at + piece].iter_mut().zip(wet) {
                        *out += wet;
                    }
                }
                self.advance(piece);
            }
            at += piece;
        }
    }

    /// Takes in a chunk of at most `most` samples and counts its silence. A chunk ends where a fade
    /// of the size or the ringing does, so that both end on their sample.
    fn take_in(&mut self, send: [&[f32]; 2], at: usize, most: usize) -> usize {
        let left = self.ring_samples.saturating_sub(self.quiet_samples).max(1);
        let mut piece = most.min(self.chunk);
        if self.is_awake {
            piece = piece.min(usize::try_from(left).unwrap_or(usize::MAX));
            piece = piece.min(self.size.remaining().unwrap_or(CHUNK));
        }
        let Scratch { input, gains, .. } = &mut *self.scratch;
        self.amount.fill(&mut gains[..piece]);
        let mut last_sounding = None;
        for (input, send) in input.iter_mut().zip(send) {
            let input = &mut input[..piece];
            for ((input, &sample), gain) in input.iter_mut().zip(&send[at..]).zip(&*gains) {
                // NaN compares as false.
                let sane = if sample.abs() <= LARGEST { sample } else { 0.0 };
                *input = sane * gain;
            }
            last_sounding = last_sounding.max(input.iter().rposition(|&x| x != 0.0));
        }
        match last_sounding {
            Some(n) => {
                self.quiet_samples = (piece - 1 - n) as u64;
                self.is_awake = true;
            }
            None => self.quiet_samples = self.quiet_samples.saturating_add(piece as u64),
        }
        piece
    }

    fn ring(&mut self, piece: usize) {
        self.dispatch.run(Ringing { room: self, piece });
    }

    /// After a chunk has been rung.
    fn advance(&mut self, piece: usize) {
        if self.size.advance(piece) {
            self.early.finish_fade();
            self.late.finish_fade();
            self.ring_samples = ring_samples(&RoomShape::new(self.size.current), self.rate_hz());
            self.begin_fade();
        }
        if self.quiet_samples >= self.ring_samples {
            self.settle();
            self.fall_silent();
        }
    }

    /// Begins to fade to the size that is wanted, unless a fade is under way or it is there.
    fn begin_fade(&mut self) {
        if self.size.begin() {
            let shape = RoomShape::new(self.size.current);
            self.early.begin_fade(&shape);
            self.late.begin_fade(&shape);
            // The longer of the two rooms decides while both are heard.
            self.ring_samples = self.ring_samples.max(ring_samples(&shape, self.rate_hz()));
        }
    }

    /// The size that is wanted, at once.
    fn settle(&mut self) {
        if self.size.is_settled() {
            return;
        }
        self.size.settle();
        let shape = RoomShape::new(self.size.current);
        self.early.begin_fade(&shape);
        self.early.finish_fade();
        self.late.begin_fade(&shape);
        self.late.finish_fade();
        self.ring_samples = ring_samples(&shape, self.rate_hz());
    }

    fn fall_silent(&mut self) {
        self.tone.iter_mut().flatten().for_each(Section::reset);
        self.early.clear();
        self.diffusers.iter_mut().for_each(Diffuser::clear);
        self.late.clear();
        self.quiet_samples = 0;
        self.is_awake = false;
    }

    fn rate_hz(&self) -> f64 {
        f64::from(self.sample_rate_hz)
    }
}

/// A chunk on its way through the room. Plain arithmetic for the most part, which the compiler lays out
/// for the level's registers.
struct Ringing<'a> {
    room: &'a mut Room,
    piece: usize,
}

impl Kernel for Ringing<'_> {
    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { room, piece } = self;
        let Scratch {
            input,
            wet,
            gains: progress,
        } = &mut *room.scratch;
        let progress = match room.size.progress(&mut progress[..piece]) {
            true => Some(&*progress),
            false => None,
        };
        // Both sides in one loop: what runs from sample to sample leaves the processor idle otherwise.
        let [mut left_tone, mut right_tone] = room.tone;
        let [left, right] = &mut *input;
        for (left, right) in left[..piece].iter_mut().zip(&mut right[..piece]) {
            for (sample, [first, second]) in [(left, &mut left_tone), (right, &mut right_tone)] {
                *sample = second.next(first.next(*sample));
            }
        }
        room.tone = [left_tone, right_tone];
        for (channel, diffuser) in input.iter_mut().zip(&mut room.diffusers) {
            diffuser.process(channel, piece);
        }
        room.early.process(input, wet, piece, progress);
        room.late.process::<V>(input, wet, piece, progress);
    }
}

/// Samples in which a room dies away.
fn ring_samples(shape: &RoomShape, rate_hz: f64) -> u64 {
    let ring_s = SILENT_DB / 60.0 * shape.longest_t60_s() + shape.longest_delay_s();
    (ring_s * rate_hz).ceil() as u64
}

/// Within 0..=`most`; what is not finite counts as 0.
fn in_range(value: f32, most: f32) -> f32 {
    if value.is_finite() {
        value.clamp(0.0, most)
    } else {
        0.0
    }
}
