//! Apple's Accelerate framework: vForce's sines of whole arrays, and vDSP's products and sums of them.
//! **Not yet run on hardware.**
//!
//! The one place of this crate that asks for the operating system: off macOS there is no [`Accelerate`],
//! and nothing else differs.

/// Values that an array function takes at a time, always as many.
pub(crate) const LANES: usize = 64;

/// One array.
///
/// At the beginning of a cache line, since how vDSP rounds may depend on where its arrays lie
/// (S. Canon of Apple, github.com/swiftlang/swift, pull request 24365).
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(crate) struct Lanes(pub(crate) [f32; LANES]);

impl Lanes {
    pub(crate) const ZERO: Self = Self([0.0; LANES]);
}

/// Functions of whole arrays, lane by lane.
pub(crate) trait ArrayFunctions: Copy {
    /// `out = sin(pi * half_turns)`
    fn sin_pi(self, half_turns: &Lanes, out: &mut Lanes);

    /// `out = values * factor + offset`
    fn scale_and_offset(self, values: &Lanes, factor: f32, offset: f32, out: &mut Lanes);

    /// `out = a * b`
    fn multiply(self, a: &Lanes, b: &Lanes, out: &mut Lanes);

    /// `out = a * b + c`
    fn multiply_add(self, a: &Lanes, b: &Lanes, c: &Lanes, out: &mut Lanes);
}

pub(crate) use system::Accelerate;

#[cfg(target_os = "macos")]
mod system {
    use super::{ArrayFunctions, LANES, Lanes};
    use std::ffi::{c_int, c_long, c_ulong};

    /// `vDSP_Stride`, in values.
    type Stride = c_long;
    /// `vDSP_Length`
    type Length = c_ulong;

    const NEIGHBOURS: Stride = 1;
    const LENGTH: Length = LANES as Length;

    // As declared in vecLib/vForce.h (macOS 10.7) and vecLib/vDSP.h (macOS 10.0 and 10.4) of Apple's SDK.
    #[link(name = "Accelerate", kind = "framework")]
    unsafe extern "C" {
        /// `y[i] = sin(pi x[i])` for `*n` values.
        fn vvsinpif(y: *mut f32, x: *const f32, n: *const c_int);

        /// `d[i] = a[i] * b[0] + c[0]`
        fn vDSP_vsmsa(
            a: *const f32,
            a_stride: Stride,
            b: *const f32,
            c: *const f32,
            d: *mut f32,
            d_stride: Stride,
            n: Length,
        );

        /// `c[i] = a[i] * b[i]`
        fn vDSP_vmul(
            a: *const f32,
            a_stride: Stride,
            b: *const f32,
            b_stride: Stride,
            c: *mut f32,
            c_stride: Stride,
            n: Length,
        );

        /// `d[i] = a[i] * b[i] + c[i]`
        fn vDSP_vma(
            a: *const f32,
            a_stride: Stride,
            b: *const f32,
            b_stride: Stride,
            c: *const f32,
            c_stride: Stride,
            d: *mut f32,
            d_stride: Stride,
            n: Length,
        );
    }

    /// The framework, which is part of macOS and linked into this program.
    #[derive(Clone, Copy, Debug)]
    pub(crate) struct Accelerate;

    impl Accelerate {
        pub(crate) fn linked() -> Option<Self> {
            Some(Self)
        }
    }

    impl ArrayFunctions for Accelerate {
        fn sin_pi(self, half_turns: &Lanes, out: &mut Lanes) {
            let length = LANES as c_int;
            // SAFETY: both arrays hold as many values as `length` says, and only `out`, which nothing
            // else refers to, is written to.
            unsafe { vvsinpif(out.0.as_mut_ptr(), half_turns.0.as_ptr(), &raw const length) };
        }

        fn scale_and_offset(self, values: &Lanes, factor: f32, offset: f32, out: &mut Lanes) {
            // SAFETY: both arrays hold LENGTH neighbouring values, the scalars are live locals, and only
            // `out`, which nothing else refers to, is written to.
            unsafe {
                vDSP_vsmsa(
                    values.0.as_ptr(),
                    NEIGHBOURS,
                    &raw const factor,
                    &raw const offset,
                    out.0.as_mut_ptr(),
                    NEIGHBOURS,
                    LENGTH,
                );
            }
        }

        fn multiply(self, a: &Lanes, b: &Lanes, out: &mut Lanes) {
            // SAFETY: all arrays hold LENGTH neighbouring values, and only `out`, which nothing else
            // refers to, is written to.
            unsafe {
                vDSP_vmul(
                    a.0.as_ptr(),
                    NEIGHBOURS,
                    b.0.as_ptr(),
                    NEIGHBOURS,
                    out.0.as_mut_ptr(),
                    NEIGHBOURS,
                    LENGTH,
                );
            }
        }

        fn multiply_add(self, a: &Lanes, b: &Lanes, c: &Lanes, out: &mut Lanes) {
            // SAFETY: as above.
            unsafe {
                vDSP_vma(
                    a.0.as_ptr(),
                    NEIGHBOURS,
                    b.0.as_ptr(),
                    NEIGHBOURS,
                    c.0.as_ptr(),
                    NEIGHBOURS,
                    out.0.as_mut_ptr(),
                    NEIGHBOURS,
                    LENGTH,
                );
            }
        }
    }
}

#[cfg(not(target_os = "macos"))]
mod system {
    use super::{ArrayFunctions, Lanes};
    use std::convert::Infallible;

    /// Nothing has one of these: the framework is part of macOS alone.
    #[derive(Clone, Copy, Debug)]
    pub(crate) struct Accelerate(Infallible);

    impl Accelerate {
        pub(crate) fn linked() -> Option<Self> {
            None
        }
    }

    impl ArrayFunctions for Accelerate {
        fn sin_pi(self, _: &Lanes, _: &mut Lanes) {
            match self.0 {}
        }

        fn scale_and_offset(self, _: &Lanes, _: f32, _: f32, _: &mut Lanes) {
            match self.0 {}
        }

        fn multiply(self, _: &Lanes, _: &Lanes, _: &mut Lanes) {
            match self.0 {}
        }

        fn multiply_add(self, _: &Lanes, _: &Lanes, _: &Lanes, _: &mut Lanes) {
            match self.0 {}
        }
    }
}
