//! From a request to a stream that waits for its callback.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cpal::traits::{DeviceTrait, StreamTrait};
use cpal::{BufferSize, Device, HostId, OutputCallbackInfo, StreamConfig};
use serde::Serialize;

use super::callback::{AudioCallback, CallbackTime};
use super::choice::{Named, find, parse};
use super::cycle_start::{ClockOrigin, CycleStart};
use super::error::{AudioDeviceError, phrase};
use super::fault::{ErrorOutlet, Shared, error_path};
use super::hosts;
use super::offer::{Choice, Difference, choose};
use super::pump::{Lender, Pump};
use super::stream::{Backend, NotStarted, OutputStream};
use crate::device::promote_this_thread;
use crate::stderr_guard::StderrGuard;

/// Most sample frames that a callback is asked for at once; what the system wants beyond is made in
/// pieces.
pub const LONGEST_PIECE: usize = 8192;

/// How long a server may take to let a stream be made, and how long a stream waits for a device before it
/// looks whether that is still there.
const PATIENCE: Duration = Duration::from_secs(5);

/// What to play on. The default is the best device as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OutputRequest {
    /// A system (`jack`, `alsa`), a device of one (`alsa:hw:CARD=PCH,DEV=0`), or a device's identifier or
    /// name, or a part of either that fits no other. `None` is JACK where a server runs, else the default
    /// device of the computer.
    pub device: Option<String>,
    /// Sample frames a callback, from 1 on; `None` is what the device has by default, which may be long.
    pub buffer: Option<u32>,
    /// Sample rate in Hz, from 1 on; `None` is what the device has by default.
    pub sample_rate_hz: Option<u32>,
}

/// How a stream plays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OutputFormat {
    /// The audio system.
    pub host: String,
    /// The device's name for people.
    pub device: String,
    /// What [`OutputRequest::device`] knows it by.
    pub id: String,
    /// Sample rate, Hz.
    pub sample_rate_hz: u32,
    /// Channels of the device, at least 1. One gets the mean of left and right; of more than two, the
    /// others are silent.
    pub channels: u16,
    /// Sample format of the device, such as `f32` or `i16`.
    pub sample_format: String,
    /// Sample frames a callback, as the system tells them now; `None` if it does not. Single callbacks may
    /// be shorter or longer, and a JACK server may be told to change it.
    pub buffer: Option<u32>,
    /// What was asked for and is not offered.
    pub differences: Vec<Difference>,
}

/// Opens a device and finds out how it plays; [`ReadyOutput::start`] then begins.
///
/// What C libraries write to standard error meanwhile is kept: [`ReadyOutput::chatter`] and
/// [`OpenError::chatter`].
///
/// # Errors
/// See [`AudioDeviceError`].
pub fn open(request: &OutputRequest) -> Result<ReadyOutput, OpenError> {
    let guard = StderrGuard::begin();
    let opened = open_asked(request);
    let chatter = guard.finish();
    match opened {
        Ok(ready) => Ok(ReadyOutput { chatter, ..ready }),
        Err(error) => Err(OpenError { error, chatter }),
    }
}

/// Why nothing was opened, and what was said meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct OpenError {
    error: AudioDeviceError,
    chatter: String,
}

impl OpenError {
    /// What is wrong.
    #[must_use]
    pub fn error(&self) -> &AudioDeviceError {
        &self.error
    }

    /// What C libraries wrote to standard error; it may have many lines.
    #[must_use]
    pub fn chatter(&self) -> &str {
        &self.chatter
    }
}

fn open_asked(request: &OutputRequest) -> Result<ReadyOutput, AudioDeviceError> {
    for (what, number) in [
        ("a buffer", request.buffer),
        ("a sample rate", request.sample_rate_hz),
    ] {
        if number == Some(0) {
            return Err(AudioDeviceError::Zero { what });
        }
    }
    let Some(asked) = &request.device else {
        return open_best(request);
    };
    let wanted = parse(asked, &hosts::names());
    let host = wanted.host.and_then(hosts::by_name);
    let output = match (host, wanted.device) {
        (Some(id), None) => default_of(id),
        (host, device) => find_on(host, device.unwrap_or(asked)),
    };
    let (named, device) = output.map_err(|error| match hosts::not_built(asked) {
        Some((host, reason)) => AudioDeviceError::Unreachable { host, reason },
        None => error,
    })?;
    prepare(&named, &device, request).map_err(|reason| AudioDeviceError::Unusable {
        device: asked_as(&named),
        reason,
    })
}

