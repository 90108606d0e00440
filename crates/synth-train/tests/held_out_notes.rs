//! Figures of held-out notes whose right values are known by construction.

use std::sync::OnceLock;
use synth_model::{
    BodyEq, CurveTable, Expression, Instrument, Layer, Metadata, ModelShape, Network, OutputRange,
    Ranges,
};
use synth_train::analysis::NoteAnalysis;
use synth_train::corpus::{Corpus, CorpusNote, FileOutcome, RecordingSource};
use synth_train::evaluation::{
    Evaluated, EvaluationError, evaluate_instrument, resynthesise_analysis,
};
use synth_train::loss::audibility;
use synth_train::loudness::loudness_db;
use synth_train::recording::Recording;

const RATE_HZ: u32 = 44_100;
const HOP: usize = 64;
const PARTIALS: usize = 12;
const BANDS: usize = 65;
const COLUMNS: usize = 1000;
const ONSET: usize = 20;
const ATTACK_COLUMNS: usize = 50;
const SUSTAIN_END: usize = 800;
const SUSTAIN_DB: f32 = -25.0;
const NOISE_DB: f32 = -90.0;
const T60_S: f64 = 0.4;
const GAIN_DB: f32 = -6.0;
/// Of eight keys from 60 on, those at index 2 and 6.
const HELD_OUT: [u8; 2] = [62, 66];

/// Levels of the partials of the instrument, dB: multiples of what FP16 holds exactly.
fn instrument_levels() -> Vec<f64> {
    (0..PARTIALS).map(|k| -2.5 * k as f64).collect()
}

/// An instrument that always answers the same spectrum, with tables that the notes below follow.
fn instrument() -> Instrument {
    let shape = ModelShape {
        hidden: Vec::new(),
        partials: PARTIALS,
        ..ModelShape::instrument()
    };
    let mut bias: Vec<f32> = instrument_levels()
        .iter()
        .map(|db| *db as f32 / 10.0)
        .collect();
    bias.push(0.0);
    bias.extend([NOISE_DB / 10.0; BANDS]);
    let weight = vec![0.0; 4 * bias.len()];
    let layer = Layer::from_f32(4, bias.len(), &weight, &bias).unwrap();
    let table = |curve: &[f32]| CurveTable::constant(curve).unwrap();
    let attack: Vec<f32> = (0..=ATTACK_COLUMNS).map(attack_db).collect();
    let instrument = Instrument {
        metadata: Metadata {
            name: "steady".into(),
            licence: "CC0-1.0".into(),
            sample_rate_hz: RATE_HZ,
            hop: HOP as u32,
            training: [("gain_db".to_owned(), GAIN_DB.to_string())].into(),
            ..Metadata::default()
        },
        network: Network::new(shape, vec![layer]).unwrap(),
        body_eq: BodyEq::flat(),
        ranges: Ranges {
            f0_lo_hz: 100.0,
            f0_hi_hz: 2000.0,
            // What is asked for lies above: noise must follow all the same.
            loudness_lo_db: -60.0,
            loudness_hi_db: -30.0,
            loudness_centre_db: -30.0,
            velocity_lo: 0.0,
            velocity_hi: 1.0,
        },
        outputs: OutputRange::uniform(PARTIALS + 1 + BANDS, -100.0, 100.0),
        expression: Expression {
            sustain_db: table(&[SUSTAIN_DB]),
            attack_db: table(&attack),
            onset_noise_db: table(&[0.0]),
            onset_cents: table(&[0.0]),
            attack_step_s: (HOP as f64 / f64::from(RATE_HZ)) as f32,
            tilt_db: table(&[0.0]),
            release_s: table(&[T60_S as f32]),
            vibrato: table(&[0.0; 4]),
            fluctuation: table(&[0.0; 2]),
            drift: table(&[0.0; 2]),
        },
    };
    instrument.check().unwrap();
    instrument
}

/// Loudness re the sustain so many columns after the onset: a line from -35 dB.
fn attack_db(age: usize) -> f32 {
    -35.0 + 35.0 * age.min(ATTACK_COLUMNS) as f32 / ATTACK_COLUMNS as f32
}

fn f0_hz(key: u8) -> f32 {
    440.0 * ((f32::from(key) - 69.0) / 12.0).exp2()
}

