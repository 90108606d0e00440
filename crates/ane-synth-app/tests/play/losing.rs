//! What is left where playing does not end as it should: a program that is killed, a disk that is full.

use std::fs;
use std::process::{Command, Stdio};

use synth_engine::Event;
use testkit::Wav;

use crate::place::{ANE_SYNTH, LOG, Place, RECORDING, with_defaults};

fn has_shell() -> bool {
    let shell = Command::new("sh")
        .args(["-c", "kill -l; ulimit -f 100"])
        .output();
    let has = shell.is_ok_and(|output| output.status.success());
    if !has {
        println!("skipped: there is no shell to kill with");
    }
    has
}

/// Plays one note that goes on, and is killed.
fn play_and_be_killed(place: &Place) {
    let mut playing = place.start(&["--room", "0.3"]);
    playing.say("on c4 100\nbend 1\nwait 3600\n");
    playing.wait_for_event(|event| matches!(event, Event::PitchBend { .. }));
    playing.signal("KILL");
    assert_eq!(playing.ends().code, None);
}

/// The log has its name from the beginning and is at most a second behind; the recording gets its name
/// when it is whole, so what was there is still there, and the samples so far lie in a hidden file with a
/// header that promises none.
#[test]
fn a_killed_program_leaves_a_log_to_replay_and_a_nameless_recording() {
    if !has_shell() {
        return;
    }
    let place = Place::new();
    place.write(RECORDING, b"what was there");
    play_and_be_killed(&place);
    assert_eq!(fs::read(place.path(RECORDING)).unwrap(), b"what was there");

    let output = place.replay("again.wav", &[]);
    assert!(output.status.success());
    let warning = String::from_utf8(output.stderr).unwrap();
    assert!(
        warning.starts_with("ane-synth: played.jsonl: has no end"),
        "{warning}"
    );
    assert_eq!(warning.lines().count(), 1, "{warning}");
    let log = place.log();
    let last = log.entries.last().unwrap().sample;
    let again = place.wav("again.wav");
    assert_eq!(again.channels[0].len() as u64, last + 5 * 8000);

    let names = place.names();
    let hidden: Vec<&String> = names
        .iter()
        .filter(|name| name.ends_with(".partial"))
        .collect();
    assert_eq!((hidden.len(), names.len()), (1, 4), "{names:?}");
    assert!(hidden[0].starts_with(".ane-synth-"), "{names:?}");
    let bytes = fs::read(place.path(hidden[0])).unwrap();
    let data = bytes.windows(4).position(|four| four == b"data").unwrap() + 8;
    assert_eq!(&bytes[data - 4..data], [0; 4], "it promises nothing");
    let kept: Vec<u32> = bytes[data..]
        .chunks_exact(4)
        .map(|four| u32::from_le_bytes(four.try_into().unwrap()))
        .collect();
    assert!(
        kept.len() as u64 > 2 * last,
        "it goes on behind the last event"
    );
    let made = again.channels[0].iter().zip(&again.channels[1]);
    let made: Vec<u32> = made.flat_map(|(l, r)| [l.to_bits(), r.to_bits()]).collect();
    let both = kept.len().min(made.len());
    assert!(
        kept[..both] == made[..both],
        "the replay begins with what was kept"
    );
}

#[test]
fn what_a_killed_program_has_left_is_in_nobodys_way() {
    if !has_shell() {
        return;
    }
    let place = Place::new();
    play_and_be_killed(&place);
    place.play(&[], "gate 0.05\nq\n");
    place.assert_replays(&[]);
}

/// A log of which only a piece has reached the disk: whatever was cut, the rest is replayed.
#[test]
fn a_log_that_is_cut_anywhere_is_replayed_with_a_warning() {
    let place = Place::new();
    place.play(&[], "gate 0.03\nqe w\n");
    let whole = place.log_bytes();
    let header = whole.iter().position(|&byte| byte == b'\n').unwrap();
    let end = whole[..whole.len() - 1]
        .iter()
        .rposition(|&byte| byte == b'\n')
        .unwrap();
    let cuts = (header..whole.len())
        .step_by(37)
        .chain([header + 1, end, end + 1, whole.len() - 2]);
    for cut in cuts {
        place.write(LOG, &whole[..cut]);
        let output = place.replay("again.wav", &[]);
        let warning = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{cut}: {warning}");
        assert!(
            warning.contains("played.jsonl: has no end"),
            "{cut}: {warning}"
        );
        assert_eq!(warning.lines().count(), 1, "{warning}");
    }
    // Half a header tells nothing.
    place.write(LOG, &whole[..header / 2]);
    place.refuse(&["render", "--events", LOG, "-o", "b.wav"]);
}

/// `ulimit -f` stands for a disk that is full.
#[test]
fn a_recording_that_finds_no_more_room_is_kept_as_far_as_it_goes() {
    if !has_shell() {
        return;
    }
    let place = Place::new();
    let both = ["--record", RECORDING, "--event-log", LOG];
    let words = with_defaults(&both, &["--sample-rate", "44100"]).join(" ");
    let mut shell = Command::new("sh");
    // 50 or 100 KiB, by the shell: a quarter of a second.
    shell
        .args([
            "-c",
            &format!("ulimit -f 100; exec \"$0\" {words}"),
            ANE_SYNTH,
        ])
        .stdin(Stdio::piped());
    let mut playing = place.start_command(shell);
    playing.say("on c4\nwait 0.6\nq\n");
    let played = playing.end();
    assert_eq!(played.code, Some(2), "{}", played.stderr);
    let complaints = played.complaints();
    assert!(
        complaints[0].starts_with("played.wav: the recording ends after "),
        "{complaints:?}"
    );
    let last = complaints.last().unwrap();
    assert!(last.starts_with("played.wav: lacks "), "{complaints:?}");
    assert_eq!(complaints.len(), 2, "{complaints:?}");
    assert!(played.stdout.contains("played "), "it played on");

    let wav = Wav::from_bytes(&fs::read(place.path(RECORDING)).unwrap()).unwrap();
    let frames = wav.channels[0].len();
    assert!(
        complaints[0].contains(&format!("after {frames} sample frames")),
        "{complaints:?}"
    );
    assert!(frames > 5000, "{frames}");
    assert!(place.replay("again.wav", &[]).status.success());
    let mut again = place.wav("again.wav");
    let made = again.channels[0].len();
    assert!(
        last.contains(&format!("lacks {} sample frames", made - frames)),
        "{last}"
    );
    for samples in &mut again.channels {
        samples.truncate(frames);
    }
    crate::place::assert_same_bits(&wav, &again, "as far as it goes");
}
