//! Both sides on threads of their own, as fast as they can: everything arrives once, unchanged and in
//! order.

mod fixtures;

use fixtures::{config, renderer, saw};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{spawn, yield_now};
use synth_engine::{Capacity, Delivery, Event, EventTime, Report, realtime};

const EVENTS: u32 = 10_000_000;
const CAPACITY: Capacity = Capacity {
    events: 4096,
    reports: 1 << 16,
    senders: 1,
};

/// The event of this number: no two are alike.
fn event(number: u32) -> Event {
    Event::Modulation {
        channel: (number % 16) as u8,
        // Exact: less than 2^24.
        amount: number as f32 / (1 << 24) as f32,
    }
}

#[test]
fn ten_million_events_take_effect_in_order() {
    let (mut control, mut audio) = realtime(renderer(&config(44_100), &[saw(-80.0)]), CAPACITY);
    let is_over = Arc::new(AtomicBool::new(false));
    let playing = spawn({
        let is_over = is_over.clone();
        move || {
            let (mut left, mut right) = ([0.0; 32], [0.0; 32]);
            while !is_over.load(Ordering::Relaxed) {
                testkit::no_alloc(|| audio.process(&mut [&mut left, &mut right]));
                yield_now();
            }
        }
    });
    let (mut sent, mut back) = (0, 0);
    let mut last = 0;
    while back < EVENTS {
        // Reports of all that is under way find room.
        while sent < EVENTS && sent - back < 1 << 15 {
            match control.send(EventTime::Now, event(sent)) {
                Delivery::Sent => sent += 1,
                Delivery::Lost => break,
                Delivery::Deferred => panic!("it ends no notes"),
            }
        }
        for report in control.reports() {
            let Report::Event { sample, event: had } = report else {
                panic!("{report:?}");
            };
            assert_eq!(had, event(back));
            assert!(sample >= last);
            last = sample;
            back += 1;
        }
        control.blocks().for_each(drop);
        yield_now();
    }
    is_over.store(true, Ordering::Relaxed);
    playing.join().unwrap();
    assert_eq!(control.reports().count(), 0);
}
