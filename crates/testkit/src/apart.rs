//! A test in a process of its own: for what belongs to a whole process, as its environment and its standard
//! error do.

use std::process::{Command, Output, Stdio};
use std::{env, io};

/// Tells that process what it is.
const VARIABLE: &str = "ANE_SYNTH_TEST_APART";

/// Names the emulator that runs the tests, with its arguments: the program of another processor cannot
/// be started without it. `scripts/check-arm64.sh` sets it.
const EMULATOR: &str = "ANE_SYNTH_TEST_EMULATOR";

/// The program that is running, to be started once more; through `ANE_SYNTH_TEST_EMULATOR` where that
/// is set.
///
/// # Errors
/// If the program does not know where it lies.
pub fn own_program() -> io::Result<Command> {
    let program = env::current_exe()?;
    let emulator = env::var(EMULATOR).unwrap_or_default();
    let mut words = emulator.split_whitespace();
    let Some(first) = words.next() else {
        return Ok(Command::new(program));
    };
    let mut command = Command::new(first);
    command.args(words).arg(program);
    Ok(command)
}

/// Runs `body` in a process of its own that has `environment` besides what this one has. `test` is the
/// calling test as `cargo test` names it: that process is the test's program once more, told to run
/// nothing else.
///
/// Gives what that process said and how it ended (its standard error is that of `body` alone), and `None`
/// in that process itself.
///
/// # Panics
/// If the process cannot be started or there is no test of that name; not if `body` does, which
/// [`apart`] is for.
pub fn run_apart(
    test: &str,
    environment: &[(&str, String)],
    body: impl FnOnce(),
) -> Option<Output> {
    if env::var_os(VARIABLE).is_some_and(|running| running == test) {
        body();
        return None;
    }
    let output = own_program().and_then(|mut program| {
        program
            .args([test, "--exact", "--nocapture", "--include-ignored"])
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .env(VARIABLE, test)
            .stdin(Stdio::null())
            .output()
    });
    let output = output.unwrap_or_else(|error| panic!("{test} cannot be run apart: {error}"));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        said.contains("running 1 test"),
        "there is no test {test}: {said}"
    );
    Some(output)
}

/// As [`run_apart`], and fails where `body` does.
///
/// # Panics
/// If `body` does, with what the process said; and as [`run_apart`] does.
pub fn apart(test: &str, environment: &[(&str, String)], body: impl FnOnce()) -> Option<Output> {
    let output = run_apart(test, environment, body)?;
    assert!(
        output.status.success(),
        "{test}, run apart, ended with {}\n{}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Some(output)
}
