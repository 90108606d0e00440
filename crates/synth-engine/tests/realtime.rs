//! The audio thread's rule: `process` allocates nothing, in any path.

mod fixtures;

use fixtures::{config, instrument, lively_network, off, on, renderer, saw};
use mil::{Program, Weights};
use mil_runtime::{ColumnKernel, Device, DeviceError, Executable, RunError, Timing};
use std::sync::Arc;
use synth_engine::{
    Event, LimiterMode, LoadedInstrument, ProgramMap, Renderer, RendererConfig, TimedEvent,
};
use synth_model::Predictor;

#[test]
fn process_never_allocates() {
    for (rate, limiter) in [
        (44_100, LimiterMode::LookAhead),
        (96_000, LimiterMode::Instant),
    ] {
        let config = RendererConfig {
            polyphony: 6,
            limiter,
            ..config(rate)
        };
        let instruments = [
            instrument("a", lively_network(1), &[0]),
            instrument("b", lively_network(2), &[8]),
        ];
        let mut renderer = renderer(&config, &instruments);
        let (mut left, mut right) = (vec![0.0; 3000], vec![0.0; 3000]);
        for round in 0..60u32 {
            let key = 30 + (round * 7 % 80) as u8;
            let channel = (round % 3) as u8;
            let at = |offset, event| TimedEvent { offset, event };
            let events = [
                at(
                    0,
                    Event::Program {
                        channel,
                        program: (round % 16) as u8,
                    },
                ),
                at(3, on(channel, key, 0.9)),
                at(3, on(channel, key + 7, 0.9)),
                at(
                    40,
                    Event::PitchBend {
                        channel,
                        semitones: (round % 5) as f32 - 2.0,
                    },
                ),
                at(
                    41,
                    Event::Modulation {
                        channel,
                        amount: 0.7,
                    },
                ),
                at(
                    60,
                    Event::Expression {
                        channel,
                        amount: (round % 9) as f32 / 8.0,
                    },
                ),
                at(
                    61,
                    Event::Pan {
                        channel,
                        position: -0.5,
                    },
                ),
                at(90, off(channel, key)),
                at(
                    90,
                    Event::Sustain {
                        channel,
                        down: round % 4 == 0,
                    },
                ),
                at(
                    95,
                    Event::AllNotesOff {
                        channel: (round % 7) as u8,
                    },
                ),
                at(
                    99,
                    Event::AllSoundOff {
                        channel: (round % 11) as u8,
                    },
                ),
                at(
                    99,
                    Event::ResetControllers {
                        channel: (round % 13) as u8,
                    },
                ),
            ];
            let length = [0, 1, 63, 64, 512, 3000][round as usize % 6];
            let mut out = [&mut left[..length], &mut right[..length]];
            testkit::no_alloc(|| renderer.process(&events, &mut out));
        }
        assert!(renderer.counters().stolen > 10);
    }
}

/// A kernel that answers NaN, then refuses.
struct Broken {
    calls: usize,
}

impl Device for Broken {
    fn name(&self) -> &'static str {
        "broken"
    }

    fn prepare(&self, _: &Program, _: &Weights) -> Result<Box<dyn Executable>, DeviceError> {
        unreachable!("the synth asks for columns only")
    }

    fn prepare_columns(
        &self,
        _: &Program,
        _: &Weights,
        _: usize,
    ) -> Result<Box<dyn ColumnKernel>, DeviceError> {
        Ok(Box::new(Broken { calls: 0 }))
    }
}

impl ColumnKernel for Broken {
    fn timing(&self) -> Timing {
        Timing::Bounded
    }

    fn run(&mut self, columns: usize, _: &[f32], output: &mut [f32]) -> Result<(), RunError> {
        self.calls += 1;
        if self.calls > 3 {
            return Err(RunError::TooManyColumns {
                got: columns,
                max: 0,
            });
        }
        output.fill(f32::NAN);
        Ok(())
    }
}

#[test]
fn answers_that_are_not_finite_or_refused_are_silenced_and_counted() {
    let instrument = Arc::new(saw(-80.0));
    let predictors = vec![Predictor::new(&Broken { calls: 0 }, &instrument, 256).unwrap()];
    let loaded = vec![LoadedInstrument {
        instrument,
        predictors,
    }];
    let mut renderer = Renderer::new(config(44_100), loaded, ProgramMap::single(0)).unwrap();
    let (mut left, mut right) = (vec![1.0; 512], vec![1.0; 512]);
    for _ in 0..8 {
        let events = [TimedEvent {
            offset: 10,
            event: on(0, 60, 0.9),
        }];
        testkit::no_alloc(|| renderer.process(&events, &mut [&mut left, &mut right]));
        assert!(left.iter().chain(&right).all(|&x| x == 0.0));
    }
    // Harmonics and noise of every column.
    assert_eq!(
        renderer.counters().non_finite,
        2 * renderer.counters().columns
    );
}
