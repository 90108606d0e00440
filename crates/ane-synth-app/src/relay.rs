//! Work on finished blocks beside the work on the next: one thread renders, another levels, measures and writes.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{self, Builder};

use crate::error::AppError;

/// Blocks that wait at most; more would only take memory.
const WAITING: usize = 4;

/// Takes both channels of a block and may change them.
pub(crate) trait Consume: FnMut(&mut [f32], &mut [f32]) -> Result<(), AppError> {}

impl<F: FnMut(&mut [f32], &mut [f32]) -> Result<(), AppError>> Consume for F {}

/// Hands a block on.
pub(crate) type Hand<'a> = dyn FnMut(&mut [f32], &mut [f32]) -> Result<(), AppError> + 'a;

#[derive(Default)]
struct Block {
    left: Vec<f32>,
    right: Vec<f32>,
}

/// Runs `produce`, and `consume` on a thread of its own for every block that is handed on, in their order.
/// Where the system gives no thread, `consume` runs in between.
///
/// Its error ends both and is the one that is told; blocks that were handed on before an error of `produce`
/// are still consumed.
pub(crate) fn relay(
    mut consume: impl Consume + Send,
    produce: impl FnOnce(&mut Hand<'_>) -> Result<(), AppError>,
) -> Result<(), AppError> {
    let (sender, blocks) = sync_channel::<Block>(WAITING);
    let (returned, empties) = sync_channel::<Block>(WAITING + 2);
    thread::scope(|scope| {
        let (hand_over, take_over) = sync_channel(1);
        let worker = Builder::new().spawn_scoped(scope, move || {
            // The consumer comes through a channel, so that it is not lost where there is no thread.
            match take_over.recv() {
                Ok(consume) => consume_all(consume, &blocks, &returned),
                Err(_) => Ok(()),
            }
        });
        let Ok(worker) = worker else {
            return produce(&mut consume);
        };
        if hand_over.send(consume).is_err() {
            return Err(gone());
        }
        let produced = produce(&mut |left, right| pass_on(left, right, &sender, &empties));
        drop(sender);
        match worker.join() {
            Ok(consumed) => consumed.and(produced),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

fn consume_all(
    mut consume: impl Consume,
    blocks: &Receiver<Block>,
    returned: &SyncSender<Block>,
) -> Result<(), AppError> {
    for mut block in blocks {
        consume(&mut block.left, &mut block.right)?;
        match returned.try_send(block) {
            Ok(()) | Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {}
        }
    }
    Ok(())
}

fn pass_on(
    left: &[f32],
    right: &[f32],
    sender: &SyncSender<Block>,
    empties: &Receiver<Block>,
) -> Result<(), AppError> {
    let mut block = empties.try_recv().unwrap_or_default();
    for (own, samples) in [(&mut block.left, left), (&mut block.right, right)] {
        own.clear();
        own.extend_from_slice(samples);
    }
    sender.send(block).map_err(|_| gone())
}

/// The consumer has ended, by an error of its own that is told instead.
fn gone() -> AppError {
    AppError::new("the blocks are no longer taken")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn produce(blocks: usize, hand: &mut Hand<'_>) -> Result<(), AppError> {
        for number in 0..blocks {
            let mut left = vec![number as f32; 1 + number % 7];
            let mut right: Vec<f32> = left.iter().map(|x| -x).collect();
            hand(&mut left, &mut right)?;
        }
        Ok(())
    }

    #[test]
    fn every_block_arrives_whole_and_in_order() {
        for blocks in [0, 1, 3, 1000] {
            let mut taken = 0;
            let consume = |left: &mut [f32], right: &mut [f32]| {
                assert_eq!(left.len(), 1 + taken % 7);
                assert!(left.iter().all(|x| *x == taken as f32));
                assert!(right.iter().all(|x| *x == -(taken as f32)));
                taken += 1;
                Ok(())
            };
            relay(consume, |hand| produce(blocks, hand)).unwrap();
            assert_eq!(taken, blocks);
        }
    }

    #[test]
    fn the_consumers_error_ends_both_and_is_told() {
        let mut taken = 0;
        let consume = |_: &mut [f32], _: &mut [f32]| {
            taken += 1;
            match taken {
                5 => Err(AppError::new("disk full")),
                _ => Ok(()),
            }
        };
        let error = relay(consume, |hand| produce(1_000_000, hand)).unwrap_err();
        assert_eq!(error.to_string(), "disk full");
        assert_eq!(taken, 5);
    }

    #[test]
    fn the_producers_error_is_told_and_what_it_made_is_taken() {
        let mut taken = 0;
        let consume = |_: &mut [f32], _: &mut [f32]| {
            taken += 1;
            Ok(())
        };
        let produced = |hand: &mut Hand<'_>| {
            produce(9, hand)?;
            Err(AppError::new("stopped"))
        };
        assert_eq!(relay(consume, produced).unwrap_err().to_string(), "stopped");
        assert_eq!(taken, 9);
    }
}