/// A note with these levels of partials re each other, `louder_db` above the table's sustain.
fn note(key: u8, take: &str, levels: &[f64], louder_db: f32) -> CorpusNote {
    let hop_s = HOP as f64 / f64::from(RATE_HZ);
    let curve = (0..COLUMNS).map(|column| {
        let rise_db = match column.checked_sub(ONSET) {
            Some(age) => attack_db(age),
            None => -60.0,
        };
        let fallen_s = column.saturating_sub(SUSTAIN_END) as f64 * hop_s;
        SUSTAIN_DB + louder_db + rise_db - (60.0 * fallen_s / T60_S) as f32
    });
    let curve: Vec<f32> = curve.collect();
    let f0_hz = f0_hz(key);
    let unit_db = loudness_db(levels, f64::from(f0_hz));
    let spectrum = |loudness: &f32| {
        let loudness = f64::from(*loudness);
        levels
            .iter()
            .map(move |db| (db - unit_db + loudness) as f32)
    };
    // The instrument's noise is absolute within its range of loudness and moves along beyond.
    let noise = |loudness: &f32| [NOISE_DB + loudness - loudness.clamp(-60.0, -30.0); BANDS];
    let partial_db = curve.iter().flat_map(spectrum).collect();
    let noise_db = curve.iter().flat_map(noise).collect();
    let analysis = NoteAnalysis {
        sample_rate_hz: RATE_HZ,
        hop: HOP,
        first_sample: 100,
        f0_hz: vec![f0_hz; COLUMNS],
        partial_db,
        noise_db,
        partials: PARTIALS,
        noise_bands: BANDS,
        band_limit_hz: 20_000.0,
        residual_db: -30.0,
        sounding: ONSET..900,
        sustain: ONSET + ATTACK_COLUMNS..SUSTAIN_END,
        sustain_db: SUSTAIN_DB + louder_db,
        has_release: true,
        loudness_db: curve,
    };
    CorpusNote {
        gain_db: GAIN_DB,
        file: format!("{key}-{louder_db}-{take}.wav"),
        file_index: 0,
        channel: 0,
        index: 0,
        key,
        dynamic: if louder_db > 0.0 { "f" } else { "p" }.into(),
        take: take.into(),
        velocity: if louder_db > 0.0 { 0.75 } else { 0.375 },
        analysis,
    }
}

fn corpus(note_of: impl Fn(u8) -> CorpusNote) -> Vec<CorpusNote> {
    (60..68).map(note_of).collect()
}

/// The recordings that the notes would have been measured on; those whose names begin with
/// `damaged` cannot be read.
struct Recordings {
    names: Vec<String>,
    notes: Vec<CorpusNote>,
    damaged: &'static str,
}

impl RecordingSource for Recordings {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn load(&self, index: usize) -> Result<Recording, String> {
        let note = &self.notes[index];
        if !self.damaged.is_empty() && note.file.starts_with(self.damaged) {
            return Err("it is damaged".to_owned());
        }
        let undo = 10f32.powf(-GAIN_DB / 20.0);
        let mut samples = vec![0.0; note.analysis.first_sample];
        samples.extend(resynthesise_analysis(note).iter().map(|s| s * undo));
        Ok(Recording {
            name: note.file.clone(),
            sample_rate_hz: RATE_HZ,
            channels: vec![samples],
        })
    }
}

fn evaluate_with(
    instrument: &Instrument,
    mut notes: Vec<CorpusNote>,
    damaged: &'static str,
    threads: usize,
) -> Result<Evaluated, EvaluationError> {
    for (index, note) in notes.iter_mut().enumerate() {
        note.file_index = index;
    }
    let source = Recordings {
        names: notes.iter().map(|note| note.file.clone()).collect(),
        notes: notes.clone(),
        damaged,
    };
    let files = notes.iter().map(|note| FileOutcome {
        name: note.file.clone(),
        hash: u32::from(note.key),
        seconds: 1.0,
        notes: 1,
        problem: None,
    });
    let mut corpus = Corpus {
        files: files.collect(),
        notes,
        gain_db: GAIN_DB,
    };
    evaluate_instrument(instrument, &mut corpus, &source, threads)
}

fn evaluate(notes: &[CorpusNote], threads: usize) -> Result<Evaluated, EvaluationError> {
    evaluate_with(&instrument(), notes.to_vec(), "", threads)
}

fn exact() -> &'static Evaluated {
    static EXACT: OnceLock<Evaluated> = OnceLock::new();
    EXACT.get_or_init(|| {
        let notes = corpus(|key| note(key, "1", &instrument_levels(), 0.0));
        evaluate(&notes, 2).unwrap()
    })
}

fn assert_near(got: f64, wanted: f64, tolerance: f64) {
    assert!((got - wanted).abs() <= tolerance, "{got}, not {wanted}");
}

