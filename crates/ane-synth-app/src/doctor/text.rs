//! The findings as lines for people.

use super::Findings;
use super::accelerated::Ladder;
use super::latency::Latency;
use super::live::{Audio, Midi};
use super::networks::{Measured, Network};
use crate::printable;

pub(super) fn lines(findings: &Findings) -> Vec<String> {
    let mut lines = vec![
        entry(
            "ane-synth",
            &format!("{}{}", findings.version, build(findings)),
        ),
        entry("machine", &findings.machine),
        entry(
            "SIMD",
            &format!(
                "{}; FMA peak {:.1} GFLOP/s on one core",
                findings.simd, findings.fma_peak_gflops
            ),
        ),
    ];
    findings
        .networks
        .iter()
        .for_each(|network| lines.extend(network_lines(network)));
    lines.extend(audio_lines(&findings.audio));
    lines.push(entry("MIDI inputs", &midi(&findings.midi)));
    lines.push(entry("instruments", &instruments(findings)));
    lines.push(entry("sound", sound(findings)));
    lines
}

fn entry(label: &str, text: &str) -> String {
    format!("{label:<12} {}", printable::one_line(text))
}

fn build(findings: &Findings) -> &'static str {
    match (findings.debug_build, findings.quick) {
        (true, _) => ", a debug build: slower than it can be",
        (false, true) => ", --quick: measured a few times only",
        (false, false) => "",
    }
}

fn network_lines(network: &Network) -> Vec<String> {
    let label = format!("on {}", network.device);
    let mut lines = match &network.measured {
        Some(measured) => measured_lines(&label, measured),
        None => vec![entry(
            &label,
            &format!(
                "not measured: {}",
                network.why.as_deref().unwrap_or("unknown")
            ),
        )],
    };
    let ladder = network.ladder.iter().flat_map(Ladder::lines);
    let core_ml = network.core_ml.iter().map(|core_ml| core_ml.line.clone());
    lines.extend(ladder.chain(core_ml).map(|line| entry("", &line)));
    lines
}

fn measured_lines(label: &str, measured: &Measured) -> Vec<String> {
    let verdict = if measured.is_right() { "" } else { ", WRONG" };
    vec![
        entry(
            label,
            &format!(
                "self-test off by {:.1e}{verdict}; ready in {:.0} us, first answer in {:.0} us",
                measured.self_test_error, measured.prepare_us, measured.cold_us
            ),
        ),
        entry("", &latency("back to back", &measured.back_to_back)),
        entry("", &latency("every 11.6 ms", &measured.paced)),
    ]
}

fn latency(how: &str, latency: &Latency) -> String {
    let Latency {
        calls,
        p50_us,
        p99_us,
        p999_us,
        max_us,
        cpu_us,
    } = latency;
    format!(
        "{how}: p50 {p50_us:.1}, p99 {p99_us:.1}, p99.9 {p999_us:.1}, max {max_us:.1}, cpu {cpu_us:.1} us of \
         {calls} calls"
    )
}

fn audio_lines(audio: &Audio) -> Vec<String> {
    let played_on = match (&audio.played_on, &audio.problem) {
        (Some(format), _) => match format.buffer {
            Some(buffer) => format!("{} Hz, {buffer} samples at a time", format.sample_rate_hz),
            None => format!("{} Hz", format.sample_rate_hz),
        },
        (None, problem) => format!(
            "none, for {}",
            problem.as_deref().unwrap_or("no reason told")
        ),
    };
    let mut lines = vec![entry("audio", &played_on)];
    lines.extend(audio.systems.iter().map(|system| {
        let (name, outputs, unusable) = (&system.name, system.outputs, system.unusable);
        match &system.problem {
            Some(problem) => entry("", &format!("{name}: {problem}")),
            None => entry(
                "",
                &format!("{name}: {outputs} outputs, {unusable} of them unusable now"),
            ),
        }
    }));
    lines
}

fn midi(midi: &Midi) -> String {
    match &midi.problem {
        Some(problem) => format!("none, for {problem}"),
        None => midi.inputs.to_string(),
    }
}

fn instruments(findings: &Findings) -> String {
    let silent = findings.instruments.iter().filter(|found| !found.sounds);
    let silent: Vec<&str> = silent.map(|found| found.name.as_str()).collect();
    let all = findings.instruments.len();
    match silent.as_slice() {
        [] => format!("{all}, every one sounds"),
        silent => format!("{all}, SILENT: {}", silent.join(", ")),
    }
}

fn sound(findings: &Findings) -> &'static str {
    match (findings.renders, findings.plays) {
        (true, true) => "can be rendered to files and played live",
        (true, false) => "can be rendered to files; there is nothing here to play live on",
        (false, _) => "cannot be made",
    }
}
