//! Any bytes on any port, from any number of threads: nothing panics, and no note hangs.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use synth_engine::{
    AudioProcessor, Capacity, ControlHandle, Event, LimiterMode, Parameter, Renderer,
    RendererConfig, Report, RoomSettings, realtime,
};
use synth_io::midi_input::{
    ArrivalMapper, AudioClockPublisher, Latency, MidiAssembler, MidiHandler, PortId, audio_clock,
};
use testkit::{Mutator, mutation_count, nasty_midi};

use super::{MidiIntake, WAITING};
use crate::devices::DeviceChoice;
use crate::play::ensemble::{Carried, Ensemble};

const RATE_HZ: u32 = 8000;
const PERIOD: usize = 64;
const VOICES: usize = 8;
/// General MIDI on.
const RESET: [u8; 6] = [0xf0, 0x7e, 0x7f, 0x09, 0x01, 0xf7];
/// Periods from a reset to the end of all voices: its latency, the period it falls in, and a fade of 5 ms.
const ENDED_AFTER: usize = 3;
/// Periods that what holds direct current back may ring on: 0.4 s.
const RINGING: usize = 50;
/// What is below this (-90 dB) is silence.
const SILENT: f32 = 3.162e-5;
/// Ports that play at once, four channels each, how often, and which keys.
const PORTS: u8 = 4;
const ROUNDS: usize = 50;
const KEYS: std::ops::Range<u8> = 20..120;
/// How much of a nasty file is sent.
const LONGEST_SEED: usize = 400;

/// The engine and a device that asks it for samples when it is told to.
struct Rig {
    control: ControlHandle,
    processor: AudioProcessor,
    publisher: AudioClockPublisher,
    intake: Arc<MidiIntake>,
    begun: Instant,
    frames: u64,
    voices: u32,
    peak: f32,
    events: Vec<Event>,
}

impl Rig {
    fn new(latency: Latency) -> Self {
        let ensemble = Ensemble::new(&[OsString::from("brass")], DeviceChoice::Cpu).unwrap();
        let config = RendererConfig {
            sample_rate_hz: RATE_HZ,
            polyphony: VOICES,
            most_polyphony: VOICES,
            threads: 1,
            limiter: LimiterMode::Instant,
            room: RoomSettings {
                amount: 0.0,
                ..RoomSettings::default()
            },
            ..RendererConfig::default()
        };
        let ready = ensemble.order(&config, PERIOD);
        let ready = ready.prepare(&mut Carried::default()).unwrap();
        let renderer = Renderer::new(config, ready.loaded, ready.programs).unwrap();
        let capacity = Capacity {
            reports: 1 << 16,
            ..Capacity::default()
        };
        let (mut control, processor) = realtime(renderer, capacity);
        let (publisher, clock) = audio_clock();
        let mapper = ArrivalMapper::new(clock, latency);
        let intake = MidiIntake::new(control.take_sender().unwrap(), mapper);
        Self {
            control,
            processor,
            publisher,
            intake: Arc::new(intake),
            begun: Instant::now(),
            frames: 0,
            voices: 0,
            peak: 0.0,
            events: Vec::new(),
        }
    }

    /// What time it is by the device's own count.
    fn now(&self) -> Instant {
        self.begun + Duration::from_secs(self.frames) / RATE_HZ
    }

    /// Makes a period.
    fn play(&mut self) {
        let now = self.now();
        let [mut left, mut right] = [[0.0; PERIOD]; 2];
        self.publisher
            .begin_block(now, self.frames, PERIOD as u32, RATE_HZ);
        self.processor.process(&mut [&mut left, &mut right]);
        self.frames += PERIOD as u64;
        self.intake.tidy();
        let samples = left.iter().chain(&right);
        assert!(samples.clone().all(|x| x.is_finite() && x.abs() <= 1.0));
        self.peak = samples.fold(0.0_f32, |most, x| most.max(x.abs()));
        if let Some(block) = self.control.blocks().last() {
            self.voices = block.voices;
        }
        for report in self.control.reports() {
            if let Report::Event { event, .. } = report {
                self.events.push(event);
            }
        }
    }

    fn send(&self, port: PortId, assembler: &mut MidiAssembler, bytes: &[u8]) {
        let now = self.now();
        assembler.push(bytes, &mut |message| {
            self.intake.message(port, now, message)
        });
    }
}

