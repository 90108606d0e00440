//! The gain that gives a file the loudness asked for: `--normalise`.

use synth_io::audio_file::Spool;

use crate::chain::{Chain, ChainPlan};
use crate::error::AppError;
use crate::loudness::LoudnessMeter;

/// Close enough to stop looking, in LU.
const CLOSE_LU: f64 = 0.03;
/// Further away than this is told about, in LU.
const MISSED_LU: f64 = 0.1;
/// Most passes that look for a gain where the limiter has nothing to do: one, but for the gate of
/// the loudness meter, which makes its answer jump near -70 LUFS.
const LINEAR_PASSES: usize = 4;
/// Where the limiter's ceiling lies (-1 dB) less what it takes for waves between the samples, dB
/// re full scale; peaks up to here it leaves alone.
const UNTOUCHED_DBFS: f64 = -7.0;
/// Steps of gain into the limiter.
const STEP_DB: f64 = 4.0;
const MOST_STEPS: usize = 10;
/// More gain that brings less than this much of loudness only drives the limiter.
const LEAST_SLOPE: f64 = 0.08;
/// How often a step is halved: to 0.06 dB.
const HALVINGS: usize = 6;
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
/// the loudness that the gain brings. A louder target never gets less gain.
pub(crate) fn find_gain(
    spool: &mut Spool,
    plan: &ChainPlan,
    target_lufs: f64,
    check: &mut Check<'_>,
) -> Result<Gain, AppError> {
    let plain = measure(spool, &plan.unlimited(), 0.0, check)?;
    let Some(plain_lufs) = plain.loudness_lufs else {
        return Ok(Gain {
            gain_db: 0.0,
            notice: Some(
                "is silent, softer than -70 LUFS or shorter than 0.4 s, so --normalise leaves it \
                 as it is"
                    .to_owned(),
            ),
        });
    };
    let untouched_db = UNTOUCHED_DBFS - 20.0 * f64::from(plain.sample_peak).log10();
    let mut loudness_at = |gain_db| {
        let measured = measure(spool, plan, gain_db, check)?;
        Ok(measured.loudness_lufs.unwrap_or(f64::NEG_INFINITY))
    };
    let linear_db = target_lufs - plain_lufs;
    let found = if !plan.limit || linear_db <= untouched_db {
        linear(linear_db, target_lufs, &mut loudness_at)?
    } else {
        let begin = Attempt {
            gain_db: untouched_db,
            loudness_lufs: plain_lufs + untouched_db,
        };
        into_limiter(begin, target_lufs, &mut loudness_at)?
    };
    let Attempt {
        gain_db,
        loudness_lufs,
    } = found;
    if found.missing(target_lufs) <= MISSED_LU {
        return Ok(Gain {
            gain_db,
            notice: None,
        });
    }
    let unlimited = measure(spool, &plan.unlimited(), gain_db, check)?.loudness_lufs;
    let why = match unlimited {
        Some(lufs) if lufs > loudness_lufs + MISSED_LU => {
            "the limiter, which keeps peaks below -1 dBFS, leaves no room for more; ask for less"
        }
        _ => "what is softer than -70 LUFS does not count as loudness; ask for more",
    };
    Ok(Gain {
        gain_db,
        notice: Some(format!(
            "has {loudness_lufs:.1} LUFS instead of {target_lufs}: {why}"
        )),
    })
}

/// A gain and the loudness it gives.
#[derive(Clone, Copy, Debug)]
struct Attempt {
    gain_db: f64,
    loudness_lufs: f64,
}

impl Attempt {
    fn missing(&self, target_lufs: f64) -> f64 {
        (target_lufs - self.loudness_lufs).abs()
    }

    /// The one that comes closer; `self` of two that come as close.
    fn or_closer(self, other: Self, target_lufs: f64) -> Self {
        match other.missing(target_lufs) < self.missing(target_lufs) {
            true => other,
            false => self,
        }
    }
}

type LoudnessAt<'a> = dyn FnMut(f64) -> Result<f64, AppError> + 'a;

/// Where loudness follows gain dB by dB.
fn linear(
    mut gain_db: f64,
    target_lufs: f64,
    loudness_at: &mut LoudnessAt<'_>,
) -> Result<Attempt, AppError> {
    let mut best: Option<Attempt> = None;
    for _ in 0..LINEAR_PASSES {
        let attempt = Attempt {
            gain_db,
            loudness_lufs: loudness_at(gain_db)?,
        };
        let closest = best.map_or(attempt, |best| best.or_closer(attempt, target_lufs));
        best = Some(closest);
        if closest.missing(target_lufs) <= CLOSE_LU || !attempt.loudness_lufs.is_finite() {
            break;
        }
        gain_db += target_lufs - attempt.loudness_lufs;
    }
    Ok(best.unwrap_or(Attempt {
        gain_db,
        loudness_lufs: target_lufs,
    }))
}

