//! Whatever bytes come, no panic, no allocation, and every number in its documented range.

use super::MidiDecoder;
use crate::event::Event;

/// One more than the events of the longest message.
const TOO_MANY_EVENTS: usize = 194;

/// Why an event breaks its contract, if it does. No panic in here: it would allocate its message.
fn fault(event: &Event) -> Option<&'static str> {
    let within = |value: f32, least: f32, most: f32| (least..=most).contains(&value);
    let key_fits = |key: u8| key <= 127;
    if event.channel().is_some_and(|channel| channel > 15) {
        return Some("channel");
    }
    let fits = match *event {
        // No message means one of these.
        Event::Parameter { .. } | Event::Shedding { .. } => false,
        Event::NoteOn { key, velocity, .. } | Event::NoteOff { key, velocity, .. } => {
            key_fits(key) && within(velocity, 0.0, 1.0)
        }
        Event::PitchBend { semitones, .. } => within(semitones, -128.0, 128.0),
        Event::ChannelTuning { semitones, .. } => within(semitones, -89.0, 88.0),
        Event::MasterTuning { semitones } => within(semitones, -65.1, 64.1),
        Event::KeyTuning { key, semitones } => key_fits(key) && within(semitones, -127.0, 128.0),
        Event::PitchClassTuning {
            pitch_class,
            semitones,
            ..
        } => pitch_class < 12 && within(semitones, -1.0, 1.0),
        Event::Modulation { amount, .. } => within(amount, 0.0, 12.0),
        Event::KeyPressure { key, amount, .. } => key_fits(key) && within(amount, 0.0, 1.0),
        Event::ChannelPressure { amount, .. }
        | Event::Volume { amount, .. }
        | Event::MasterVolume { amount }
        | Event::Expression { amount, .. }
        | Event::RoomSend { amount, .. } => within(amount, 0.0, 1.0),
        Event::Pan { position, .. } => within(position, -1.0, 1.0),
        Event::Sustain { depth, .. } | Event::SoftPedal { depth, .. } => within(depth, 0.0, 1.0),
        Event::PortamentoTime { seconds, .. } => within(seconds, 0.0, 2.0),
        Event::PortamentoFrom { key, .. } => key_fits(key),
        Event::Sound { amount, .. } => within(amount, -1.0, 1.0),
        Event::Program { bank, program, .. } => bank < 128 * 128 && program <= 127,
        Event::Sostenuto { .. }
        | Event::Portamento { .. }
        | Event::Legato { .. }
        | Event::Mono { .. }
        | Event::Poly { .. }
        | Event::Rhythm { .. }
        | Event::AllNotesOff { .. }
        | Event::AllSoundOff { .. }
        | Event::ResetControllers { .. }
        | Event::Retune
        | Event::Reset => true,
    };
    (!fits).then_some("range")
}

/// What a decoder made of bytes: how many events, and the first that broke its contract.
#[derive(Debug, Default, PartialEq)]
struct Verdict {
    events: usize,
    fault: Option<(&'static str, Event)>,
}

impl Verdict {
    fn hear(&mut self, event: Event) {
        self.events += 1;
        if let Some(what) = fault(&event) {
            self.fault.get_or_insert((what, event));
        }
    }
}

fn send(decoder: &mut MidiDecoder, body: &[u8]) -> Verdict {
    let mut verdict = Verdict::default();
    testkit::no_alloc(|| decoder.system_exclusive(body, &mut |event| verdict.hear(event)));
    verdict
}

/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    /// Mostly a data byte, else any.
    fn byte(&mut self) -> u8 {
        let byte = self.next() as u8;
        if self.below(8) == 0 {
            byte
        } else {
            byte & 0x7f
        }
    }
}

