//! Recordings built piece by piece, and what is asserted of the notes found in them.

use std::f64::consts::TAU;

use synth_train::recording::{Findings, NameHints, Recording, RecordingProblem, find_notes};

pub(crate) const RATE: u32 = 44_100;

/// Builds a recording piece by piece.
pub(crate) struct Tape {
    rate_hz: f64,
    pub(crate) samples: Vec<f32>,
    phase: f64,
    noise: u64,
}

impl Tape {
    pub(crate) fn at(rate: u32) -> Self {
        Self {
            rate_hz: f64::from(rate),
            samples: Vec::new(),
            phase: 0.0,
            noise: 1,
        }
    }

    pub(crate) fn new() -> Self {
        Self::at(RATE)
    }

    fn noise(&mut self) -> f64 {
        self.noise = self
            .noise
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.noise >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }

    pub(crate) fn silence(mut self, seconds: f64) -> Self {
        let count = (seconds * self.rate_hz) as usize;
        self.samples.resize(self.samples.len() + count, 0.0);
        self
    }

    /// A tone whose pitch is `cents(t)` above `f0_hz`, with partials of the given amplitudes, fading in
    /// and out over 20 ms.
    pub(crate) fn tone(
        mut self,
        f0_hz: f64,
        seconds: f64,
        partials: &[f64],
        cents: impl Fn(f64) -> f64,
    ) -> Self {
        let count = (seconds * self.rate_hz) as usize;
        let fade = 0.02 * self.rate_hz;
        for i in 0..count {
            let f_hz = f0_hz * (cents(i as f64 / self.rate_hz) / 1200.0).exp2();
            self.phase += f_hz / self.rate_hz;
            let edge = (i.min(count - i) as f64 / fade).min(1.0);
            let sum = |(k, a): (usize, &f64)| {
                let k = (k + 1) as f64;
                if k * f_hz < 0.45 * self.rate_hz {
                    a * (TAU * (k * self.phase).fract()).sin()
                } else {
                    0.0
                }
            };
            let value: f64 = partials.iter().enumerate().map(sum).sum();
            self.samples.push((0.1 * edge * value) as f32);
        }
        self
    }

    pub(crate) fn note(self, f0_hz: f64, seconds: f64) -> Self {
        self.tone(f0_hz, seconds, &[1.0, 0.6, 0.4, 0.25, 0.15, 0.1], |_| 0.0)
    }

    /// A tone that goes on from the one before without a fade.
    pub(crate) fn legato(mut self, f0_hz: f64, seconds: f64) -> Self {
        for _ in 0..(seconds * self.rate_hz) as usize {
            self.phase += f0_hz / self.rate_hz;
            let value: f64 = (1..=6)
                .map(|k| 1.0 / f64::from(k) * (TAU * f64::from(k) * self.phase).sin())
                .sum();
            self.samples.push((0.1 * value) as f32);
        }
        self
    }

    /// Noise over everything so far, `level_db` re full scale.
    pub(crate) fn under_noise(mut self, level_db: f64) -> Self {
        let gain = 10.0_f64.powf(level_db / 20.0) * 3.0_f64.sqrt();
        for i in 0..self.samples.len() {
            let noise = gain * self.noise();
            self.samples[i] += noise as f32;
        }
        self
    }

    pub(crate) fn find(self) -> Result<Findings, RecordingProblem> {
        self.find_named("")
    }

    pub(crate) fn find_named(self, name: &str) -> Result<Findings, RecordingProblem> {
        let rate = self.rate_hz as u32;
        find_notes(
            &recording(rate, vec![self.samples]),
            &NameHints::from_name(name),
        )
    }
}

pub(crate) fn recording(sample_rate_hz: u32, channels: Vec<Vec<f32>>) -> Recording {
    Recording {
        name: "test".to_owned(),
        sample_rate_hz,
        channels,
    }
}

pub(crate) fn cents(found_hz: f64, hz: f64) -> f64 {
    1200.0 * (found_hz / hz).log2()
}

pub(crate) fn key_hz(key: f64) -> f64 {
    440.0 * ((key - 69.0) / 12.0).exp2()
}

/// Asserts that exactly these notes were found, within 3 cents.
#[track_caller]
pub(crate) fn assert_notes(found: &Findings, expected_hz: &[f64]) {
    let pitches: Vec<f64> = found.notes.iter().map(|n| n.f0_hz).collect();
    assert_eq!(
        pitches.len(),
        expected_hz.len(),
        "{pitches:?} {:?}",
        found.warnings
    );
    for (found_hz, hz) in pitches.iter().zip(expected_hz) {
        assert!(
            cents(*found_hz, *hz).abs() < 3.0,
            "{found_hz} Hz, not {hz}: {pitches:?}"
        );
    }
    for pair in found.notes.windows(2) {
        assert!(pair[0].end <= pair[1].start, "notes overlap");
    }
    for note in &found.notes {
        assert!(note.start < note.end);
        assert!(
            note.pitch
                .iter()
                .all(|k| (note.start..note.end).contains(&k.sample))
        );
        assert!(
            note.pitch
                .windows(2)
                .all(|pair| pair[0].sample < pair[1].sample)
        );
        assert!((0.7..=1.0).contains(&note.clarity));
    }
}
