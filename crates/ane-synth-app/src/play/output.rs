//! Where the samples go: a sound card, or nobody while there is none.
//!
//! The engine goes on in either case, so time, notes and their ends go on as well. A card that vanishes
//! is looked for until it is back.

use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread::Builder;
use std::time::{Duration, Instant};

use synth_io::audio_device::{
    AudioDeviceError, Fault, OutputFormat, OutputRequest, OutputStream, Priority, ReadyOutput, open,
};

use super::live_callback::LiveCallback;
use super::pacer::Pacer;
use crate::error::AppError;
use crate::{printable, tui};

/// How often a device that is gone is looked for.
const RETRY: Duration = Duration::from_secs(1);
/// And where it is there but its rate is not to be had.
const RETRY_RATE: Duration = Duration::from_secs(10);
/// A device that asks for nothing for so long is gone, even if nobody says so...
const SILENT: Duration = Duration::from_secs(2);
/// ...unless this program itself stood still: it must have looked so often meanwhile.
const SILENT_POLLS: u32 = 50;

/// What became of the output.
#[derive(Debug)]
pub(super) enum OutputChange {
    /// The device is gone, and why; it is looked for.
    Lost(String),
    /// It is back, or another one is there.
    Returned(OutputFormat),
    /// A device is there and plays at another rate, Hz: [`Output::go_on_at`] once the engine has it.
    NeedsRate(u32),
    /// Something went wrong that did not stop the sound.
    Problem(String),
}

enum Place {
    Card(Box<OutputStream<LiveCallback>>),
    Pacer(Pacer),
    /// The engine is lost: the system did not give it back.
    Nowhere,
}

/// How a stream ends.
type Stop = fn(OutputStream<LiveCallback>) -> Result<LiveCallback, AudioDeviceError>;

/// Where the samples go.
pub(super) struct Output {
    place: Place,
    /// What is looked for while it is gone; `None` where nobody is played to on purpose.
    request: Option<OutputRequest>,
    /// The rate of the engine, Hz.
    rate_hz: u32,
    /// Samples a period where nobody is played to.
    buffer: usize,
    opening: Option<Receiver<Result<ReadyOutput, String>>>,
    retry_at: Instant,
    /// Whether the session knows that the rate must change first.
    waits_for_rate: bool,
    told: Option<String>,
    /// Whether it is to be told why the device cannot be had: somebody has just asked for it.
    must_tell: bool,
    /// What is played on, while something is.
    format: Option<OutputFormat>,
    /// Of devices that are gone.
    xruns_before: u64,
    missed_before: u64,
    callbacks: u64,
    progress_at: Instant,
    polls: u32,
}

impl Output {
    /// Plays to nobody.
    pub(super) fn null(
        callback: LiveCallback,
        rate_hz: u32,
        buffer: usize,
    ) -> Result<Self, AppError> {
        let pacer = Pacer::start(callback, buffer).map_err(super::no_thread)?;
        Ok(Self::new(Place::Pacer(pacer), None, rate_hz, buffer))
    }

    /// Plays on a device that was opened for `request`.
    pub(super) fn card(
        ready: ReadyOutput,
        request: OutputRequest,
        callback: LiveCallback,
        buffer: usize,
    ) -> Result<Self, AppError> {
        let format = ready.format().clone();
        let stream = ready.start(callback).map_err(AppError::new)?;
        let place = Place::Card(Box::new(stream));
        Ok(Self {
            format: Some(format.clone()),
            ..Self::new(place, Some(request), format.sample_rate_hz, buffer)
        })
    }

    fn new(place: Place, request: Option<OutputRequest>, rate_hz: u32, buffer: usize) -> Self {
        let now = Instant::now();
        Self {
            place,
            request,
            rate_hz,
            buffer,
            opening: None,
            retry_at: now,
            waits_for_rate: false,
            told: None,
            must_tell: false,
            format: None,
            xruns_before: 0,
            missed_before: 0,
            callbacks: 0,
            progress_at: now,
            polls: 0,
        }
    }

    /// Looks after the device; to be called many times a second.
    pub(super) fn poll(&mut self) -> Option<OutputChange> {
        self.poll_at(Instant::now())
    }

