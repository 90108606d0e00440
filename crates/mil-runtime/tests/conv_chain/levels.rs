//! Which instruction sets the suite covers here, and that the one asked for is the one in use.

use std::io::ErrorKind;
use std::sync::Once;

use mil_runtime::cpu::Level;
use mil_runtime::cpu::conv_chain::ConvChain;

use crate::twin::network;

/// The levels this machine has; the others are counted and printed, once.
pub(crate) fn available() -> Vec<Level> {
    let (here, skipped): (Vec<_>, Vec<_>) = Level::ALL
        .into_iter()
        .partition(|level| level.is_available());
    let names: Vec<_> = skipped.iter().map(|level| level.name()).collect();
    static PRINTED: Once = Once::new();
    PRINTED.call_once(|| {
        let (tested, skipped) = (here.len(), skipped.len());
        println!(
            "levels tested: {tested}; skipped: {skipped} ({})",
            names.join(", ")
        );
    });
    here
}

/// What the operating system says of the processor, as a check that detection has not silently lost
/// a level.
#[test]
fn no_level_that_the_machine_has_is_skipped() {
    let here = available();
    assert!(here.contains(&Level::Scalar));
    match std::env::consts::ARCH {
        "x86_64" => {
            assert!(here.contains(&Level::Sse2));
            let Ok(info) = std::fs::read_to_string("/proc/cpuinfo") else {
                println!("skipped: no /proc/cpuinfo to hold AVX detection against");
                return;
            };
            let has = |flag: &str| info.split_whitespace().any(|word| word == flag);
            let avx2 = has("avx2") && has("fma");
            assert_eq!(here.contains(&Level::Avx2), avx2, "AVX2 with FMA");
            let avx512 = avx2 && has("avx512f") && has("avx512vl");
            assert_eq!(here.contains(&Level::Avx512), avx512, "AVX-512 F and VL");
        }
        "aarch64" => assert!(here.contains(&Level::Neon)),
        other => println!("nothing more is asked of {other}"),
    }
}

/// True in any environment; run again below in each of the environments that matter.
#[test]
fn the_level_in_use_is_the_one_asked_for() {
    let expected = match Level::forced() {
        Some(Ok(level)) if level.is_available() => level,
        _ => Level::widest(),
    };
    let chain = ConvChain::new(network(&[4, 5], 1), 8).unwrap();
    assert_eq!(chain.level(), expected);
    println!("level in use: {expected}");
}

#[test]
fn the_environment_forces_the_level() {
    let Some(plain) = level_in_use("") else {
        return;
    };
    assert_eq!(plain, Level::widest().name());
    for level in available() {
        assert_eq!(level_in_use(level.name()).as_deref(), Some(level.name()));
    }
    assert_eq!(level_in_use("mmx").as_deref(), Some(Level::widest().name()));
}

/// Runs the test above in a process of its own with `ANE_SYNTH_SIMD` set, and returns what it
/// printed; `None` where a test cannot start itself again.
fn level_in_use(forced: &str) -> Option<String> {
    let output = testkit::own_program().and_then(|mut program| {
        program
            .args([
                "--exact",
                "levels::the_level_in_use_is_the_one_asked_for",
                "--nocapture",
            ])
            .env("ANE_SYNTH_SIMD", forced)
            .output()
    });
    let output = match output {
        Ok(output) => output,
        // ENOEXEC: this process runs in an emulator that the operating system does not know of.
        Err(error) if error.kind() == ErrorKind::Unsupported || error.raw_os_error() == Some(8) => {
            println!("skipped: this program cannot start itself again ({error})");
            return None;
        }
        Err(error) => panic!("cannot start the test again: {error}"),
    };
    assert!(output.status.success(), "{forced}: {output:?}");
    let printed = String::from_utf8(output.stdout).unwrap();
    let (_, level) = printed
        .split_once("level in use: ")
        .expect("the test prints its level");
    level.lines().next().map(String::from)
}
