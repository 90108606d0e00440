//! `ane-bench` prints whole tables: every row is measured or says why it is not.

use std::process::{Command, Output};

use serde_json::Value;

/// Every row of every table, and whether a machine without Apple's hardware can run it.
const ROWS: [(&str, &str, bool); 17] = [
    ("inference", "Direct ANE", false),
    ("inference", "CoreML", false),
    ("inference", "CPU SIMD", true),
    ("inference", "CPU SIMD, 130 outputs", true),
    ("inference", "CPU scalar", true),
    ("startup", "Direct ANE", false),
    ("startup", "CoreML", false),
    ("startup", "CPU", true),
    ("additive", "scalar sin() loop", true),
    ("additive", "vDSP", false),
    ("additive", "ours", true),
    ("additive", "scalar sin() loop, flat", true),
    ("additive", "ours, flat", true),
    ("pipeline", "Direct ANE + ours", false),
    ("pipeline", "CoreML + scalar", false),
    ("pipeline", "CPU SIMD + ours", true),
    ("pipeline", "CPU scalar + scalar", true),
];

/// What a buffer of 512 samples lasts at 44.1 kHz.
const DEADLINE_US: f64 = 512.0 / 44_100.0 * 1e6;

fn run(arguments: &[&str], simd: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ane-bench"))
        .args(arguments)
        .env("ANE_SYNTH_SIMD", simd)
        .output()
        .unwrap()
}

fn text_of(output: &Output) -> &str {
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaints}");
    assert!(output.stderr.is_empty(), "{complaints}");
    std::str::from_utf8(&output.stdout).unwrap()
}

fn number(object: &Value, key: &str) -> f64 {
    let number = object[key].as_f64();
    let number = number.unwrap_or_else(|| panic!("{key} is no number: {object}"));
    assert!(number.is_finite() && number > 0.0, "{key}: {number}");
    number
}

fn assert_row(row: &Value, runs_everywhere: bool) {
    const NUMBERS: [&str; 5] = ["p5_us", "p50_us", "p99_us", "cpu_us", "ratio"];
    if let Some(why) = row.get("why") {
        assert!(!runs_everywhere, "{row}");
        assert!(why.as_str().unwrap().len() > 10, "{row}");
        for key in NUMBERS {
            assert!(row[key].is_null(), "{key} of what was not measured: {row}");
        }
        return;
    }
    let [p5_us, p50_us, p99_us, _, ratio] = NUMBERS.map(|key| number(row, key));
    assert!(p5_us <= p50_us && p50_us <= p99_us, "{row}");
    if row["row"] == row["baseline"] {
        assert_eq!(ratio, 1.0);
    }
}

#[test]
fn json_has_every_figure() {
    let output = run(&["--quick", "--json"], "");
    let report: Value = serde_json::from_str(text_of(&output)).unwrap();
    for key in ["machine", "simd", "version"] {
        assert!(!report[key].as_str().unwrap().is_empty(), "{key}");
    }
    assert_eq!(report["quick"], true);
    for key in [
        "fma_peak_gflops",
        "network_peak_share",
        "oscillator_times_scalar",
        "oscillator_flat_times_scalar",
    ] {
        number(&report, key);
    }
    // The project's gate, on the short stretch that --quick looks at.
    for key in ["oscillator_snr_db", "oscillator_flat_snr_db"] {
        assert!(number(&report, key) >= 120.0, "{key}: {}", report[key]);
    }

    let rows = report["rows"].as_array().unwrap();
    let names: Vec<[&str; 2]> = rows
        .iter()
        .map(|row| ["table", "row"].map(|key| row[key].as_str().unwrap()))
        .collect();
    assert_eq!(names, ROWS.map(|(table, row, _)| [table, row]));
    for (row, (_, _, runs_everywhere)) in rows.iter().zip(ROWS) {
        assert_row(row, runs_everywhere);
    }
    for table in ["inference", "startup", "additive", "pipeline"] {
        let mut of_table = rows.iter().filter(|row| row["table"] == table);
        let has_baseline = of_table.any(|row| row["row"] == row["baseline"]);
        assert!(has_baseline, "{table} has no baseline");
    }

    let voices = report["voices"].as_array().unwrap();
    let counts: Vec<f64> = voices.iter().map(|cost| number(cost, "voices")).collect();
    assert_eq!(counts, [1.0, 8.0, 64.0]);
    for cost in voices {
        let us = number(cost, "us");
        let us_per_voice = us / number(cost, "voices");
        assert!((number(cost, "us_per_voice") / us_per_voice - 1.0).abs() < 1e-9);
        assert!((number(cost, "deadline_share") / (us / DEADLINE_US) - 1.0).abs() < 1e-9);
    }
    // What is measured a few times only may come out at nothing, so the figures are not judged here.
    let shared = report["shared"].as_array().unwrap();
    let parts: Vec<&str> = shared.iter().map(|c| c["part"].as_str().unwrap()).collect();
    assert_eq!(parts, ["noise", "room", "limiter"]);
    assert!(
        shared
            .iter()
            .all(|cost| cost["us"].as_f64().unwrap().is_finite())
    );
}

#[test]
fn tables_fit_a_terminal_and_begin_with_the_machine() {
    let output = run(&["--quick"], "scalar");
    let text = text_of(&output);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("machine "), "{text}");
    assert!(lines[1].ends_with(" scalar"), "{text}");
    for line in &lines {
        assert!(line.chars().count() <= 100, "{line}");
    }
    assert!(text.contains("not to be quoted"), "{text}");
    for (_, row, runs_everywhere) in ROWS {
        let row_begins = format!("  {row} ");
        let mut found = lines.iter().filter(|line| line.starts_with(&row_begins));
        let line = found.next().unwrap_or_else(|| panic!("no {row}: {text}"));
        assert!(
            !(runs_everywhere && line.contains("not measured")),
            "{line}"
        );
    }
}

#[test]
fn what_cannot_be_understood_is_one_line() {
    for (arguments, simd, wanted) in [
        (&["--fast"][..], "", "--fast"),
        (&["--quick"], "mmx", "ANE_SYNTH_SIMD"),
        (&["--quick", "more"], "", "more"),
    ] {
        let output = run(arguments, simd);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty());
        let line = String::from_utf8(output.stderr).unwrap();
        assert!(
            line.starts_with("ane-bench: ") && line.contains(wanted),
            "{line}"
        );
        assert_eq!(line.lines().count(), 1, "{line}");
    }
    let help = run(&["--help"], "");
    assert!(text_of(&help).contains("--quick"));
}
