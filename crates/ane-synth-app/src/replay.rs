//! `ane-synth render --events`: what was played live, once more and sample for sample.
//!
//! The same engine as live, with nobody to wait for: every event at its sample, blocks cut where the
//! instruments changed.

mod settings;

use std::fmt::Display;
use std::path::Path;

use serde::Serialize;
use synth_engine::{
    AudioProcessor, Capacity, ControlHandle, EventTime, LimiterMode, Oscillators, Renderer,
    RendererConfig, Report, RoomSettings, realtime,
};
use synth_io::audio_file::{AudioFormat, Container};
use synth_io::event_log::{Entry, EventLog, LogHeader, LogInstrument, Record};

use crate::chain::ChainPlan;
use crate::devices::{self, SharedDevice};
use crate::error::AppError;
use crate::file_format::Bits;
use crate::interrupt::Interrupt;
use crate::job::{DASH, Output};
use crate::jobs;
use crate::levels::{Levels, Meters};
use crate::output;
use crate::outputs::{self, OutputSettings, Track};
use crate::parameter_option;
use crate::printable;
use crate::render_arguments::RenderOptions;
use crate::shelf::{self, Place, Shelf, Shelved};

/// Longer than any log of a day of playing; this bounds what a wrong file can cost.
const LIMIT_BYTES: u64 = 256 << 20;
/// Longest name of a device in a message, in characters.
const LONGEST_NAME: usize = 40;
/// The line of a log's first entry, counted from 1; every entry is a line.
const FIRST_ENTRY_LINE: usize = 2;
/// Reports that may be under way; the first of a block, which tells of other instruments, is read.
const REPORTS: usize = 4096;

/// Replays the log at `path`.
pub(crate) fn replay(
    path: &Path,
    output: Option<&Path>,
    options: &RenderOptions,
) -> Result<(), AppError> {
    settings::check(&options.parameters)?;
    let container = jobs::container(output, options)?;
    let output = match output {
        Some(output) if output == Path::new(DASH) => jobs::to_stdout(options)?,
        Some(output) => Output::File(output.to_owned()),
        None => Output::File(path.with_extension(container.extension())),
    };
    let bits = options.bits.unwrap_or(match container {
        Container::Wav => Bits::Float32,
        Container::Flac => Bits::Int24,
    });
    let interrupt = Interrupt::watch();
    let bytes =
        synth_io::read_file(path, LIMIT_BYTES).map_err(|error| AppError::about(path, error))?;
    let log = EventLog::from_bytes(&bytes).map_err(|error| AppError::about(path, error))?;
    drop(bytes);
    let mut shelf = Shelf::default();
    let about_log = |error: AppError| AppError::about(path, error);
    let about_line = |line, error| about_log(at_line(line, error));
    let asked = options.parameters.oscillators();
    let oscillators = settings::oscillators(&log.header, asked).map_err(about_log)?;
    let shelved = shelf.recall(&log.header.instruments);
    let shelved = shelved.map_err(|error| about_line(1, error))?;
    // Every instrument is found before a sample is made.
    let mut protected = files(&shelved);
    for (entry, line) in log.entries.iter().zip(FIRST_ENTRY_LINE..) {
        if let Record::Instruments { instruments, .. } = &entry.record {
            let recalled = shelf.recall(instruments);
            protected.extend(files(&recalled.map_err(|error| about_line(line, error))?));
        }
    }
    let mut protected: Vec<&Path> = protected.iter().map(Path::new).collect();
    protected.push(path);

    let plan = ChainPlan {
        sample_rate_hz: log.header.sample_rate_hz,
        limit: false,
        window: 0..log.frames,
    };
    let settings = OutputSettings {
        format: AudioFormat {
            container,
            sample: bits.sample_format(),
            sample_rate_hz: log.header.sample_rate_hz,
        },
        plan: &plan,
        protected: &protected,
    };
    let mut track = Track::create(&output, &settings)?;
    let replaced = track.replaces();
    let mut notices: Vec<String> = log.warning.iter().cloned().collect();
    let mut meters = Meters::new(log.header.sample_rate_hz)?;
    let mut stage = Stage::new(&log, shelf, &shelved, oscillators, options).map_err(about_log)?;
    notices.extend(elsewhere(&log, stage.device.name()));
    notices.extend(settings::otherwise(&log.header, oscillators));
    loop {
        let (left, right) = stage.next_block(options).map_err(about_log)?;
        if left.is_empty() {
            break;
        }
        if let Some(exit_code) = interrupt.asked() {
            let line = format!("{}: interrupted; nothing was written", output.name());
            return Err(AppError::interrupted(line, exit_code));
        }
        meters.process(left, right)?;
        track.write(left, right)?;
    }
    notices.extend(track.notice());
    outputs::finish(vec![track])?;
    for notice in &notices {
        output::complain(&AppError::about(path, notice).to_string());
    }
    let replayed = Replayed {
        log: path,
        output: &output,
        replaced,
        frames: log.frames,
        header: &log.header,
        bits,
        levels: meters.finish()?,
        device: stage.device.name(),
        notices,
    };
    match (options.json, &output) {
        (true, Output::File(_)) => output::say(&replayed.json()?),
        (true, Output::Stdout) => {
            output::say_aside(&replayed.json()?);
            Ok(())
        }
        (false, Output::File(_)) => output::say(&replayed.line()),
        (false, Output::Stdout) => {
            output::say_aside(&replayed.line());
            Ok(())
        }
    }
}

