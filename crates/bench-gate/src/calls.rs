//! What runs under callgrind: a kernel, called a fixed number of times.

use std::error::Error;

use mil_runtime::cpu::Level;

use crate::kernels::KERNELS;

/// Counted calls of a kernel; as many as one more of them is 5 %.
pub(crate) const CALLS: u32 = 20;

/// The function that callgrind collects in, as a pattern: the whole of its name goes by compiler.
pub(crate) const COUNTED: &str = "*counted_by_callgrind*";

/// Calls the kernel at the level that is in use; with `plant`, so many per cent more often than it should.
///
/// # Errors
/// Where the level is not in use, or the kernel cannot be made ready.
pub(crate) fn run(level: &str, kernel: &str, plant: u32) -> Result<(), Box<dyn Error>> {
    let used = Level::detect();
    if used.name() != level {
        return Err(format!("the level in use is {used}, not {level}").into());
    }
    let known = KERNELS.iter().find(|known| known.name == kernel);
    let known = known.ok_or_else(|| format!("there is no kernel called {kernel}"))?;
    let mut call = (known.make)(level)?;
    // What is done at the first call alone, such as looking a symbol up, is not counted.
    call();
    counted_by_callgrind(&mut *call, CALLS + CALLS * plant / 100);
    Ok(())
}

#[inline(never)]
fn counted_by_callgrind(call: &mut dyn FnMut(), times: u32) {
    for _ in 0..times {
        call();
    }
}
