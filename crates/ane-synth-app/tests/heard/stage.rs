//! Pieces, renders with and without something, and the measures that judge them.

use std::collections::HashMap;
use std::f64::consts::{PI, TAU};
use std::fs;
use std::ops::Range;
use std::process::Command;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use testkit::{PowerSpectrum, SmfBuilder, Wav, a_weighted_level_db, note_hz, pitch_error_cents};

pub(crate) const RATE_HZ: u32 = 22_050;
/// The channel that plays.
pub(crate) const CHANNEL: u8 = 2;
/// A channel that plays nothing.
pub(crate) const OTHER: u8 = 13;
pub(crate) const KEY: u8 = 69;

/// Without vibrato, drift, fluctuation and noise.
pub(crate) const STEADY: [&str; 3] = ["--steady", "--instrument", "flute"];
/// With them.
pub(crate) const LIVELY: [&str; 2] = ["--instrument", "flute"];

/// A MIDI file whose ticks are milliseconds.
pub(crate) fn piece() -> SmfBuilder {
    SmfBuilder::new(0, 1_000).tempo(0, 1_000_000)
}

/// One note in a piece of `length_ms`, from 10 ms on, so that what comes at 0 comes before it.
pub(crate) fn long_note(key: u8, length_ms: u32) -> SmfBuilder {
    piece().note(CHANNEL, key, 100, 10, length_ms)
}

/// A message, told its channel.
pub(crate) type Message = fn(u8) -> Vec<u8>;

/// A registered parameter and its data entry, most and least significant byte.
pub(crate) fn registered(
    piece: SmfBuilder,
    channel: u8,
    at: u32,
    number: u8,
    data: (u8, u8),
) -> SmfBuilder {
    piece
        .control(channel, 101, 0, at)
        .control(channel, 100, number, at)
        .control(channel, 6, data.0, at)
        .control(channel, 38, data.1, at)
}

/// The two channels of a render.
#[derive(Debug, PartialEq)]
pub(crate) struct Sound {
    pub(crate) left: Vec<f32>,
    pub(crate) right: Vec<f32>,
}

/// A MIDI file's bytes and how it is rendered.
type Request = (Vec<u8>, Vec<String>);

/// Renders a piece without a tail; every sample is finite. What was rendered before is remembered:
/// most tests begin with the same plain notes.
pub(crate) fn render(piece: &SmfBuilder, arguments: &[&str]) -> Arc<Sound> {
    static RENDERED: LazyLock<Mutex<HashMap<Request, Arc<Sound>>>> = LazyLock::new(Mutex::default);
    let request = (
        piece.build(),
        arguments.iter().map(ToString::to_string).collect(),
    );
    // A lock that a failed test left behind is as good as any.
    let rendered = || RENDERED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(sound) = rendered().get(&request) {
        return Arc::clone(sound);
    }
    let sound = Arc::new(run(&request.0, arguments));
    rendered().insert(request, Arc::clone(&sound));
    sound
}

fn run(midi: &[u8], arguments: &[&str]) -> Sound {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("piece.mid"), midi).unwrap();
    let rate = RATE_HZ.to_string();
    // What a message does is measured without the room's answer to it.
    let dry: &[&str] = match arguments.contains(&"--room") {
        true => &[],
        false => &["--room", "off"],
    };
    let output = Command::new(env!("CARGO_BIN_EXE_ane-synth"))
        .args(["render", "piece.mid", "-o", "piece.wav", "--bits", "32f"])
        .args(["--tail", "0", "--threads", "1", "--sample-rate", &rate])
        .args(dry)
        .args(arguments)
        .current_dir(&folder)
        .output()
        .unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {complaint}");
    let bytes = fs::read(folder.path().join("piece.wav")).unwrap();
    let wav = Wav::from_bytes(&bytes).unwrap();
    let [left, right]: [Vec<f32>; 2] = wav.channels.try_into().unwrap();
    assert!(left.iter().chain(&right).all(|x| x.is_finite()));
    Sound { left, right }
}

pub(crate) fn steady(piece: &SmfBuilder) -> Arc<Sound> {
    render(piece, &STEADY)
}

/// A piece without something and with it.
pub(crate) struct Heard {
    pub(crate) without: Arc<Sound>,
    pub(crate) with: Arc<Sound>,
}

/// Renders `piece` without and with `change`, which is told its channel; the same on a channel that
/// plays nothing must change nothing.
pub(crate) fn heard_with(
    arguments: &[&str],
    piece: &SmfBuilder,
    change: impl Fn(SmfBuilder, u8) -> SmfBuilder,
) -> Heard {
    let without = render(piece, arguments);
    let elsewhere = render(&change(piece.clone(), OTHER), arguments);
    assert!(elsewhere == without, "it is heard on another channel");
    let with = render(&change(piece.clone(), CHANNEL), arguments);
    assert!(with != without, "it is not heard");
    Heard { without, with }
}

/// [`heard_with`], steady.
pub(crate) fn heard(piece: &SmfBuilder, change: impl Fn(SmfBuilder, u8) -> SmfBuilder) -> Heard {
    heard_with(&STEADY, piece, change)
}

/// Renders a piece of each of two channels without and with `change`, which is for all channels.
pub(crate) fn heard_everywhere(
    piece: impl Fn(u8) -> SmfBuilder,
    change: impl Fn(SmfBuilder) -> SmfBuilder,
) -> impl Iterator<Item = Heard> {
    [CHANNEL, 15].into_iter().map(move |channel| {
        let without = steady(&piece(channel));
        let with = steady(&change(piece(channel)));
        assert!(with != without, "channel {channel} does not hear it");
        Heard { without, with }
    })
}

