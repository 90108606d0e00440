//! What is left out when the audio thread is too slow: level by level, audibly smooth, told, and all of it
//! given back.

mod fixtures;

use fixtures::{Score, config, instrument, lively_network, on, play_blocks, renderer, saw};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use synth_engine::{
    AudioProcessor, BlockReport, Capacity, ControlHandle, ControlRate, Event, EventTime,
    RendererConfig, Report, realtime,
};
use synth_model::Instrument;

const BLOCK: usize = 64;
const RATE_HZ: u32 = 44_100;
const MOST_CLICK: f64 = 3.0;

/// An engine on a machine whose speed the test decides.
struct Machine {
    control: ControlHandle,
    audio: AudioProcessor,
    /// What a block's making takes, in thousandths of its duration.
    load: Arc<AtomicU32>,
    sound: Vec<f32>,
    blocks: Vec<BlockReport>,
    events: Vec<(u64, Event)>,
}

impl Machine {
    fn new(config: &RendererConfig, instrument: &Instrument, clocked: bool) -> Self {
        let renderer = renderer(config, std::slice::from_ref(instrument));
        let (control, mut audio) = realtime(renderer, Capacity::default());
        let load = Arc::new(AtomicU32::new(0));
        if clocked {
            let (speed, mut now, mut running) = (load.clone(), Duration::ZERO, false);
            let block = Duration::from_secs_f64(BLOCK as f64 / f64::from(RATE_HZ));
            audio = audio.with_thread_clock(move || {
                if running {
                    now += block * speed.load(Ordering::Relaxed) / 1000;
                }
                running = !running;
                now
            });
        }
        Self {
            control,
            audio,
            load,
            sound: Vec::new(),
            blocks: Vec::new(),
            events: Vec::new(),
        }
    }

    fn run(&mut self, seconds: f64, load: impl Fn(u8) -> f32) {
        let (mut left, mut right) = ([0.0; BLOCK], [0.0; BLOCK]);
        let mut level = self.blocks.last().map_or(0, |block| block.shedding);
        for _ in 0..(seconds * f64::from(RATE_HZ)) as usize / BLOCK {
            self.load
                .store((load(level) * 1000.0) as u32, Ordering::Relaxed);
            let audio = &mut self.audio;
            testkit::no_alloc(|| audio.process(&mut [&mut left, &mut right]));
            self.sound.extend(left);
            self.blocks.extend(self.control.blocks());
            level = self.blocks[self.blocks.len() - 1].shedding;
            for report in self.control.reports() {
                if let Report::Event { sample, event } = report {
                    self.events.push((sample, event));
                }
            }
        }
    }

    /// The levels that took effect, and when.
    fn levels(&self) -> Vec<(u64, u8)> {
        let level = |&(sample, event): &(u64, Event)| match event {
            Event::Shedding { level } => Some((sample, level)),
            _ => None,
        };
        self.events.iter().filter_map(level).collect()
    }

    fn play(&mut self, voices: usize) {
        for voice in 0..voices {
            let channel = (voice / 16) as u8;
            let key = 34 + 3 * (voice % 16) as u8;
            self.control.send(EventTime::At(0), on(channel, key, 0.8));
        }
    }
}

fn polyphonic(voices: usize) -> RendererConfig {
    RendererConfig {
        polyphony: voices,
        ..config(RATE_HZ)
    }
}

/// Asks as often in every state, so that what shedding takes away can be told.
fn at_full_rate(voices: usize) -> RendererConfig {
    RendererConfig {
        control_rate: ControlRate::Full,
        ..polyphonic(voices)
    }
}

fn lively() -> Instrument {
    instrument("lively", lively_network(3), &[0])
}

#[test]
fn it_goes_level_by_level_and_is_told() {
    let mut machine = Machine::new(&at_full_rate(32), &lively(), true);
    machine.play(32);
    // So many do not begin in one block.
    machine.run(0.01, |_| 0.4);
    machine.blocks.clear();
    machine.run(0.5, |_| 0.4);
    assert_eq!(machine.levels(), []);
    machine.run(1.0, |level| 1.2 - 0.1 * f32::from(level));
    let levels = machine.levels();
    let expected: Vec<u8> = (1..=levels.len() as u8).collect();
    let reached: Vec<u8> = levels.iter().map(|&(_, level)| level).collect();
    assert_eq!(reached, expected);
    assert!((5..9).contains(&levels.len()), "{levels:?}");
    // Every level is in the reports of its block and those after it.
    for &(sample, level) in &levels {
        let block = machine.blocks.iter().find(|block| block.sample == sample);
        assert_eq!(block.unwrap().shedding, level);
    }
    assert!(machine.blocks.iter().any(|block| block.load > 1.0));
    // The first level changes no voice and no column, the second halves the columns, each further one
    // takes an eighth of the voices left away.
    let of_level = |level: u8| -> Vec<&BlockReport> {
        let blocks = machine.blocks.iter();
        blocks.filter(|block| block.shedding == level).collect()
    };
    let columns = |blocks: &[&BlockReport]| {
        let total = |block: &BlockReport| block.counters.columns_from.total() as f64;
        let (first, last) = (blocks[0], blocks[blocks.len() - 1]);
        (total(last) - total(first)) / (blocks.len() - 1) as f64
    };
    for (level, voices, share) in [(0, 32, 1.0), (1, 32, 1.0), (2, 32, 0.5)] {
        let blocks = of_level(level);
        assert!(blocks.iter().all(|block| block.voices == voices));
        let ratio = columns(&blocks) / (f64::from(voices) * share);
        // A few blocks only, and every other one has the column.
        assert!((ratio - 1.0).abs() < 0.2, "level {level}: {ratio}");
    }
    let mut voices = 32;
    for level in 3..=levels.len() as u8 {
        let left = of_level(level).last().unwrap().voices;
        assert_eq!(left, voices - u32::div_ceil(voices, 8), "level {level}");
        voices = left;
    }
}

