//! Panics of the decoding library on damaged files, turned into errors.
//!
//! The library means to answer damage with errors, but not all its arithmetic is checked: a header
//! with 2^16 bits of frame overflows a multiplication, for one. `tests/audio_decoder_mutations.rs` finds
//! such files. Unwinding out of it is sound, it forbids `unsafe`; what was half done is given up.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use super::error::DecodeError;

thread_local! {
    /// Whether a panic of this thread is expected and caught.
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// What `work` gives, or [`DecodeError::Damaged`] if it panics; then what it worked on is not to be
/// used again.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T, DecodeError>) -> Result<T, DecodeError> {
    /// Ends the guard also when a panic passes by.
    struct Guard;
    impl Drop for Guard {
        fn drop(&mut self) {
            IS_GUARDED.set(false);
        }
    }
    keep_quiet();
    IS_GUARDED.set(true);
    let guard = Guard;
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    drop(guard);
    result.unwrap_or_else(|_| {
        Err(DecodeError::Damaged {
            what: "its parts contradict each other".to_owned(),
        })
    })
}

/// A caught panic is no news for the user: what is installed to tell about panics is told of all
/// others only.
fn keep_quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let tell = panic::take_hook();
        panic::set_hook(Box::new(move |news| {
            if !IS_GUARDED.get() {
                tell(news);
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error() {
        let numbers = [1, 2, 3];
        let far = numbers.len() + usize::from(IS_GUARDED.get());
        let result = guarded(|| Ok(numbers[far]));
        assert!(matches!(result, Err(DecodeError::Damaged { .. })));
        assert_eq!(guarded(|| Ok(5)).unwrap(), 5);
        assert!(!IS_GUARDED.get());
    }
}
