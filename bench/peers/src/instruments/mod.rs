//! Whole instruments: eight held notes in buffers of 512 samples, effects included.

mod fluidsynth;
mod notes;
mod ours;
mod rusty;

use std::time::Instant;

use crate::Failure;
use crate::arguments::Arguments;
use crate::stopwatch::{Candidate, Effort, compare, micros};
use crate::table::{Table, three_digits};

const BUFFER: usize = 512;
const SAMPLE_RATE_HZ: usize = 44_100;

/// Piano, church organ and strings of General MIDI: notes that fade, and notes that go on.
const PROGRAMS: [(&str, u8); 3] = [("piano", 0), ("church organ", 19), ("strings", 48)];

/// Keys 45 to 67: no harmonic of one lies a quarter tone beside another.
const KEYS: [u8; 8] = [45, 48, 52, 55, 57, 60, 64, 67];
const VELOCITY: u8 = 100;

/// Buffers between the notes' beginning and what is measured: 0.23 s.
const WARM_UP: usize = 20;

/// A synthesizer that plays [`KEYS`].
trait Instrument {
    /// Silences everything and begins all notes.
    fn start(&mut self) -> Result<(), Failure>;
    /// Renders the next samples; both channels are equally long.
    fn render(&mut self, left: &mut [f32], right: &mut [f32]) -> Result<(), Failure>;
    /// Whether every note still sounds, as far as can be asked.
    fn all_sound(&mut self) -> bool;
}

/// A row.
struct Played {
    name: String,
    instrument: Box<dyn Instrument>,
}

impl Candidate for Played {
    fn turn(&mut self, samples: usize) -> Result<Vec<f64>, Failure> {
        let (mut left, mut right) = ([0.0; BUFFER], [0.0; BUFFER]);
        self.instrument.start()?;
        for _ in 0..WARM_UP {
            self.instrument.render(&mut left, &mut right)?;
        }
        let mut taken = Vec::with_capacity(samples);
        for _ in 0..samples {
            let begun = Instant::now();
            self.instrument.render(&mut left, &mut right)?;
            taken.push(micros(begun.elapsed()));
        }
        match self.instrument.all_sound() {
            true => Ok(taken),
            false => {
                Err(format!("{}: a note was over before it had been measured", self.name).into())
            }
        }
    }
}

pub(crate) fn measure(arguments: &Arguments, effort: Effort) -> Result<Table, Failure> {
    let mut played = vec![Played {
        name: "ours, alto saxophone (neural network, additive)".to_owned(),
        instrument: Box::new(ours::Ours::new()?),
    }];
    let mut not_measured = Vec::new();
    let soundfont = rusty::load(&arguments.soundfont).map_err(|error| error.to_string());
    for (program_name, program) in PROGRAMS {
        let rusty = match &soundfont {
            Ok(soundfont) => rusty::Rusty::new(soundfont, program),
            Err(reason) => Err(reason.clone().into()),
        };
        let fluid = fluidsynth::FluidSynth::new(&arguments.soundfont, program);
        let fluid_name = match &fluid {
            Ok(fluid) => format!("FluidSynth {}", fluid.version()),
            Err(_) => "FluidSynth".to_owned(),
        };
        for (synthesizer, made) in [
            (fluid_name, fluid.map(boxed)),
            ("rustysynth".to_owned(), rusty.map(boxed)),
        ] {
            let name = format!("{synthesizer}, {program_name} (wavetable)");
            match made {
                Ok(instrument) => played.push(Played { name, instrument }),
                Err(reason) => not_measured.push((name, reason.to_string())),
            }
        }
    }
    for Played { name, instrument } in &mut played {
        notes::check(&mut **instrument).map_err(|error| format!("{name} is wrong: {error}"))?;
    }
    let mut candidates: Vec<&mut dyn Candidate> = Vec::new();
    for played in &mut played {
        candidates.push(played);
    }
    let timings = compare(effort, &mut candidates)?;
    let ours_us = timings[0].p5_us;
    let rows = played.iter().zip(&timings).map(|(played, timing)| {
        vec![
            played.name.clone(),
            three_digits(timing.p5_us),
            three_digits(timing.p5_us / ours_us),
        ]
    });
    let soundfont = arguments.soundfont.file_name().unwrap_or_default();
    Ok(Table {
        title: "Whole instruments",
        about: format!(
            "The same 8 held notes in buffers of 512 samples, each with its own reverberation and other \
             effects on, as it plays by default; SoundFont {}. Playing wavetables back is a different and \
             cheaper job than computing every partial of every voice.",
            soundfont.to_string_lossy()
        ),
        columns: ["", "p5 in µs", "times ours"].map(str::to_owned).to_vec(),
        rows: rows.collect(),
        not_measured,
    })
}

fn boxed<I: Instrument + 'static>(instrument: I) -> Box<dyn Instrument> {
    Box::new(instrument)
}
