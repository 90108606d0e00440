//! A file for each channel that plays, beside the mix: `--stems`.

use std::path::{Path, PathBuf};

use synth_engine::Stems;
use synth_io::audio_file::Spool;

use crate::chain::{Chain, ChainPlan};
use crate::channel_set::ChannelSet;
use crate::error::AppError;
use crate::job::{Output, stem_path};
use crate::normalise::{Check, replay};
use crate::outputs::{OutputSettings, Track};

/// The stems of a render, in order of their channels.
pub(crate) struct StemFiles {
    stems: Vec<Stem>,
}

/// What is told about a stem.
#[derive(Debug)]
pub(crate) struct WrittenStem {
    pub(crate) path: PathBuf,
    /// Whether a file of its name was there before.
    pub(crate) replaced: bool,
}

struct Stem {
    channel: u8,
    path: PathBuf,
    track: Track,
    chain: Chain,
    /// Where the stem waits until its gain is known.
    spool: Option<Spool>,
    left: Vec<f32>,
    right: Vec<f32>,
}

impl StemFiles {
    pub(crate) fn none() -> Self {
        Self { stems: Vec::new() }
    }

    /// A file for each of `channels` beside `mix`. If `spooled`, they are put aside at first, for
    /// [`StemFiles::replay`].
    pub(crate) fn create(
        mix: &Path,
        channels: ChannelSet,
        settings: &OutputSettings<'_>,
        spooled: bool,
    ) -> Result<Self, AppError> {
        let stems = channels.channels().map(|channel| {
            let path = stem_path(mix, channel);
            let about = |error| AppError::about(&path, error);
            Ok(Stem {
                channel,
                track: Track::create(&Output::File(path.clone()), settings)?,
                chain: Chain::new(&settings.plan.unlimited(), 0.0),
                spool: match spooled {
                    true => Some(Spool::create(&path).map_err(about)?),
                    false => None,
                },
                path,
                left: Vec::new(),
                right: Vec::new(),
            })
        });
        Ok(Self {
            stems: stems.collect::<Result<_, AppError>>()?,
        })
    }

    /// Takes the next block of all channels.
    pub(crate) fn write(&mut self, block: &Stems) -> Result<(), AppError> {
        for stem in &mut self.stems {
            let (left, right) = block.channel(usize::from(stem.channel));
            if let Some(spool) = &mut stem.spool {
                let written = spool.write(left, right);
                written.map_err(|error| AppError::about(&stem.path, error))?;
                continue;
            }
            stem.left.clear();
            stem.left.extend_from_slice(left);
            stem.right.clear();
            stem.right.extend_from_slice(right);
            let (left, right) = stem.chain.process(&mut stem.left, &mut stem.right);
            stem.track.write(left, right)?;
        }
        Ok(())
    }

    /// Writes what was put aside, now that the gain is known.
    pub(crate) fn replay(
        &mut self,
        plan: &ChainPlan,
        gain_db: f64,
        check: &mut Check<'_>,
    ) -> Result<(), AppError> {
        let plan = plan.unlimited();
        for stem in &mut self.stems {
            if let Some(mut spool) = stem.spool.take() {
                let mut chain = Chain::new(&plan, gain_db);
                let track = &mut stem.track;
                replay(&mut spool, &mut chain, check, &mut |left, right| {
                    track.write(left, right)
                })?;
            }
        }
        Ok(())
    }

    /// What a listener should know.
    pub(crate) fn notices(&self) -> impl Iterator<Item = String> {
        let notices = self.stems.iter().filter_map(|stem| {
            let channel = stem.channel + 1;
            let notice = stem.track.notice()?;
            Some(format!("stem of channel {channel}: {notice}"))
        });
        notices.collect::<Vec<_>>().into_iter()
    }

    /// The files, and what is told about them.
    pub(crate) fn into_tracks(self) -> (Vec<Track>, Vec<WrittenStem>) {
        let stems = self.stems.into_iter();
        stems
            .map(|stem| {
                let replaced = stem.track.replaces();
                let path = stem.path;
                (stem.track, WrittenStem { path, replaced })
            })
            .unzip()
    }
}
