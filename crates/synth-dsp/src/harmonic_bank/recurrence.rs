//! Clenshaw's recurrence over pairs of partials, for a few registers of samples at once.

use crate::simd::Vector;

/// Reinsch's form of the recurrence over `V_j = sin((2j + 1) theta)`, whose sum is
/// `(c_0 + c_1) sin(theta)` with `c_j = q_j + 2 cos(2 theta) c_{j+1} - c_{j+2}`.
///
/// From the anchor at angle 0 or half a turn, `d_j = c_j - c_{j+1} = q_j + d_{j+1} + offset c_{j+1}`. From the one at
/// an odd quarter turn it is the same with the signs of all odd `q_j`, `c_j` and `d_j` changed.
///
/// Where products and sums have units of their own, changing signs costs least. AVX2's few registers and
/// longer way from product to sum favour multiply-adds alone: there `d_{j+1}` and `c_{j+1}` change theirs,
/// by a factor, and so does the offset. All roundings are the same.
pub(super) struct Recurrence<V, const G: usize> {
    offset: [V; G],
    /// -0 from the anchors at odd quarter turns, else 0; or, in multiply-adds, -1 and 1.
    sign: [V; G],
    c: [V; G],
    d: [V; G],
}

impl<V: Vector, const G: usize> Recurrence<V, G> {
    const BY_MULTIPLY_ADDS: bool = V::FUSED && !V::HAS_32_REGISTERS;

    /// With no pair yet.
    #[inline(always)]
    pub(super) fn new(mut offset: [V; G], mut sign: [V; G]) -> Self {
        if Self::BY_MULTIPLY_ADDS {
            for (offset, sign) in offset.iter_mut().zip(&mut sign) {
                *offset = offset.flip(*sign);
                *sign = V::splat(1.0).flip(*sign);
            }
        }
        Self {
            offset,
            sign,
            c: [V::splat(0.0); G],
            d: [V::splat(0.0); G],
        }
    }

    /// The next pair down in register `g`, whose number is odd or even.
    #[inline(always)]
    pub(super) fn step(&mut self, g: usize, is_odd: bool, q: V) {
        let d = self.difference(g, is_odd, q);
        let (c, sign) = (self.c[g], self.sign[g]);
        self.d[g] = d;
        self.c[g] = match Self::BY_MULTIPLY_ADDS {
            true => c.mul_add(sign, d),
            false => c.add(d),
        };
    }

    #[inline(always)]
    fn difference(&self, g: usize, is_odd: bool, q: V) -> V {
        let (c, d, sign) = (self.c[g], self.d[g], self.sign[g]);
        let d = match Self::BY_MULTIPLY_ADDS {
            true => d.mul_add(sign, q),
            false if is_odd => d.add(q.flip(sign)),
            false => d.add(q),
        };
        c.mul_add(self.offset[g], d)
    }

    /// The sum in register `g`, whose angles have these sines, with the lowest pair.
    #[inline(always)]
    pub(super) fn sum(&self, g: usize, q: V, sine: V) -> V {
        // c_0 + c_1, with c_0 by the difference.
        let d = self.difference(g, false, q);
        let one = V::splat(1.0);
        let both = match Self::BY_MULTIPLY_ADDS {
            true => self.sign[g].add(one),
            false => one.flip(self.sign[g]).add(one),
        };
        self.c[g].mul_add(both, d).mul(sine)
    }
}
