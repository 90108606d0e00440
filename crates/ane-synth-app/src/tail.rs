//! How long a file goes on after its piece: `--tail`.

/// A length of time, exact, so that the length of the file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tail {
    pub(crate) nanoseconds: u64,
}

impl Tail {
    /// Of a number of seconds that is not negative.
    pub(crate) fn seconds(seconds: f64) -> Self {
        Self {
            nanoseconds: (seconds * 1e9).round() as u64,
        }
    }
}

/// Of seconds.
pub(crate) fn parse_tail(text: &str) -> Result<Tail, String> {
    let seconds: f64 = text
        .parse()
        .map_err(|_| "not a number of seconds".to_owned())?;
    if !(0.0..=3600.0).contains(&seconds) {
        return Err("must lie within 0 to 3600 seconds".to_owned());
    }
    Ok(Tail::seconds(seconds))
}
