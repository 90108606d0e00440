//! The proof that a stretch of code neither allocates nor frees.

use assert_no_alloc::{AllocDisabler, assert_no_alloc};

/// The allocator of every test binary that links this crate. It lives here, once, so that no test
/// can run [`no_alloc`] without it and pass for the wrong reason.
#[global_allocator]
static ALLOCATOR: AllocDisabler = AllocDisabler;

/// Runs `body` and returns its value; any allocation or deallocation on this thread meanwhile
/// aborts the process, in every build profile.
///
/// Only the calling thread is watched. A panic inside allocates its message, so it aborts too:
/// compute inside, assert outside.
///
/// ```
/// let mut block = vec![0.0_f32; 64];
/// let peak = testkit::no_alloc(|| {
///     block.fill(0.5);
///     block.iter().fold(0.0_f32, |peak, x| peak.max(x.abs()))
/// });
/// assert_eq!(peak, 0.5);
/// ```
pub fn no_alloc<T>(body: impl FnOnce() -> T) -> T {
    assert_no_alloc(body)
}
