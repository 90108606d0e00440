//! Which instruction set runs the chain: chosen once, when a kernel is prepared.

use super::convolution::{Block, PackedLayer, chain};
use super::lanes::Portable;
use super::level::Level;
use super::multiply_adds::{MultiplyAddWork, chains};
#[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
use super::neon::Neon;
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
use super::output_lanes::Strips;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use super::wasm::Simd128;
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
use super::x86::{Avx2, Avx512, Sse2};

/// The most columns in a block, at any level. With 128 channels a block of it fills half of a 32
/// KiB cache.
pub(crate) const WIDEST_BLOCK: usize = 32;

/// A level that this machine is known to have.
#[derive(Clone, Copy)]
pub(crate) enum Dispatch {
    #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
    Avx512(Avx512),
    #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
    Avx2(Avx2),
    #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
    Sse2(Sse2),
    #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
    Neon(Neon),
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    Simd128(Simd128),
    Scalar,
}

impl Dispatch {
    /// `None` where this machine, as the program was built for it, lacks the level.
    pub(crate) fn new(level: Level) -> Option<Self> {
        match level {
            #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
            Level::Avx512 => Avx512::new().map(Self::Avx512),
            #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
            Level::Avx2 => Avx2::new().map(Self::Avx2),
            #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
            Level::Sse2 => Some(Self::Sse2(Sse2)),
            #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
            Level::Neon => Some(Self::Neon(Neon)),
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Level::Simd128 => Some(Self::Simd128(Simd128)),
            Level::Scalar => Some(Self::Scalar),
            #[allow(
                unreachable_patterns,
                reason = "which levels are left depends on the architecture"
            )]
            _ => None,
        }
    }

    pub(crate) fn level(self) -> Level {
        match self {
            #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
            Self::Avx512(_) => Level::Avx512,
            #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
            Self::Avx2(_) => Level::Avx2,
            #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
            Self::Sse2(_) => Level::Sse2,
            #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
            Self::Neon(_) => Level::Neon,
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Self::Simd128(_) => Level::Simd128,
            Self::Scalar => Level::Scalar,
        }
    }

    /// The block sizes [`run`](Self::run) takes, in columns, widest first.
    pub(crate) fn block_widths(self) -> &'static [usize] {
        match self {
            #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
            Self::Avx512(_) => Avx512::BLOCK_WIDTHS,
            #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
            Self::Avx2(_) => Avx2::BLOCK_WIDTHS,
            #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
            Self::Sse2(_) => Sse2::BLOCK_WIDTHS,
            #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
            Self::Neon(_) => Neon::BLOCK_WIDTHS,
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Self::Simd128(_) => Simd128::BLOCK_WIDTHS,
            Self::Scalar => &[4],
        }
    }

    /// A layer as [`run`](Self::run) wants it: from `weight`, `[outputs, inputs]` row-major, and `bias`,
    /// `[outputs]`.
    pub(crate) fn pack(
        self,
        inputs: usize,
        weight: &[f32],
        bias: &[f32],
        relu: bool,
    ) -> PackedLayer {
        let layer = PackedLayer::new(inputs, weight, bias, relu);
        #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
        if let Self::Avx512(_) = self {
            let strips = Strips::new(inputs, weight, bias);
            return PackedLayer { strips, ..layer };
        }
        layer
    }

    /// Runs the chain on one block of at most `width` columns, of layers that [`pack`](Self::pack) has made.
    ///
    /// # Realtime safety
    /// No allocation, no lock; time depends on the shapes alone.
    pub(crate) fn run(self, width: usize, layers: &[PackedLayer], block: Block<'_>) {
        debug_assert!(self.block_widths().contains(&width));
        match self {
            #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
            Self::Avx512(lanes) => lanes.run(width, layers, block),
            #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
            Self::Avx2(lanes) => lanes.run(width, layers, block),
            #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
            Self::Sse2(lanes) => lanes.run(width, layers, block),
            #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
            Self::Neon(lanes) => lanes.run(width, layers, block),
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Self::Simd128(lanes) => lanes.run(width, layers, block),
            Self::Scalar => chain::<_, 1, 1>(Portable::<4>, layers, block),
        }
    }

    /// Runs chains of multiply-adds and nothing else; see [`chains`].
    ///
    /// # Realtime safety
    /// No allocation, no lock; time depends on `pairs` alone.
    pub(crate) fn multiply_adds(self, pairs: u32, factors: [f32; 2]) -> MultiplyAddWork {
        match self {
            #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
            Self::Avx512(lanes) => lanes.multiply_adds(pairs, factors),
            #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
            Self::Avx2(lanes) => lanes.multiply_adds(pairs, factors),
            #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
            Self::Sse2(lanes) => chains::<_, 12>(lanes, pairs, factors),
            #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
            Self::Neon(lanes) => chains::<_, 24>(lanes, pairs, factors),
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Self::Simd128(lanes) => chains::<_, 12>(lanes, pairs, factors),
            Self::Scalar => chains::<_, 12>(Portable::<4>, pairs, factors),
        }
    }
}
