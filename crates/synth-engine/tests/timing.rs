//! When a control takes effect: frozen at the voice's own control frames, ramped from there.

mod fixtures;

use fixtures::{Scripted, config, off, on, play_blocks, saw};
use half::f16;
use std::sync::{Arc, Mutex};
use synth_engine::{Event, RendererConfig};

const HOP: u64 = 64;
const ONSET: u64 = 100;

/// Plays on a device that answers partial 1 before its column `switch` and partial 2 from there on;
/// also returns all that the device was asked.
fn play(
    config: &RendererConfig,
    switch: usize,
    score: &fixtures::Score,
    length: usize,
) -> (Vec<f32>, Vec<[f32; 4]>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = asked.clone();
    let device = Scripted::new(move |columns, input, output| {
        let mut asked = log.lock().unwrap();
        output.fill(-20.0);
        for column in 0..columns {
            let partial = usize::from(asked.len() >= switch);
            output[partial * columns + column] = 0.0;
            output[64 * columns + column] = 0.0;
            asked.push(std::array::from_fn(|row| input[row * columns + column]));
        }
        Ok(())
    });
    let mut renderer = device.renderer(config, saw(-300.0));
    let [left, _] = play_blocks(&mut renderer, score, length, || 300);
    let asked = asked.lock().unwrap().clone();
    (left, asked)
}

fn steady() -> RendererConfig {
    RendererConfig {
        steady: true,
        ..config(44_100)
    }
}

#[test]
fn columns_are_counted_from_the_onset_and_rounded_to_fp16() {
    let end = ONSET as usize + 10 * HOP as usize;
    for (length, frames) in [(end, 10), (end + 1, 11), (end + 64, 11), (end + 65, 12)] {
        let (_, asked) = play(
            &config(44_100),
            1000,
            &vec![(ONSET, on(0, 60, 0.7))],
            length,
        );
        assert_eq!(asked.len(), frames);
        for value in asked.iter().flatten() {
            assert_eq!(
                *value,
                f16::from_f32(*value).to_f32(),
                "every device sees the same numbers"
            );
        }
    }
}

#[test]
fn features_are_frozen_after_the_events_up_to_their_sample() {
    let pitch_per_frame = |bend_at: u64| {
        let bend = Event::PitchBend {
            channel: 0,
            semitones: 12.0,
        };
        let score = vec![(ONSET, on(0, 60, 0.7)), (bend_at, bend)];
        let (_, asked) = play(&steady(), 1000, &score, 2000);
        asked.iter().map(|column| column[0]).collect::<Vec<_>>()
    };
    let at_rest = pitch_per_frame(1999)[0];
    let frame = ONSET + 5 * HOP;
    for (bend_at, first_moved) in [(frame - 63, 5), (frame + 1, 6)] {
        let pitch = pitch_per_frame(bend_at);
        let moved = pitch.iter().position(|&p| p != at_rest);
        assert_eq!(moved, Some(first_moved), "bend at {bend_at}");
        // A whole octave is half a unit of the pitch feature.
        assert!((pitch.last().unwrap() - at_rest - 0.5).abs() < 1e-3);
    }
}

#[test]
fn an_event_at_a_control_frames_own_sample_counts() {
    let bend = Event::PitchBend {
        channel: 0,
        semitones: 12.0,
    };
    let score = vec![(ONSET, on(0, 60, 0.7)), (ONSET, bend)];
    let (_, bent) = play(&steady(), 1000, &score, 200);
    let (_, high) = play(&steady(), 1000, &vec![(ONSET, on(0, 72, 0.7))], 200);
    assert_eq!(bent[0][0], high[0][0]);
}

#[test]
fn loudness_falls_from_the_frame_after_the_note_off() {
    let score = vec![(ONSET, on(0, 60, 0.7)), (ONSET + 60 * HOP + 1, off(0, 60))];
    let (_, asked) = play(&steady(), 1000, &score, 6000);
    let loudness: Vec<f32> = asked.iter().map(|column| column[1]).collect();
    assert_eq!(loudness[59], loudness[60]);
    assert!(loudness[65] < loudness[60]);
}

#[test]
fn a_new_answer_ramps_in_over_the_hop_that_its_frame_begins() {
    let score = vec![(ONSET, on(0, 60, 0.7))];
    let (never, _) = play(&steady(), 1000, &score, 3000);
    let (switched, _) = play(&steady(), 10, &score, 3000);
    let (always, _) = play(&steady(), 0, &score, 3000);
    let frame = (ONSET + 10 * HOP) as usize;
    assert!(
        never[..=frame] == switched[..=frame],
        "A(k) starts to act after its own sample"
    );
    assert_ne!(never[frame + 1], switched[frame + 1]);
    let full = frame + HOP as usize;
    assert!(
        switched[full..] == always[full..],
        "and has fully taken over a hop later"
    );
    assert_ne!(switched[full - 1], always[full - 1]);
}

#[test]
fn pitch_does_not_wait_for_a_control_frame() {
    let note = (ONSET, on(0, 60, 0.7));
    let bend_at = ONSET + 20 * HOP + 17;
    let bend = Event::PitchBend {
        channel: 0,
        semitones: 1.0,
    };
    let (plain, _) = play(&steady(), 1000, &vec![note], 3000);
    let (bent, _) = play(&steady(), 1000, &vec![note, (bend_at, bend)], 3000);
    let differs = plain.iter().zip(&bent).position(|(a, b)| a != b).unwrap();
    let expected = bend_at as usize + 1;
    assert!(
        (expected..expected + 3).contains(&differs),
        "{differs} against {expected}"
    );
}