/// One body of every kind that is understood.
fn bodies() -> Vec<Vec<u8>> {
    let gs = |address: [u8; 3], data: &[u8]| {
        let mut body = [&[0x41, 0x10, 0x42, 0x12][..], &address, data].concat();
        body.push(0);
        mend_checksum(&mut body, 4);
        body
    };
    let xg = |address: [u8; 3], data: &[u8]| [&[0x43, 0x10, 0x4c][..], &address, data].concat();
    let mut xg_dump = vec![0x43, 0x00, 0x4c, 0, 0x29, 8, 9, 0];
    xg_dump.extend([1; 0x29]);
    xg_dump.push(0);
    mend_checksum(&mut xg_dump, 3);
    vec![
        vec![0x7e, 0x7f, 0x09, 0x01],
        vec![0x7e, 0x7f, 0x09, 0x03],
        vec![0x7f, 0x7f, 0x04, 0x01, 0, 100],
        vec![0x7f, 0x7f, 0x04, 0x03, 0, 64],
        vec![0x7f, 0x7f, 0x04, 0x04, 0, 64],
        [&[0x7e, 0, 0x08, 0x01, 0][..], &[33; 16 + 384 + 1]].concat(),
        [&[0x7e, 0, 0x08, 0x04, 0, 0][..], &[77; 16 + 384 + 1]].concat(),
        vec![0x7f, 0, 0x08, 0x02, 0, 2, 60, 61, 0, 0, 61, 62, 1, 1],
        vec![0x7e, 0, 0x08, 0x07, 0, 0, 1, 60, 61, 0, 0],
        [&[0x7f, 0, 0x08, 0x08, 3, 127, 127][..], &[70; 12]].concat(),
        [&[0x7e, 0, 0x08, 0x09, 0, 1, 2][..], &[70; 24]].concat(),
        gs([0x40, 0, 0x7f], &[0]),
        gs([0x40, 0, 0], &[0, 4, 0, 0, 100, 64, 64]),
        gs([0x40, 0x11, 0], &[64; 0x4c]),
        gs([0x40, 0x2a, 0x10], &[0x4c]),
        xg([0, 0, 0x7e], &[0]),
        xg([0, 0, 0], &[0, 4, 0, 0, 127, 0, 64]),
        xg([8, 3, 0], &[64; 0x69]),
        vec![0x43, 0x10, 0x27, 0x30, 0, 0, 8, 0, 0],
        xg_dump,
    ]
}

/// Makes the bytes from `from` on sum up to a multiple of 128 by the last one.
fn mend_checksum(body: &mut [u8], from: usize) {
    let Some((last, rest)) = body.split_last_mut() else {
        return;
    };
    let rest = rest.get(from..).unwrap_or_default();
    let sum: u32 = rest.iter().map(|byte| u32::from(*byte)).sum();
    *last = ((128 - sum % 128) % 128) as u8;
}

fn mutate(body: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(4) {
        let at = random.below(body.len().max(1));
        match random.below(6) {
            0 => body.truncate(at),
            1 => body.insert(at.min(body.len()), random.byte()),
            2 if at < body.len() => {
                body.remove(at);
            }
            3 if at < body.len() => {
                let tail = body[at..].to_vec();
                body.extend(tail);
            }
            _ if at < body.len() => body[at] = random.byte(),
            _ => {}
        }
    }
    // Most would die at the checksum otherwise.
    if random.below(2) == 0 {
        let from = if body.first() == Some(&0x41) { 4 } else { 3 };
        mend_checksum(body, from);
    }
}

#[test]
fn every_three_bytes_decode_without_a_fault() {
    let mut decoder = MidiDecoder::new();
    let mut verdict = Verdict::default();
    testkit::no_alloc(|| {
        for status in 0..=255 {
            for first in 0..=255 {
                for second in 0..=255 {
                    let message = [status, first, second];
                    decoder.decode(message, &mut |event| verdict.hear(event));
                }
            }
        }
    });
    assert_eq!(verdict.fault, None);
    assert!(verdict.events > 1_000_000);
}

#[test]
fn the_bodies_to_mutate_are_all_understood() {
    for body in bodies() {
        let verdict = send(&mut MidiDecoder::new(), &body);
        assert_eq!(verdict.fault, None, "{body:02x?}");
        // A part's bend range is silent while its channel is not bent.
        let silent = body.get(4..6) == Some(&[0x40, 0x2a]);
        assert_eq!(verdict.events == 0, silent, "{body:02x?}");
    }
}

#[test]
fn mutated_bodies_and_messages_decode_without_a_fault() {
    let originals = bodies();
    let mut random = Random(20);
    let mut decoder = MidiDecoder::new();
    let mut events = 0;
    for _ in 0..100_000 {
        let mut body = originals[random.below(originals.len())].clone();
        mutate(&mut body, &mut random);
        let verdict = send(&mut decoder, &body);
        assert_eq!(verdict.fault, None, "{body:02x?}");
        assert!(verdict.events < TOO_MANY_EVENTS, "{body:02x?}");
        events += verdict.events;
        for _ in 0..4 {
            // Control changes above all, as they are what the state is made of.
            let status = 0xb0 | random.next() as u8 & 0x4f;
            let message = [status, random.byte(), random.byte()];
            let mut verdict = Verdict::default();
            decoder.decode(message, &mut |event| verdict.hear(event));
            assert_eq!(verdict.fault, None, "{message:02x?}");
        }
    }
    assert!(events > 100_000, "{events}");
}
