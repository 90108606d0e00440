//! Banks and programs: instruments by program, and what makes a channel one for drums, which are
//! silent.
//!
//! The built-in instruments are all of bank 0; files made here name others.

use std::sync::Arc;

use testkit::SmfBuilder;

use crate::exclusive::{GM2_ON, XG_ON, gs_part, xg_part};
use crate::stage::{CHANNEL, OTHER, Sound, piece, render};

const END: u32 = 400;
const DRUMS: u8 = 9;
const ARGUMENTS: [&str; 1] = ["--steady"];

fn sound(piece: &SmfBuilder) -> Arc<Sound> {
    render(piece, &ARGUMENTS)
}

/// A note after what comes at 0.
fn note(channel: u8) -> SmfBuilder {
    piece().note(channel, 60, 100, 10, END)
}

fn bank(piece: SmfBuilder, channel: u8, bank: (u8, u8), program: u8) -> SmfBuilder {
    piece
        .control(channel, 0, bank.0, 0)
        .control(channel, 32, bank.1, 0)
        .program(channel, program, 0)
}

fn is_silent(piece: &SmfBuilder) -> bool {
    sound(piece).is_silent(0..END)
}

#[test]
fn programs_choose_the_instrument() {
    let of = |program| sound(&note(CHANNEL).program(CHANNEL, program, 0));
    for (program, instrument) in [(43, "double-bass"), (73, "flute"), (65, "alto-sax")] {
        let only = render(&note(CHANNEL), &["--steady", "--instrument", instrument]);
        assert!(of(program) == only, "program {program} is {instrument}");
        let elsewhere = sound(&note(CHANNEL).program(OTHER, program, 0));
        assert!(elsewhere == of(0), "another channel's program {program}");
    }
    let by_part = note(CHANNEL).system_exclusive(0, &gs_part(0x10, CHANNEL, 0, &[0, 73]));
    assert!(sound(&by_part) == of(73), "GS tone number");
    let by_part = note(CHANNEL).system_exclusive(0, &xg_part(CHANNEL, 3, &[73]));
    assert!(sound(&by_part) == of(73), "XG program number");
}

#[test]
fn a_program_is_for_the_notes_to_come() {
    let late = note(CHANNEL).program(CHANNEL, 73, 200);
    assert!(sound(&late) == sound(&note(CHANNEL)));
}

#[test]
fn a_bank_without_instruments_falls_back() {
    let plain = sound(&note(CHANNEL).program(CHANNEL, 73, 0));
    for numbers in [(0, 3), (8, 0), (121, 0), (127, 0), (120, 0)] {
        let with = bank(note(CHANNEL), CHANNEL, numbers, 73);
        assert!(sound(&with) == plain, "bank {numbers:?}");
    }
    let drums = bank(note(DRUMS), DRUMS, (0, 0), 73);
    assert!(is_silent(&drums), "channel 10 stays one for drums");
}

#[test]
fn channel_10_is_silent_until_it_is_freed() {
    assert!(is_silent(&note(DRUMS)));
    for (what, on, bank_number) in [("GM2", &GM2_ON[..], 121), ("XG", &XG_ON, 0)] {
        let reset = note(DRUMS).system_exclusive(0, on);
        assert!(is_silent(&reset), "{what} alone");
        assert!(
            is_silent(&reset.clone().program(DRUMS, 73, 0)),
            "{what}, a program"
        );
        let freed = bank(reset, DRUMS, (bank_number, 0), 73);
        assert!(!is_silent(&freed), "{what}, bank {bank_number}");
    }
    let gs = note(DRUMS).system_exclusive(0, &gs_part(0x10, DRUMS, 0x15, &[0]));
    assert!(!is_silent(&gs), "GS");
    let xg = note(DRUMS).system_exclusive(0, &xg_part(DRUMS, 7, &[0]));
    assert!(!is_silent(&xg), "XG part mode");
}

