//! A process that must end at once takes its unfinished files along. The only test of its binary:
//! nothing can be written afterwards.

use std::fs;

use synth_io::audio_file::{
    AudioFormat, AudioWriter, Container, SampleFormat, remove_unfinished_files,
};

#[test]
fn unfinished_files_are_removed_and_no_new_ones_begun() {
    let folder = tempfile::tempdir().unwrap();
    let names = || {
        let entries = fs::read_dir(&folder).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    };
    let format = AudioFormat {
        container: Container::Wav,
        sample: SampleFormat::Int16,
        sample_rate_hz: 8000,
    };
    let create = |name: &str| AudioWriter::create(&folder.path().join(name), &[], format, 1);
    let write = |name: &str| {
        let mut writer = create(name).unwrap();
        writer.write(&[0.5], &[0.5]).unwrap();
        writer
    };
    write("finished").finish().unwrap();
    drop(create("dropped").unwrap());
    let (one, other) = (write("one"), create("other").unwrap());
    assert_eq!(names().len(), 3, "{:?}", names());
    remove_unfinished_files();
    assert_eq!(names(), ["finished"]);
    assert!(one.finish().is_err());
    drop(other);
    assert!(create("late").is_err());
    assert_eq!(names(), ["finished"]);
}
