//! What large blocks leave behind once they are freed. In a process of its own, for the settings are the
//! whole process's.

use std::fs::read_to_string;
use std::hint::black_box;

const LARGE: usize = 1 << 20;
const BLOCKS: usize = 64;

/// Resident memory that is no file's, bytes; `None` where the system does not tell.
fn resident() -> Option<usize> {
    let status = read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"))?;
    let kib: usize = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(1024 * kib)
}

/// Allocates and frees blocks of a length, with small ones between them that stay.
fn exchange(length: usize) -> Vec<Box<[u8]>> {
    let block = |length| black_box(vec![1_u8; length].into_boxed_slice());
    let pairs: Vec<_> = (0..BLOCKS).map(|_| (block(length), block(1000))).collect();
    pairs.into_iter().map(|(_, small)| small).collect()
}

#[test]
fn free_blocks_go_back_to_the_system() {
    synth_io::keep_heap_small();
    large_blocks_by_themselves();
    smaller_ones_when_asked();
}

fn large_blocks_by_themselves() {
    let Some(before) = resident() else {
        return;
    };
    let kept: Vec<_> = (0..4).map(|_| exchange(LARGE)).collect();
    let after = resident().unwrap_or(usize::MAX);
    let grown = after.saturating_sub(before);
    assert!(grown < 8 * LARGE, "{grown} bytes more than before");
    drop(kept);
}

fn smaller_ones_when_asked() {
    const SMALLER: usize = 100_000;
    let Some(before) = resident() else {
        return;
    };
    let kept = exchange(SMALLER);
    let more = || resident().unwrap_or(usize::MAX).saturating_sub(before);
    let held = more();
    if !synth_io::give_back_free_memory() {
        return;
    }
    assert!(held > BLOCKS * SMALLER / 2, "{held} bytes");
    let held = more();
    assert!(held < BLOCKS * SMALLER / 8, "{held} bytes are still held");
    drop(kept);
}
