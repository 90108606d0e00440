//! What a note begins with, and the voice made from it.

use super::{Life, Motion, NEVER, Release, SampleRamp, Voice};
use crate::articulation::Sound;
use crate::clock::Clock;
use crate::instrument_set::InstrumentRef;
use synth_dsp::phase;
use synth_model::{CurveTable, Instrument};

/// The soft pedal all the way down takes this off a note's loudness...
const SOFT_PEDAL_DB: f32 = 4.0;
/// ...and this share off the velocity that the network hears, which darkens what the loudness alone
/// would not.
const SOFT_PEDAL_VELOCITY: f32 = 0.25;
/// The release controller makes releases up to this many times longer or shorter.
const RELEASE_RANGE: f32 = 8.0;

/// A note that begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NoteStart {
    pub(crate) channel: u8,
    pub(crate) key: u8,
    pub(crate) velocity: f32,
    pub(crate) instrument: InstrumentRef,
    /// Notes are numbered from the renderer's start; the number also names the random streams.
    pub(crate) serial: u64,
    pub(crate) onset: u64,
    /// How far off equal temperament the key is tuned, and how far the note is transposed.
    pub(crate) tuning_semitones: f32,
    /// The part of that which stays with the note whatever tuning comes.
    pub(crate) transposition: f32,
    /// How far the channel's tuning moves it from there: its tables are read at the pitch that sounds.
    pub(crate) transposed_semitones: f32,
    /// Depth of the soft pedal.
    pub(crate) soft_depth: f32,
    pub(crate) sound: Sound,
    /// Where the pitch comes from, relative to the note's own, and in how many samples.
    pub(crate) glide: Option<(f32, u32)>,
}

impl NoteStart {
    /// A note that never was.
    pub(crate) const NONE: Self = Self {
        channel: 0,
        key: 0,
        velocity: 0.0,
        instrument: InstrumentRef::FIRST,
        serial: 0,
        onset: 0,
        tuning_semitones: 0.0,
        transposition: 0.0,
        transposed_semitones: 0.0,
        soft_depth: 0.0,
        sound: Sound {
            release_time: 0.0,
            attack_time: 0.0,
            vibrato_rate: 0.0,
            vibrato_depth: 0.0,
            vibrato_delay: 0.0,
        },
        glide: None,
    };
}

/// What a note is set up with besides itself.
pub(crate) struct NoteSetting<'a> {
    pub(crate) instrument: &'a Instrument,
    pub(crate) clock: &'a Clock,
    pub(crate) seed: u64,
    pub(crate) steady: bool,
}

impl NoteSetting<'_> {
    /// Turns `voice` into the note's.
    pub(crate) fn begin(&self, voice: &mut Voice, mut note: NoteStart) {
        let expression = &self.instrument.expression;
        // MIDI key 69 is A4 = 440 Hz, twelve equal steps to the octave (MIDI Tuning Standard).
        let semitones = f64::from(note.key) - 69.0 + f64::from(note.tuning_semitones);
        let f0_hz = 440.0 * (semitones / 12.0).exp2();
        let freq_norm = f0_hz / f64::from(self.clock.sample_rate_hz);
        let sounding_hz = f0_hz * (f64::from(note.transposed_semitones) / 12.0).exp2();
        let table_hz = sounding_hz as f32;
        let t60_s = read_one(&expression.release_s, table_hz, note.velocity);
        let random = (self.seed, note.serial);
        voice.motion = Motion::new(expression, table_hz, &note, random, self.steady);
        voice.motion.soften(SOFT_PEDAL_DB * note.soft_depth);
        // After the tables: the pedal's share in the level is the one above.
        note.velocity *= 1.0 - SOFT_PEDAL_VELOCITY * note.soft_depth;
        voice.note = note;
        voice.life = Life {
            onset: note.onset,
            release: NEVER,
            fade: NEVER,
            fade_samples: 1,
            entry: NEVER,
            end: NEVER,
        };
        voice.held = true;
        voice.way_from = 0;
        voice.way_hops = 1;
        voice.ask_anew();
        voice.audible = 0;
        voice.sostenuto = false;
        voice.pressure = SampleRamp::flat(1.0);
        voice.glide = SampleRamp::flat(0.0);
        if let Some((from, samples)) = note.glide {
            voice.glide = SampleRamp::flat(from);
            voice.glide.head_for(0.0, note.onset, samples);
        }
        voice.f0_hz = f0_hz as f32;
        let stretch = RELEASE_RANGE.powf(note.sound.release_time);
        voice.release = Release::new(t60_s * stretch);
        // In fractions of a turn of 2^-64, not wrapped: a bend may bring it below one turn.
        voice.base_increment = freq_norm * 2f64.powi(64);
        voice.base_freq_norm = freq_norm as f32;
        // One step in: the very first sample is then already not zero.
        voice.phase = phase::increment_from_freq(freq_norm);
    }
}

impl NoteSetting<'_> {
    /// Turns a sounding voice into another instrument's, from `now` on: its pitch, its age and its life
    /// stay; what it sounds like comes with its next control frame.
    pub(crate) fn take_over(&self, voice: &mut Voice, place: InstrumentRef, now: u64) {
        let expression = &self.instrument.expression;
        let note = voice.note;
        let table_hz = voice.f0_hz * (note.transposed_semitones / 12.0).exp2();
        // What the soft pedal took off the velocity does not come back for reading the tables: at most
        // a quarter of it, and the pedal's share in the level is set anew.
        let random = (self.seed, note.serial);
        voice.motion = Motion::new(expression, table_hz, &note, random, self.steady);
        voice.motion.soften(SOFT_PEDAL_DB * note.soft_depth);
        if voice.life.release == NEVER {
            let t60_s = read_one(&expression.release_s, table_hz, note.velocity);
            voice.release = Release::new(t60_s * RELEASE_RANGE.powf(note.sound.release_time));
        }
        self.go_on(voice, place, now);
    }

    /// Lets a voice go on as the same instrument's in another place, from `now` on.
    pub(crate) fn go_on(&self, voice: &mut Voice, place: InstrumentRef, now: u64) {
        let expression = &self.instrument.expression;
        voice.note.instrument = place;
        let hop = u64::from(self.clock.hop);
        let frame = now.saturating_sub(voice.life.onset) / hop;
        voice.point_from = voice.motion_at_frame(expression, self.clock, frame);
        voice.point_to = voice.motion_at_frame(expression, self.clock, frame + 1);
        voice.way_from = frame;
        voice.way_hops = 1;
        voice.ask_anew();
    }
}

fn read_one(table: &CurveTable, f0_hz: f32, velocity: f32) -> f32 {
    table.at(table.locate(f0_hz, velocity), 0)
}
