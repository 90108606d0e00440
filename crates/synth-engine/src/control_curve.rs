//! One channel control over the present block: a ramp, drawn only where it moves.

use synth_dsp::ramp::Ramp;

/// A control value at every sample of a block.
///
/// The walk over the block's events draws the curve up to each event; a control that does not move
/// in the block stays one number and costs nothing. The value at a sample depends only on the
/// sample index since the control's last event, never on the block.
#[derive(Debug, Clone)]
pub(crate) struct ControlCurve {
    ramp: Ramp,
    drawn: usize,
    moves: bool,
    samples: Box<[f32]>,
}

impl ControlCurve {
    pub(crate) fn new(value: f32, max_block: usize) -> Self {
        Self {
            ramp: Ramp::new(value),
            drawn: 0,
            moves: false,
            samples: vec![value; max_block].into(),
        }
    }

    /// Back to a value, as made.
    pub(crate) fn reset(&mut self, value: f32) {
        self.ramp = Ramp::new(value);
        self.begin_block();
    }

    pub(crate) fn begin_block(&mut self) {
        self.drawn = 0;
        self.moves = false;
    }

    /// Draws up to `sample` (exclusive).
    pub(crate) fn draw_to(&mut self, sample: usize) {
        if sample <= self.drawn {
            return;
        }
        if !self.moves && !self.ramp.is_flat() {
            self.samples[..self.drawn].fill(self.ramp.value());
            self.moves = true;
        }
        if self.moves {
            self.ramp.fill(&mut self.samples[self.drawn..sample]);
        }
        self.drawn = sample;
    }

    /// Heads for `target` from `sample` on, over `length` samples (0 = at once).
    pub(crate) fn set(&mut self, sample: usize, target: f32, length: u32) {
        self.draw_to(sample);
        if !self.moves {
            self.samples[..self.drawn].fill(self.ramp.value());
            self.moves = true;
        }
        self.ramp.set(target, length);
    }

    /// The value at a drawn sample.
    pub(crate) fn at(&self, sample: usize) -> f32 {
        if self.moves {
            self.samples[sample]
        } else {
            self.ramp.value()
        }
    }

    /// The value at a sample after those drawn, if no event comes; `sample` counts from the block's start.
    pub(crate) fn ahead(&self, sample: usize) -> f32 {
        let to_come = (sample + 1).saturating_sub(self.drawn);
        self.ramp.ahead(u32::try_from(to_come).unwrap_or(u32::MAX))
    }

    /// Where it goes.
    pub(crate) fn target(&self) -> f32 {
        self.ramp.target()
    }

    /// Where the ramp stands after what is drawn.
    pub(crate) fn value(&self) -> f32 {
        self.ramp.value()
    }

    /// The samples `from..to`, or `None` where the value is [`ControlCurve::at`] throughout.
    pub(crate) fn moving(&self, from: usize, to: usize) -> Option<&[f32]> {
        self.moves.then(|| &self.samples[from..to])
    }
}