#[test]
fn an_instrument_that_answers_exactly_has_no_errors() {
    let exact = exact();
    assert_eq!(exact.notes.len(), 2);
    assert_eq!(exact.held_out, ["62-0-1.wav", "66-0-1.wav"]);
    for errors in [exact.instrument, exact.both_neighbours, exact.own_mean] {
        assert_near(errors.harmonic_db, 0.0, 2e-4);
        assert_near(errors.noise_db, 0.0, 2e-4);
    }
    // The same noise with the same seed, and the same partials.
    assert_near(exact.instrument.lsd_db, exact.lsd_bound_db, 0.01);
    assert_near(exact.harmonic_pooled_db, 0.0, 2e-4);
    assert_near(exact.log_mag, exact.log_mag_bound, 2e-3);
    // What the recording is without: its noise below 12 Hz, one or two bins of 1025.
    assert!(exact.lsd_bound_db < 2.0 && exact.log_mag_bound < 0.03);
    assert_near(exact.f0_cents.unwrap(), 0.0, 1e-3);
    assert_near(exact.half_precision.max_db, 0.0, 0.02);
    assert!(exact.take_spread_db.is_none() && exact.loud_against_soft.is_none());
}

/// The weighted mean error of one spectrum against another, both of one loudness, worked out here.
fn by_hand(wanted: &[f64], got: &[f64], f0_hz: f64) -> f64 {
    let apart_db = loudness_db(wanted, f0_hz) - loudness_db(got, f0_hz);
    let loudest = wanted.iter().copied().fold(f64::MIN, f64::max);
    let weight = |db: &f64| f64::from(audibility((loudest - db) as f32));
    let counted = wanted
        .iter()
        .zip(got)
        .filter(|(w, _)| loudest - **w <= 60.0);
    let errors = counted.map(|(w, g)| (weight(w) * (g + apart_db - w).abs(), weight(w)));
    let (sum, weights) = errors.fold((0.0, 0.0), |sum, e| (sum.0 + e.0, sum.1 + e.1));
    sum / weights
}

#[test]
fn a_tilt_of_3_db_a_partial_gives_the_weighted_error_and_quiet_partials_none() {
    let mut tilted: Vec<f64> = instrument_levels();
    tilted
        .iter_mut()
        .enumerate()
        .for_each(|(k, db)| *db -= 3.0 * k as f64);
    assert!(tilted[PARTIALS - 1] < -60.0, "one partial is not to count");
    let notes = corpus(|key| note(key, "1", &tilted, 0.0));
    let evaluated = evaluate(&notes, 1).unwrap();
    let of_key = |key: u8| by_hand(&tilted, &instrument_levels(), f64::from(f0_hz(key)));
    let wanted = HELD_OUT.map(of_key);
    assert!(wanted[0] > 2.0);
    for (note, wanted) in evaluated.notes.iter().zip(wanted) {
        assert_near(note.instrument.harmonic_db, wanted, 1e-3);
    }
    assert_near(
        evaluated.instrument.harmonic_db,
        (wanted[0] + wanted[1]) / 2.0,
        1e-3,
    );
    assert_near(evaluated.both_neighbours.harmonic_db, 0.0, 1e-3);
    assert_near(evaluated.instrument.noise_db, 0.0, 1e-3);
}

#[test]
fn the_tilt_table_goes_onto_the_partials() {
    let tilted = |tilt_db: f64| -> Vec<f64> {
        let levels = instrument_levels();
        let octaves =
            (1..=PARTIALS).map(|k| (k as f64).log2().min(f64::from(Expression::TILT_OCTAVES)));
        levels
            .iter()
            .zip(octaves)
            .map(|(db, o)| db + tilt_db * o)
            .collect()
    };
    let notes = corpus(|key| note(key, "1", &tilted(-3.0), 0.0));
    let mut instrument = instrument();
    let plain = evaluate_with(&instrument, notes.clone(), "", 2).unwrap();
    assert!(plain.instrument.harmonic_db > 1.0);
    instrument.expression.tilt_db = CurveTable::constant(&[-3.0]).unwrap();
    let evaluated = evaluate_with(&instrument, notes, "", 2).unwrap();
    assert_near(evaluated.instrument.harmonic_db, 0.0, 1e-3);
}

