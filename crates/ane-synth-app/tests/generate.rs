//! Completions and manual pages: shells and typesetters take them without complaint.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const ANE_SYNTH: &str = env!("CARGO_BIN_EXE_ane-synth");

const COMMANDS: [&str; 14] = [
    "render",
    "play",
    "devices",
    "doctor",
    "instruments",
    "parameters",
    "demo",
    "info",
    "train",
    "evaluate",
    "export",
    "about",
    "completions",
    "man",
];

/// The main one and one a command.
const PAGES: usize = 1 + COMMANDS.len();

fn run(arguments: &[&str]) -> Output {
    Command::new(ANE_SYNTH).args(arguments).output().unwrap()
}

fn print(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.stderr.is_empty());
    String::from_utf8(output.stdout).unwrap()
}

/// The program's output and standard error for `input`, or `None`, said aloud, where there is no
/// such program.
fn feed(program: &str, arguments: &[&str], input: &str) -> Option<(String, String)> {
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        println!("left out: there is no {program} here");
        return None;
    };
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    let _ = writer.join();
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    let stderr = text(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {stderr}");
    Some((text(&output.stdout), stderr))
}

/// What bash offers for the words `line`, the last of which is being typed.
fn bash_offers(script: &str, line: &[&str]) -> Option<Vec<String>> {
    let words: Vec<String> = line.iter().map(|word| format!("'{word}'")).collect();
    let last = line.len() - 1;
    let test = format!(
        "{script}\nCOMP_WORDS=({words})\nCOMP_CWORD={last}\n\
         function=$(complete -p ane-synth | sed 's/.*-F \\([^ ]*\\).*/\\1/')\n\
         \"$function\" ane-synth {typed} {before}\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
        words = words.join(" "),
        typed = words[last],
        before = words[last.saturating_sub(1)],
    );
    let (offers, complaints) = feed("bash", &["--norc", "-s"], &test)?;
    assert_eq!(complaints, "");
    Some(offers.lines().map(str::to_owned).collect())
}

#[test]
fn bash_reads_its_completions_and_completes() {
    let script = print(&["completions", "bash"]);
    if let Some((_, complaints)) = feed("bash", &["-n", "/dev/stdin"], &script) {
        assert_eq!(complaints, "");
    }
    for (line, expected) in [
        (&["ane-synth", "ren"][..], &["render"][..]),
        (&["ane-synth", "inf"], &["info"]),
        (&["ane-synth", "render", "--sample-r"], &["--sample-rate"]),
        (
            &["ane-synth", "completions", ""],
            &["bash", "elvish", "fish", "powershell", "zsh"],
        ),
        (&["ane-synth", "info", "--js"], &["--json"]),
    ] {
        if let Some(offers) = bash_offers(&script, line) {
            for word in expected {
                assert!(offers.contains(&(*word).to_owned()), "{line:?}: {offers:?}");
            }
            // Nothing but what begins as typed.
            let typed = line.last().unwrap();
            assert!(offers.iter().all(|o| o.starts_with(typed)), "{offers:?}");
        }
    }
}

#[test]
fn the_other_shells_read_theirs() {
    for (shell, check) in [("zsh", &["-n"][..]), ("fish", &["--no-execute"])] {
        let script = print(&["completions", shell]);
        if let Some((_, complaints)) = feed(shell, check, &script) {
            assert_eq!(complaints, "", "{shell}");
        }
    }
}

#[test]
fn every_command_is_in_every_script_and_on_the_main_page() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = print(&["completions", shell]);
        for command in COMMANDS {
            assert!(script.contains(command), "{shell} lacks {command}");
        }
    }
    let page = print(&["man"]).replace("\\-", "-");
    for command in COMMANDS {
        assert!(page.contains(&format!("ane-synth-{command}")), "{command}");
    }
    for heading in ["EXAMPLES", "\"EXIT STATUS\"", "ENVIRONMENT", "FILES"] {
        assert!(page.contains(&format!(".SH {heading}")), "{heading}");
    }
    assert!(page.contains("ANE_SYNTH_SIMD"));
}

#[test]
fn an_unknown_shell_is_one_line() {
    for arguments in [&["completions"][..], &["completions", "tcsh"]] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2));
        let line = String::from_utf8(output.stderr).unwrap();
        assert_eq!(line.lines().count(), 1, "{line}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn the_pages_are_typeset_without_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("share/man1");
    print(&["man", "--dir", pages.to_str().unwrap()]);
    let mut names: Vec<String> = fs::read_dir(&pages)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let mut expected: Vec<String> = COMMANDS.map(|c| format!("ane-synth-{c}.1")).into();
    expected.push("ane-synth.1".to_owned());
    expected.sort();
    assert_eq!(names, expected);
    for name in names {
        let page = fs::read_to_string(pages.join(&name)).unwrap();
        assert!(page.contains(".SH SYNOPSIS") && page.contains(".SH EXAMPLES"));
        // The version stands in the place of the source, behind an empty date.
        let title = page.lines().find(|line| line.starts_with(".TH")).unwrap();
        assert!(title.contains(" 1 \"\" \"ane\\-synth "), "{title}");
        if let Some((_, warnings)) = feed("groff", &["-man", "-ww", "-z", "-Tutf8"], &page) {
            assert_eq!(warnings, "", "{name}");
        }
        if let Some((complaints, _)) = feed("mandoc", &["-T", "lint", "-W", "error"], &page) {
            assert_eq!(complaints, "", "{name}");
        }
    }
    let printed = print(&["man"]);
    let written = fs::read_to_string(pages.join("ane-synth.1")).unwrap();
    assert_eq!(printed.trim_end(), written.trim_end());
}

#[test]
fn a_page_replaces_an_older_one_whole_and_a_bad_folder_is_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("ane-synth-info.1");
    fs::write(&page, "old".repeat(100_000)).unwrap();
    print(&["man", "--dir", folder.path().to_str().unwrap()]);
    let text = fs::read_to_string(&page).unwrap();
    assert!(text.len() < 100_000 && !text.contains("oldold"));
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        PAGES,
        "leftovers"
    );

    let refuse = |dir: &Path| {
        let output = run(&["man", "--dir", dir.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(2));
        let line = String::from_utf8(output.stderr).unwrap();
        assert_eq!(line.lines().count(), 1, "{line}");
        assert!(line.contains(dir.to_str().unwrap()), "{line}");
    };
    refuse(&page);
    // A folder where a page should be.
    fs::remove_file(&page).unwrap();
    fs::create_dir_all(page.join("x")).unwrap();
    refuse(folder.path());
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        PAGES,
        "leftovers"
    );
}
