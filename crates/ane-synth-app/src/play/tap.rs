//! What an interface sees of the sound: the samples as they go out, and what the network says to the newest
//! note. The audio thread puts both into rings; whoever looks too seldom misses something, and nobody waits.

use rtrb::{Consumer, Producer, RingBuffer};
use synth_engine::Renderer;

/// Sample frames that may wait: two thirds of a second at 48 kHz.
const FRAMES: usize = 1 << 15;
/// Answers that may wait, and how many come in a second.
const SPECTRA: usize = 16;
const SPECTRA_A_SECOND: u32 = 60;
/// Partials that are looked at.
pub(crate) const PARTIALS: usize = 64;

/// What the network said to a note.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct NoteSpectrum {
    /// Notes are counted from the start.
    pub(crate) note: u64,
    pub(crate) key: u8,
    /// Amplitudes of the first partials at unit loudness.
    pub(crate) partials: [f32; PARTIALS],
}

/// The end on the audio thread.
pub(super) struct TapWriter {
    samples: Producer<f32>,
    spectra: Producer<NoteSpectrum>,
    /// Sample frames since the last spectrum.
    since: u32,
}

/// The other end.
pub(crate) struct Tap {
    /// Left and right in turn, frames always whole.
    pub(crate) samples: Consumer<f32>,
    pub(crate) spectra: Consumer<NoteSpectrum>,
}

/// Both ends.
pub(super) fn tap() -> (TapWriter, Tap) {
    let (samples, samples_out) = RingBuffer::new(2 * FRAMES);
    let (spectra, spectra_out) = RingBuffer::new(SPECTRA);
    let writer = TapWriter {
        samples,
        spectra,
        since: 0,
    };
    let tap = Tap {
        samples: samples_out,
        spectra: spectra_out,
    };
    (writer, tap)
}

impl TapWriter {
    /// Takes samples, left and right in turn, if there is room for all of them.
    ///
    /// # Realtime safety
    /// RT-safe.
    pub(super) fn samples(&mut self, interleaved: &[f32]) {
        let _ = self.samples.push_entire_slice(interleaved);
    }

    /// Looks at what the network said in the last `frames` sample frames.
    ///
    /// # Realtime safety
    /// RT-safe: a glance at each voice some times a second.
    pub(super) fn spectrum(&mut self, renderer: &Renderer, frames: usize) {
        self.since = self.since.saturating_add(frames as u32);
        if self.since < renderer.sample_rate_hz() / SPECTRA_A_SECOND {
            return;
        }
        let Some(column) = renderer.newest_note_column() else {
            return;
        };
        self.since = 0;
        let mut spectrum = NoteSpectrum {
            note: column.note(),
            key: column.key(),
            partials: [0.0; PARTIALS],
        };
        if column.harmonics(&mut spectrum.partials) {
            let _ = self.spectra.push(spectrum);
        }
    }
}
