//! The manual pages: what the definition of the command line says, and what it cannot say.

use std::io::{self, Write};

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, roman};

use crate::error::AppError;

/// A command line and what it does.
type Example = (&'static str, &'static str);

/// A term and what it means.
type Entry = (&'static str, &'static str);

const EXIT_STATUS: &[Entry] = &[
    ("0", "The job is done."),
    (
        "2",
        "Something the user can put right: a bad option, a bad file, a place that cannot be \
         written. One line on standard error says which, what is wrong and what to do; no output \
         file is written, not even half of one. Of several inputs, the others are still done.",
    ),
    (
        "128 + N",
        "Signal N (Ctrl-C is 2) interrupted it; no output file is written.",
    ),
];

const ENVIRONMENT: &[Entry] = &[(
    "ANE_SYNTH_SIMD",
    "Forces the instruction set that the network and the oscillators use: avx512, avx2, sse2, neon \
     or scalar. Without it the widest that the processor has is used. It is an error to force one \
     that the processor lacks.",
)];

const FILES: &[Entry] = &[
    (
        "*.mid",
        "Standard MIDI Files of any format, also inside an .rmi wrapper. What is damaged in one is \
         left out, with a warning.",
    ),
    (
        "*.synth",
        "Instruments: a safetensors file each, with the network, the tables of how notes are \
         played, and who made it under which licence.",
    ),
    (
        "*.wav, *.flac, *.aiff, *.mp3, *.ogg",
        "Recordings, of any sample rate from 8 to 384 kHz and up to 32 channels. What is damaged in \
         one is left out, with a warning.",
    ),
];

