//! What this machine is and how busy.

use std::fs;

/// One line: processor, cores, system, load.
pub(crate) fn description(load: &str) -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let system = field("/etc/os-release", "PRETTY_NAME", '=')
        .map(|name| name.trim_matches('"').to_owned())
        .unwrap_or_else(|| std::env::consts::OS.to_owned());
    format!(
        "Machine: {}, {cores} cores, {system} ({}); load average at the start {load}; one thread each.",
        processor(),
        std::env::consts::ARCH
    )
}

/// The load averages, or that they are not known.
pub(crate) fn load() -> String {
    let averages = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    match averages.split(' ').next() {
        Some(minute) if !minute.is_empty() => minute.to_owned(),
        _ => "unknown".to_owned(),
    }
}

/// The processor's name; with its family and model, since some hypervisors hide which of a maker's it is.
fn processor() -> String {
    let field = |name| field("/proc/cpuinfo", name, ':');
    let name = field("model name").unwrap_or_else(|| "unknown processor".to_owned());
    match (field("cpu family"), field("model")) {
        (Some(family), Some(model)) => format!("{name} (family {family}, model {model})"),
        _ => name,
    }
}

/// The first value of `name` in a file of lines `name SEPARATOR value`.
fn field(file: &str, name: &str, separator: char) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let mut pairs = text.lines().filter_map(|line| line.split_once(separator));
    let (_, value) = pairs.find(|(found, _)| found.trim() == name)?;
    Some(value.trim().to_owned())
}
