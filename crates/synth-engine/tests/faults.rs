//! Ten minutes of music for each way in which a device can go wrong.
//!
//! A worker on a thread of its own asks the device, as in life; only time is made: the device's clock
//! counts blocks, and the next block begins when the worker rests. What is compared with is the same
//! music from a renderer that has no device.

mod fixtures;

use fixtures::blocking::on_device;
use fixtures::storm::Random;
use fixtures::{Score, config, instrument, lively_network, off, on, renderer};
use std::sync::mpsc::channel;
use std::sync::{Arc, OnceLock};
use synth_engine::{
    AudioProcessor, Capacity, ColumnCounts, ColumnView, ControlHandle, Event, EventTime,
    ProgramMap, Renderer, Report, Retirement, TimedEvent, realtime_with_workers,
};
use testkit::{Script, ScriptedDevice, VirtualClock, Workers};

const BLOCK: usize = 128;
const RATE_HZ: u32 = 44_100;
const BLOCKS: usize = 10 * 60 * RATE_HZ as usize / BLOCK;
/// Rounding is no fault, and slow to imitate.
const FP16_BLOCKS: usize = BLOCKS / 5;
/// Partials and noise bands of the instrument.
const SIZES: (usize, usize) = (64, 65);
/// By how much a decoded level that a device gave may differ from the CPU's: the answers' own bound
/// (inference/check.rs) is 0.1 of 10 dB, for the row itself and for the sum by which it is scaled.
const FP16_BOUND_DB: f64 = 2.0;
/// Levels below this, against the loudest partial, are not compared: rounding tells there.
const SILENT_DB: f64 = -80.0;

/// Ten minutes of notes, bends, swells and pedals for three or four voices.
fn score() -> Score {
    let mut random = Random(5);
    let mut score = Score::new();
    let mut sample = 0;
    let mut playing: Vec<u8> = Vec::new();
    while sample < (BLOCKS * BLOCK) as u64 {
        match random.below(8) {
            0..4 => {
                let key = 40 + random.below(40) as u8;
                if !playing.contains(&key) {
                    playing.push(key);
                    score.push((sample, on(0, key, 0.3 + 0.1 * random.below(7) as f32)));
                }
                if playing.len() > 3 {
                    score.push((sample, off(0, playing.remove(0))));
                }
            }
            4 => score.push((
                sample,
                Event::PitchBend {
                    channel: 0,
                    semitones: random.below(5) as f32 - 2.0,
                },
            )),
            5 => score.push((
                sample,
                Event::Expression {
                    channel: 0,
                    amount: 0.5 + 0.1 * random.below(6) as f32,
                },
            )),
            6 => score.push((
                sample,
                Event::Modulation {
                    channel: 0,
                    amount: 0.2 * random.below(5) as f32,
                },
            )),
            _ => {
                if let Some(key) = playing.pop() {
                    score.push((sample, off(0, key)));
                }
            }
        }
        sample += 2000 + random.below(20_000);
    }
    score
}

/// A block of sound, left and right.
type Block = [[f32; BLOCK]; 2];

/// The engine with a worker on its own thread, stepped in the device's time.
struct Session {
    control: ControlHandle,
    audio: AudioProcessor,
    clock: VirtualClock,
    workers: Workers,
    counts: ColumnCounts,
    retired: Option<(u64, Retirement)>,
    blocks: u64,
}

impl Session {
    fn new(script: Script) -> Self {
        let clock = VirtualClock::new();
        let device = ScriptedDevice::new(script, clock.clone());
        let own = Arc::new(instrument("lively", lively_network(3), &[0]));
        let loaded = vec![on_device(&device, &own, 256)];
        let renderer = Renderer::new(config(RATE_HZ), loaded, ProgramMap::single(0)).unwrap();
        let (hand_over, started) = channel();
        let start = move |worker| hand_over.send(worker).unwrap();
        let (control, audio) = realtime_with_workers(renderer, Capacity::default(), start);
        let mut worker = started.recv().unwrap();
        let workers = Workers::new(clock.clone());
        workers.start(move || {
            while worker.step() {}
            worker.is_over()
        });
        Self {
            control,
            audio,
            clock,
            workers,
            counts: ColumnCounts::default(),
            retired: None,
            blocks: 0,
        }
    }

