//! Writes the corpus of nasty MIDI files into a folder and prints what each is:
//! `cargo run -p testkit --example nasty_midi -- FOLDER`.

use std::path::Path;
use std::process::ExitCode;

use testkit::nasty_midi::{Expect, files};

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(folder), None) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: nasty_midi FOLDER");
        return ExitCode::from(2);
    };
    match write(Path::new(&folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("nasty_midi: {}: {error}", Path::new(&folder).display());
            ExitCode::from(2)
        }
    }
}

/// Writes every file and prints its name, what a player makes of it, its size and what it is,
/// with tabs between.
fn write(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for file in files() {
        let bytes = file.bytes();
        let expect = match file.expect {
            Expect::Plays => "plays",
            Expect::Refused => "refused",
        };
        std::fs::write(folder.join(file.name).with_extension("mid"), &bytes)?;
        println!(
            "{}.mid\t{expect}\t{}\t{}",
            file.name,
            bytes.len(),
            file.what
        );
    }
    Ok(())
}
