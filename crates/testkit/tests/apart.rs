//! A test that runs apart has its own environment and standard error, and fails if it fails there.

use std::panic::catch_unwind;

use testkit::{apart, run_apart};

#[test]
fn a_process_apart_has_its_own_environment_and_standard_error() {
    let test = "a_process_apart_has_its_own_environment_and_standard_error";
    let output = apart(
        test,
        &[("ANE_SYNTH_GREETING", "good day".to_owned())],
        || {
            eprintln!("{}", std::env::var("ANE_SYNTH_GREETING").unwrap());
        },
    );
    if let Some(output) = output {
        assert_eq!(output.stderr, b"good day\n");
        assert!(std::env::var("ANE_SYNTH_GREETING").is_err());
    }
}

#[test]
fn a_failure_apart_is_a_failure_here() {
    let run = || {
        apart("a_failure_apart_is_a_failure_here", &[], || {
            panic!("a reason")
        })
    };
    let message = match catch_unwind(run) {
        Err(payload) => *payload
            .downcast::<String>()
            .expect("a reason, in the process apart"),
        Ok(_) => panic!("the failure was lost"),
    };
    assert!(message.contains("a reason"), "{message}");
}

#[test]
fn a_failure_apart_can_be_looked_at() {
    let output = run_apart("a_failure_apart_can_be_looked_at", &[], || {
        panic!("a reason")
    });
    if let Some(output) = output {
        assert!(!output.status.success());
        assert!(String::from_utf8_lossy(&output.stderr).contains("a reason"));
    }
}

#[test]
#[should_panic(expected = "there is no test")]
fn a_test_of_another_name_is_no_success() {
    apart("no_such_test", &[], || ());
}
