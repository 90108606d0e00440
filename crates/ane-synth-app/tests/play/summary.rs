//! What `--json` and the last lines say is what happened.

use serde_json::Value;
use synth_engine::Event;

use crate::place::{LOG, Place, Played, RECORDING, peak};

fn json(played: &Played) -> Value {
    let json: Value = serde_json::from_str(&played.stdout).expect("an object and nothing else");
    assert!(json.is_object(), "{json}");
    json
}

fn number(json: &Value, key: &str) -> f64 {
    json[key]
        .as_f64()
        .unwrap_or_else(|| panic!("{key}: {}", json[key]))
}

#[test]
fn json_says_what_happened() {
    let place = Place::new();
    let arguments = [
        "--json",
        "--buffer",
        "128",
        "--seed",
        "5",
        "--polyphony",
        "3",
        "--instrument",
        "oboe",
    ];
    let lines =
        "help\nstatus\nfrobnicate\ngate 0.05\nqet zcb q\ndevice cpu\ninstrument viola\nstatus\n";
    let played = place.play(&arguments, lines);
    let json = json(&played);
    let wav = place.assert_replays(&[]);
    let frames = wav.channels[0].len() as f64;
    assert_eq!(number(&json, "frames"), frames);
    assert!((number(&json, "duration_s") - frames / 8000.0).abs() < 1e-9);
    assert_eq!(number(&json, "sample_rate_hz"), 8000.0);
    assert_eq!(number(&json, "buffer"), 128.0);
    assert_eq!(json["audio_device"], "null");
    assert_eq!(json["device"], "cpu");
    assert_eq!(json["instruments"], "viola (recorded)");
    assert_eq!(number(&json, "seed"), 5.0);
    assert_eq!(number(&json, "notes"), 7.0);
    let ons = place.events();
    let ons = ons
        .iter()
        .filter(|(_, event)| matches!(event, Event::NoteOn { .. }));
    assert_eq!(ons.count(), 7);
    assert_eq!(number(&json, "most_voices"), 3.0);
    assert!(number(&json, "stolen_voices") >= 1.0);
    let peak_dbfs = 20.0 * f64::from(peak(&wav)).log10();
    assert!((number(&json, "peak_dbfs") - peak_dbfs).abs() < 1e-6);
    // Whatever the machine: numbers that are possible.
    assert!(number(&json, "late_periods") >= 0.0);
    let loads = ["load_median", "load_p99", "load_most"].map(|key| number(&json, key));
    assert!(loads.is_sorted() && loads[0] > 0.0, "{loads:?}");
    assert!(number(&json, "most_shedding") >= 0.0);
    let columns = &json["columns"];
    assert!(number(columns, "cpu") > 50.0, "{columns}");
    for none in ["taken", "stale", "late", "failed"] {
        assert_eq!(number(columns, none), 0.0, "{columns}");
    }
    for none in [
        "lost_events",
        "non_finite",
        "unrecorded_frames",
        "lost_records",
    ] {
        assert_eq!(number(&json, none), 0.0, "{none}");
    }
    assert_eq!(json["recording"], RECORDING);
    assert_eq!(json["event_log"], LOG);
    // Everything else is on standard error.
    for said in [
        "q 2 w 3 e r 5 t 6 y 7 u",
        "status: ",
        "audio device: null",
        "instrument: viola",
        "ane-synth: line 3: frobnicate",
    ] {
        assert!(played.stderr.contains(said), "{said}: {}", played.stderr);
    }
}

#[test]
fn json_of_a_session_that_is_silent_and_keeps_nothing() {
    let place = Place::new();
    let output = place.run(&[
        "play",
        "--audio-device",
        "null",
        "--json",
        "--sample-rate",
        "8000",
        "--instrument",
        "flute",
        "--device",
        "reference",
    ]);
    assert!(output.status.success());
    assert!(place.names().is_empty());
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    for null in ["peak_dbfs", "recording", "event_log"] {
        assert_eq!(json[null], Value::Null, "{null}");
    }
    assert_eq!(json["device"], "reference");
    assert_eq!(number(&json, "notes"), 0.0);
    assert!(number(&json, "frames") > 0.0);
}

