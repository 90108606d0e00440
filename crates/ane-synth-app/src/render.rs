//! One piece, from its bytes to its file.

use std::path::Path;
use std::time::Instant;

use synth_engine::Renderer;
use synth_io::audio_file::{AudioFormat, Spool};

use crate::chain::{Chain, ChainPlan};
use crate::cpu_time::CpuClock;
use crate::error::AppError;
use crate::interrupt::Interrupt;
use crate::job::{Job, Output};
use crate::levels::{Levels, Meters};
use crate::made_folders;
use crate::normalise::{find_gain, replay};
use crate::outputs::{OutputSettings, Track, finish};
use crate::perform::{Performance, Sink, perform};
use crate::progress::{Console, Progress};
use crate::read_song::read_song;
use crate::relay::{Hand, relay};
use crate::score::{Score, ScoreOptions};
use crate::stems::StemFiles;
use crate::studio::Studio;
use crate::summary::Summary;

/// What a piece is rendered with.
pub(crate) struct Means<'a> {
    pub(crate) studio: &'a Studio<'a>,
    pub(crate) threads: usize,
    /// The clock that counts the time of these threads and no others, if there is one.
    pub(crate) cpu_clock: Option<CpuClock>,
    pub(crate) console: &'a Console,
    pub(crate) interrupt: &'a Interrupt,
}

/// Renders a piece to its file.
pub(crate) fn render<'a>(job: &Job, means: &Means<'a>) -> Result<Summary<'a>, AppError> {
    let studio = means.studio;
    let options = studio.options;
    let name = job.input.name();
    let about_input = |what: String| AppError::about_name(&name, what);
    let mut notices = Notices {
        name: &name,
        console: means.console,
        said: Vec::new(),
    };

    let song = read_song(&job.input, studio)?;
    let score = Score::new(
        &song,
        &ScoreOptions {
            sample_rate_hz: options.sample_rate,
            transpose_semitones: options.transpose,
            silenced: options.silenced(),
        },
    );
    let end = song.end();
    let frames = end.sample_index_after(options.tail().nanoseconds, options.sample_rate);
    let window = options.time_range().window(frames, options.sample_rate);
    let plan = ChainPlan {
        sample_rate_hz: options.sample_rate,
        limit: !options.no_limiter,
        window: window.map_err(about_input)?,
    };

    let instrument_files = studio.instruments.iter().filter_map(|i| i.file.as_deref());
    let protected: Vec<&Path> = job
        .input
        .file()
        .into_iter()
        .chain(instrument_files)
        .collect();
    make_folder(job)?;
    let settings = OutputSettings {
        format: AudioFormat {
            container: job.container,
            sample: options.bits().sample_format(),
            sample_rate_hz: options.sample_rate,
        },
        plan: &plan,
        protected: &protected,
    };
    let mut mix = Track::create(&job.output, &settings)?;
    let mut stems = match &job.output {
        Output::File(path) if options.stems => {
            let spooled = options.normalise.is_some();
            StemFiles::create(path, score.playing, &settings, spooled)?
        }
        _ => StemFiles::none(),
    };
    let replaced = mix.replaces();
    // A refusal is one line, so nothing is said before the files can be written.
    notices.extend(song.warnings().iter().cloned());
    notices.extend(score.notices());
    let (mut renderer, device) = studio.renderer(means.threads)?;

    let begun = (Instant::now(), means.cpu_clock.and_then(CpuClock::now_s));
    let mut stage = Stage {
        job,
        means,
        plan: &plan,
        score: &score,
        progress: means.console.progress(&name),
        renderer: &mut renderer,
    };
    let (levels, gain_db) = match options.normalise {
        None => (stage.straight(&mut mix, &mut stems)?, 0.0),
        Some(target_lufs) => stage.normalised(target_lufs, &mut mix, &mut stems, &mut notices)?,
    };
    drop(stage);
    notices.extend(mix.notice());
    notices.extend(stems.notices());
    let (mut tracks, stems) = stems.into_tracks();
    tracks.push(mix);
    finish(tracks)?;
    let wall_s = begun.0.elapsed().as_secs_f64();
    let now_s = means.cpu_clock.and_then(CpuClock::now_s);
    let cpu_s = begun.1.zip(now_s).map(|(before, now)| now - before);

    Ok(Summary {
        input: job.input.json_name(),
        output: job.output.clone(),
        container: job.container,
        stems,
        replaced,
        frames: plan.frames(),
        levels,
        gain_db,
        counters: renderer.counters(),
        device,
        threads: means.threads,
        wall_s,
        cpu_s,
        instruments: studio.labels(&score.programs),
        notices: notices.said,
        options,
    })
}

