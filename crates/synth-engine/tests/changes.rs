//! Devices, instruments, polyphony and sample rate are exchanged while notes sound: no click, no leak, no
//! allocation on the audio thread.

mod fixtures;

use fixtures::blocking::{Blocking, on_cpu, on_device};
use fixtures::engine::Engine;
use fixtures::{
    config, constant_network, constant_network_of, instrument, lively_network, on, saw, sine,
    tone_key,
};
use std::sync::Arc;
use synth_engine::{
    ControlRate, EventTime, Parameter, ProgramMap, Renderer, RendererConfig, Report,
};
use synth_model::{Instrument, ModelShape};

const BLOCK: usize = 128;
const MOST_CLICK: f64 = 3.0;
const VOICES: usize = 32;
/// 20 ms at 44.1 kHz.
const CROSSFADE: u64 = 882;

fn polyphonic() -> RendererConfig {
    RendererConfig {
        polyphony: VOICES,
        most_polyphony: 2 * VOICES,
        ..config(44_100)
    }
}

fn chord(engine: &mut Engine, voices: usize) {
    for voice in 0..voices {
        let channel = (voice / 16) as u8;
        // The control frames of no two voices fall together.
        let onset = EventTime::At(7 * voice as u64);
        engine
            .control
            .send(onset, on(channel, 30 + (voice % 16) as u8, 0.7));
    }
}

/// Pure tones without noise, in which a click is as plain as it can be.
fn organ(partials: &'static [usize]) -> Instrument {
    let row = move |row: usize| match row {
        64 => 0.0,
        0..64 if partials.contains(&(row + 1)) => 0.0,
        0..64 => -20.0,
        _ => -30.0,
    };
    instrument("organ", constant_network(row), &[0])
}

/// Click of what happens at sample `at` to a sound, measured on the sound itself.
fn click(sound: &[f32], at: u64, sample_rate_hz: f64) -> f64 {
    let silence = vec![0.0_f32; sound.len()];
    testkit::click_ratio(sound, &silence, at as usize, sample_rate_hz)
}

/// What is played in `blocks` blocks.
fn play(engine: &mut Engine, blocks: usize) -> [Vec<f32>; 2] {
    let mut sound = [vec![0.0; blocks * BLOCK], vec![0.0; blocks * BLOCK]];
    let [left, right] = &mut sound;
    for (left, right) in left.chunks_mut(BLOCK).zip(right.chunks_mut(BLOCK)) {
        engine.block(left, right);
    }
    sound
}

#[test]
fn the_check_for_allocations_bites() {
    let bitten = testkit::own_program()
        .unwrap()
        .args([
            "--exact",
            "a_processor_that_allocates",
            "--include-ignored",
            "--nocapture",
        ])
        .env("ALLOCATE", "1")
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&bitten.stdout).contains("running 1 test"));
    assert!(!bitten.status.success());
}

/// Does nothing but in the process that [`the_check_for_allocations_bites`] starts.
#[test]
fn a_processor_that_allocates() {
    if std::env::var_os("ALLOCATE").is_none() {
        return;
    }
    let loaded = vec![on_cpu(&Arc::new(saw(-80.0)))];
    let engine = Engine::new(&config(44_100), loaded);
    let mut audio = engine.audio.with_thread_clock(|| {
        std::hint::black_box(vec![0_u8; 64]);
        std::time::Duration::ZERO
    });
    let (mut left, mut right) = ([0.0; BLOCK], [0.0; BLOCK]);
    testkit::no_alloc(|| audio.process(&mut [&mut left, &mut right]));
}

#[test]
fn a_thousand_changes_of_device_and_instrument_do_not_click_or_leak() {
    let _alone = testkit::alone();
    let instruments = [organ(&[1]), organ(&[1, 2]), organ(&[2, 3])].map(Arc::new);
    let mut engine = Engine::new(&polyphonic(), vec![on_cpu(&instruments[0])]);
    chord(&mut engine, VOICES);
    let mut changed = 0;
    let mut worst = 0.0_f64;
    let mut heard = play(&mut engine, 100);
    let mut start = 0;
    let mut changes = |count: usize, engine: &mut Engine| {
        for change in 0..count {
            // Every third change is of the device alone.
            let instrument = &instruments[change * 2 / 3 % 3];
            let loaded = match change % 2 {
                0 => on_device(&Blocking, instrument, 512),
                _ => on_cpu(instrument),
            };
            engine.change_to(loaded);
            // A prime number of samples between changes would need blocks of other lengths; this is
            // the crossfades and a little more.
            let more = play(engine, 34);
            for (heard, more) in heard.iter_mut().zip(&more) {
                heard.extend(more);
            }
            for sample in engine.changes() {
                changed += 1;
                // A quarter of the voices at a time: where the first one's crossfade may begin, the last
                // one's, and where they end, which is where the next quarter begins.
                let begin = sample - start;
                for quarter in 0..=4 {
                    let begin = begin + quarter * CROSSFADE;
                    for at in [begin, begin + 32, begin + 64] {
                        for heard in &heard {
                            worst = worst.max(click(heard, at, 44_100.0));
                        }
                    }
                }
            }
            let keep = heard[0].len().min(6000);
            start += (heard[0].len() - keep) as u64;
            for heard in &mut heard {
                heard.drain(..heard.len() - keep);
            }
            let last = engine.control.blocks().last().unwrap();
            assert_eq!(last.voices as usize, VOICES, "after {change} changes");
            assert!(heard[0].iter().any(|x| x.abs() > 0.01));
        }
    };
    changes(50, &mut engine);
    // What is under way at a time is some sets of instruments; a thousand leaked would be far more.
    testkit::bounded_memory(100 << 20, || changes(950, &mut engine));
    assert_eq!(changed, 1000);
    println!("worst click ratio {worst:.2}");
    assert!(worst <= 2.0, "{worst}");
    play(&mut engine, 20);
    drop(engine.control.reports());
    assert!(engine.workers() <= 1);
    drop(engine);
    for instrument in &instruments {
        assert_eq!(Arc::strong_count(instrument), 1);
    }
}

