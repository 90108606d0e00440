//! From a key to the sound, through a JACK server: a note sounds a fixed time after it was played,
//! wherever in the period that was.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jack::{
    AsyncClient, AudioOut, Client, ClientOptions, Control, Port, ProcessHandler, ProcessScope,
};
use synth_engine::EventTime;
use synth_io::midi_input::{
    ArrivalMapper, AudioClockPublisher, Choice, Latency, MidiHandler, MidiInputs, MidiSystem,
    PortChange, PortId, audio_clock,
};
use testkit::jack::{JackPlayer, JackServer, apart};

const RATE_HZ: u32 = 48_000;
const PERIOD: u32 = 512;
/// Ten seconds, of which the first two are for the clock to settle.
const FRAMES: u64 = 480_000;
const SETTLED: u64 = 96_000;
/// A machine that is too busy for JACK gets so many chances.
const ROUNDS: usize = 3;

/// Sounds a click of one sample at each due sample.
struct Clicker {
    out: Port<AudioOut>,
    clock: AudioClockPublisher,
    due: Arc<Mutex<Vec<u64>>>,
    position: u64,
}

impl ProcessHandler for Clicker {
    fn process(&mut self, client: &Client, scope: &ProcessScope) -> Control {
        let begun_us = scope.cycle_times().unwrap().current_usecs;
        // The server may have called early.
        let second_us = 1_000_000;
        let since = Duration::from_micros(client.time() + second_us - begun_us);
        let due = Instant::now() + Duration::from_micros(second_us) - since;
        let frames = scope.n_frames();
        self.clock
            .begin_counted_block(due, self.position, frames, RATE_HZ);
        let out = self.out.as_mut_slice(scope);
        out.fill(0.0);
        let end = self.position + u64::from(frames);
        self.due.lock().unwrap().retain(|due| {
            if *due < end {
                out[due.saturating_sub(self.position) as usize] = 1.0;
            }
            *due >= end
        });
        self.position = end;
        Control::Continue
    }
}

/// What stands between the keys and the clicker.
struct Keys {
    mapper: ArrivalMapper,
    due: Arc<Mutex<Vec<u64>>>,
}

impl MidiHandler for Keys {
    fn message(&self, port: PortId, arrived: Instant, _: &[u8]) {
        if let EventTime::At(sample) = self.mapper.due(port, arrived) {
            self.due.lock().unwrap().push(sample);
        }
    }
}

fn clicker(clock: AudioClockPublisher, due: Arc<Mutex<Vec<u64>>>) -> AsyncClient<(), Clicker> {
    let (client, _) = Client::new("clicker", ClientOptions::NO_START_SERVER).unwrap();
    let out = client.register_port("out", AudioOut::default()).unwrap();
    let clicker = Clicker {
        out,
        clock,
        due,
        position: 0,
    };
    client.activate_async((), clicker).unwrap()
}

/// How far in samples each note was from the middle of all latencies, ascending, and that latency;
/// `None` if the machine was too busy.
fn measure(server: &JackServer) -> Option<(Vec<u64>, u64)> {
    let due = Arc::new(Mutex::new(Vec::new()));
    let (publisher, clock) = audio_clock();
    let keys = Keys {
        mapper: ArrivalMapper::new(clock.clone(), Latency::Period),
        due: Arc::clone(&due),
    };
    let _clicker = clicker(publisher, due);
    let player = JackPlayer::new(server.name(), "player").unwrap();
    let name = Choice::Named("player".to_owned());
    let mut inputs = MidiInputs::open(MidiSystem::Jack, "ane-synth", name, Arc::new(keys)).unwrap();
    assert!(matches!(
        inputs.poll().next(),
        Some(PortChange::Opened { .. })
    ));
    player.connect_audio_from("clicker").unwrap();
    // Every place in the period comes in turn.
    let frames: Vec<u64> = (0..)
        .map(|n| n * 1531)
        .take_while(|f| *f < FRAMES)
        .collect();
    let events = frames.iter().map(|f| (*f, vec![0x90, 60, 1])).collect();
    let recording = player.play(events, FRAMES + 8 * u64::from(PERIOD)).unwrap();
    if let Some(ppm) = clock.clock_offset_ppm() {
        println!("JACK's clock is off by {ppm:.1} ppm");
    }
    if recording.xruns > 0 || recording.lost_frames > 0 {
        return None;
    }
    let samples = (0..).zip(&recording.left);
    let clicks: Vec<u64> = samples
        .filter(|(_, sample)| **sample > 0.5)
        .map(|(at, _)| at)
        .collect();
    assert_eq!(clicks.len(), frames.len(), "a click for each note");
    let pairs = frames.iter().zip(clicks);
    let latencies: Vec<u64> = pairs
        .filter(|(frame, _)| **frame >= SETTLED)
        .map(|(frame, click)| click - frame)
        .collect();
    let mut sorted = latencies.clone();
    sorted.sort_unstable();
    let middle = sorted[sorted.len() / 2];
    let mut errors: Vec<u64> = latencies.iter().map(|l| l.abs_diff(middle)).collect();
    errors.sort_unstable();
    Some((errors, middle))
}

#[test]
fn a_note_sounds_a_fixed_time_after_it_was_played() {
    apart("a_note_sounds_a_fixed_time_after_it_was_played", || {
        let server = JackServer::start(RATE_HZ, PERIOD).unwrap();
        let Some((errors, latency)) = (0..ROUNDS).find_map(|_| measure(&server)) else {
            println!("this machine is too busy to measure");
            return;
        };
        let at = |part: f64| errors[((errors.len() - 1) as f64 * part) as usize];
        println!(
            "latency {latency} samples; off by {} at half of the notes, {} at 95 %, {} at the most",
            at(0.5),
            at(0.95),
            at(1.0)
        );
        let period = u64::from(PERIOD);
        assert!(latency.abs_diff(period) <= 2, "{latency}");
        assert!(at(0.95) <= 4, "{errors:?}");
    });
}
