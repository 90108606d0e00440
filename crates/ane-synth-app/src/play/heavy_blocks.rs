//! The blocks that took longest, and what blocks with as much to do took: by that it can be told whether it
//! was the work, or the machine that ran something else meanwhile.

use serde::Serialize;
use synth_engine::BlockReport;

/// Blocks that are kept because none took longer.
const HEAVIEST: usize = 32;
/// Blocks that took longer than they last are all kept, up to so many: each is a fault to be explained.
const MOST_OVERRUNS: usize = 1024;
/// A block that took less than this share of its deadline was easily made.
const EASY: f32 = 2.0 / 3.0;

/// What blocks of one length at one rate had to do, in steps: voices at the end, columns computed, voices
/// stolen. Each last step has all that is more.
const STEPS: [usize; 3] = [9, 17, 9];
const WIDTHS: [u64; 3] = [8, 32, 8];
const CELLS: usize = STEPS[0] * STEPS[1] * STEPS[2];

/// A block that took long, and what there was to do in it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct HeavyBlock {
    /// Its first sample.
    pub(super) sample: u64,
    pub(super) frames: u32,
    pub(super) sample_rate_hz: u32,
    /// Share of the deadline in CPU time of the audio thread.
    pub(super) load: f32,
    /// Voices at its end.
    pub(super) voices: u32,
    /// Network columns computed in it.
    pub(super) columns: u64,
    /// Voices stolen in it.
    pub(super) stolen: u64,
    /// Blocks as long at the same rate with about as much to do or more of each of these, itself left out.
    pub(super) alike: u64,
    /// Those of them that took less than two thirds of their deadline.
    pub(super) alike_easy: u64,
}

/// Blocks of one length at one rate, by what there was to do in them.
struct Cells {
    frames: u32,
    sample_rate_hz: u32,
    all: Vec<u32>,
    easy: Vec<u32>,
}

/// Keeps the heaviest blocks.
#[derive(Default)]
pub(super) struct HeavyBlocks {
    /// The heaviest first.
    heaviest: Vec<HeavyBlock>,
    cells: Vec<Cells>,
}

impl HeavyBlocks {
    /// Takes a block of a known load in which so many columns were computed and voices stolen.
    pub(super) fn take(&mut self, block: &BlockReport, columns: u64, stolen: u64) {
        let steps = steps([u64::from(block.voices), columns, stolen]);
        let cells = self.cells_of(block.frames, block.sample_rate_hz);
        let cell = cell(steps);
        cells.all[cell] = cells.all[cell].saturating_add(1);
        if block.load < EASY {
            cells.easy[cell] = cells.easy[cell].saturating_add(1);
        }
        let place = self.heaviest.partition_point(|it| it.load >= block.load);
        let most = match block.load > 1.0 {
            true => MOST_OVERRUNS,
            false => HEAVIEST,
        };
        if place >= most {
            return;
        }
        let heavy = HeavyBlock {
            sample: block.sample,
            frames: block.frames,
            sample_rate_hz: block.sample_rate_hz,
            load: block.load,
            voices: block.voices,
            columns,
            stolen,
            alike: 0,
            alike_easy: 0,
        };
        self.heaviest.insert(place, heavy);
        let overruns = self.heaviest.partition_point(|it| it.load > 1.0);
        self.heaviest
            .truncate(overruns.clamp(HEAVIEST, MOST_OVERRUNS));
    }

    /// The heaviest first, compared with all blocks up to now.
    pub(super) fn told(&self) -> Vec<HeavyBlock> {
        self.heaviest.iter().map(|it| self.compared(it)).collect()
    }

    fn compared(&self, heavy: &HeavyBlock) -> HeavyBlock {
        let own = (heavy.frames, heavy.sample_rate_hz);
        let mut cells = self.cells.iter();
        let Some(cells) = cells.find(|it| (it.frames, it.sample_rate_hz) == own) else {
            return *heavy;
        };
        let least = steps([u64::from(heavy.voices), heavy.columns, heavy.stolen]);
        let (mut all, mut easy) = (0, 0);
        for voices in least[0]..STEPS[0] {
            for columns in least[1]..STEPS[1] {
                for stolen in least[2]..STEPS[2] {
                    let cell = cell([voices, columns, stolen]);
                    all += u64::from(cells.all[cell]);
                    easy += u64::from(cells.easy[cell]);
                }
            }
        }
        HeavyBlock {
            alike: all.saturating_sub(1),
            alike_easy: easy.saturating_sub(u64::from(heavy.load < EASY)),
            ..*heavy
        }
    }