    fn play(&mut self, events: &[TimedEvent], sound: &mut Block) {
        let start = self.blocks * BLOCK as u64;
        for timed in events {
            let at = EventTime::At(start + u64::from(timed.offset));
            self.control.send(at, timed.event);
        }
        let [left, right] = sound;
        let audio = &mut self.audio;
        testkit::no_alloc(|| audio.process(&mut [left, right]));
    }

    /// Lets the block's time pass until nothing more will come before the next one.
    fn pass(&mut self) {
        match self.audio.awaited_answers() {
            (sent, back) if sent == back => self.clock.advance(),
            _ => self.workers.rest(),
        }
        for report in self.control.reports() {
            if let Report::Retired { sample, reason } = report {
                assert_eq!(self.retired, None);
                self.retired = Some((sample, reason));
            }
        }
        for report in self.control.blocks() {
            assert_eq!(report.sample, self.blocks * BLOCK as u64);
            self.blocks += 1;
            self.counts = report.counters.columns_from;
            assert_eq!(report.counters.non_finite, 0);
        }
    }
}

/// The events of each block, block after block.
struct Music {
    coming: std::iter::Peekable<std::vec::IntoIter<(u64, Event)>>,
    end: u64,
    events: Vec<TimedEvent>,
}

impl Music {
    fn new() -> Self {
        Self {
            coming: score().into_iter().peekable(),
            end: 0,
            events: Vec::new(),
        }
    }

    fn next(&mut self) -> &[TimedEvent] {
        let start = self.end;
        self.end += BLOCK as u64;
        self.events.clear();
        while let Some((sample, event)) = self.coming.next_if(|next| next.0 < self.end) {
            let offset = (sample - start) as u32;
            self.events.push(TimedEvent { offset, event });
        }
        &self.events
    }
}

/// Decoded amplitudes of a column.
fn decoded(column: &ColumnView<'_>) -> ([f32; SIZES.0], [f32; SIZES.1]) {
    let (mut partials, mut noise) = ([0.0; SIZES.0], [0.0; SIZES.1]);
    assert_eq!(column.sizes(), SIZES);
    assert!(column.harmonics(&mut partials) && column.noise(&mut noise));
    (partials, noise)
}

/// Largest difference of two spectra's levels, dB, where they are loud enough to matter.
fn difference_db(a: &[f32], b: &[f32], db_per_tenfold: f64) -> f64 {
    let loudest = b.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
    let quiet = f64::from(loudest) * 10.0_f64.powf(SILENT_DB / db_per_tenfold);
    let pairs = a
        .iter()
        .zip(b)
        .map(|(&a, &b)| (f64::from(a.abs()), f64::from(b.abs())));
    pairs
        .filter(|&(a, b)| a.max(b) > quiet)
        .map(|(a, b)| (db_per_tenfold * (a / b).log10()).abs())
        .fold(0.0, f64::max)
}

/// Bits in which two blocks, or columns, hardly ever agree unless they are the same.
fn digest(values: impl IntoIterator<Item = f32>) -> u64 {
    values.into_iter().fold(0, |digest: u64, value| {
        let mixed = digest.rotate_left(7) ^ u64::from(value.to_bits());
        mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15)
    })
}

/// What the CPU alone makes of the music.
struct Alone {
    sound: Vec<u64>,
    /// Where each block's columns begin in `columns`; nothing for a block that was rendered in several
    /// passes, of which only the last can be looked at.
    begin: Vec<Option<usize>>,
    columns: Vec<Seen>,
    /// Columns of all blocks, looked at or not.
    total: u64,
}

/// One column.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Seen {
    note: u64,
    frame: u64,
    digest: u64,
}

impl Seen {
    fn new(column: &ColumnView<'_>) -> Self {
        let (partials, noise) = decoded(column);
        Self {
            note: column.note(),
            frame: column.frame(),
            digest: digest(partials.into_iter().chain(noise)),
        }
    }
}

