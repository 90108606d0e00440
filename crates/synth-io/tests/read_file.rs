//! Reading whole files from a real disk.

use std::fs;
use std::io::Write;
use std::process::Command;

use synth_io::{ReadError, read_file};

#[test]
fn files_up_to_the_limit_are_read_whole() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a");
    for length in [0, 1, 99, 100] {
        let bytes: Vec<u8> = (0..length).collect();
        fs::write(&path, &bytes).unwrap();
        assert_eq!(read_file(&path, 100).unwrap(), bytes);
    }
    fs::write(&path, [0; 101]).unwrap();
    let large = read_file(&path, 100);
    assert!(matches!(large, Err(ReadError::TooLarge { .. })));
}

#[test]
fn directories_and_nothing_are_errors() {
    let directory = tempfile::tempdir().unwrap();
    let error = read_file(directory.path(), 100);
    assert!(matches!(error, Err(ReadError::IsDirectory)));
    let error = read_file(&directory.path().join("none"), 100);
    assert!(matches!(error, Err(ReadError::Io(_))));
}

#[test]
fn a_pipe_is_read_to_its_end() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("pipe");
    let made = Command::new("mkfifo").arg(&path).status();
    if !made.is_ok_and(|status| status.success()) {
        return;
    }
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut pipe = fs::OpenOptions::new().write(true).open(&path).unwrap();
            for _ in 0..10 {
                pipe.write_all(&[7; 10]).unwrap();
            }
        });
        assert_eq!(read_file(&path, 100).unwrap(), [7; 100]);
    });
}
