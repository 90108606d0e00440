//! Events that wait for their sample.

use crate::event::{Event, TimedEvent};
use std::collections::VecDeque;

/// Events in the order of their samples; those of one sample in the order in which they came.
///
/// # Realtime safety
/// RT-safe but for [`Schedule::new`]: it never grows beyond its capacity.
#[derive(Debug)]
pub(super) struct Schedule {
    waiting: VecDeque<(u64, Event)>,
    capacity: usize,
}

impl Schedule {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            waiting: VecDeque::with_capacity(capacity),
            capacity,
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() >= self.capacity
    }

    /// Takes an event; one that finds no room is dropped, so ask [`Schedule::is_full`] first.
    pub(super) fn add(&mut self, sample: u64, event: Event) {
        if self.is_full() {
            return;
        }
        let later = self.waiting.iter().rev();
        let after = later.take_while(|(other, _)| *other > sample).count();
        let place = self.waiting.len() - after;
        self.waiting.insert(place, (sample, event));
    }

    /// Moves what is due before `end` into `due`, as far as that has room and up to so many notes that
    /// begin, with offsets from `start`.
    pub(super) fn take_due(
        &mut self,
        start: u64,
        end: u64,
        most_notes: usize,
        due: &mut Vec<TimedEvent>,
    ) {
        let mut notes = 0;
        while let Some(&(sample, event)) = self.waiting.front()
            && sample < end
            && due.len() < due.capacity()
        {
            if let Event::NoteOn { .. } = event {
                if notes == most_notes {
                    break;
                }
                notes += 1;
            }
            self.waiting.pop_front();
            let offset = sample.saturating_sub(start);
            due.push(TimedEvent {
                offset: u32::try_from(offset).unwrap_or(u32::MAX),
                event,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(amount: f32) -> Event {
        Event::MasterVolume { amount }
    }

    #[test]
    fn events_come_out_in_time_and_in_the_order_they_came() {
        let mut schedule = Schedule::new(4);
        for (sample, amount) in [(70, 0.1), (10, 0.2), (70, 0.3), (5, 0.4), (1, 0.5)] {
            schedule.add(sample, press(amount));
        }
        assert!(schedule.is_full());
        let mut due = Vec::with_capacity(8);
        schedule.take_due(10, 71, usize::MAX, &mut due);
        let at = |offset, amount| TimedEvent {
            offset,
            event: press(amount),
        };
        assert_eq!(due, [at(0, 0.4), at(0, 0.2), at(60, 0.1), at(60, 0.3)]);
    }

    #[test]
    fn what_is_not_due_or_finds_no_room_waits() {
        let mut schedule = Schedule::new(4);
        for sample in 0..4 {
            schedule.add(sample, press(0.0));
        }
        let mut due = Vec::with_capacity(2);
        schedule.take_due(0, 3, usize::MAX, &mut due);
        assert_eq!(due.len(), 2);
        due.clear();
        schedule.take_due(3, 4, usize::MAX, &mut due);
        let offsets: Vec<u32> = due.iter().map(|timed| timed.offset).collect();
        assert_eq!(offsets, [0, 0], "one is late");
    }

    #[test]
    fn too_many_notes_at_once_wait_in_their_order() {
        let mut schedule = Schedule::new(8);
        let on = |key| Event::NoteOn {
            channel: 0,
            key,
            velocity: 0.5,
        };
        let events = [
            press(0.1),
            on(1),
            on(2),
            press(0.2),
            on(3),
            press(0.3),
            on(4),
        ];
        for event in events {
            schedule.add(7, event);
        }
        let mut taken = Vec::new();
        for (start, many) in [(0, 4), (10, 3), (20, 0)] {
            let mut due = Vec::with_capacity(8);
            schedule.take_due(start, start + 10, 2, &mut due);
            assert_eq!(due.len(), many);
            taken.extend(due.iter().map(|timed| timed.event));
        }
        assert_eq!(taken, events);
    }
}
