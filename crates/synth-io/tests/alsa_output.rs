//! Live output through ALSA, with no sound card: the library itself writes what it would give one into a
//! file. Each test has a configuration of its own, which ALSA is told of by the environment of a whole
//! process. Where there is no ALSA, there is nothing to test.

use std::fs;
use std::path::Path;
use std::process::Output;
use std::thread;
use std::time::{Duration, Instant};

use synth_io::audio_device::{
    AudioCallback, AudioDeviceError, CallbackTime, Difference, OutputRequest, Priority, devices,
    open,
};
use testkit::apart;

/// What a busy machine may take for anything; nothing is measured by it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Counts the samples of its life from 1 on, in steps of 2^-14.
struct Counter {
    made: u32,
}

fn left(number: u32) -> f32 {
    (number % (1 << 14)) as f32 / (1 << 14) as f32
}

fn right(number: u32) -> f32 {
    -0.5 * left(number)
}

impl AudioCallback for Counter {
    fn render(&mut self, to_left: &mut [f32], to_right: &mut [f32], _: CallbackTime) {
        // A file is written faster than sound is played; this one need not become long.
        thread::sleep(Duration::from_millis(1));
        for (to_left, to_right) in to_left.iter_mut().zip(to_right) {
            self.made += 1;
            *to_left = left(self.made);
            *to_right = right(self.made);
        }
    }
}

