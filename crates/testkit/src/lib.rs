//! Audio assertions for the tests: one function a metric, so that every figure means the same.
//!
//! Samples are float with full scale 1.0, as `f32` or `f64` slices; all arithmetic is `f64`.
//! A level in dB is `20 log10` of an amplitude or `10 log10` of an energy; silence is minus
//! infinity, never a made-up floor. Nothing here is for the audio thread: every function may
//! allocate, and a misuse (a slice too short for the metric) panics with a sentence, because the
//! caller is a test.
//!
//! Linking this crate installs a global allocator that can be told to abort the process on any
//! allocation or deallocation, or beyond a number of bytes: see [`no_alloc`], [`bounded_memory`].
//!
//! | question | function |
//! |---|---|
//! | does this code allocate, and how much? | [`no_alloc`], [`bounded_memory`] |
//! | how far from the plain twin? | [`snr_db`], [`max_error_db`] |
//! | is there energy off the harmonics? | [`aliasing_to_signal_db`], [`note_aliasing_to_signal_db`], [`fit_harmonics`] |
//! | is the pitch right? | [`pitch_hz`], [`pitch_error_cents`] |
//! | does it start on its sample, without a click? | [`onset_index`], [`click_ratio`] |
//! | which level, where in the spectrum? | [`PowerSpectrum`], [`third_octave_levels_db`], [`band_power`], [`a_weighted_level_db`], [`spectral_centroid_hz`] |
//! | how high between the samples? | [`true_peak_dbfs`] |
//! | what is its Fourier transform? | [`forward_fft`], [`inverse_fft`] |
//! | are two channels related? | [`correlation`] |
//! | a MIDI file to read, a WAV file to check | [`SmfBuilder`], [`Wav`] |
//! | does the music outlive its device? | [`ScriptedDevice`], [`VirtualClock`], [`Workers`] |
//! | does a player survive any MIDI file? | [`nasty_midi`] |
//! | does a reader survive any bytes? | [`Mutations`], [`Mutator`] |
//! | what does a whole process say, in another environment? | [`apart()`], [`run_apart`], [`own_program`] |
//! | does live sound arrive bit for bit? | `jack`, with the feature of this name |

#![forbid(unsafe_code)]

mod a_weighting;
mod accuracy;
mod aliasing;
mod allocation;
mod apart;
mod click;
mod fourier;
mod harmonic_fit;
#[cfg(feature = "jack")]
pub mod jack;
mod mutations;
mod mutator;
pub mod nasty_midi;
mod pitch;
mod power_spectrum;
mod scripted_device;
mod smf;
mod stereo;
mod third_octave;
mod true_peak;
mod wav;

pub use a_weighting::{a_weighted_level_db, a_weighting_db};
pub use accuracy::{max_error_db, snr_db};
pub use aliasing::{
    BinTuning, MIN_ALIASING_LENGTH, aliasing_to_signal_db, largest_prime_at_most,
    note_aliasing_to_signal_db, tune_to_bin,
};
pub use allocation::{alone, bounded_memory, no_alloc};
pub use apart::{apart, own_program, run_apart};
pub use click::{click_ratio, onset_index};
pub use fourier::{forward_fft, inverse_fft};
pub use harmonic_fit::{HarmonicFit, fit_harmonics};
pub use mutations::{MutationTally, Mutations};
pub use mutator::{Mutator, mutation_count};
pub use pitch::{note_hz, pitch_error_cents, pitch_hz};
pub use power_spectrum::{PowerSpectrum, band_power, spectral_centroid_hz};
pub use scripted_device::{Call, Script, ScriptedDevice, VirtualClock, Workers};
pub use smf::{SmfBuilder, smpte_division};
pub use stereo::correlation;
pub use third_octave::{
    THIRD_OCTAVE_BANDS, third_octave_centre_hz, third_octave_edges_hz, third_octave_levels_db,
};
pub use true_peak::true_peak_dbfs;
pub use wav::{SampleKind, Wav, WavError};