/// The message changes nothing.
pub(crate) fn assert_unheard(what: &str, piece: &SmfBuilder, with: &SmfBuilder) {
    assert!(steady(with) == steady(piece), "{what} is heard");
}

fn samples(milliseconds: u32) -> usize {
    (u64::from(milliseconds) * u64::from(RATE_HZ) / 1_000) as usize
}

fn decibels(power: f64) -> f64 {
    10.0 * power.log10()
}

impl Sound {
    pub(crate) fn left(&self, range_ms: Range<u32>) -> &[f32] {
        &self.left[samples(range_ms.start)..samples(range_ms.end)]
    }

    pub(crate) fn right(&self, range_ms: Range<u32>) -> &[f32] {
        &self.right[samples(range_ms.start)..samples(range_ms.end)]
    }

    pub(crate) fn is_silent(&self, range_ms: Range<u32>) -> bool {
        let (left, right) = (self.left(range_ms.clone()), self.right(range_ms));
        left.iter().chain(right).all(|&x| x == 0.0)
    }

    /// The same samples over a stretch.
    pub(crate) fn is_as(&self, other: &Self, range_ms: Range<u32>) -> bool {
        self.left(range_ms.clone()) == other.left(range_ms.clone())
            && self.right(range_ms.clone()) == other.right(range_ms)
    }

    /// Power of both channels, dB.
    pub(crate) fn level_db(&self, range_ms: Range<u32>) -> f64 {
        let (left, right) = (self.left(range_ms.clone()), self.right(range_ms));
        decibels(mean_square(left) + mean_square(right))
    }

    /// A-weighted level of the left channel, dB.
    pub(crate) fn a_level_db(&self, range_ms: Range<u32>) -> f64 {
        a_weighted_level_db(self.left(range_ms), f64::from(RATE_HZ))
    }

    /// Level of the fundamental of a key on the left, dB.
    pub(crate) fn key_level_db(&self, range_ms: Range<u32>, key: u8) -> f64 {
        let hz = note_hz(f64::from(key));
        let spectrum = PowerSpectrum::new(self.left(range_ms), f64::from(RATE_HZ));
        decibels(spectrum.band_power(hz * 0.98, hz * 1.02))
    }

    /// Centre of the spectrum over its fundamental: 1 for a pure tone, larger the brighter.
    pub(crate) fn brightness(&self, range_ms: Range<u32>, key: u8) -> f64 {
        testkit::spectral_centroid_hz(self.left(range_ms), f64::from(RATE_HZ))
            / note_hz(f64::from(key))
    }

    /// Steady pitch in cents off a key, fractions allowed; at least 520 ms of A4 and above.
    pub(crate) fn cents(&self, range_ms: Range<u32>, key: f64) -> f64 {
        let channel = match mean_square(&self.left) > 0.0 {
            true => self.left(range_ms),
            false => self.right(range_ms),
        };
        pitch_error_cents(channel, f64::from(RATE_HZ), note_hz(key))
    }

    /// The key, fractions included, whose fundamental is the strongest within an octave and a half of
    /// [`KEY`] + 6, over 40 ms around a time.
    pub(crate) fn key_at(&self, at_ms: u32) -> f64 {
        let window = self.left(at_ms - 20..at_ms + 20);
        let power = |key: f64| {
            let norm = note_hz(key) / f64::from(RATE_HZ);
            phasor(window, 0, norm).0
        };
        let keys = (-180..=180).map(|tenths| f64::from(KEY) + 6.0 + f64::from(tenths) / 10.0);
        keys.max_by(|a, b| power(*a).total_cmp(&power(*b))).unwrap()
    }

    /// Pitch in cents off a key every 5 ms, from the advance of the fundamental's phase between
    /// windows of 25 ms; it may lie a semitone or two away.
    pub(crate) fn pitch_track(&self, range_ms: Range<u32>, key: f64) -> Vec<f64> {
        let norm = note_hz(key) / f64::from(RATE_HZ);
        let (window, lag) = (samples(25), 8);
        let stretch = self.left(range_ms);
        let phase = |from: usize| {
            let (_, turns) = phasor(&stretch[from..from + window], from, norm);
            turns
        };
        let last = stretch.len() - window - lag;
        (0..last)
            .step_by(samples(5))
            .map(|at| {
                let advance = phase(at + lag) - phase(at);
                let off = (advance - advance.round()) / lag as f64;
                1_200.0 * (1.0 + off / norm).log2()
            })
            .collect()
    }
}

/// Power, and phase in turns, of the component at `norm` (cycles a sample) under a Hann window; the
/// first sample's time is `from`.
fn phasor(window: &[f32], from: usize, norm: f64) -> (f64, f64) {
    let (mut re, mut im) = (0.0, 0.0);
    for (n, &x) in window.iter().enumerate() {
        let hann = (PI * (n as f64 + 0.5) / window.len() as f64).sin().powi(2);
        let (sin, cos) = (TAU * norm * (from + n) as f64).sin_cos();
        re += hann * f64::from(x) * cos;
        im -= hann * f64::from(x) * sin;
    }
    (re * re + im * im, im.atan2(re) / TAU)
}

fn mean_square(samples: &[f32]) -> f64 {
    let sum: f64 = samples.iter().map(|&x| f64::from(x).powi(2)).sum();
    sum / samples.len() as f64
}

/// `measured` lies within `tolerance` of `expected`.
#[track_caller]
pub(crate) fn assert_near(what: &str, measured: f64, expected: f64, tolerance: f64) {
    println!("{what}: {measured:.4} (expected {expected:.4})");
    assert!(
        (measured - expected).abs() <= tolerance,
        "{what}: {measured}, not {expected}"
    );
}