/// The default device of a system.
fn default_of(id: HostId) -> Result<(Named, Device), AudioDeviceError> {
    let default = hosts::reach(id).and_then(|host| hosts::default_output(id, &host));
    default.map_err(|reason| AudioDeviceError::Unreachable {
        host: id.name().to_owned(),
        reason,
    })
}

/// The device called `device`, of one system or of all that can be reached.
fn find_on(host: Option<HostId>, device: &str) -> Result<(Named, Device), AudioDeviceError> {
    let ids = host.map_or_else(hosts::best_first, |id| vec![id]);
    let mut outputs = Vec::new();
    for id in ids {
        match hosts::reach(id).and_then(|host| hosts::outputs(id, &host)) {
            Ok(found) => outputs.extend(found),
            Err(reason) if host.is_some() => {
                let host = id.name().to_owned();
                return Err(AudioDeviceError::Unreachable { host, reason });
            }
            // What is asked for may belong to another one.
            Err(_) => {}
        }
    }
    let names: Vec<Named> = outputs.iter().map(|(named, _)| named.clone()).collect();
    let at = find(device, &names)?;
    Ok(outputs.swap_remove(at))
}

/// The first system whose default device can be used.
fn open_best(request: &OutputRequest) -> Result<ReadyOutput, AudioDeviceError> {
    let mut tried = Vec::new();
    for id in hosts::best_first() {
        let default = hosts::reach(id).and_then(|host| hosts::default_output(id, &host));
        match default.and_then(|(named, device)| prepare(&named, &device, request)) {
            Ok(ready) => return Ok(ready),
            Err(reason) => tried.push(format!("{}: {reason}", id.name())),
        }
    }
    let tried = tried.join("; ");
    Err(AudioDeviceError::None { tried })
}

fn asked_as(named: &Named) -> String {
    format!("{}:{}", named.host.to_lowercase(), named.id)
}

/// Makes a stream on a device; why not, in words.
fn prepare(named: &Named, device: &Device, request: &OutputRequest) -> Result<ReadyOutput, String> {
    let offers: Vec<_> = device
        .supported_output_configs()
        .map_err(|error| phrase(&error))?
        .collect();
    let default = device.default_output_config().ok();
    let default_rate_hz = default.map(|default| default.sample_rate());
    let choice = choose(
        &offers,
        default_rate_hz,
        request.sample_rate_hz,
        request.buffer,
    )
    .ok_or("it takes no sound in a form that can be made")?;
    let membership = hosts::enter(&named.host)?;
    let first = Built::new(named, device, &choice, choice.buffer);
    let built = match (first, choice.buffer) {
        // A size that nobody foresaw was wrong: better another one than no sound.
        (Err(_), BufferSize::Fixed(_)) => Built::new(named, device, &choice, BufferSize::Default),
        (first, _) => first,
    };
    let built = built.map_err(|error| phrase(&error))?;
    let buffer = built.stream.buffer_size().ok().or(choice.fixed_buffer);
    Ok(ReadyOutput {
        format: OutputFormat {
            host: named.host.clone(),
            device: named.name.clone(),
            id: asked_as(named),
            sample_rate_hz: choice.rate_hz,
            channels: choice.channels,
            sample_format: choice.format.to_string(),
            buffer,
            differences: differences(request, choice.rate_hz, buffer),
        },
        backend: Backend::new(built.stream, membership, asked_as(named)),
        lender: built.lender,
        errors: built.errors,
        shared: built.shared,
        chatter: String::new(),
    })
}

