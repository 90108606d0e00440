//! The room against the plain one, at every rate and size.

use synth_dsp::fx::room::Room;
use synth_dsp::reference::room::reverberate;

use crate::response::ring;

/// Bursts of noise, other ones on either side.
fn send(samples: usize) -> [Vec<f32>; 2] {
    let mut state = 1_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    [0, 700].map(|offset| {
        (0..samples)
            .map(|n| {
                let x = noise();
                if (n + offset) % 4000 < 900 { x } else { 0.0 }
            })
            .collect()
    })
}

#[test]
fn equals_the_twin() {
    for (rate_hz, size) in [
        (8_000, 0.0),
        (8_000, 1.0),
        (11_025, 0.5),
        (44_100, 0.0),
        (44_100, 0.5),
        (48_000, 0.7),
        (96_000, 0.4),
        (192_000, 0.2),
    ] {
        let [left, right] = send((0.25 * f64::from(rate_hz)) as usize);
        let want = reverberate(rate_hz, size, [&left, &right]);
        let mut room = Room::new(rate_hz, size, 1.0);
        let got = ring(&mut room, [&left, &right], 777);
        for (got, want) in got.iter().zip(&want) {
            let error_db = testkit::max_error_db(got, want);
            println!("{rate_hz} Hz, size {size}: {error_db:.1} dB");
            assert!(
                error_db < -100.0,
                "{rate_hz} Hz, size {size}: {error_db} dB"
            );
        }
    }
}

#[test]
fn cutting_into_blocks_changes_no_bit() {
    for rate_hz in [8_000, 44_100] {
        let [left, right] = send(20_000);
        let mut room = Room::new(rate_hz, 0.3, 0.7);
        let whole = ring(&mut room, [&left, &right], 20_000);
        for block in [1, 7, 31, 64, 4096] {
            let mut room = Room::new(rate_hz, 0.3, 0.7);
            let cut = ring(&mut room, [&left, &right], block);
            assert!(whole == cut, "{rate_hz} Hz, blocks of {block}");
        }
    }
}
