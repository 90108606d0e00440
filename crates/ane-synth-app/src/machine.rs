//! What this program runs on, in words that do not tell whose it is.

use std::env::consts::{ARCH, OS};
use std::fs;
use std::process::Command;

/// Processor, cores and system.
pub(crate) fn described() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let plural = if cores == 1 { "" } else { "s" };
    format!("{}, {cores} core{plural}, {}", processor(), system())
}

fn processor() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let named = value_of(&info, "model name", ':').map(str::to_owned);
    named
        .or_else(|| first_line("sysctl", &["-n", "machdep.cpu.brand_string"]))
        .unwrap_or_else(|| format!("an {ARCH} processor that has no name"))
}

fn system() -> String {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let named =
        value_of(&release, "PRETTY_NAME", '=').map(|name| name.trim_matches('"').to_owned());
    let named = named.or_else(|| {
        let version = first_line("sw_vers", &["-productVersion"])?;
        Some(format!("macOS {version}"))
    });
    match named {
        Some(named) => format!("{named} ({ARCH})"),
        None => format!("{OS} ({ARCH})"),
    }
}

/// The value behind `key` in the first line that begins with it.
fn value_of<'a>(text: &'a str, key: &str, separator: char) -> Option<&'a str> {
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    let value = line.trim_start().strip_prefix(separator)?.trim();
    (!value.is_empty()).then_some(value)
}

fn first_line(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let line = text.lines().next()?.trim();
    (output.status.success() && !line.is_empty()).then(|| line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_value_of_a_key() {
        let info = "processor\t: 0\nmodel name\t: Some CPU\nmodel name\t: another\n";
        assert_eq!(value_of(info, "model name", ':'), Some("Some CPU"));
        assert_eq!(value_of(info, "Model", ':'), None);
        assert_eq!(
            value_of("PRETTY_NAME=\"A 1\"", "PRETTY_NAME", '='),
            Some("\"A 1\"")
        );
        assert_eq!(value_of("model name\t:\n", "model name", ':'), None);
    }

    #[test]
    fn a_program_that_is_not_there_says_nothing() {
        assert_eq!(first_line("no-such-program-here", &[]), None);
    }
}
