//! The realtime engine: what is sent is played, at its time, and what is handed over is taken up.

mod fixtures;

use fixtures::{config, instrument, lively_network, off, on, renderer, saw};
use mil_runtime::cpu::CpuDevice;
use std::sync::Arc;
use synth_engine::{
    Capacity, Delivery, Event, EventTime, LoadedInstrument, ProgramMap, Renderer, RendererConfig,
    Report, realtime,
};
use synth_model::{Instrument, Predictor};

fn load(instrument: &Arc<Instrument>) -> Vec<LoadedInstrument> {
    let columns = Renderer::columns_per_call();
    let predictor = Predictor::new(&CpuDevice::new(), instrument, columns).unwrap();
    vec![LoadedInstrument {
        instrument: instrument.clone(),
        predictors: vec![predictor],
        ahead: None,
    }]
}

#[test]
fn events_take_effect_at_their_sample_as_in_the_renderer_alone() {
    let config = config(44_100);
    let instruments = [instrument("lively", lively_network(3), &[0])];
    let score = [
        (10, on(0, 60, 0.8)),
        (300, on(0, 67, 0.5)),
        (1000, off(0, 60)),
        (
            1000,
            Event::Modulation {
                channel: 0,
                amount: 1.0,
            },
        ),
    ];
    let expected = fixtures::play(&config, &instruments, &score.to_vec(), 4096);

    let (mut control, mut audio) = realtime(renderer(&config, &instruments), Capacity::default());
    for (sample, event) in score {
        assert_eq!(control.send(EventTime::At(sample), event), Delivery::Sent);
    }
    let (mut left, mut right) = (vec![0.0; 4096], vec![0.0; 4096]);
    let blocks = left.chunks_mut(96).zip(right.chunks_mut(96));
    for (left, right) in blocks {
        testkit::no_alloc(|| audio.process(&mut [left, right]));
    }
    assert!([left, right] == expected);
    let reported: Vec<Report> = control.reports().collect();
    let sent = score.map(|(sample, event)| Report::Event { sample, event });
    assert_eq!(reported, sent);
    let blocks: Vec<_> = control.blocks().collect();
    assert_eq!(blocks.len(), 4096_usize.div_ceil(96));
    assert!(
        blocks
            .iter()
            .any(|block| block.voices == 2 && block.peak[0] > 0.0)
    );
}

#[test]
fn other_instruments_are_taken_up_and_the_old_ones_come_back() {
    let config = RendererConfig {
        polyphony: 4,
        ..config(44_100)
    };
    let first = Arc::new(saw(-80.0));
    let second = Arc::new(instrument("lively", lively_network(3), &[0]));
    let renderer = Renderer::new(config, load(&first), ProgramMap::single(0)).unwrap();
    let (mut control, mut audio) = realtime(renderer, Capacity::default());
    let (mut left, mut right) = (vec![0.0; 64], vec![0.0; 64]);
    control.send(EventTime::Now, on(0, 60, 0.9));
    control.send(EventTime::Now, on(0, 64, 0.9));
    for round in 0..100 {
        if round % 10 == 5 {
            let next = [&second, &first][round / 10 % 2];
            let prepared = control.prepare(load(next), ProgramMap::single(0)).unwrap();
            control.change_instruments(prepared).map_err(drop).unwrap();
        }
        testkit::no_alloc(|| audio.process(&mut [&mut left, &mut right]));
        control.reports().for_each(drop);
        assert!(left.iter().any(|&x| x != 0.0));
    }
    // What was left long ago is dropped, what plays is not.
    assert_eq!(Arc::strong_count(&second), 1);
    drop((control, audio));
    assert_eq!(Arc::strong_count(&first), 1);
}
