//! Live output through a JACK server without a sound card: what a callback makes is what the server gets,
//! bit for bit, and what becomes of the stream when the server does not live as long.

use std::process::Output;
use std::thread;
use std::time::{Duration, Instant};

use synth_io::audio_device::{
    AudioCallback, AudioDeviceError, CallbackTime, Difference, Fault, LONGEST_PIECE, OutputFormat,
    OutputRequest, OutputStream, Priority, ReadyOutput, devices, open,
};
use testkit::jack::{JackRecorder, JackServer, apart};

const RATE_HZ: u32 = 48_000;
/// What a busy machine may take for anything; nothing is measured by it.
const PATIENCE: Duration = Duration::from_secs(60);
const OUTPUTS: &str = "cpal_client_.*_out:out_.*";

/// Counts the samples of its life from 1 on, exactly: an f32 has 24 bits.
struct Counter {
    made: u64,
    /// The time of the last piece.
    last: Option<CallbackTime>,
    times_are_sound: bool,
    pause: Option<Duration>,
}

impl Counter {
    fn new() -> Self {
        Self {
            made: 0,
            last: None,
            times_are_sound: true,
            pause: None,
        }
    }
}

fn left(number: u64) -> f32 {
    number as f32 / (1 << 24) as f32
}

fn right(number: u64) -> f32 {
    1.0 - 2.0 * left(number)
}

impl AudioCallback for Counter {
    fn render(&mut self, to_left: &mut [f32], to_right: &mut [f32], at: CallbackTime) {
        if let Some(pause) = self.pause.take() {
            thread::sleep(pause);
        }
        testkit::no_alloc(|| {
            let whole = to_left.len() == to_right.len() && to_left.len() <= LONGEST_PIECE;
            let follows = |last: CallbackTime| at.asked >= last.asked && at.heard >= last.heard;
            self.times_are_sound &= whole && self.last.is_none_or(follows);
            self.times_are_sound &= at.frame == self.made;
            self.last = Some(at);
            for (to_left, to_right) in to_left.iter_mut().zip(to_right) {
                self.made += 1;
                *to_left = left(self.made);
                *to_right = right(self.made);
            }
        });
    }
}

fn jack() -> OutputRequest {
    OutputRequest {
        device: Some("jack".to_owned()),
        ..OutputRequest::default()
    }
}

fn ready(request: &OutputRequest) -> ReadyOutput {
    let ready = open(request).unwrap();
    assert_eq!(unexpected(ready.chatter()), "");
    ready
}

/// Waits until `done` of a stream.
fn until(stream: &mut OutputStream<Counter>, done: impl Fn(&mut OutputStream<Counter>) -> bool) {
    let begun = Instant::now();
    while !done(stream) {
        assert!(begun.elapsed() < PATIENCE, "{:?}", stream.statistics());
        thread::sleep(Duration::from_millis(2));
    }
}

/// What was said on standard error and should not have been.
fn unexpected(heard: &str) -> String {
    let expected = [
        // The test server's, on a machine that allows no realtime priority.
        "no realtime JACK server",
        // The database of all servers' properties, where another test's server was just making or removing
        // it.
        "BDB",
    ];
    let said = |line: &&str| !expected.iter().any(|begin| line.starts_with(begin));
    heard.lines().filter(said).collect()
}

#[track_caller]
fn assert_quiet(output: Option<Output>) {
    if let Some(output) = output {
        let heard = String::from_utf8_lossy(&output.stderr);
        assert_eq!(unexpected(&heard), "", "{heard}");
    }
}

