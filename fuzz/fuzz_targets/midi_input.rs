//! Any bytes, cut into any pieces, become the same whole messages.
//!
//! The first byte says how long the pieces are.
#![no_main]

use libfuzzer_sys::fuzz_target;
use synth_io::midi_input::{HeldNotes, LONGEST_EXCLUSIVE, MidiAssembler};

fuzz_target!(|bytes: &[u8]| {
    let Some((&size, bytes)) = bytes.split_first() else {
        return;
    };
    let whole = assemble(bytes, bytes.len().max(1));
    assert!(whole == assemble(bytes, usize::from(size).max(1)));
    let mut held = HeldNotes::new();
    for message in &whole {
        check(message);
        held.take(message);
    }
    held.release(&mut |message| check(&message));
    assert!(held.is_empty());
});

fn assemble(bytes: &[u8], size: usize) -> Vec<Vec<u8>> {
    let mut assembler = MidiAssembler::new();
    let mut messages = Vec::new();
    for piece in bytes.chunks(size) {
        assembler.push(piece, &mut |message| messages.push(message.to_vec()));
    }
    messages
}

/// One status, and as many data bytes as it has.
fn check(message: &[u8]) {
    let (status, data) = message.split_first().expect("no message is empty");
    let data = match status {
        0xF0 => {
            assert!(message.len() <= LONGEST_EXCLUSIVE);
            data.strip_suffix(&[0xF7]).expect("an end")
        }
        0xC0..=0xDF | 0xF1 | 0xF3 => {
            assert_eq!(data.len(), 1);
            data
        }
        0xF6 | 0xF8 | 0xFA..=0xFC | 0xFE | 0xFF => {
            assert!(data.is_empty());
            data
        }
        0x80..=0xEF | 0xF2 => {
            assert_eq!(data.len(), 2);
            data
        }
        _ => panic!("{status:x} is no status"),
    };
    assert!(data.iter().all(|byte| *byte < 0x80));
}
