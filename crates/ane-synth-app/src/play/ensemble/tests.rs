//! The way from the name of a device to columns that it answers, on ane-bridge's stand-in for the Neural
//! Engine, which here computes the program that it is given.

use std::thread::sleep;
use std::time::{Duration, Instant};

use ane_bridge::Stage;
use ane_bridge::fake::FakeAne;
use synth_engine::{Capacity, Event, EventTime, LimiterMode, Report, realtime};

use super::*;
use crate::play::preparer::Preparer;
use crate::stand_in_engine::engine;

const BUFFER: usize = 256;
/// Not a measure of speed: what takes this long does not come.
const PATIENCE: Duration = Duration::from_secs(60);

fn config() -> RendererConfig {
    RendererConfig {
        polyphony: 16,
        most_polyphony: 16,
        threads: 1,
        limiter: LimiterMode::Instant,
        ..RendererConfig::default()
    }
}

fn prepared(fake: &FakeAne, choice: DeviceChoice) -> Result<Ready, AppError> {
    let mut ensemble = Ensemble::new(&[OsString::from("flute")], DeviceChoice::Cpu)?;
    ensemble.set_device(devices::live_device_by(&fake.ane(), None, choice)?);
    let order = ensemble.order(&config(), BUFFER);
    Preparer::start().unwrap().begin(order).wait()
}

#[test]
fn a_neural_engine_that_passes_its_test_plays_and_says_so() {
    for choice in [DeviceChoice::Auto, DeviceChoice::Ane] {
        let fake = engine();
        let ready = prepared(&fake, choice).unwrap();
        assert_eq!(ready.device.device.name(), "ane");
        assert_eq!(
            ready.device.described(),
            "ane (program 1.0, bias in the convolution; ahead of time; the cpu fills in)"
        );
        let lines = ready.device.lines(true);
        assert!(lines[0].starts_with("device: ane ("), "{lines:?}");
        let passed = "program 1.0, bias in the convolution: passed (compiled in ";
        assert!(
            lines.iter().any(|line| line.starts_with(passed)),
            "{lines:?}"
        );
        assert!(ready.carried.is_some_and(|voices| voices >= 1));
        let renderer = Renderer::new(config(), ready.loaded, ready.programs).unwrap();
        let (mut control, mut processor) = realtime(renderer, Capacity::default());
        for key in [60, 64, 67, 71] {
            let (channel, velocity) = (0, 0.8);
            control.send(
                EventTime::Now,
                Event::NoteOn {
                    channel,
                    key,
                    velocity,
                },
            );
        }
        let begun = Instant::now();
        let mut taken = 0;
        while taken < 100 {
            assert!(begun.elapsed() < PATIENCE, "{taken} columns taken");
            let [mut left, mut right] = [[0.0; BUFFER]; 2];
            processor.process(&mut [&mut left, &mut right]);
            if let Some(block) = control.blocks().last() {
                taken = block.counters.columns_from.taken;
                assert_eq!(block.counters.columns_from.failed, 0);
            }
            let retired = |report| matches!(report, Report::Retired { .. });
            assert!(!control.reports().any(retired));
            sleep(Duration::from_millis(5));
        }
    }
}

#[test]
fn a_neural_engine_that_refuses_is_replaced_only_where_nobody_named_it() {
    let fake = engine();
    let error = FakeAne::compiler_error("CompilationFailure");
    fake.refuse_programs(Stage::Compile, |_| true, Some(error));
    let ready = prepared(&fake, DeviceChoice::Auto).unwrap();
    let described = ready.device.described();
    assert!(
        described.starts_with("cpu (the Neural Engine is not used: all 7 forms: "),
        "{described}"
    );
    assert!(described.contains("CompilationFailure"), "{described}");
    assert_eq!(ready.carried, None);
    let lines = ready.device.lines(true);
    let refused =
        |line: &&String| line.contains("not prepared: ") && line.contains("CompilationFailure");
    assert_eq!(lines.iter().filter(refused).count(), 7, "{lines:?}");
    assert_eq!(ready.device.lines(false).len(), 1);
    assert!(ready.loaded.iter().all(|loaded| loaded.ahead.is_none()));
    let Err(error) = prepared(&fake, DeviceChoice::Ane) else {
        panic!("it was prepared");
    };
    let error = error.to_string();
    assert!(error.contains("flute: cannot run on device ane"), "{error}");
    assert!(error.contains("CompilationFailure"), "{error}");
}

#[test]
fn what_the_processor_carries_is_measured_once() {
    let ensemble = Ensemble::new(&[OsString::from("flute")], DeviceChoice::Cpu).unwrap();
    let mut carried = Carried::default();
    let mut voices = |config: &RendererConfig, buffer| {
        let voices = carried.voices(ensemble.shelved(), config, buffer).unwrap();
        (voices, carried.0.len())
    };
    let (first, _) = voices(&config(), BUFFER);
    let more_voices = RendererConfig {
        polyphony: 8,
        ..config()
    };
    for _ in 0..3 {
        assert_eq!(voices(&more_voices, BUFFER), (first, 1));
    }
    let other_rate = RendererConfig {
        sample_rate_hz: 48_000,
        ..config()
    };
    assert_eq!(voices(&other_rate, BUFFER).1, 2);
    assert_eq!(voices(&config(), 2 * BUFFER).1, 3);
}