    fn poll_at(&mut self, now: Instant) -> Option<OutputChange> {
        match &mut self.place {
            Place::Card(stream) => {
                let fault = stream.fault();
                let callbacks = stream.statistics().callbacks;
                if callbacks != self.callbacks {
                    self.callbacks = callbacks;
                    self.progress_at = now;
                    self.polls = 0;
                }
                self.polls += 1;
                match fault {
                    Some(fault) if fault.is_final() => self.lose(now, &fault.to_string()),
                    Some(Fault::Other(text)) if self.told.as_ref() != Some(&text) => {
                        self.told = Some(text.clone());
                        Some(OutputChange::Problem(Fault::Other(text).to_string()))
                    }
                    _ if now.duration_since(self.progress_at) > SILENT
                        && self.polls > SILENT_POLLS =>
                    {
                        let seconds = SILENT.as_secs();
                        let why = format!("the audio output has asked for nothing for {seconds} s");
                        self.lose(now, &why)
                    }
                    _ => None,
                }
            }
            Place::Pacer(_) => self.look_for_device(now),
            Place::Nowhere => None,
        }
    }

    /// Goes on without the device, which is then looked for.
    fn lose(&mut self, now: Instant, why: &str) -> Option<OutputChange> {
        match self.leave_card(OutputStream::give_up) {
            Ok(()) => {
                self.retry_at = now + RETRY;
                Some(OutputChange::Lost(why.to_owned()))
            }
            Err(error) => Some(OutputChange::Problem(error.to_string())),
        }
    }

    /// Goes over to another device, or to playing to nobody on purpose. The engine goes on meanwhile.
    pub(super) fn go_over_to(&mut self, request: Option<OutputRequest>) -> Result<(), AppError> {
        self.opening = None;
        self.waits_for_rate = false;
        let left = self.leave_card(OutputStream::stop);
        self.must_tell = request.is_some();
        self.request = request;
        self.retry_at = Instant::now();
        left
    }

    /// What is played on, and why.
    pub(super) fn place(&self) -> tui::Place {
        let asked = self.request.as_ref();
        let named = asked.and_then(|request| request.device.as_deref());
        let (name, why) = match (&self.place, asked, &self.format) {
            (_, None, _) => ("null".to_owned(), "nobody hears it".to_owned()),
            (Place::Card(_), Some(_), Some(format)) => {
                let why = match named {
                    Some(named) => format!("asked for: {}", printable::one_line(named)),
                    None => format!("the default of {}", printable::one_line(&format.host)),
                };
                (printable::one_line(&format.device), why)
            }
            _ => ("no audio device".to_owned(), "it is looked for".to_owned()),
        };
        tui::Place {
            name,
            why,
            is_heard: self.is_heard(),
        }
    }

    fn leave_card(&mut self, stop: Stop) -> Result<(), AppError> {
        let stream = match std::mem::replace(&mut self.place, Place::Nowhere) {
            Place::Card(stream) => stream,
            elsewhere => {
                self.place = elsewhere;
                return Ok(());
            }
        };
        self.xruns_before += stream.statistics().xruns;
        let stopped = stop(*stream).map_err(AppError::new);
        let pacer = stopped
            .and_then(|callback| Pacer::start(callback, self.buffer).map_err(super::no_thread));
        self.place = Place::Pacer(pacer?);
        Ok(())
    }

    /// Leaves the device so that the engine can take another rate; nobody is played to until
    /// [`Output::go_on_at`].
    pub(super) fn leave_for_rate(&mut self) -> Result<(), AppError> {
        self.waits_for_rate = self.request.is_some();
        self.opening = None;
        self.leave_card(OutputStream::stop)
    }

    /// The engine has this rate now, Hz.
    pub(super) fn go_on_at(&mut self, rate_hz: u32) {
        self.rate_hz = rate_hz;
        if self.request.is_some() {
            self.waits_for_rate = false;
            self.retry_at = Instant::now();
        }
    }

    /// The engine could not take the rate of the device: whoever cares may change that.
    pub(super) fn try_later(&mut self) {
        self.waits_for_rate = false;
        self.retry_at = Instant::now() + RETRY_RATE;
    }

