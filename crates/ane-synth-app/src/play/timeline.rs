//! Events that are to be sent later: the engine keeps only so many.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use synth_engine::Event;

/// Events by sample, those of one sample in the order in which they came.
#[derive(Default)]
pub(super) struct Timeline {
    waiting: BinaryHeap<Reverse<Waiting>>,
    added: u64,
}

struct Waiting {
    sample: u64,
    number: u64,
    event: Event,
}

impl Waiting {
    fn place(&self) -> (u64, u64) {
        (self.sample, self.number)
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.place() == other.place()
    }
}

impl Eq for Waiting {}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.place().cmp(&other.place())
    }
}

impl Timeline {
    pub(super) fn add(&mut self, sample: u64, event: Event) {
        self.added += 1;
        self.waiting.push(Reverse(Waiting {
            sample,
            number: self.added,
            event,
        }));
    }

    /// The next event before `end`.
    pub(super) fn next_before(&mut self, end: u64) -> Option<(u64, Event)> {
        match self.waiting.peek() {
            Some(Reverse(first)) if first.sample < end => {
                let Reverse(Waiting { sample, event, .. }) = self.waiting.pop()?;
                Some((sample, event))
            }
            _ => None,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_in_time_and_in_the_order_they_came() {
        let mut timeline = Timeline::default();
        for (sample, channel) in [(9, 0), (3, 1), (9, 2), (3, 3), (20, 4)] {
            timeline.add(sample, Event::Mono { channel });
        }
        let order: Vec<(u64, Option<u8>)> = std::iter::from_fn(|| timeline.next_before(20))
            .map(|(sample, event)| (sample, event.channel()))
            .collect();
        assert_eq!(
            order,
            [(3, Some(1)), (3, Some(3)), (9, Some(0)), (9, Some(2))]
        );
        assert!(!timeline.is_empty());
        timeline.clear();
        assert!(timeline.is_empty());
    }
}