fn differences(request: &OutputRequest, rate_hz: u32, buffer: Option<u32>) -> Vec<Difference> {
    let rate = request.sample_rate_hz.map(|asked| (asked, rate_hz));
    let rate = rate.filter(|(asked, got)| asked != got);
    let buffer = request.buffer.zip(buffer);
    let buffer = buffer.filter(|(asked, got)| asked != got);
    let rate = rate.map(|(asked, got)| Difference::Rate { asked, got });
    let buffer = buffer.map(|(asked, got)| Difference::Buffer { asked, got });
    rate.into_iter().chain(buffer).collect()
}

/// A stream of the system and our ends of it.
struct Built {
    stream: cpal::Stream,
    lender: Lender,
    errors: ErrorOutlet,
    shared: Arc<Shared>,
}

impl Built {
    fn new(
        named: &Named,
        device: &Device,
        choice: &Choice,
        buffer: BufferSize,
    ) -> Result<Self, cpal::Error> {
        let shared = Arc::new(Shared::default());
        let (mut inlet, errors) = error_path(&shared);
        let (mut pump, lender) = Pump::new(
            choice.channels,
            choice.rate_hz,
            LONGEST_PIECE,
            shared.clone(),
        );
        let config = StreamConfig {
            channels: choice.channels,
            sample_rate: choice.rate_hz,
            buffer_size: buffer,
        };
        let wanted_priority = hosts::may_promote(named);
        let seen = shared.clone();
        let mut is_first = true;
        let channels = usize::from(choice.channels.max(1));
        let origin = hosts::counts_periods(named).then(ClockOrigin::unknown);
        let rate_hz = choice.rate_hz;
        let mut cycle_start = origin
            .clone()
            .map(|origin| CycleStart::new(origin, rate_hz));
        let stream = device.build_output_stream_raw(
            config,
            choice.format,
            move |data: &mut cpal::Data, info: &OutputCallbackInfo| {
                let asked = Instant::now();
                if is_first {
                    is_first = false;
                    seen.set_priority(promote_this_thread(wanted_priority));
                }
                let frames = u32::try_from(data.len() / channels).unwrap_or(u32::MAX);
                let at = time_of(info, asked, frames, &mut cycle_start);
                pump.fill(data, at);
            },
            move |error| inlet.report(error),
            Some(PATIENCE),
        )?;
        if let Some(origin) = origin {
            origin.compare(|| since_the_beginning(stream.now()));
        }
        Ok(Self {
            stream,
            lender,
            errors,
            shared,
        })
    }
}

fn time_of(
    info: &OutputCallbackInfo,
    asked: Instant,
    frames: u32,
    cycle_start: &mut Option<CycleStart>,
) -> CallbackTime {
    let stamp = info.timestamp();
    let stream = since_the_beginning(stamp.callback);
    let heard = since_the_beginning(stamp.playback);
    let start = cycle_start.as_mut();
    CallbackTime {
        frame: 0,
        asked,
        due: start.and_then(|start| start.of(frames, stream, heard)),
        stream,
        heard,
    }
}

/// A time of a stream's clock since that began.
pub(super) fn since_the_beginning(instant: cpal::StreamInstant) -> Duration {
    instant.saturating_duration_since(cpal::StreamInstant::ZERO)
}

/// An open device that is silent until it has a callback.
pub struct ReadyOutput {
    format: OutputFormat,
    backend: Backend,
    lender: Lender,
    errors: ErrorOutlet,
    shared: Arc<Shared>,
    chatter: String,
}

impl ReadyOutput {
    /// How it will play.
    #[must_use]
    pub fn format(&self) -> &OutputFormat {
        &self.format
    }

    /// What C libraries wrote to standard error while it was opened; it may have many lines.
    #[must_use]
    pub fn chatter(&self) -> &str {
        &self.chatter
    }

    /// Begins to play what `callback` makes.
    ///
    /// # Errors
    /// If the device is gone since it was opened; the callback comes back.
    pub fn start<C: AudioCallback>(
        mut self,
        callback: C,
    ) -> Result<OutputStream<C>, NotStarted<C>> {
        // A stream is started only once, so there is room.
        let refused = self.lender.lend(Box::new(callback)).err();
        debug_assert!(refused.is_none());
        let played = self.backend.play();
        let stream = OutputStream::new(
            self.format,
            self.backend,
            self.lender,
            self.errors,
            self.shared,
        );
        stream.begun(played)
    }
}
