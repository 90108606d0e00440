//! What a line says.

use crate::devices::DeviceChoice;
use clap::ValueEnum;

use super::keys;
use crate::printable;

/// What `help` prints.
pub(super) const HELP: &str = "\
q 2 w 3 e r 5 t 6 y 7 u   C4 to B4; letters of one word sound together, words one after another
z s x d c v g b h n j m   C3 to B3 (a line whose first word is one of these commands is a command)
on NOTE [VELOCITY]        a key goes down: a letter, a name (C#4) or a MIDI number; 1 to 127
off NOTE                  and up
gate SECONDS              how long letters last, 0.01 to 60 (0.5 at first)
velocity N                how hard letters are played, 1 to 127 (100 at first)
octave N                  moves the letters, -3 to 3
wait SECONDS              goes on later, 0 to 3600
bend SEMITONES            bends the pitch, -24 to 24
pedal on|off              the sustain pedal
cc NUMBER VALUE           a MIDI controller, 0 to 127 each
instrument NAME|FILE      another instrument
rate HZ                   another sample rate, 8000 to 192000
device NAME               where the network runs: auto, cpu, ane or reference
set NAME=VALUE            sets a parameter
get NAME                  a parameter's value
parameters                all parameters
status                    load, voices, level and where the network's answers come from
panic                     silence, and every controller at rest
quit                      ends without letting the notes ring out";

/// What is wrong with a line ends in this.
const WAY_OUT: &str = "type help for what there is";

/// What a line asks for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Command {
    /// Keys that sound together, then the next.
    Play(Vec<Vec<u8>>),
    On {
        key: u8,
        velocity: Option<u8>,
    },
    Off {
        key: u8,
    },
    Gate {
        seconds: f64,
    },
    Velocity(u8),
    Octave(i8),
    Wait {
        seconds: f64,
    },
    Bend {
        semitones: f32,
    },
    Pedal {
        down: bool,
    },
    Controller {
        number: u8,
        value: u8,
    },
    Instrument(String),
    Device(DeviceChoice),
    Rate(u32),
    Set(String),
    Get(String),
    Parameters,
    Status,
    Help,
    Panic,
    Quit,
}

/// What `line` asks for; nothing on an empty one. `octave` moves the letters.
pub(super) fn parse(line: &str, octave: i8) -> Result<Option<Command>, String> {
    let mut words = line.split_whitespace();
    let Some(first) = words.next() else {
        return Ok(None);
    };
    let rest: Vec<&str> = words.collect();
    let command = match (first.to_ascii_lowercase().as_str(), rest.as_slice()) {
        ("help", []) => Command::Help,
        ("status", []) => Command::Status,
        ("parameters", []) => Command::Parameters,
        ("panic", []) => Command::Panic,
        ("quit", []) => Command::Quit,
        ("on", [note]) => Command::On {
            key: key(note, octave)?,
            velocity: None,
        },
        ("on", [note, velocity]) => Command::On {
            key: key(note, octave)?,
            velocity: Some(number(first, velocity, 1, 127)?),
        },
        ("off", [note]) => Command::Off {
            key: key(note, octave)?,
        },
        ("gate", [seconds]) => Command::Gate {
            seconds: real(first, seconds, 0.01, 60.0)?,
        },
        ("velocity", [velocity]) => Command::Velocity(number(first, velocity, 1, 127)?),
        ("octave", [octave]) => Command::Octave(number(first, octave, -3, 3)?),
        ("wait", [seconds]) => Command::Wait {
            seconds: real(first, seconds, 0.0, 3600.0)?,
        },
        ("bend", [semitones]) => Command::Bend {
            semitones: real(first, semitones, -24.0, 24.0)? as f32,
        },
        ("pedal", [state]) => match state.to_ascii_lowercase().as_str() {
            "on" => Command::Pedal { down: true },
            "off" => Command::Pedal { down: false },
            _ => return Err("pedal: say on or off".to_owned()),
        },
        ("cc", [controller, value]) => Command::Controller {
            number: number(first, controller, 0, 127)?,
            value: number(first, value, 0, 127)?,
        },
        // A file's name may hold blanks.
        ("instrument", [_, ..]) => Command::Instrument(after_first_word(line)),
        ("device", [name]) => match DeviceChoice::from_str(name, true) {
            Ok(device) => Command::Device(device),
            Err(_) => {
                return Err(
                    "device: say auto, cpu or reference, or ane or coreml on a Mac".to_owned(),
                );
            }
        },
        ("rate", [rate]) => Command::Rate(number(first, rate, 8_000, 192_000)?),
        ("set", [_, ..]) => Command::Set(rest.concat()),
        ("get", [name]) => Command::Get((*name).to_owned()),
        (known, _) if is_command(known) => {
            return Err(format!("{known}: {}; {WAY_OUT}", usage(known)));
        }
        _ => return chords(line, octave).map(|chords| Some(Command::Play(chords))),
    };
    Ok(Some(command))
}

fn is_command(word: &str) -> bool {
    HELP.lines()
        .skip(2)
        .any(|line| line.split(' ').next() == Some(word))
        || word == "help"
}

