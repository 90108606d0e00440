//! Instruments and devices are changed while notes sound, and a replay changes them at the same samples.

use std::fs;
use std::ops::Range;

use synth_engine::Event;
use synth_io::event_log::Record;
use testkit::Wav;

use crate::place::{Place, RECORDING, peak};

/// A change of instruments in the log: its sample, the instruments' names and the device.
type Change = (u64, Vec<String>, String);

fn changes(place: &Place) -> Vec<Change> {
    let entries = place.log().entries.into_iter();
    let change = |entry: synth_io::event_log::Entry| match entry.record {
        Record::Instruments {
            instruments,
            device,
        } => {
            let names = instruments.into_iter().map(|instrument| instrument.name);
            Some((entry.sample, names.collect(), device))
        }
        _ => None,
    };
    entries.filter_map(change).collect()
}

fn instrument(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/instruments/");
    fs::read(format!("{folder}{name}.synth")).unwrap()
}

/// Whether both channels sound all the time in `range`, judged by stretches of 10 ms.
fn sounds_throughout(wav: &Wav, range: Range<u64>) -> bool {
    let stretch = wav.sample_rate_hz as usize / 100;
    wav.channels.iter().all(|samples| {
        let part = &samples[range.start as usize..range.end as usize];
        let mut stretches = part.chunks_exact(stretch);
        stretches.all(|stretch| stretch.iter().any(|x| x.abs() > 1e-3))
    })
}

#[test]
fn instruments_change_under_sounding_notes() {
    let place = Place::new();
    // A file that has the bytes of a built-in instrument, and one with a blank in its name.
    place.write("reed.synth", &instrument("alto-sax"));
    place.write("low  strings.synth", &instrument("cello"));
    let played = place.play(
        &["--buffer", "64", "--room", "0.3"],
        "on c4 110\non g4 110\nwait 0.1\ninstrument violin\nwait 0.1\ninstrument reed.synth\n\
         wait 0.1\ninstrument low  strings.synth\nbend 1\nwait 0.1\ninstrument FLUTE\non e4\nwait 0.1\n",
    );
    let changes = changes(&place);
    let names: Vec<&[String]> = changes.iter().map(|(_, names, _)| &**names).collect();
    assert_eq!(
        names,
        [
            ["violin"],
            ["reed.synth"],
            ["low  strings.synth"],
            ["flute"]
        ],
    );
    for name in names {
        let told = format!("instrument: {} (recorded)", name[0]);
        assert!(played.stdout.contains(&told), "{}", played.stdout);
    }
    for block in ["4096", "13", "random:1"] {
        let wav = place.assert_replays(&["--block", block]);
        let begun = place.events()[0].0 + 800;
        assert!(
            sounds_throughout(&wav, begun..changes[3].0 + 400),
            "the notes never stop"
        );
    }
}

#[test]
fn instruments_change_faster_than_they_fade() {
    let place = Place::new();
    let fast =
        "instrument violin\ninstrument oboe\ninstrument trumpet\ninstrument violin\n".repeat(3);
    let lines = format!("on c4\non e4\nwait 0.1\n{fast}instrument cello\nwait 0.2\n{fast}q\n");
    place.play(&["--buffer", "16"], &lines);
    let changes = changes(&place);
    let last = |until: u64| {
        let before = changes.iter().rfind(|(sample, ..)| *sample < until);
        before.map(|(_, names, _)| names.join(" "))
    };
    // The last of those that come together counts, and all of q is played on it.
    let q = place
        .events()
        .iter()
        .filter(|(_, event)| is_on(event))
        .nth(2)
        .unwrap()
        .0;
    assert_eq!(last(u64::MAX).as_deref(), Some("violin"));
    assert!(changes.iter().any(|(_, names, _)| names == &["cello"]));
    assert!(changes.len() >= 2 && changes[0].0 < q);
    for block in ["4096", "5"] {
        place.assert_replays(&["--block", block]);
    }
}

fn is_on(event: &synth_engine::Event) -> bool {
    matches!(event, synth_engine::Event::NoteOn { .. })
}

#[test]
fn one_instrument_after_all_of_them_and_an_unknown_one() {
    let place = Place::new();
    // Without a name there are all built-in instruments, chosen by program; the console has no
    // program change, so the first program's plays.
    let mut playing = place.start_all();
    playing.say("on c4\nwait 0.1\ninstrument kazoo\ninstrument no such.synth\nwait 0.1\ninstrument tuba-of-doom\ninstrument horn\n");
    playing.say("instrument french-horn\nwait 0.2\n");
    let played = playing.end();
    assert_eq!(played.code, Some(0), "{}", played.stderr);
    let complaints = played.complaints();
    assert_eq!(complaints.len(), 4, "{complaints:?}");
    for (complaint, line) in complaints.iter().zip([3, 4, 6, 7]) {
        let start = format!("line {line}: ");
        assert!(complaint.starts_with(&start), "{complaint}");
    }
    assert!(place.log().header.instruments.len() > 10);
    let changes = changes(&place);
    assert_eq!(changes.len(), 1, "{changes:?}");
    assert_eq!(changes[0].1, ["french-horn"]);
    place.assert_replays(&[]);
}