#[test]
fn noise_off_by_2_db_in_the_band_is_2_db_and_beyond_it_nothing() {
    let notes = corpus(|key| {
        let mut note = note(key, "1", &instrument_levels(), 0.0);
        note.analysis.band_limit_hz = 7_000.0;
        for (index, db) in note.analysis.noise_db.iter_mut().enumerate() {
            // Bands lie 344.5 Hz apart: number 20 is the last one below 7 kHz.
            *db += if index % BANDS > 20 { 40.0 } else { 2.0 };
        }
        note
    });
    let evaluated = evaluate(&notes, 2).unwrap();
    assert_near(evaluated.instrument.noise_db, 2.0, 1e-3);
    assert_near(evaluated.instrument.harmonic_db, 0.0, 1e-3);
}

#[test]
fn neighbours_are_those_of_the_same_dynamic_and_take() {
    // Every partial falls off faster with the key: the mean of both neighbours is the note.
    let steep = |key: u8, louder: f64| -> Vec<f64> {
        let slope = 2.0 + 0.25 * f64::from(key - 60) + louder;
        (0..PARTIALS).map(|k| -slope * k as f64).collect()
    };
    let mut notes = corpus(|key| note(key, "1", &steep(key, 0.0), 0.0));
    notes.extend(corpus(|key| note(key, "1", &steep(key, 1.5), 6.0)));
    let evaluated = evaluate(&notes, 2).unwrap();
    for note in &evaluated.notes {
        let louder = if note.dynamic == "f" { 1.5 } else { 0.0 };
        let hz = f64::from(note.f0_hz);
        let own = steep(note.key, louder);
        let below = by_hand(&own, &steep(note.key - 1, louder), hz);
        let above = by_hand(&own, &steep(note.key + 1, louder), hz);
        assert_near(note.below.harmonic_db, below, 1e-3);
        assert_near(note.above.harmonic_db, above, 1e-3);
        assert_near(note.both_neighbours.harmonic_db, 0.0, 1e-3);
        assert!(below > 0.3 && above > 0.3);
    }
    let nearest = evaluated.below.harmonic_db.min(evaluated.above.harmonic_db);
    assert_eq!(evaluated.nearest_note_db(), nearest);
    let figures = evaluated.figures();
    let figure = |name| figures.iter().find(|f| f.0 == name).unwrap().1;
    assert_eq!(figure("nearest_note_db"), Some(nearest));
    assert_eq!(figure("take_spread_db"), None);
}

#[test]
fn two_takes_lie_as_far_apart_as_they_were_made() {
    let other: Vec<f64> = instrument_levels()
        .iter()
        .enumerate()
        .map(|(k, db)| db + if k == 2 { 4.0 } else { 0.0 })
        .collect();
    let mut notes = corpus(|key| note(key, "1", &instrument_levels(), 0.0));
    notes.extend(corpus(|key| {
        let mut late = note(key, "2", &other, 0.0);
        // Paired by time from the onset, not by place in the file.
        late.analysis.sounding.start += 7;
        late.analysis.loudness_db.rotate_right(7);
        late.analysis.partial_db.rotate_right(7 * PARTIALS);
        late
    }));
    let evaluated = evaluate(&notes, 2).unwrap();
    let one = instrument_levels();
    let of_key = |key: u8| {
        let hz = f64::from(f0_hz(key));
        (by_hand(&one, &other, hz) + by_hand(&other, &one, hz)) / 2.0
    };
    let wanted = (of_key(62) + of_key(66)) / 2.0;
    assert_near(evaluated.take_spread_db.unwrap(), wanted, 1e-3);
}

#[test]
fn attack_and_release_are_compared_with_the_tables() {
    let envelope = exact().envelope;
    assert_near(envelope.attack_db.unwrap(), 0.0, 1e-3);
    assert_near(envelope.onset_db.unwrap(), 0.0, 1e-3);
    assert_near(envelope.release_db.unwrap(), 0.0, 1e-3);
    // A line from -35 to 0 dB over 50 columns, then the sustain, of the columns within the time.
    let hop_s = HOP as f64 / f64::from(RATE_HZ);
    let rise: f64 = (0..ATTACK_COLUMNS)
        .map(|age| f64::from(-attack_db(age)))
        .sum();
    for (time_s, got) in [
        (0.9, envelope.attack_flat_db),
        (0.15, envelope.onset_flat_db),
    ] {
        let columns = (time_s / hop_s) as usize + 1;
        assert_near(got.unwrap(), rise / columns as f64, 1e-3);
    }
    // From -10 to -40 dB at 150 dB a second against 333: the mean of a line up to 0.2 s.
    let fixed = envelope.release_fixed_db.unwrap();
    assert_near(fixed, (60.0 / 0.18 - 60.0 / T60_S) * 0.2 / 2.0, 0.3);

    let late = corpus(|key| {
        let mut note = note(key, "1", &instrument_levels(), 0.0);
        note.analysis.has_release = false;
        let sounding = ONSET..ONSET + ATTACK_COLUMNS;
        for db in &mut note.analysis.loudness_db[sounding] {
            *db += 2.0;
        }
        note
    });
    let envelope = evaluate(&late, 2).unwrap().envelope;
    let onset_columns = (0.15 / hop_s) as usize + 1;
    let wanted = 2.0 * ATTACK_COLUMNS as f64 / onset_columns as f64;
    assert_near(envelope.onset_db.unwrap(), wanted, 1e-3);
    assert!(envelope.release_db.is_none() && envelope.release_fixed_db.is_none());
}

