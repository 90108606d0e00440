//! Where each column came from is counted exactly: here in cases that can be counted by hand.
//!
//! One note is held from the first sample, and a block is a control hop: frame k is needed in block k.
//! After each block at most two frames are asked, up to the eighth ahead.

mod fixtures;

use fixtures::blocking::{Blocking, on_cpu, on_device};
use fixtures::engine::Engine;
use fixtures::{Scripted, config, instrument, lively_network, on};
use mil_runtime::RunError;
use std::sync::Arc;
use synth_engine::{
    ColumnCounts, ControlRate, Event, EventTime, LoadedInstrument, RendererConfig, Report,
    Retirement,
};
use synth_model::Instrument;

const HOP: usize = 64;
const BLOCKS: u64 = 400;
/// A frame asked in block b is at most this much further on.
const AHEAD: u64 = 8;

fn lively() -> Arc<Instrument> {
    Arc::new(instrument("lively", lively_network(3), &[0]))
}

/// Holds a note for [`BLOCKS`] blocks; `answers` says after which of them the worker works.
fn hold(
    loaded: LoadedInstrument,
    events: &[(u64, Event)],
    answers: impl Fn(u64) -> bool,
) -> (ColumnCounts, Vec<Report>) {
    let (counts, reports) = hold_at(ControlRate::Full, loaded, events, answers);
    assert_eq!(counts.total(), BLOCKS);
    (counts, reports)
}

/// As [`hold`], at another control rate.
fn hold_at(
    control_rate: ControlRate,
    loaded: LoadedInstrument,
    events: &[(u64, Event)],
    answers: impl Fn(u64) -> bool,
) -> (ColumnCounts, Vec<Report>) {
    let config = RendererConfig {
        control_rate,
        ..config(44_100)
    };
    let mut engine = Engine::new(&config, vec![loaded]);
    engine.control.send(EventTime::At(0), on(0, 60, 0.8));
    for &(sample, event) in events {
        engine.control.send(EventTime::At(sample), event);
    }
    let (mut left, mut right) = ([0.0; HOP], [0.0; HOP]);
    let mut seen = ColumnCounts::default();
    for block in 0..BLOCKS {
        let audio = &mut engine.audio;
        testkit::no_alloc(|| audio.process(&mut [&mut left, &mut right]));
        let from_device = |wanted| {
            let columns = engine.audio.renderer().columns();
            columns.filter(|c| c.is_from_device() == wanted).count() as u64
        };
        seen.taken += from_device(true);
        seen.cpu += from_device(false);
        if answers(block) {
            engine.answer();
        }
    }
    let counts = engine
        .control
        .blocks()
        .last()
        .unwrap()
        .counters
        .columns_from;
    assert_eq!(counts.taken, seen.taken);
    assert_eq!(counts.total() - counts.taken, seen.cpu);
    let reports = engine.control.reports();
    let reports = reports.filter(|report| !matches!(report, Report::Event { .. }));
    (counts, reports.collect())
}

#[test]
fn a_still_voice_asks_seldom_and_a_device_in_time_is_in_time_for_that() {
    let adaptive = |loaded| hold_at(ControlRate::Adaptive, loaded, &[], |_| true).0;
    let cpu = adaptive(on_cpu(&lively()));
    // 173 frames of attack, and of the rest each fourth at best.
    let least = 173 + (BLOCKS - 173).div_ceil(4);
    assert!((least..BLOCKS * 2 / 3).contains(&cpu.cpu), "{cpu:?}");
    let device = adaptive(on_device(&Blocking, &lively(), 64));
    assert_eq!(device.total(), cpu.cpu);
    assert!(device.total() - device.taken <= 2, "{device:?}");
}

#[test]
fn without_a_device_all_are_the_cpus() {
    let (counts, reports) = hold(on_cpu(&lively()), &[], |_| true);
    let expected = ColumnCounts {
        cpu: BLOCKS,
        ..ColumnCounts::default()
    };
    assert_eq!((counts, reports.len()), (expected, 0));
}

