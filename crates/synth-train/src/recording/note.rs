//! A note found in a recording.

/// A fundamental at a sample; between knots the pitch goes on a line in log f0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PitchKnot {
    /// Sample of the recording.
    pub sample: usize,
    /// Fundamental there, Hz.
    pub f0_hz: f64,
}

/// A note and where it is.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundNote {
    /// First sample of the stretch to analyse: the onset with up to 0.1 s before it, never reaching
    /// into the note before.
    pub start: usize,
    /// One past the last sample to analyse: the note with its release, up to where it is lost in the
    /// background or the next one begins.
    pub end: usize,
    /// Fundamental over the steady part, median, Hz.
    pub f0_hz: f64,
    /// The coarse course of the pitch, at least one knot, rising in time; constant before the first
    /// and after the last. Refined by the analysis.
    pub pitch: Vec<PitchKnot>,
    /// Median height of the normalised square difference function at the period over the steady
    /// part, 0..=1.
    pub clarity: f32,
    /// Samples at or beyond 0.999 of full scale in a row of three or more.
    pub clipped: usize,
}