#[test]
fn columns_are_counted_by_where_they_came_from() {
    let place = Place::new();
    let lines = "on c4\nwait 0.4\non e4\nwait 0.2\ndevice cpu\nwait 0.2\n";
    let played = place.play(&["--json", "--device", "reference"], lines);
    let json = json(&played);
    let columns = &json["columns"];
    assert!(number(columns, "taken") > 0.0, "{columns}");
    assert!(number(columns, "cpu") > 0.0, "{columns}");
    assert_eq!(number(columns, "failed"), 0.0, "{columns}");
    // One column a voice and hop of 64 samples: two voices from their beginnings to their ends.
    let all: f64 = ["taken", "stale", "late", "failed", "cpu"]
        .iter()
        .map(|key| number(columns, key))
        .sum();
    let most = 2.0 * (number(&json, "frames") / 64.0 + 2.0);
    assert!(
        all <= most && all >= 0.8 * 8000.0 / 64.0,
        "{columns}: {all} of {most}"
    );
    assert_eq!(json["device"], "cpu");
}

#[test]
fn the_last_lines_say_it_for_people() {
    let place = Place::new();
    let played = place.play(&[], "gate 0.05\nq w\n");
    assert_eq!(played.stderr, "");
    let lines: Vec<&str> = played.stdout.lines().collect();
    let [first, device, audio, so, load, columns, recording, log] = lines[..] else {
        panic!("{}", played.stdout);
    };
    assert!(first.starts_with("flute (recorded), 8000 Hz, 256 samples at a time (32.0 ms)"));
    assert!(device.starts_with("device: cpu"));
    assert!(audio.starts_with("audio device: null"));
    assert!(
        so.starts_with("played ") && so.contains(" 2 notes, at most "),
        "{so}"
    );
    assert!(
        load.starts_with("load ") && load.ends_with(" 0 events lost"),
        "{load}"
    );
    assert!(
        columns.starts_with("columns 0 taken, 0 stale, 0 late, 0 failed, "),
        "{columns}"
    );
    assert_eq!(
        [recording, log],
        ["recording: played.wav", "event log: played.jsonl"]
    );
}

#[test]
fn verbose_tells_how_it_goes() {
    let place = Place::new();
    let mut playing = place.start(&["--verbose"]);
    playing.say("on c4\n");
    playing.wait_for_word("status: 1 voices, peak -");
    let played = playing.end();
    assert_eq!(played.code, Some(0), "{}", played.stderr);
}

#[test]
fn json_of_a_replay() {
    let place = Place::new();
    place.play(&["--seed", "9"], "gate 0.05\nq\n");
    let log = place.log();
    for (output, bits) in [("again.wav", "32f"), ("again.flac", "24"), ("-", "32f")] {
        let replayed = place.replay(output, &["--json"]);
        assert!(replayed.status.success());
        let text = match output {
            // The sound is on standard output.
            "-" => replayed.stderr,
            _ => {
                assert!(replayed.stderr.is_empty());
                replayed.stdout
            }
        };
        let json: Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(json["events"], LOG);
        assert_eq!(json["output"], output);
        assert_eq!(json["frames"], log.frames);
        assert_eq!(json["sample_rate_hz"], 8000);
        assert_eq!(json["bits"], bits);
        assert_eq!(json["device"], "cpu");
        assert_eq!(json["seed"], 9);
        assert_eq!(json["notices"], serde_json::json!([]));
        let peak_dbfs = 20.0 * f64::from(peak(&place.wav(RECORDING))).log10();
        assert!((number(&json, "peak_dbfs") - peak_dbfs).abs() < 1e-6);
    }
    // A log without an end says so in both places.
    let whole = place.log_bytes();
    place.write(LOG, &whole[..whole.len() - 3]);
    let replayed = place.replay("again.wav", &["--json"]);
    let json: Value = serde_json::from_slice(&replayed.stdout).unwrap();
    let notice = json["notices"][0].as_str().unwrap();
    assert!(notice.starts_with("has no end"), "{notice}");
    assert!(String::from_utf8(replayed.stderr).unwrap().contains(notice));
}
