//! A client that keeps every sample it is given.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use jack::{
    AsyncClient, AudioIn, Client, ClientOptions, Control, Frames, NotificationHandler, Port,
    PortFlags, ProcessHandler, ProcessScope,
};

/// How often what was recorded is looked at by who waits for it.
const POLL: Duration = Duration::from_millis(2);

/// Records in the server's cycle, so that nothing is lost or changed between a client's port and the
/// recording.
///
/// ```no_run
/// use std::time::Duration;
/// use testkit::jack::{JackRecorder, JackServer};
/// // In a process that looks for this server: see `apart`.
/// let server = JackServer::start(48_000, 256)?;
/// let recorder = JackRecorder::start("recorder", 2, 48_000)?;
/// for (channel, port) in recorder.outputs("synth:.*").iter().enumerate() {
///     recorder.connect(port, channel)?;
/// }
/// recorder.wait_for(24_000, Duration::from_secs(60))?;
/// let recording = recorder.finish()?;
/// assert_eq!(recording.skipped, 0);
/// # Ok::<(), String>(())
/// ```
pub struct JackRecorder {
    client: AsyncClient<Notifications, Process>,
    shared: Arc<Shared>,
    inputs: Vec<String>,
}

/// What was recorded.
pub struct JackRecording {
    /// The samples of each channel, from the recorder's first cycle on; all of one length.
    pub channels: Vec<Vec<f32>>,
    /// Sample frames that went by without a cycle of this recorder, while it recorded: the server or a
    /// client was late.
    pub skipped: u64,
    /// Times that the server told of a client or a driver that was late.
    pub xruns: u64,
}

#[derive(Default)]
struct Shared {
    frames: AtomicUsize,
    xruns: AtomicU64,
}

struct Notifications(Arc<Shared>);

impl NotificationHandler for Notifications {
    fn xrun(&mut self, _: &Client) -> Control {
        self.0.xruns.fetch_add(1, Relaxed);
        Control::Continue
    }
}

struct Process {
    ports: Vec<Port<AudioIn>>,
    channels: Vec<Vec<f32>>,
    /// The time of the next cycle, if none is skipped.
    expected: Option<Frames>,
    skipped: u64,
    shared: Arc<Shared>,
}

impl ProcessHandler for Process {
    fn process(&mut self, _: &Client, scope: &ProcessScope) -> Control {
        let frames = scope.n_frames();
        let now = scope.last_frame_time();
        let room = self
            .channels
            .iter()
            .map(|it| it.capacity() - it.len())
            .min();
        if room.unwrap_or(0) < frames as usize {
            return Control::Continue;
        }
        if let Some(expected) = self.expected {
            self.skipped += u64::from(now.wrapping_sub(expected));
        }
        self.expected = Some(now.wrapping_add(frames));
        for (port, channel) in self.ports.iter().zip(&mut self.channels) {
            channel.extend_from_slice(port.as_slice(scope));
        }
        self.shared.frames.fetch_add(frames as usize, Relaxed);
        Control::Continue
    }
}

impl JackRecorder {
    /// Begins to record `channels` ports, to which nothing is connected yet, until `most_frames` sample
    /// frames are kept.
    ///
    /// # Errors
    /// What JACK says, if there is no server or it does not want this client.
    pub fn start(name: &str, channels: usize, most_frames: usize) -> Result<Self, String> {
        let (client, _) = Client::new(name, ClientOptions::NO_START_SERVER)
            .map_err(|error| format!("no JACK client {name}: {error}"))?;
        let mut ports = Vec::new();
        let mut inputs = Vec::new();
        for channel in 0..channels {
            let port = client
                .register_port(&format!("in_{channel}"), AudioIn::default())
                .map_err(|error| format!("no JACK port: {error}"))?;
            inputs.push(port.name().map_err(|error| format!("no name: {error}"))?);
            ports.push(port);
        }
        let shared = Arc::new(Shared::default());
        let room = || Vec::with_capacity(most_frames);
        let process = Process {
            ports,
            channels: (0..channels).map(|_| room()).collect(),
            expected: None,
            skipped: 0,
            shared: shared.clone(),
        };
        let client = client
            .activate_async(Notifications(shared.clone()), process)
            .map_err(|error| format!("JACK does not start {name}: {error}"))?;
        Ok(Self {
            client,
            shared,
            inputs,
        })
    }

    /// The server's sample rate, Hz.
    pub fn rate_hz(&self) -> u32 {
        self.client.as_client().sample_rate()
    }

    /// The server's samples a cycle.
    pub fn period(&self) -> u32 {
        self.client.as_client().buffer_size()
    }

    /// Tells the server to use another number of samples a cycle.
    ///
    /// # Errors
    /// What JACK says if it does not.
    pub fn set_period(&self, period: u32) -> Result<(), String> {
        let set = self.client.as_client().set_buffer_size(period);
        set.map_err(|error| format!("no period of {period}: {error}"))
    }

    /// The audio outputs of clients whose full name, `client:port`, fits the regular expression `pattern`.
    pub fn outputs(&self, pattern: &str) -> Vec<String> {
        let client = self.client.as_client();
        client.ports(Some(pattern), Some("audio"), PortFlags::IS_OUTPUT)
    }

    /// Connects an output to a channel of the recording, from 0 on.
    ///
    /// # Errors
    /// What JACK says, if there is no such port.
    pub fn connect(&self, output: &str, channel: usize) -> Result<(), String> {
        let input = self.inputs.get(channel).ok_or("there is no such channel")?;
        let client = self.client.as_client();
        client
            .connect_ports_by_name(output, input)
            .map_err(|error| format!("{output} cannot be connected: {error}"))
    }

    /// Sample frames that were kept so far.
    pub fn frames(&self) -> usize {
        self.shared.frames.load(Relaxed)
    }

    /// Waits until so many are kept.
    ///
    /// # Errors
    /// If that takes longer than `patience`, as it does when the server is gone.
    pub fn wait_for(&self, frames: usize, patience: Duration) -> Result<(), String> {
        let begun = Instant::now();
        loop {
            let kept = self.frames();
            if kept >= frames {
                return Ok(());
            }
            if begun.elapsed() > patience {
                return Err(format!("{kept} frames of {frames} within {patience:?}"));
            }
            thread::sleep(POLL);
        }
    }

    /// Ends the recording.
    ///
    /// # Errors
    /// What JACK says if it cannot be ended, as when the server is gone.
    pub fn finish(self) -> Result<JackRecording, String> {
        let (_client, _notifications, process) = self
            .client
            .deactivate()
            .map_err(|error| format!("the recording cannot be ended: {error}"))?;
        Ok(JackRecording {
            channels: process.channels,
            skipped: process.skipped,
            xruns: self.shared.xruns.load(Relaxed),
        })
    }
}
