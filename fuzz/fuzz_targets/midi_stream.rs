//! Any MIDI bytes, as they come over a wire, play: the output is finite whatever they say.
//!
//! The first byte chooses the renderer. A clock byte (F8) renders a short block, a start byte (FA)
//! a long one; the bytes between are messages, running status and system exclusive included.
#![no_main]

use std::cell::RefCell;
use std::sync::Arc;

use ane_synth_fuzz::tiny_instrument;
use libfuzzer_sys::fuzz_target;
use mil_runtime::cpu::CpuDevice;
use synth_engine::{
    LimiterMode, LoadedInstrument, MidiDecoder, ProgramMap, Renderer, RendererConfig, TimedEvent,
};
use synth_io::midi_input::{MidiAssembler, decode_message};
use synth_model::Predictor;

const LONG: usize = 256;
const SHORT: usize = 48;
/// So much is rendered of one input.
const MOST_FRAMES: usize = 10 * LONG;

thread_local! {
    static RENDERERS: RefCell<Vec<Renderer>> = RefCell::new(vec![
        renderer(8_000, 3, LimiterMode::Off),
        renderer(44_100, 8, LimiterMode::LookAhead),
        renderer(192_000, 2, LimiterMode::Instant),
    ]);
}

fn renderer(sample_rate_hz: u32, polyphony: usize, limiter: LimiterMode) -> Renderer {
    let config = RendererConfig {
        sample_rate_hz,
        polyphony,
        limiter,
        ..RendererConfig::default()
    };
    let instrument = Arc::new(tiny_instrument());
    let predictors =
        vec![Predictor::new(&CpuDevice::new(), &instrument, 16).expect("a sound network")];
    let loaded = LoadedInstrument {
        instrument,
        predictors,
        ahead: None,
    };
    Renderer::new(config, vec![loaded], ProgramMap::single(0)).expect("a sound renderer")
}

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, bytes)) = bytes.split_first() else {
        return;
    };
    RENDERERS.with_borrow_mut(|renderers| {
        let count = renderers.len();
        let renderer = &mut renderers[usize::from(*choice) % count];
        renderer.reset();
        play(renderer, bytes);
    });
});

fn play(renderer: &mut Renderer, bytes: &[u8]) {
    let mut decoder = MidiDecoder::new();
    let mut events = Vec::new();
    let mut assembler = MidiAssembler::new();
    let mut frames = 0;
    for &byte in bytes.iter().chain(&[0xFA, 0xFA]) {
        let block = match byte {
            0xF8 => SHORT,
            0xFA => LONG,
            _ => {
                // Several to a block, at places of their own.
                let offset = (events.len() * 13 % SHORT) as u32;
                let offset = events
                    .last()
                    .map_or(offset, |last: &TimedEvent| last.offset.max(offset));
                assembler.push(&[byte], &mut |message| {
                    decode_message(&mut decoder, message, &mut |event| {
                        events.push(TimedEvent { offset, event });
                    });
                });
                continue;
            }
        };
        if frames >= MOST_FRAMES {
            break;
        }
        frames += block;
        let (mut left, mut right) = ([f32::NAN; LONG], [f32::NAN; LONG]);
        let (left, right) = (&mut left[..block], &mut right[..block]);
        renderer.process(&events, &mut [&mut *left, &mut *right]);
        events.clear();
        let finite = left.iter().chain(&*right).all(|sample| sample.is_finite());
        assert!(finite, "the output is not finite");
    }
    assert_eq!(renderer.counters().non_finite, 0);
}
