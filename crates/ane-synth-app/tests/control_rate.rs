//! What voices that ask their networks seldom sound like, beside voices that ask at every control frame:
//! on the instruments that are shipped, with their own vibrato and fluctuation.

use std::path::Path;
use std::sync::Arc;

use mil_runtime::cpu::CpuDevice;
use synth_engine::{
    ControlRate, Event, LoadedInstrument, ProgramMap, Renderer, RendererConfig, TimedEvent,
};
use synth_model::{Instrument, Predictor};

/// A block is a control frame at 44.1 kHz.
const HOP: usize = 64;
const FRAMES: u64 = 3 * 44_100 / HOP as u64;
const RELEASE: u64 = 2 * 44_100 / HOP as u64;
/// Frames of the first 0.25 s.
const ATTACK: u64 = 173;
/// The loudest 40 dB of a note's partials: what lies below is masked by them.
const AUDIBLE_DB: f32 = 40.0;
/// Control frames in 20 ms, the shortest time over which levels are told apart.
const WINDOW: usize = 14;
/// What may differ of them over that time.
const MOST_DB: f32 = 0.1;

fn shipped() -> Vec<Arc<Instrument>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("instruments");
    let files = std::fs::read_dir(folder).unwrap();
    let files = files.map(|file| file.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|e| e == "synth"));
    let read = |path| Arc::new(Instrument::from_bytes(&std::fs::read(path).unwrap()).unwrap());
    files.map(read).collect()
}

/// A column: its control frame, the hops that the way to it takes, its amplitudes.
#[derive(PartialEq)]
struct Column {
    frame: u64,
    hops: u64,
    partials: Vec<f32>,
}

/// The columns of one note.
fn columns(instrument: &Arc<Instrument>, key: u8, control_rate: ControlRate) -> Vec<Column> {
    let predictor = Predictor::new(&CpuDevice::new(), instrument, Renderer::columns_per_call());
    let loaded = LoadedInstrument {
        instrument: instrument.clone(),
        predictors: vec![predictor.unwrap()],
        ahead: None,
    };
    let config = RendererConfig {
        control_rate,
        seed: 7,
        ..RendererConfig::default()
    };
    let mut renderer = Renderer::new(config, vec![loaded], ProgramMap::single(0)).unwrap();
    let (channel, velocity) = (0, 0.7);
    let mut found = Vec::new();
    let [mut left, mut right] = [[0.0; HOP]; 2];
    for frame in 0..FRAMES {
        let event = match frame {
            0 => Some(Event::NoteOn {
                channel,
                key,
                velocity,
            }),
            // In the middle of whatever is planned.
            RELEASE => Some(Event::NoteOff {
                channel,
                key,
                velocity,
            }),
            _ => None,
        };
        let events: Vec<_> = event
            .map(|event| TimedEvent { offset: 0, event })
            .into_iter()
            .collect();
        renderer.process(&events, &mut [&mut left, &mut right]);
        for column in renderer.columns() {
            let mut partials = vec![0.0; column.sizes().0];
            assert!(column.harmonics(&mut partials));
            let (frame, hops) = (column.frame(), column.hops());
            found.push(Column {
                frame,
                hops,
                partials,
            });
        }
    }
    found
}

/// Powers of partials, at full rate and as they are compared with it.
#[derive(Clone, Default)]
struct Powers {
    wanted: Vec<f32>,
    got: Vec<f32>,
}

impl Powers {
    fn add(&mut self, wanted: &[f32], got: &[f32]) {
        for (sum, amplitudes) in [(&mut self.wanted, wanted), (&mut self.got, got)] {
            sum.resize(amplitudes.len(), 0.0);
            let squares = amplitudes.iter().map(|a| a * a);
            sum.iter_mut()
                .zip(squares)
                .for_each(|(sum, square)| *sum += square);
        }
    }

