//! What is heard of the synthesizer.

use testkit::jack::Recording;

/// The limiter's ceiling, -1 dBFS, and what rounding may add.
const CEILING: f32 = 0.891_251 * 1.000_01;
/// Length of a stretch that is judged by itself, seconds.
const STRETCH_S: f64 = 0.1;

/// Sums up.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Hearing {
    pub(crate) frames: u64,
    /// Sample frames that went by unheard: the server or this program was late.
    pub(crate) lost_frames: u64,
    /// As the server told.
    pub(crate) xruns: u64,
    /// Largest absolute sample.
    pub(crate) peak: f32,
    pub(crate) non_finite: u64,
    /// Samples above the ceiling.
    pub(crate) too_loud: u64,
}

impl Hearing {
    pub(crate) fn take(&mut self, heard: &Recording) {
        self.frames += heard.left.len() as u64;
        self.lost_frames += heard.lost_frames;
        self.xruns += u64::from(heard.xruns);
        for &sample in heard.left.iter().chain(&heard.right) {
            self.non_finite += u64::from(!sample.is_finite());
            self.too_loud += u64::from(sample.abs() > CEILING);
            self.peak = self.peak.max(sample.abs());
        }
    }
}

/// Largest absolute sample.
pub(crate) fn peak(heard: &Recording) -> f32 {
    let samples = heard.left.iter().chain(&heard.right);
    samples.fold(0.0, |peak, x| peak.max(x.abs()))
}

/// The peak of the softest stretch that begins after `from_s` seconds.
pub(crate) fn softest_peak(heard: &Recording, from_s: f64, rate_hz: u32) -> f32 {
    let frames = |seconds: f64| ((seconds * f64::from(rate_hz)) as usize).max(1);
    let from = frames(from_s).min(heard.left.len());
    let stretches = |samples: &[f32]| -> Vec<f32> {
        let stretches = samples[from..].chunks_exact(frames(STRETCH_S));
        stretches
            .map(|samples| samples.iter().fold(0.0, |peak, x| x.abs().max(peak)))
            .collect()
    };
    let (left, right) = (stretches(&heard.left), stretches(&heard.right));
    let louder = left
        .iter()
        .zip(&right)
        .map(|(left, right)| left.max(*right));
    louder.reduce(f32::min).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recording(left: Vec<f32>) -> Recording {
        Recording {
            right: vec![0.0; left.len()],
            left,
            xruns: 1,
            lost_frames: 2,
        }
    }

    #[test]
    fn faults_are_counted() {
        let mut hearing = Hearing::default();
        hearing.take(&recording(vec![0.1, -0.9, f32::NAN, f32::INFINITY]));
        hearing.take(&recording(vec![0.891_25, -0.891_25]));
        assert_eq!(
            (hearing.frames, hearing.lost_frames, hearing.xruns),
            (6, 4, 2)
        );
        assert_eq!((hearing.non_finite, hearing.too_loud), (2, 2));
    }

    #[test]
    fn a_gap_is_heard() {
        let mut samples = vec![0.5_f32; 1000];
        assert_eq!(softest_peak(&recording(samples.clone()), 0.2, 1000), 0.5);
        samples[300..500].fill(0.0);
        assert_eq!(softest_peak(&recording(samples.clone()), 0.2, 1000), 0.0);
        assert_eq!(softest_peak(&recording(samples.clone()), 0.5, 1000), 0.5);
        assert_eq!(peak(&recording(samples)), 0.5);
    }
}
