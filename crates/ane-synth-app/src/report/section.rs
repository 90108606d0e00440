//! One note of the page: pictures, players, figures.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use synth_train::evaluation::NoteFigures;

use super::page::escaped;
use super::sound;
use super::spectrogram::{Levels, TOP_HZ, height};
use crate::error::AppError;

/// So much of a note can be heard on the page, s; its files hold all of it.
const HEARD_S: usize = 5;
/// The end of what is cut fades over this, s.
const FADE_S: f64 = 0.02;
/// Players are given sound no louder than this, so that none clips.
const LOUDEST: f32 = 0.98;
/// Marked frequencies, Hz, and how they are written.
const FREQUENCIES: [(f64, &str); 7] = [
    (250.0, "250 Hz"),
    (500.0, "500 Hz"),
    (1_000.0, "1 kHz"),
    (2_000.0, "2 kHz"),
    (4_000.0, "4 kHz"),
    (8_000.0, "8 kHz"),
    (TOP_HZ, "16 kHz"),
];

/// A note as it was recorded and as the instrument plays it, at the instrument's level.
pub(super) struct Pair<'a> {
    pub(super) name: &'a str,
    pub(super) figures: &'a NoteFigures,
    pub(super) sample_rate_hz: u32,
    pub(super) real: &'a [f32],
    pub(super) synth: &'a [f32],
}

