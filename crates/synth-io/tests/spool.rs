//! Audio put aside on the disk.

use synth_io::audio_file::{AudioError, Spool};

#[test]
fn frames_come_back_bit_for_bit_as_often_as_wanted() {
    let directory = tempfile::tempdir().unwrap();
    let beside = directory.path().join("a.wav");
    let odd = [f32::NAN, f32::INFINITY, -0.0, 1e-40, 123.456];
    let left: Vec<f32> = (0..10_001).map(|n| n as f32 * odd[n % 5]).collect();
    let right: Vec<f32> = left.iter().rev().copied().collect();
    for mut spool in [Spool::create(&beside).unwrap(), Spool::temporary().unwrap()] {
        for (left, right) in left.chunks(4999).zip(right.chunks(4999)) {
            spool.write(left, right).unwrap();
        }
        assert_eq!(spool.frames(), 10_001);
        assert_eq!(spool.read(&mut [0.0], &mut [0.0]).unwrap(), 0);
        for block in [1000, 4096, 20_000] {
            spool.rewind().unwrap();
            let (mut l, mut r) = (vec![0.0; block], vec![0.0; block]);
            let mut at = 0;
            loop {
                let frames = spool.read(&mut l, &mut r).unwrap();
                if frames == 0 {
                    break;
                }
                for n in 0..frames {
                    assert_eq!(l[n].to_bits(), left[at + n].to_bits());
                    assert_eq!(r[n].to_bits(), right[at + n].to_bits());
                }
                at += frames;
            }
            assert_eq!(at, 10_001);
        }
    }
}

#[test]
fn writing_goes_on_at_the_end_after_reading() {
    let mut spool = Spool::temporary().unwrap();
    spool.write(&[1.0, 2.0], &[3.0, 4.0]).unwrap();
    spool.rewind().unwrap();
    assert_eq!(spool.read(&mut [0.0], &mut [0.0]).unwrap(), 1);
    spool.write(&[5.0], &[6.0, 7.0]).unwrap();
    spool.rewind().unwrap();
    let (mut left, mut right) = ([0.0; 4], [0.0; 4]);
    assert_eq!(spool.read(&mut left, &mut right).unwrap(), 3);
    assert_eq!((left, right), ([1.0, 2.0, 5.0, 0.0], [3.0, 4.0, 6.0, 0.0]));
}

#[test]
fn nothing_is_ever_seen_of_it() {
    let directory = tempfile::tempdir().unwrap();
    let mut spool = Spool::create(&directory.path().join("a.wav")).unwrap();
    spool.write(&[0.5; 10_000], &[0.5; 10_000]).unwrap();
    drop(spool);
    assert_eq!(directory.path().read_dir().unwrap().count(), 0);
}

#[test]
fn a_place_that_is_none_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let error = Spool::create(&directory.path().join("none/a.wav")).err();
    assert!(matches!(error, Some(AudioError::Spool { .. })));
}
