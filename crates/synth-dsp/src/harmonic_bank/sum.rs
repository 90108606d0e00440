//! Adds up the pairs of partials, from the highest down, for a few registers of samples at once.

use super::nyquist_fade;
use super::pairs::Pairs;
use super::recurrence::Recurrence;
use crate::simd::Vector;

/// The partials of a segment, and which of them are heard in a stretch.
pub(super) struct Spectrum<'a> {
    pub(super) from: &'a [f32],
    pub(super) to: &'a [f32],
    /// All of them, where they are not more than fit.
    pub(super) pairs: &'a Pairs,
    /// Nothing is heard of the pairs behind so many.
    pub(super) audible: usize,
    /// The first so many pairs are nowhere in the fade.
    pub(super) unfaded: usize,
}

impl Spectrum<'_> {
    /// Whether all partials are heard everywhere, and none fades.
    #[inline(always)]
    fn is_heard_whole(&self) -> bool {
        self.unfaded == self.from.len().div_ceil(2)
    }
}

/// What has been added up from the top down.
///
/// Where partials fade or are silent, the even values of the pairs below differ from those of the whole spectrum: by
/// `lean`, which changes its sign from pair to pair and nothing else where nothing fades. A lane takes it up at the
/// highest pair that it hears, whatever its neighbours hear, so each sample depends on itself alone.
pub(super) struct Sum<V, const G: usize> {
    recurrence: Recurrence<V, G>,
    ramp: [V; G],
    cosine: [V; G],
    lean: [V; G],
    /// 1 in the lanes that hear the pair above, else 0.
    active: [V; G],
    /// The even value of the pair above, of the whole spectrum.
    above: [V; G],
}

impl<V: Vector, const G: usize> Sum<V, G> {
    /// Nothing yet, for angles of which the recurrence needs these.
    #[inline(always)]
    pub(super) fn new(offset: [V; G], sign: [V; G], cosine: [V; G], ramp: [V; G]) -> Self {
        Self {
            recurrence: Recurrence::new(offset, sign),
            ramp,
            cosine,
            lean: [V::splat(0.0); G],
            active: [V::splat(0.0); G],
            above: [V::splat(0.0); G],
        }
    }

    /// Adds a block of pairs, of which the lowest has a number; gives what its lowest pair is, if that is number 0,
    /// without adding it.
    #[inline(always)]
    pub(super) fn block(
        &mut self,
        spectrum: &Spectrum<'_>,
        pairs: &Pairs,
        number: usize,
        freq_norm: &[V; G],
    ) -> [V; G] {
        let audible = spectrum.audible.saturating_sub(number).min(pairs.count);
        let unfaded = spectrum.unfaded.saturating_sub(number).min(audible);
        if spectrum.is_heard_whole() {
            return self.unfaded::<false>(pairs, number, unfaded);
        }
        if audible == 0 {
            return [V::splat(0.0); G];
        }
        for (g, above) in self.above.iter_mut().enumerate() {
            *above = along(
                self.ramp[g],
                pairs.even[audible],
                pairs.even_change[audible],
            );
        }
        let first = usize::from(number == 0);
        for j in (unfaded.max(first)..audible).rev() {
            let q = self.faded(spectrum, pairs, j, number + j, freq_norm);
            for g in 0..G {
                self.recurrence.step(g, j % 2 == 1, q[g]);
            }
        }
        if unfaded < first {
            return self.faded(spectrum, pairs, 0, 0, freq_norm);
        }
        self.take_up();
        self.unfaded::<true>(pairs, number, unfaded)
    }

    /// Has the lanes that did not hear the pair above lean so that its even value is 0 there.
    #[inline(always)]
    fn take_up(&mut self) {
        let one = V::splat(1.0);
        let minus = V::splat(-0.0);
        for g in 0..G {
            let active = self.active[g];
            let silent = active.flip(minus).add(one);
            let none = self.above[g].flip(minus);
            self.lean[g] = self.lean[g].mul(active).add(none.mul(silent));
            self.active[g] = one;
        }
    }

    /// The samples of register `g`, with the lowest pair.
    #[inline(always)]
    pub(super) fn sample(&self, g: usize, lowest: V, sine: V) -> V {
        // Adding 0 turns -0 into 0: the sign of a silent sample must not tell how many of the
        // partials that are silent here were visited for the sake of its neighbours.
        self.recurrence.sum(g, lowest, sine).add(V::splat(0.0))
    }