#[test]
fn another_device_changes_not_a_bit() {
    let _alone = testkit::alone();
    let instrument = Arc::new(instrument("lively", lively_network(3), &[0]));
    let config = RendererConfig {
        control_rate: ControlRate::Full,
        ..polyphonic()
    };
    let sound = |changes: bool| {
        let mut engine = Engine::new(&config, vec![on_cpu(&instrument)]);
        chord(&mut engine, 8);
        let mut sound: [Vec<f32>; 2] = Default::default();
        for change in 0..40 {
            if changes {
                engine.change_to(match change % 2 {
                    0 => on_device(&Blocking, &instrument, 512),
                    _ => on_cpu(&instrument),
                });
            }
            // Longer and shorter than what was asked ahead.
            let more = play(&mut engine, 1 + 7 * (change % 4));
            for (sound, more) in sound.iter_mut().zip(&more) {
                sound.extend(more);
            }
        }
        let last = engine.control.blocks().last().unwrap();
        (sound, last.counters.columns_from.taken)
    };
    let (plain, _) = sound(false);
    let (changed, taken) = sound(true);
    assert!(taken > 1000, "{taken}");
    assert!(changed == plain);
}

#[test]
fn voices_go_over_a_quarter_at_a_time_whatever_the_blocks() {
    let _alone = testkit::alone();
    let before = Arc::new(instrument("before", lively_network(3), &[0]));
    let after = Arc::new(instrument("after", lively_network(4), &[0]));
    let changed = |block: usize| {
        let mut engine = Engine::new(&polyphonic(), vec![on_cpu(&before)]);
        chord(&mut engine, VOICES);
        play(&mut engine, 50);
        engine.change_to(on_cpu(&after));
        let columns = |engine: &mut Engine| {
            let last = engine.control.blocks().last().unwrap();
            last.counters.columns_from.cpu
        };
        let (mut most, mut so_far) = (0, columns(&mut engine));
        let mut sound = [vec![0.0; 8000], vec![0.0; 8000]];
        let [left, right] = &mut sound;
        for (left, right) in left.chunks_mut(block).zip(right.chunks_mut(block)) {
            engine.block(left, right);
            let now = columns(&mut engine);
            most = most.max(now - so_far);
            so_far = now;
        }
        drop(engine.control.reports());
        assert_eq!(Arc::strong_count(&before), 1, "all have gone over");
        (sound, most)
    };
    let (sound, most) = changed(64);
    // A voice needs a column in such a block; two when it goes over, whose frames are both new.
    let quarter = VOICES / 4;
    assert!(most as usize <= VOICES + 2 * quarter, "{most}");
    for block in [1, 17, 441, 2000] {
        assert!(changed(block).0 == sound, "blocks of {block}");
    }
}

#[test]
fn fewer_and_more_voices_do_not_click() {
    let _alone = testkit::alone();
    let instrument = Arc::new(saw(-90.0));
    let mut engine = Engine::new(&polyphonic(), vec![on_cpu(&instrument)]);
    chord(&mut engine, VOICES);
    let mut at = Vec::new();
    let mut sound: [Vec<f32>; 2] = Default::default();
    let mut before = VOICES;
    for polyphony in [VOICES, 20, 5, 1, 64, 3, 32] {
        at.push(sound[0].len() as u64);
        engine.control.set(Parameter::Polyphony, polyphony as f32);
        let more = play(&mut engine, 40);
        let voices = engine.control.blocks().last().unwrap().voices as usize;
        before = before.min(polyphony);
        assert_eq!(voices, before);
        for (sound, more) in sound.iter_mut().zip(&more) {
            sound.extend(more);
        }
    }
    for &at in &at[1..] {
        for sound in &sound {
            let ratio = click(sound, at, 44_100.0);
            assert!(ratio <= MOST_CLICK, "at {at}: {ratio}");
        }
    }
}

