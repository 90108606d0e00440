//! `ane-synth play`: the realtime engine, played by lines of text.

mod arguments;
mod command;
mod console;
mod ensemble;
mod keys;
mod logbook;
mod meter;
mod null_device;
mod recorder;
mod session;
mod summary;
mod teller;
mod timeline;

pub(crate) use arguments::PlayArguments;

use std::path::{Path, PathBuf};
use std::time::Duration;

use synth_engine::{Capacity, LimiterMode, ParameterValues, Renderer, RendererConfig, realtime};
use synth_io::audio_file::Container;
use synth_io::event_log::{LogHeader, LogRoom};

use crate::error::AppError;
use crate::interrupt::Interrupt;
use crate::parameter_option::{self, ParameterOptions};
use ensemble::{Ensemble, thread_time};
use logbook::Logbook;
use null_device::NullDevice;
use recorder::Recorder;
use session::Session;
use teller::Teller;

/// The audio device that plays to nobody.
const NULL: &str = "null";
/// Events that may be under way, and reports: what comes while the console prepares an instrument.
const EVENTS: usize = 4096;
const REPORTS: usize = 16_384;
/// Links followed before a chain counts as a circle, which is refused when the file is opened.
const LINKS_FOLLOWED: u32 = 40;
/// What has been played cannot be had again, so it gets more time to be kept than a render gets to be
/// taken away: an instrument may just be loading, then everything fades, then the disk is waited for.
const INTERRUPT_PATIENCE: Duration = Duration::from_secs(10);

/// What `ane-synth play` was asked for.
pub(crate) fn play(arguments: &PlayArguments) -> Result<(), AppError> {
    check_audio_device(arguments)?;
    check_files(arguments)?;
    let interrupt = Interrupt::watch_with(INTERRUPT_PATIENCE);
    let mut teller = Teller::new(arguments.json);
    let ensemble = Ensemble::new(&arguments.instrument, arguments.device)?;
    let buffer = usize::from(arguments.buffer);
    let mut config = RendererConfig {
        sample_rate_hz: arguments.sample_rate,
        polyphony: arguments.polyphony(),
        most_polyphony: arguments.most_polyphony(),
        seed: arguments.seed,
        threads: 1,
        limiter: LimiterMode::Instant,
        room: arguments.room(),
        ..RendererConfig::default()
    };
    let carried = Ensemble::carried(ensemble.shelved(), ensemble.device(), &config, buffer)?;
    if let Some(carried) = carried {
        config.most_polyphony = config.most_polyphony.min(carried);
        config.polyphony = config.polyphony.min(carried);
    }
    let (loaded, programs) = Ensemble::load(ensemble.shelved(), ensemble.device())?;
    let renderer = Renderer::new(config.clone(), loaded, programs);
    let mut renderer = renderer.map_err(AppError::new)?;
    parameter_option::set(&mut renderer, arguments.parameters.beyond_the_config());
    let mut parameters = ParameterValues::default();
    for (parameter, _) in ParameterValues::default().iter() {
        parameters.set(parameter, renderer.parameter(parameter));
    }
    let capacity = Capacity {
        events: EVENTS,
        reports: REPORTS,
        senders: 0,
    };
    let (control, processor) = realtime(renderer, capacity);
    let processor = processor.with_thread_clock(thread_time);

    let shelved = ensemble.shelved().iter();
    let protected: Vec<&Path> = shelved.filter_map(|s| s.named.file.as_deref()).collect();
    let recorder = match &arguments.record {
        None => None,
        Some(path) => Some(Recorder::create(path, &protected, arguments.sample_rate)?),
    };
    let logbook = match &arguments.event_log {
        None => None,
        Some(path) => {
            let header = header(&config, &ensemble, &arguments.parameters)?;
            Some(Logbook::create(path, &protected, &header)?)
        }
    };
    teller.say(&format!(
        "{}, {} Hz, {} samples at a time ({:.1} ms), up to {} voices",
        ensemble.described(),
        config.sample_rate_hz,
        buffer,
        1e3 * buffer as f64 / f64::from(config.sample_rate_hz),
        config.polyphony,
    ));
    teller.say(&format!("device: {}", ensemble.device().described));
    if carried.is_some_and(|carried| carried < arguments.polyphony()) {
        teller.say(&polyphony_kept(config.polyphony));
    }
    teller.say("audio device: null (nobody hears it); type help for what there is");
    let lines = console::listen().map_err(no_thread)?;
    let started = NullDevice::start(processor, buffer, recorder.is_some());
    let (device, samples) = started.map_err(no_thread)?;
    let session = Session::new(session::Parts {
        arguments,
        config,
        control,
        device,
        ensemble,
        logbook,
        parameters,
        recorder,
        samples,
        teller,
        lines,
        interrupt,
    });
    session.run()
}

fn polyphony_kept(voices: usize) -> String {
    format!(
        "the polyphony is kept to {voices} voices, which the processor carries alone if the device \
         fails"
    )
}

fn no_thread(error: std::io::Error) -> AppError {
    AppError::new(format_args!(
        "no thread could be started ({error}); end some programs"
    ))
}

fn check_audio_device(arguments: &PlayArguments) -> Result<(), AppError> {
    match &arguments.audio_device {
        Some(name) if name == NULL => Ok(()),
        Some(name) => Err(AppError::new(format_args!(
            "--audio-device {}: there is no such device yet; say --audio-device null, which plays to \
             nobody in real time",
            crate::printable::name(name)
        ))),
        None => Err(AppError::new(
            "sound cards cannot be played on yet; say --audio-device null, which plays to nobody in \
             real time, and --record FILE.wav to keep it",
        )),
    }
}

/// Refuses what would lose a file before anything is begun.
fn check_files(arguments: &PlayArguments) -> Result<(), AppError> {
    for path in [&arguments.record, &arguments.event_log]
        .into_iter()
        .flatten()
    {
        if path == Path::new(crate::job::DASH) {
            return Err(AppError::about(path, "name a file"));
        }
    }
    if let Some(path) = &arguments.record
        && Container::of(path) == Some(Container::Flac)
    {
        let what = "a recording is a WAV file; name a .wav file";
        return Err(AppError::about(path, what));
    }
    if let (Some(recording), Some(log)) = (&arguments.record, &arguments.event_log)
        && place(recording) == place(log)
    {
        let what = "is both the recording and the event log; name two files";
        return Err(AppError::about(recording, what));
    }
    Ok(())
}

/// Where a file lies, be it there or not: a link that leads to nothing yet names what it leads to.
fn place(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..LINKS_FOLLOWED {
        if let Ok(place) = path.canonicalize() {
            return place;
        }
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let place = folder.join(path.file_name().unwrap_or_default());
        match place.read_link() {
            Ok(pointed) => path = folder.join(pointed),
            Err(_) => return place,
        }
    }
    path
}

fn header(
    config: &RendererConfig,
    ensemble: &Ensemble,
    parameters: &ParameterOptions,
) -> Result<LogHeader, AppError> {
    Ok(LogHeader {
        program: concat!("ane-synth ", env!("CARGO_PKG_VERSION")).to_owned(),
        sample_rate_hz: config.sample_rate_hz,
        channels: 2,
        seed: config.seed,
        polyphony: config.polyphony,
        most_polyphony: config.most_polyphony,
        room: LogRoom {
            size: config.room.size,
            amount: config.room.amount,
        },
        device: ensemble.device().device.name().to_owned(),
        instruments: Ensemble::for_log(ensemble.shelved())?,
        parameters: parameters.beyond_the_config().collect(),
    })
}
