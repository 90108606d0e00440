//! Playing harder makes a note louder and brighter, and where it does not, that is found.

use std::path::{Path, PathBuf};
use synth_model::{CurveTable, Instrument};
use synth_train::{Rising, spread_pitches_hz, velocity_falls, velocity_response};

/// The shipped instruments whose recordings hold dynamics.
fn with_dynamics() -> Vec<(PathBuf, Instrument)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ane-synth-app/instruments");
    let files = folder
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let instruments = files.filter(|path| path.extension().is_some_and(|e| e == "synth"));
    let mut instruments: Vec<(PathBuf, Instrument)> = instruments
        .map(|path| (path.clone(), Instrument::read(path).unwrap()))
        .filter(|(_, instrument)| {
            let levelled = instrument.metadata.training.get("levelled");
            levelled.is_none_or(|levelled| levelled != "true")
        })
        .collect();
    instruments.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(!instruments.is_empty());
    instruments
}

#[test]
fn shipped_instruments_are_louder_and_brighter_the_harder_they_are_played() {
    for (path, instrument) in with_dynamics() {
        let pitches_hz = spread_pitches_hz(&instrument);
        let falls = velocity_falls(&instrument, &pitches_hz).unwrap();
        assert!(falls.is_empty(), "{}: {falls:#?}", path.display());
        for f0_hz in pitches_hz {
            let ends = velocity_response(&instrument, f0_hz, [1.0 / 127.0, 1.0]).unwrap();
            let louder_db = ends[1].loudness_db - ends[0].loudness_db;
            assert!(
                louder_db > 3.0,
                "{}, {f0_hz} Hz: {louder_db} dB",
                path.display()
            );
            let brighter = ends[1].centroid_hz / ends[0].centroid_hz;
            assert!(brighter > 1.0, "{}, {f0_hz} Hz: {brighter}", path.display());
        }
    }
}

#[test]
fn an_instrument_that_gets_softer_is_found_out() {
    let (_, mut instrument) = with_dynamics().remove(0);
    let pitches_hz = spread_pitches_hz(&instrument);
    let table = &instrument.expression.sustain_db;
    let values = table.values().chunks_exact(table.velocity().len());
    let turned = values.flat_map(|row| row.iter().rev().copied()).collect();
    let (pitches, velocities) = (table.f0_hz().to_vec(), table.velocity().to_vec());
    instrument.expression.sustain_db = CurveTable::new(pitches, velocities, 1, turned).unwrap();
    let falls = velocity_falls(&instrument, &pitches_hz).unwrap();
    for f0_hz in pitches_hz {
        let of = |what| falls.iter().find(|f| f.f0_hz == f0_hz && f.what == what);
        let loudness = of(Rising::Loudness).unwrap();
        assert!(
            loudness.by > 10.0 && loudness.velocity == 1.0,
            "{loudness:?}"
        );
        assert!(of(Rising::Centroid).is_some_and(|fall| fall.by > 0.01));
    }
    let weighted = falls.iter().filter(|f| f.what == Rising::WeightedCentroid);
    assert!(weighted.count() >= 6, "{falls:?}");
}

/// Loudness as the table has it, the noise being faint.
#[test]
fn the_loudness_is_that_of_the_table() {
    for (path, instrument) in with_dynamics() {
        let table = &instrument.expression.sustain_db;
        for f0_hz in [220.0, 440.0] {
            let points = velocity_response(&instrument, f0_hz, [0.2, 0.7]).unwrap();
            for point in points {
                let asked_db = f64::from(table.at(table.locate(f0_hz, point.velocity), 0));
                let over_db = point.loudness_db - asked_db;
                assert!(
                    (-0.05..1.0).contains(&over_db),
                    "{}: {over_db}",
                    path.display()
                );
            }
        }
    }
}