#[test]
fn another_sample_rate_goes_on_with_the_notes_after_a_short_fade() {
    let _alone = testkit::alone();
    let instrument = Arc::new(sine());
    let mut engine = Engine::new(&polyphonic(), vec![on_device(&Blocking, &instrument, 64)]);
    engine.control.send(EventTime::At(0), on(0, 69, 0.8));
    let rates = [44_100, 48_000, 96_000, 22_050, 44_100];
    let mut before = play(&mut engine, 300);
    for pair in rates.windows(2) {
        let config = RendererConfig {
            sample_rate_hz: pair[1],
            ..polyphonic()
        };
        let loaded = vec![on_device(&Blocking, &instrument, 64)];
        let renderer = Renderer::new(config, loaded, ProgramMap::single(0)).unwrap();
        engine
            .control
            .change_renderer(renderer)
            .map_err(drop)
            .unwrap();
        let mut reopened = None;
        let mut fading: [Vec<f32>; 2] = Default::default();
        while reopened.is_none() {
            let more = play(&mut engine, 1);
            for (fading, more) in fading.iter_mut().zip(&more) {
                fading.extend(more);
            }
            reopened = engine.control.reports().find_map(|report| match report {
                Report::Reopened { sample_rate_hz, .. } => Some(sample_rate_hz),
                _ => None,
            });
        }
        assert_eq!(
            (reopened, engine.audio.sample_rate_hz()),
            (Some(pair[1]), pair[1])
        );
        let fade_s = fading[0].len() as f64 / f64::from(pair[0]);
        assert!(fade_s < 0.012, "{fade_s} s");
        for (before, fading) in before.iter().zip(&fading) {
            let sound = [&before[..], fading].concat();
            let at = before.len() as u64;
            assert!(click(&sound, at, f64::from(pair[0])) <= MOST_CLICK);
            assert_eq!(sound.last(), Some(&0.0));
        }
        let after = play(&mut engine, 300);
        let fading_in = [&[0.0; 1000], &after[0][..]].concat();
        assert!(click(&fading_in, 1000, f64::from(pair[1])) <= MOST_CLICK);
        let key = tone_key(&after[0][2000..], f64::from(pair[1]));
        // Drift and vibrato apart.
        assert!((key - 69.0).abs() < 0.2, "{key}");
        assert_eq!(engine.control.blocks().last().unwrap().voices, 1);
        before = after;
    }
    drop(engine);
    assert_eq!(Arc::strong_count(&instrument), 1);
}

#[test]
fn voices_of_instruments_that_are_gone_are_not_looked_at_again() {
    let _alone = testkit::alone();
    let [first, second] = [saw(-90.0), sine()].map(Arc::new);
    let mut engine = Engine::new(&polyphonic(), vec![on_cpu(&first)]);
    chord(&mut engine, VOICES);
    play(&mut engine, 20);
    // They fade away in slots that so few voices have no use for.
    engine.control.set(Parameter::Polyphony, 1.0);
    play(&mut engine, 20);
    engine.change_to(on_cpu(&second));
    play(&mut engine, 20);
    drop(engine.control.reports());
    assert_eq!(Arc::strong_count(&first), 1, "it is gone");
    // More notes at once than there are slots: each steals the one before, which takes 5 ms to fade.
    let now = engine.audio.now();
    for key in 30..70 {
        let onset = EventTime::At(now + u64::from(key));
        engine.control.send(onset, on(0, key, 0.7));
    }
    let sound = play(&mut engine, 200);
    assert_eq!(engine.control.blocks().last().unwrap().voices, 1);
    // The last one came through.
    let key = tone_key(&sound[0][2000..], 44_100.0);
    assert!((key - 69.0).abs() < 0.2, "{key}");
}

#[test]
fn another_sample_rate_takes_voices_with_more_partials_than_it_has() {
    let _alone = testkit::alone();
    let shape = ModelShape {
        partials: 100,
        ..ModelShape::instrument()
    };
    let row = |row: usize| match row {
        0 | 100 => 0.0,
        1..100 => -2.0,
        _ => -30.0,
    };
    let rich = instrument("rich", constant_network_of(shape, row), &[0]);
    let [rich, plain] = [rich, sine()].map(Arc::new);
    let mut engine = Engine::new(&polyphonic(), vec![on_cpu(&rich)]);
    engine.control.send(EventTime::At(0), on(0, 69, 0.8));
    play(&mut engine, 50);
    let config = RendererConfig {
        sample_rate_hz: 48_000,
        ..polyphonic()
    };
    let renderer = Renderer::new(config, vec![on_cpu(&plain)], ProgramMap::single(0)).unwrap();
    engine
        .control
        .change_renderer(renderer)
        .map_err(drop)
        .unwrap();
    let sound = play(&mut engine, 300);
    assert_eq!(engine.audio.sample_rate_hz(), 48_000);
    let key = tone_key(&sound[0][4000..], 48_000.0);
    assert!((key - 69.0).abs() < 0.2, "{key}");
}
