//! What the audio thread does with buffers of any size and callbacks of any manners.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use super::callback::{AudioCallback, CallbackTime};
use super::fault::Shared;
use super::pump::{Lender, Pump};

const RATE_HZ: u32 = 48_000;

/// Counts up, and keeps what it was asked.
struct Counter {
    next: i16,
    asked: Vec<(usize, CallbackTime)>,
    fails_at: usize,
}

impl Counter {
    fn new() -> Self {
        Self {
            next: 0,
            asked: Vec::with_capacity(4096),
            fails_at: usize::MAX,
        }
    }
}

impl AudioCallback for Counter {
    fn render(&mut self, left: &mut [f32], right: &mut [f32], at: CallbackTime) {
        assert_ne!(self.asked.len(), self.fails_at, "as it was told");
        assert_eq!(left.len(), right.len());
        self.asked.push((left.len(), at));
        for (left, right) in left.iter_mut().zip(right) {
            *left = f32::from(self.next) / 32_768.0;
            *right = -*left;
            self.next += 1;
        }
    }
}

fn at() -> CallbackTime {
    CallbackTime {
        frame: 99,
        asked: Instant::now(),
        due: Some(Instant::now()),
        stream: Duration::from_secs(5),
        heard: Duration::from_secs(6),
    }
}

fn pump(channels: u16, longest_piece: usize) -> (Pump, Lender, Arc<Shared>) {
    let shared = Arc::new(Shared::default());
    let (pump, lender) = Pump::new(channels, RATE_HZ, longest_piece, shared.clone());
    (pump, lender, shared)
}

fn counter(boxed: Box<dyn AudioCallback>) -> Box<Counter> {
    let boxed: Box<dyn Any> = boxed;
    boxed.downcast().expect("it is the one that was lent")
}

#[test]
fn buffers_of_any_length_are_one_stream_of_samples() {
    for channels in [1, 2, 6] {
        for longest_piece in [1, 7, 64, 5000] {
            let (mut pump, mut lender, shared) = pump(channels, longest_piece);
            assert!(lender.lend(Box::new(Counter::new())).is_ok());
            let channels = usize::from(channels);
            let mut all = Vec::new();
            let lengths = [64, 1, 200, 0, 63, 999];
            for frames in lengths {
                let mut out = vec![7_i16; frames * channels];
                testkit::no_alloc(|| pump.fill_slice(&mut out, at()));
                all.extend(out);
            }
            let total: usize = lengths.iter().sum();
            for (frame, got) in all.chunks(channels).enumerate() {
                let sample = i16::try_from(frame).unwrap();
                let mut wanted = vec![0; channels];
                if channels > 1 {
                    wanted[..2].copy_from_slice(&[sample, -sample]);
                }
                assert_eq!(got, wanted, "{channels} channels, {longest_piece}");
            }
            let statistics = shared.statistics();
            assert_eq!(statistics.callbacks, lengths.len() as u64);
            assert_eq!(statistics.frames, total as u64);
            assert_eq!(statistics.largest_callback, 999);
            drop(pump);
            let counter = counter(lender.take_back().unwrap());
            assert_eq!(counter.next as usize, total);
            let longest = counter.asked.iter().map(|(frames, _)| *frames).max();
            assert_eq!(longest, Some(longest_piece.min(999)));
            assert!(counter.asked.iter().all(|(frames, _)| *frames > 0));
        }
    }
}

#[test]
fn every_piece_knows_its_time() {
    let (mut pump, mut lender, _) = pump(2, 480);
    let mut out = vec![0.0_f32; 2 * 1000];
    // Nothing is counted before there is a callback.
    pump.fill_slice(&mut out, at());
    assert!(lender.lend(Box::new(Counter::new())).is_ok());
    let (first, second) = (at(), at());
    pump.fill_slice(&mut out, first);
    pump.fill_slice(&mut out, second);
    drop(pump);
    let asked = counter(lender.take_back().unwrap()).asked;
    let piece = |frame: u64, of: CallbackTime, ms: u64| CallbackTime {
        frame,
        asked: of.asked + Duration::from_millis(ms),
        due: of.due.map(|due| due + Duration::from_millis(ms)),
        stream: of.stream + Duration::from_millis(ms),
        heard: of.heard + Duration::from_millis(ms),
    };
    assert_eq!(
        asked,
        [
            (480, piece(0, first, 0)),
            (480, piece(480, first, 10)),
            (40, piece(960, first, 20)),
            (480, piece(1000, second, 0)),
            (480, piece(1480, second, 10)),
            (40, piece(1960, second, 20)),
        ]
    );
}

#[test]
fn without_a_callback_everything_is_silent() {
    let (mut pump, _lender, _) = pump(2, 64);
    let mut out = [3_u8; 7];
    testkit::no_alloc(|| pump.fill_slice(&mut out, at()));
    assert_eq!(out, [128; 7]);
}

#[test]
fn an_odd_sample_at_the_end_is_silent() {
    let (mut pump, mut lender, _) = pump(2, 64);
    assert!(lender.lend(Box::new(Counter::new())).is_ok());
    let mut out = [9.0_f32; 5];
    pump.fill_slice(&mut out, at());
    let step = 1.0 / 32_768.0;
    assert_eq!(out, [0.0, 0.0, step, -step, 0.0]);
}

#[test]
fn a_callback_that_was_never_asked_comes_back_too() {
    let (pump, mut lender, shared) = pump(2, 64);
    assert!(lender.lend(Box::new(Counter::new())).is_ok());
    assert!(lender.take_back().is_none());
    drop(pump);
    assert!(lender.take_back().is_some());
    assert!(shared.ended.load(Relaxed));
}

#[test]
fn a_second_callback_is_refused_while_one_is_on_its_way() {
    let (pump, mut lender, _) = pump(2, 64);
    assert!(lender.lend(Box::new(Counter::new())).is_ok());
    assert!(lender.lend(Box::new(Counter::new())).is_err());
    drop(pump);
}

#[test]
fn a_callback_that_panics_comes_back_and_is_told_of() {
    let (mut pump, mut lender, shared) = pump(2, 64);
    let failing = Counter {
        fails_at: 1,
        ..Counter::new()
    };
    assert!(lender.lend(Box::new(failing)).is_ok());
    let mut out = vec![0.0_f32; 2 * 100];
    let filled = catch_unwind(AssertUnwindSafe(|| pump.fill_slice(&mut out, at())));
    assert!(filled.is_err());
    assert!(shared.panicked.load(Relaxed));
    drop(pump);
    assert_eq!(counter(lender.take_back().unwrap()).asked.len(), 1);
}

#[test]
fn a_callback_that_nobody_waits_for_is_dropped() {
    let dropped = Arc::new(());
    struct Silent(#[expect(dead_code, reason = "it counts")] Arc<()>);
    impl AudioCallback for Silent {
        fn render(&mut self, left: &mut [f32], right: &mut [f32], _: CallbackTime) {
            left.fill(0.0);
            right.fill(0.0);
        }
    }
    let (pump, mut lender, _) = pump(2, 64);
    assert!(lender.lend(Box::new(Silent(dropped.clone()))).is_ok());
    drop(lender);
    drop(pump);
    assert_eq!(Arc::strong_count(&dropped), 1);
}
