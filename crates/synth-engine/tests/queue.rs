//! The ring of events is full: nothing that ends notes is lost, and nothing is out of order.

mod fixtures;

use fixtures::{config, off, on, renderer, saw};
use synth_engine::{Capacity, Delivery, Event, EventTime, RendererConfig, Report, realtime};

const FEW: Capacity = Capacity {
    events: 8,
    reports: 64,
    senders: 1,
};

fn polyphonic() -> RendererConfig {
    RendererConfig {
        polyphony: 64,
        ..config(44_100)
    }
}

#[test]
fn note_offs_are_kept_until_there_is_room_and_all_notes_end() {
    let (mut control, mut audio) = realtime(renderer(&polyphonic(), &[saw(-80.0)]), FEW);
    let (mut left, mut right) = ([0.0; 128], [0.0; 128]);
    for key in 40..48 {
        assert_eq!(
            control.send(EventTime::Now, on(0, key, 0.8)),
            Delivery::Sent
        );
    }
    audio.process(&mut [&mut left, &mut right]);
    // The audio side stands still, and the player goes on.
    for key in 60..68 {
        assert_eq!(
            control.send(EventTime::Now, on(0, key, 0.8)),
            Delivery::Sent
        );
    }
    assert_eq!(control.send(EventTime::Now, on(0, 70, 0.8)), Delivery::Lost);
    for key in (40..48).chain(60..68) {
        assert_eq!(
            control.send(EventTime::Now, off(0, key)),
            Delivery::Deferred
        );
    }
    assert_eq!(control.send(EventTime::Now, on(0, 71, 0.8)), Delivery::Lost);
    assert_eq!(control.lost_events(), 2);
    let mut order = Vec::new();
    let mut voices = 16;
    for _ in 0..1000 {
        testkit::no_alloc(|| audio.process(&mut [&mut left, &mut right]));
        order.extend(control.reports().filter_map(|report| match report {
            Report::Event {
                event: Event::NoteOff { key, .. },
                ..
            } => Some(key),
            _ => None,
        }));
        voices = control.blocks().last().unwrap().voices;
    }
    assert!(
        order.iter().copied().eq((40..48).chain(60..68)),
        "{order:?}"
    );
    assert_eq!(voices, 0);
    assert_eq!(left, [0.0; 128]);
}

#[test]
fn a_full_ring_of_reports_costs_reports_and_tells_how_many() {
    let (mut control, mut audio) = realtime(renderer(&polyphonic(), &[saw(-80.0)]), FEW);
    let (mut left, mut right) = ([0.0; 64], [0.0; 64]);
    for _ in 0..20 {
        for key in 40..48 {
            control.send(EventTime::Now, on(0, key, 0.8));
        }
        testkit::no_alloc(|| audio.process(&mut [&mut left, &mut right]));
    }
    assert_eq!(control.reports().count(), 64);
    // Block reports go their own way.
    assert_eq!(control.blocks().count(), 20);
    testkit::no_alloc(|| audio.process(&mut [&mut left, &mut right]));
    assert_eq!(control.blocks().last().unwrap().lost_reports, 160 - 64);
}

#[test]
fn events_of_the_past_take_effect_now_and_those_of_the_future_in_their_order() {
    let (mut control, mut audio) = realtime(renderer(&polyphonic(), &[saw(-80.0)]), FEW);
    let (mut left, mut right) = ([0.0; 100], [0.0; 100]);
    audio.process(&mut [&mut left, &mut right]);
    for (time, key) in [
        (EventTime::At(250), 1),
        (EventTime::At(3), 2),
        (EventTime::Now, 3),
        (EventTime::At(150), 4),
        (EventTime::At(250), 5),
        (EventTime::At(249), 6),
    ] {
        control.send(time, on(0, 40 + key, 0.5));
    }
    for _ in 0..3 {
        testkit::no_alloc(|| audio.process(&mut [&mut left, &mut right]));
    }
    let heard: Vec<(u64, u8)> = control
        .reports()
        .filter_map(|report| match report {
            Report::Event {
                sample,
                event: Event::NoteOn { key, .. },
            } => Some((sample, key - 40)),
            _ => None,
        })
        .collect();
    let expected = [(100, 2), (100, 3), (150, 4), (249, 6), (250, 1), (250, 5)];
    assert_eq!(heard, expected);
}

#[test]
fn each_side_learns_that_the_other_is_gone_and_goes_on() {
    let (control, mut audio) = realtime(renderer(&polyphonic(), &[saw(-80.0)]), FEW);
    let (mut left, mut right) = ([0.0; 100], [0.0; 100]);
    assert!(!control.is_alone());
    drop(control);
    testkit::no_alloc(|| audio.process(&mut [&mut left, &mut right]));
    let (mut control, audio) = realtime(renderer(&polyphonic(), &[saw(-80.0)]), FEW);
    drop(audio);
    assert!(control.is_alone());
    for _ in 0..100 {
        control.send(EventTime::Now, on(0, 60, 0.5));
        control.send(EventTime::Now, off(0, 60));
    }
}

#[test]
fn another_threads_sender_has_a_ring_of_its_own() {
    let (mut control, mut audio) = realtime(renderer(&polyphonic(), &[saw(-80.0)]), FEW);
    let mut sender = control.take_sender().unwrap();
    assert!(control.take_sender().is_none(), "there is one");
    let (mut left, mut right) = ([0.0; 128], [0.0; 128]);
    for key in 40..48 {
        assert_eq!(
            sender.send(EventTime::At(7), on(1, key, 0.8)),
            Delivery::Sent
        );
    }
    assert_eq!(sender.send(EventTime::Now, on(1, 48, 0.8)), Delivery::Lost);
    assert_eq!(sender.send(EventTime::Now, off(1, 40)), Delivery::Deferred);
    assert_eq!((sender.lost_events(), control.lost_events()), (1, 0));
    // The full ring of one is nothing to the other.
    assert_eq!(control.send(EventTime::Now, on(0, 60, 0.8)), Delivery::Sent);
    testkit::no_alloc(|| audio.process(&mut [&mut left, &mut right]));
    sender.flush();
    testkit::no_alloc(|| audio.process(&mut [&mut left, &mut right]));
    testkit::no_alloc(|| audio.process(&mut [&mut left, &mut right]));
    let reports: Vec<Report> = control.reports().collect();
    let samples: Vec<(u64, Option<u8>)> = reports
        .iter()
        .filter_map(|report| match report {
            Report::Event { sample, event } => Some((*sample, event.channel())),
            _ => None,
        })
        .collect();
    assert_eq!(samples.iter().filter(|at| **at == (7, Some(1))).count(), 7);
    assert!(samples.contains(&(0, Some(0))));
    let offs = reports.iter().filter(|report| {
        matches!(
            report,
            Report::Event {
                event: Event::NoteOff { key: 40, .. },
                ..
            }
        )
    });
    assert_eq!(offs.count(), 1);
    let over = control.blocks().last().unwrap();
    assert_eq!(over.voices, 9, "one of them released");
}
