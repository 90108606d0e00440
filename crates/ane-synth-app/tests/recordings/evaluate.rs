//! `ane-synth evaluate` from outside.

use std::fs;

use serde_json::Value;

use crate::place::{KEYS, Place};

/// What programs may rely on.
const FIGURES: [&str; 13] = [
    "harmonic_db",
    "nearest_note_db",
    "average_spectrum_db",
    "take_spread_db",
    "noise_db",
    "lsd_db",
    "lsd_bound_db",
    "log_mag",
    "envelope_db",
    "envelope_flat_db",
    "f0_cents",
    "fp16_p99_db",
    "fp16_max_db",
];

fn evaluate(place: &Place, arguments: &[&str]) -> Value {
    let all = [&["evaluate", "--json"], arguments].concat();
    serde_json::from_str(&place.succeed(&all).0).unwrap()
}

#[test]
fn held_out_notes_are_compared_and_the_figures_kept() {
    let place = Place::with_notes(&KEYS, 1.6);
    place.train_json(&["takes", "-o", "half.synth", "--hold-out"]);
    let figures = evaluate(&place, &["half.synth", "takes"]);
    for name in FIGURES {
        assert!(figures.get(name).is_some(), "{name} is not in {figures}");
    }
    assert_eq!(figures["held_out"], serde_json::json!(["note-64.wav"]));
    assert_eq!(figures["held_out_figures"], true);
    assert_eq!(figures["take_spread_db"], Value::Null);
    assert_eq!(figures["report"], Value::Null);
    assert_eq!(figures["notes"].as_array().unwrap().len(), 1);
    for name in ["harmonic_db", "noise_db", "lsd_db", "f0_cents"] {
        let figure = figures[name].as_f64().unwrap();
        assert!(figure.is_finite() && figure >= 0.0, "{name}: {figure}");
    }
    let one = evaluate(&place, &["half.synth", "takes", "--threads", "1"]);
    assert_eq!(one, figures);

    // The same notes learnt from too, with the figures of the comparison.
    fs::write(place.path("f.json"), figures.to_string()).unwrap();
    place.train_json(&["takes", "-o", "all.synth", "--held-out-figures", "f.json"]);
    let (facts, _) = place.succeed(&["info", "--json", "all.synth"]);
    let facts: Value = serde_json::from_str(&facts).unwrap();
    assert_eq!(facts["held_out"]["noise_db"], figures["noise_db"]);
    let seen = evaluate(&place, &["all.synth", "takes"]);
    assert_eq!(seen["held_out_figures"], false);
    let (text, _) = place.succeed(&["evaluate", "all.synth", "takes"]);
    assert!(
        text.starts_with("all.synth on takes: 1 note, some of them trained on"),
        "{text}"
    );
    for part in [
        "this instrument",
        "both neighbours",
        "analysis played back",
        "pitch",
        "FP16",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
}

#[test]
fn a_report_is_written_whole_and_no_other_folder_is_touched() {
    let place = Place::with_notes(&KEYS, 1.6);
    place.train_json(&["takes", "-o", "half.synth", "--hold-out"]);
    let arguments = ["half.synth", "takes", "--report", "new/page"];
    for _ in 0..2 {
        let figures = evaluate(&place, &arguments);
        let page = figures["report"].as_str().unwrap();
        let html = fs::read_to_string(place.path(page)).unwrap();
        assert!(html.contains("</html>") && html.contains("data:image/png"));
        let files = fs::read_dir(place.path("new/page")).unwrap();
        let wavs = files.filter(|file| {
            let name = file.as_ref().unwrap().file_name();
            name.to_string_lossy().ends_with(".wav")
        });
        assert_eq!(wavs.count(), 2);
    }
    let line = place.refuse(&["evaluate", "half.synth", "takes", "--report", "takes"]);
    assert!(
        line.contains("takes: holds files that are no report"),
        "{line}"
    );
}

#[test]
fn what_cannot_be_compared_is_refused_in_one_line() {
    let place = Place::with_notes(&[60, 64, 67], 1.0);
    fs::write(place.path("text.synth"), "not an instrument").unwrap();
    fs::create_dir(place.path("empty")).unwrap();
    let (list, _) = place.succeed(&["instruments", "--json"]);
    let list: Value = serde_json::from_str(&list).unwrap();
    let built_in = list[0]["name"].as_str().unwrap();
    for (arguments, word) in [
        (["none.synth", "takes"], "none.synth: "),
        (["text.synth", "takes"], "text.synth: "),
        ([built_in, "empty"], "empty: holds no recordings"),
        ([built_in, "none"], "none: cannot be read"),
        (
            ["flute", "takes"],
            "takes: the recordings hold 3 different pitches",
        ),
    ] {
        let line = place.refuse(&[&["evaluate"], &arguments[..]].concat());
        assert!(line.contains(word), "{line}");
    }
}
