//! A JACK server, the synthesizer that plays to it and the client that plays on it.

use testkit::jack::{JackPlayer, JackServer, Recording};

use crate::hearing::Hearing;
use crate::options::Options;
use crate::score::{Score, Timed};
use crate::synth::Synth;

const PLAYER: &str = "soak";
/// Parts of the names of the synthesizer's ports.
const MIDI_PORT: &str = "ane-synth:in_";
const AUDIO_PORTS: &str = "cpal_client";
/// A cycle or some in which nothing is played, seconds.
const MOMENT_S: f64 = 0.1;

/// How a server ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// As a user ends it: its clients are told.
    Stop,
    /// As a crash ends it: its clients are told nothing.
    Kill,
}

/// Everything that runs.
pub(crate) struct Stage {
    // In this order they end: a client after its server may wait for it in vain.
    player: Option<JackPlayer>,
    pub(crate) synth: Synth,
    server: Option<JackServer>,
    period: u32,
    pub(crate) rate_hz: u32,
    pub(crate) score: Score,
    pub(crate) hearing: Hearing,
    /// Servers that went away, and came back.
    pub(crate) servers: u64,
}

impl Stage {
    pub(crate) fn open(options: &Options, score: Score, rate_hz: u32) -> Result<Self, String> {
        let server = JackServer::start(rate_hz, options.period)?;
        let seed = options.seed.to_string();
        let arguments = [
            "play",
            "--plain",
            "--json",
            "--verbose",
            "--audio-device",
            "jack",
            "--seed",
            &seed,
        ];
        let synth = Synth::start(&options.synth, &arguments, &server.env())?;
        let mut stage = Self {
            player: None,
            synth,
            server: Some(server),
            period: options.period,
            rate_hz,
            score,
            hearing: Hearing::default(),
            servers: 0,
        };
        stage.connect()?;
        Ok(stage)
    }

    /// Becomes a client of the server and waits for the synthesizer to be one.
    fn connect(&mut self) -> Result<(), String> {
        let server = self.server.as_ref().ok_or("there is no JACK server")?;
        let player = JackPlayer::new(server.name(), PLAYER)?;
        player.connect_midi_to(MIDI_PORT)?;
        player.connect_audio_from(AUDIO_PORTS)?;
        self.player = Some(player);
        // A port is heard a cycle after it was made, by a session that went on.
        self.synth.settle()?;
        self.play(Vec::new(), MOMENT_S)?;
        Ok(())
    }

    /// Plays `events` in so many seconds, and listens.
    pub(crate) fn play(&mut self, events: Vec<Timed>, seconds: f64) -> Result<Recording, String> {
        let player = self.player.as_ref().ok_or("there is no JACK client")?;
        let recording = player.play(events, self.frames(seconds))?;
        self.hearing.take(&recording);
        Ok(recording)
    }

    pub(crate) fn frames(&self, seconds: f64) -> u64 {
        ((seconds * f64::from(self.rate_hz)) as u64).max(1)
    }

    /// The server goes away, `meanwhile` happens, and one with another rate comes.
    pub(crate) fn change_server(
        &mut self,
        exit: Exit,
        rate_hz: u32,
        meanwhile: &[String],
    ) -> Result<(), String> {
        // What is held is let go because this port is gone.
        self.player = None;
        self.score.forget();
        if let Some(mut server) = self.server.take() {
            match exit {
                Exit::Stop => server.stop(),
                Exit::Kill => server.kill(),
            }
        }
        for line in meanwhile {
            self.synth.type_line(line)?;
        }
        self.server = Some(JackServer::start(rate_hz, self.period)?);
        self.rate_hz = rate_hz;
        self.servers += 1;
        self.connect()
    }

    /// Asks the synthesizer for another rate than the server's: it plays to nobody for a moment, finds
    /// the server as it is, and comes back.
    pub(crate) fn ask_for_rate(&mut self, rate_hz: u32) -> Result<(), String> {
        let before = self.synth.said().devices;
        self.synth.type_line(&format!("rate {rate_hz}"))?;
        let back = "it did not come back to the audio device";
        self.synth.wait_until(back, |said| said.devices > before)?;
        let player = self.player.as_ref().ok_or("there is no JACK client")?;
        player.connect_audio_from(AUDIO_PORTS)
    }

    /// Nothing is played or heard any more; the server stays.
    pub(crate) fn leave(self) -> (Synth, Score, Hearing, Option<JackServer>) {
        drop(self.player);
        (self.synth, self.score, self.hearing, self.server)
    }
}
