//! What of a bus goes into its room.

use super::bus::Stereo;
use crate::channel::Channel;
use std::ops::Range;

/// Adds a voice to what goes into the room: behind its channel's volume, expression and pan.
#[inline(always)]
pub(super) fn add_sent(sum: &mut Stereo, mono: &[f32], range: Range<usize>, channel: &Channel) {
    let Range { start, end } = range;
    let sides = [
        (&mut sum.left, &channel.left_gain),
        (&mut sum.right, &channel.right_gain),
    ];
    for (sum, gain) in sides {
        let sum = sum[start..end].iter_mut().zip(mono);
        let send = &channel.room_send;
        if gain.moving(start, end).is_none() && send.moving(start, end).is_none() {
            let gain = gain.at(start) * send.at(start);
            for (sum, mono) in sum {
                *sum += mono * gain;
            }
        } else {
            for (at, (sum, mono)) in (start..end).zip(sum) {
                *sum += mono * (gain.at(at) * send.at(at));
            }
        }
    }
}

/// Power of the noises of a hop, all of it and what of it is sent.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SendPower {
    all: f32,
    sent: f32,
}

impl SendPower {
    /// Adds a voice's noise by band, with its channel's gains.
    #[inline(always)]
    pub(super) fn add(&mut self, bands: &[f32], left: f32, right: f32, send: f32) {
        let power = sum(bands) * (left * left + right * right);
        self.all += power;
        self.sent += power * send * send;
    }
}

/// A sum in eight lanes, which are added at last: one chain of additions would take as long as all else.
#[inline(always)]
fn sum(values: &[f32]) -> f32 {
    let (groups, rest) = values.as_chunks::<8>();
    let mut lanes = [0.0; 8];
    for group in groups {
        for (lane, value) in lanes.iter_mut().zip(group) {
            *lane += value;
        }
    }
    lanes.iter().chain(rest).sum()
}

/// The gain with which a bus's noise goes into the room. The voices' noises are one by then, so it is
/// the mean of their channels' sends by power; from hop to hop it moves as the noise does.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct NoiseSend {
    from: f32,
    to: f32,
    sounded: bool,
}

impl NoiseSend {
    /// At a hop's first sample.
    pub(super) fn latch(&mut self, power: SendPower) {
        let sounds = power.all > 0.0;
        let gain = match sounds {
            true => (power.sent / power.all).sqrt(),
            false => self.to,
        };
        // Where nothing sounded there is no old gain to come from.
        self.from = if self.sounded { self.to } else { gain };
        self.to = gain;
        self.sounded = sounds;
    }

    /// Adds noise that begins `position` samples after the latch, in hops of `hop`.
    pub(super) fn add(&self, sum: &mut [f32], noise: &[f32], position: usize, hop: u32) {
        let step = (self.to - self.from) / hop as f32;
        for (n, (sum, noise)) in (position..).zip(sum.iter_mut().zip(noise)) {
            *sum += noise * (self.from + step * n as f32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_noise_s_gain_is_the_mean_by_power_and_moves_over_a_hop() {
        let mut send = NoiseSend::default();
        let mut first = SendPower::default();
        first.add(&[0.25, 0.75], 1.0, 0.0, 0.5);
        send.latch(first);
        let mut sum = [0.0; 4];
        send.add(&mut sum, &[1.0; 4], 0, 4);
        assert_eq!(sum, [0.5; 4], "nothing sounded before");
        let mut both = first;
        both.add(&[1.0, 2.0], 0.0, 1.0, 1.0);
        let expected = ((0.25_f32 + 3.0) / 4.0).sqrt();
        send.latch(both);
        let mut sum = [0.0; 4];
        send.add(&mut sum[..1], &[1.0], 0, 4);
        send.add(&mut sum[1..], &[1.0; 3], 1, 4);
        assert_eq!(sum[0], 0.5);
        assert!((sum[2] - 0.5 * (0.5 + expected)).abs() < 1e-6, "{sum:?}");
        send.latch(SendPower::default());
        let mut last = [0.0; 1];
        send.add(&mut last, &[1.0], 3, 4);
        assert_eq!(last, [expected], "the noise that fades out keeps its gain");
    }
}