/// A notice where networks ran on other devices than `device`, whose answers have other last bits.
fn elsewhere(log: &EventLog, device: &str) -> Option<String> {
    let changed = log.entries.iter().filter_map(|entry| match &entry.record {
        Record::Instruments { device, .. } => Some(device),
        _ => None,
    });
    let mut played = std::iter::once(&log.header.device).chain(changed);
    let other = played.find(|played| *played != device)?;
    // Whatever a log says must fit into a line.
    let other = printable::one_line(&other.chars().take(LONGEST_NAME).collect::<String>());
    Some(format!(
        "was played on device {other} too and is replayed on {device}, whose answers are rounded \
         otherwise; the samples may differ a little"
    ))
}

/// An error about a line of the log.
fn at_line(line: usize, error: impl Display) -> AppError {
    AppError::new(format_args!("line {line}: {error}"))
}

fn files(shelved: &[Shelved]) -> Vec<std::path::PathBuf> {
    let all = shelved.iter();
    all.filter_map(|shelved| shelved.named.file.clone())
        .collect()
}

/// A log that is being replayed.
struct Stage<'a> {
    log: &'a EventLog,
    shelf: Shelf,
    control: ControlHandle,
    processor: AudioProcessor,
    device: SharedDevice,
    sizes: Box<dyn Iterator<Item = usize>>,
    /// The next entry.
    next: usize,
    /// The log's line that says with which other instruments the next block begins.
    changing: Option<usize>,
    left: Vec<f32>,
    right: Vec<f32>,
}

impl<'a> Stage<'a> {
    fn new(
        log: &'a EventLog,
        shelf: Shelf,
        shelved: &[Shelved],
        oscillators: Oscillators,
        options: &RenderOptions,
    ) -> Result<Self, AppError> {
        let device = devices::device(options.device)?;
        let header = &log.header;
        let config = RendererConfig {
            sample_rate_hz: header.sample_rate_hz,
            polyphony: header.polyphony,
            most_polyphony: header.most_polyphony,
            seed: header.seed,
            threads: 1,
            limiter: LimiterMode::Instant,
            room: RoomSettings {
                size: header.room.size,
                amount: header.room.amount,
            },
            oscillators,
            control_rate: devices::control_rate(&header.device),
            ..RendererConfig::default()
        };
        let loaded = shelf::load(shelved, &Place::Here(&*device))?;
        let renderer = Renderer::new(config, loaded, shelf::programs(shelved));
        let mut renderer = renderer.map_err(AppError::new)?;
        let parameters = header.parameters.iter();
        parameter_option::set(&mut renderer, parameters.map(|(p, value)| (*p, *value)));
        // However many events one sample has, there is room for them.
        let capacity = Capacity {
            events: log.entries.len().max(1),
            reports: REPORTS,
            senders: 0,
        };
        let (control, processor) = realtime(renderer, capacity);
        Ok(Self {
            log,
            shelf,
            control,
            processor,
            device,
            sizes: Box::new(options.block.sizes()),
            next: 0,
            changing: None,
            left: vec![0.0; options.block.largest()],
            right: vec![0.0; options.block.largest()],
        })
    }

