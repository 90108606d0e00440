//! How messages lie in a file makes no difference to what they do: running status, tracks, packets.

use testkit::SmfBuilder;

use crate::exclusive::real_time;
use crate::stage::{CHANNEL, OTHER, STEADY, piece, render, steady};

const END: u32 = 600;

/// Messages of every kind, many alike in a row.
fn busy(first: SmfBuilder) -> SmfBuilder {
    first
        .control(CHANNEL, 7, 90, 0)
        .control(CHANNEL, 10, 30, 0)
        .control(CHANNEL, 1, 90, 0)
        .program(CHANNEL, 71, 0)
        .event(10, &[0x90 | CHANNEL, 60, 100])
        .event(10, &[0x90 | CHANNEL, 66, 90])
        .event(150, &[0x90 | CHANNEL, 60, 0])
        .event(150, &[0x90 | CHANNEL, 71, 90])
        .bend(CHANNEL, 9_000, 200)
        .bend(CHANNEL, 10_000, 250)
        .channel_pressure(CHANNEL, 30, 260)
        .channel_pressure(CHANNEL, 60, 280)
        .key_pressure(CHANNEL, 66, 90, 290)
        .key_pressure(CHANNEL, 71, 90, 300)
        .event(450, &[0x80 | CHANNEL, 66, 64])
        .event(450, &[0x80 | CHANNEL, 71, 64])
        .end_of_track(END)
}

#[test]
fn running_status_means_what_whole_messages_mean() {
    let (whole, running) = (busy(piece()), busy(piece().running_status(true)));
    assert!(running.build().len() < whole.build().len());
    assert!(steady(&running) == steady(&whole));
}

#[test]
fn a_note_on_of_velocity_0_is_a_note_off() {
    let off = piece().note(CHANNEL, 69, 100, 10, 300).end_of_track(END);
    let on = piece()
        .event(10, &[0x90 | CHANNEL, 69, 100])
        .event(300, &[0x90 | CHANNEL, 69, 0])
        .end_of_track(END);
    assert!(steady(&on) == steady(&off));
}

#[test]
fn one_track_and_many_sound_alike() {
    let both = |between: fn(SmfBuilder) -> SmfBuilder, first: SmfBuilder| {
        between(busy(first))
            .control(OTHER, 10, 100, 0)
            .note(OTHER, 76, 100, 100, 400)
            .end_of_track(END)
    };
    let one = both(|file| file, piece());
    let two = both(
        SmfBuilder::track,
        SmfBuilder::new(1, 1_000).tempo(0, 1_000_000),
    );
    assert!(steady(&two) == steady(&one));
}

#[test]
fn system_exclusive_in_packets_is_the_whole_message() {
    let body = real_time(&[4, 1, 0, 40]);
    let note = piece().note(CHANNEL, 69, 100, 10, END);
    let whole = steady(&note.clone().system_exclusive(200, &body));
    assert!(whole != steady(&note), "it is heard");
    let packets = note.clone().system_exclusive_packets(&[
        (100, &body[..3]),
        (150, &body[3..5]),
        (200, &body[5..]),
    ]);
    assert!(steady(&packets) == whole);
}

#[test]
fn the_controllers_before_a_note_come_before_it_at_any_block_size() {
    let file = busy(piece());
    let whole = steady(&file);
    for block in ["1", "97", "random:4"] {
        let arguments = [&STEADY[..], &["--block", block]].concat();
        assert!(render(&file, &arguments) == whole, "block {block}");
    }
}
