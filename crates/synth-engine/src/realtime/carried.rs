//! How many voices this machine's CPU carries alone.

use crate::event::{Event, TimedEvent};
use crate::renderer::Renderer;
use std::time::Duration;

/// Share of a block's duration that all voices together may take: under half, with room for asking the
/// device, for what else runs in the callback and for a slower moment (other programs on the same core
/// and its clock make a voice half as slow again).
const SHARE: f64 = 0.27;
/// Blocks that are measured, after as many that warm the caches.
const BLOCKS: usize = 100;
/// What is slower than this share of the blocks was something else's fault.
const QUANTILE: f64 = 0.9;
/// Channels without drums, and keys that have all their partials.
const CHANNELS: usize = 8;
const LOWEST_KEY: u8 = 28;
const KEYS: usize = 24;

/// Voices that the CPU carries alone with blocks of `block` samples: with so many, and every column
/// computed in the callback, a block takes less than half of its duration. With a device that may
/// block the polyphony is kept to that, since the device may fail to answer at any time.
///
/// It plays `renderer`, which is made for this (one thread, the instrument that is to be played, at
/// least 16 voices), for some milliseconds; `clock` tells the CPU time of the calling thread. At least 1.
/// Not RT-safe.
pub fn carried_voices(
    mut renderer: Renderer,
    block: usize,
    mut clock: impl FnMut() -> Duration,
) -> usize {
    let block = block.max(1);
    let duration_s = block as f64 / f64::from(renderer.sample_rate_hz());
    let (mut left, mut right) = (vec![0.0; block], vec![0.0; block]);
    let mut block_s = |renderer: &mut Renderer, events: &[TimedEvent]| {
        renderer.process(events, &mut [&mut left, &mut right]);
        let mut times: Vec<f64> = (0..2 * BLOCKS)
            .map(|_| {
                let begun = clock();
                renderer.process(&[], &mut [&mut left, &mut right]);
                clock().saturating_sub(begun).as_secs_f64()
            })
            .skip(BLOCKS)
            .collect();
        times.sort_by(f64::total_cmp);
        times[(BLOCKS as f64 * QUANTILE) as usize]
    };
    let idle_s = block_s(&mut renderer, &[]);
    let notes: Vec<TimedEvent> = (0..CHANNELS * KEYS)
        .map(|note| TimedEvent {
            offset: 0,
            event: Event::NoteOn {
                channel: (note % CHANNELS) as u8,
                key: LOWEST_KEY + (note / CHANNELS) as u8,
                velocity: 0.8,
            },
        })
        .take(renderer.polyphony())
        .collect();
    let busy_s = block_s(&mut renderer, &notes);
    let voice_s = ((busy_s - idle_s) / notes.len() as f64).max(1e-9);
    let carried = (SHARE * duration_s - idle_s) / voice_s;
    // A float that is no number of voices saturates.
    (carried as usize).clamp(1, *crate::POLYPHONY.end())
}