    /// The next samples; none at the end.
    fn next_block(&mut self, options: &RenderOptions) -> Result<(&[f32], &[f32]), AppError> {
        let now = self.processor.now();
        let left = self.log.frames - now.min(self.log.frames);
        if left == 0 {
            return Ok((&[], &[]));
        }
        let size = self.sizes.next().unwrap_or(options.block.largest());
        let mut end = now + left.min(size as u64);
        while let Some(Entry { sample, record }) = self.log.entries.get(self.next)
            && *sample < end
        {
            match record {
                Record::Event(event) => {
                    self.control.send(EventTime::At(*sample), *event);
                }
                Record::Instruments { .. } if *sample > now => {
                    end = *sample;
                    break;
                }
                Record::Instruments { instruments, .. } => {
                    self.change(instruments)?;
                    self.changing = Some(self.next + FIRST_ENTRY_LINE);
                }
                _ => {}
            }
            self.next += 1;
        }
        let frames = (end - now) as usize;
        let changing = self.changing.take();
        let (left, right) = (&mut self.left[..frames], &mut self.right[..frames]);
        self.processor.process(&mut [&mut *left, &mut *right]);
        for _ in self.control.blocks() {}
        let mut reports = self.control.reports();
        let changed = reports.any(|report| matches!(report, Report::Changed { .. }));
        drop(reports);
        for _ in self.control.reports() {}
        match changing {
            Some(line) if !changed => {
                let what = "instruments change while others still fade over; mend that line or \
                            record again";
                Err(at_line(line, what))
            }
            _ => Ok((left, right)),
        }
    }

    fn change(&mut self, instruments: &[LogInstrument]) -> Result<(), AppError> {
        let shelved = self.shelf.recall(instruments)?;
        let loaded = shelf::load(&shelved, &Place::Here(&*self.device))?;
        let prepared = self.control.prepare(loaded, shelf::programs(&shelved));
        let prepared = prepared.map_err(AppError::new)?;
        let change = self.control.change_instruments(prepared);
        change.map(|_| ()).map_err(AppError::new)
    }
}

/// What was replayed.
struct Replayed<'a> {
    log: &'a Path,
    output: &'a Output,
    replaced: bool,
    frames: u64,
    header: &'a LogHeader,
    bits: Bits,
    levels: Levels,
    device: &'static str,
    notices: Vec<String>,
}

/// The object that `--json` prints.
#[derive(Serialize)]
struct Json<'a> {
    events: String,
    output: String,
    replaced: bool,
    duration_s: f64,
    frames: u64,
    sample_rate_hz: u32,
    bits: &'static str,
    /// `null` in silence.
    peak_dbfs: Option<f64>,
    true_peak_dbfs: Option<f64>,
    /// Integrated, EBU R 128; `null` in silence and below 0.4 s.
    loudness_lufs: Option<f64>,
    device: &'static str,
    seed: u64,
    notices: &'a [String],
}

impl Replayed<'_> {
    fn duration_s(&self) -> f64 {
        self.frames as f64 / f64::from(self.header.sample_rate_hz)
    }

    fn line(&self) -> String {
        let replaced = match self.replaced {
            true => "; replaced the file that was there",
            false => "",
        };
        let peak = match decibels(self.levels.true_peak) {
            None => "silent".to_owned(),
            Some(peak) => format!("true peak {peak:.2} dBTP"),
        };
        format!(
            "{}: {:.2} s, {} Hz, {} bits, stereo, {peak}{replaced}",
            self.output.name(),
            self.duration_s(),
            self.header.sample_rate_hz,
            self.bits.name()
        )
    }

    fn json(&self) -> Result<String, AppError> {
        let json = Json {
            events: printable::json(self.log),
            output: self.output.json_name(),
            replaced: self.replaced,
            duration_s: self.duration_s(),
            frames: self.frames,
            sample_rate_hz: self.header.sample_rate_hz,
            bits: self.bits.name(),
            peak_dbfs: decibels(self.levels.sample_peak),
            true_peak_dbfs: decibels(self.levels.true_peak),
            loudness_lufs: self.levels.loudness_lufs,
            device: self.device,
            seed: self.header.seed,
            notices: &self.notices,
        };
        serde_json::to_string_pretty(&json).map_err(AppError::new)
    }
}

fn decibels(peak: f32) -> Option<f64> {
    (peak > 0.0).then(|| 20.0 * f64::from(peak).log10())
}