/// What is said about a piece, at once and again in the summary.
struct Notices<'a> {
    name: &'a str,
    console: &'a Console,
    said: Vec<String>,
}

impl Notices<'_> {
    fn extend(&mut self, notices: impl IntoIterator<Item = String>) {
        for notice in notices {
            let line = AppError::about_name(self.name, &notice);
            self.console.complain(&line.to_string());
            self.said.push(notice);
        }
    }
}

/// A piece that is being rendered.
struct Stage<'a> {
    job: &'a Job,
    means: &'a Means<'a>,
    plan: &'a ChainPlan,
    score: &'a Score,
    progress: Progress,
    renderer: &'a mut Renderer,
}

impl Stage<'_> {
    /// Straight from the renderer into the file.
    fn straight(&mut self, mix: &mut Track, stems: &mut StemFiles) -> Result<Levels, AppError> {
        let mut chain = Chain::new(self.plan, 0.0);
        let mut meters = Meters::new(self.plan.sample_rate_hz)?;
        let mut write = |left: &mut [f32], right: &mut [f32]| {
            let (left, right) = chain.process(left, right);
            meters.process(left, right)?;
            mix.write(left, right)
        };
        let threads = self.means.threads;
        let mut play = |hand: &mut Hand<'_>| {
            self.perform(&mut |left, right, parts| {
                if let Some(parts) = parts {
                    stems.write(parts)?;
                }
                hand(left, right)
            })
        };
        match threads {
            1 => play(&mut write)?,
            _ => relay(write, play)?,
        }
        meters.finish()
    }

    /// By way of a spool, since the gain is known only once all is rendered.
    fn normalised(
        &mut self,
        target_lufs: f64,
        mix: &mut Track,
        stems: &mut StemFiles,
        notices: &mut Notices<'_>,
    ) -> Result<(Levels, f64), AppError> {
        let about_spool = |error| AppError::about_name(&self.job.output.name(), error);
        let mut spool = match &self.job.output {
            Output::File(path) => Spool::create(path),
            Output::Stdout => Spool::temporary(),
        }
        .map_err(about_spool)?;
        self.perform(&mut |left, right, parts| {
            if let Some(parts) = parts {
                stems.write(parts)?;
            }
            spool.write(left, right).map_err(about_spool)
        })?;
        let progress = &self.progress;
        progress.begin("levelling, ", self.plan.frames_to_render());
        let mut check = |read| {
            progress.reached(read);
            stop_if_asked(self.means.interrupt, self.job)
        };
        let gain = find_gain(&mut spool, self.plan, target_lufs, &mut check)?;
        notices.extend(gain.notice);
        stems.replay(self.plan, gain.gain_db, &mut check)?;
        let mut chain = Chain::new(self.plan, gain.gain_db);
        let mut meters = Meters::new(self.plan.sample_rate_hz)?;
        replay(&mut spool, &mut chain, &mut check, &mut |left, right| {
            meters.process(left, right)?;
            mix.write(left, right)
        })?;
        Ok((meters.finish()?, gain.gain_db))
    }

    fn perform(&mut self, sink: &mut Sink<'_>) -> Result<(), AppError> {
        let (job, interrupt) = (self.job, self.means.interrupt);
        let options = self.means.studio.options;
        perform(
            self.renderer,
            &self.score.events,
            Performance {
                frames: self.plan.frames_to_render(),
                block: options.block,
                stems: options.stems,
            },
            &self.progress,
            &mut |left, right, parts| {
                stop_if_asked(interrupt, job)?;
                sink(left, right, parts)
            },
        )
    }
}

fn stop_if_asked(interrupt: &Interrupt, job: &Job) -> Result<(), AppError> {
    match interrupt.asked() {
        None => Ok(()),
        Some(exit_code) => {
            let line = format!("{}: interrupted; nothing was written", job.output.name());
            Err(AppError::interrupted(line, exit_code))
        }
    }
}

fn make_folder(job: &Job) -> Result<(), AppError> {
    let Output::File(output) = &job.output else {
        return Ok(());
    };
    match output.parent() {
        Some(folder) if job.make_folder && !folder.as_os_str().is_empty() => {
            made_folders::make(folder).map_err(|error| {
                let what = format!("cannot be made ({error}); choose another place");
                AppError::about(folder, what)
            })
        }
        _ => Ok(()),
    }
}