fn alone() -> &'static Alone {
    static ALONE: OnceLock<Alone> = OnceLock::new();
    ALONE.get_or_init(|| {
        let mut music = Music::new();
        let mut renderer = twin();
        let mut sound = [[0.0; BLOCK]; 2];
        let mut alone = Alone {
            sound: Vec::new(),
            begin: Vec::new(),
            columns: Vec::new(),
            total: 0,
        };
        for _ in 0..BLOCKS {
            let [left, right] = &mut sound;
            renderer.process(music.next(), &mut [left, right]);
            alone.sound.push(digest(sound.into_iter().flatten()));
            let begin = alone.columns.len();
            alone
                .columns
                .extend(renderer.columns().map(|column| Seen::new(&column)));
            let total = renderer.counters().columns_from.cpu;
            let is_whole = total - alone.total == (alone.columns.len() - begin) as u64;
            alone.begin.push(is_whole.then_some(begin));
            if !is_whole {
                alone.columns.truncate(begin);
            }
            alone.total = total;
        }
        alone
    })
}

/// The same instrument on the CPU.
fn twin() -> Renderer {
    let own = [instrument("lively", lively_network(3), &[0])];
    renderer(&config(RATE_HZ), &own)
}

/// Plays the music with a device whose right answers are the CPU's own: there must be nothing to hear
/// of it.
fn play(script: Script) -> Played {
    let alone = alone();
    let mut session = Session::new(script);
    let mut music = Music::new();
    let mut sound = [[0.0; BLOCK]; 2];
    let mut seen = ColumnCounts::default();
    for block in 0..BLOCKS {
        session.play(music.next(), &mut sound);
        assert_eq!(
            digest(sound.into_iter().flatten()),
            alone.sound[block],
            "block {block}"
        );
        if let Some(begin) = alone.begin[block] {
            let mut expected = alone.columns[begin..].iter();
            for column in session.audio.renderer().columns() {
                assert_eq!(Some(&Seen::new(&column)), expected.next());
                match column.is_from_device() {
                    true => seen.taken += 1,
                    false => seen.cpu += 1,
                }
            }
        }
        session.pass();
    }
    finish(session, seen, BLOCKS, alone.total)
}

/// Ends a session and compares the engine's counts with what was `seen`.
fn finish(session: Session, seen: ColumnCounts, blocks: usize, total: u64) -> Played {
    let (counts, retired) = (session.counts, session.retired);
    assert_eq!(session.blocks, blocks as u64, "missed blocks");
    let unseen = total - seen.total();
    assert!(unseen < total / 10_000, "{unseen} of {total}");
    assert_eq!(counts.total(), total);
    assert!((seen.taken..=seen.taken + unseen).contains(&counts.taken));
    println!("{counts:?}, {unseen} not looked at; retired {retired:?}");
    Played { counts, retired }
}

/// What ten minutes with a device came to.
struct Played {
    counts: ColumnCounts,
    retired: Option<(u64, Retirement)>,
}

/// Columns of a block that is rendered in two passes may be wanted in the second when they have only
/// been asked for in the first.
fn expect_hardly_any_late(counts: &ColumnCounts) {
    assert!(counts.late < 10, "{counts:?}");
}

fn share(part: u64, counts: &ColumnCounts) -> f64 {
    part as f64 / counts.total() as f64
}

/// Nothing of the device is heard, and it is asked no more after `reason`.
fn expect_none_taken(script: Script, is_reason: impl Fn(Retirement) -> bool) {
    let played = play(script);
    let (sample, reason) = played.retired.unwrap();
    assert!(is_reason(reason), "{reason:?}");
    assert!(sample < u64::from(2 * RATE_HZ));
    let ColumnCounts {
        taken,
        failed,
        late,
        ..
    } = played.counts;
    assert_eq!((taken, late), (0, 0));
    assert!(failed > 0);
}

#[test]
fn on_time() {
    let played = play(Script::OnTime);
    expect_hardly_any_late(&played.counts);
    assert_eq!(played.counts.failed, 0);
    assert!(share(played.counts.taken, &played.counts) > 0.97);
    assert_eq!(played.retired, None);
}

#[test]
fn a_block_late() {
    let played = play(Script::LateBy(1));
    assert_eq!((played.counts.failed, played.retired), (0, None));
    assert!(share(played.counts.taken, &played.counts) > 0.95);
}

#[test]
fn always_too_late() {
    let played = play(Script::LateBy(12));
    assert_eq!((played.counts.taken, played.counts.failed), (0, 0));
    assert_eq!(played.retired, None);
    assert!(share(played.counts.late, &played.counts) > 0.5);
}

#[test]
fn jittery() {
    let played = play(Script::Jittery {
        seed: 4,
        most_blocks: 8,
    });
    assert_eq!((played.counts.failed, played.retired), (0, None));
    assert!(played.counts.late > 0);
    assert!(share(played.counts.taken, &played.counts) > 0.1);
}

