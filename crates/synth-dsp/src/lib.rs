//! Oscillator bank, filtered noise, ramps and limiter.