    fn look_for_device(&mut self, now: Instant) -> Option<OutputChange> {
        let request = self.request.as_ref()?;
        if self.waits_for_rate {
            return None;
        }
        let Some(opening) = &self.opening else {
            if now >= self.retry_at {
                let request = OutputRequest {
                    sample_rate_hz: Some(self.rate_hz),
                    ..request.clone()
                };
                self.opening = begin_to_open(request);
                self.retry_at = now + RETRY;
            }
            return None;
        };
        let opened = match opening.try_recv() {
            Err(TryRecvError::Empty) => return None,
            opened => opened,
        };
        self.opening = None;
        self.retry_at = now + RETRY;
        let ready = match opened.ok()? {
            Ok(ready) => ready,
            // Why it is not there yet is told once: when it was lost, or after it was asked for.
            Err(why) => {
                let must_tell = std::mem::take(&mut self.must_tell);
                return must_tell.then_some(OutputChange::Problem(why));
            }
        };
        self.must_tell = false;
        let rate_hz = ready.format().sample_rate_hz;
        if rate_hz != self.rate_hz {
            self.waits_for_rate = true;
            return Some(OutputChange::NeedsRate(rate_hz));
        }
        self.enter_card(ready)
    }

    fn enter_card(&mut self, ready: ReadyOutput) -> Option<OutputChange> {
        let pacer = match std::mem::replace(&mut self.place, Place::Nowhere) {
            Place::Pacer(pacer) => pacer,
            elsewhere => {
                self.place = elsewhere;
                return None;
            }
        };
        self.missed_before += pacer.missed();
        let callback = match pacer.stop() {
            Ok(callback) => callback,
            Err(error) => return Some(OutputChange::Problem(error.to_string())),
        };
        let format = ready.format().clone();
        match ready.start(callback) {
            Ok(stream) => {
                self.format = Some(format.clone());
                self.place = Place::Card(Box::new(stream));
                self.callbacks = 0;
                self.polls = 0;
                self.progress_at = Instant::now();
                self.told = None;
                Some(OutputChange::Returned(format))
            }
            Err(not_started) => {
                let restarted = not_started
                    .callback
                    .and_then(|callback| Pacer::start(callback, self.buffer).ok());
                if let Some(pacer) = restarted {
                    self.place = Place::Pacer(pacer);
                }
                None
            }
        }
    }

    /// Gaps in the sound of which the audio system told.
    pub(super) fn xruns(&self) -> u64 {
        match &self.place {
            Place::Card(stream) => self.xruns_before + stream.statistics().xruns,
            _ => self.xruns_before,
        }
    }

    /// Periods that came late where nobody is played to.
    pub(super) fn missed(&self) -> u64 {
        match &self.place {
            Place::Pacer(pacer) => self.missed_before + pacer.missed(),
            _ => self.missed_before,
        }
    }

    /// Whether the audio thread comes before other work.
    pub(super) fn priority(&self) -> Priority {
        match &self.place {
            Place::Card(stream) => stream.priority(),
            _ => Priority::Unknown,
        }
    }

    /// Whether a device is played on, or is not meant to be.
    pub(super) fn is_heard(&self) -> bool {
        self.request.is_none() || matches!(self.place, Place::Card(_))
    }

    /// Whether the engine still runs, as it should until it is stopped.
    pub(super) fn is_running(&self) -> bool {
        match &self.place {
            Place::Card(_) => true,
            Place::Pacer(pacer) => pacer.is_running(),
            Place::Nowhere => false,
        }
    }

    /// Ends it all, and gives the engine back.
    pub(super) fn stop(&mut self) -> Result<LiveCallback, AppError> {
        match std::mem::replace(&mut self.place, Place::Nowhere) {
            Place::Card(stream) => {
                self.xruns_before += stream.statistics().xruns;
                stream.stop().map_err(AppError::new)
            }
            Place::Pacer(pacer) => {
                self.missed_before += pacer.missed();
                pacer.stop()
            }
            Place::Nowhere => Err(AppError::new(
                "the audio thread failed; please report this as a bug",
            )),
        }
    }
}

/// Opens a device on a thread of its own, for that may take seconds.
fn begin_to_open(request: OutputRequest) -> Option<Receiver<Result<ReadyOutput, String>>> {
    let (opened, wait) = channel();
    let opener = Builder::new().name("audio open".to_owned());
    let begun = opener.spawn(move || {
        let ready = open(&request).map_err(|error| error.to_string());
        // Nobody may wait any more.
        let _ = opened.send(ready);
    });
    begun.ok().map(|_| wait)
}