/// What a command does, a paragraph each.
fn description(command: &str) -> &'static [&'static str] {
    match command {
        "ane-synth" => &[
            "A small neural network turns the pitch, loudness, velocity and timbre of every note into \
             harmonics and noise, many times a second, and those are turned into sound. It runs on \
             any processor. Each command has a page and a --help of its own.",
        ],
        "ane-synth-render" => &[
            "Renders each MIDI file to an audio file, beside it or where -o says, and prints what \
             came out: length, instruments, levels, loudness, voices, speed. Several files and whole \
             folders are rendered at once. An output appears under its name only when it is complete.",
            "The sound is the same, bit for bit, whatever --threads and --block say. Drums (channel \
             10) are silent so far, with a notice.",
        ],
        "ane-synth-play" => &[
            "Plays live on an audio device. MIDI inputs are listened to as they come and go; a message sounds \
             one buffer after its arrival, so that the rhythm is kept. Playing begins 6 dB below the full \
             level; set volume=0 raises it. A device that vanishes is looked for until it is back, and time \
             and notes go on meanwhile.",
            "On a terminal an interface opens: the letters of two rows of the computer's keyboard are a piano, \
             and there are instruments to choose, knobs to turn, by MIDI controllers too, and the sound to \
             see. F1 lists the keys; Esc ends it. What is chosen and turned is kept until the next time, in \
             the folder for such files, or where ANE_SYNTH_CONFIG says; options win over it. Colours are left \
             out where NO_COLOR is set.",
            "With --plain, with --json, in a pipe and where TERM is dumb it is played by lines of text instead: \
             the letters of a line are a piano, and words change the instrument, the parameters, the bend, the \
             pedal. The line help lists them all. It works with a screen reader. At the end of input the notes \
             ring out; the line quit, or Ctrl-C, ends at once.",
            "The load is what the audio thread needs of its time; where it is too high, first partials \
             that nobody hears are left out, then every other step of the network, then the softest \
             voices, and it is said so. With --event-log everything that takes effect is kept with its \
             sample, and render --events makes the same samples of it again.",
        ],
        "ane-synth-devices" => &[
            "Lists the audio outputs of every system that this program knows, with the rates, channels and \
             buffers that they offer, and the MIDI inputs; where there are none, why.",
        ],
        "ane-synth-doctor" => &[
            "Says what this machine is, where the network can run and how fast, with quantiles of the waiting \
             time one call after the other and at the pace of an audio callback, whether its answers are \
             right, what there is to play on, and whether each instrument sounds. It takes some 20 seconds.",
            "What it writes with --output can be attached to a report: no person, device or place is named in \
             it. The exit status is 0 if sound can be made, to a file at least.",
        ],
        "ane-synth-parameters" => &[
            "Lists the parameters of the whole instrument, which --set and the line set of play take: \
             what each is at first, what it does and which values it takes.",
        ],
        "ane-synth-instruments" => &[
            "Lists the instruments inside this program with their authors, licences and General MIDI \
             programs.",
        ],
        "ane-synth-demo" => {
            &["Renders a short piece that is inside this program. The options are those of render."]
        }
        "ane-synth-info" => &[
            "Of a MIDI file: tracks, length, tempo, signatures, texts, the notes, programs and \
             controllers of each channel, which instrument plays them, and what is damaged. Of an \
             instrument: who made it from what, its ranges, network and tables. Of a recording (WAV, \
             FLAC, AIFF, MP3, Ogg Vorbis): its format, peak and true peak, loudness (ITU-R BS.1770, EBU R 128), DC offset, clipping, \
             silence at its ends.",
            "With --json the names of the values say their units. Where several files are named, \
             those that cannot be read have an error in the array.",
        ],
        "ane-synth-train" => &[
            "Makes an instrument of a folder of recordings: finds the notes in them, measures their \
             pitch, loudness, partials and noise, fits a network to them, and learns from them how \
             notes begin, swell, waver and end. It takes well under a minute for some minutes of \
             recordings and needs at least 3 different pitches and 5 seconds of sound; 20 pitches, a \
             few seconds each, soft and loud, make a good instrument.",
            "A file that cannot be used is named, with the reason, and left out. The same recordings \
             and options give the same instrument, whatever --threads says.",
        ],
        "ane-synth-evaluate" => &[
            "Compares an instrument with the notes of every fourth pitch of a folder of recordings, \
             which train --hold-out leaves out, and says whether it was trained on any of them. The \
             instrument is driven by the loudness and the pitch of the recordings; beside its errors \
             stand those of the nearest recorded notes, of one average spectrum, of another take, \
             and of the analysis played back.",
            "With --report the folder holds index.html, a page with pictures and players that needs \
             no other file, and PITCH-DYNAMIC-TAKE-real.wav and -synth.wav for every note.",
        ],
        "ane-synth-export" => &[
            "Writes the network of an instrument for other programs: as MIL text with the weight file \
             that it names, which is what the Neural Engine's compiler takes, or as a model package \
             with both inside, which Core ML takes. The input is [1, features, 1, columns] and the \
             answer [1, outputs, 1, columns], all FP16; what they mean is in the instrument, not in \
             the network.",
            "The same instrument and options give the same bytes. A package carries the author and \
             the licence of the instrument.",
        ],
        "ane-synth-about" => &[
            "Prints the version and the instruments that are built in with their sources. With \
             --licences: the licence of the program, the notices of those whose recordings the \
             instruments were made of, and what each instrument's file says.",
        ],
        "ane-synth-completions" => &[
            "Prints a script that a shell reads to complete this command's names, options and files.",
        ],
        "ane-synth-man" => &["Prints this manual, in the language of man pages."],
        _ => &[],
    }
}

