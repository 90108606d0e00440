//! Watches what runs on realtime threads, in a build made for that; in any other it is nothing.
//!
//! With the feature `audit-allocations` every allocation and every free there is counted, and what the
//! whole program holds; with `realtime-sanitizer` RealtimeSanitizer tells of those and of calls that may block. Whoever relies on
//! either sets `ANE_SYNTH_AUDIT_SELF_CHECK` in the environment of a first run, which must be noticed.

#[cfg(feature = "audit-allocations")]
use std::sync::atomic::AtomicU64;
#[cfg(any(feature = "audit-allocations", feature = "realtime-sanitizer"))]
use std::sync::atomic::{AtomicBool, Ordering};

/// Set in the environment, the first stretch that is watched allocates.
#[cfg(any(feature = "audit-allocations", feature = "realtime-sanitizer"))]
const SELF_CHECK: &str = "ANE_SYNTH_AUDIT_SELF_CHECK";

#[cfg(feature = "audit-allocations")]
#[global_allocator]
static ALLOCATOR: cap::Cap<assert_no_alloc::AllocDisabler> =
    cap::Cap::new(assert_no_alloc::AllocDisabler, usize::MAX);

/// Of all threads: the allocator counts for each of them alone.
#[cfg(feature = "audit-allocations")]
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

#[cfg(any(feature = "audit-allocations", feature = "realtime-sanitizer"))]
static MUST_OFFEND: AtomicBool = AtomicBool::new(false);

/// To be called before the first stretch is watched. Not RT-safe.
pub(super) fn prepare() {
    #[cfg(any(feature = "audit-allocations", feature = "realtime-sanitizer"))]
    MUST_OFFEND.store(std::env::var_os(SELF_CHECK).is_some(), Ordering::Relaxed);
}

/// Runs what must be RT-safe.
///
/// # Realtime safety
/// RT-safe if `run` is.
#[inline]
pub(super) fn watch<T>(run: impl FnOnce() -> T) -> T {
    #[cfg(feature = "realtime-sanitizer")]
    let _sanitized = Sanitized::enter();
    counted(|| {
        offend_if_asked();
        run()
    })
}

/// What was allocated or freed where nothing may be; `None` in a build that does not count it.
pub(super) fn allocations() -> Option<u64> {
    #[cfg(feature = "audit-allocations")]
    return Some(ALLOCATIONS.load(Ordering::Relaxed));
    #[cfg(not(feature = "audit-allocations"))]
    None
}

/// Bytes that the program holds at the moment; `None` in a build that does not count them.
pub(super) fn heap_bytes() -> Option<usize> {
    #[cfg(feature = "audit-allocations")]
    return Some(ALLOCATOR.allocated());
    #[cfg(not(feature = "audit-allocations"))]
    None
}

#[cfg(feature = "audit-allocations")]
fn counted<T>(run: impl FnOnce() -> T) -> T {
    let before = assert_no_alloc::violation_count();
    let result = assert_no_alloc::assert_no_alloc(run);
    let more = assert_no_alloc::violation_count().wrapping_sub(before);
    ALLOCATIONS.fetch_add(u64::from(more), Ordering::Relaxed);
    result
}

#[cfg(not(feature = "audit-allocations"))]
#[inline(always)]
fn counted<T>(run: impl FnOnce() -> T) -> T {
    run()
}

#[inline(always)]
fn offend_if_asked() {
    #[cfg(any(feature = "audit-allocations", feature = "realtime-sanitizer"))]
    if MUST_OFFEND.load(Ordering::Relaxed) && MUST_OFFEND.swap(false, Ordering::Relaxed) {
        drop(std::hint::black_box(Box::new(0_u8)));
    }
}

/// While this lives the thread may do nothing that could make it wait.
#[cfg(feature = "realtime-sanitizer")]
struct Sanitized;

#[cfg(feature = "realtime-sanitizer")]
impl Sanitized {
    fn enter() -> Self {
        rtsan_standalone::realtime_enter();
        Self
    }
}

#[cfg(feature = "realtime-sanitizer")]
impl Drop for Sanitized {
    fn drop(&mut self) {
        rtsan_standalone::realtime_exit();
    }
}