    fn cells_of(&mut self, frames: u32, sample_rate_hz: u32) -> &mut Cells {
        let own = |it: &Cells| (it.frames, it.sample_rate_hz) == (frames, sample_rate_hz);
        let place = match self.cells.iter().position(own) {
            Some(place) => place,
            None => {
                self.cells.push(Cells {
                    frames,
                    sample_rate_hz,
                    all: vec![0; CELLS],
                    easy: vec![0; CELLS],
                });
                self.cells.len() - 1
            }
        };
        &mut self.cells[place]
    }
}

fn steps(work: [u64; 3]) -> [usize; 3] {
    let mut steps = STEPS;
    for ((step, work), width) in steps.iter_mut().zip(work).zip(WIDTHS) {
        *step = usize::try_from(work / width).map_or(*step - 1, |at| at.min(*step - 1));
    }
    steps
}

fn cell([voices, columns, stolen]: [usize; 3]) -> usize {
    (voices * STEPS[1] + columns) * STEPS[2] + stolen
}

#[cfg(test)]
mod tests {
    use synth_engine::Counters;

    use super::*;

    fn block(sample: u64, load: f32, voices: u32) -> BlockReport {
        BlockReport {
            sample,
            frames: 256,
            sample_rate_hz: 48_000,
            voices,
            peak: [0.0; 2],
            load,
            shedding: 0,
            counters: Counters::default(),
            lost_reports: 0,
        }
    }

    #[test]
    fn the_heaviest_are_kept_with_what_was_done_in_them() {
        let mut blocks = HeavyBlocks::default();
        for n in 0..100_u64 {
            let load = (n * 37 % 101) as f32 / 100.0;
            blocks.take(&block(n * 100, load, 3), 2 * n, n % 7);
        }
        let told = blocks.told();
        assert_eq!(told.len(), HEAVIEST);
        assert!(told.is_sorted_by(|a, b| a.load >= b.load));
        // 37 x 30 is 100 more than a multiple of 101.
        let heaviest = told[0];
        assert_eq!((heaviest.sample, heaviest.load), (3000, 1.0));
        assert_eq!((heaviest.columns, heaviest.stolen), (60, 2));
    }

    #[test]
    fn what_took_longer_than_it_lasts_is_all_kept() {
        let mut blocks = HeavyBlocks::default();
        for n in 0..200 {
            blocks.take(&block(n, 0.5, 3), 0, 0);
            blocks.take(&block(n, 1.0 + (1 + n % 50) as f32 / 100.0, 3), 0, 0);
        }
        assert_eq!(blocks.told().len(), 200);
        for n in 0..2 * MOST_OVERRUNS as u64 {
            blocks.take(&block(n, 2.0 + n as f32, 3), 0, 0);
        }
        let told = blocks.told();
        assert_eq!(told.len(), MOST_OVERRUNS);
        assert_eq!(told[0].load, 1.0 + 2.0 * MOST_OVERRUNS as f32);
        assert!(told.is_sorted_by(|a, b| a.load >= b.load));
    }

    #[test]
    fn a_block_is_compared_with_those_that_had_as_much_to_do() {
        let mut blocks = HeavyBlocks::default();
        for n in 0..50 {
            blocks.take(&block(n, 0.1, 64), 200, 30);
            blocks.take(&block(n, 0.9, 64), 500, 30);
            blocks.take(&block(n, 0.05, 2), 16, 0);
        }
        // As little to do as any, but it took long: all the others had as much to do or more.
        blocks.take(&block(999, 3.0, 2), 10, 0);
        // With more to do than most.
        blocks.take(&block(998, 2.0, 64), 499, 31);
        let mut other_rate = block(997, 1.5, 1);
        other_rate.sample_rate_hz = 96_000;
        blocks.take(&other_rate, 0, 0);
        let told = blocks.told();
        let alike = |at: usize| (told[at].alike, told[at].alike_easy);
        assert_eq!((told[0].sample, alike(0)), (999, (151, 100)));
        assert_eq!((told[1].sample, alike(1)), (998, (50, 0)));
        assert_eq!((told[2].sample, alike(2)), (997, (0, 0)));
    }

    #[test]
    fn more_than_the_steps_reach_is_the_last_step() {
        assert_eq!(steps([7, 31, 7]), [0, 0, 0]);
        assert_eq!(steps([8, 32, 8]), [1, 1, 1]);
        assert_eq!(steps([u64::MAX; 3]), STEPS.map(|count| count - 1));
        assert_eq!(cell(STEPS.map(|count| count - 1)), CELLS - 1);
    }
}
