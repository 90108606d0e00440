//! What there is to see of the sound: levels, the waveform, the spectrum, the last note's harmonics.
//!
//! All figures are whole numbers, so that what has not changed for the eye has not changed at all.

mod levels;
mod spectrum;
mod trace;

use std::collections::VecDeque;
use std::time::Instant;

use crate::play::tap::{NoteSpectrum, PARTIALS, Tap};

pub(crate) use levels::Level;
use levels::LevelMeters;
use spectrum::SpectrumMeter;
pub(crate) use spectrum::{SPECTRUM_DB, SPECTRUM_HZ};
pub(crate) use trace::TRACE_MS;

/// Samples that are kept: the window of the spectrum.
const KEPT: usize = spectrum::WINDOW;
/// How far below the strongest a harmonic is still shown, dB.
pub(crate) const HARMONICS_DB: u8 = 60;

/// The level of one side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SideLevel {
    /// Falls slowly from the last peak.
    pub(crate) now: Level,
    /// The highest of the last moments.
    pub(crate) held: Level,
}

/// What the network says to a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HarmonicsShown {
    pub(crate) key: u8,
    /// By harmonic, dB above [`HARMONICS_DB`] below the strongest.
    pub(crate) levels: Vec<u8>,
}

/// What is seen of the sound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SoundShown {
    pub(crate) sides: [SideLevel; 2],
    /// Of both sides; the first is the highest of the last moments.
    pub(crate) true_peak: Level,
    pub(crate) most_true_peak: Level,
    /// The waveform, from its crossing through zero on; full scale is 127 over the gain.
    pub(crate) trace: Vec<i8>,
    pub(crate) trace_gain: u8,
    /// By band from low to high, dB above [`SPECTRUM_DB`] below full scale.
    pub(crate) spectrum: Vec<u8>,
    pub(crate) harmonics: Option<HarmonicsShown>,
}

/// Looks at the samples that come out of a [`Tap`].
pub(crate) struct Analysis {
    tap: Tap,
    taken: Vec<f32>,
    /// The last samples, the mean of both sides.
    mono: VecDeque<f32>,
    levels: LevelMeters,
    spectrum: SpectrumMeter,
    harmonics: Option<HarmonicsShown>,
}

impl Analysis {
    pub(crate) fn new(tap: Tap) -> Self {
        Self {
            tap,
            taken: Vec::new(),
            mono: VecDeque::from(vec![0.0; KEPT]),
            levels: LevelMeters::new(),
            spectrum: SpectrumMeter::new(),
            harmonics: None,
        }
    }

    /// Takes what has come since the last call.
    pub(crate) fn look(&mut self, now: Instant, sample_rate_hz: u32) -> SoundShown {
        self.take_samples();
        while let Ok(spectrum) = self.tap.spectra.pop() {
            self.harmonics = harmonics(&spectrum);
        }
        let (sides, true_peak, most_true_peak) = self.levels.look(now);
        let mono = self.mono.make_contiguous();
        let (trace, trace_gain) = trace::trace(mono, sample_rate_hz);
        SoundShown {
            sides,
            true_peak,
            most_true_peak,
            trace,
            trace_gain,
            spectrum: self.spectrum.look(mono, sample_rate_hz),
            harmonics: self.harmonics.clone(),
        }
    }

    fn take_samples(&mut self) {
        let there = self.tap.samples.slots() / 2 * 2;
        self.taken.resize(there, 0.0);
        if self.tap.samples.pop_entire_slice(&mut self.taken).is_err() {
            return;
        }
        self.levels.take(&self.taken);
        let newest = self.taken.len().saturating_sub(2 * KEPT);
        for frame in self.taken[newest..].chunks_exact(2) {
            self.mono.pop_front();
            self.mono.push_back(0.5 * (frame[0] + frame[1]));
        }
    }
}

/// `None` where there are none.
fn harmonics(spectrum: &NoteSpectrum) -> Option<HarmonicsShown> {
    let most = spectrum.partials.iter().copied().fold(0.0, f32::max);
    let level = |partial: &f32| {
        let db = 20.0 * (partial / most).log10() + f32::from(HARMONICS_DB);
        // What is no number or nothing is 0.
        db.round().clamp(0.0, f32::from(HARMONICS_DB)) as u8
    };
    (most > 0.0).then(|| HarmonicsShown {
        key: spectrum.key,
        levels: spectrum.partials[..PARTIALS].iter().map(level).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmonics_are_told_by_the_strongest() {
        let mut spectrum = NoteSpectrum {
            note: 3,
            key: 60,
            partials: [0.0; PARTIALS],
        };
        assert_eq!(harmonics(&spectrum), None);
        spectrum.partials[..4].copy_from_slice(&[0.05, 0.5, 0.0005, 0.000_01]);
        let shown = harmonics(&spectrum).unwrap();
        assert_eq!(shown.key, 60);
        assert_eq!(shown.levels[..5], [40, 60, 0, 0, 0]);
        assert_eq!(shown.levels.len(), PARTIALS);
    }
}
