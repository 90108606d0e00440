//! `ane-synth doctor` tells all that it can of a machine, nothing of whose it is, and whether sound can
//! be made.

use std::process::{Command, Output};

use serde_json::Value;

fn doctor(arguments: &[&str], simd: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ane-synth"))
        .arg("doctor")
        .args(arguments)
        .env("ANE_SYNTH_SIMD", simd)
        .output()
        .unwrap()
}

fn text_of(output: &Output) -> String {
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaints}");
    assert!(output.stderr.is_empty(), "{complaints}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn number(object: &Value, key: &str) -> f64 {
    let number = object[key].as_f64();
    number.unwrap_or_else(|| panic!("{key} is no number: {object}"))
}

#[test]
fn json_has_every_finding_and_can_be_written_to_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.json");
    let printed = text_of(&doctor(
        &["--quick", "--json", "-o", file.to_str().unwrap()],
        "",
    ));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), printed);
    let findings: Value = serde_json::from_str(&printed).unwrap();
    for key in ["version", "machine", "simd"] {
        assert!(!findings[key].as_str().unwrap().is_empty(), "{key}");
    }
    assert!(number(&findings, "fma_peak_gflops") > 0.0);

    let networks = findings["networks"].as_array().unwrap();
    let devices: Vec<&str> = networks
        .iter()
        .map(|n| n["device"].as_str().unwrap())
        .collect();
    assert_eq!(devices, ["cpu", "ane", "coreml"]);
    assert!(networks[0].get("why").is_none(), "{}", networks[0]);
    for network in networks {
        if let Some(why) = network.get("why") {
            assert!(why.as_str().unwrap().len() > 10, "{network}");
            assert!(network.get("paced").is_none(), "{network}");
            continue;
        }
        let error = number(network, "self_test_error");
        assert!((0.0..1e-2).contains(&error), "{network}");
        assert!(number(network, "prepare_us") > 0.0 && number(network, "cold_us") > 0.0);
        for how in ["back_to_back", "paced"] {
            let quantiles = ["p50_us", "p99_us", "p999_us", "max_us"];
            let quantiles = quantiles.map(|key| number(&network[how], key));
            assert!(quantiles[0] > 0.0 && quantiles.is_sorted(), "{network}");
            assert!(number(&network[how], "cpu_us") > 0.0, "{network}");
        }
    }

    assert!(!findings["audio"]["systems"].as_array().unwrap().is_empty());
    assert!(number(&findings["midi"], "inputs") >= 0.0);
    let instruments = findings["instruments"].as_array().unwrap();
    assert_eq!(instruments.len(), 18);
    assert!(
        instruments.iter().all(|found| found["sounds"] == true),
        "{findings}"
    );
    assert_eq!(findings["renders"], true);
    let has_output = !findings["audio"]["played_on"].is_null();
    assert_eq!(findings["plays"], has_output);
}

#[test]
fn nobody_is_named() {
    let printed = text_of(&doctor(&["--quick", "--json"], ""));
    let mut private: Vec<String> = ["HOME", "USER", "LOGNAME", "HOSTNAME"]
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .collect();
    private.extend(std::fs::read_to_string("/proc/sys/kernel/hostname").ok());
    for word in private
        .iter()
        .map(|word| word.trim())
        .filter(|word| word.len() > 3)
    {
        // A user called root or runner may be part of any word.
        let named = printed.split(|c: char| !(c.is_alphanumeric() || "/-_.".contains(c)));
        assert!(
            !named.into_iter().any(|found| found == word),
            "{word}: {printed}"
        );
    }
    assert!(!printed.contains(env!("CARGO_MANIFEST_DIR")), "{printed}");
}

#[test]
fn the_text_says_the_same() {
    let printed = text_of(&doctor(&["--quick"], "scalar"));
    for line_begins in [
        "ane-synth ",
        "machine ",
        "SIMD ",
        "on cpu ",
        "on ane ",
        "on coreml ",
        "audio ",
        "MIDI inputs ",
        "instruments ",
        "sound ",
    ] {
        let has_line = printed.lines().any(|line| line.starts_with(line_begins));
        assert!(has_line, "{line_begins}: {printed}");
    }
    assert!(printed.contains("scalar;"), "{printed}");
    assert!(printed.contains("18, every one sounds"), "{printed}");
    assert!(!printed.contains("WRONG"), "{printed}");
}

#[test]
fn a_place_that_cannot_be_written_is_one_line() {
    let output = doctor(&["--quick", "-o", "/no/such/folder/report.json"], "");
    assert_eq!(output.status.code(), Some(2));
    let line = String::from_utf8(output.stderr).unwrap();
    assert!(
        line.contains("/no/such/folder/report.json") && line.lines().count() == 1,
        "{line}"
    );
}