/// Plays and records, and compares sample by sample.
fn play_and_compare(ready: ReadyOutput, change: impl FnOnce(&JackRecorder)) {
    let wanted = 2 * RATE_HZ as usize;
    let recorder = JackRecorder::start("recorder", 2, 2 * wanted).unwrap();
    let outputs = recorder.outputs(OUTPUTS);
    assert_eq!(outputs.len(), 2, "{outputs:?}");
    for (channel, output) in outputs.iter().enumerate() {
        recorder.connect(output, channel).unwrap();
    }
    let silent = recorder.frames() + 1;
    recorder.wait_for(silent, PATIENCE).unwrap();
    let mut stream = ready.start(Counter::new()).unwrap();
    recorder.wait_for(wanted / 2, PATIENCE).unwrap();
    change(&recorder);
    recorder.wait_for(wanted, PATIENCE).unwrap();
    let (statistics, fault) = (stream.statistics(), stream.fault());
    let now = stream.now();
    // A stream that is stopped is cut off anywhere, its last buffer may be made and not heard.
    let kept = recorder.frames();
    let counter = stream.stop().unwrap();
    let recording = recorder.finish().unwrap();

    let last = counter.last.expect("it was called");
    assert!(
        now.abs_diff(last.stream) < PATIENCE,
        "two clocks: {now:?} {last:?}"
    );
    assert!(last.heard >= last.stream, "{last:?}");
    assert_eq!(fault, None);
    assert!(counter.times_are_sound);
    assert!(counter.made >= statistics.frames);
    assert!(statistics.callbacks > 0);
    assert!(u64::from(statistics.largest_callback) <= statistics.frames);
    let [lefts, rights] = &recording.channels[..] else {
        panic!("two channels were recorded");
    };
    assert!(lefts.len() >= wanted);
    let begin = lefts.iter().position(|sample| *sample != 0.0).unwrap();
    assert!(begin > 0, "it was silent before it began");
    assert!(rights[..begin].iter().all(|sample| *sample == 0.0));
    for at in begin..kept {
        let number = (at - begin + 1) as u64;
        let wanted = [left(number), right(number)];
        let got = [lefts[at], rights[at]];
        let (got, wanted) = (got.map(f32::to_bits), wanted.map(f32::to_bits));
        assert_eq!(
            got, wanted,
            "sample {at}, from {begin} on; {} skipped",
            recording.skipped
        );
    }
    let compared = (kept - begin) as u64;
    assert!(counter.made >= compared);
    assert!(compared > u64::from(RATE_HZ) / 2, "{compared} samples");
}

#[test]
fn what_is_played_arrives_bit_for_bit() {
    let output = apart("what_is_played_arrives_bit_for_bit", || {
        let _server = JackServer::start(RATE_HZ, 256).unwrap();
        let ready = ready(&jack());
        let wanted = OutputFormat {
            host: "JACK".to_owned(),
            device: "JACK Output".to_owned(),
            id: "jack:output".to_owned(),
            sample_rate_hz: RATE_HZ,
            channels: 2,
            sample_format: "f32".to_owned(),
            buffer: Some(256),
            differences: Vec::new(),
        };
        assert_eq!(ready.format(), &wanted);
        play_and_compare(ready, |_| ());
    });
    assert_quiet(output);
}

#[test]
fn a_server_that_changes_its_period_loses_nothing() {
    let output = apart("a_server_that_changes_its_period_loses_nothing", || {
        let _server = JackServer::start(RATE_HZ, 128).unwrap();
        play_and_compare(ready(&jack()), |recorder| {
            recorder.set_period(1024).unwrap();
            assert_eq!(recorder.period(), 1024);
        });
    });
    assert_quiet(output);
}

#[test]
fn what_the_server_does_not_have_is_told() {
    let output = apart("what_the_server_does_not_have_is_told", || {
        let server = JackServer::start(44_100, 512).unwrap();
        let request = OutputRequest {
            device: Some("JACK:Output".to_owned()),
            buffer: Some(64),
            sample_rate_hz: Some(96_000),
        };
        let ready = ready(&request);
        let format = ready.format();
        assert_eq!((format.sample_rate_hz, format.buffer), (44_100, Some(512)));
        let (asked, got) = (96_000, 44_100);
        let rate = Difference::Rate { asked, got };
        let (asked, got) = (64, 512);
        assert_eq!(
            format.differences,
            [rate, Difference::Buffer { asked, got }]
        );
        let mut stream = ready.start(Counter::new()).unwrap();
        assert_eq!(stream.format().differences.len(), 2);
        until(&mut stream, |stream| stream.statistics().callbacks > 2);
        assert_eq!(stream.statistics().largest_callback, 512);
        let realtime = stream.priority() == Priority::Realtime;
        assert_eq!(realtime, server.is_realtime());
        assert!(stream.stop().unwrap().made >= 2 * 512);

        // Nobody named a device: a server that runs comes first.
        let best = open(&OutputRequest::default()).unwrap();
        assert_eq!(best.format().id, "jack:output");
    });
    assert_quiet(output);
}

