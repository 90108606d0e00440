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

    /// The phases of the samples from `first` on in 2^-32 turns, and their positions on the ramp.
    fn lanes<const N: usize>(segment: &Segment<'_>, first: usize) -> ([i32; N], [f32; N]) {
        let phases = std::array::from_fn(|lane| (segment.phases[first + lane] >> 32) as i32);
        let positions = std::array::from_fn(|lane| (first + lane) as f32 / segment.hop as f32);
        (phases, positions)
    }

    #[target_feature(enable = "avx2,fma")]
    fn render_avx2(
        sine: unsafe extern "C" fn(__m256) -> __m256,
        segment: &Segment<'_>,
        out: &mut [f32],
    ) {
        let (outs, rest) = out.as_chunks_mut::<8>();
        assert!(rest.is_empty(), "a control frame is 64 samples");
        for (index, out) in outs.iter_mut().enumerate() {
            let (phases, positions) = lanes::<8>(segment, index * 8);
            // SAFETY: both arrays hold 8 values; unaligned loads.
            let (phase, position) = unsafe {
                (
                    _mm256_loadu_si256(phases.as_ptr().cast()),
                    _mm256_loadu_ps(positions.as_ptr()),
                )
            };
            let mut angle = phase;
            let mut sum = _mm256_setzero_ps();
            for (&from, &to) in segment.from.iter().zip(segment.to) {
                let radians = _mm256_mul_ps(_mm256_cvtepi32_ps(angle), _mm256_set1_ps(RADIANS));
                // SAFETY: a pure function of its argument, for processors with AVX2 and FMA.
                let value = unsafe { sine(radians) };
                let step = _mm256_set1_ps(to - from);
                let amplitude = _mm256_fmadd_ps(position, step, _mm256_set1_ps(from));
                sum = _mm256_fmadd_ps(amplitude, value, sum);
                angle = _mm256_add_epi32(angle, phase);
            }
            // SAFETY: `out` holds 8 values; an unaligned store.
            unsafe { _mm256_storeu_ps(out.as_mut_ptr(), sum) };
        }
    }

    #[target_feature(enable = "avx512f,avx2,fma")]
    fn render_avx512(
        sine: unsafe extern "C" fn(__m512) -> __m512,
        segment: &Segment<'_>,
        out: &mut [f32],
    ) {
        let (outs, rest) = out.as_chunks_mut::<16>();
        assert!(rest.is_empty(), "a control frame is 64 samples");
        for (index, out) in outs.iter_mut().enumerate() {
            let (phases, positions) = lanes::<16>(segment, index * 16);
            // SAFETY: both arrays hold 16 values; unaligned loads.
            let (phase, position) = unsafe {
                (
                    _mm512_loadu_si512(phases.as_ptr().cast()),
                    _mm512_loadu_ps(positions.as_ptr()),
                )
            };
            let mut angle = phase;
            let mut sum = _mm512_setzero_ps();
            for (&from, &to) in segment.from.iter().zip(segment.to) {
                let radians = _mm512_mul_ps(_mm512_cvtepi32_ps(angle), _mm512_set1_ps(RADIANS));
                // SAFETY: a pure function of its argument, for processors with AVX-512F.
                let value = unsafe { sine(radians) };
                let step = _mm512_set1_ps(to - from);
                let amplitude = _mm512_fmadd_ps(position, step, _mm512_set1_ps(from));
                sum = _mm512_fmadd_ps(amplitude, value, sum);
                angle = _mm512_add_epi32(angle, phase);
            }
            // SAFETY: `out` holds 16 values; an unaligned store.
            unsafe { _mm512_storeu_ps(out.as_mut_ptr(), sum) };
        }
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
