//! Why nothing can be learnt from a recording.

/// Why no note was found. The message says what is wrong and what to do, but not with which file: the
/// caller knows its name.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordingProblem {
    /// A sample rate that no recording has.
    #[error("has a sample rate of {sample_rate_hz} Hz; record at 8000 to 192000 Hz")]
    Rate {
        /// What it says.
        sample_rate_hz: u32,
    },
    /// No samples, or channels that differ in length.
    #[error("holds no audio; record it again")]
    Empty,
    /// Shorter than any usable note.
    #[error("is too short ({length_s:.2} s); record notes of a second or more")]
    TooShort {
        /// Length, s.
        length_s: f64,
    },
    /// Samples that are no numbers.
    #[error("holds {count} samples that are no finite numbers; export it again")]
    NotFinite {
        /// How many.
        count: usize,
    },
    /// Nothing to hear.
    #[error("is silent (nothing above {loudest_db:.0} dBFS); record it again with more gain")]
    Silent {
        /// Level of its loudest tenth of a second, dBFS, at least -200.
        loudest_db: f64,
    },
    /// Most of it is cut off at full scale.
    #[error(
        "is clipped ({percent:.0} % of its samples stand at full scale); record it again with less \
         gain"
    )]
    Clipped {
        /// Share of the samples, %.
        percent: f64,
    },
    /// Noise, percussion, speech: nothing that repeats.
    #[error(
        "has no pitch (the clearest stretch repeats itself to {clarity:.2} of 1); record single \
         sustained notes"
    )]
    NoPitch {
        /// Best clarity found, 0..=1.
        clarity: f32,
    },
    /// A chord, two instruments, a bell.
    #[error(
        "sounds at more than one pitch at a time (a chord, two instruments, or a bell whose partials \
         are no multiples of its pitch); record single notes of one instrument"
    )]
    SeveralPitches,
    /// Pitched, but no note holds still for long enough.
    #[error(
        "holds no note that stays on one pitch for {needed_s} s; record longer notes with silence \
         between them"
    )]
    NoSteadyNote {
        /// Length asked for, s.
        needed_s: f64,
    },
}