/// From `begin` on, where the limiter has nothing to do yet, up in steps until it is loud enough or
/// the limiter takes nearly all, then into the last step by halves. The gains tried depend on the
/// target only by which half is taken, so that a louder target ends at the same gain or a higher one
/// however loudness depends on gain.
fn into_limiter(
    begin: Attempt,
    target_lufs: f64,
    loudness_at: &mut LoudnessAt<'_>,
) -> Result<Attempt, AppError> {
    let mut attempt = |gain_db| {
        let loudness_lufs = loudness_at(gain_db)?;
        Ok(Attempt {
            gain_db,
            loudness_lufs,
        })
    };
    let (mut below, mut best) = (begin, begin);
    for step in 1..=MOST_STEPS {
        let mut above = attempt(begin.gain_db + STEP_DB * step as f64)?;
        if above.loudness_lufs >= target_lufs {
            for _ in 0..HALVINGS {
                let middle = attempt(0.5 * (below.gain_db + above.gain_db))?;
                if middle.missing(target_lufs) <= CLOSE_LU {
                    return Ok(middle);
                }
                match middle.loudness_lufs >= target_lufs {
                    true => above = middle,
                    false => below = middle,
                }
            }
            return Ok(below.or_closer(above, target_lufs));
        }
        best = best.or_closer(above, target_lufs);
        let brought_lu = above.loudness_lufs - below.loudness_lufs;
        if brought_lu < LEAST_SLOPE * STEP_DB {
            break;
        }
        below = above;
    }
    Ok(best)
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

struct Measured {
    /// `None` where all is below the meter's gate.
    loudness_lufs: Option<f64>,
    sample_peak: f32,
}

fn measure(
    spool: &mut Spool,
    plan: &ChainPlan,
    gain_db: f64,
    check: &mut Check<'_>,
) -> Result<Measured, AppError> {
    let mut meter = LoudnessMeter::new(2, plan.sample_rate_hz)?;
    let mut chain = Chain::new(plan, gain_db);
    let mut sample_peak = 0.0_f32;
    replay(spool, &mut chain, check, &mut |left, right| {
        let samples = left.iter().chain(right);
        sample_peak = samples.fold(sample_peak, |peak, sample| peak.max(sample.abs()));
        meter.process(&[left, right])
    })?;
    Ok(Measured {
        loudness_lufs: meter.integrated_lufs()?,
        sample_peak,
    })
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
        (gain, lufs.loudness_lufs.unwrap_or(f64::NEG_INFINITY))
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

    /// Chords that swell and die away under hard strokes, loud already.
    fn loud(n: u64) -> f32 {
        let t = n as f32 / RATE_HZ as f32;
        let chord =
            [220.0, 277.2, 329.6, 1230.0].map(|f0_hz| (std::f32::consts::TAU * f0_hz * t).sin());
        let swell = 0.55 + 0.45 * (2.1 * t).sin();
        let stroke = 3.0 * (-9.0 * (t % 0.47)).exp();
        0.2 * (swell + stroke) * chord.iter().sum::<f32>()
    }

    #[test]
    fn a_louder_target_never_gives_less() {
        let targets = (0..=36).map(|step| -18.0 + 0.5 * f64::from(step));
        let (mut gains, mut levels) = (Vec::new(), Vec::new());
        for target in targets {
            let (gain, lufs) = normalised(loud, true, target);
            println!("{target}: {lufs:.2} LUFS with {:.2} dB", gain.gain_db);
            let reached = (lufs - target).abs() < 0.1;
            assert_eq!(gain.notice.is_none(), reached, "{:?}", gain.notice);
            let limiter = gain.notice.is_none_or(|notice| notice.contains("limiter"));
            assert!(limiter);
            gains.push(gain.gain_db);
            levels.push(lufs);
        }
        assert!(gains.is_sorted(), "{gains:?}");
        assert!(levels.is_sorted(), "{levels:?}");
        assert!(levels[0] < -17.9);
    }

    #[test]
    fn the_gate_is_not_called_the_limiter() {
        // The softer it is made, the more of its end falls below the gate.
        let fading = |n: u64| tone(n) * 0.6_f32.powf(n as f32 / RATE_HZ as f32);
        for limit in [false, true] {
            let (gain, lufs) = normalised(fading, limit, -70.0);
            println!("{lufs} {gain:?}");
            let notice = gain.notice.unwrap();
            assert!(lufs > -69.9 && lufs < -60.0, "{lufs}");
            assert!(notice.contains("softer than -70 LUFS"), "{notice}");
            assert!(!notice.contains("limiter"), "{notice}");
        }
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