#[test]
fn a_failing_call() {
    let played = play(Script::FailAt(100));
    assert!((1..=64).contains(&played.counts.failed));
    expect_hardly_any_late(&played.counts);
    assert_eq!(played.retired, None);
    assert!(share(played.counts.taken, &played.counts) > 0.97);
}

#[test]
fn failing_from_a_call_on() {
    let played = play(Script::FailFrom(100));
    assert!(matches!(played.retired, Some((_, Retirement::Run(_)))));
    assert!(played.counts.taken > 0 && played.counts.failed > 0);
}

#[test]
fn zeros() {
    expect_none_taken(Script::Zeros, |reason| reason == Retirement::Wrong);
}

#[test]
fn no_numbers() {
    expect_none_taken(Script::NaN, |reason| reason == Retirement::NotFinite);
}

#[test]
fn a_constant() {
    expect_none_taken(Script::Constant(-0.5), |r| r == Retirement::Wrong);
}

#[test]
fn shifted() {
    expect_none_taken(Script::Shifted(1), |reason| reason == Retirement::Wrong);
}

#[test]
fn the_answers_of_the_call_before() {
    let played = play(Script::Stale);
    assert!(matches!(played.retired, Some((_, Retirement::Wrong))));
    // The first call had nothing before it, and was right.
    assert!(played.counts.taken < 10 && played.counts.failed > 0);
    assert_eq!(played.counts.late, 0);
}

#[test]
fn garbage() {
    expect_none_taken(Script::Garbage { seed: 6 }, |r| r == Retirement::Wrong);
}

#[test]
fn hanging() {
    let played = play(Script::HangFrom(100));
    let (sample, reason) = played.retired.unwrap();
    assert_eq!(reason, Retirement::Silent);
    assert!(sample < u64::from(5 * RATE_HZ));
    assert!(played.counts.taken > 0 && played.counts.late > 0);
    assert_eq!(played.counts.failed, 0);
}

#[test]
fn dying() {
    let played = play(Script::DieAt(100));
    assert!(matches!(played.retired, Some((_, Retirement::Died))));
    assert!(played.counts.taken > 0);
}

#[test]
fn rounding_to_fp16() {
    let mut session = Session::new(Script::Fp16);
    let mut alone = twin();
    let mut music = Music::new();
    let (mut sound, mut own) = ([[0.0; BLOCK]; 2], [[0.0; BLOCK]; 2]);
    let (mut error, mut energy, mut worst_db) = (0.0, 0.0, 0.0_f64);
    let mut seen = ColumnCounts::default();
    for _ in 0..FP16_BLOCKS {
        let events = music.next();
        session.play(events, &mut sound);
        let [left, right] = &mut own;
        alone.process(events, &mut [left, right]);
        for (&a, &b) in sound.iter().flatten().zip(own.iter().flatten()) {
            error += f64::from(a - b).powi(2);
            energy += f64::from(b).powi(2);
        }
        let mut expected = alone.columns();
        for column in session.audio.renderer().columns() {
            let expected = expected.next().unwrap();
            assert_eq!(
                (column.note(), column.frame()),
                (expected.note(), expected.frame())
            );
            let (ours, cpus) = (decoded(&column), decoded(&expected));
            if column.is_from_device() {
                seen.taken += 1;
                let partials = difference_db(&ours.0, &cpus.0, 20.0);
                let noise = difference_db(&ours.1, &cpus.1, 10.0);
                worst_db = worst_db.max(partials).max(noise);
            } else {
                seen.cpu += 1;
                assert_eq!(ours, cpus);
            }
        }
        assert!(expected.next().is_none());
        drop(expected);
        session.pass();
    }
    let error_db = 10.0 * (error / energy).log10();
    println!("error {error_db:.1} dB, worst level {worst_db:.3} dB");
    let total = alone.counters().columns_from.cpu;
    let played = finish(session, seen, FP16_BLOCKS, total);
    expect_hardly_any_late(&played.counts);
    assert_eq!(played.counts.failed, 0);
    assert!(share(played.counts.taken, &played.counts) > 0.97);
    assert_eq!(played.retired, None);
    assert!(worst_db > 0.0 && worst_db < FP16_BOUND_DB, "{worst_db}");
    assert!(error_db < -40.0, "{error_db}");
}