#[test]
fn in_time_all_but_the_first_are_taken() {
    let (counts, reports) = hold(on_device(&Blocking, &lively(), 64), &[], |_| true);
    let expected = ColumnCounts {
        cpu: 1,
        taken: BLOCKS - 1,
        ..ColumnCounts::default()
    };
    assert_eq!((counts, reports.len()), (expected, 0));
}

#[test]
fn what_an_event_changes_is_stale_once() {
    // The bend begins in block 100, whose own frame is still the same; the one after it was asked
    // without the bend, and all further ones are asked again.
    let bend = Event::PitchBend {
        channel: 0,
        semitones: 1.0,
    };
    let (counts, _) = hold(on_device(&Blocking, &lively(), 64), &[(6400, bend)], |_| {
        true
    });
    let expected = ColumnCounts {
        cpu: 1,
        stale: 1,
        taken: BLOCKS - 2,
        ..ColumnCounts::default()
    };
    assert_eq!(counts, expected);
}

#[test]
fn what_is_never_answered_is_late() {
    // Less than the second after which the device would be retired; its jobs have room for all.
    let (counts, reports) = hold(on_device(&Blocking, &lively(), 512), &[], |_| false);
    let expected = ColumnCounts {
        cpu: 1,
        late: BLOCKS - 1,
        ..ColumnCounts::default()
    };
    assert_eq!((counts, reports.len()), (expected, 0));
}

#[test]
fn what_comes_a_little_late_is_taken_from_then_on() {
    // Nothing is answered until after block 10: frames 1 to 10 are late. By then the first job, frames
    // 1 and 2, is answered; frames 3 to 18, asked meanwhile, are in the job sent after block 11.
    let (counts, _) = hold(on_device(&Blocking, &lively(), 64), &[], |block| {
        block >= 10
    });
    let expected = ColumnCounts {
        cpu: 1,
        late: 11,
        taken: BLOCKS - 12,
        ..ColumnCounts::default()
    };
    assert_eq!(counts, expected);
}

#[test]
fn a_device_that_fails_is_asked_eight_times() {
    let failing = Scripted::new(|columns, _, _| {
        Err(RunError::TooManyColumns {
            got: columns,
            max: 0,
        })
    });
    let (counts, reports) = hold(on_device(&failing, &lively(), 64), &[], |_| true);
    // Two more with each of eight jobs, or up to the eighth ahead of block 7.
    let asked = 7 + AHEAD;
    let expected = ColumnCounts {
        failed: asked,
        cpu: BLOCKS - asked,
        ..ColumnCounts::default()
    };
    assert_eq!(counts, expected);
    let [Report::Retired { sample, reason }] = reports[..] else {
        panic!("{reports:?}");
    };
    assert_eq!(sample, 8 * HOP as u64);
    assert!(matches!(reason, Retirement::Run(_)));
}

#[test]
fn a_device_that_fails_now_and_then_is_not_retired() {
    let mut calls = 0;
    let kernel = std::sync::Mutex::new(None);
    let own = lively();
    let cpu = mil_runtime::cpu::CpuDevice::new();
    let predictor = synth_model::Predictor::new(&cpu, &own, 64).unwrap();
    *kernel.lock().unwrap() = Some(predictor);
    let flaky = Scripted::new(move |columns, input, output| {
        calls += 1;
        if calls % 50 == 0 {
            output.fill(0.0);
            return Ok(());
        }
        let mut kernel = kernel.lock().unwrap();
        kernel.as_mut().unwrap().run(columns, input, output)
    });
    let (counts, reports) = hold(on_device(&flaky, &own, 64), &[], |_| true);
    // A job a block, of one column once the window is full.
    let expected = ColumnCounts {
        cpu: 1,
        failed: (BLOCKS - AHEAD) / 50,
        taken: BLOCKS - 1 - (BLOCKS - AHEAD) / 50,
        ..ColumnCounts::default()
    };
    assert_eq!((counts, reports.len()), (expected, 0));
}
