//! A device that never answers: it costs nothing but its retirement, and nobody waits for it at the end.

mod fixtures;

use fixtures::blocking::{on_cpu, on_device};
use fixtures::{config, instrument, lively_network, on, renderer};
use std::sync::Arc;
use std::time::{Duration, Instant};
use synth_engine::{
    Capacity, Event, EventTime, ProgramMap, Renderer, Report, Retirement, TimedEvent, realtime,
};
use testkit::{Script, ScriptedDevice, VirtualClock};

const BLOCK: usize = 128;
const RATE_HZ: u32 = 44_100;
/// A device may be silent for long before it is given up: it may be busy with another program.
const LATEST_RETIREMENT: u64 = 5 * RATE_HZ as u64;
/// The promise is 1 s for everything; this is a wall clock's time on a busy machine.
const LONGEST_DROP: Duration = Duration::from_secs(1);

fn chord() -> impl Iterator<Item = Event> {
    (0..8).map(|voice| on(0, 40 + 3 * voice, 0.7))
}

/// Makes sure that devices which hang are let go, also where the test fails.
struct Free(VirtualClock);

impl Drop for Free {
    fn drop(&mut self) {
        self.0.close();
    }
}

#[test]
fn it_is_given_up_and_nothing_is_heard_of_it() {
    let clock = VirtualClock::new();
    let _free = Free(clock.clone());
    let device = ScriptedDevice::new(Script::HangFrom(0), clock);
    let own = Arc::new(instrument("lively", lively_network(3), &[0]));
    let loaded = vec![on_device(&device, &own, 256)];
    let hanging = Renderer::new(config(RATE_HZ), loaded, ProgramMap::single(0)).unwrap();
    let (mut control, mut audio) = realtime(hanging, Capacity::default());
    let mut alone = renderer(
        &config(RATE_HZ),
        &[instrument("lively", lively_network(3), &[0])],
    );
    let events: Vec<TimedEvent> = chord()
        .map(|event| TimedEvent { offset: 0, event })
        .collect();
    chord().for_each(|event| {
        control.send(EventTime::Now, event);
    });
    let (mut left, mut right) = ([0.0_f32; BLOCK], [0.0_f32; BLOCK]);
    let (mut own_left, mut own_right) = ([0.0_f32; BLOCK], [0.0_f32; BLOCK]);
    let mut retired = Vec::new();
    let mut last = None;
    let blocks = 6 * RATE_HZ as usize / BLOCK;
    for block in 0..blocks {
        testkit::no_alloc(|| audio.process(&mut [&mut left, &mut right]));
        let now = if block == 0 { &events[..] } else { &[] };
        alone.process(now, &mut [&mut own_left, &mut own_right]);
        assert!(left == own_left && right == own_right, "block {block}");
        for report in control.reports() {
            if let Report::Retired { sample, reason } = report {
                retired.push((sample, reason));
            }
        }
        last = control.blocks().last().or(last);
    }
    assert!(
        matches!(retired[..], [(sample, Retirement::Silent)] if sample < LATEST_RETIREMENT),
        "{retired:?}"
    );
    let counts = last.unwrap().counters.columns_from;
    assert_eq!((counts.taken, counts.failed), (0, 0));
    assert_eq!(counts.total(), alone.counters().columns_from.cpu);
    assert_eq!(device.calls().len(), 1);
    let begun = Instant::now();
    drop((control, audio));
    let took = begun.elapsed();
    println!("dropping the engine took {took:?}");
    assert!(took < LONGEST_DROP, "{took:?}");
    assert_eq!(device.calls()[0].ended, None, "it still hangs");
}

#[test]
fn an_engine_may_go_while_several_devices_hang() {
    let clock = VirtualClock::new();
    let _free = Free(clock.clone());
    let own = Arc::new(instrument("lively", lively_network(3), &[0]));
    let first = Renderer::new(config(RATE_HZ), vec![on_cpu(&own)], ProgramMap::single(0));
    let (mut control, mut audio) = realtime(first.unwrap(), Capacity::default());
    chord().for_each(|event| {
        control.send(EventTime::Now, event);
    });
    let (mut left, mut right) = ([0.0_f32; BLOCK], [0.0_f32; BLOCK]);
    for _ in 0..5 {
        let device = ScriptedDevice::new(Script::HangFrom(0), clock.clone());
        let loaded = vec![on_device(&device, &own, 256)];
        let prepared = control.prepare(loaded, ProgramMap::single(0)).unwrap();
        control.change_instruments(prepared).unwrap();
        // Until it has been asked and hangs, and the crossfade is over.
        let mut blocks = 0;
        while device.calls().is_empty() || blocks < 20 {
            testkit::no_alloc(|| audio.process(&mut [&mut left, &mut right]));
            std::thread::yield_now();
            blocks += 1;
        }
    }
    let begun = Instant::now();
    drop((control, audio));
    let took = begun.elapsed();
    println!("dropping the engine took {took:?}");
    assert!(took < LONGEST_DROP, "{took:?}");
}
