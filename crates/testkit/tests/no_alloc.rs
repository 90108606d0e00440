//! `no_alloc` bites: a child process that allocates inside it dies by abort.

use std::hint::black_box;
use std::process::Output;
use testkit::no_alloc;

const ROLE: &str = "TESTKIT_NO_ALLOC_ROLE";

/// Exit status of a test binary with a failed test, i.e. of a panic.
const PANICKED: i32 = 101;

/// Not a check of its own: what a child does, chosen by the parent. Without a role it passes.
#[test]
fn child() {
    let Ok(role) = std::env::var(ROLE) else {
        return;
    };
    let mut kept = vec![1_u8; 16];
    match role.as_str() {
        "silent" => no_alloc(|| black_box(&mut kept).fill(2)),
        "outside" => {
            no_alloc(|| black_box(&mut kept).fill(2));
            black_box(vec![1_u8; 4096]);
        }
        "allocates" => no_alloc(|| std::mem::forget(black_box(vec![1_u8; 4096]))),
        "zeroed" => no_alloc(|| std::mem::forget(black_box(vec![0_u8; 4096]))),
        "grows" => no_alloc(|| black_box(&mut kept).extend([3; 4096])),
        "frees" => no_alloc(|| drop(black_box(std::mem::take(&mut kept)))),
        other => panic!("no such role: {other}"),
    }
}

fn run_child(role: &str) -> Output {
    testkit::own_program()
        .unwrap()
        .args(["child", "--exact", "--nocapture", "--test-threads=1"])
        .env(ROLE, role)
        .output()
        .unwrap()
}

#[test]
fn code_that_does_not_allocate_passes() {
    for role in ["silent", "outside"] {
        let output = run_child(role);
        assert!(output.status.success(), "{role}: {output:?}");
    }
}

#[test]
fn any_use_of_the_allocator_aborts() {
    // Portable sign of an abort: neither success nor a panic's exit status, and the allocator's
    // own message. Where a signal ended the process there is no exit code at all.
    for role in ["allocates", "zeroed", "grows", "frees"] {
        let output = run_child(role);
        assert!(!output.status.success(), "{role} was not noticed");
        assert_ne!(
            output.status.code(),
            Some(PANICKED),
            "{role} panicked instead: {output:?}"
        );
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(
            message.contains("memory allocation of"),
            "{role}: {message}"
        );
    }
}

#[test]
fn a_value_comes_back() {
    assert_eq!(no_alloc(|| 6 * 7), 42);
}
