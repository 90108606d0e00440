//! Another sample rate while notes sound: the engine goes over to another renderer, and then the audio
//! device is played on again.

use synth_engine::{ChangeId, Renderer, RendererConfig};

use super::Session;
use crate::error::AppError;

/// A change of rate under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct RateChange {
    pub(super) change: ChangeId,
    pub(super) rate_hz: u32,
}

impl Session<'_> {
    /// Goes over to another rate. A recording and an event log are of one rate: they end here.
    pub(super) fn change_rate(&mut self, rate_hz: u32) -> Result<(), String> {
        let old_rate_hz = self.parts.config.sample_rate_hz;
        if self.rate_change.is_some() {
            return Err("rate: the last change is still under way".to_owned());
        }
        if rate_hz == old_rate_hz {
            self.parts.live.output.go_on_at(rate_hz);
            return Ok(());
        }
        let begun = self.begin_rate_change(rate_hz);
        if begun.is_err() {
            self.parts.live.output.try_later();
        }
        begun
    }

    fn begin_rate_change(&mut self, rate_hz: u32) -> Result<(), String> {
        let told = |error: AppError| error.to_string();
        let config = RendererConfig {
            sample_rate_hz: rate_hz,
            ..self.parts.config.clone()
        };
        // Not aside: what was played on is gone or about to be, and nothing is heard meanwhile.
        let order = self.parts.ensemble.order(&config, self.parts.buffer);
        let ready = self.parts.preparer.begin(order).wait().map_err(told)?;
        let renderer = Renderer::new(config.clone(), ready.loaded, ready.programs);
        let renderer = renderer.map_err(|error| error.to_string())?;
        self.parts.live.output.leave_for_rate().map_err(told)?;
        self.end_keeping();
        let change = self.parts.control.change_renderer(renderer);
        let change = change.map_err(|refusal| refusal.to_string())?;
        self.rate_change = Some(RateChange { change, rate_hz });
        self.parts.config = config;
        self.play_on(ready.device, false);
        self.keep_polyphony_to(ready.carried);
        Ok(())
    }

    /// The engine has the rate of this change.
    pub(super) fn has_reopened(&mut self, change: ChangeId) {
        if let Some(wanted) = self.rate_change.take_if(|wanted| wanted.change == change) {
            self.parts.live.output.go_on_at(wanted.rate_hz);
            let line = format!("sample rate: {} Hz", wanted.rate_hz);
            self.parts.teller.say(&line);
        }
    }
}
