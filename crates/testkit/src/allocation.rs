//! Proofs about memory: that a stretch of code neither allocates nor frees, and that it never holds
//! more than so many bytes.

use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use assert_no_alloc::{AllocDisabler, assert_no_alloc};
use cap::Cap;

/// The allocator of every test binary that links this crate. It lives here, once, so that no test
/// can run [`no_alloc`] or [`bounded_memory`] without it and pass for the wrong reason.
#[global_allocator]
static ALLOCATOR: Cap<AllocDisabler> = Cap::new(AllocDisabler, usize::MAX);

/// One limit at a time: held while one is set.
static LIMIT: Mutex<()> = Mutex::new(());

/// One test at a time: held by the tests that ask for it.
static TURN: Mutex<()> = Mutex::new(());

/// Keeps other tests of the binary that call this waiting. [`bounded_memory`] watches the whole
/// process, so each test of a binary that uses it begins with this: what one builds while another is
/// limited would count against the limit.
pub fn alone() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

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

/// Runs `body` and returns its value; an allocation that brings the live memory to more than
/// `most_bytes` above what it was fails, which aborts the process unless the code asked with
/// `try_reserve`. What is freed counts no more.
///
/// The whole process is watched, so put such tests in a test binary of their own; two of these
/// wait for each other, and one inside another never ends. A panic lifts the limit, for its message
/// and backtrace.
///
/// # Panics
/// When another thread takes more than `most_bytes` while the limit is being set.
///
/// ```
/// let sum = testkit::bounded_memory(1 << 20, || {
///     (0..100).map(|_| vec![1_u8; 1 << 18].len()).sum::<usize>()
/// });
/// assert_eq!(sum, 100 << 18);
/// ```
pub fn bounded_memory<T>(most_bytes: usize, body: impl FnOnce() -> T) -> T {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            lift_limit();
            report(panic);
        }));
    });
    // A test that panicked in here left nothing behind but the poison.
    let _one_at_a_time = LIMIT.lock().unwrap_or_else(PoisonError::into_inner);
    struct Lift;
    impl Drop for Lift {
        fn drop(&mut self) {
            lift_limit();
        }
    }
    let _lift = Lift;
    let limit = ALLOCATOR.allocated().saturating_add(most_bytes);
    ALLOCATOR
        .set_limit(limit)
        .expect("more memory is live than the limit, although nothing has run yet");
    body()
}

fn lift_limit() {
    // Raising a limit cannot fail.
    let _ = ALLOCATOR.set_limit(usize::MAX);
}
