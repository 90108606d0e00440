//! The spectrum as the recurrence takes it: a partial of odd number and the even one above it together.
//!
//! With `V_j = sin((2j + 1) theta)`,
//!
//! ```text
//! sum_k a_k sin(k theta) = sum_j (a_{2j+1} + e_j cos theta) V_j
//! ```
//!
//! where `2 cos(theta) V_j = sin(2j theta) + sin((2j + 2) theta)`, so that the even partials are to be
//! `a_{2j+2} = (e_j + e_{j+1}) / 2`: from the top down, `e_j = 2 a_{2j+2} - e_{j+1}`. Both kinds go linearly with the
//! amplitudes, so a ramp between two spectra is one between their pairs.

/// Pairs that are worked out together.
pub(super) const PAIRS: usize = 32;
/// Partials of so many pairs.
pub(super) const PARTIALS: usize = 2 * PAIRS;

/// Pairs that are loaded by one piece of straight code.
const PART: usize = 8;

/// Up to [`PAIRS`] pairs at ramp position 0, and what each value changes by to ramp position `hop`.
pub(super) struct Pairs {
    /// Amplitude of partial `2j + 1`.
    pub(super) odd: [f32; PAIRS],
    pub(super) odd_change: [f32; PAIRS],
    /// `e_j`; behind the last pair that of the pair above, and then zeros.
    pub(super) even: [f32; 2 * PAIRS],
    pub(super) even_change: [f32; 2 * PAIRS],
    pub(super) count: usize,
}

impl Pairs {
    pub(super) const NONE: Self = Self {
        odd: [0.0; PAIRS],
        odd_change: [0.0; PAIRS],
        even: [0.0; 2 * PAIRS],
        even_change: [0.0; 2 * PAIRS],
        count: 0,
    };

    /// Those of up to [`PARTIALS`] partials, the first of odd number; `above` has `e_j` of the pair above at both
    /// ends of the ramp, 0 if there are fewer. After others only if they were not more. In place: as a result they
    /// would be copied.
    ///
    /// Gives `e_j` of the lowest.
    #[inline(always)]
    pub(super) fn load(&mut self, from: &[f32], to: &[f32], above: [f32; 2]) -> [f32; 2] {
        let partials = from.len().min(to.len()).min(PARTIALS);
        self.count = partials.div_ceil(2);
        let (from, from_rest) = from[..partials].as_chunks::<{ 2 * PART }>();
        let (to, to_rest) = to[..partials].as_chunks::<{ 2 * PART }>();
        if !from_rest.is_empty() {
            let (mut from_padded, mut to_padded) = ([0.0; 2 * PART], [0.0; 2 * PART]);
            for (padded, from) in from_padded.iter_mut().zip(from_rest) {
                *padded = *from;
            }
            for (padded, to) in to_padded.iter_mut().zip(to_rest) {
                *padded = *to;
            }
            self.load_part(from.len(), &from_padded, &to_padded);
        }
        for (part, (from, to)) in from.iter().zip(to).enumerate() {
            self.load_part(part, from, to);
        }
        self.even[PAIRS] = 0.0;
        self.even_change[PAIRS] = 0.0;
        sum_up(&mut self.even, self.count);
        sum_up(&mut self.even_change, self.count);
        if above != [0.0; 2] {
            for i in 0..PAIRS {
                let sign = if i % 2 == 0 { 1.0 } else { -1.0 };
                self.even[i] += sign * above[0];
                self.even_change[i] += sign * above[1];
            }
            self.even[PAIRS] = above[0];
            self.even_change[PAIRS] = above[1];
        }
        let lowest = [self.even[0], self.even_change[0]];
        for (last, first) in self.even_change.iter_mut().zip(&self.even).take(PAIRS + 1) {
            *last -= first;
        }
        lowest
    }

