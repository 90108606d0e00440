//! `bounded_memory` bites: a child process that asks for too much inside it dies by abort, and
//! nothing else does.

use std::hint::black_box;
use std::process::Output;

use testkit::{Mutations, bounded_memory};

const ROLE: &str = "TESTKIT_BOUNDED_MEMORY_ROLE";

const LIMIT: usize = 1 << 20;

/// Not a check of its own: what a child does, chosen by the parent. Without a role it passes.
#[test]
fn child() {
    let _alone = testkit::alone();
    let Ok(role) = std::env::var(ROLE) else {
        return;
    };
    match role.as_str() {
        "below" => bounded_memory(LIMIT, || {
            for _ in 0..1000 {
                black_box(vec![1_u8; LIMIT / 2]);
            }
        }),
        "at once" => bounded_memory(LIMIT, || drop(black_box(vec![0_u8; LIMIT + 1]))),
        "bit by bit" => bounded_memory(LIMIT, || {
            let blocks: Vec<Vec<u8>> = (0..200).map(|_| vec![1; LIMIT / 100]).collect();
            black_box(blocks);
        }),
        "by growing" => bounded_memory(LIMIT, || {
            let mut bytes = Vec::new();
            for byte in 0..2 * LIMIT {
                bytes.push(byte as u8);
            }
            black_box(bytes);
        }),
        "afterwards" => {
            bounded_memory(LIMIT, || ());
            black_box(vec![1_u8; 2 * LIMIT]);
        }
        "politely" => bounded_memory(LIMIT, || {
            assert!(Vec::<u8>::new().try_reserve_exact(2 * LIMIT).is_err());
        }),
        "panic" => bounded_memory(1, || panic!("on purpose")),
        "mutant" => {
            let mutations = Mutations {
                inputs: &[vec![0; 4]],
                words: &[],
                count: 10_000,
                most_live_bytes: LIMIT,
            };
            let mut seen = 0;
            mutations.run(|bytes| {
                seen += 1;
                assert!(seen < 500 || bytes == [0; 4], "on purpose");
                bytes == [0; 4]
            });
        }
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
fn code_within_its_limit_passes() {
    let _alone = testkit::alone();
    for role in ["below", "afterwards", "politely"] {
        let output = run_child(role);
        assert!(output.status.success(), "{role}: {output:?}");
    }
}

#[test]
fn more_than_the_limit_aborts() {
    let _alone = testkit::alone();
    for role in ["at once", "bit by bit", "by growing"] {
        let output = run_child(role);
        assert!(!output.status.success(), "{role} was not noticed");
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(
            message.contains("memory allocation of"),
            "{role}: {message}"
        );
    }
}

#[test]
fn a_panic_inside_is_told_as_ever_and_a_mutant_that_caused_one_is_kept() {
    let _alone = testkit::alone();
    for role in ["panic", "mutant"] {
        let output = run_child(role);
        assert_eq!(output.status.code(), Some(101), "{role}: {output:?}");
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(message.contains("on purpose"), "{role}: {message}");
        if role == "mutant" {
            let (_, path) = message.split_once(" is kept as ").expect("a path");
            let path = path.lines().next().unwrap();
            assert!(std::fs::read(path).is_ok_and(|bytes| bytes != [0; 4]));
            std::fs::remove_file(path).unwrap();
        }
    }
}

#[test]
fn a_reader_that_takes_all_or_refuses_all_is_not_tested() {
    let _alone = testkit::alone();
    let run = |answer: fn(&[u8]) -> bool| {
        let mutations = Mutations {
            inputs: &[vec![1; 8]],
            words: &[],
            count: 2_000,
            most_live_bytes: LIMIT,
        };
        std::panic::catch_unwind(|| mutations.run(answer))
    };
    assert!(run(|_| true).is_err());
    assert!(
        run(|bytes| bytes == [1; 8]).is_ok(),
        "a few stay as they were"
    );
    assert!(run(|bytes| bytes.first() == Some(&1)).is_ok());
}
