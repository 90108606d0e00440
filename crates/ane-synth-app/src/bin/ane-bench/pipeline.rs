//! Network, decoding and oscillators together, for 8 voices of a recorded instrument over one buffer. No
//! noise, no effects.

use std::error::Error;

use mil_runtime::Device;
use mil_runtime::cpu::CpuDevice;
use synth_dsp::harmonic_bank::{HarmonicBank, Segment};
use synth_model::{Decoder, Instrument};

use crate::accelerators;
use crate::inference::{boxed, prepare};
use crate::plain_network::PlainNetwork;
use crate::plain_oscillators;
use crate::report::Table;
use crate::stopwatch::{Candidate, Effort};
use crate::workload::{
    BUFFER, COLUMNS, F0_HZ, FRAMES, HOP, PARTIALS, SteadyPitch, VOICES, features, instrument,
};

const OURS: &str = "CPU SIMD + ours";
const PLAIN: &str = "CPU scalar + scalar";

/// How far two pipelines may be apart, relative to the largest sample: -80 dB.
const MOST_DIFFERENCE: f32 = 1e-4;

pub(crate) fn measure(effort: Effort) -> Result<Table, Box<dyn Error>> {
    let instrument = instrument()?;
    let ours = || Pipeline::on(&CpuDevice::new(), &instrument, ours());
    let plain = || {
        Pipeline::new(
            plain_network(&instrument),
            &instrument,
            Box::new(plain_oscillators::render),
        )
    };
    check(&mut ours()?, &mut plain()?)?;
    let on_ane = |device: Box<dyn Device>| Pipeline::on(&*device, &instrument, self::ours());
    let on_core_ml = |device: Box<dyn Device>| {
        Pipeline::on(&*device, &instrument, Box::new(plain_oscillators::render))
    };
    let run = |mut pipeline: Pipeline| -> Candidate<'_> { Box::new(move || pipeline.render()) };
    let entries = vec![
        (
            "Direct ANE + ours",
            accelerators::direct_ane()
                .map(boxed)
                .and_then(on_ane)
                .map(run),
        ),
        (
            "CoreML + scalar",
            accelerators::core_ml()
                .map(boxed)
                .and_then(on_core_ml)
                .map(run),
        ),
        (OURS, Ok(run(ours()?))),
        (PLAIN, Ok(run(plain()?))),
    ];
    let table = Table {
        name: "pipeline",
        title: "Full pipeline: 8 voices of an instrument (4-64-128-64-130), decoding and 64 partials each",
        baseline: PLAIN,
        is_for_each_buffer: true,
        rows: Vec::new(),
    };
    Ok(table.measure(effort, entries, Vec::new()).0)
}

type RunNetwork = Box<dyn FnMut(&[f32], &mut [f32])>;
type RunOscillators = Box<dyn Fn(&Segment<'_>, &mut [f32])>;

fn ours() -> RunOscillators {
    let bank = HarmonicBank::new();
    Box::new(move |segment, out| bank.render(segment, out))
}

fn plain_network(instrument: &Instrument) -> RunNetwork {
    let mut network = PlainNetwork::new(&instrument.network);
    Box::new(move |input, output| network.run(COLUMNS, input, output))
}

/// What makes one buffer after the other.
struct Pipeline {
    network: RunNetwork,
    oscillators: RunOscillators,
    decoder: Decoder,
    features: Vec<f32>,
    answer: Vec<f32>,
    voices: Vec<Voice>,
    out: Vec<f32>,
    voice_out: Vec<f32>,
}

struct Voice {
    f0_hz: f32,
    pitch: SteadyPitch,
    /// Amplitudes at the end of each control frame, after those at the end of the last buffer.
    amplitudes: Vec<[f32; PARTIALS]>,
}

impl Pipeline {
    fn on(
        device: &dyn Device,
        instrument: &Instrument,
        oscillators: RunOscillators,
    ) -> Result<Self, String> {
        let mut predictor = prepare(device, &instrument.network)?;
        let network: RunNetwork = Box::new(move |input, output| {
            predictor
                .run(COLUMNS, input, output)
                .expect("it has answered before");
        });
        Self::new(network, instrument, oscillators)
    }

    fn new(
        network: RunNetwork,
        instrument: &Instrument,
        oscillators: RunOscillators,
    ) -> Result<Self, String> {
        let decoder = Decoder::new(instrument).map_err(|error| error.to_string())?;
        let voice = |&f0_hz: &f64| Voice {
            f0_hz: f0_hz as f32,
            pitch: SteadyPitch::new(f0_hz, BUFFER),
            amplitudes: vec![[0.0; PARTIALS]; FRAMES + 1],
        };
        Ok(Self {
            network,
            oscillators,
            decoder,
            features: features(),
            answer: vec![0.0; instrument.network.shape.outputs() * COLUMNS],
            voices: F0_HZ.iter().map(voice).collect(),
            out: vec![0.0; BUFFER],
            voice_out: vec![0.0; BUFFER],
        })
    }

    fn render(&mut self) {
        (self.network)(&self.features, &mut self.answer);
        self.out.fill(0.0);
        for (index, voice) in self.voices.iter_mut().enumerate() {
            voice.amplitudes[0] = voice.amplitudes[FRAMES];
            for frame in 0..FRAMES {
                let column = index * FRAMES + frame;
                let amplitudes = &mut voice.amplitudes[frame + 1];
                self.decoder
                    .harmonics(&self.answer, COLUMNS, column, voice.f0_hz, amplitudes);
            }
            let pairs = voice.amplitudes.windows(2).enumerate();
            for ((frame, pair), out) in pairs.zip(self.voice_out.chunks_exact_mut(HOP)) {
                (self.oscillators)(&voice.pitch.frame(frame, &pair[0], &pair[1]), out);
            }
            voice.pitch.advance();
            for (sum, sample) in self.out.iter_mut().zip(&self.voice_out) {
                *sum += sample / VOICES as f32;
            }
        }
        std::hint::black_box(&mut self.out);
    }
}

/// Figures of two pipelines mean something only where both make the same sound.
fn check(a: &mut Pipeline, b: &mut Pipeline) -> Result<(), String> {
    for _ in 0..4 {
        a.render();
        b.render();
        let peak = b.out.iter().fold(0.0, |peak: f32, x| peak.max(x.abs()));
        let both = a.out.iter().zip(&b.out);
        let off = both.fold(0.0, |off: f32, (a, b)| off.max((a - b).abs()));
        // A maximum passes over what is no number.
        let are_finite = a.out.iter().chain(&b.out).all(|x| x.is_finite());
        let agree = peak > 0.0 && are_finite && off <= MOST_DIFFERENCE * peak;
        if !agree {
            return Err(format!(
                "the fast pipeline and the plain one differ by {off} of {peak}; this is a defect of the \
                 program: please report it"
            ));
        }
    }
    Ok(())
}