    /// The values of some pairs, without what is above. An even value's change has the ramp's other end in its place.
    #[inline(always)]
    fn load_part(&mut self, part: usize, from: &[f32; 2 * PART], to: &[f32; 2 * PART]) {
        let odd = &mut self.odd.as_chunks_mut::<PART>().0[part];
        let odd_change = &mut self.odd_change.as_chunks_mut::<PART>().0[part];
        let even = &mut self.even.as_chunks_mut::<PART>().0[part];
        let last = &mut self.even_change.as_chunks_mut::<PART>().0[part];
        for i in 0..PART {
            odd[i] = from[2 * i];
            odd_change[i] = to[2 * i] - from[2 * i];
            even[i] = from[2 * i + 1] + from[2 * i + 1];
            last[i] = to[2 * i + 1] + to[2 * i + 1];
        }
    }
}

/// Takes from each of the first `count` values the next one as it will be, `e_j = v_j - e_{j+1}`: in steps that double
/// what has been summed up, so that no value waits for all those above it.
#[inline(always)]
fn sum_up(values: &mut [f32; 2 * PAIRS], count: usize) {
    if count > 1 {
        let before = *values;
        for i in 0..PAIRS {
            values[i] = before[i] - before[i + 1];
        }
    }
    if count > 2 {
        add_next::<2>(values);
    }
    if count > 4 {
        add_next::<4>(values);
    }
    if count > 8 {
        add_next::<8>(values);
    }
    if count > 16 {
        add_next::<16>(values);
    }
}

#[inline(always)]
fn add_next<const STEP: usize>(values: &mut [f32; 2 * PAIRS]) {
    let before = *values;
    for i in 0..PAIRS {
        values[i] = before[i] + before[i + STEP];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_that_of_the_partials() {
        for partials in [1_usize, 2, 3, 8, 63, 64] {
            let from: Vec<f32> = (1..=partials).map(|k| 1.0 / k as f32).collect();
            let to: Vec<f32> = (1..=partials).map(|k| (k % 5) as f32 - 1.5).collect();
            let mut pairs = Pairs::NONE;
            let lowest = pairs.load(&from, &to, [0.0; 2]);
            assert_eq!(pairs.count, partials.div_ceil(2));
            assert_eq!(lowest[0], pairs.even[0]);
            for (theta, ramp) in [(0.3_f64, 0.0), (2.1, 0.4), (-1.0, 1.0)] {
                let along = |from: f32, change: f32| f64::from(from) + f64::from(change) * ramp;
                let sum: f64 = (0..pairs.count)
                    .map(|j| {
                        let odd = along(pairs.odd[j], pairs.odd_change[j]);
                        let even = along(pairs.even[j], pairs.even_change[j]);
                        (odd + even * theta.cos()) * ((2 * j + 1) as f64 * theta).sin()
                    })
                    .sum();
                let expected: f64 = (0..partials)
                    .map(|i| along(from[i], to[i] - from[i]) * ((i + 1) as f64 * theta).sin())
                    .sum();
                assert!(
                    (sum - expected).abs() < 1e-4,
                    "{partials}: {sum} {expected}"
                );
            }
        }
    }

    #[test]
    fn blocks_one_above_the_other_are_as_one() {
        let from: Vec<f32> = (1..=100).map(|k| (k * 7 % 11) as f32).collect();
        let to: Vec<f32> = (1..=100).map(|k| (k * 5 % 13) as f32).collect();
        let (mut low, mut high) = (Pairs::NONE, Pairs::NONE);
        let above = high.load(&from[64..], &to[64..], [0.0; 2]);
        low.load(&from[..64], &to[..64], above);
        let mut expected = [0.0; 2];
        for j in (0..50).rev() {
            let [first, last] = [&from, &to].map(|values| values[2 * j + 1]);
            expected = [2.0 * first - expected[0], 2.0 * last - expected[1]];
            let (pairs, j) = if j < PAIRS {
                (&low, j)
            } else {
                (&high, j - PAIRS)
            };
            assert_eq!(pairs.even[j], expected[0], "{j}");
            assert_eq!(pairs.even_change[j], expected[1] - expected[0], "{j}");
        }
        assert_eq!(low.even[PAIRS], high.even[0]);
        assert_eq!((low.count, high.count), (32, 18));
        assert_eq!(
            high.odd[..18],
            std::array::from_fn::<f32, 18, _>(|j| from[64 + 2 * j])
        );
    }
}