    /// The largest difference of an audible partial, dB.
    fn difference_db(&self) -> f32 {
        let loudest = self
            .wanted
            .iter()
            .fold(0f32, |most, power| most.max(*power));
        let audible = loudest * 10f32.powf(-AUDIBLE_DB / 10.0);
        let pairs = self.wanted.iter().zip(&self.got);
        let audible = pairs.filter(|(wanted, _)| **wanted > audible);
        let differences = audible.map(|(wanted, got)| (10.0 * (got / wanted).log10()).abs());
        differences.fold(0.0, f32::max)
    }
}

/// The largest difference over any [`WINDOW`] frames, and at any frame.
#[derive(Default)]
struct Difference {
    window: Vec<Powers>,
    db: f32,
    frame_db: f32,
}

impl Difference {
    fn compare(&mut self, frame: u64, got: &[f32], wanted: &[f32]) {
        let mut powers = Powers::default();
        powers.add(wanted, got);
        self.frame_db = self.frame_db.max(powers.difference_db());
        self.window.resize(WINDOW, Powers::default());
        self.window[frame as usize % WINDOW] = powers;
        let mut sum = Powers::default();
        for Powers { wanted, got } in &self.window {
            if wanted.is_empty() {
                return;
            }
            let roots = |powers: &[f32]| powers.iter().map(|p| p.sqrt()).collect::<Vec<_>>();
            sum.add(&roots(wanted), &roots(got));
        }
        self.db = self.db.max(sum.difference_db());
    }
}

/// The largest difference of an audible partial, dB, and the share of frames that were asked after the
/// attack while the key was down.
fn compare(instrument: &Arc<Instrument>, key: u8) -> (Difference, f64) {
    let full = columns(instrument, key, ControlRate::Full);
    let adaptive = columns(instrument, key, ControlRate::Adaptive);
    let frames = full.len() as u64;
    assert!(full.iter().map(|column| column.frame).eq(0..frames));
    let attack = ..ATTACK as usize;
    assert!(full[attack] == adaptive[attack], "the attack is another");
    let mut worst = Difference::default();
    let mut at = adaptive[ATTACK as usize - 1].partials.clone();
    let later = &adaptive[ATTACK as usize..];
    let ends = later.iter().skip(1).map(|column| column.frame);
    for (column, end) in later.iter().zip(ends.chain([frames])) {
        let from = at.clone();
        // An event may have ended the way before its end.
        for frame in column.frame..end {
            let x = (frame + 1 - column.frame) as f32 / column.hops as f32;
            let ways = at.iter_mut().zip(from.iter().zip(&column.partials));
            ways.for_each(|(at, (from, to))| *at = from + (to - from) * x);
            worst.compare(frame, &at, &full[frame as usize].partials);
        }
    }
    let held = adaptive
        .iter()
        .filter(|column| (ATTACK..RELEASE).contains(&column.frame));
    let share = held.count() as f64 / (RELEASE - ATTACK) as f64;
    (worst, share)
}

#[test]
fn what_is_asked_seldom_sounds_as_if_it_were_asked_always() {
    let mut shares = Vec::new();
    let mut worst_of_all = 0f32;
    for instrument in shipped() {
        let name = &instrument.metadata.name;
        for key in [43, 55, 62, 69, 76] {
            let (worst, share) = compare(&instrument, key);
            println!(
                "{name}, key {key}: {:.3} dB, at a frame {:.3} dB, {:.0} % of the frames",
                worst.db,
                worst.frame_db,
                100.0 * share
            );
            shares.push(share);
            worst_of_all = worst_of_all.max(worst.db);
        }
    }
    let mean = shares.iter().sum::<f64>() / shares.len() as f64;
    println!(
        "all: {worst_of_all:.3} dB, {:.0} % of the frames",
        100.0 * mean
    );
    assert!(worst_of_all <= MOST_DB, "{worst_of_all} dB");
    assert!(mean < 0.5, "{mean}");
}
