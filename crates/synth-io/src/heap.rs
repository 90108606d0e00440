//! Settings of the C library's heap for a program that runs for hours.
#![allow(unsafe_code)]

/// Blocks of so many bytes and more go back to the system when they are freed: a network's weights are
/// smaller, what an engine keeps for its voices and a device for its jobs is larger.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const LARGE: std::ffi::c_int = 256 * 1024;

/// Has the heap stay as large as what is in it, in a program that exchanges large parts while it runs.
///
/// Left alone, glibc gives each thread a heap of its own, and after the first large block that is freed
/// keeps all later ones up to 32 MiB ("dynamic mmap threshold", mallopt(3)): an engine whose instruments
/// and devices are exchanged for hours then grows by tens of megabytes that are free and never used.
/// With this, threads share one heap, and large blocks go back to the system. Allocating from many threads at once becomes slower.
///
/// To be called before there are other threads. Does nothing where the C library is another.
pub fn keep_heap_small() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    for (setting, value) in [
        (libc::M_ARENA_MAX, 1),
        (libc::M_MMAP_THRESHOLD, LARGE),
        (libc::M_TRIM_THRESHOLD, LARGE),
    ] {
        // SAFETY: `mallopt` takes two numbers, refuses what it does not know, and locks what it changes.
        // What it refuses stays as it was, which costs memory and nothing else.
        let _ = unsafe { libc::mallopt(setting, value) };
    }
}

/// Gives the system back what lies free between the blocks that are in use, which a heap otherwise keeps: how much
/// that is hangs on the order in which things were exchanged, and wanders by megabytes.
///
/// `false` where the C library is another than glibc: then it does nothing.
///
/// # Realtime safety
/// Not RT-safe: it takes milliseconds, in which no other thread can allocate.
pub fn give_back_free_memory() -> bool {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // SAFETY: `malloc_trim` takes how much is to be kept at the end, and locks what it looks through;
        // blocks in use it leaves alone. What it says is whether anything was given back.
        let _ = unsafe { libc::malloc_trim(0) };
    }
    cfg!(all(target_os = "linux", target_env = "gnu"))
}
