//! How long after a message is sent its note is heard.

use testkit::jack::JackServer;

/// How much later than a period a note may sound.
const MOST_LATENESS_S: f64 = 1e-3;

/// How many frames after they were sent the first and the last notes were heard.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lateness {
    pub(crate) least: i64,
    pub(crate) most: i64,
}

impl Lateness {
    /// Of notes that were heard so many frames after they were sent.
    pub(crate) fn of(late: impl Iterator<Item = i64> + Clone) -> Self {
        Self {
            least: late.clone().min().expect("there are notes"),
            most: late.max().expect("there are notes"),
        }
    }

    /// Whether every note was heard within a period and a little, as this is told.
    pub(crate) fn within_a_period(self, server: &JackServer, what: &str) -> Result<(), String> {
        let text = self.told(server, what);
        let period = i64::from(server.period());
        let most = period + (MOST_LATENESS_S * f64::from(server.rate_hz())) as i64;
        match self.least >= 0 && self.most <= most {
            true => Ok(()),
            false => Err(text),
        }
    }

    /// Tells it.
    pub(crate) fn told(self, server: &JackServer, what: &str) -> String {
        let Self { least, most } = self;
        let ms = |frames: i64| 1e3 * frames as f64 / f64::from(server.rate_hz());
        let text = format!(
            "{what}: notes {least} to {most} frames ({:.2} to {:.2} ms) after they were sent, period {} frames",
            ms(least),
            ms(most),
            server.period()
        );
        println!("{text}");
        text
    }
}
