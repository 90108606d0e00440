//! It is played, and what is changed is seen.

use crate::screen::Screen;

const NULL: &str = "--audio-device null --sample-rate 8000 --buffer 64";

/// The rows of the piano.
fn piano(text: &str) -> String {
    let rows: Vec<&str> = text.lines().collect();
    let end = rows.len().saturating_sub(2);
    rows[end.saturating_sub(8)..end].join("\n")
}

/// What the meters say: a level in figures, or that there is none.
fn is_silent(text: &str) -> bool {
    text.contains("true peak     -∞")
}

#[test]
fn the_terminal_instrument_from_start_to_end() {
    for (width, height) in [(80, 24), (200, 60)] {
        let screen = Screen::play(width, height, NULL);
        // All on one screen; it may be seen while it is being drawn.
        let wanted = [
            "18 instruments",
            "ane-synth",
            "null",
            "volume",
            "polyphony",
            "Oscilloscope",
            "F1 help",
        ];
        screen.wait("the whole first screen", |text| {
            wanted.iter().all(|word| text.contains(word))
        });
        let text = screen.wait("the meters", |text| text.contains("load"));
        assert!(is_silent(&text) && !piano(&text).contains('●'), "{text}");

        // A key lights up and is heard, and ends by itself.
        screen.type_text("q");
        screen.wait("a lit key", |text| piano(text).contains('●'));
        screen.wait("a level", |text| !is_silent(text));
        screen.wait("its end", |text| !piano(text).contains('●'));

        screen.type_text("i");
        screen.wait_for("search:");
        screen.type_text("flut");
        screen.wait_for("search: flut");
        screen.press("Enter");
        screen.wait_for("♪ flute (recorded)");

        for _ in 0..3 {
            screen.press("Down");
        }
        screen.wait_for("▸ brightness");
        screen.press("Right");
        screen.wait("a turned knob", |text| {
            let row = text.lines().find(|row| row.contains("▸ brightness"));
            row.is_some_and(|row| row.contains("0.04"))
        });
        screen.type_text("l");
        screen.wait_for("waits for a MIDI controller");
        screen.type_text(":cc 74 127");
        screen.wait_for(":cc 74 127");
        screen.press("Enter");
        screen.wait("a learnt knob", |text| {
            let row = text.lines().find(|row| row.contains("▸ brightness"));
            row.is_some_and(|row| row.contains("CC74") && !row.contains("0.04"))
        });

        screen.resize(1, 1);
        screen.wait("a screen of one cell", |text| {
            text.trim_end().chars().count() <= 1
        });
        screen.resize(width, height);
        screen.wait_for("♪ flute (recorded)");
        screen.wait_for("F1 help");

        screen.press("F1");
        screen.wait_for("this help");
        screen.press("Escape");
        screen.wait("no help", |text| !text.contains("this help"));
        screen.press("Escape");
        screen.assert_ended("0");
        assert!(screen.text().contains("played "), "the summary");
    }
}

#[test]
fn views_change_and_show_what_sounds() {
    let screen = Screen::play(80, 24, &format!("{NULL} --instrument oboe"));
    screen.wait_for("Oscilloscope");
    screen.press("Tab");
    screen.wait_for("Spectrum");
    screen.press("Tab");
    screen.wait_for("64 harmonics of the last note");
    screen.type_text("q");
    let text = screen.wait_for("64 harmonics of C4");
    assert!(text.contains('█') || text.contains('▆'), "{text}");
    screen.press("Tab");
    screen.type_text("aq");
    screen.wait_for("HOLD");
    screen.wait("a waveform", |text| {
        text.chars()
            .any(|c| ('\u{2801}'..='\u{28ff}').contains(&c) && c != '\u{2812}')
    });
    screen.type_text(" ");
    screen.wait("silence", |text| !piano(text).contains('●'));
    screen.press("C-c");
    screen.assert_ended("0");
}

#[test]
fn lines_are_told_and_obeyed() {
    let screen = Screen::play(100, 50, NULL);
    screen.wait_for("Told");
    screen.type_text(":rate 11025");
    screen.press("Enter");
    screen.wait_for("11.025 kHz");
    screen.type_text(":nonsense!");
    screen.press("Enter");
    screen.wait_for("! nonsense! is neither");
    screen.type_text(":quit");
    screen.press("Enter");
    screen.assert_ended("0");
    // What was complained of stays.
    screen.wait_for("nonsense! is neither");
}

#[test]
fn no_colour_is_used_where_none_is_wanted() {
    let script = format!(
        "export NO_COLOR=1 ANE_SYNTH_CONFIG=; exec {} play {NULL}",
        crate::screen::ANE_SYNTH
    );
    let screen = Screen::run(80, 24, &script);
    screen.wait_for("F1 help");
    let escapes = screen.escapes();
    // SGR 30 to 49 and 90 to 107 are colours.
    for part in escapes.split('\u{1b}').skip(1) {
        let Some((sequence, _)) = part.strip_prefix('[').and_then(|part| part.split_once('m'))
        else {
            continue;
        };
        for number in sequence
            .split(';')
            .filter_map(|number| number.parse::<u32>().ok())
        {
            let is_colour = matches!(number, 30..=38 | 40..=48 | 90..=97 | 100..=107);
            assert!(!is_colour, "{sequence}");
        }
    }
}