/// Streams that mean something, and the beginnings of files that break players.
fn seeds() -> Vec<Vec<u8>> {
    let notes = |channel: u8| {
        (0..20_u8).flat_map(move |n| [0x90 | channel, 40 + 2 * n, 100, 50 + n, 80, 40 + 2 * n, 0])
    };
    let mut seeds: Vec<Vec<u8>> = vec![
        notes(0).chain(notes(9)).collect(),
        // Pedals, modes, sound controllers; notes under them.
        [
            64, 66, 67, 68, 69, 126, 127, 5, 65, 84, 72, 73, 74, 91, 1, 7, 11,
        ]
        .into_iter()
        .flat_map(|number| [0xb0, number, 127, 0x90, number, 99, 0xe0, number, 3])
        .collect(),
        // Registered and other parameters.
        [
            [101, 0],
            [100, 0],
            [6, 24],
            [38, 5],
            [100, 2],
            [6, 40],
            [99, 1],
            [98, 8],
            [6, 90],
        ]
        .into_iter()
        .flat_map(|[number, value]| [0xb3, number, value, 0x93, 60, 80])
        .collect(),
        // Tunings, a master volume, the resets of two makers.
        [
            &[
                0xf0, 0x7f, 0x7f, 8, 2, 0, 2, 60, 61, 7, 7, 62, 1, 1, 1, 0xf7,
            ][..],
            &[0xf0, 0x7f, 0x7f, 4, 1, 0, 9, 0xf7, 0x90, 60, 90],
            &[
                0xf0, 0x41, 0x10, 0x42, 0x12, 0x40, 0, 0x7f, 0, 0x41, 0xf7, 61, 90,
            ],
            &[
                0x91, 62, 90, 0xf0, 0x43, 0x10, 0x4c, 0, 0, 0x7e, 0, 0xf7, 0xc1, 9,
            ],
            &[
                0xf0, 0x7e, 0x7f, 8, 9, 3, 127, 127, 10, 20, 0xf8, 30, 0xf7, 0xa1, 62, 9, 0xd1, 8,
            ],
        ]
        .concat(),
    ];
    let files = nasty_midi::files().into_iter();
    seeds.extend(files.map(|file| {
        let mut bytes = file.bytes();
        bytes.truncate(LONGEST_SEED);
        bytes
    }));
    seeds
}

#[test]
fn any_bytes_end_in_silence_after_a_reset() {
    let mut rig = Rig::new(Latency::Period);
    rig.play();
    let seeds = seeds();
    let donors = [
        &RESET[..],
        &[0xb0, 123, 0],
        &[0xb0, 64, 127],
        &[0xff],
        &[0xf7],
    ];
    let mut mutator = donors
        .into_iter()
        .fold(Mutator::new(6), |mutator, word| mutator.donor(word));
    let mut stream = Vec::new();
    let mut heard = 0;
    for number in 0..mutation_count(10_000) {
        mutator.mutate(&seeds[number % seeds.len()], &mut stream);
        stream.truncate(2 * LONGEST_SEED);
        let mut assembler = MidiAssembler::new();
        let port = PortId::new(number as u32);
        // Pieces of 1 to 97 bytes, whatever they cut.
        let mut rest = &stream[..];
        let mut most = 0.0_f32;
        while !rest.is_empty() {
            let length = (1 + (rest.len() * 31 + number * 17) % 97).min(rest.len());
            let (piece, behind) = rest.split_at(length);
            rig.send(port, &mut assembler, piece);
            rig.play();
            most = most.max(rig.peak);
            rest = behind;
        }
        heard += usize::from(most > 0.01);
        if number % 2 == 0 {
            // The port vanishes; what lasts is ended through another.
            rig.intake.release(port);
            rig.play();
        }
        let last = PortId::new(u32::MAX);
        rig.send(last, &mut MidiAssembler::new(), &RESET);
        for _ in 0..ENDED_AFTER {
            rig.play();
        }
        assert_eq!(rig.voices, 0, "{number}: {stream:02x?}");
        let silent = (0..RINGING).any(|_| {
            rig.play();
            rig.peak < SILENT
        });
        assert!(silent, "{number}: {} {stream:02x?}", rig.peak);
        rig.intake.release(port);
        rig.events.clear();
    }
    assert!(heard > 1000, "most are silent: {heard}");
    assert_eq!(rig.intake.counts().lost, 0);
}

/// Plays every key of four channels, with its end, as fast as they are taken.
fn play_pairs(intake: &MidiIntake, port: u8) {
    for channel in 4 * port..4 * port + 4 {
        for key in KEYS {
            let port = PortId::new(u32::from(port));
            intake.message(port, Instant::now(), &[0x90 | channel, key, 100]);
            intake.message(port, Instant::now(), &[0x80 | channel, key, 64]);
        }
    }
}

