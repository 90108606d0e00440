//! A renderer but for its mixer: what makes a block's voices while the mixer may finish the block before.

use super::{Counters, parameters};
use crate::channel::Channel;
use crate::clock::Clock;
use crate::config::RendererConfig;
use crate::instrument_set::InstrumentSets;
use crate::voice::{BlockView, RenderScratch, Slot, VoicePool, VoiceTools};
use crate::workforce::{self, Crew};

pub(super) struct VoiceStage<'a> {
    pub(super) config: &'a RendererConfig,
    pub(super) clock: Clock,
    pub(super) channels: &'a [Channel],
    pub(super) instruments: &'a mut InstrumentSets,
    pub(super) pool: &'a mut VoicePool,
    pub(super) tools: &'a VoiceTools,
    pub(super) scratch: &'a mut [Box<RenderScratch>],
    pub(super) crew: Option<&'a Crew>,
    pub(super) counters: &'a mut Counters,
    pub(super) host_block: usize,
    pub(super) shedding: u8,
    pub(super) now: u64,
}

impl VoiceStage<'_> {
    /// Asks the networks and renders every voice that sounds in the block.
    pub(super) fn render(&mut self, length: usize) {
        self.pool.settle(self.now);
        self.freeze_columns(length);
        self.instruments.run_networks(self.crew);
        let block = BlockView {
            start: self.now,
            length,
            channels: self.channels,
            instruments: self.instruments.view(),
            drop_masked: self.shedding >= parameters::SHED_PARTIALS,
        };
        let slots = self.pool.slots_mut();
        workforce::render_voices(slots, &block, self.tools, self.scratch, self.crew);
        let non_finite = live(self.pool.slots(), self.now, length).map(|s| s.output.non_finite);
        self.counters.non_finite += non_finite.sum::<u64>();
    }
}

/// Slots whose voice sounds in the block.
fn live(slots: &[Slot], start: u64, length: usize) -> impl Iterator<Item = &Slot> {
    let end = start + length as u64;
    slots
        .iter()
        .filter(move |s| s.voice.life.sounds_at(start) && s.voice.life.onset < end)
}
