//! What sums the partials is chosen when a renderer is made: it sounds the same, or is refused.

mod fixtures;

use fixtures::{Score, config, off, on, play, sine, try_renderer};
use synth_engine::{Oscillators, RendererConfig, RendererError};
use testkit::max_error_db;

const RATE_HZ: u32 = 44_100;

fn with(oscillators: Oscillators) -> RendererConfig {
    RendererConfig {
        oscillators,
        ..config(RATE_HZ)
    }
}

#[test]
fn the_same_sound_where_this_machine_has_them() {
    let score: Score = vec![
        (0, on(0, 45, 0.8)),
        (3000, on(0, 64, 0.6)),
        (9000, off(0, 45)),
    ];
    let render = |config: &RendererConfig| play(config, &[sine()], &score, 20_000);
    let usual = render(&config(RATE_HZ));
    for oscillators in Oscillators::ALL {
        if !oscillators.is_available() {
            println!("{oscillators} skipped: not available on this machine");
            continue;
        }
        for (left, usual) in render(&with(oscillators)).iter().zip(&usual) {
            let error_db = max_error_db(left, usual);
            println!("{oscillators}: {error_db:.1} dB off the usual ones");
            assert!(error_db < -100.0, "{oscillators}: {error_db} dB");
        }
    }
    assert!(render(&with(Oscillators::Clenshaw)) == usual);
}

#[test]
fn refused_by_name_where_it_does_not() {
    for oscillators in Oscillators::ALL {
        let refused = try_renderer(&with(oscillators), &[sine()]);
        if oscillators.is_available() {
            assert!(refused.is_none(), "{refused:?}");
            continue;
        }
        let refused = refused.expect("nothing to render with");
        let line = refused.to_string();
        assert!(matches!(refused, RendererError::Oscillators(named) if named == oscillators));
        assert!(line.contains(oscillators.name()), "{line}");
        assert!(line.ends_with("use clenshaw"), "{line}");
    }
}
