//! What the levels of a folder's recordings say: velocities, and whether levels were evened out.

use crate::corpus::CorpusNote;
use crate::playing::semitones;

/// Velocity of a note whose dynamic nobody knows: a player's forte, 96 of 127.
pub const NOMINAL_VELOCITY: f32 = 96.0 / 127.0;
/// Softest and loudest takes of one pitch differ by this in an unlabelled folder that has dynamics, dB.
const DYNAMIC_SPREAD_DB: f32 = 4.0;
/// Forte above piano by less than this, on the mean: the files were brought to one level, dB.
const LEVELLED_DB: f32 = 2.0;
/// Range of loudness over all velocities where recordings do not tell it, dB.
pub const MODELLED_RANGE_DB: f32 = 24.0;
/// Velocities between which unlabelled takes are spread.
const UNLABELLED_VELOCITIES: [f32; 2] = [0.3, 0.9];

/// The dynamics of a set of notes.
#[derive(Clone, Debug, PartialEq)]
pub struct Dynamics {
    /// File names say the dynamics.
    pub labelled: bool,
    /// The level of a recording does not tell how loud the note was: the files were evened out, or
    /// there is one dynamic only.
    pub levelled: bool,
    /// Loudest over softest dynamic, mean over pitches, dB; `None` with one dynamic.
    pub range_db: Option<f32>,
    /// Unlabelled dynamics: course of the level over pitch, and the levels beside it at either
    /// end of the velocities.
    spread: Option<Spread>,
}

#[derive(Clone, Debug, PartialEq)]
struct Spread {
    base_db: f32,
    db_per_semitone: f32,
    soft_db: f32,
    loud_db: f32,
}

impl Dynamics {
    /// Reads the dynamics off a set of notes.
    #[must_use]
    pub fn of(notes: &[CorpusNote]) -> Self {
        let mut labels: Vec<&str> = notes.iter().map(|note| note.dynamic.as_str()).collect();
        labels.retain(|label| !label.is_empty());
        labels.sort_unstable();
        labels.dedup();
        if labels.len() > 1 {
            let range_db = labelled_range_db(notes);
            return Self {
                labelled: true,
                levelled: range_db.is_none_or(|db| db < LEVELLED_DB),
                range_db,
                spread: None,
            };
        }
        let spread = unlabelled_spread(notes);
        Self {
            labelled: false,
            levelled: spread.is_none(),
            range_db: spread.as_ref().map(|s| s.loud_db - s.soft_db),
            spread,
        }
    }

    /// Loudness that a velocity is given where the recordings do not tell, dB re that of
    /// [`NOMINAL_VELOCITY`]; 0 where they do.
    #[must_use]
    pub fn modelled_db(&self, velocity: f32) -> f32 {
        match self.levelled {
            true => MODELLED_RANGE_DB * (velocity - NOMINAL_VELOCITY),
            false => 0.0,
        }
    }

    /// The velocity that plays a note.
    #[must_use]
    pub fn velocity(&self, note: &CorpusNote) -> f32 {
        if self.labelled {
            return match note.dynamic.is_empty() {
                true => NOMINAL_VELOCITY,
                false => note.velocity,
            };
        }
        let Some(spread) = &self.spread else {
            return NOMINAL_VELOCITY;
        };
        let beside_db = note.analysis.sustain_db - spread.course_db(note);
        let way = (beside_db - spread.soft_db) / (spread.loud_db - spread.soft_db);
        let [low, high] = UNLABELLED_VELOCITIES;
        (low + (high - low) * way).clamp(0.1, 1.0)
    }
}

impl Spread {
    fn course_db(&self, note: &CorpusNote) -> f32 {
        self.base_db + self.db_per_semitone * (semitones(note) as f32 - 69.0)
    }
}

/// Mean over the keys that have several dynamics of the loudest one's level over the softest's.
fn labelled_range_db(notes: &[CorpusNote]) -> Option<f32> {
    let mut keys: Vec<u8> = notes.iter().map(|note| note.key).collect();
    keys.sort_unstable();
    keys.dedup();
    let (mut sum, mut count) = (0.0, 0);
    for key in keys {
        let here = notes
            .iter()
            .filter(|n| n.key == key && !n.dynamic.is_empty());
        let levels: Vec<(f32, f32)> = here.map(|n| (n.velocity, n.analysis.sustain_db)).collect();
        let softest = levels.iter().map(|l| l.0).fold(f32::MAX, f32::min);
        let loudest = levels.iter().map(|l| l.0).fold(f32::MIN, f32::max);
        if loudest > softest {
            let mean = |velocity: f32| {
                let at = levels.iter().filter(|l| l.0 == velocity);
                let (sum, count) = at.fold((0.0, 0), |s, l| (s.0 + l.1, s.1 + 1));
                sum / count.max(1) as f32
            };
            sum += mean(loudest) - mean(softest);
            count += 1;
        }
    }
    (count > 0).then(|| sum / count as f32)
}

fn unlabelled_spread(notes: &[CorpusNote]) -> Option<Spread> {
    let mut by_key: Vec<(u8, f32, f32)> = Vec::new();
    for note in notes {
        let db = note.analysis.sustain_db;
        match by_key.iter_mut().find(|entry| entry.0 == note.key) {
            Some(entry) => *entry = (entry.0, entry.1.min(db), entry.2.max(db)),
            None => by_key.push((note.key, db, db)),
        }
    }
    let mut spreads: Vec<f32> = by_key.iter().map(|(_, low, high)| high - low).collect();
    spreads.sort_unstable_by(f32::total_cmp);
    let median = *spreads.get(spreads.len() / 2)?;
    if median < DYNAMIC_SPREAD_DB {
        return None;
    }
    let points = notes
        .iter()
        .map(|n| (semitones(n) as f32 - 69.0, n.analysis.sustain_db));
    let n = notes.len() as f32;
    let (mx, my) = points
        .clone()
        .fold((0.0, 0.0), |s, p| (s.0 + p.0, s.1 + p.1));
    let (mx, my) = (mx / n, my / n);
    let (sxy, sxx) = points.fold((0.0, 1e-3), |s, (x, y)| {
        (s.0 + (x - mx) * (y - my), s.1 + (x - mx).powi(2))
    });
    let mut spread = Spread {
        base_db: my - sxy / sxx * mx,
        db_per_semitone: sxy / sxx,
        soft_db: 0.0,
        loud_db: 0.0,
    };
    let mut beside: Vec<f32> = notes
        .iter()
        .map(|note| note.analysis.sustain_db - spread.course_db(note))
        .collect();
    beside.sort_unstable_by(f32::total_cmp);
    let quantile = |q: f32| beside[((beside.len() - 1) as f32 * q).round() as usize];
    (spread.soft_db, spread.loud_db) = (quantile(0.05), quantile(0.95));
    (spread.loud_db > spread.soft_db + 1.0).then_some(spread)
}