#[test]
fn a_freed_channel_10_plays_like_any_other() {
    let gs = note(DRUMS).system_exclusive(0, &gs_part(0x10, DRUMS, 0x15, &[0]));
    assert!(sound(&gs) == sound(&note(CHANNEL)));
}

#[test]
fn drum_banks_and_parts_silence_their_channel_alone() {
    // The other channel's note keeps on.
    let two = |channel| note(channel).note(channel + 1, 64, 100, 10, END);
    let one = |channel: u8| sound(&piece().note(channel + 1, 64, 100, 10, END));
    let silences = |what: &str, piece: &SmfBuilder, channel| {
        assert!(sound(piece) == one(channel), "{what}");
    };
    for channel in [0, CHANNEL, 10, 14] {
        let gm2 = two(channel).system_exclusive(0, &GM2_ON);
        silences("GM2 120", &bank(gm2, channel, (120, 0), 0), channel);
        for drums in [126, 127] {
            let xg = two(channel).system_exclusive(0, &XG_ON);
            silences("XG", &bank(xg, channel, (drums, 0), 0), channel);
        }
        for map in [1, 2] {
            let gs = gs_part(0x10, channel, 0x15, &[map]);
            silences("GS", &two(channel).system_exclusive(0, &gs), channel);
        }
        let xg = xg_part(channel, 7, &[2]);
        silences(
            "XG part mode",
            &two(channel).system_exclusive(0, &xg),
            channel,
        );
    }
}

#[test]
fn a_bank_waits_for_its_program() {
    let xg = note(CHANNEL).system_exclusive(0, &XG_ON);
    let selected = xg.clone().control(CHANNEL, 0, 127, 0);
    assert!(sound(&selected) == sound(&xg), "no program came");
    assert!(is_silent(&selected.program(CHANNEL, 0, 0)));
}

#[test]
fn a_bank_chooses_the_instrument_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    // A flute for a program of the saxophone, in banks of its own.
    let variation = |most: u8, least: u8| {
        let bytes = include_bytes!("../../instruments/flute.synth");
        let mut flute = synth_model::Instrument::from_bytes(bytes).unwrap();
        flute.metadata.bank = u16::from(most) << 7 | u16::from(least);
        flute.metadata.programs = vec![71];
        let path = folder.path().join(format!("{most}-{least}.synth"));
        std::fs::write(&path, flute.to_bytes()).unwrap();
        path.into_os_string().into_string().unwrap()
    };
    let only = |name| render(&note(CHANNEL), &["--steady", "--instrument", name]);
    let (flute, sax) = (only("flute"), only("alto-sax"));
    assert!(flute != sax);
    for (most, least) in [(8, 0), (0, 3), (8, 3)] {
        let file = variation(most, least);
        let played = |piece: &SmfBuilder| {
            let two = [
                "--steady",
                "--instrument",
                "alto-sax",
                "--instrument",
                &file,
            ];
            render(piece, &two)
        };
        let of = |numbers, program| played(&bank(note(CHANNEL), CHANNEL, numbers, program));
        assert!(of((most, least), 71) == flute, "bank {most} {least}");
        assert!(of((0, 0), 71) == sax, "bank 0");
        assert!(of((most, least), 40) == sax, "another program of the bank");
        assert!(of((most, least + 1), 71) == sax, "another bank");
        assert!(of((most + 1, least), 71) == sax, "another bank");
        let waiting = note(CHANNEL).program(CHANNEL, 71, 0);
        let waiting = waiting
            .control(CHANNEL, 0, most, 1)
            .control(CHANNEL, 32, least, 1);
        assert!(played(&waiting) == sax, "no program came");
        let elsewhere = bank(note(CHANNEL), OTHER, (most, least), 71);
        assert!(played(&elsewhere) == sax, "another channel's bank");
    }
    // One alone plays everything, whatever it names.
    let file = variation(8, 0);
    assert!(only(&file) == flute);
}
