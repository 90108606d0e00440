//! How many programs a process may still compile.

use std::sync::atomic::{AtomicU32, Ordering};

/// See [`crate::COMPILE_LIMIT`].
pub(crate) const LIMIT: u32 = 80;

/// Counts compilations, refused ones too: what leaks in the runtime leaks in either case.
#[derive(Debug, Default)]
pub(crate) struct CompileBudget {
    used: AtomicU32,
}

impl CompileBudget {
    /// Takes one compilation, or says that there is none left.
    pub(crate) fn take(&self) -> bool {
        self.used
            .try_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                (used < LIMIT).then_some(used + 1)
            })
            .is_ok()
    }

    pub(crate) fn left(&self) -> u32 {
        LIMIT - self.used.load(Ordering::Relaxed).min(LIMIT)
    }
}