    /// A pair in which some lane's partials fade.
    #[inline(always)]
    fn faded(
        &mut self,
        spectrum: &Spectrum<'_>,
        pairs: &Pairs,
        j: usize,
        number: usize,
        freq_norm: &[V; G],
    ) -> [V; G] {
        self.take_up();
        let minus = V::splat(-0.0);
        let (mut from, mut to) = (0.0, 0.0);
        if let (Some(at_first), Some(at_last)) = (
            spectrum.from.get(2 * number + 1),
            spectrum.to.get(2 * number + 1),
        ) {
            (from, to) = (2.0 * at_first, 2.0 * at_last);
        }
        let odd_number = V::splat(-((2 * number + 1) as f32));
        let even_number = V::splat(-((2 * number + 2) as f32));
        let mut q = [V::splat(0.0); G];
        for g in 0..G {
            let ramp = self.ramp[g];
            let odd_weight = nyquist_fade::weight(odd_number, freq_norm[g]);
            let even_weight = nyquist_fade::weight(even_number, freq_norm[g]);
            // A weight is 0 or far above the least float.
            let active = odd_weight.mul(V::splat(1e30)).clamp_unit();
            let faded = even_weight.flip(minus).add(V::splat(1.0));
            let twice = along(ramp, from, to - from);
            let lean = twice.mul(faded).add(self.lean[g]).flip(minus);
            let even = along(ramp, pairs.even[j], pairs.even_change[j]);
            let odd = along(ramp, pairs.odd[j], pairs.odd_change[j]).mul(odd_weight);
            q[g] = even.add(lean).mul_add(self.cosine[g], odd).mul(active);
            self.lean[g] = lean;
            self.active[g] = active;
            self.above[g] = even;
        }
        q
    }

    /// Adds the lowest `count` pairs of a block, but not pair 0, which is given.
    #[inline(always)]
    fn unfaded<const LEANS: bool>(&mut self, pairs: &Pairs, number: usize, count: usize) -> [V; G] {
        let mut lowest = [V::splat(0.0); G];
        // By twos, so that which are odd is no question.
        if count % 2 == 1 && count > 1 {
            let j = count - 1;
            let even = (pairs.even[j], pairs.even_change[j]);
            self.step::<LEANS>(false, (pairs.odd[j], pairs.odd_change[j]), even);
        }
        let (odd, _) = pairs.odd.as_chunks::<2>();
        let (odd_change, _) = pairs.odd_change.as_chunks::<2>();
        let (even, _) = pairs.even.as_chunks::<2>();
        let (even_change, _) = pairs.even_change.as_chunks::<2>();
        let twos = count / 2;
        let above = odd[..twos]
            .iter()
            .zip(&odd_change[..twos])
            .zip(even[..twos].iter().zip(&even_change[..twos]))
            .skip(1);
        for ((odd, odd_change), (even, even_change)) in above.rev() {
            self.step::<LEANS>(true, (odd[1], odd_change[1]), (even[1], even_change[1]));
            self.step::<LEANS>(false, (odd[0], odd_change[0]), (even[0], even_change[0]));
        }
        if count >= 2 {
            let even = (pairs.even[1], pairs.even_change[1]);
            self.step::<LEANS>(true, (pairs.odd[1], pairs.odd_change[1]), even);
        }
        if count > 0 {
            let (odd, even) = (
                (pairs.odd[0], pairs.odd_change[0]),
                (pairs.even[0], pairs.even_change[0]),
            );
            if number > 0 {
                self.step::<LEANS>(false, odd, even);
            } else {
                for (g, lowest) in lowest.iter_mut().enumerate() {
                    *lowest = self.pair::<LEANS>(g, odd, even);
                }
            }
        }
        lowest
    }

    /// Adds a pair that nowhere fades; of its values each is at ramp position 0 and changes by so much.
    #[inline(always)]
    fn step<const LEANS: bool>(&mut self, is_odd: bool, odd: (f32, f32), even: (f32, f32)) {
        for g in 0..G {
            let q = self.pair::<LEANS>(g, odd, even);
            self.recurrence.step(g, is_odd, q);
        }
    }

    #[inline(always)]
    fn pair<const LEANS: bool>(&mut self, g: usize, odd: (f32, f32), even: (f32, f32)) -> V {
        let ramp = self.ramp[g];
        let odd = along(ramp, odd.0, odd.1);
        let mut even = along(ramp, even.0, even.1);
        if LEANS {
            self.lean[g] = self.lean[g].flip(V::splat(-0.0));
            even = even.add(self.lean[g]);
        }
        even.mul_add(self.cosine[g], odd)
    }
}

/// What begins at `from` and changes by so much along a ramp.
#[inline(always)]
fn along<V: Vector>(ramp: V, from: f32, change: f32) -> V {
    V::splat(change).mul_add(ramp, V::splat(from))
}
