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
    let workers = predictors.iter_mut().zip(raw);
    in_parallel(
        workers,
        room.batches(shares),
        |(predictors, raw), (instrument, batch)| {
            batch.run(&mut predictors[instrument], raw);
        },
    );
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
    in_parallel(
        scratch.iter_mut(),
        sounding,
        |scratch, Slot { voice, output }| {
            voice.render(block, tools, scratch, output);
        },
    );
}

/// Does every job, each by whichever worker is free, on as many threads as there are workers, this one among
/// them. Where the system gives fewer threads, or the others are kept waiting, those that run do the rest.
fn in_parallel<W: Send, J: Send>(
    mut workers: impl Iterator<Item = W>,
    jobs: impl Iterator<Item = J> + Send,
    work: impl Fn(&mut W, J) + Sync,
) {
    let Some(own) = workers.next() else {
        return;
    };
    let jobs = Mutex::new(jobs);
    let run = &|mut worker: W| {
        loop {
            // Taken before the work begins, or nobody else could take one meanwhile.
            let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).next();
            match job {
                Some(job) => work(&mut worker, job),
                None => return,
            }
        }
    };
    std::thread::scope(|scope| {
        for worker in workers {
            let helper = move || {
                let _flush = FlushDenormals::new();
                run(worker);
            };
            if Builder::new().spawn_scoped(scope, helper).is_err() {
                break;
            }
        }
        run(own);
    });
}
