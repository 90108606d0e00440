//! The gain that gives a file the loudness asked for: `--normalise`.

use synth_io::audio_file::Spool;

use crate::chain::{Chain, ChainPlan};
use crate::error::AppError;
use crate::levels::LoudnessMeter;

/// Close enough to stop looking, in LU.
const CLOSE_LU: f64 = 0.03;
/// Further away than this is told about, in LU.
const MISSED_LU: f64 = 0.1;
/// Most passes over the piece.
const PASSES: usize = 8;
/// More gain that brings less than this much of loudness only drives the limiter.
const LEAST_SLOPE: f64 = 0.15;
/// The largest change of gain between two passes, dB.
const LARGEST_STEP_DB: f64 = 12.0;
/// Frames that go through the chain at a time.
const BLOCK: usize = 4096;

/// A gain and, where it does not do what was asked, why.
#[derive(Debug)]
pub(crate) struct Gain {
    pub(crate) gain_db: f64,
    pub(crate) notice: Option<String>,
}

/// Called with the frames read so far; may stop it all.
pub(crate) type Check<'a> = dyn FnMut(u64) -> Result<(), AppError> + 'a;

/// Takes finished frames.
pub(crate) type Take<'a> = dyn FnMut(&[f32], &[f32]) -> Result<(), AppError> + 'a;

/// The gain before the limiter with which the file of `plan` has the loudness `target_lufs`.
/// `spool` has what the renderer gave; it is read several times, since the limiter takes some of
/// the loudness that the gain brings.
pub(crate) fn find_gain(
    spool: &mut Spool,
    plan: &ChainPlan,
    target_lufs: f64,
    check: &mut Check<'_>,
) -> Result<Gain, AppError> {
    let Some(plain_lufs) = measure(spool, &plan.unlimited(), 0.0, check)? else {
        return Ok(Gain {
            gain_db: 0.0,
            notice: Some(
                "is silent or shorter than 0.4 s, so --normalise leaves it as it is".to_owned(),
            ),
        });
    };
    let mut search = Search::new(target_lufs, plain_lufs);
    for _ in 0..PASSES {
        let loudness_lufs = measure(spool, plan, search.gain_db, check)?;
        if !search.go_on(loudness_lufs.unwrap_or(f64::NEG_INFINITY)) {
            break;
        }
    }
    Ok(search.result())
}

/// Plays the whole spool through a chain into `take`.
pub(crate) fn replay(
    spool: &mut Spool,
    chain: &mut Chain,
    check: &mut Check<'_>,
    take: &mut Take<'_>,
) -> Result<(), AppError> {
    spool.rewind().map_err(AppError::new)?;
    let (mut left, mut right) = ([0.0; BLOCK], [0.0; BLOCK]);
    let mut read = 0;
    loop {
        check(read)?;
        let frames = spool.read(&mut left, &mut right).map_err(AppError::new)?;
        if frames == 0 {
            return Ok(());
        }
        read += frames as u64;
        let (left, right) = chain.process(&mut left[..frames], &mut right[..frames]);
        take(left, right)?;
    }
}

fn measure(
    spool: &mut Spool,
    plan: &ChainPlan,
    gain_db: f64,
    check: &mut Check<'_>,
) -> Result<Option<f64>, AppError> {
    let mut meter = LoudnessMeter::new(plan.sample_rate_hz)?;
    let mut chain = Chain::new(plan, gain_db);
    replay(spool, &mut chain, check, &mut |left, right| {
        meter.process(left, right)
    })?;
    meter.finish()
}

/// A search for the gain by what was measured with others. Loudness rises with gain, slower the
/// more the limiter has to do, so a line through the last two points never overshoots by much.
struct Search {
    target_lufs: f64,
    gain_db: f64,
    /// The gain before this one and the loudness it gave.
    last: Option<(f64, f64)>,
    /// The gain that came closest and the loudness it gave.
    best: (f64, f64),
}

impl Search {
    fn new(target_lufs: f64, plain_lufs: f64) -> Self {
        Self {
            target_lufs,
            gain_db: target_lufs - plain_lufs,
            last: None,
            best: (0.0, f64::NEG_INFINITY),
        }
    }

