//! What is counted: the kernels, as `cargo bench` times them, by what the other crates call.

#[path = "../../synth-model/benches/decode/answers.rs"]
mod answers;
#[path = "../../mil-runtime/benches/network/columns.rs"]
mod columns;
#[path = "../../synth-dsp/benches/kernels/exponentials.rs"]
mod exponentials;
#[path = "../../synth-engine/benches/renderer/held_notes.rs"]
mod held_notes;
#[path = "../../synth-dsp/benches/kernels/limiting.rs"]
mod limiting;
#[path = "../../synth-dsp/benches/kernels/noise.rs"]
mod noise;
#[path = "../../synth-dsp/benches/kernels/oscillators.rs"]
mod oscillators;

use std::error::Error;

use answers::Answers;
use columns::Columns;
use exponentials::Exponentials;
use held_notes::HeldNotes;
use limiting::Limiting;
use noise::Noise;
use oscillators::Oscillators;

/// A kernel made ready: each call does the same work.
type Call = Box<dyn FnMut()>;
type Made = Result<Call, Box<dyn Error>>;

/// One kernel.
pub(crate) struct Kernel {
    pub(crate) name: &'static str,
    /// Whether it is the same work on every processor that has the level. The Fourier transforms under the
    /// noise are not: they choose their own instructions.
    pub(crate) follows_level: bool,
    pub(crate) make: fn(&str) -> Made,
}

/// Every kernel, in the order of the table. 64 voices do nothing that 8 do not, eight times as long: callgrind
/// would take minutes.
pub(crate) static KERNELS: [Kernel; 13] = [
    kernel("network, 1 voice", |level| network(level, 1)),
    kernel("network, 8 voices", |level| network(level, 8)),
    kernel("oscillators, 16 partials", |level| oscillators(level, 16)),
    kernel("oscillators, 64 partials", |level| oscillators(level, 64)),
    kernel("exp2_slice", |level| {
        let mut values = made(Exponentials::new(level.parse()?))?;
        Ok(Box::new(move || values.call_exp2()))
    }),
    kernel("db_to_gain_slice", |level| {
        let mut values = made(Exponentials::new(level.parse()?))?;
        Ok(Box::new(move || values.call_db_to_gain()))
    }),
    kernel("decode, harmonics", |_| {
        let mut answers = Answers::new();
        Ok(Box::new(move || answers.call_harmonics()))
    }),
    kernel("decode, noise", |_| {
        let mut answers = Answers::new();
        Ok(Box::new(move || answers.call_noise()))
    }),
    kernel("limiter, look-ahead", |_| {
        let mut limiting = Limiting::look_ahead();
        Ok(Box::new(move || limiting.call()))
    }),
    kernel("limiter, instant", |_| {
        let mut limiting = Limiting::instant();
        Ok(Box::new(move || limiting.call()))
    }),
    with_transforms("noise bus", |_| {
        let mut noise = Noise::new();
        Ok(Box::new(move || noise.call()))
    }),
    with_transforms("renderer, 1 voice", |_| renderer(1)),
    with_transforms("renderer, 8 voices", |_| renderer(8)),
];

const fn kernel(name: &'static str, make: fn(&str) -> Made) -> Kernel {
    Kernel {
        name,
        follows_level: true,
        make,
    }
}

const fn with_transforms(name: &'static str, make: fn(&str) -> Made) -> Kernel {
    Kernel {
        name,
        follows_level: false,
        make,
    }
}

fn network(level: &str, voices: usize) -> Made {
    let mut columns = made(Columns::new(level.parse()?, voices))?;
    Ok(Box::new(move || columns.call()))
}

fn oscillators(level: &str, partials: usize) -> Made {
    let mut voice = made(Oscillators::new(level.parse()?, partials))?;
    Ok(Box::new(move || voice.call()))
}

fn renderer(voices: usize) -> Made {
    let mut held = HeldNotes::new(voices)?;
    Ok(Box::new(move || held.call()))
}

fn made<T>(kernel: Option<T>) -> Result<T, Box<dyn Error>> {
    kernel.ok_or_else(|| "this machine lacks the level".into())
}
