//! The loop of a render: blocks of any length out of the renderer.

use synth_engine::{Event, Renderer, Stems, TimedEvent};

use crate::block_size::BlockSize;
use crate::error::AppError;
use crate::progress::Progress;

/// Takes the two channels of each block of the mix, and each channel's part of it if asked for.
pub(crate) type Sink<'a> =
    dyn FnMut(&mut [f32], &mut [f32], Option<&Stems>) -> Result<(), AppError> + 'a;

/// How to play.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Performance {
    /// Sample frames.
    pub(crate) frames: u64,
    pub(crate) block: BlockSize,
    pub(crate) stems: bool,
}

/// Plays `events`, at ascending sample indices, block by block into `sink`.
pub(crate) fn perform(
    renderer: &mut Renderer,
    events: &[(u64, Event)],
    performance: Performance,
    progress: &Progress,
    sink: &mut Sink<'_>,
) -> Result<(), AppError> {
    let Performance { frames, block, .. } = performance;
    let mut stems = performance.stems.then(|| Stems::new(block.largest()));
    let mut left = vec![0.0; block.largest()];
    let mut right = left.clone();
    let mut block_events = Vec::new();
    let mut sizes = block.sizes();
    let (mut at, mut next_event) = (0_u64, 0);
    progress.begin("", frames);
    while at < frames {
        let size = sizes
            .next()
            .map_or(frames - at, |size| (size as u64).min(frames - at)) as usize;
        block_events.clear();
        while let Some(&(index, event)) = events.get(next_event)
            && index < at + size as u64
        {
            block_events.push(TimedEvent {
                offset: (index - at) as u32,
                event,
            });
            next_event += 1;
        }
        let (left, right) = (&mut left[..size], &mut right[..size]);
        let out = &mut [&mut *left, &mut *right];
        match &mut stems {
            Some(stems) => renderer.process_stems(&block_events, out, stems),
            None => renderer.process(&block_events, out),
        };
        sink(left, right, stems.as_ref())?;
        at += size as u64;
        progress.reached(at);
    }
    Ok(())
}