/// What its page shows of a command.
fn examples(command: &str) -> &'static [Example] {
    match command {
        "ane-synth" => &[
            ("ane-synth demo", "Render a short piece to demo.wav."),
            (
                "ane-synth render song.mid -o song.wav",
                "Render a MIDI file with the built-in instruments.",
            ),
            ("ane-synth info song.mid song.wav", "What is inside both."),
        ],
        "ane-synth-render" => &[
            ("ane-synth render song.mid", "Render to song.wav."),
            (
                "ane-synth render songs -o rendered --format flac",
                "All MIDI files of a folder, to another one, as FLAC.",
            ),
            (
                "ane-synth render song.mid -o song.wav --sample-rate 96000 --bits 32f",
                "At 96 kHz, in floating point.",
            ),
            (
                "ane-synth render song.mid --instrument alto-sax --normalise -16 --json",
                "Everything on one instrument, at -16 LUFS, the summary for a program.",
            ),
            (
                "ane-synth render song.mid --stems --mute 3 --from 1:00 --to 2:00",
                "The second minute without channel 3, each channel also in a file of its own.",
            ),
        ],
        "ane-synth-play" => &[
            (
                "ane-synth play --instrument flute --midi all",
                "Play the flute by every MIDI keyboard there is.",
            ),
            (
                "ane-synth play --audio-device null",
                "Play to nobody, to see how it goes.",
            ),
            (
                "ane-synth play --audio-device null --record played.wav --event-log played.jsonl",
                "The same, keeping the sound and what was played.",
            ),
            (
                "ane-synth render --events played.jsonl -o again.wav",
                "The same samples once more.",
            ),
        ],
        "ane-synth-devices" => &[("ane-synth devices", "What can be played on, and by what.")],
        "ane-synth-doctor" => &[(
            "ane-synth doctor -o report.json",
            "Look at this machine, and keep what is found to attach it to a report.",
        )],
        "ane-synth-parameters" => &[("ane-synth parameters", "What --set can set, and to what.")],
        "ane-synth-instruments" => &[(
            "ane-synth instruments --json",
            "The built-in instruments as a JSON array.",
        )],
        "ane-synth-demo" => &[("ane-synth demo -o piece.wav", "Render it to piece.wav.")],
        "ane-synth-info" => &[
            (
                "ane-synth info song.mid",
                "Tracks, tempo, channels, controllers, texts, and what is damaged.",
            ),
            (
                "ane-synth info flute mine.synth",
                "A built-in instrument and one of your own.",
            ),
            (
                "ane-synth info --json *.wav",
                "Levels and loudness of several files as a JSON array.",
            ),
        ],
        "ane-synth-train" => &[
            (
                "ane-synth train sax-recordings -o sax.synth",
                "An instrument of all recordings in a folder.",
            ),
            (
                "ane-synth train sax-recordings -o half.synth --hold-out --json",
                "One that evaluate can judge by pitches that it has not seen.",
            ),
            (
                "ane-synth train takes -o fiddle.synth --name Fiddle --licence CC0-1.0 --programs 40",
                "With what others should know of it, and the General MIDI program that it plays.",
            ),
        ],
        "ane-synth-evaluate" => &[
            (
                "ane-synth evaluate half.synth sax-recordings",
                "The errors of what train --hold-out made, beside those of simpler ways.",
            ),
            (
                "ane-synth evaluate half.synth sax-recordings --report page --json",
                "The same for a program, and a page to look at and listen to.",
            ),
        ],
        "ane-synth-export" => &[
            (
                "ane-synth export -o flute.mlpackage --instrument flute",
                "A package for Core ML.",
            ),
            (
                "ane-synth export -o mine.mil --instrument mine.synth --dialect 1.3",
                "The text of an instrument of your own, in the short dialect.",
            ),
            (
                "ane-synth export -o weight.bin --instrument mine.synth",
                "The weights that this text names.",
            ),
        ],
        "ane-synth-about" => &[("ane-synth about --licences", "All licences and notices.")],
        "ane-synth-completions" => &[
            (
                "ane-synth completions bash > ~/.local/share/bash-completion/completions/ane-synth",
                "For bash; in a new shell, the Tab key then completes.",
            ),
            (
                "ane-synth completions zsh > ~/.zfunc/_ane-synth",
                "For zsh, with ~/.zfunc in $fpath.",
            ),
            (
                "ane-synth completions fish > ~/.config/fish/completions/ane-synth.fish",
                "For fish.",
            ),
        ],
        "ane-synth-man" => &[(
            "ane-synth man --dir ~/.local/share/man/man1",
            "Where man(1) finds the pages.",
        )],
        _ => &[],
    }
}

fn renders(command: &str) -> bool {
    ["ane-synth-render", "ane-synth-demo"].contains(&command)
}

fn reads_files(command: &str) -> bool {
    [
        "ane-synth-render",
        "ane-synth-info",
        "ane-synth-train",
        "ane-synth-evaluate",
    ]
    .contains(&command)
}

