//! What a device does with its calls.

/// How a [`super::ScriptedDevice`] answers. Calls are counted from 0 over all kernels of the device.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Script {
    /// Rightly, within the block in which it was asked.
    OnTime,
    /// Rightly, so many blocks later.
    LateBy(u64),
    /// Rightly, 0 to `most_blocks` blocks later.
    Jittery {
        /// Another seed, other lateness.
        seed: u64,
        /// The longest lateness.
        most_blocks: u64,
    },
    /// This call fails, all others are answered rightly.
    FailAt(u64),
    /// This call and all later ones fail.
    FailFrom(u64),
    /// Nothing but 0.
    Zeros,
    /// Nothing but NaN.
    NaN,
    /// Nothing but this value.
    Constant(f32),
    /// Each column has the answer of the column so many places further, around the end.
    Shifted(usize),
    /// The answers of the call before (of its columns in turn where there are fewer); rightly at the
    /// first call.
    Stale,
    /// Random values from -4 to 0, which look like levels in units of 10 dB.
    Garbage {
        /// Another seed, other values.
        seed: u64,
    },
    /// This call and all later ones never end, until the clock is closed; they then fail.
    HangFrom(u64),
    /// The kernel panics at this call; all others are answered rightly.
    DieAt(u64),
    /// As a device that rounds every activation to FP16: [`mil_runtime::cpu::ReferenceDevice::fp16`].
    Fp16,
}

impl Script {
    /// For how many blocks a call is kept; `None` for ever.
    pub(super) fn lateness(self, call: u64) -> Option<u64> {
        match self {
            Self::LateBy(blocks) => Some(blocks),
            Self::Jittery { seed, most_blocks } => {
                Some(mix(mix(seed) ^ call) % most_blocks.saturating_add(1))
            }
            Self::HangFrom(first) if call >= first => None,
            _ => Some(0),
        }
    }

    pub(super) fn fails(self, call: u64) -> bool {
        match self {
            Self::FailAt(one) => call == one,
            Self::FailFrom(first) => call >= first,
            _ => false,
        }
    }

    /// Turns the right answers of this call, `[row][column]`, into what the script says. `before` are
    /// the right answers of the call before, likewise, and its number of columns.
    pub(super) fn spoil(
        self,
        call: u64,
        columns: usize,
        answers: &mut [f32],
        before: (&[f32], usize),
    ) {
        match self {
            Self::Zeros => answers.fill(0.0),
            Self::NaN => answers.fill(f32::NAN),
            Self::Constant(value) => answers.fill(value),
            Self::Shifted(places) => {
                for row in answers.chunks_exact_mut(columns) {
                    row.rotate_left(places % columns);
                }
            }
            Self::Stale => {
                let (before, had) = before;
                if had == 0 {
                    return;
                }
                let rows = answers.chunks_exact_mut(columns);
                for (row, before) in rows.zip(before.chunks_exact(had)) {
                    row.iter_mut()
                        .zip(before.iter().cycle())
                        .for_each(|(value, &before)| *value = before);
                }
            }
            Self::Garbage { seed } => {
                let of_call = mix(mix(seed) ^ call);
                for (at, value) in answers.iter_mut().enumerate() {
                    let unit = (mix(of_call ^ at as u64) >> 40) as f32 / (1 << 24) as f32;
                    *value = 4.0 * unit - 4.0;
                }
            }
            _ => {}
        }
    }
}

/// `SplitMix64` (Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators").
fn mix(state: u64) -> u64 {
    let z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_is_the_same_each_time_and_has_every_lateness() {
        let script = |seed| Script::Jittery {
            seed,
            most_blocks: 3,
        };
        let of = |seed| -> Vec<_> { (0..200).map(|call| script(seed).lateness(call)).collect() };
        assert_eq!(of(7), of(7));
        assert_ne!(of(7), of(8));
        for blocks in 0..=3 {
            assert!(of(7).contains(&Some(blocks)));
        }
        assert!(of(7).iter().all(|late| late.is_some_and(|late| late <= 3)));
        let longest = Script::Jittery {
            seed: 1,
            most_blocks: u64::MAX,
        };
        assert!(longest.lateness(0).is_some());
    }

    #[test]
    fn garbage_looks_like_levels_and_differs_from_call_to_call() {
        let of = |call| {
            let mut answers = [0.0; 64];
            Script::Garbage { seed: 1 }.spoil(call, 4, &mut answers, (&[], 0));
            answers
        };
        assert_eq!(of(0), of(0));
        assert_ne!(of(0), of(1));
        assert!(of(0).iter().all(|value| (-4.0..=0.0).contains(value)));
        assert!(of(0).iter().any(|&value| value < -3.0));
        assert!(of(0).iter().any(|&value| value > -1.0));
    }
}
