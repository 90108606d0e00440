//! More voices than a machine carries: what is left out is left out of the replay too.

use serde_json::Value;
use synth_engine::{Event, Parameter};

use crate::place::{Place, Played, RECORDING};

fn json(played: &Played) -> Value {
    serde_json::from_str(&played.stdout).expect("an object and nothing else")
}

#[test]
fn what_is_shed_under_load_is_shed_again() {
    let place = Place::new();
    // Hundreds of voices with all partials that 192 kHz hold.
    let notes: String = (20..120).map(|key| format!("on {key}\n")).collect();
    let lines = notes.repeat(8) + "wait 0.5\n";
    let played = place.play(
        &[
            "--json",
            "--sample-rate",
            "192000",
            "--polyphony",
            "2048",
            "--instrument",
            "church-organ",
        ],
        &lines,
    );
    let json = json(&played);
    let levels: Vec<u8> = place
        .events()
        .into_iter()
        .filter_map(|(_, event)| match event {
            Event::Shedding { level } => Some(level),
            _ => None,
        })
        .collect();
    let most = levels.iter().max().copied().unwrap_or(0);
    assert_eq!(json["most_shedding"], most);
    assert_eq!(json["lost_events"], 0);
    assert_eq!(json["notes"], 800);
    if most == 0 {
        println!("this machine carries {} voices", json["most_voices"]);
    }
    for block in ["4096", "random:2"] {
        place.assert_replays(&["--block", block]);
    }
}

/// With a device that may fail, no more voices are begun than the processor carries alone.
#[test]
fn the_polyphony_is_kept_to_what_the_processor_carries() {
    let place = Place::new();
    let large = [
        "--polyphony",
        "4096",
        "--sample-rate",
        "96000",
        "--buffer",
        "64",
    ];
    let lines = "on c4\nwait 0.1\ndevice reference\nwait 0.1\n";
    let played = place.play(&large, lines);
    let kept: Vec<f32> = place
        .events()
        .into_iter()
        .filter_map(|(_, event)| match event {
            Event::Parameter {
                parameter: Parameter::Polyphony,
                value,
            } => Some(value),
            _ => None,
        })
        .collect();
    let told = |voices: f32| format!("the polyphony is kept to {voices} voices");
    match kept[..] {
        [] => assert!(!played.stdout.contains("is kept to"), "{}", played.stdout),
        [voices] => assert!(played.stdout.contains(&told(voices)), "{}", played.stdout),
        _ => panic!("{kept:?}"),
    }
    assert_eq!(place.log().header.polyphony, 4096);

    let ahead = [&large[..], &["--device", "reference"]].concat();
    let played = place.play(&ahead, "gate 0.05\nqe\n");
    let header = place.log().header;
    assert_eq!(header.device, "reference");
    let said = played.stdout.contains(&told(header.polyphony as f32));
    assert_eq!(said, header.polyphony < 4096, "{}", played.stdout);
    let up_to = format!("up to {} voices", header.polyphony);
    assert!(played.stdout.contains(&up_to), "{}", played.stdout);
    assert!(place.replay("again.wav", &[]).status.success());
    let frames = |name| place.wav(name).channels[0].len();
    assert_eq!(frames("again.wav"), frames(RECORDING));
}
