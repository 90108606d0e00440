//! What the network says to the newest note can be seen, without allocation, while others sound.

mod fixtures;

use fixtures::{config, instrument, lively_network, off, on, renderer};
use synth_engine::{ColumnView, Renderer, RendererConfig, TimedEvent};

const BLOCK: usize = 256;

fn play(renderer: &mut Renderer, event: Option<synth_engine::Event>) {
    let events: Vec<TimedEvent> = event
        .into_iter()
        .map(|event| TimedEvent { offset: 9, event })
        .collect();
    let (mut left, mut right) = ([0.0; BLOCK], [0.0; BLOCK]);
    testkit::no_alloc(|| renderer.process(&events, &mut [&mut left, &mut right]));
}

/// The newest note's key and its last column's harmonics.
fn seen(renderer: &Renderer) -> Option<(u8, [f32; 64])> {
    testkit::no_alloc(|| {
        let column = renderer.newest_note_column()?;
        let mut partials = [0.0; 64];
        assert!(column.harmonics(&mut partials));
        Some((column.key(), partials))
    })
}

/// The same out of all columns.
fn sought(renderer: &Renderer) -> Option<(u8, [f32; 64])> {
    let mut columns: Vec<ColumnView<'_>> = renderer.columns().collect();
    columns.sort_by_key(|column| (column.note(), column.frame()));
    let column = columns.pop()?;
    let mut partials = [0.0; 64];
    column.harmonics(&mut partials);
    Some((column.key(), partials))
}

#[test]
fn the_newest_note_is_seen_as_long_as_it_sounds() {
    let config = RendererConfig {
        polyphony: 4,
        ..config(44_100)
    };
    let instruments = [instrument("lively", lively_network(3), &[0])];
    let mut renderer = renderer(&config, &instruments);
    play(&mut renderer, None);
    assert_eq!(seen(&renderer), None);
    // More notes than there are voices: one is stolen.
    for key in [60, 64, 67, 40, 50, 55] {
        play(&mut renderer, Some(on(0, key, 0.8)));
        for _ in 0..10 {
            let (newest, partials) = seen(&renderer).expect("it sounds");
            assert_eq!(newest, key);
            assert_eq!(Some((newest, partials)), sought(&renderer));
            play(&mut renderer, None);
        }
    }
    // Then the one before it.
    play(&mut renderer, Some(off(0, 55)));
    let mut blocks = 0;
    while seen(&renderer).is_none_or(|(key, _)| key == 55) {
        play(&mut renderer, None);
        blocks += 1;
        assert!(blocks < 10_000, "a released note never ends");
    }
    assert_eq!(seen(&renderer).unwrap().0, 50);
}
