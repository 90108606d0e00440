//! The realtime engine: what is sent is played, at its time, and what is handed over is taken up.

mod fixtures;

use fixtures::blocking::{Blocking, on_cpu, on_device};
use fixtures::{config, instrument, lively_network, off, on, renderer, saw};
use std::sync::Arc;
use synth_engine::{
    Capacity, Delivery, Event, EventTime, ProgramMap, Renderer, RendererConfig, Report, realtime,
    realtime_with_workers,
};

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
    let renderer = Renderer::new(config, vec![on_cpu(&first)], ProgramMap::single(0)).unwrap();
    let (mut control, mut audio) = realtime(renderer, Capacity::default());
    let (mut left, mut right) = (vec![0.0; 64], vec![0.0; 64]);
    control.send(EventTime::Now, on(0, 60, 0.9));
    control.send(EventTime::Now, on(0, 64, 0.9));
    for round in 0..100 {
        if round % 10 == 5 {
            let next = [&second, &first][round / 10 % 2];
            let prepared = control
                .prepare(vec![on_cpu(next)], ProgramMap::single(0))
                .unwrap();
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

#[test]
fn a_device_that_answers_in_time_computes_nearly_everything_and_changes_nothing() {
    let config = config(44_100);
    let instrument = Arc::new(instrument("lively", lively_network(3), &[0]));
    let mut score = vec![(0, on(0, 50, 0.8)), (5000, on(0, 62, 0.5))];
    score.push((20_000, off(0, 50)));
    score.push((
        30_000,
        Event::PitchBend {
            channel: 0,
            semitones: 1.0,
        },
    ));
    let length = 60_000;
    let expected = fixtures::play(&config, &[(*instrument).clone()], &score, length);

    let loaded = vec![on_device(&Blocking, &instrument, 64)];
    let renderer = Renderer::new(config, loaded, ProgramMap::single(0)).unwrap();
    let (hand_over, workers) = std::sync::mpsc::channel();
    let start = move |worker| hand_over.send(worker).unwrap();
    let (mut control, mut audio) = realtime_with_workers(renderer, Capacity::default(), start);
    let mut worker = workers.recv().unwrap();
    for (sample, event) in score {
        control.send(EventTime::At(sample), event);
    }
    let (mut left, mut right) = (vec![0.0; length], vec![0.0; length]);
    for (left, right) in left.chunks_mut(96).zip(right.chunks_mut(96)) {
        testkit::no_alloc(|| audio.process(&mut [left, right]));
        while worker.step() {}
    }
    assert!([left, right] == expected);
    let counters = control.blocks().last().unwrap().counters;
    let from = counters.columns_from;
    println!("{from:?}");
    assert!(from.taken * 100 > 95 * from.total(), "{from:?}");
    assert_eq!((from.late, from.failed), (0, 0));
    assert!(from.stale > 0);
}
