//! The load of the audio thread and what is left out when it is too high.

use crate::event::MOST_SHEDDING;

/// The load is smoothed over this time: one slow block is no overload.
const SMOOTHING_S: f32 = 0.020;
/// Above this share of the deadline something is left out...
const TOO_HIGH: f32 = 0.7;
/// ...a level at a time, with so much time between for it to tell.
const LEAST_BETWEEN_S: f32 = 0.010;
/// Below this share something comes back: what a level saves, a third at most, must fit in between.
const LOW: f32 = 0.45;
/// It must have been low for this long before the first level comes back, and then...
const FIRST_REST_S: f32 = 1.0;
/// ...for this long before each other one.
const NEXT_REST_S: f32 = 0.25;
/// Where what came back must go again within this time, the first rest becomes twice as long...
const TOO_SOON_S: f32 = 2.0;
/// ...up to this.
const LONGEST_REST_S: f32 = 16.0;

/// Decides on the level of [`crate::Event::Shedding`], block by block.
///
/// # Realtime safety
/// RT-safe.
#[derive(Debug)]
pub(super) struct LoadControl {
    level: u8,
    smoothed: f32,
    since_raised_s: f32,
    since_lowered_s: f32,
    low_for_s: f32,
    rest_s: f32,
}

impl LoadControl {
    pub(super) fn new() -> Self {
        Self {
            level: 0,
            smoothed: 0.0,
            since_raised_s: f32::INFINITY,
            since_lowered_s: f32::INFINITY,
            low_for_s: 0.0,
            rest_s: FIRST_REST_S,
        }
    }

    /// Takes notice of a block's load (CPU time over duration) and duration; the level from the next
    /// block on.
    pub(super) fn next_level(&mut self, load: f32, block_s: f32) -> u8 {
        if !(load.is_finite() && block_s > 0.0) {
            return self.level;
        }
        self.smoothed += (load - self.smoothed) * (1.0 - (-block_s / SMOOTHING_S).exp());
        self.since_raised_s += block_s;
        self.since_lowered_s += block_s;
        self.low_for_s = match self.smoothed < LOW {
            true => self.low_for_s + block_s,
            false => 0.0,
        };
        if self.smoothed > TOO_HIGH {
            self.raise();
        } else if self.level > 0 {
            self.lower_if_rested();
        } else if self.since_raised_s > 2.0 * LONGEST_REST_S {
            self.rest_s = FIRST_REST_S;
        }
        self.level
    }

    fn raise(&mut self) {
        if self.level >= MOST_SHEDDING || self.since_raised_s < LEAST_BETWEEN_S {
            return;
        }
        if self.since_lowered_s < TOO_SOON_S {
            self.rest_s = (2.0 * self.rest_s).min(LONGEST_REST_S);
            // Once for each time that it came back.
            self.since_lowered_s = f32::INFINITY;
        }
        self.level += 1;
        self.since_raised_s = 0.0;
    }

    fn lower_if_rested(&mut self) {
        let rested = self.low_for_s >= self.rest_s && self.since_raised_s >= self.rest_s;
        if rested && self.since_lowered_s >= NEXT_REST_S {
            self.level -= 1;
            self.since_lowered_s = 0.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK_S: f32 = 64.0 / 44_100.0;

    /// Levels over `seconds` of a load that depends on the level.
    fn run(control: &mut LoadControl, seconds: f32, load: impl Fn(u8) -> f32) -> Vec<u8> {
        let blocks = (seconds / BLOCK_S) as usize;
        let mut level = control.level;
        let step = |_| {
            level = control.next_level(load(level), BLOCK_S);
            level
        };
        (0..blocks).map(step).collect()
    }

    #[test]
    fn an_even_load_and_a_slow_block_shed_nothing() {
        let mut control = LoadControl::new();
        assert!(
            run(&mut control, 2.0, |_| 0.6)
                .iter()
                .all(|&level| level == 0)
        );
        assert_eq!(control.next_level(1.2, BLOCK_S), 0);
        assert!(
            run(&mut control, 2.0, |_| 0.5)
                .iter()
                .all(|&level| level == 0)
        );
        assert_eq!(control.next_level(f32::NAN, BLOCK_S), 0);
    }

    #[test]
    fn an_overload_sheds_level_by_level_until_it_is_over_and_all_comes_back() {
        let mut control = LoadControl::new();
        let levels = run(&mut control, 1.0, |level| {
            (2.0 - 0.2 * f32::from(level)).max(0.5)
        });
        assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1));
        assert!(levels.is_sorted(), "{levels:?}");
        let end = levels[levels.len() - 1];
        assert!((7..10).contains(&end), "{end}");
        let within = (0.2 / BLOCK_S) as usize;
        assert_eq!(levels[within], end, "it takes no longer than this");
        let levels = run(&mut control, 8.0, |_| 0.2);
        assert!(levels.windows(2).all(|pair| pair[1] + 1 >= pair[0]));
        assert_eq!(levels[levels.len() - 1], 0);
        assert_eq!(levels[(0.9 / BLOCK_S) as usize], end, "it rests first");
    }

    #[test]
    fn what_comes_back_too_soon_stays_away_longer() {
        let mut control = LoadControl::new();
        // Level 1 saves more than there is room for: it comes and goes.
        let levels = run(
            &mut control,
            60.0,
            |level| if level == 0 { 0.9 } else { 0.3 },
        );
        let changes = levels.windows(2).filter(|pair| pair[0] != pair[1]).count();
        assert!(changes < 16, "{changes}");
    }

    #[test]
    fn it_ends_at_the_highest_level() {
        let mut control = LoadControl::new();
        let levels = run(&mut control, 2.0, |_| 9.0);
        assert_eq!(levels[levels.len() - 1], MOST_SHEDDING);
    }
}
