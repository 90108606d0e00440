//! Files damaged at random: whatever their bytes, a whole WAV file or one line.

use std::fs;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use testkit::{SmfBuilder, Wav};

use crate::place::{INSTRUMENTS, Place, assert_refusal};

const MIDI_MUTANTS: u64 = 600;
const INSTRUMENT_MUTANTS: u64 = 240;
/// Half a minute; mutants that would play longer are pieces like any other.
const LONGEST_HOURS: &str = "0.0084";
/// Not a measure of speed: a render of a second that takes this long does not end.
const PATIENCE: Duration = Duration::from_secs(120);

/// SplitMix64 (Steele, Lea, Flood, 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn byte(&mut self) -> u8 {
        const NASTY: [u8; 8] = [0x00, 0x01, 0x7F, 0x80, 0x90, 0xF0, 0xFF, 0x2F];
        match self.below(2) {
            0 => NASTY[self.below(NASTY.len())],
            _ => self.next() as u8,
        }
    }

    /// Up to three times a byte or a bit replaced, a byte put in or taken out, or a stretch
    /// repeated, somewhere in the first `reach` bytes.
    fn damage(&mut self, bytes: &[u8], reach: usize) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for _ in 0..=self.below(3) {
            let at = self.below(reach.min(bytes.len()));
            let byte = self.byte();
            match self.below(10) {
                0 => bytes.insert(at, byte),
                1 => drop(bytes.remove(at)),
                2 => {
                    let to = (at + 1 + self.below(16)).min(bytes.len());
                    let stretch = bytes[at..to].to_vec();
                    bytes.splice(at..at, stretch);
                }
                3..=5 => bytes[at] ^= 1 << self.below(8),
                _ => bytes[at] = byte,
            }
        }
        bytes
    }
}

/// Runs to the end, or panics when that does not come.
fn run(place: &Place, arguments: &[&str], what: &str) -> Output {
    let mut command = place.command(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("{what} does not end");
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    child.wait_with_output().unwrap()
}

/// A whole, finite WAV file below full scale, or one line that names `culprit`, which is returned.
fn assert_plays_or_refuses(
    place: &Place,
    arguments: &[&str],
    culprit: &str,
    what: &str,
) -> Option<String> {
    let before = place.names();
    let mut all = vec!["render", "a.mid", "-o", "b.wav", "--sample-rate", "8000"];
    all.extend(["--bits", "32f", "--tail", "0.1", "--threads", "1"]);
    all.extend(arguments);
    let output = run(place, &all, what);
    let refusal = if output.status.code() == Some(0) {
        let wav = Wav::from_bytes(&fs::read(place.path("b.wav")).unwrap());
        fs::remove_file(place.path("b.wav")).unwrap();
        let samples = wav.expect(what).channels.concat();
        assert!(
            samples.iter().all(|x| x.is_finite() && x.abs() < 1.0),
            "{what}"
        );
        let warnings = String::from_utf8(output.stderr).unwrap();
        let is_ours = |line: &str| line.starts_with("ane-synth: a.mid: ");
        assert!(warnings.lines().all(is_ours), "{what}: {warnings}");
        None
    } else {
        let line = assert_refusal(&output, what);
        assert!(line.contains(culprit), "{what}: {line}");
        Some(line)
    };
    assert_eq!(place.names(), before, "{what} left something behind");
    refusal
}

fn victim() -> Vec<u8> {
    let mut file = SmfBuilder::new(1, 25_000)
        .running_status(true)
        .tempo(0, 500_000);
    for channel in 0..3 {
        let (_, program) = INSTRUMENTS[usize::from(channel)];
        file = file
            .track()
            .event(0, &[0xFF, 0x03, 4, b'p', b'a', b'r', b't'])
            .event(0, &[0xC0 | channel, program])
            .event(0, &[0xB0 | channel, 10, 40 * channel])
            .note(channel, 60 + channel, 100, 0, 9000)
            .event(3000, &[0xE0 | channel, 0, 80])
            .event(4000, &[0xF0, 3, 0x7E, 0x09, 0xF7])
            .note(channel, 72, 80, 5000, 12_000)
            .event(11_000, &[0xB0 | channel, 64, 127])
            .event(13_000, &[0xB0 | channel, 123, 0]);
    }
    file.build()
}

#[test]
fn damaged_midi_files() {
    let place = Place::new();
    let whole = victim();
    let (mut played, mut too_long) = (0, 0);
    for seed in 0..MIDI_MUTANTS {
        let bytes = Random(seed).damage(&whole, whole.len());
        place.write("a.mid", &bytes);
        let strict: &[&str] = if seed % 4 == 0 { &["--strict"] } else { &[] };
        let arguments = [&["--max-length", LONGEST_HOURS], strict].concat();
        let what = format!("mutant {seed} of a MIDI file");
        let answer = assert_plays_or_refuses(&place, &arguments, "a.mid", &what);
        played += u64::from(answer.is_none());
        too_long += u64::from(answer.is_some_and(|line| line.contains("--max-length")));
    }
    println!("{MIDI_MUTANTS} mutants: {played} played, {too_long} too long");
    assert!(too_long < MIDI_MUTANTS / 5, "{too_long} too long");
    assert!(
        played > MIDI_MUTANTS / 2 && played < MIDI_MUTANTS * 19 / 20,
        "{played} played"
    );
}

#[test]
fn damaged_instrument_files() {
    const WHOLE: [&[u8]; 3] = [
        include_bytes!("../../instruments/double-bass.synth"),
        include_bytes!("../../instruments/flute.synth"),
        include_bytes!("../../instruments/alto-sax.synth"),
    ];
    let place = Place::new();
    let piece = SmfBuilder::new(0, 480)
        .note(0, 60, 100, 0, 90)
        .note(0, 90, 30, 50, 180);
    place.write("a.mid", &piece.build());
    let arguments = ["--instrument", "mine.synth"];
    let mut played = 0;
    for seed in 0..INSTRUMENT_MUTANTS {
        let mut random = Random(seed);
        let whole = WHOLE[random.below(3)];
        let bytes = match seed % 4 {
            // The header, anywhere, a cut, and a weight or table entry that is not finite or huge.
            0 => random.damage(whole, 3500),
            1 => random.damage(whole, whole.len()),
            2 => whole[..random.below(whole.len())].to_vec(),
            _ => {
                let mut bytes = whole.to_vec();
                let at = whole.len() - 2 * (1 + random.below(26_000));
                let value = [0x7E00_u16, 0x7C00, 0xFC00, 0x7BFF][random.below(4)];
                bytes[at..at + 2].copy_from_slice(&value.to_le_bytes());
                bytes
            }
        };
        place.write("mine.synth", &bytes);
        let what = format!("mutant {seed} of an instrument");
        let refusal = assert_plays_or_refuses(&place, &arguments, "mine.synth", &what);
        played += u64::from(refusal.is_none());
    }
    println!("{INSTRUMENT_MUTANTS} mutants of instruments: {played} played");
    assert!(played < INSTRUMENT_MUTANTS / 2, "{played} played");
}
