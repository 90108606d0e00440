//! The JACK player and its recording share one time line.

use jack::{
    AsyncClient, AudioOut, Client, ClientOptions, Control, MidiIn, Port, ProcessHandler,
    ProcessScope,
};
use testkit::jack::{JackPlayer, JackServer, apart};

const PERIOD: u32 = 128;

/// Answers each message on its frame: one sample of its second byte left and its third right.
struct Echo {
    input: Port<MidiIn>,
    left: Port<AudioOut>,
    right: Port<AudioOut>,
}

impl Echo {
    fn start() -> AsyncClient<(), Self> {
        let (client, _) = Client::new("echo", ClientOptions::NO_START_SERVER).unwrap();
        let echo = Self {
            input: client.register_port("midi", MidiIn::default()).unwrap(),
            left: client.register_port("out_1", AudioOut::default()).unwrap(),
            right: client.register_port("out_2", AudioOut::default()).unwrap(),
        };
        client.activate_async((), echo).unwrap()
    }
}

impl ProcessHandler for Echo {
    fn process(&mut self, _: &Client, scope: &ProcessScope) -> Control {
        let (left, right) = (
            self.left.as_mut_slice(scope),
            self.right.as_mut_slice(scope),
        );
        left.fill(0.0);
        right.fill(0.0);
        for event in self.input.iter(scope) {
            if let [_, key, velocity] = event.bytes {
                left[event.time as usize] = f32::from(*key);
                right[event.time as usize] = f32::from(*velocity);
            }
        }
        Control::Continue
    }
}

#[test]
fn every_message_is_heard_on_its_frame() {
    apart("every_message_is_heard_on_its_frame", || {
        let server = JackServer::start(48_000, PERIOD).unwrap();
        let _echo = Echo::start();
        let player = JackPlayer::new(server.name(), "player").unwrap();
        player.connect_midi_to("echo").unwrap();
        player.connect_midi_to("echo:midi").unwrap();
        player.connect_audio_from("echo").unwrap();
        for round in 0..3 {
            let frames: Vec<u64> = (0..100).map(|n| n * 97 + n * n % 31).collect();
            let events = frames.iter().map(|&frame| {
                let key = 1 + (frame % 127) as u8;
                (frame, vec![0x90, key, 128 - key])
            });
            // Given out of order they are played in order.
            let events = events.rev().collect();
            let recording = player.play(events, 12_000).unwrap();
            assert_eq!(recording.left.len(), 12_000);
            if recording.lost_frames > 0 || recording.xruns > 0 {
                println!("the machine is too busy in round {round}");
                continue;
            }
            let later = u64::from(PERIOD);
            for (channel, samples) in [&recording.left, &recording.right].into_iter().enumerate() {
                let heard = (0..).zip(samples).filter(|(_, sample)| **sample != 0.0);
                let expected = frames.iter().map(|frame| {
                    let key = (1 + frame % 127) as f32;
                    (frame + later, [key, 128.0 - key][channel])
                });
                let heard: Vec<(u64, f32)> = heard.map(|(at, sample)| (at, *sample)).collect();
                assert_eq!(heard, expected.collect::<Vec<_>>(), "round {round}");
            }
        }
    });
}

#[test]
fn what_cannot_be_played_is_refused() {
    apart("what_cannot_be_played_is_refused", || {
        let server = JackServer::start(48_000, 1024).unwrap();
        let refused = JackPlayer::new("another server", "player").err().unwrap();
        assert!(refused.contains("run the test apart"), "{refused}");
        let player = JackPlayer::new(server.name(), "player").unwrap();
        let late = player.play(vec![(10, vec![0xf8])], 10).unwrap_err();
        assert!(late.contains("behind the end"), "{late}");
        let long = player.play(vec![(0, vec![0; 1 << 20])], 1).unwrap_err();
        assert!(long.contains("no room"), "{long}");
        let silence = player.play(Vec::new(), 5000).unwrap();
        assert!(silence.left.iter().all(|sample| *sample == 0.0));
    });
}