    /// Takes what was measured with the present gain; whether there is another to try.
    fn go_on(&mut self, loudness_lufs: f64) -> bool {
        let missing = |loudness_lufs: f64| (self.target_lufs - loudness_lufs).abs();
        if missing(loudness_lufs) < missing(self.best.1) {
            self.best = (self.gain_db, loudness_lufs);
        }
        if missing(loudness_lufs) <= CLOSE_LU || !loudness_lufs.is_finite() {
            return false;
        }
        let slope = match self.last {
            Some((gain_db, lufs)) => (loudness_lufs - lufs) / (self.gain_db - gain_db),
            None => 1.0,
        };
        if slope < LEAST_SLOPE {
            return false;
        }
        self.last = Some((self.gain_db, loudness_lufs));
        let step = (self.target_lufs - loudness_lufs) / slope.min(1.0);
        self.gain_db += step.clamp(-LARGEST_STEP_DB, LARGEST_STEP_DB);
        true
    }

    fn result(self) -> Gain {
        let (gain_db, loudness_lufs) = self.best;
        let missed = (self.target_lufs - loudness_lufs).abs() > MISSED_LU;
        Gain {
            gain_db,
            notice: missed.then(|| {
                format!(
                    "has {loudness_lufs:.1} LUFS instead of {}: the limiter, which keeps peaks \
                     below -1 dBFS, leaves no room for more; ask for less",
                    self.target_lufs
                )
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE_HZ: u32 = 8000;

    fn spool(piece: impl Fn(u64) -> f32, frames: u64) -> Spool {
        let mut spool = Spool::temporary().unwrap();
        let samples: Vec<f32> = (0..frames).map(piece).collect();
        spool.write(&samples, &samples).unwrap();
        spool
    }

    fn plan(frames: u64, limit: bool) -> ChainPlan {
        ChainPlan {
            sample_rate_hz: RATE_HZ,
            limit,
            window: 0..frames,
        }
    }

    /// The gain found and the loudness it gives.
    fn normalised(piece: impl Fn(u64) -> f32, limit: bool, target_lufs: f64) -> (Gain, f64) {
        let frames = u64::from(5 * RATE_HZ);
        let plan = plan(frames, limit);
        let mut spool = spool(piece, plan.frames_to_render());
        let gain = find_gain(&mut spool, &plan, target_lufs, &mut |_| Ok(())).unwrap();
        let lufs = measure(&mut spool, &plan, gain.gain_db, &mut |_| Ok(())).unwrap();
        (gain, lufs.unwrap_or(f64::NEG_INFINITY))
    }

    fn tone(n: u64) -> f32 {
        0.1 * (n as f32 * 0.7).sin()
    }

    /// Short strokes over a tone: crests that the limiter has to cut.
    fn strokes(n: u64) -> f32 {
        let stroke = if n % 8000 < 80 { 4.0 } else { 1.0 };
        stroke * tone(n)
    }

    #[test]
    fn the_loudness_is_the_one_asked_for() {
        for limit in [false, true] {
            for target in [-60.0, -23.0, -14.5] {
                let (gain, lufs) = normalised(tone, limit, target);
                assert!((lufs - target).abs() < 0.05, "{target}: {lufs}");
                assert!(gain.notice.is_none());
            }
        }
    }

    #[test]
    fn what_the_limiter_takes_is_given_back() {
        let (gain, lufs) = normalised(strokes, true, -10.0);
        assert!((lufs + 10.0).abs() < 0.1, "{lufs} with {} dB", gain.gain_db);
        assert!(gain.notice.is_none());
        let (without, _) = normalised(strokes, false, -10.0);
        assert!(
            gain.gain_db > without.gain_db + 0.3,
            "the limiter had nothing to do"
        );
    }

    #[test]
    fn what_cannot_be_is_told() {
        let (gain, lufs) = normalised(tone, true, 0.0);
        assert!(lufs > -4.0 && lufs < -0.2, "{lufs}");
        let notice = gain.notice.unwrap();
        assert!(
            notice.contains(&format!("{lufs:.1} LUFS instead of 0")),
            "{notice}"
        );
        let (gain, _) = normalised(|_| 0.0, true, -20.0);
        assert_eq!(gain.gain_db, 0.0);
        assert!(gain.notice.unwrap().contains("silent"));
    }

    #[test]
    fn a_stop_is_passed_on() {
        let mut spool = spool(tone, 8000);
        let mut stop = |read| match read {
            0 => Ok(()),
            _ => Err(AppError::new("stop")),
        };
        assert!(find_gain(&mut spool, &plan(8000, false), -20.0, &mut stop).is_err());
    }
}
