//! How long it takes from the start of the program to its first sound.

use std::fs;
use std::time::{Duration, Instant};

use crate::place::Place;
use crate::stage::{connect_sound, keys, quit, start, with_server};

const RATE_HZ: u32 = 48_000;
const PERIOD: u32 = 128;
/// What it may take in CPU time.
const MOST: Duration = Duration::from_millis(300);
/// CPU time is told in hundredths of a second (proc(5), for every Linux that runs programs of today).
const TICK: Duration = Duration::from_millis(10);
/// What takes this many periods does not come.
const PATIENCE: usize = 20_000;

/// CPU time that all threads of a process have taken so far; `None` where the system does not tell.
fn cpu_time(process: u32) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // Behind the name, which may hold anything, come the state and ten numbers, then user and system time.
    let (_, behind_name) = stat.rsplit_once(')')?;
    let times = behind_name.split_whitespace().skip(11).take(2);
    let ticks = times.map(|ticks| ticks.parse::<u32>().ok());
    Some(TICK * ticks.sum::<Option<u32>>()?)
}

#[test]
fn the_first_sound_takes_less_than_300_ms_of_work() {
    let test = "start::the_first_sound_takes_less_than_300_ms_of_work";
    with_server(test, RATE_HZ, PERIOD, |server| {
        let place = Place::new();
        let keys = keys(&server);
        let begun = Instant::now();
        let mut playing = start(&place, &[]);
        playing.say("on c4 127\n");
        connect_sound(&keys);
        let connected = begun.elapsed();
        let is_heard = |_| {
            let heard = keys.play(Vec::new(), u64::from(PERIOD)).unwrap();
            heard.left.iter().any(|x| *x != 0.0)
        };
        assert!((0..PATIENCE).any(is_heard), "no sound");
        let wall = begun.elapsed();
        let worked = cpu_time(playing.process());
        println!("first sound after {wall:?}, CPU time {worked:?}; its ports after {connected:?}");
        if let Some(worked) = worked {
            assert!(worked > Duration::ZERO && worked < MOST, "{worked:?}");
        }
        quit(playing);
    });
}
