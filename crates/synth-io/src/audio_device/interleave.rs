//! Two channels of float into however many of whatever the device wants.

use super::sample::DeviceSample;

/// Writes `left` and `right`, of equal length, to `out`, the channels of a frame side by side. One channel
/// gets the mean of both; of more than two, the first two get them and the others are silent. What is left
/// of `out` is silent.
///
/// # Realtime safety
/// RT-safe.
pub(super) fn interleave<T: DeviceSample>(
    left: &[f32],
    right: &[f32],
    channels: usize,
    out: &mut [T],
) {
    let pairs = left.iter().zip(right);
    let frames = left.len().min(right.len());
    let written = (frames * channels).min(out.len());
    match channels {
        0 => {}
        1 => {
            for (sample, (left, right)) in out.iter_mut().zip(pairs) {
                // Halved first, so that two large samples do not become infinite.
                *sample = T::of(0.5 * left + 0.5 * right);
            }
        }
        _ => {
            for (frame, (left, right)) in out.chunks_exact_mut(channels).zip(pairs) {
                let (first_two, others) = frame.split_at_mut(2);
                first_two.copy_from_slice(&[T::of(*left), T::of(*right)]);
                others.fill(T::EQUILIBRIUM);
            }
        }
    }
    out[written - written % channels.max(1)..].fill(T::EQUILIBRIUM);
}
