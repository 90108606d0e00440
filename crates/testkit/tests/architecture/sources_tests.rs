//! Each rule bites on a planted violation and lets its neighbour pass.

use super::check;

fn complaints(path: &str, text: &str) -> String {
    check(path, text)
        .iter()
        .map(|violation| format!("{violation}\n"))
        .collect()
}

fn assert_bites(path: &str, text: &str, expected: &str) {
    let found = complaints(path, text);
    assert!(found.contains(expected), "{path}: {text}\nfound: {found:?}");
}

fn assert_passes(path: &str, text: &str) {
    assert_eq!(complaints(path, text), "", "{path}: {text}");
}

const ROOT: &str = "#![forbid(unsafe_code)]\n";

#[test]
fn names_that_say_nothing() {
    for path in [
        "crates/mil/src/utils.rs",
        "crates/mil/src/helpers.rs",
        "crates/mil/src/common/blob.rs",
        "crates/mil/tests/common/mod.rs",
    ] {
        assert_bites(path, "", "name it by what it holds");
    }
    assert_passes("crates/mil/src/common_subexpression.rs", "");
}

#[test]
fn long_files() {
    assert_bites("crates/mil/src/op.rs", &"//\n".repeat(801), "801 lines");
    assert_passes("crates/mil/src/op.rs", &"//\n".repeat(800));
}

#[test]
fn questions_about_the_system() {
    for text in [
        r#"#[cfg(target_os = "macos")] fn f() {}"#,
        r#"#[cfg(not(any(target_vendor = "apple")))] fn f() {}"#,
        r#"fn f() -> bool { cfg!(target_family = "unix") }"#,
        r#"#[cfg_attr(target_os = "linux", test)] fn f() {}"#,
        "#[cfg(unix)] fn f() {}",
        "#[cfg(all(test, not(windows)))] fn f() {}",
        "fn f() -> bool { cfg!(windows) }",
        "cfg_select! { windows => {} _ => {} }",
        "use std::os::unix::process::ExitStatusExt;",
        "use std::{fmt, os::fd::AsFd};",
    ] {
        for path in [
            "crates/synth-io/src/audio_file/mod.rs",
            "crates/testkit/tests/x.rs",
            "crates/mil/build.rs",
        ] {
            assert_bites(path, text, "asks for the system");
        }
        assert_passes("crates/synth-io/src/device.rs", text);
        assert_passes("crates/ane-bridge/src/sys/apple.rs", text);
    }
    assert_bites(
        "crates/mil/src/a.rs",
        "\n\n#[cfg(unix)]",
        "crates/mil/src/a.rs:3",
    );
    assert_passes(
        "crates/synth-io/src/audio_file/mod.rs",
        "// cfg(target_os)\nfn f() { x.windows(2); }",
    );
    assert_passes(
        "crates/synth-io/src/audio_file/mod.rs",
        "fn f() { g(\"cfg(unix)\") } #[cfg(test)] mod t;",
    );
}

#[test]
fn questions_about_the_processor() {
    for text in [
        r#"#[cfg(target_arch = "x86_64")] mod avx2;"#,
        r#"#[target_feature(enable = "avx2")] fn f() {}"#,
        r#"const FAST: bool = cfg!(target_feature = "fma");"#,
    ] {
        for path in [
            "crates/synth-dsp/src/harmonic_bank.rs",
            "crates/synth-dsp/tests/levels.rs",
            "crates/mil-runtime/src/cpu/plan.rs",
            "crates/synth-model/src/simd.rs",
        ] {
            assert_bites(path, text, "asks for the processor");
        }
        assert_passes("crates/synth-dsp/src/simd/mod.rs", text);
        assert_passes("crates/synth-dsp/src/simd.rs", text);
        assert_passes("crates/mil-runtime/src/cpu/simd/avx2.rs", text);
    }
}

#[test]
fn unsafe_outside_its_addresses() {
    let text = "fn f(p: *const u8) -> u8 { unsafe { *p } }";
    assert_bites("crates/synth-dsp/src/ramp.rs", text, "no address");
    assert_bites("crates/mil-runtime/src/cpu/plan.rs", text, "no address");
    assert_bites("crates/synth-engine/tests/soak.rs", text, "no address");
    assert_passes("crates/synth-dsp/src/simd/avx2.rs", text);
    assert_passes("crates/mil-runtime/src/cpu/simd/avx2.rs", text);
    assert_passes(
        "crates/synth-dsp/src/lib.rs",
        "#![deny(unsafe_op_in_unsafe_fn)]",
    );
}

#[test]
fn a_root_that_does_not_forbid_unsafe_code() {
    for path in [
        "crates/testkit/src/lib.rs",
        "crates/ane-synth-app/src/main.rs",
        "crates/ane-synth-app/src/bin/ane-bench.rs",
        "crates/ane-synth-app/src/bin/ane-bench/main.rs",
    ] {
        assert_bites(path, "// #![forbid(unsafe_code)]", "must say");
        assert_bites(path, "#![deny(unsafe_code)]", "must say");
        assert_passes(path, ROOT);
        assert_passes(path, "#![forbid(missing_docs, unsafe_code)]");
    }
    assert_passes("crates/synth-dsp/src/lib.rs", "");
    assert_passes("crates/mil/src/op/mod.rs", "");
}

#[test]
fn an_engine_that_knows_hardware_or_files() {
    for text in [
        "use mil_runtime::cpu::CpuDevice;",
        "fn f(device: &dyn Device) {}",
        "use mil::Program;",
        "fn f() { flac_codec::parse(&[]) }",
        "use hound::WavReader;",
        "fn f() { std::fs::read(path) }",
        "use std::{sync::Arc, fs::File};",
        "use std::{fs, io};",
        "use std::process::Command;",
    ] {
        assert_bites("crates/synth-engine/src/renderer.rs", text, "knows no");
        assert_passes("crates/synth-engine/tests/render.rs", text);
        let in_tests = format!("fn f() {{}}\n#[cfg(test)]\nmod tests {{ {text} }}");
        assert_passes("crates/synth-engine/src/renderer.rs", &in_tests);
    }
    assert_passes(
        "crates/synth-engine/src/renderer.rs",
        "use std::{sync::{Arc, fs}, fmt};",
    );
    assert_passes(
        "crates/synth-engine/src/lib.rs",
        &format!("{ROOT}//! No Device, no std::fs."),
    );
}

#[test]
fn a_compiler_that_knows_the_synth() {
    for name in ["synth-model", "synth_engine", "ane-synth-app"] {
        let comment = format!("// used by {name}.");
        assert_bites("crates/mil/src/program.rs", &comment, "must not name");
        assert_bites("crates/ane-bridge/src/kernel.rs", &comment, "must not name");
    }
    assert_bites(
        "crates/mil/src/program.rs",
        "struct SynthNetwork;",
        "knows no SynthNetwork",
    );
    assert_passes(
        "crates/mil/src/program.rs",
        "// part of ane-synth\nfn synthesize() {}",
    );
    assert_passes("crates/mil-runtime/src/device.rs", "// used by synth-model");
}

#[test]
fn signal_processing_that_knows_notes() {
    for text in [
        "fn note_hz(n: f64) -> f64 { n }",
        "struct NoteOn;",
        "fn from_midi(k: u8) {}",
    ] {
        assert_bites("crates/synth-dsp/src/phase.rs", text, "knows no");
        assert_passes("crates/synth-dsp/tests/bank.rs", text);
    }
    assert_passes(
        "crates/synth-dsp/src/phase.rs",
        "// a note\nfn denote(annotated: u8) {}",
    );
}