#[test]
fn loud_against_soft_is_right_when_driven_and_wrong_from_a_table_without_dynamics() {
    let mut notes = corpus(|key| note(key, "1", &instrument_levels(), 0.0));
    notes.extend(corpus(|key| note(key, "1", &instrument_levels(), 8.0)));
    let pairs = evaluate(&notes, 2).unwrap().loud_against_soft.unwrap();
    assert_eq!(pairs.pairs, 2);
    assert_near(pairs.real_loudness_db, 8.0, 0.02);
    assert_near(pairs.real_centroid_db, 0.0, 0.02);
    assert_near(pairs.loudness.max_db, 0.0, 0.02);
    assert_near(pairs.centroid.max_db, 0.0, 0.02);
    assert_near(pairs.keyed_loudness.mean_db, 8.0, 0.05);
}

#[test]
fn the_figures_are_the_same_on_any_number_of_threads() {
    let notes = corpus(|key| note(key, "1", &instrument_levels(), 0.0));
    assert_eq!(&evaluate(&notes, 1).unwrap(), exact());
}

#[test]
fn figures_are_held_out_when_no_file_of_theirs_was_trained_on() {
    let notes = || corpus(|key| note(key, "1", &instrument_levels(), 0.0));
    let run = |files: Option<&str>| {
        let mut instrument = instrument();
        let training = &mut instrument.metadata.training;
        training.extend(files.map(|files| ("files".to_owned(), files.to_owned())));
        evaluate_with(&instrument, notes(), "", 2)
            .unwrap()
            .held_out_figures
    };
    assert!(run(Some("0000003c,0000003d,00000043")));
    assert!(!run(Some("0000003c,0000003e")), "key 62 is 3e");
    assert!(!run(None), "nothing is known");
}

#[test]
fn what_cannot_be_compared_is_named() {
    let notes = |keys: std::ops::Range<u8>| -> Vec<CorpusNote> {
        keys.map(|key| note(key, "1", &instrument_levels(), 0.0))
            .collect()
    };
    let evaluated = evaluate_with(&instrument(), notes(60..68), "62", 1).unwrap();
    assert_eq!(evaluated.held_out, ["66-0-1.wav"]);
    let left_out = [("62-0-1.wav".to_owned(), "it is damaged".to_owned())];
    assert_eq!(evaluated.left_out, left_out);
    let refused = |keys, damaged| {
        let error = evaluate_with(&instrument(), notes(keys), damaged, 1).unwrap_err();
        error.to_string()
    };
    let error = refused(60..68, "6");
    assert!(error.contains("62-0-1.wav: it is damaged"), "{error}");
    let error = refused(60..63, "");
    assert!(error.contains("hold 3 different pitches"), "{error}");
}

#[test]
fn the_gain_of_the_onset_goes_onto_the_noise() {
    let notes = corpus(|key| {
        let mut note = note(key, "1", &instrument_levels(), 0.0);
        let burst = ONSET * BANDS..(ONSET + 10) * BANDS;
        note.analysis.noise_db[burst]
            .iter_mut()
            .for_each(|db| *db += 12.0);
        // The noise of the sustain is what is compared.
        note.analysis.sustain = ONSET..SUSTAIN_END;
        note
    });
    let mut instrument = instrument();
    let mut gain = vec![12.0; 10];
    gain.extend([0.0; 2]);
    let plain = evaluate_with(&instrument, notes.clone(), "", 2).unwrap();
    assert!(plain.instrument.noise_db > 0.1);
    instrument.expression.onset_noise_db = CurveTable::constant(&gain).unwrap();
    let gained = evaluate_with(&instrument, notes, "", 2).unwrap();
    assert_near(gained.instrument.noise_db, 0.0, 1e-3);
}
