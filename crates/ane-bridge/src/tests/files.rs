use super::{COMPILE, IN, LOAD, OUT, UNLOAD, WEIGHTS, assert_says, build, io, message, program};
use crate::model_folder::ModelFolder;
use crate::sys::fake::FakeAne;
use crate::{AneError, AneKernel, Stage};
use std::fs;
use std::path::{Path, PathBuf};

fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn the_files_lie_where_the_compiler_looks_and_go_with_the_kernel() {
    let fake = FakeAne::new();
    fake.keep_folder_at_unload();
    let kernel = build(&fake).unwrap();
    let [folder] = &entries(fake.folder())[..] else {
        panic!("one program, one folder");
    };
    assert_eq!(
        fs::read(folder.join("model.mil")).unwrap(),
        program(IN, OUT).as_bytes()
    );
    assert_eq!(
        fs::read(folder.join("weights/weight.bin")).unwrap(),
        WEIGHTS
    );
    assert_eq!(entries(folder).len(), 2, "nothing unfinished is left");
    drop(kernel);
    assert!(entries(fake.folder()).is_empty());
}

#[test]
fn a_full_disk_is_told_and_leaves_nothing_behind() {
    let fake = FakeAne::new();
    fake.limit_disk(20);
    let refused = build(&fake);
    assert!(matches!(
        &refused,
        Err(AneError::Folder { doing: "write", .. })
    ));
    assert_says(
        &message(refused),
        &[
            "cannot write",
            "model.mil",
            "free some space in the temporary folder",
        ],
    );
    assert!(entries(fake.folder()).is_empty());
    assert_eq!((fake.count(COMPILE), fake.models()), (0, 0));
    // The text fits and the weights do not.
    fake.limit_disk(program(IN, OUT).len() + 3);
    assert_says(&message(build(&fake)), &["weight.bin", "free some space"]);
    assert!(entries(fake.folder()).is_empty());
}

#[test]
fn a_file_in_the_folder_s_place_is_told() {
    let fake = FakeAne::new();
    fs::write(fake.folder(), "in the way").unwrap();
    assert_says(&message(build(&fake)), &["cannot make", "TMPDIR"]);
    fs::remove_file(fake.folder()).unwrap();
    build(&fake).unwrap();
}

#[test]
fn a_folder_that_is_not_the_program_s_own_is_not_touched() {
    let fake = FakeAne::new();
    let others = fake.folder().join("others");
    fs::create_dir_all(&others).unwrap();
    for named in [
        None,
        Some(Path::new("/")),
        Some(Path::new("relative")),
        Some(&*others),
    ] {
        fake.name_folder(named);
        let refused = build(&fake);
        assert!(
            matches!(&refused, Err(AneError::StrangeFolder { .. })),
            "{named:?}"
        );
        assert_says(&message(refused), &["nothing was written", "macOS version"]);
    }
    assert!(others.is_dir());
    assert_eq!(fake.count(COMPILE), 0);
}

#[test]
fn files_that_another_process_took_are_written_again() {
    let fake = FakeAne::new();
    fake.lose_files(Stage::Compile, 1);
    build(&fake).unwrap();
    assert_eq!((fake.count(COMPILE), fake.count(LOAD)), (2, 1));
    assert_eq!(fake.ane().compiles_left(), crate::COMPILE_LIMIT - 2);
}

#[test]
fn files_that_another_process_takes_again_and_again_end_in_a_refusal() {
    let fake = FakeAne::new();
    fake.lose_files(Stage::Compile, 5);
    assert_says(&message(build(&fake)), &["InvalidMILProgram"]);
    assert_eq!(fake.count(COMPILE), 2);
}

#[test]
fn files_are_written_whole_while_another_process_keeps_taking_them() {
    let fake = FakeAne::new();
    let path = fake.folder().join("0123456789abcdef");
    let folder = ModelFolder::new(Some("0123456789abcdef"), Some(path.clone())).unwrap();
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let taker = std::thread::spawn(move || {
        let mut taken = 0;
        let pause = std::time::Duration::from_micros(500);
        while stopped.recv_timeout(pause) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
            taken += u32::from(path.exists());
            // What is written meanwhile may be in its way.
            let _ = fs::remove_dir_all(&path);
        }
        taken
    });
    for _ in 0..300 {
        folder
            .write(fake.runtime(), b"text", Some(WEIGHTS))
            .unwrap();
    }
    drop(stop);
    assert!(taker.join().unwrap() > 10);
}

