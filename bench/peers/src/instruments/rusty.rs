//! rustysynth, a SoundFont player in Rust.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;

use rustysynth::{SoundFont, Synthesizer, SynthesizerSettings};

use super::{Instrument, KEYS, SAMPLE_RATE_HZ, VELOCITY};
use crate::Failure;

/// MIDI's "program change".
const PROGRAM_CHANGE: i32 = 0xC0;

/// Reads a SoundFont.
pub(super) fn load(path: &Path) -> Result<Arc<SoundFont>, Failure> {
    let file = File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(Arc::new(SoundFont::new(&mut BufReader::new(file))?))
}

/// With its settings as they are by default, reverberation and chorus on.
pub(super) struct Rusty {
    synthesizer: Synthesizer,
    program: u8,
    /// The last sample that it rendered.
    last: f32,
}

impl Rusty {
    pub(super) fn new(soundfont: &Arc<SoundFont>, program: u8) -> Result<Self, Failure> {
        let settings = SynthesizerSettings::new(SAMPLE_RATE_HZ as i32);
        Ok(Self {
            synthesizer: Synthesizer::new(soundfont, &settings)?,
            program,
            last: 0.0,
        })
    }
}

impl Instrument for Rusty {
    fn start(&mut self) -> Result<(), Failure> {
        let synthesizer = &mut self.synthesizer;
        synthesizer.reset();
        synthesizer.process_midi_message(0, PROGRAM_CHANGE, self.program.into(), 0);
        for key in KEYS {
            synthesizer.note_on(0, key.into(), VELOCITY.into());
        }
        Ok(())
    }

    fn render(&mut self, left: &mut [f32], right: &mut [f32]) -> Result<(), Failure> {
        self.synthesizer.render(left, right);
        self.last = left.last().copied().unwrap_or(0.0);
        Ok(())
    }

    /// It does not tell how many voices sound, so silence alone is noticed; that each note lasts two seconds
    /// is heard before anything is measured.
    fn all_sound(&mut self) -> bool {
        self.last != 0.0
    }
}
