//! From a song to a WAV file: `ane-synth render` and the job behind every render.

use std::path::Path;
use std::time::Instant;

use mil_runtime::Device;
use synth_engine::{
    CHANNELS, Event, LimiterMode, LoadedInstrument, MidiDecoder, Renderer, RendererConfig,
};
use synth_io::audio_file::{AudioFormat, AudioWriter, Container};
use synth_io::midi_file::{Song, UnendedNotes};
use synth_model::Predictor;

use crate::cli::{RenderArguments, RenderOptions};
use crate::cpu_time::cpu_time_s;
use crate::devices;
use crate::error::AppError;
use crate::instruments::{self, Choice, NamedInstrument};
use crate::interrupt::Interrupt;
use crate::output;
use crate::stream::stream;
use crate::summary::Summary;

/// General MIDI's percussion channel, counted from 0.
const DRUM_CHANNEL: u8 = 9;

/// A piece and where it goes.
pub(crate) struct Job<'a> {
    pub(crate) song: Song,
    /// What is called the input in messages.
    pub(crate) name: &'a Path,
    /// A file that must not be overwritten.
    pub(crate) input: Option<&'a Path>,
    pub(crate) output: &'a Path,
    pub(crate) unended: UnendedNotes,
    pub(crate) options: &'a RenderOptions,
}

pub(crate) fn render_file(arguments: &RenderArguments) -> Result<(), AppError> {
    let input = arguments.input.as_path();
    let output = match &arguments.output {
        Some(output) => output.clone(),
        None => input.with_extension("wav"),
    };
    let song = Song::read(input).map_err(|error| AppError::about(input, error))?;
    render(Job {
        song,
        name: input,
        input: Some(input),
        output: &output,
        unended: match arguments.end_notes {
            true => UnendedNotes::EndWithSong,
            false => UnendedNotes::Refuse,
        },
        options: &arguments.options,
    })
}

/// Renders a piece and prints the summary.
pub(crate) fn render(mut job: Job<'_>) -> Result<(), AppError> {
    let notices = prepare_song(&mut job)?;
    let options = job.options;
    let Choice {
        instruments,
        programs,
    } = instruments::choose(options.instrument.as_deref())?;
    let device = devices::device(options.device)?;
    let threads = match options.threads {
        Some(threads) => usize::from(threads),
        None => std::thread::available_parallelism().map_or(1, usize::from),
    };
    let config = RendererConfig {
        sample_rate_hz: options.sample_rate,
        polyphony: usize::from(options.polyphony),
        seed: options.seed,
        steady: options.steady,
        threads,
        limiter: LimiterMode::LookAhead,
        ..RendererConfig::default()
    };
    let events = song_events(&job.song, options.sample_rate);
    let used = instruments_used(&events, &instruments, |bank, program| {
        programs.instrument(bank, program)
    });
    let loaded = load(&instruments, &*device, threads)?;
    let mut renderer = Renderer::new(config, loaded, programs).map_err(AppError::new)?;

    let frames = job
        .song
        .end()
        .sample_index_after(options.tail.nanoseconds, options.sample_rate);
    let format = AudioFormat {
        container: Container::of(job.output).unwrap_or(Container::Wav),
        sample: options.bits.sample_format(),
        sample_rate_hz: options.sample_rate,
    };
    let about_output = |error| AppError::about(job.output, error);
    let interrupt = Interrupt::watch();
    let instrument_files = instruments.iter().filter_map(|i| i.file.as_deref());
    let inputs: Vec<&Path> = job.input.into_iter().chain(instrument_files).collect();
    let mut writer =
        AudioWriter::create(job.output, &inputs, format, frames).map_err(about_output)?;
    let begun = (Instant::now(), cpu_time_s());
    let peaks = stream(
        &mut renderer,
        &events,
        frames,
        options,
        &mut |left, right| {
            if let Some(exit_code) = interrupt.asked() {
                return Err(AppError::interrupted(job.output, exit_code));
            }
            writer.write(left, right).map_err(about_output)
        },
    )?;
    let wall_s = begun.0.elapsed().as_secs_f64();
    let cpu_s = begun.1.and_then(|before| Some(cpu_time_s()? - before));
    writer.finish().map_err(about_output)?;

    let summary = Summary {
        frames,
        peak: peaks.sample,
        true_peak: peaks.between_samples,
        counters: renderer.counters(),
        device: device.name(),
        threads,
        wall_s,
        cpu_s,
        instruments: used,
        notices,
        output: job.output,
        options,
    };
    let text = if options.json {
        summary.json()?
    } else {
        summary.text()
    };
    output::say(&text)
}

/// Takes the drums out and makes every note end. What the user should know about it, which is also
/// printed at once.
fn prepare_song(job: &mut Job<'_>) -> Result<Vec<String>, AppError> {
    let mut notices = Vec::new();
    let drums = job.song.remove_channel(DRUM_CHANNEL);
    if drums > 0 {
        notices.push(format!(
            "channel 10 is silent: there are no drums yet ({drums} notes left out)"
        ));
    }
    let ended = job.song.end_notes(job.unended);
    notices.extend(ended.map_err(|error| AppError::about(job.name, error))?);
    for notice in &notices {
        output::complain(&format!("{}: {notice}", job.name.display()));
    }
    Ok(notices)
}

/// The song as events at sample indices; at its end every key and pedal goes up.
fn song_events(song: &Song, sample_rate_hz: u32) -> Vec<(u64, Event)> {
    let mut events = Vec::with_capacity(song.messages().len() + 2 * CHANNELS);
    let mut decoder = MidiDecoder::new();
    for message in song.messages() {
        let at = message.time.sample_index(sample_rate_hz);
        decoder.decode(message.message, &mut |event| events.push((at, event)));
    }
    let end = song.end().sample_index(sample_rate_hz);
    for channel in 0..CHANNELS as u8 {
        events.push((end, Event::AllNotesOff { channel }));
        events.push((
            end,
            Event::Sustain {
                channel,
                depth: 0.0,
            },
        ));
    }
    events
}

/// The names of the instruments that play a note.
fn instruments_used(
    events: &[(u64, Event)],
    instruments: &[NamedInstrument],
    instrument_of: impl Fn(u16, u8) -> usize,
) -> Vec<String> {
    let mut program = [(0, 0); CHANNELS];
    let mut plays = vec![false; instruments.len()];
    for (_, event) in events {
        let Some(channel) = event.channel().map(usize::from) else {
            continue;
        };
        match *event {
            Event::Program {
                bank, program: new, ..
            } => program[channel] = (bank, new),
            Event::NoteOn { .. } => {
                let (bank, program) = program[channel];
                plays[instrument_of(bank, program)] = true;
            }
            _ => {}
        }
    }
    let played = instruments.iter().zip(plays).filter(|(_, plays)| *plays);
    played.map(|(instrument, _)| instrument.label()).collect()
}

fn load(
    instruments: &[NamedInstrument],
    device: &dyn Device,
    threads: usize,
) -> Result<Vec<LoadedInstrument>, AppError> {
    let columns = Renderer::columns_per_call();
    instruments
        .iter()
        .map(|NamedInstrument { id, instrument, .. }| {
            let predictors = (0..threads)
                .map(|_| Predictor::new(device, instrument, columns))
                .collect::<Result<Vec<_>, _>>()
                .map_err(|error| {
                    let device = device.name();
                    AppError::new(format_args!("{id} cannot run on device {device}: {error}"))
                })?;
            Ok(LoadedInstrument {
                instrument: instrument.clone(),
                predictors,
            })
        })
        .collect()
}
