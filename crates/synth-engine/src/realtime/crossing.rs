//! From one renderer to the next: the old one fades out, the new one in.

use synth_dsp::ramp;

/// Long enough not to click, short enough not to be a pause.
const FADE_S: f64 = 0.005;

/// How far a change of renderers has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Crossing {
    None,
    /// So many samples of so many have been faded out.
    Out {
        done: u32,
        length: u32,
    },
    /// So many samples of so many have been faded in.
    In {
        done: u32,
        length: u32,
    },
}

impl Crossing {
    pub(super) fn out(sample_rate_hz: u32) -> Self {
        Self::Out {
            done: 0,
            length: length(sample_rate_hz),
        }
    }

    pub(super) fn into(sample_rate_hz: u32) -> Self {
        Self::In {
            done: 0,
            length: length(sample_rate_hz),
        }
    }

    /// Fades a block; true where all is faded out.
    ///
    /// # Realtime safety
    /// RT-safe.
    pub(super) fn fade(&mut self, out: &mut [&mut [f32]]) -> bool {
        let frames = out.iter().map(|channel| channel.len()).min().unwrap_or(0);
        let (done, length, gain): (_, _, fn(u32, u32) -> f32) = match *self {
            Self::None => return false,
            Self::Out { done, length } => (done, length, ramp::fade_out),
            Self::In { done, length } => {
                (done, length, |n, length| 1.0 - ramp::fade_out(n, length))
            }
        };
        for channel in out {
            for (sample, n) in channel.iter_mut().zip(done..) {
                *sample *= gain(n, length);
            }
        }
        let now = done.saturating_add(frames as u32).min(length);
        match self {
            Self::Out { done, .. } => *done = now,
            Self::In { .. } if now == length => *self = Self::None,
            Self::In { done, .. } => *done = now,
            Self::None => {}
        }
        matches!(*self, Self::Out { .. }) && now == length
    }
}

fn length(sample_rate_hz: u32) -> u32 {
    (FADE_S * f64::from(sample_rate_hz)).ceil() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_fades_to_silence_and_back_whatever_the_blocks() {
        let faded = |mut crossing: Crossing, block: usize| {
            let mut samples = vec![1.0_f32; 100];
            let mut over = Vec::new();
            for chunk in samples.chunks_mut(block) {
                over.push(crossing.fade(&mut [chunk]));
            }
            (samples, over.contains(&true), crossing)
        };
        let (out, over, _) = faded(Crossing::out(8000), 7);
        assert!(over && out.is_sorted_by(|a, b| a >= b));
        assert!(out[0] > 0.99 && out[40..].iter().all(|&x| x == 0.0));
        let (back, over, end) = faded(Crossing::into(8000), 7);
        assert!(!over && end == Crossing::None && back.is_sorted());
        assert!(back[0] < 0.01 && back[40..].iter().all(|&x| x == 1.0));
        assert_eq!(faded(Crossing::into(8000), 100).0, back);
    }
}
