//! One voice's partials over one buffer: 64 partials, 512 samples.

use std::error::Error;

use synth_dsp::harmonic_bank::{HarmonicBank, Oscillators, Segment};

use crate::accelerators;
use crate::additive_accuracy::worst_snr_db;
use crate::plain_oscillators;
use crate::report::{OscillatorFigures, Table};
use crate::stopwatch::{Candidate, Effort};
use crate::workload::{BUFFER, F0_HZ, FRAMES, HOP, PARTIALS, SteadyPitch};

const PLAIN: &str = "scalar sin() loop";
const OURS: &str = "ours";
const PLAIN_FLAT: &str = "scalar sin() loop, flat";
const OURS_FLAT: &str = "ours, flat";

/// Seconds of each pitch that accuracy is measured over.
const SECONDS: f64 = 4.0;
const SECONDS_IF_QUICK: f64 = 0.1;

pub(crate) fn measure(effort: Effort) -> Result<(Table, OscillatorFigures), Box<dyn Error>> {
    let bank = HarmonicBank::new();
    let falling: Vec<f32> = (1..=PARTIALS).map(|k| 1.0 / k as f32).collect();
    let flat = vec![1.0; PARTIALS];
    let ours = move |segment: &Segment<'_>, out: &mut [f32]| bank.render(segment, out);
    let vdsp = match HarmonicBank::with_oscillators(Oscillators::Accelerate) {
        Some(bank) => Ok(buffer(
            &falling,
            move |segment: &Segment<'_>, out: &mut [f32]| bank.render(segment, out),
        )),
        None => Err(accelerators::missing("vDSP")),
    };
    let entries = vec![
        (PLAIN, Ok(buffer(&falling, plain_oscillators::render))),
        ("vDSP", vdsp),
        (OURS, Ok(buffer(&falling, ours))),
        (PLAIN_FLAT, Ok(buffer(&flat, plain_oscillators::render))),
        (OURS_FLAT, Ok(buffer(&flat, ours))),
    ];
    let table = Table {
        name: "additive",
        title: "Additive synthesis: one voice, 64 partials x 512 samples, amplitudes 1/k or flat",
        baseline: PLAIN,
        is_for_each_buffer: true,
        rows: Vec::new(),
    };
    let (table, _) = table.measure(effort, entries, Vec::new());
    let times = |plain, ours| {
        let [plain, ours] = [plain, ours].map(|name| table.measured(name).timing.p5_us);
        plain / ours
    };
    let seconds = if effort.quick {
        SECONDS_IF_QUICK
    } else {
        SECONDS
    };
    let figures = OscillatorFigures {
        times_scalar: times(PLAIN, OURS),
        snr_db: worst_snr_db(&bank, &falling, seconds),
        flat_times_scalar: times(PLAIN_FLAT, OURS_FLAT),
        flat_snr_db: worst_snr_db(&bank, &flat, seconds),
    };
    Ok((table, figures))
}

/// Renders one buffer, whose amplitudes move from `amplitudes` to 0.9 of them and back with every control
/// frame.
fn buffer<'a>(amplitudes: &[f32], render: impl Fn(&Segment<'_>, &mut [f32]) + 'a) -> Candidate<'a> {
    let pitch = SteadyPitch::new(F0_HZ[0], BUFFER);
    let high = amplitudes.to_vec();
    let low: Vec<f32> = high.iter().map(|amplitude| 0.9 * amplitude).collect();
    let mut out = vec![0.0; BUFFER];
    Box::new(move || {
        for (frame, out) in out.chunks_exact_mut(HOP).enumerate().take(FRAMES) {
            let (from, to) = if frame % 2 == 0 {
                (&high, &low)
            } else {
                (&low, &high)
            };
            render(&pitch.frame(frame, from, to), out);
        }
        std::hint::black_box(&mut out);
    })
}