#[test]
fn files_that_vanish_before_loading_are_there_for_the_second_try() {
    let fake = FakeAne::new();
    fake.keep_folder_at_unload();
    fake.lose_files(Stage::Load, 1);
    fake.refuse(
        Stage::Load,
        1,
        Some(FakeAne::runtime_error(9, "cannot access")),
    );
    let kernel = build(&fake).unwrap();
    let folder = &entries(fake.folder())[0];
    assert!(folder.join("model.mil").is_file());
    kernel.close().unwrap();
}

#[test]
fn one_program_in_two_kernels_outlives_either() {
    let fake = FakeAne::new();
    let first = build(&fake).unwrap();
    let mut second = build(&fake).unwrap();
    drop(first);
    second.eval().unwrap();
    second.close().unwrap();
    assert_eq!((fake.count(UNLOAD), fake.surfaces()), (2, 0));
}

/// Kernels of one program come and go on four threads: they share one folder, and each is compiled from
/// it. A second try would be counted.
#[test]
fn threads_that_compile_one_program_do_not_take_each_other_s_files() {
    let fake = FakeAne::new();
    fake.forget_compiled();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..8 {
                    let mut kernel = build(&fake).unwrap();
                    kernel.eval().unwrap();
                }
            });
        }
    });
    assert_eq!(fake.count(COMPILE), 32);
    assert_eq!(fake.models(), 0);
}

#[test]
fn a_program_without_weights_has_no_weights_file() {
    let fake = FakeAne::new();
    fake.keep_folder_at_unload();
    let text = program(IN, OUT);
    let kernel: AneKernel = fake
        .ane()
        .compile(text.as_bytes(), None, &io(IN, OUT))
        .unwrap();
    let weights = entries(fake.folder())[0].join("weights");
    assert!(weights.is_dir() && entries(&weights).is_empty());
    drop(kernel);
}

#[test]
fn two_processes_with_one_program_outlive_each_other() {
    let here = FakeAne::new();
    let there = here.other_process();
    let mut ours = build(&here).unwrap();
    let mut theirs = build(&there).unwrap();
    assert_eq!(entries(here.folder()).len(), 1, "they share the folder");
    // Whoever goes first takes the folder.
    theirs.eval().unwrap();
    theirs.close().unwrap();
    assert!(entries(here.folder()).is_empty());
    ours.eval().unwrap();
    ours.close().unwrap();
    assert_eq!((here.count(COMPILE), there.count(COMPILE)), (1, 1));
}

/// The other process comes between the writing of our files and their reading.
#[test]
fn a_process_that_unloads_while_another_compiles_costs_it_one_more_try() {
    let here = FakeAne::new();
    let there = here.other_process();
    let theirs = std::sync::Mutex::new(Some(build(&there).unwrap()));
    // Asked at our compilation, when our files have been written.
    here.refuse_programs(
        Stage::Compile,
        move |_| {
            theirs.lock().unwrap().take();
            false
        },
        None,
    );
    build(&here).unwrap();
    assert_eq!((here.count(COMPILE), there.count(UNLOAD)), (2, 1));
}

#[test]
fn only_a_folder_named_by_the_content_below_another_is_the_program_s_own() {
    let is_taken = |identifier: &str, path: &str| {
        ModelFolder::new(Some(identifier), Some(PathBuf::from(path))).is_ok()
    };
    let identifier = "5A3F09C2D1E4B687_0B1C2D3E4F5A6978_0";
    assert!(is_taken(identifier, &format!("/tmp/T/{identifier}")));
    assert!(is_taken(identifier, &format!("/tmp//{identifier}/")));
    for path in [
        format!("tmp/T/{identifier}"),
        format!("/{identifier}"),
        format!("/tmp/T/{identifier}/.."),
        "/tmp/T".to_owned(),
    ] {
        assert!(!is_taken(identifier, &path), "{path}");
    }
    for name in ["T", "Library Caches", "..", ""] {
        assert!(!is_taken(name, &format!("/home/user/{name}")), "{name:?}");
    }
}
