//! Sharing a block's work among threads without changing a bit of it.
//!
//! A network call and a voice each have their own memory, so it does not matter who does which; the
//! sums are made afterwards, in one order.

use crate::columns::{ColumnRoom, ColumnShare};
use crate::voice::{BlockView, RenderScratch, Slot, VoiceTools};
use std::sync::{Mutex, PoisonError};
use std::thread::Builder;
use synth_dsp::simd::FlushDenormals;
use synth_model::Predictor;

/// Fewer columns than this are not worth waking another thread for.
const LEAST_COLUMNS: usize = 256;

/// Second pass: runs every network of a set over its columns. `raw` has room for the answers of one call,
/// for each thread.
///
/// # Realtime safety
/// RT-safe with one thread.
pub(crate) fn run_networks(
    room: &mut ColumnRoom,
    shares: &[ColumnShare],
    predictors: &mut [Vec<Predictor>],
    raw: &mut [Box<[f32]>],
) {
    let threads = predictors.len();
    if threads == 1 || room.count() < LEAST_COLUMNS {
        for (instrument, batch) in room.batches(shares) {
            batch.run(&mut predictors[0][instrument], &mut raw[0]);
        }
        return;
    }
    let mut parts: Vec<Vec<_>> = (0..threads).map(|_| Vec::new()).collect();
    for (turn, batch) in room.batches(shares).enumerate() {
        parts[turn % threads].push(batch);
    }
    let jobs = parts.into_iter().zip(predictors).zip(raw);
    in_parallel(jobs, |((part, predictors), raw)| {
        for (instrument, batch) in part {
            batch.run(&mut predictors[instrument], raw);
        }
    });
}

/// Third pass: renders every voice that sounds in the block.
///
/// # Realtime safety
/// RT-safe with one thread.
pub(crate) fn render_voices(
    slots: &mut [Slot],
    block: &BlockView<'_>,
    tools: &VoiceTools,
    scratch: &mut [Box<RenderScratch>],
) {
    let work = block.instruments.room.count();
    let sounding = slots
        .iter_mut()
        .filter(|slot| slot.voice.life.sounds_at(block.start));
    if scratch.len() == 1 || work < LEAST_COLUMNS {
        for Slot { voice, output } in sounding {
            voice.render(block, tools, &mut scratch[0], output);
        }
        return;
    }
    let threads = scratch.len();
    let mut shares: Vec<Vec<&mut Slot>> = (0..threads).map(|_| Vec::new()).collect();
    for (turn, slot) in sounding.enumerate() {
        shares[turn % threads].push(slot);
    }
    in_parallel(shares.into_iter().zip(scratch), |(share, scratch)| {
        for Slot { voice, output } in share {
            voice.render(block, tools, scratch, output);
        }
    });
}

/// Does every job, on as many threads as there are jobs, this one among them. Where the system gives
/// fewer, those there are do the rest.
fn in_parallel<J: Send>(jobs: impl ExactSizeIterator<Item = J> + Send, work: impl Fn(J) + Sync) {
    let threads = jobs.len();
    let jobs = Mutex::new(jobs);
    let next = || jobs.lock().unwrap_or_else(PoisonError::into_inner).next();
    let run = || {
        while let Some(job) = next() {
            work(job);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            let helper = || {
                let _flush = FlushDenormals::new();
                run();
            };
            if Builder::new().spawn_scoped(scope, helper).is_err() {
                break;
            }
        }
        run();
    });
}
