//! A JACK server, a client that plays and listens, and the command between them.

use std::process::{Command, Stdio};

use serde_json::Value;
use synth_engine::Event;
use synth_io::midi_file::{Message, Song, SongOptions};
use testkit::jack::{JackPlayer, JackServer, Recording, apart};

use crate::place::{ANE_SYNTH, LOG, Place, Played, Playing, RECORDING};

/// The client that plays, as the command sees it.
pub(crate) const KEYS: &str = "keys";
/// The command's clients, as their ports are called.
const SOUND: &str = "cpal_client";
const MIDI: &str = "ane-synth:in";
/// Says that a MIDI port is open.
pub(crate) const OPENED: &str = "MIDI input: keys:midi_out";
/// A server that is late on a busy machine gets so many tries to be in time.
const TRIES: usize = 3;

/// A message and the server's frame that it is sent at.
pub(crate) type Sent = (u64, Vec<u8>);

/// The messages of a MIDI file before `end_s`, each at its frame.
pub(crate) fn messages(file: &[u8], rate_hz: u32, end_s: f64) -> Vec<Sent> {
    let song = Song::from_bytes(file, &SongOptions::default()).unwrap();
    let of_song = song.messages().iter();
    let wanted = of_song.take_while(|message| message.time.seconds() < end_s);
    wanted
        .map(|message| {
            let bytes = match message.message {
                Message::Channel([status @ 0xc0..=0xdf, data, _]) => vec![status, data],
                Message::Channel(bytes) => bytes.to_vec(),
                Message::SystemExclusive(number) => {
                    [&[0xf0], song.system_exclusive(number), &[0xf7]].concat()
                }
            };
            (message.time.sample_index(rate_hz), bytes)
        })
        .collect()
}

/// Runs `body` in a process of its own, with a server, and shows what it measured.
pub(crate) fn with_server(test: &str, rate_hz: u32, period: u32, body: impl FnOnce(JackServer)) {
    let output = apart(test, || body(JackServer::start(rate_hz, period).unwrap()));
    if let Some(output) = output {
        print!("{}", String::from_utf8_lossy(&output.stdout));
    }
}

/// Begins to play on the server that this process looks for, with a recording, a log and a summary as
/// JSON.
pub(crate) fn start<'a>(place: &'a Place, arguments: &[&str]) -> Playing<'a> {
    let mut command = Command::new(ANE_SYNTH);
    command
        .args(["play", "--plain", "--json", "--audio-device", "jack"])
        .args(["--record", RECORDING, "--event-log", LOG])
        .args(arguments)
        .stdin(Stdio::piped());
    place.start_command(command)
}

/// Becomes the client that plays.
pub(crate) fn keys(server: &JackServer) -> JackPlayer {
    JackPlayer::new(server.name(), KEYS).unwrap()
}

/// Waits until the command hears the client, and the client the command.
pub(crate) fn connect(playing: &mut Playing<'_>, keys: &JackPlayer) {
    playing.wait_for_word(OPENED);
    keys.connect_midi_to(MIDI).unwrap();
    connect_sound(keys);
}

/// Waits until the client hears the command.
pub(crate) fn connect_sound(keys: &JackPlayer) {
    keys.connect_audio_from(SOUND).unwrap();
}

/// Ends it, with its sound fading at once, and gives its summary.
pub(crate) fn quit(mut playing: Playing<'_>) -> (Played, Value) {
    playing.say("quit\n");
    let played = playing.ends();
    assert_eq!(played.code, Some(0), "{}", played.stderr);
    let summary = serde_json::from_str(&played.stdout).expect(&played.stdout);
    (played, summary)
}

/// What came of an attempt on a server that may have been late.
pub(crate) struct Attempt {
    /// Times that the server was late, by the listener's or the command's count.
    pub(crate) xruns: u64,
    /// What was wrong, which is forgiven where the server was late.
    pub(crate) verdict: Result<(), String>,
}

impl Attempt {
    /// What was heard, and how the command saw it.
    pub(crate) fn new(recording: &Recording, summary: &Value, verdict: Result<(), String>) -> Self {
        let seen = summary["xruns"].as_u64().unwrap();
        let xruns = seen.max(u64::from(recording.xruns)) + recording.lost_frames;
        Self { xruns, verdict }
    }
}

/// Tries again where it was the server that was late.
pub(crate) fn in_time(mut attempt: impl FnMut() -> Attempt) {
    for _ in 0..TRIES {
        let Attempt { xruns, verdict } = attempt();
        let Err(what) = verdict else { return };
        assert_ne!(xruns, 0, "{what}");
        println!("the server was late {xruns} times: {what}");
    }
    panic!("the server was late at each of {TRIES} attempts");
}

/// The samples of the engine at which the log's notes begin.
pub(crate) fn note_samples(place: &Place) -> Vec<u64> {
    let events = place.events().into_iter();
    let notes = events.filter(|(_, event)| matches!(event, Event::NoteOn { .. }));
    notes.map(|(sample, _)| sample).collect()
}
