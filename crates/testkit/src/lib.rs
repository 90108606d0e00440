//! Audio assertions for the tests: spectra, clicks, onsets, aliasing, levels.
