//! Events on their way to the engine: at once, at their time, and what takes them back.

use synth_engine::{CHANNELS, Event, EventTime};

use super::{CHANNEL, Session};

impl Session<'_> {
    pub(super) fn play(&mut self, at: u64, chords: &[Vec<u8>]) {
        let gate = self.samples(self.gate_s);
        let mut begins = at;
        for chord in chords {
            for &key in chord {
                self.timeline.add(begins, note_on(key, self.velocity));
                self.timeline.add(begins + gate, note_off(key));
            }
            begins += gate;
        }
        if !self.typed {
            self.cursor = begins;
        }
    }

    pub(super) fn panic(&mut self) {
        self.timeline.clear();
        let mut times = vec![EventTime::Now];
        // What was sent ahead cannot be taken back: such notes begin, and their ends are cleared.
        if self.sent > self.meter.now {
            times.push(EventTime::At(self.sent));
        }
        for time in times {
            for channel in 0..CHANNELS as u8 {
                self.send(time, Event::AllSoundOff { channel });
                self.send(time, Event::ResetControllers { channel });
            }
        }
    }

    pub(super) fn send_now(&mut self, event: Event) {
        self.send(EventTime::Now, event);
    }

    pub(super) fn send(&mut self, time: EventTime, event: Event) {
        self.parts.control.send(time, event);
        self.meter.silent_frames = 0;
    }

    pub(super) fn send_due(&mut self) {
        let end = self.meter.now + self.ahead() + 1;
        while let Some((sample, event)) = self.timeline.next_before(end) {
            self.send(EventTime::At(sample), event);
            self.sent = sample;
        }
    }
}

/// A key of the channel that is played goes down.
pub(super) fn note_on(key: u8, velocity: u8) -> Event {
    Event::NoteOn {
        channel: CHANNEL,
        key,
        velocity: f32::from(velocity) / 127.0,
    }
}

/// And up.
pub(super) fn note_off(key: u8) -> Event {
    Event::NoteOff {
        channel: CHANNEL,
        key,
        velocity: 0.5,
    }
}