/// How a command is written, out of the help.
fn usage(command: &str) -> String {
    let line = HELP
        .lines()
        .find(|line| line.split(' ').next() == Some(command));
    let usage = line.and_then(|line| line.split("  ").next());
    format!("say {}", usage.unwrap_or(command).trim_end())
}

fn after_first_word(line: &str) -> String {
    let rest = line.trim_start().split_once(char::is_whitespace);
    rest.map_or("", |(_, rest)| rest).trim().to_owned()
}

fn chords(line: &str, octave: i8) -> Result<Vec<Vec<u8>>, String> {
    let chord = |word: &str| -> Result<Vec<u8>, String> {
        let keys = word.chars().map(|character| {
            let key = keys::letter(character).ok_or_else(|| {
                let word = shown(word);
                format!("{word} is neither a command nor letters of the piano; {WAY_OUT}")
            })?;
            keys::moved(key, octave).ok_or_else(|| "beyond the keyboard".to_owned())
        });
        keys.collect()
    };
    line.split_whitespace().map(chord).collect()
}

fn key(word: &str, octave: i8) -> Result<u8, String> {
    keys::named(word, octave).ok_or_else(|| {
        let word = shown(word);
        format!("{word} is no note; say a letter of the piano, a name like C#4 or 0 to 127")
    })
}

fn number<T>(command: &str, word: &str, least: T, most: T) -> Result<T, String>
where
    T: std::str::FromStr + PartialOrd + std::fmt::Display,
{
    match word.parse() {
        Ok(number) if number >= least && number <= most => Ok(number),
        _ => Err(format!("{command}: say a whole number, {least} to {most}")),
    }
}

fn real(command: &str, word: &str, least: f64, most: f64) -> Result<f64, String> {
    match word.parse() {
        Ok(number) if number >= least && number <= most => Ok(number),
        _ => Err(format!("{command}: say a number, {least} to {most}")),
    }
}

/// A word in a message.
fn shown(word: &str) -> String {
    const LONGEST: usize = 40;
    let start: String = word.chars().take(LONGEST).collect();
    let more = if start.len() < word.len() { "..." } else { "" };
    printable::one_line(&(start + more))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ok(line: &str) -> Command {
        parse(line, 0).unwrap().unwrap()
    }

    #[test]
    fn letters_are_chords_and_words_follow_one_another() {
        assert_eq!(ok("q"), Command::Play(vec![vec![60]]));
        assert_eq!(
            ok("  QET z  m\t"),
            Command::Play(vec![vec![60, 64, 67], vec![48], vec![59]])
        );
        assert_eq!(parse("q", -3).unwrap(), Some(Command::Play(vec![vec![24]])));
        assert_eq!(parse("", 0).unwrap(), None);
        assert_eq!(parse(" \t ", 0).unwrap(), None);
    }

    #[test]
    fn a_first_word_that_is_a_command_is_one() {
        assert_eq!(
            ok("on C#4 90"),
            Command::On {
                key: 61,
                velocity: Some(90)
            }
        );
        assert_eq!(ok("OFF 61"), Command::Off { key: 61 });
        assert_eq!(ok("bend -1.5"), Command::Bend { semitones: -1.5 });
        assert_eq!(
            ok("set volume = 0.5"),
            Command::Set("volume=0.5".to_owned())
        );
        assert_eq!(
            ok("instrument my  file.synth "),
            Command::Instrument("my  file.synth".to_owned())
        );
        assert_eq!(ok("device CPU"), Command::Device(DeviceChoice::Cpu));
        assert_eq!(
            ok("cc 1 127"),
            Command::Controller {
                number: 1,
                value: 127
            }
        );
        // All of these letters are on the piano.
        let line = parse("bend", 0).unwrap_err();
        assert_eq!(
            line,
            "bend: say bend SEMITONES; type help for what there is"
        );
    }

    #[test]
    fn every_command_of_the_help_is_known_and_wrong_ones_are_told() {
        for line in HELP.lines().skip(2) {
            let word = line.split(' ').next().unwrap();
            let arguments = "1 1 1 1 1 1 1 1 1";
            let refused = parse(&format!("{word} {arguments}"), 0);
            let told = matches!(refused, Ok(Some(Command::Instrument(_) | Command::Set(_))));
            assert!(told || refused.unwrap_err().starts_with(word), "{word}");
        }
        for line in [
            "on",
            "on h4",
            "on c4 0",
            "on c4 128",
            "on c4 1.5",
            "gate 0",
            "gate nan",
            "gate inf",
            "gate -1",
            "wait 3601",
            "bend 25",
            "pedal half",
            "cc 128 0",
            "cc 1",
            "octave 4",
            "velocity 0",
            "device gpu",
            "set",
            "get",
            "quit now",
            "qa",
            "4",
            "\u{1b}[2J",
            "qé",
        ] {
            let what = parse(line, 0).unwrap_err();
            assert!(!what.contains(char::is_control), "{what:?}");
        }
        let long = parse(&"x!".repeat(1000), 0).unwrap_err();
        assert!(long.len() < 150, "{long}");
    }
}