/// A server ends in its way; the stream is told, gives everything back, and another server is found.
fn outlive(end: fn(&mut JackServer)) {
    let mut server = JackServer::start(RATE_HZ, 256).unwrap();
    let mut stream = ready(&jack()).start(Counter::new()).unwrap();
    until(&mut stream, |stream| stream.statistics().callbacks > 2);
    assert_eq!(stream.fault(), None);
    end(&mut server);
    until(&mut stream, |stream| stream.fault().is_some());
    let fault = stream.fault().unwrap();
    assert!(matches!(fault, Fault::Gone(_)), "{fault:?}");
    assert!(fault.is_final());
    let counter = stream.stop().unwrap();
    assert!(counter.made > 0);
    drop(server);
    let error = open(&jack()).err().expect("there is no server");
    let known = error.error();
    assert!(
        matches!(known, AudioDeviceError::Unreachable { .. }),
        "{known:?}"
    );

    let _server = JackServer::start(RATE_HZ, 512).unwrap();
    let mut stream = ready(&jack()).start(counter).unwrap();
    until(&mut stream, |stream| stream.statistics().callbacks > 2);
    assert_eq!(stream.fault(), None);
    drop(stream);
}

#[test]
fn a_server_that_is_stopped_is_told_of() {
    let test = "a_server_that_is_stopped_is_told_of";
    assert_quiet(apart(test, || outlive(JackServer::stop)));
}

#[test]
fn a_server_that_is_killed_is_told_of() {
    let test = "a_server_that_is_killed_is_told_of";
    assert_quiet(apart(test, || outlive(JackServer::kill)));
}

#[test]
fn a_server_that_ends_before_the_start_is_told_of() {
    let output = apart("a_server_that_ends_before_the_start_is_told_of", || {
        let mut server = JackServer::start(RATE_HZ, 256).unwrap();
        let ready = ready(&jack());
        server.stop();
        // Whether the news or the start comes first is open; the callback comes back.
        let counter = match ready.start(Counter::new()) {
            Ok(mut stream) => {
                until(&mut stream, |stream| stream.fault().is_some());
                stream.stop().ok()
            }
            Err(refused) => {
                assert!(refused.to_string().contains("jack:output"), "{refused}");
                refused.callback
            }
        };
        assert!(counter.is_some());
    });
    assert_quiet(output);
}

#[test]
fn without_a_server_one_is_told_what_to_do() {
    let output = apart("without_a_server_one_is_told_what_to_do", || {
        for device in ["jack", "JACK:", "jack:output"] {
            let request = OutputRequest {
                device: Some(device.to_owned()),
                ..OutputRequest::default()
            };
            let error = open(&request).err().expect("there is no server");
            assert_eq!(
                error.to_string(),
                "JACK cannot be reached: no JACK server answers; start one, such as jackd -d alsa or \
                 PipeWire's"
            );
        }
        let list = devices();
        let host = list.hosts.first().unwrap();
        assert_eq!((host.name.as_str(), host.devices.len()), ("JACK", 0));
        assert!(host.problem.as_deref().unwrap().contains("start one"));
        // Without a card either, both reasons are given; with one, that plays.
        if let Err(error) = open(&OutputRequest::default()) {
            let text = error.to_string();
            assert!(text.contains("no JACK server answers"), "{text}");
            assert!(text.contains("connect a sound card"), "{text}");
        }
    });
    assert_quiet(output);
}

#[test]
fn a_server_is_listed_with_what_it_has() {
    let output = apart("a_server_is_listed_with_what_it_has", || {
        let _server = JackServer::start(96_000, 1024).unwrap();
        let list = devices();
        let host = list.hosts.first().unwrap();
        assert_eq!((host.name.as_str(), &host.problem), ("JACK", &None));
        let [device] = &host.devices[..] else {
            panic!("{host:?}");
        };
        assert_eq!(device.id, "jack:output");
        assert!(device.is_default && device.problem.is_none());
        assert_eq!(device.default_rate_hz, Some(96_000));
        assert_eq!(device.rates_hz.len(), 1);
        let buffer = device.buffer.unwrap();
        assert_eq!((buffer.lowest, buffer.highest), (1024, 1024));
        assert!(device.channels.contains(&2));
    });
    assert_quiet(output);
}

#[test]
fn a_callback_that_is_late_is_counted() {
    let output = apart("a_callback_that_is_late_is_counted", || {
        let _server = JackServer::start(RATE_HZ, 256).unwrap();
        let late = Counter {
            // A hundred periods.
            pause: Some(Duration::from_millis(533)),
            ..Counter::new()
        };
        let mut stream = ready(&jack()).start(late).unwrap();
        until(&mut stream, |stream| stream.statistics().xruns > 0);
        // It goes on.
        let callbacks = stream.statistics().callbacks;
        until(&mut stream, |stream| {
            stream.statistics().callbacks > callbacks + 2
        });
        assert_eq!(stream.fault(), None);
        assert!(stream.stop().is_ok());
    });
    assert_quiet(output);
}
