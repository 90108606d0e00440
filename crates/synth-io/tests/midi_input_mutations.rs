//! Whatever bytes come over a wire, in whatever pieces, only whole messages come out, the same as a
//! parser written differently finds; and what is held can be let go.

use synth_engine::MidiDecoder;
use synth_io::midi_input::{HeldNotes, LONGEST_EXCLUSIVE, MidiAssembler, decode_message};
use testkit::Mutations;

/// Bytes that MIDI calls real-time, the undefined ones included.
const REAL_TIME: u8 = 0xf8;

fn streams() -> Vec<Vec<u8>> {
    let notes: Vec<u8> = (0..40)
        .flat_map(|n| [0x90 | (n % 16), 40 + n, 100, 40 + n, 0])
        .collect();
    let running = [&[0x93][..], &[60, 100, 60, 0].repeat(30)].concat();
    let pedals = [
        0xb0, 64, 127, 0xf8, 66, 127, 0xb1, 67, 0xfe, 127, 0xb0, 64, 0, 121, 0, 123, 0,
    ];
    let exclusive = [
        &[
            0xf0, 0x7e, 0x7f, 9, 1, 0xf7, 0xf0, 0x41, 0x10, 0x42, 0x12, 0x40, 0,
        ][..],
        &[0xf8, 0x7f, 0, 0x41, 0xf7],
    ]
    .concat();
    let system = vec![
        0xf1, 5, 0xf2, 1, 2, 0xf3, 9, 0xf6, 0xfa, 0xfc, 0xc0, 7, 8, 9,
    ];
    vec![notes, running, pedals.to_vec(), exclusive, system]
}

fn data_bytes(status: u8) -> usize {
    match status {
        0xc0..=0xdf | 0xf1 | 0xf3 => 1,
        0xf6 => 0,
        _ => 2,
    }
}

/// The messages without the real-time ones, by cutting at the statuses.
fn by_cutting(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    for life in bytes.split(|byte| *byte == 0xff) {
        let plain: Vec<u8> = life
            .iter()
            .copied()
            .filter(|byte| *byte < REAL_TIME)
            .collect();
        let starts: Vec<usize> = (0..plain.len()).filter(|at| plain[*at] >= 0x80).collect();
        for (number, &start) in starts.iter().enumerate() {
            let end = starts.get(number + 1).copied().unwrap_or(plain.len());
            let (status, data) = (plain[start], &plain[start + 1..end]);
            let size = data_bytes(status);
            match status {
                0xf0 => {
                    if plain.get(end) == Some(&0xf7) && data.len() + 2 <= LONGEST_EXCLUSIVE {
                        messages.push(plain[start..=end].to_vec());
                    }
                }
                0xf4 | 0xf5 | 0xf7 => {}
                0xf6 => messages.push(vec![status]),
                0xf1..=0xf3 => messages.extend(
                    data.chunks_exact(size)
                        .take(1)
                        .map(|data| [&[status], data].concat()),
                ),
                _ => messages.extend(
                    data.chunks_exact(size)
                        .map(|data| [&[status], data].concat()),
                ),
            }
        }
    }
    messages
}

/// All messages, and whether nothing was left out.
fn assemble<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Vec<u8>>, bool) {
    let mut assembler = MidiAssembler::new();
    let mut messages = Vec::new();
    for piece in pieces {
        assembler.push(piece, &mut |message| messages.push(message.to_vec()));
    }
    assembler.restart();
    let left_out = assembler.discarded();
    (messages, left_out == Default::default())
}

#[test]
fn any_bytes_in_any_pieces_are_whole_messages() {
    let mut decoder = MidiDecoder::new();
    let mut held = HeldNotes::new();
    let long = [&[0xf0][..], &[1; LONGEST_EXCLUSIVE - 2]].concat();
    let inputs = streams();
    let tally = Mutations {
        inputs: &inputs,
        words: &[
            &[0xf0],
            &[0xf7],
            &[0xff],
            &[0xf8],
            &[0x90, 60, 1],
            &[0xb0, 64, 127],
            &long,
        ],
        count: 8000,
        most_live_bytes: 4 << 20,
    }
    .run(|bytes| {
        let (messages, whole) = assemble(std::iter::once(bytes));
        for size in [1, 3, 64] {
            assert!(assemble(bytes.chunks(size)) == (messages.clone(), whole));
        }
        let (real_time, rest): (Vec<_>, Vec<_>) = messages
            .into_iter()
            .partition(|message| message[0] >= REAL_TIME);
        assert!(real_time.iter().all(|message| message.len() == 1));
        assert!(rest == by_cutting(bytes), "{rest:x?}");
        for message in &rest {
            held.take(message);
            decode_message(&mut decoder, message, &mut |_| {});
        }
        let mut releases = 0_usize;
        let (notes, pedals) = (held.notes().count(), held.pedals().count());
        held.release(&mut |message| {
            assert!(matches!(message[0] & 0xf0, 0x80 | 0xb0));
            releases += 1;
        });
        assert!(held.is_empty() && releases >= notes + pedals);
        whole
    });
    println!("{tally:?}");
}