impl Pair<'_> {
    /// The note's section of the page.
    pub(super) fn section(&self) -> Result<String, AppError> {
        let name = escaped(self.name);
        let mut section = format!("<section class=\"note\" id=\"{name}\">\n<h3>{name}</h3>\n");
        let _ = writeln!(section, "<p class=\"quiet\">{}</p>", self.words());
        let of = |samples| Levels::of(samples, self.sample_rate_hz, self.figures.f0_hz);
        let (real, synth) = (of(self.real), of(self.synth));
        // One scale for both, so that the eye compares levels too.
        let top_db = real.loudest_db();
        let peak = self.real.iter().chain(self.synth);
        let peak = peak.fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        let gain = (LOUDEST / peak.max(1e-9)).min(1.0);
        for (what, file, samples, levels) in [
            ("Recording", "real", self.real, real),
            ("Instrument", "synth", self.synth, synth),
        ] {
            let picture = levels
                .picture(top_db)
                .map_err(|error| self.failed(&error))?;
            let heard = self.heard(samples, gain);
            let sound = sound::flac(&heard, self.sample_rate_hz);
            let sound = sound.map_err(|error| self.failed(&error))?;
            let _ = writeln!(
                section,
                "<figure><figcaption>{what} (<a href=\"{name}-{file}.wav\">whole file</a>)\
                 </figcaption>\n<div class=\"plot\"><img alt=\"spectrogram of {name}, {what}\" \
                 width=\"{}\" height=\"{}\" src=\"data:image/png;base64,{}\">{}</div>\n\
                 <audio controls preload=\"none\" src=\"data:audio/flac;base64,{}\"></audio></figure>",
                levels.columns(),
                super::spectrogram::ROWS,
                STANDARD.encode(picture),
                self.marks(samples.len()),
                STANDARD.encode(sound)
            );
        }
        section.push_str("</section>\n");
        Ok(section)
    }

    fn failed(&self, error: &dyn std::fmt::Display) -> AppError {
        AppError::about_name(&format!("report of {}", self.name), error)
    }

    /// The figures in a line.
    fn words(&self) -> String {
        let note = self.figures;
        let mut words = vec![
            format!("{:.1} Hz", note.f0_hz),
            format!(
                "partials {:.1} dB off (mean of both neighbours {:.1})",
                note.instrument.harmonic_db, note.both_neighbours.harmonic_db
            ),
            format!("noise {:.1} dB", note.instrument.noise_db),
            format!(
                "whole sound {:.1} dB (at best {:.1})",
                note.instrument.lsd_db, note.lsd_bound_db
            ),
        ];
        if let Some(onset) = note.envelope.onset_db {
            words.push(format!("attack {onset:.1} dB"));
        }
        if let Some(release) = note.envelope.release_db {
            words.push(format!("release {release:.1} dB"));
        }
        if let Some(cents) = note.f0_cents {
            words.push(format!("{cents:.1} cents"));
        }
        format!("{} \u{2013} {}", escaped(&note.file), words.join(", "))
    }

    /// What the player gets.
    fn heard(&self, samples: &[f32], gain: f32) -> Vec<f32> {
        let length = samples.len().min(HEARD_S * self.sample_rate_hz as usize);
        let mut heard: Vec<f32> = samples[..length].iter().map(|s| s * gain).collect();
        if length < samples.len() {
            let fade = (FADE_S * f64::from(self.sample_rate_hz)) as usize;
            for (left, sample) in heard.iter_mut().rev().take(fade).enumerate() {
                *sample *= left as f32 / fade as f32;
            }
        }
        heard
    }

    /// Labels of the axes.
    fn marks(&self, samples: usize) -> String {
        let mut marks = String::new();
        for (f_hz, text) in FREQUENCIES {
            let up = 100.0 * height(f_hz);
            let _ = write!(
                marks,
                "<span class=\"f\" style=\"bottom:{up:.1}%\">{text}</span>"
            );
        }
        let seconds = samples as f64 / f64::from(self.sample_rate_hz);
        let step = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0];
        let step = step.into_iter().find(|step| seconds / step <= 8.0);
        let step = step.unwrap_or(600.0);
        for number in 0.. {
            let time = f64::from(number) * step;
            // The last one would stand beyond the picture.
            if time > seconds * 0.97 {
                break;
            }
            let way = 100.0 * time / seconds;
            let decimals = usize::from(step < 1.0);
            let _ = write!(
                marks,
                "<span class=\"t\" style=\"left:{way:.1}%\">{time:.decimals$} s</span>"
            );
        }
        marks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_holds_two_pictures_and_two_sounds_none_of_them_clipped() {
        let rate = 8_000;
        let loud: Vec<f32> = (0..rate * 7)
            .map(|i| 3.0 * (i as f32 * 0.3).sin())
            .collect();
        let pair = Pair {
            name: "Eb4-p-1",
            figures: &NoteFigures {
                file: "a<b>.wav".into(),
                f0_hz: 311.1,
                ..NoteFigures::default()
            },
            sample_rate_hz: rate,
            real: &loud,
            synth: &loud[..100],
        };
        let section = pair.section().unwrap();
        assert_eq!(section.matches("data:image/png;base64,iVBOR").count(), 2);
        assert_eq!(section.matches("data:audio/flac;base64,ZkxhQ").count(), 2);
        assert!(section.contains("href=\"Eb4-p-1-real.wav\""));
        assert!(section.contains("a&lt;b&gt;.wav") && !section.contains("<b>"));
        let heard = pair.heard(&loud, LOUDEST / 3.0);
        assert_eq!(heard.len(), HEARD_S * rate as usize);
        assert!(heard.iter().all(|s| s.abs() <= LOUDEST + 1e-6));
        assert_eq!(heard.last(), Some(&0.0), "what is cut fades");
        assert_eq!(
            pair.heard(&loud[..50], 1.0),
            loud[..50],
            "what is whole does not"
        );
    }

    #[test]
    fn the_axis_has_a_handful_of_times() {
        for seconds in [0.05, 0.4, 3.0, 7.9, 100.0] {
            let pair = Pair {
                name: "x",
                figures: &NoteFigures::default(),
                sample_rate_hz: 44_100,
                real: &[],
                synth: &[],
            };
            let marks = pair.marks((seconds * 44_100.0) as usize);
            let times = marks.matches("class=\"t\"").count();
            assert!((1..=9).contains(&times), "{seconds} s: {times}");
            assert!(marks.contains("1 kHz"));
        }
    }
}
