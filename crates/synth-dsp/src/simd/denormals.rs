//! Denormal numbers flushed to zero while audio is rendered.
//!
//! Decaying tails reach denormals, which many CPUs compute a hundred times slower.

/// While it lives, the calling thread's float unit treats denormal inputs and results as zero;
/// dropping it restores what was set before.
///
/// x86-64: MXCSR bits FTZ (15) and DAZ (6), Intel SDM volume 1, section 10.2.3. AArch64: FPCR bit
/// FZ (24), Arm ARM, "FPCR". Nothing on other machines.
///
/// # Realtime safety
/// RT-safe: two register writes.
#[derive(Debug)]
pub struct FlushDenormals {
    before: u64,
    // The register belongs to the thread: the guard must be dropped where it was made.
    thread_bound: std::marker::PhantomData<*const ()>,
}

impl Default for FlushDenormals {
    fn default() -> Self {
        Self::new()
    }
}

impl FlushDenormals {
    /// Starts flushing on this thread.
    #[must_use]
    pub fn new() -> Self {
        let before = control::read();
        control::write(before | control::FLUSH);
        Self {
            before,
            thread_bound: std::marker::PhantomData,
        }
    }
}

impl Drop for FlushDenormals {
    fn drop(&mut self) {
        control::write(self.before);
    }
}

#[cfg(target_arch = "x86_64")]
mod control {
    use std::arch::asm;

    pub(super) const FLUSH: u64 = 1 << 15 | 1 << 6;

    pub(super) fn read() -> u64 {
        let mut mxcsr = 0u32;
        // SAFETY: STMXCSR stores 4 bytes to the address of a live local.
        unsafe { asm!("stmxcsr [{}]", in(reg) &raw mut mxcsr, options(nostack, preserves_flags)) };
        u64::from(mxcsr)
    }

    pub(super) fn write(value: u64) {
        let mxcsr = value as u32;
        // SAFETY: LDMXCSR reads 4 bytes of a live local; the value is the register's own with only
        // the two flush bits changed, so no reserved bit is set and no exception is unmasked.
        // Rust does not promise what floats do under other control words; flushing changes only
        // denormal values, which no code under this guard relies on.
        unsafe {
            asm!("ldmxcsr [{}]", in(reg) &raw const mxcsr, options(nostack, preserves_flags, readonly));
        }
    }
}

#[cfg(target_arch = "aarch64")]
mod control {
    use std::arch::asm;

    pub(super) const FLUSH: u64 = 1 << 24;

    pub(super) fn read() -> u64 {
        let fpcr: u64;
        // SAFETY: reading FPCR has no side effects.
        unsafe { asm!("mrs {}, fpcr", out(reg) fpcr, options(nomem, nostack, preserves_flags)) };
        fpcr
    }

    pub(super) fn write(value: u64) {
        // SAFETY: the value is the register's own with only the flush bit changed; flushing changes
        // only denormal values, which no code under this guard relies on.
        unsafe { asm!("msr fpcr, {}", in(reg) value, options(nostack, preserves_flags)) };
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod control {
    pub(super) const FLUSH: u64 = 0;

    pub(super) fn read() -> u64 {
        0
    }

    pub(super) fn write(_: u64) {}
}

#[cfg(test)]
mod tests {
    use super::FlushDenormals;
    use std::hint::black_box;

    #[test]
    fn denormals_vanish_under_the_guard_and_come_back_after_it() {
        // As bits, since the compiler knows of no tie between arithmetic and the register: for AArch64
        // it moved the product, and then a comparison with zero, to the other side of the guard's call.
        let halve = || black_box(black_box(f32::MIN_POSITIVE) * black_box(0.5)).to_bits();
        let denormal = 1 << 22;
        assert_eq!(halve(), denormal);
        let flushed = {
            let _guard = FlushDenormals::new();
            halve()
        };
        if cfg!(any(target_arch = "x86_64", target_arch = "aarch64")) {
            assert_eq!(flushed, 0);
        }
        assert_eq!(halve(), denormal);
    }
}