/// The file name and the text of the page of a built command.
pub(crate) fn page(mut command: Command) -> Result<(String, String), AppError> {
    // The synopsis of --help: short, and with the dots of what can be repeated.
    let usage = command.render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").to_owned();
    let command = command.override_usage(usage);
    let name = command
        .get_display_name()
        .unwrap_or_else(|| command.get_name());
    let name = name.to_owned();
    let is_main = command.has_subcommands();
    let pages: Vec<String> = command
        .get_subcommands()
        .map(|sub| format!("{name}-{}", sub.get_name()))
        .collect();
    let man = Man::new(command);
    let file_name = man.get_filename();
    let mut text = Vec::new();
    write_page(&man, &name, is_main, &pages, &mut text).map_err(AppError::new)?;
    Ok((file_name, String::from_utf8_lossy(&text).into_owned()))
}

fn write_page(
    man: &Man,
    name: &str,
    is_main: bool,
    pages: &[String],
    text: &mut Vec<u8>,
) -> io::Result<()> {
    // Written here because clap_mangen leaves out the quotes of an empty date, so that the version
    // would become it. A page is made whenever somebody asks, which is no date worth telling.
    let title = name.to_uppercase().replace('-', "\\-");
    let version = env!("CARGO_PKG_VERSION");
    writeln!(
        text,
        ".TH {title} 1 \"\" \"ane\\-synth {version}\" \"ane\\-synth manual\""
    )?;
    man.render_name_section(text)?;
    man.render_synopsis_section(text)?;
    let mut roff = Roff::new();
    roff.control("SH", ["DESCRIPTION"]);
    for (index, paragraph) in description(name).iter().enumerate() {
        if index > 0 {
            roff.control("PP", []);
        }
        roff.text([roman(*paragraph)]);
    }
    text.extend(roff.to_roff().into_bytes());
    if is_main {
        man.render_subcommands_section(text)?;
    }
    man.render_options_section(text)?;
    let mut roff = Roff::new();
    let examples = examples(name);
    if !examples.is_empty() {
        roff.control("SH", ["EXAMPLES"]);
    }
    for (line, meaning) in examples {
        entry(&mut roff, line, meaning);
    }
    let sections = [
        ("EXIT STATUS", EXIT_STATUS, true),
        ("ENVIRONMENT", ENVIRONMENT, is_main || renders(name)),
        ("FILES", FILES, is_main || reads_files(name)),
    ];
    for (heading, entries, _) in sections.iter().filter(|(_, _, applies)| *applies) {
        roff.control("SH", [*heading]);
        for (term, meaning) in *entries {
            entry(&mut roff, term, meaning);
        }
    }
    roff.control("SH", ["SEE ALSO"]);
    let main_page = ["ane-synth".to_owned()];
    let others = if is_main { pages } else { &main_page };
    roff.text(references(others));
    text.extend(roff.to_roff().into_bytes());
    Ok(())
}

fn entry(roff: &mut Roff, term: &str, meaning: &str) {
    roff.control("TP", []);
    roff.text([bold(term)]);
    roff.text([roman(meaning)]);
}

/// "**one**(1), **two**(1)".
fn references(pages: &[String]) -> Vec<Inline> {
    let mut text = Vec::new();
    for page in pages {
        let separator = if text.is_empty() { "" } else { ", " };
        text.extend([roman(separator), bold(page.as_str()), roman("(1)")]);
    }
    text
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn every_command_has_a_description_and_an_example() {
        let command = Cli::command();
        let names = command
            .get_subcommands()
            .map(|sub| format!("ane-synth-{}", sub.get_name()));
        for name in names.chain(["ane-synth".to_owned()]) {
            assert!(!description(&name).is_empty(), "{name}");
            assert!(!examples(&name).is_empty(), "{name}");
        }
    }

    #[test]
    fn the_examples_are_command_lines_that_exist() {
        let command = Cli::command();
        let names = command
            .get_subcommands()
            .map(|sub| format!("ane-synth-{}", sub.get_name()));
        for name in names.chain(["ane-synth".to_owned()]) {
            for (line, _) in examples(&name) {
                let line = line.split(" > ").next().unwrap_or_default();
                let parsed = Cli::command().try_get_matches_from(line.split_whitespace());
                assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
            }
        }
    }
}
