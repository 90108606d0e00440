//! SLEEF's sine of 3.5 ulp, from the system's shared library, by the widest registers of this machine.

use synth_dsp::harmonic_bank::Segment;

/// The sine that this machine can run, and its library.
pub(super) use machine::Sleef;

#[cfg(target_arch = "x86_64")]
#[allow(
    improper_ctypes_definitions,
    reason = "how vectors are passed depends on the target features alone, which callers of these have enabled"
)]
mod machine {
    use std::arch::x86_64::*;
    use std::f32::consts::TAU;

    use super::super::voice::HOP;
    use super::Segment;
    use crate::shared_library::SharedLibrary;

    /// Radians of a 2^-32 turn.
    const RADIANS: f32 = TAU / 4_294_967_296.0;

    #[derive(Clone, Copy)]
    enum Sine {
        Avx2(unsafe extern "C" fn(__m256) -> __m256),
        Avx512(unsafe extern "C" fn(__m512) -> __m512),
    }

    /// A sine, with the library that holds it.
    pub(in super::super) struct Sleef {
        sine: Sine,
        library: SharedLibrary,
    }

    impl Sleef {
        pub(in super::super) fn load() -> Result<Self, String> {
            let library = SharedLibrary::open("libsleef", &["libsleef.so.3", "libsleef.so"])?;
            let has_avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
            let sine = if is_x86_feature_detected!("avx512f") && has_avx2 {
                // SAFETY: sleef.h: `__m512 Sleef_sinf16_u35avx512f(__m512)`.
                Sine::Avx512(unsafe { library.function("Sleef_sinf16_u35avx512f")? })
            } else if has_avx2 {
                // SAFETY: sleef.h: `__m256 Sleef_sinf8_u35avx2(__m256)`.
                Sine::Avx2(unsafe { library.function("Sleef_sinf8_u35avx2")? })
            } else {
                return Err("this processor has no AVX2".to_owned());
            };
            Ok(Self { sine, library })
        }

        /// Function and release.
        pub(in super::super) fn name(&self) -> String {
            let function = match self.sine {
                Sine::Avx2(_) => "sinf8_u35avx2",
                Sine::Avx512(_) => "sinf16_u35avx512f",
            };
            format!("SLEEF {} {function}", self.library.file_version())
        }

        /// Overwrites `out` with a control frame.
        pub(in super::super) fn render(&self, segment: &Segment<'_>, out: &mut [f32]) {
            match self.sine {
                // SAFETY: made only where the processor has AVX2 and FMA.
                Sine::Avx2(sine) => unsafe { render_avx2(sine, segment, out) },
                // SAFETY: made only where the processor has AVX-512F, AVX2 and FMA.
                Sine::Avx512(sine) => unsafe { render_avx512(sine, segment, out) },
            }
        }
    }

    /// A control frame, sample by sample. Aligned to a cache line, and shown to a black box, lest the compiler
    /// keeps registers that a call overwrites on a stack that is aligned to a quarter of one: its place there
    /// differs from run to run, and with it the speed.
    #[repr(align(64))]
    struct Frame {
        /// Of the fundamental, in 2^-32 turns.
        phase: [i32; HOP],
        /// Of the partial, in 2^-32 turns: wrapped by overflow.
        angle: [i32; HOP],
        position: [f32; HOP],
        sum: [f32; HOP],
    }

    impl Frame {
        fn new(segment: &Segment<'_>) -> Self {
            assert_eq!(segment.phases.len(), HOP, "a control frame");
            let phase = std::array::from_fn(|index| (segment.phases[index] >> 32) as i32);
            Self {
                phase,
                angle: phase,
                position: std::array::from_fn(|index| index as f32 / HOP as f32),
                sum: [0.0; HOP],
            }
        }
    }

    #[target_feature(enable = "avx2,fma")]
    fn render_avx2(
        sine: unsafe extern "C" fn(__m256) -> __m256,
        segment: &Segment<'_>,
        out: &mut [f32],
    ) {
        let frame = &mut Frame::new(segment);
        std::hint::black_box(&mut *frame);
        for (&from, &to) in segment.from.iter().zip(segment.to) {
            for lane in (0..HOP).step_by(8) {
                // SAFETY: 8 values from `lane` on, which is a multiple of 8, are within the aligned arrays of
                // 64; the sine is a pure function, for processors with AVX2 and FMA.
                unsafe {
                    let angle = frame.angle.as_mut_ptr().add(lane).cast::<__m256i>();
                    let phase = frame.phase.as_ptr().add(lane).cast::<__m256i>();
                    let position = frame.position.as_ptr().add(lane).cast::<__m256>();
                    let sum = frame.sum.as_mut_ptr().add(lane).cast::<__m256>();
                    let turns = _mm256_cvtepi32_ps(*angle);
                    let value = sine(_mm256_mul_ps(turns, _mm256_set1_ps(RADIANS)));
                    let (step, from) = (_mm256_set1_ps(to - from), _mm256_set1_ps(from));
                    let amplitude = _mm256_fmadd_ps(*position, step, from);
                    *sum = _mm256_fmadd_ps(amplitude, value, *sum);
                    *angle = _mm256_add_epi32(*angle, *phase);
                }
            }
        }
        out.copy_from_slice(&frame.sum);
    }

    #[target_feature(enable = "avx512f,avx2,fma")]
    fn render_avx512(
        sine: unsafe extern "C" fn(__m512) -> __m512,
        segment: &Segment<'_>,
        out: &mut [f32],
    ) {
        let frame = &mut Frame::new(segment);
        std::hint::black_box(&mut *frame);
        for (&from, &to) in segment.from.iter().zip(segment.to) {
            for lane in (0..HOP).step_by(16) {
                // SAFETY: 16 values from `lane` on, which is a multiple of 16, are within the aligned arrays
                // of 64; the sine is a pure function, for processors with AVX-512F.
                unsafe {
                    let angle = frame.angle.as_mut_ptr().add(lane).cast::<__m512i>();
                    let phase = frame.phase.as_ptr().add(lane).cast::<__m512i>();
                    let position = frame.position.as_ptr().add(lane).cast::<__m512>();
                    let sum = frame.sum.as_mut_ptr().add(lane).cast::<__m512>();
                    let turns = _mm512_cvtepi32_ps(*angle);
                    let value = sine(_mm512_mul_ps(turns, _mm512_set1_ps(RADIANS)));
                    let (step, from) = (_mm512_set1_ps(to - from), _mm512_set1_ps(from));
                    let amplitude = _mm512_fmadd_ps(*position, step, from);
                    *sum = _mm512_fmadd_ps(amplitude, value, *sum);
                    *angle = _mm512_add_epi32(*angle, *phase);
                }
            }
        }
        out.copy_from_slice(&frame.sum);
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod machine {
    use super::Segment;

    /// No sine.
    pub(in super::super) enum Sleef {}

    impl Sleef {
        pub(in super::super) fn load() -> Result<Self, String> {
            Err("only its functions for x86-64 are called here".to_owned())
        }

        pub(in super::super) fn name(&self) -> String {
            match *self {}
        }

        pub(in super::super) fn render(&self, _: &Segment<'_>, _: &mut [f32]) {
            match *self {}
        }
    }
}
