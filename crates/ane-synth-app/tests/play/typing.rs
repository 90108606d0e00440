//! Somebody types on a terminal: what is typed is meant now. `script` (util-linux) is the terminal; where
//! there is none, nothing is tried.

use std::process::{Command, Stdio};

use synth_engine::Event;

use crate::place::{
    ANE_SYNTH, LOG, Place, Playing, RECORDING, assert_faded, is_leaving, peak_at_end, with_defaults,
};

/// The command under a terminal; `None` where there is no such thing.
fn start<'a>(place: &'a Place, arguments: &[&str]) -> Option<Playing<'a>> {
    let mut tried = Command::new("script");
    tried
        .args(["-qec", "true", "/dev/null"])
        .stdin(Stdio::null());
    if !tried.output().is_ok_and(|output| output.status.success()) {
        println!("skipped: there is no terminal to type on");
        return None;
    }
    let words = with_defaults(&["--record", RECORDING, "--event-log", LOG], arguments);
    let mut command = Command::new("script");
    let play = format!("exec {ANE_SYNTH} {}", words.join(" "));
    command
        .args(["-qec", &play, "/dev/null"])
        .stdin(Stdio::piped());
    let mut playing = place.start_command(command);
    playing.wait_for_word("audio device: null");
    Some(playing)
}

fn on(key: u8) -> impl Fn(&Event) -> bool {
    move |event| matches!(event, Event::NoteOn { key: other, .. } if *other == key)
}

#[test]
fn lines_sound_together_and_the_end_of_input_lets_them_ring_out() {
    let place = Place::new();
    let Some(mut playing) = start(&place, &[]) else {
        return;
    };
    playing.say("gate 0.3\nq w\n");
    playing.wait_for_event(on(60));
    // Typed while that still sounds.
    playing.say("gate 0.2\nz\n");
    playing.wait_for_event(on(48));
    playing.say("\x04");
    let played = playing.ends();
    assert_eq!(played.code, Some(0), "{}", played.stdout);
    let wav = place.assert_replays(&[]);
    assert!(peak_at_end(&wav, 800) < 3.2e-5);
    let events = place.events();
    let last = |is_it: &dyn Fn(&Event) -> bool| events.iter().rposition(|(_, event)| is_it(event));
    let ended = last(&|event| matches!(event, Event::AllNotesOff { .. }));
    assert!(ended > last(&|event| matches!(event, Event::NoteOn { .. })));
}

/// Notes that are on their way already begin after a panic; none may be left without its end.
#[test]
fn panic_leaves_nothing_that_sounds() {
    let place = Place::new();
    let Some(mut playing) = start(&place, &["--buffer", "64"]) else {
        return;
    };
    playing.say("gate 0.2\nq w e r t y u q w e r t y u\n");
    playing.wait_for_event(on(60));
    playing.say("panic\nwait 0.8\nquit\n");
    let played = playing.ends();
    assert_eq!(played.code, Some(0), "{}", played.stdout);
    let events = place.events();
    let left = events.iter().position(|(_, event)| is_leaving(event));
    let left = events[left.expect("it was left")].0;
    let before = events.iter().filter(|(sample, _)| *sample < left);
    let before: Vec<&Event> = before.map(|(_, event)| event).collect();
    let last = |is_it: fn(&Event) -> bool| before.iter().rposition(|event| is_it(event));
    let silenced = last(|event| matches!(event, Event::AllSoundOff { channel: 0 }));
    let begun = last(|event| matches!(event, Event::NoteOn { .. }));
    assert!(silenced.is_some() && silenced > begun, "{before:?}");
    let wav = place.assert_replays(&[]);
    let until_left = &wav.channels[0][..left as usize];
    let end = &until_left[until_left.len() - 400..];
    assert!(
        end.iter().all(|x| x.abs() < 1e-5),
        "silence before it was left"
    );
}

#[test]
fn control_c_keeps_everything() {
    let place = Place::new();
    let Some(mut playing) = start(&place, &[]) else {
        return;
    };
    playing.say("on c4\n");
    playing.wait_for_event(on(60));
    playing.say("\x03");
    let played = playing.ends();
    assert_eq!(played.code, Some(130), "{}", played.stdout);
    let wav = place.assert_replays(&[]);
    assert_faded(&wav, 16, "");
}
