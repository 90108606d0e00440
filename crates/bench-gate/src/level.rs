//! The levels whose instructions are counted.

use mil_runtime::cpu::Level;

/// Those that valgrind knows, by the names of `ANE_SYNTH_SIMD`, widest first: it has no AVX-512.
pub(crate) const GATED: [&str; 2] = ["avx2", "sse2"];

/// Those of [`GATED`] that this machine has.
pub(crate) fn available() -> Vec<&'static str> {
    GATED
        .into_iter()
        .filter(|name| name.parse().is_ok_and(Level::is_available))
        .collect()
}
