//! How playing ends: by itself, by a word, by a signal; what it leaves then, and its exit code.

use synth_engine::Event;

use crate::place::{LOG, Place, RECORDING, assert_faded, peak, peak_at_end};

/// Sounds without end.
const HELD: &str = "on c4 120\non e4 120\ncc 64 127\nq\nwait 3600\n";

fn is_note(event: &Event) -> bool {
    matches!(event, Event::NoteOn { .. })
}

/// Whether somebody told this program to ignore a signal, and so whatever it starts (proc(5)).
fn is_ignored(number: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.unwrap_or(0) >> (number - 1) & 1 == 1
}

/// Signals that can be sent here, their exit codes.
fn signals() -> Vec<(&'static str, i32)> {
    let shell = std::process::Command::new("sh")
        .args(["-c", "kill -l"])
        .output();
    if !shell.is_ok_and(|output| output.status.success()) {
        println!("skipped: there is no shell to interrupt with");
        return Vec::new();
    }
    let mut signals = vec![("INT", 130), ("TERM", 143), ("HUP", 129)];
    signals.retain(|(_, code)| !is_ignored(code - 128));
    signals
}

#[test]
fn at_the_end_of_input_notes_ring_out() {
    let place = Place::new();
    let played = place.play(
        &["--room", "0.4"],
        "on c4\non e4\npedal on\ncc 66 127\nwait 0.2\n",
    );
    assert_eq!(played.stderr, "");
    let wav = place.assert_replays(&[]);
    let events = place.events();
    let (off, _) = events
        .iter()
        .find(|(_, event)| matches!(event, Event::AllNotesOff { .. }))
        .expect("the notes are let go");
    let after = wav.channels[0].len() as u64 - off;
    assert!(after > 8000 / 4, "it goes on for {after} samples");
    let ringing = wav.channels[0][*off as usize..][..800].iter();
    assert!(ringing.fold(0.0_f32, |peak, x| peak.max(x.abs())) > 1e-3);
    assert!(peak_at_end(&wav, 800) < 3.2e-5, "quieter than -90 dBFS");
}

#[test]
fn quit_fades_out_at_once() {
    for buffer in ["16", "256", "4096"] {
        let place = Place::new();
        let played = place.play(
            &["--buffer", buffer],
            "on c4 127\non c3 127\npedal on\nwait 0.3\nquit\nq\nfrobnicate\n",
        );
        assert_eq!(played.stderr, "", "lines after it count no more");
        let wav = place.assert_replays(&[]);
        let events = place.events();
        let quit = |(_, event): &&(u64, Event)| matches!(event, Event::AllSoundOff { .. });
        let (quit, _) = events.iter().find(quit).expect("it fades");
        let after = wav.channels[0].len() as u64 - quit;
        assert!(after < 8000 * 10, "it does not ring for {after} samples");
        assert!(peak(&wav) > 0.05);
        assert_faded(&wav, 100, buffer);
        let notes = events.iter().filter(|(_, event)| is_note(event)).count();
        assert_eq!(notes, 2);
    }
}

#[test]
fn panic_silences_and_playing_goes_on() {
    let place = Place::new();
    let lines = "on c4 127\non 0\non 127\npedal on\nbend 12\ncc 1 127\nwait 0.2\npanic\nwait 0.3\n\
                 gate 0.1\nq\n";
    place.play(&[], lines);
    let wav = place.assert_replays(&[]);
    let events = place.events();
    let panic = |(_, event): &&(u64, Event)| matches!(event, Event::AllSoundOff { .. });
    let (panic, _) = events.iter().find(panic).unwrap();
    let (again, _) = events.iter().rfind(|(_, event)| is_note(event)).unwrap();
    assert!(again > &(panic + 800));
    // What the DC blocker holds of an 8 Hz note that stops takes a while to go.
    let between = &wav.channels[0][*panic as usize + 1600..*again as usize];
    assert!(between.iter().all(|x| x.abs() < 1e-4), "silence");
    let after = &wav.channels[0][*again as usize..];
    assert!(after.iter().any(|x| x.abs() > 1e-3), "it plays again");
}

#[test]
fn a_signal_ends_it_with_everything_kept() {
    for (signal, code) in signals() {
        for buffer in ["16", "4096"] {
            let place = Place::new();
            let mut playing = place.start(&["--buffer", buffer]);
            playing.say(HELD);
            playing.wait_for_event(is_note);
            playing.signal(signal);
            let played = playing.ends();
            assert_eq!(played.code, Some(code), "{signal}: {}", played.stderr);
            assert_eq!(
                played.complaints(),
                ["interrupted; what was played until then is kept"]
            );
            assert!(played.stdout.contains("played "), "{}", played.stdout);
            assert_eq!(place.names(), [LOG, RECORDING]);
            let wav = place.assert_replays(&[]);
            assert!(peak(&wav) > 0.01);
            assert_faded(&wav, 16, &format!("{signal} {buffer}"));
        }
    }
}

#[test]
fn a_signal_while_it_rings_out() {
    for (signal, code) in signals().into_iter().take(1) {
        let place = Place::new();
        let mut playing = place.start(&[]);
        playing.say("cc 72 127\non c4 127\nwait 0.2\n");
        playing.close();
        playing.wait_for_event(|event| matches!(event, Event::AllNotesOff { .. }));
        playing.signal(signal);
        let played = playing.ends();
        assert_eq!(played.code, Some(code), "{}", played.stderr);
        let wav = place.assert_replays(&[]);
        assert_faded(&wav, 16, "");
    }
}

#[test]
fn a_signal_before_the_first_line_and_a_file_less_session() {
    for (signal, code) in signals().into_iter().skip(1) {
        let place = Place::new();
        let mut playing = place.start(&[]);
        playing.wait_for_word("audio device: null");
        playing.signal(signal);
        let played = playing.ends();
        assert_eq!(played.code, Some(code), "{}", played.stderr);
        place.assert_replays(&[]);
    }
}

/// A replay is a render: what was not finished is taken away.
#[test]
fn a_signal_during_a_replay_leaves_nothing() {
    for (signal, code) in signals().into_iter().take(2) {
        let place = Place::new();
        place.play(&[], "gate 0.05\nq\n");
        std::fs::remove_file(place.path(RECORDING)).unwrap();
        let log = String::from_utf8(place.log_bytes()).unwrap();
        let (rest, _) = log.trim_end().rsplit_once('\n').unwrap();
        // Half a day of silence: it cannot be over before the signal arrives.
        let end = 12 * 3600 * 8000;
        let long = format!("{rest}\n{{\"sample\":{end},\"record\":\"end\"}}\n");
        place.write(LOG, long.as_bytes());
        let mut command = std::process::Command::new(crate::place::ANE_SYNTH);
        command.args([
            "render",
            "--events",
            LOG,
            "-o",
            "again.wav",
            "--block",
            "16",
        ]);
        let mut replaying = place.start_command(command);
        replaying.wait_for_a_file(".partial");
        replaying.signal(signal);
        let ended = replaying.ends();
        assert_eq!(ended.code, Some(code), "{}", ended.stderr);
        assert_eq!(
            ended.complaints(),
            ["again.wav: interrupted; nothing was written"]
        );
        assert_eq!(place.names(), [LOG]);
    }
}
