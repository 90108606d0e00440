//! Sharing a block's work among threads without changing a bit of it.
//!
//! A network call and a voice each have their own memory, so it does not matter who does which; the
//! sums are made afterwards, in one order.

use crate::columns::{ColumnRoom, ColumnShare};
use crate::voice::{BlockView, RenderScratch, Slot, VoiceTools};
use rayon_core::{ThreadPool, ThreadPoolBuilder};
use std::sync::{Mutex, PoisonError};
use synth_dsp::simd::FlushDenormals;
use synth_model::Predictor;

/// Fewer columns than this are not worth waking another thread for.
const LEAST_COLUMNS: usize = 256;

/// Threads beside the renderer's own, asleep while there is nothing to do.
pub(crate) struct Crew(ThreadPool);

impl Crew {
    /// As many as `threads`: while one finishes a block, the others can render the next. None for one thread, and
    /// where the system gives none; then the renderer does everything itself.
    pub(crate) fn new(threads: usize) -> Option<Self> {
        if threads == 1 {
            return None;
        }
        let builder = ThreadPoolBuilder::new().num_threads(threads);
        builder.build().ok().map(Self)
    }

    /// Does `work` here and `aside` on another thread.
    pub(crate) fn beside(&self, aside: impl FnOnce() + Send, work: impl FnOnce()) {
        self.0.in_place_scope(|scope| {
            scope.spawn(|_| {
                let _flush = FlushDenormals::new();
                aside();
            });
            work();
        });
    }
}

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
    crew: Option<&Crew>,
) {
    let Some(crew) = crew.filter(|_| room.count() >= LEAST_COLUMNS) else {
        for (instrument, batch) in room.batches(shares) {
            batch.run(&mut predictors[0][instrument], &mut raw[0]);
        }
        return;
    };
    let workers = predictors.iter_mut().zip(raw);
    in_parallel(
        crew,
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
    crew: Option<&Crew>,
) {
    let is_worth_it = block.instruments.room.count() >= LEAST_COLUMNS;
    let sounding = slots
        .iter_mut()
        .filter(|slot| slot.voice.life.sounds_at(block.start));
    let Some(crew) = crew.filter(|_| is_worth_it) else {
        for Slot { voice, output } in sounding {
            voice.render(block, tools, &mut scratch[0], output);
        }
        return;
    };
    in_parallel(
        crew,
        scratch.iter_mut(),
        sounding,
        |scratch, Slot { voice, output }| {
            voice.render(block, tools, scratch, output);
        },
    );
}

/// Does every job, each by whichever worker is free, on as many threads as there are workers, this one among
/// them. Where the others are kept waiting, those that run do the rest.
fn in_parallel<W: Send, J: Send>(
    crew: &Crew,
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
    crew.0.in_place_scope(|scope| {
        for worker in workers {
            scope.spawn(move |_| {
                let _flush = FlushDenormals::new();
                run(worker);
            });
        }
        run(own);
    });
}