/// Runs `body` with a configuration in which `FILE` stands for the file that it is given. Nothing may be
/// said on standard error.
fn with_configuration(test: &str, configuration: &str, body: impl FnOnce(&Path)) {
    let has_alsa = devices().hosts.iter().any(|host| host.name == "ALSA");
    if !has_alsa {
        println!("there is no ALSA here");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("played");
    let path = folder.path().join("asound.conf");
    let text = configuration.replace("FILE", file.to_str().unwrap());
    fs::write(&path, text).unwrap();
    let environment = [
        ("ALSA_CONFIG_PATH", path.to_str().unwrap().to_owned()),
        ("ANE_SYNTH_PLAYED", file.to_str().unwrap().to_owned()),
    ];
    let output = apart(test, &environment, || {
        let file = std::env::var("ANE_SYNTH_PLAYED").unwrap();
        body(Path::new(&file));
    });
    if let Some(Output { stderr, .. }) = output {
        assert_eq!(String::from_utf8_lossy(&stderr), "");
    }
}

/// Plays on the default device until `frames` were made; how many were made in the end.
fn play(request: &OutputRequest, channels: u16, sample_format: &str, frames: u64) -> u32 {
    let ready = open(request).unwrap();
    let format = ready.format();
    assert_eq!(
        (format.channels, format.sample_format.as_str()),
        (channels, sample_format)
    );
    let buffer = format.buffer.unwrap();
    let mut stream = ready.start(Counter { made: 0 }).unwrap();
    let begun = Instant::now();
    while stream.statistics().frames < frames {
        assert!(begun.elapsed() < PATIENCE, "{:?}", stream.statistics());
        thread::sleep(Duration::from_millis(2));
    }
    assert_eq!(stream.fault(), None);
    assert_eq!(stream.priority(), Priority::Ordinary);
    assert_eq!(stream.statistics().largest_callback, buffer);
    let before = stream.now();
    assert!(stream.now() >= before);
    stream.stop().unwrap().made
}

fn mean(number: u32) -> f32 {
    0.5 * left(number) + 0.5 * right(number)
}

/// Where a file goes on. A device of several in one (`multi`) asks for a buffer now and then that it does not
/// take after all, so whole ones may be missing.
fn found(number: u32, buffer: u32, fits: impl Fn(u32) -> bool) -> u32 {
    let mut numbers = (number..1_000_000).step_by(buffer as usize);
    numbers
        .find(|number| fits(*number))
        .expect("a sample from nowhere")
}

/// The default device with buffers of so many samples.
fn buffer_of(buffer: u32) -> OutputRequest {
    OutputRequest {
        buffer: Some(buffer),
        ..OutputRequest::default()
    }
}

/// The samples of a file, `BYTES` each.
fn samples<const BYTES: usize>(file: &Path) -> Vec<[u8; BYTES]> {
    let bytes = fs::read(file).unwrap();
    let (samples, rest) = bytes.as_chunks::<BYTES>();
    assert_eq!(rest.len(), 0);
    samples.to_vec()
}

#[test]
fn two_channels_of_float_reach_the_library_bit_for_bit() {
    let configuration = r#"
        pcm.!default { type file slave.pcm { type null } file "FILE" format "raw" }
    "#;
    let test = "two_channels_of_float_reach_the_library_bit_for_bit";
    with_configuration(test, configuration, |file| {
        let request = OutputRequest {
            buffer: Some(300),
            sample_rate_hz: Some(44_100),
            device: Some("alsa".to_owned()),
        };
        let made = play(&request, 2, "f32", 100_000);
        let samples = samples::<4>(file);
        assert!(samples.len() >= 2 * 99_000, "{}", samples.len());
        assert!(samples.len() <= 2 * made as usize);
        let (frames, _) = samples.as_chunks::<2>();
        for (number, [to_left, to_right]) in (1..).zip(frames) {
            assert_eq!(f32::from_ne_bytes(*to_left), left(number));
            assert_eq!(f32::from_ne_bytes(*to_right), right(number));
        }
    });
}

#[test]
fn whole_numbers_reach_the_library_bit_for_bit() {
    let configuration = r#"
        pcm.!default {
            type linear
            slave {
                pcm { type file slave.pcm { type null } file "FILE" format "raw" }
                format S16
            }
        }
    "#;
    let test = "whole_numbers_reach_the_library_bit_for_bit";
    with_configuration(test, configuration, |file| {
        let made = play(&buffer_of(256), 2, "i32", 50_000);
        let samples = samples::<2>(file);
        assert!(samples.len() <= 2 * made as usize);
        let (frames, _) = samples.as_chunks::<2>();
        assert!(frames.len() >= 49_000, "{}", frames.len());
        for (number, frame) in (1..).zip(frames) {
            let wanted = [left(number), right(number)].map(|it| (it * 32_768.0) as i16);
            assert_eq!(frame.map(i16::from_ne_bytes), wanted, "{number}");
        }
    });
}

#[test]
fn six_channels_have_sound_on_the_first_two() {
    let configuration = r#"
        pcm.!default {
            type multi
            slaves.card.pcm { type file slave.pcm { type null } file "FILE" format "raw" }
            slaves.card.channels 6
            bindings.0 { slave card channel 0 }
            bindings.1 { slave card channel 1 }
            bindings.2 { slave card channel 2 }
            bindings.3 { slave card channel 3 }
            bindings.4 { slave card channel 4 }
            bindings.5 { slave card channel 5 }
        }
    "#;
    let test = "six_channels_have_sound_on_the_first_two";
    with_configuration(test, configuration, |file| {
        play(&buffer_of(256), 6, "f32", 50_000);
        let samples = samples::<4>(file);
        let (frames, _) = samples.as_chunks::<6>();
        assert!(frames.len() >= 30_000, "{}", frames.len());
        let mut number = 0;
        for (at, frame) in frames.iter().enumerate() {
            number += 1;
            let frame = frame.map(f32::from_ne_bytes);
            if at % 256 == 0 {
                number = found(number, 256, |number| left(number) == frame[0]);
            }
            let wanted = [left(number), right(number), 0.0, 0.0, 0.0, 0.0];
            assert_eq!(frame, wanted, "{at}");
        }
    });
}

#[test]
fn one_channel_gets_the_mean() {
    let configuration = r#"
        pcm.!default {
            type multi
            slaves.card.pcm { type file slave.pcm { type null } file "FILE" format "raw" }
            slaves.card.channels 1
            bindings.0 { slave card channel 0 }
        }
    "#;
    let test = "one_channel_gets_the_mean";
    with_configuration(test, configuration, |file| {
        play(&buffer_of(333), 1, "f32", 20_000);
        let samples = samples::<4>(file);
        assert!(samples.len() >= 10_000, "{}", samples.len());
        let mut number = 0;
        for (at, sample) in samples.iter().enumerate() {
            number += 1;
            let sample = f32::from_ne_bytes(*sample);
            if at % 333 == 0 {
                number = found(number, 333, |number| mean(number) == sample);
            }
            assert_eq!(sample, mean(number), "{at}");
        }
    });
}

#[test]
fn a_card_that_is_not_there_is_told_of_and_its_noise_kept() {
    let configuration = r#"
        pcm.!default { type hw card 31 }
        pcm.odd { type no_such_type hint { show on description "Odd" } }
    "#;
    let test = "a_card_that_is_not_there_is_told_of_and_its_noise_kept";
    with_configuration(test, configuration, |_| {
        let asked = |device: Option<&str>| OutputRequest {
            device: device.map(str::to_owned),
            ..OutputRequest::default()
        };
        for (device, id) in [("alsa", "alsa:default"), ("odd", "alsa:odd")] {
            let error = open(&asked(Some(device))).err().expect("there is none");
            let AudioDeviceError::Unusable { device, .. } = error.error() else {
                panic!("{error:?}");
            };
            assert_eq!(device, id);
            assert!(error.to_string().contains("choose another"), "{error}");
            let is_noisy = error.chatter().contains("ALSA lib");
            assert_eq!(is_noisy, id == "alsa:odd", "{:?}", error.chatter());
        }

        let error = open(&asked(Some("no such card"))).err().expect("nor this");
        assert!(
            matches!(error.error(), AudioDeviceError::Unknown { known, .. } if known.contains("alsa:default")),
            "{error:?}"
        );

        let list = devices();
        let alsa = list.hosts.iter().find(|host| host.name == "ALSA").unwrap();
        let default = alsa.devices.first().unwrap();
        assert_eq!(default.id, "alsa:default");
        assert!(
            default.is_default && default.problem.is_some(),
            "{default:?}"
        );
        assert!(list.chatter.contains("ALSA lib"), "{:?}", list.chatter);
    });
}

#[test]
fn numbers_that_cannot_be_are_refused_and_others_are_told_of() {
    let configuration = r#"
        pcm.!default {
            type multi
            slaves.card.pcm {
                type rate
                slave { pcm { type file slave.pcm { type null } file "FILE" format "raw" } rate 48000 }
            }
            slaves.card.channels 2
            bindings.0 { slave card channel 0 }
            bindings.1 { slave card channel 1 }
        }
    "#;
    let test = "numbers_that_cannot_be_are_refused_and_others_are_told_of";
    with_configuration(test, configuration, |_| {
        let asked = |buffer, sample_rate_hz| OutputRequest {
            device: None,
            buffer,
            sample_rate_hz,
        };
        for request in [asked(Some(0), None), asked(None, Some(0))] {
            let error = open(&request).err().expect("there is nothing of 0");
            assert!(
                matches!(error.error(), AudioDeviceError::Zero { .. }),
                "{error:?}"
            );
        }
        // The converter takes 4 to 192 kHz.
        let ready = open(&asked(Some(256), Some(1_000_000))).unwrap();
        let got = ready.format().sample_rate_hz;
        assert!(got < 1_000_000);
        let asked = 1_000_000;
        assert_eq!(
            ready.format().differences[0],
            Difference::Rate { asked, got }
        );
    });
}
