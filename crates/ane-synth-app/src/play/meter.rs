//! What the audio side said of its blocks.

use synth_engine::{BlockReport, Counters};

use super::heavy_blocks::HeavyBlocks;

/// Width of a load's bin, as a share of the deadline, and how many there are: up to four deadlines.
const BIN: f32 = 0.002;
const BINS: usize = 2000;
/// Below this (-90 dBFS) a block counts as silent.
const SILENT: f32 = 3.162e-5;

/// Blocks so far, summed up.
pub(super) struct Meter {
    bins: Vec<u64>,
    /// Blocks whose load is known.
    pub(super) blocks: u64,
    most_load: f32,
    pub(super) heavy: HeavyBlocks,
    /// Blocks that took longer than they last, in CPU time of the audio thread.
    pub(super) overruns: u64,
    /// The sample after the last block.
    pub(super) now: u64,
    /// Voices at the end of the last block.
    pub(super) voices: u32,
    /// Largest absolute sample so far.
    pub(super) peak: f32,
    /// Largest absolute sample since [`Meter::take_recent_peak`].
    recent_peak: f32,
    pub(super) counters: Counters,
    pub(super) shedding: u8,
    pub(super) most_shedding: u8,
    pub(super) lost_reports: u64,
    /// Samples without a voice or a sound, up to now.
    pub(super) silent_frames: u64,
}

/// Shares of the deadline; none before the first block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Load {
    pub(super) median: f32,
    pub(super) p99: f32,
    pub(super) p999: f32,
    pub(super) most: f32,
}

impl Meter {
    pub(super) fn new() -> Self {
        Self {
            bins: vec![0; BINS],
            blocks: 0,
            most_load: 0.0,
            heavy: HeavyBlocks::default(),
            overruns: 0,
            now: 0,
            voices: 0,
            peak: 0.0,
            recent_peak: 0.0,
            counters: Counters::default(),
            shedding: 0,
            most_shedding: 0,
            lost_reports: 0,
            silent_frames: 0,
        }
    }

    pub(super) fn take(&mut self, block: &BlockReport) {
        if block.load.is_finite() {
            // A float that is no bin saturates.
            let bin = (block.load / BIN) as usize;
            self.bins[bin.min(BINS - 1)] += 1;
            self.blocks += 1;
            self.most_load = self.most_load.max(block.load);
            self.overruns += u64::from(block.load > 1.0);
            self.weigh(block);
        }
        let peak = block.peak[0].max(block.peak[1]);
        self.peak = self.peak.max(peak);
        self.recent_peak = self.recent_peak.max(peak);
        self.silent_frames = match block.voices == 0 && peak < SILENT {
            true => self.silent_frames + u64::from(block.frames),
            false => 0,
        };
        self.now = block.sample + u64::from(block.frames);
        self.voices = block.voices;
        self.counters = block.counters;
        self.shedding = block.shedding;
        self.most_shedding = self.most_shedding.max(block.shedding);
        self.lost_reports = block.lost_reports;
    }

    fn weigh(&mut self, block: &BlockReport) {
        let (now, before) = (&block.counters, &self.counters);
        // An engine made anew counts from nothing.
        let columns = now.columns_from.cpu.saturating_sub(before.columns_from.cpu);
        let stolen = now.stolen.saturating_sub(before.stolen);
        self.heavy.take(block, columns, stolen);
    }

    pub(super) fn take_recent_peak(&mut self) -> f32 {
        std::mem::take(&mut self.recent_peak)
    }

    pub(super) fn load(&self) -> Option<Load> {
        (self.blocks > 0).then(|| Load {
            median: self.quantile(0.5),
            p99: self.quantile(0.99),
            p999: self.quantile(0.999),
            most: self.most_load,
        })
    }

    /// The upper edge of the bin that a share of the blocks lies in or below.
    fn quantile(&self, share: f64) -> f32 {
        let wanted = (share * self.blocks as f64).ceil() as u64;
        let mut blocks = 0;
        let bin = self.bins.iter().position(|count| {
            blocks += count;
            blocks >= wanted
        });
        let edge = (bin.unwrap_or(BINS - 1) + 1) as f32 * BIN;
        edge.min(self.most_load)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(sample: u64, load: f32, voices: u32, peak: f32) -> BlockReport {
        BlockReport {
            sample,
            frames: 100,
            sample_rate_hz: 48_000,
            voices,
            peak: [0.0, peak],
            load,
            shedding: 0,
            counters: Counters::default(),
            lost_reports: 0,
        }
    }

    #[test]
    fn quantiles_are_those_of_the_blocks() {
        let mut meter = Meter::new();
        assert_eq!(meter.load(), None);
        for n in 0..1000 {
            meter.take(&block(n * 100, n as f32 / 1000.0, 0, 0.0));
        }
        meter.take(&block(0, f32::NAN, 0, 0.0));
        let load = meter.load().unwrap();
        assert!((load.median - 0.5).abs() < 0.003, "{load:?}");
        assert!((load.p99 - 0.99).abs() < 0.003, "{load:?}");
        assert_eq!(load.most, 0.999);
        meter.take(&block(0, 77.0, 0, 0.0));
        assert_eq!(meter.load().unwrap().most, 77.0);
    }

    #[test]
    fn what_was_done_in_a_block_is_what_the_counters_say() {
        let mut meter = Meter::new();
        for n in 0..100_u64 {
            let mut block = block(n * 100, (n * 37 % 101) as f32, 3, 0.0);
            block.counters.stolen = n / 10;
            block.counters.columns_from.cpu = n * n;
            meter.take(&block);
        }
        let heaviest = meter.heavy.told()[0];
        // 37 x 30 is 100 more than a multiple of 101.
        assert_eq!((heaviest.sample, heaviest.load), (3000, 100.0));
        assert_eq!((heaviest.columns, heaviest.stolen), (30 * 30 - 29 * 29, 1));
    }

    #[test]
    fn silence_has_neither_voices_nor_sound() {
        let mut meter = Meter::new();
        let mut silent = |voices, peak| {
            meter.take(&block(300, 0.1, voices, peak));
            meter.silent_frames
        };
        assert_eq!(silent(0, 0.0), 100);
        assert_eq!(silent(0, 1e-5), 200);
        assert_eq!(silent(1, 0.0), 0);
        assert_eq!(silent(0, 1e-4), 0);
        assert_eq!(silent(0, 0.0), 100);
        assert_eq!(meter.now, 400);
        assert_eq!(meter.take_recent_peak(), 1e-4);
        assert_eq!(meter.take_recent_peak(), 0.0);
        assert_eq!(meter.peak, 1e-4);
    }
}