/// Each key once, so that no later end makes up for one that was lost.
#[test]
fn four_ports_at_once_lose_no_end_of_a_note() {
    let mut rig = Rig::new(Latency::Fixed(Duration::ZERO));
    rig.play();
    let mut notes = 0;
    for round in 0..ROUNDS {
        let done = AtomicUsize::new(0);
        thread::scope(|scope| {
            for port in 0..PORTS {
                let (intake, done) = (rig.intake.clone(), &done);
                scope.spawn(move || {
                    play_pairs(&intake, port);
                    done.fetch_add(1, Ordering::Relaxed);
                });
            }
            while done.load(Ordering::Relaxed) < usize::from(PORTS) {
                rig.play();
            }
        });
        // What waits for room goes with the next call.
        for _ in 0..20 {
            rig.play();
        }
        let mut held = BTreeSet::new();
        for event in rig.events.drain(..) {
            match event {
                Event::NoteOn { channel, key, .. } => {
                    notes += 1;
                    held.insert((channel, key));
                }
                Event::NoteOff { channel, key, .. } => _ = held.remove(&(channel, key)),
                _ => {}
            }
        }
        assert!(held.is_empty(), "round {round}: {held:?}");
    }
    let counts = rig.intake.counts();
    println!("{notes} notes, {} messages lost", counts.lost);
    let pairs = u64::from(PORTS) * 4 * KEYS.count() as u64;
    assert_eq!(counts.messages, 2 * pairs * ROUNDS as u64);
    assert!(notes > pairs, "{notes}");
}

#[test]
fn a_note_whose_end_found_no_room_is_let_go() {
    let mut rig = Rig::new(Latency::Fixed(Duration::ZERO));
    rig.play();
    let (flooded, calm) = (PortId::new(3), PortId::new(4));
    let send = |rig: &Rig, port, message: &[u8]| rig.intake.message(port, rig.now(), message);
    send(&rig, flooded, &[0x90, 60, 100]);
    send(&rig, flooded, &[0xb0, 64, 127]);
    send(&rig, calm, &[0x91, 62, 100]);
    rig.play();
    {
        let _busy = rig.intake.decoders.lock().unwrap();
        for number in 0..WAITING {
            send(&rig, flooded, &[0xb0, 1, (number % 128) as u8]);
        }
        send(&rig, flooded, &[0x80, 60, 64]);
        send(&rig, flooded, &[0xb0, 64, 0]);
    }
    assert_eq!(rig.intake.counts().lost, 2);
    for _ in 0..10 {
        rig.play();
    }
    let ended = |wanted: u8| {
        let mut events = rig.events.iter();
        events.any(|event| matches!(event, Event::NoteOff { key, .. } if *key == wanted))
    };
    assert!(ended(60), "it hangs");
    assert!(!ended(62), "nothing of that port was lost");
    let mut pedals = rig.events.iter().filter_map(|event| match event {
        Event::Sustain { depth, .. } => Some(*depth),
        _ => None,
    });
    assert_eq!((pedals.next(), pedals.next()), (Some(1.0), Some(0.0)));
    // It plays on.
    send(&rig, flooded, &[0x90, 64, 100]);
    rig.play();
    assert!(matches!(
        rig.events.last(),
        Some(Event::NoteOn { key: 64, .. })
    ));
}

#[test]
fn a_learnt_controller_moves_its_parameter_on_its_sample_and_nothing_else() {
    let mut rig = Rig::new(Latency::Period);
    rig.play();
    let port = PortId::new(3);
    let mut assembler = MidiAssembler::new();
    rig.send(port, &mut assembler, &[0xb0, 1, 40]);
    rig.play();
    rig.play();
    assert!(matches!(rig.events[..], [Event::Modulation { .. }]));
    rig.events.clear();
    let controllers = rig.intake.controllers();
    controllers.begin_to_learn(Some(Parameter::Room));
    rig.send(port, &mut assembler, &[0xb0, 1, 127, 1, 0, 33, 5]);
    assert_eq!(
        rig.intake.controllers().take_moved(Parameter::Room),
        Some(0.0)
    );
    rig.play();
    rig.play();
    let moved = |value| Event::Parameter {
        parameter: Parameter::Room,
        value,
    };
    assert_eq!(rig.events, [moved(1.0), moved(0.0)]);
    // What is forgotten is as it was.
    rig.events.clear();
    rig.intake.controllers().forget(Parameter::Room);
    rig.send(port, &mut assembler, &[0xb0, 1, 80]);
    rig.play();
    rig.play();
    assert!(matches!(rig.events[..], [Event::Modulation { .. }]));
}
