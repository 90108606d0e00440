//! Asking Apple's coremltools, through the Python that the environment variable ANE_SYNTH_PYTHON names.

use std::ffi::OsStr;
use std::io::Write as _;
use std::process::{Command, Stdio};

/// What a script of `tests/oracle` prints for `input`, line by line; `None` without a Python.
pub(crate) fn oracle(script: &str, arguments: &[&OsStr], input: &str) -> Option<Vec<String>> {
    let Some(python) = std::env::var_os("ANE_SYNTH_PYTHON").filter(|python| !python.is_empty())
    else {
        println!("skipped: set ANE_SYNTH_PYTHON to a Python that has coremltools 9.0");
        return None;
    };
    let path = format!("{}/tests/oracle/{script}", env!("CARGO_MANIFEST_DIR"));
    let mut child = Command::new(python)
        .arg(path)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("ANE_SYNTH_PYTHON must name a Python interpreter");
    // A script that dies early closes its input; its own message says more than that.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script} failed:\n{errors}");
    Some(
        String::from_utf8(output.stdout)
            .unwrap()
            .lines()
            .map(str::to_owned)
            .collect(),
    )
}
