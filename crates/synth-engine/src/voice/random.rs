//! Per-voice random streams: pure functions of the seed, the voice and the time in seconds.

use synth_model::Expression;

/// SplitMix64's output function (Steele, Lea, Flood: "Fast splittable pseudorandom number
/// generators", OOPSLA 2014): a bijective mix good enough to hash counters with.
pub(crate) fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A random stream of one voice.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stream {
    key: u64,
}

/// The values that a stream's noise last went between.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Nodes {
    number: Option<u64>,
    from: f32,
    to: f32,
}

/// The same of both parts of slow noise.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SlowNodes {
    sway: Nodes,
    flutter: Nodes,
}

impl Stream {
    pub(crate) fn new(seed: u64, voice: u64, purpose: u64) -> Self {
        Self {
            key: mix(mix(mix(seed) ^ voice) ^ purpose),
        }
    }

    /// Uniform in -1..1, the same for the same index.
    pub(crate) fn uniform(self, index: u64) -> f32 {
        let bits = (mix(self.key ^ mix(index)) >> 40) as f32;
        bits / (1 << 23) as f32 - 1.0
    }

    /// Near-Gaussian of unit variance: the sum of four uniforms.
    fn gaussian(self, index: u64) -> f32 {
        let sum: f32 = (0..4).map(|i| self.uniform(index * 4 + i)).sum();
        sum * (3.0f32 / 4.0).sqrt()
    }

    /// Slow noise of unit variance and this bandwidth (half of its power lies below), at `time_s`
    /// after onset; see [`Expression::NODES_PER_BANDWIDTH`].
    pub(crate) fn slow_noise(self, time_s: f64, bandwidth_hz: f32, nodes: &mut SlowNodes) -> f32 {
        if bandwidth_hz <= 0.0 {
            return 0.0;
        }
        let position = time_s * Expression::NODES_PER_BANDWIDTH * f64::from(bandwidth_hz);
        let share = Expression::FLUTTER_SHARE;
        let sway = f64::from(self.value_noise(position, &mut nodes.sway));
        let flutter = self
            .sibling()
            .value_noise(position * Expression::FLUTTER_RATE, &mut nodes.flutter);
        (sway * (1.0 - share).sqrt() + f64::from(flutter) * share.sqrt()) as f32
    }

    /// A stream that has nothing to do with this one.
    fn sibling(self) -> Self {
        Self { key: !self.key }
    }

    /// Noise of unit variance: independent values at whole positions, joined by smoothsteps, so that
    /// it is the same function of seconds at every sample rate and control hop.
    ///
    /// `nodes` keeps what is costly and seldom changes; it belongs to one stream.
    pub(crate) fn value_noise(self, position: f64, nodes: &mut Nodes) -> f32 {
        let node = position.floor();
        let u = (position - node) as f32;
        let step = u * u * (3.0 - 2.0 * u);
        let number = node as u64;
        if nodes.number != Some(number) {
            *nodes = Nodes {
                number: Some(number),
                from: self.gaussian(number),
                to: self.gaussian(number.wrapping_add(1)),
            };
        }
        let Nodes { from, to, .. } = *nodes;
        // Mean of (1-s)^2 + s^2 over a smoothstep s is 26/35: what joining costs in variance.
        (from + (to - from) * step) * (35.0f32 / 26.0).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_noise_has_unit_variance_and_no_mean() {
        let stream = Stream::new(1, 2, 3);
        let values: Vec<f64> = (0..200_000)
            .map(|i| {
                let nodes = &mut SlowNodes::default();
                f64::from(stream.slow_noise(f64::from(i) * 0.01, 4.0, nodes))
            })
            .collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64;
        assert!(mean.abs() < 0.03, "{mean}");
        assert!((variance - 1.0).abs() < 0.05, "{variance}");
    }

    #[test]
    fn streams_of_two_voices_or_purposes_are_unrelated() {
        let correlation = |a: Stream, b: Stream| {
            (0..10_000)
                .map(|i| a.uniform(i) * b.uniform(i))
                .sum::<f32>()
                / 10_000.0
                * 3.0
        };
        let base = Stream::new(7, 0, 0);
        for other in [
            Stream::new(7, 1, 0),
            Stream::new(7, 0, 1),
            Stream::new(8, 0, 0),
        ] {
            assert!(correlation(base, other).abs() < 0.05);
        }
        assert!((correlation(base, base) - 1.0).abs() < 0.05);
    }
}