#[test]
fn notes_that_come_at_once_begin_over_several_blocks() {
    let begins = |with_clock: bool| {
        let mut machine = Machine::new(&polyphonic(64), &lively(), with_clock);
        machine.play(60);
        machine.run(0.1, |_| 0.1);
        let on = |&(sample, event): &(u64, Event)| match event {
            Event::NoteOn { channel, key, .. } => Some((sample, channel, key)),
            _ => None,
        };
        machine.events.iter().filter_map(on).collect::<Vec<_>>()
    };
    let (late, at_once) = (begins(true), begins(false));
    assert!(at_once.len() == 60 && at_once.iter().all(|(sample, ..)| *sample == 0));
    // In the same order, and at the beginning of a block: 0.1 ms of its time for each.
    let names = |all: &[(u64, u8, u8)]| -> Vec<(u8, u8)> {
        all.iter()
            .map(|(_, channel, key)| (*channel, *key))
            .collect()
    };
    assert_eq!(names(&late), names(&at_once));
    let most = (BLOCK as f64 / f64::from(RATE_HZ) / 100e-6) as usize;
    for (number, (sample, ..)) in late.iter().enumerate() {
        assert_eq!(*sample, (number / most * BLOCK) as u64, "note {number}");
    }
}

#[test]
fn neither_way_clicks() {
    for instrument in [saw(-90.0), lively()] {
        let mut machine = Machine::new(&polyphonic(24), &instrument, true);
        machine.play(24);
        machine.run(0.5, |_| 0.4);
        machine.run(0.6, |_| 1.5);
        machine.run(10.0, |_| 0.1);
        let levels = machine.levels();
        assert_eq!(levels.last().unwrap().1, 0);
        assert!(levels.iter().any(|&(_, level)| level == 18));
        let sound: Vec<f32> = machine.sound.clone();
        let silence = vec![0.0_f32; sound.len()];
        let mut worst = 0.0_f64;
        for &(sample, _) in &levels {
            let near = sample as usize - 4000..sample as usize + 4000;
            let ratio = testkit::click_ratio(
                &sound[near.clone()],
                &silence[near],
                4000,
                f64::from(RATE_HZ),
            );
            worst = worst.max(ratio);
        }
        println!("worst click ratio {worst:.2} of {} changes", levels.len());
        assert!(worst <= MOST_CLICK, "{worst}");
    }
}

#[test]
fn what_nobody_hears_goes_first_and_all_comes_back() {
    let config = at_full_rate(8);
    let score: Score = (0..8).map(|i| (0, on(0, 34 + 5 * i, 0.8))).collect();
    for instrument in [saw(-90.0), lively()] {
        let mut machine = Machine::new(&config, &instrument, true);
        for &(sample, event) in &score {
            machine.control.send(EventTime::At(sample), event);
        }
        machine.run(0.5, |_| 0.4);
        machine.run(1.0, |level| if level < 2 { 0.75 } else { 0.5 });
        machine.run(6.0, |_| 0.1);
        let levels: Vec<u8> = machine.levels().iter().map(|&(_, level)| level).collect();
        assert_eq!(levels, [1, 2, 1, 0]);
        let length = machine.sound.len();
        let mut twin = renderer(&config, std::slice::from_ref(&instrument));
        let [plain, _] = play_blocks(&mut twin, &score, length, || 512);
        let at: Vec<usize> = machine
            .levels()
            .iter()
            .map(|&(at, _)| at as usize)
            .collect();
        // Ramps between control frames are over a little later.
        let later = 512;
        assert!(machine.sound[..at[0]] == plain[..at[0]]);
        let difference_db = |range: std::ops::Range<usize>| {
            let energy = |x: &mut dyn Iterator<Item = f32>| -> f64 {
                x.map(|x| f64::from(x) * f64::from(x)).sum()
            };
            let pairs = machine.sound[range.clone()]
                .iter()
                .zip(&plain[range.clone()]);
            let error = energy(&mut pairs.map(|(a, b)| a - b));
            10.0 * (error / energy(&mut plain[range].iter().copied())).log10()
        };
        let partials = difference_db(at[2] + later..at[3]);
        let columns = difference_db(at[1] + later..at[2]);
        // Vibrato was drawn with fewer corners: what is left of that is where in its period a voice is.
        let back = difference_db(at[3] + later..length);
        println!(
            "partials left out: {partials:.1} dB; columns doubled: {columns:.1} dB; after: {back:.1} dB"
        );
        assert!(back < -40.0, "{back}");
        assert!(partials < -45.0, "{partials}");
        assert!(columns < -20.0, "{columns}");
    }
}

#[test]
fn without_a_thread_clock_nothing_is_ever_left_out() {
    let mut machine = Machine::new(&polyphonic(8), &lively(), false);
    machine.play(8);
    machine.run(1.0, |_| 9.0);
    assert_eq!(machine.levels(), []);
    assert!(machine.blocks.iter().all(|block| block.load.is_nan()));
    assert!(machine.blocks.iter().all(|block| block.shedding == 0));
}

#[test]
fn an_event_of_shedding_replays_what_was_left_out() {
    let config = polyphonic(24);
    let mut machine = Machine::new(&config, &lively(), true);
    machine.play(24);
    machine.run(0.3, |_| 0.4);
    machine.run(0.6, |_| 1.5);
    machine.run(6.0, |_| 0.1);
    let mut twin = renderer(&config, &[lively()]);
    let length = machine.sound.len();
    let [replayed, _] = play_blocks(&mut twin, &machine.events, length, || 1000);
    assert!(machine.sound == replayed);
}
