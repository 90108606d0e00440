//! The outside world: MIDI files and WAV files.
