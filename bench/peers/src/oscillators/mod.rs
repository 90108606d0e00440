//! Partials of 8 voices over one buffer, 64 each, by several sines; and how exact each is.

mod accuracy;
mod scalar;
mod sleef;
mod voice;
mod wide_sine;

use synth_dsp::harmonic_bank::{HarmonicBank, Segment};

use crate::Failure;
use crate::stopwatch::{Called, Candidate, Effort, compare};
use crate::table::{Table, three_digits};
use voice::{BUFFER, PARTIALS, Voice};

/// The voices' pitches, A2 to A3: all 64 partials of each are below Nyquist.
const F0_HZ: [f64; 8] = [110.0, 123.47, 130.81, 146.83, 164.81, 174.61, 196.0, 220.0];

/// Less than this on any pitch and spectrum is not an answer but an error.
const LEAST_SNR_DB: f64 = 80.0;

/// Overwrites a slice with a segment's samples.
type Render = Box<dyn Fn(&Segment<'_>, &mut [f32])>;

pub(crate) fn measure(effort: Effort) -> Result<Table, Failure> {
    let bank = HarmonicBank::new();
    let mut entries: Vec<(&'static str, Render)> = vec![
        (
            "ours",
            Box::new(move |segment, out| bank.render(segment, out)),
        ),
        ("wide f32x8::sin", Box::new(wide_sine::render)),
        ("scalar f32::sin loop", Box::new(scalar::render)),
    ];
    let mut not_measured = Vec::new();
    let mut sleef_name = None;
    match sleef::Sleef::load() {
        Ok(sleef) => {
            sleef_name = Some(sleef.name());
            entries.insert(
                1,
                (
                    "SLEEF",
                    Box::new(move |segment, out| sleef.render(segment, out)),
                ),
            );
        }
        Err(reason) => not_measured.push(("SLEEF".to_owned(), reason)),
    }

    let seconds = if effort.quick { 0.1 } else { 1.0 };
    let references = accuracy::references(seconds);
    let mut ratios = Vec::new();
    for (name, render) in &entries {
        let [falling, flat] = accuracy::worst_snr_db(&references, render);
        let worst = falling.min(flat);
        if worst.is_nan() || worst < LEAST_SNR_DB {
            return Err(format!("{name} is wrong: {worst:.1} dB above its error").into());
        }
        ratios.push([falling, flat]);
    }

    let falling: Vec<f32> = (1..=PARTIALS).map(|k| 1.0 / k as f32).collect();
    let mut runs = Vec::new();
    for (_, render) in &entries {
        let mut voices: Vec<Voice> = F0_HZ
            .iter()
            .map(|&f0_hz| Voice::new(f0_hz, BUFFER, &falling))
            .collect();
        let mut out = vec![0.0; BUFFER];
        runs.push(Called::new(move || {
            for voice in &mut voices {
                voice.render(render, &mut out);
                std::hint::black_box(&mut out);
            }
            Ok(())
        })?);
    }
    let mut candidates: Vec<&mut dyn Candidate> = Vec::new();
    for run in &mut runs {
        candidates.push(run);
    }
    let timings = compare(effort, &mut candidates)?;
    let ours_us = timings[0].p5_us;
    let rows = entries.iter().zip(&timings).zip(&ratios);
    let rows = rows.map(|(((name, _), timing), [falling, flat])| {
        let name = match (*name, &sleef_name) {
            ("SLEEF", Some(name)) => name.clone(),
            (name, _) => name.to_owned(),
        };
        vec![
            name,
            three_digits(timing.p5_us),
            three_digits(timing.p5_us / ours_us),
            format!("{falling:.0}"),
            format!("{flat:.0}"),
        ]
    });
    Ok(Table {
        title: "Oscillators",
        about: "8 voices x 64 partials x 512 samples, amplitudes linear between 8 control frames."
            .to_owned(),
        columns: [
            "",
            "p5 in µs",
            "times ours",
            "SNR on 1/k in dB",
            "SNR on a flat spectrum in dB",
        ]
        .map(str::to_owned)
        .to_vec(),
        rows: rows.collect(),
        not_measured,
    })
}