#[test]
fn the_same_device_again_changes_no_bit() {
    let place = Place::new();
    let lines = "on c4\non e4 40\nwait 0.1\ndevice cpu\nwait 0.1\ndevice auto\nbend 1\nwait 0.1\n";
    place.play(&["--room", "0.4"], lines);
    let devices: Vec<String> = changes(&place).into_iter().map(|change| change.2).collect();
    assert_eq!(devices, ["cpu", "cpu"]);
    let wav = place.assert_replays(&[]);
    // Without the changes it would have been the same sound: they are no event.
    let text = String::from_utf8(place.log_bytes()).unwrap();
    let kept: Vec<&str> = text
        .lines()
        .filter(|line| !line.contains("\"record\":\"instruments\""))
        .collect();
    assert_eq!(kept.len() + 2, text.lines().count());
    place.write("kept.jsonl", (kept.join("\n") + "\n").as_bytes());
    let output = place.run(&["render", "--events", "kept.jsonl"]);
    assert!(output.status.success());
    crate::place::assert_same_bits(&wav, &place.wav("kept.wav"), "without the changes");
}

/// Where there is no Neural Engine, asking for it changes nothing, and choosing for oneself says why not.
#[test]
fn the_neural_engine_is_refused_with_a_reason_while_the_music_goes_on() {
    let place = Place::new();
    let played = place.play(
        &[],
        "on c4\nwait 0.1\ndevice ane\nwait 0.1\ndevice auto\nwait 0.1\noff c4\n",
    );
    let complaints = played.complaints();
    let [complaint] = &complaints[..] else {
        println!("skipped: this machine may have a Neural Engine: {complaints:?}");
        return;
    };
    assert!(complaint.starts_with("line 3: device ane: "), "{complaint}");
    assert!(complaint.contains("Neural Engine"), "{complaint}");
    let told: Vec<&str> = (played.stdout.lines())
        .filter(|line| line.starts_with("device: "))
        .collect();
    assert_eq!(told.len(), 2, "{}", played.stdout);
    for line in told {
        assert!(line.starts_with("device: cpu ("), "{line}");
        assert!(line.contains("Neural Engine"), "{line}");
    }
    assert_eq!(changes(&place).len(), 1, "what was refused is no change");
    place.assert_replays(&[]);
}

/// A change is prepared aside; lines that follow it in a pipe wait for it, and the time goes on.
#[test]
fn lines_after_a_change_find_it_made() {
    let place = Place::new();
    let lines = "on c4\nwait 0.1\ninstrument flute\non e4\nwait 0.2\ninstrument trumpet\non g4\nwait 0.2\n\
                 device cpu\n";
    let played = place.play(&[], lines);
    assert_eq!(played.stderr, "");
    let log = place.log();
    let order: Vec<String> = (log.entries.iter())
        .filter_map(|entry| match &entry.record {
            Record::Instruments { instruments, .. } => Some(instruments[0].name.clone()),
            Record::Event(Event::NoteOn { key, .. }) => Some(key.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(order, ["60", "flute", "64", "trumpet", "67", "trumpet"]);
    place.assert_replays(&[]);
}

/// Samples in which answers taken from a device may still be heard: the frame that is being left, the
/// one that is ramped to, and the noise filter.
const LINGERING: u64 = 4 * 64;

/// The plain interpreter does the same sums in another order, so its answers differ in their last bits;
/// everything else is the same, and so are all samples while the processor plays alone.
#[test]
fn devices_change_under_sounding_notes() {
    let place = Place::new();
    let played = place.play(
        &["--buffer", "128"],
        "on c4\non e4 40\nwait 0.2\ndevice reference\nwait 0.3\nbend 2\nwait 0.2\ndevice cpu\n\
         wait 0.2\ndevice reference\non g4\nwait 0.2\ndevice auto\nwait 0.2\n",
    );
    assert!(
        played.stdout.contains("device: reference (ahead of time"),
        "{}",
        played.stdout
    );
    let changes = changes(&place);
    let devices: Vec<&str> = changes.iter().map(|change| &*change.2).collect();
    assert_eq!(devices, ["reference", "cpu", "reference", "cpu"]);
    let at: Vec<u64> = changes.iter().map(|change| change.0).collect();
    let elsewhere = [at[0]..at[1] + LINGERING, at[2]..at[3] + LINGERING];

    let output = place.replay("again.wav", &[]);
    assert!(output.status.success());
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "ane-synth: played.jsonl: was played on device reference too and is replayed on cpu, whose \
         answers are rounded otherwise; the samples may differ a little\n"
    );
    let (played, again) = (place.wav(RECORDING), place.wav("again.wav"));
    let loudest = f64::from(peak(&played));
    let mut worst = 0.0_f64;
    for (played, again) in played.channels.iter().zip(&again.channels) {
        assert_eq!(played.len(), again.len());
        for (sample, (one, other)) in (0_u64..).zip(played.iter().zip(again)) {
            if elsewhere.iter().any(|range| range.contains(&sample)) {
                worst = worst.max((f64::from(*one) - f64::from(*other)).abs());
            } else if worst == 0.0 {
                assert_eq!(one.to_bits(), other.to_bits(), "sample {sample}");
            } else {
                // The DC blocker remembers the other answers for a while: two units in the last place of
                // the loudest sample, for each of the two was rounded.
                let off = (f64::from(*one) - f64::from(*other)).abs();
                let most = 2.0 * f64::from(f32::EPSILON) * loudest.max(1e-3);
                assert!(off <= most, "sample {sample}: {off}, the peak is {loudest}");
            }
        }
    }
    let worst_db = 20.0 * (worst / loudest).log10();
    println!("answers of the reference device: {worst_db:.1} dB re the peak");
    assert!(worst_db < -100.0, "{worst_db} dB");
    let begun = place.events()[0].0 + 800;
    assert!(
        sounds_throughout(&played, begun..at[3] + 800),
        "the notes never stop"
    );
}
