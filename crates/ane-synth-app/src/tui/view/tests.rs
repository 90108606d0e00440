//! Pictures: what must be seen is seen, on screens of every size, with colours and without.

use std::sync::Arc;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Rect;
use ratatui::style::Color;
use synth_engine::Parameter;

use super::model::{Choice, Hands, List, Overlay, ViewKind};
use super::*;
use crate::tui::analysis::{HARMONICS_DB, HarmonicsShown, SPECTRUM_DB, SoundShown};
use crate::tui::kept::tests::snapshot;
use crate::tui::link::{LoadShown, Place, Told};

/// Somebody plays.
fn playing() -> Model {
    let mut seen = snapshot();
    seen.keys_down = 1 << 60 | 1 << 61 | 1 << 45 | 1 << 46;
    seen.voices = 3;
    seen.load = Some(LoadShown {
        median: 12,
        p99: 34,
        most: 101,
    });
    seen.audio_device = Place {
        name: "a card".to_owned(),
        why: "the default of ALSA".to_owned(),
        is_heard: true,
    };
    seen.instrument = Some("flute".to_owned());
    seen.instrument_label = "flute (recorded)".to_owned();
    seen.controllers[Parameter::Brightness as usize] = Some(74);
    seen.midi_inputs = 1;
    Model {
        snapshot: Some(Arc::new(seen)),
        sound: SoundShown {
            trace: (0..512).map(|n| (n % 200 - 100) as i8).collect(),
            trace_gain: 2,
            spectrum: (0..192)
                .map(|n| (n % (i32::from(SPECTRUM_DB) + 1)) as u8)
                .collect(),
            harmonics: Some(HarmonicsShown {
                key: 60,
                levels: (0..64).map(|n| HARMONICS_DB.saturating_sub(n)).collect(),
            }),
            ..SoundShown::default()
        },
        hands: Hands {
            down: 1 << 60 | 1 << 61,
            lowest: 48,
            octave: 0,
            velocity: 100,
            latch: false,
            tells_releases: false,
        },
        knob: 3,
        view: ViewKind::Scope,
        overlay: Overlay::None,
        lines: vec![
            Told::Line("MIDI input: Keys".to_owned()),
            Told::Complaint("something went wrong".to_owned()),
        ],
        notice: None,
    }
}

fn empty() -> Model {
    Model {
        snapshot: None,
        sound: SoundShown::default(),
        hands: Hands::default(),
        knob: 99,
        view: ViewKind::Harmonics,
        overlay: Overlay::None,
        lines: Vec::new(),
        notice: None,
    }
}

fn list(count: usize) -> Overlay {
    let choice = |n: usize| Choice {
        name: format!("instrument-{n}"),
        remark: "a remark that is rather long for a small screen".to_owned(),
        description: "words ".repeat(60),
        is_used: n == 2,
    };
    Overlay::List(List {
        title: "Instruments",
        query: Some("inst".to_owned()),
        choices: (0..count).map(choice).collect(),
        at: count / 2,
        remark: "nothing is called so".to_owned(),
    })
}

fn picture(model: &Model, width: u16, height: u16, theme: Theme) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    draw(&mut buffer, model, theme);
    buffer
}

fn rows(buffer: &Buffer) -> Vec<String> {
    let area = buffer.area;
    let row = |y| (0..area.width).map(|x| buffer[(x, y)].symbol()).collect();
    (0..area.height).map(row).collect()
}

fn text(model: &Model, width: u16, height: u16) -> String {
    rows(&picture(model, width, height, Theme::new(true))).join("\n")
}

#[test]
fn a_usual_screen_shows_everything() {
    let text = text(&playing(), 80, 24);
    for wanted in [
        "ane-synth",
        "♪ flute (recorded)",
        "a card · 44.1 kHz · 5.8 ms",
        "volume",
        "polyphony",
        "velocity-curve",
        "CC74",
        "▸ brightness",
        "Tilt of the partials",
        "Oscilloscope",
        "Level",
        "true peak",
        "voices   3 of 64",
        "no dropouts",
        "load 1.2 %  p99 3.4  most 10.1",
        "C3-B4 · velocity 100",
        "F1 help",
        "the default of ALSA",
        "1 MIDI input",
        "network: cpu",
    ] {
        assert!(text.contains(wanted), "{wanted} is missing:\n{text}");
    }
    for letter in "ZSXDCVGBHNJMQ2W3ER5T6Y7U".chars() {
        let keys: String = text.lines().rev().take(7).collect();
        assert!(keys.contains(letter), "{letter} is missing:\n{text}");
    }
    assert!(text.contains('●') && text.contains('◆'), "{text}");
}

#[test]
fn a_large_screen_shows_all_views_and_what_was_told() {
    let text = text(&playing(), 200, 60);
    for wanted in [
        "Oscilloscope",
        "Spectrum",
        "64 harmonics of C4",
        "MIDI input: Keys",
        "! something went wrong",
        "C1",
        "C8",
    ] {
        assert!(text.contains(wanted), "{wanted} is missing:\n{text}");
    }
}

#[test]
fn small_screens_show_what_matters_most() {
    let first = text(&playing(), 20, 5);
    assert!(
        first.contains("ane-synth") && first.contains('●'),
        "{first}"
    );
    assert!(text(&playing(), 40, 10).contains("brightness"));
    assert_eq!(text(&playing(), 1, 1).chars().count(), 1);
    assert_eq!(text(&playing(), 0, 0), "");
}

#[test]
fn every_size_can_be_drawn() {
    let mut models = Vec::new();
    for model in [playing(), empty()] {
        for overlay in [
            Overlay::None,
            Overlay::Help(0),
            Overlay::Help(99),
            list(0),
            list(30),
            Overlay::Prompt("cc 74 1".repeat(20)),
        ] {
            models.push(Model {
                overlay,
                ..model.clone()
            });
        }
    }
    // Every size, each with another of the pictures and in turn with colours and without.
    let mut at = 0;
    for width in 1..=250 {
        for height in 1..=80 {
            let theme = Theme::new(at % 2 == 0);
            picture(&models[at / 2 % models.len()], width, height, theme);
            at += 1;
        }
    }
    // And all of them at sizes where something changes.
    for model in &models {
        for width in [
            1, 2, 3, 6, 7, 19, 20, 27, 28, 41, 42, 77, 78, 79, 80, 139, 140, 207, 208,
        ] {
            for height in [1, 2, 3, 4, 5, 8, 9, 10, 23, 24, 39, 40] {
                for has_colours in [true, false] {
                    picture(model, width, height, Theme::new(has_colours));
                }
            }
        }
    }
}

#[test]
fn without_colours_nothing_has_one_and_keys_are_told_apart_all_the_same() {
    let mut models = vec![playing()];
    for overlay in [Overlay::Help(0), list(9)] {
        models.push(Model {
            overlay,
            ..playing()
        });
    }
    for model in &models {
        let buffer = picture(model, 80, 24, Theme::new(false));
        for cell in buffer.content() {
            assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset), "{cell:?}");
        }
    }
    let marks = |model: &Model, mark: char| {
        let buffer = picture(model, 80, 24, Theme::new(false));
        let piano = rows(&buffer)[17..22].concat();
        piano.matches(mark).count()
    };
    let mut model = playing();
    // A white and a black key of each.
    assert_eq!((marks(&model, '●'), marks(&model, '◆')), (2, 2));
    model.hands.down = 0;
    assert_eq!((marks(&model, '●'), marks(&model, '◆')), (0, 4));
}

#[test]
fn the_mode_of_the_keys_is_told() {
    let mut model = playing();
    assert!(text(&model, 100, 24).contains("notes end by themselves"));
    model.hands.tells_releases = true;
    assert!(text(&model, 80, 24).contains("notes last as long as keys are down"));
    model.hands.latch = true;
    assert!(text(&model, 80, 24).contains("HOLD"));
}

#[test]
fn what_was_told_last_and_what_is_learnt_come_first() {
    let mut model = playing();
    model.notice = Some(Told::Complaint("the device is gone".to_owned()));
    assert!(text(&model, 80, 24).contains("! the device is gone"));
    let mut seen = snapshot();
    seen.learning = Some(Parameter::Room);
    model.snapshot = Some(Arc::new(seen));
    let text = text(&model, 80, 24);
    assert!(text.contains("room waits for a MIDI controller") && text.contains("CC ?"));
}

#[test]
fn help_tells_of_every_key() {
    let mut model = playing();
    model.overlay = Overlay::Help(0);
    let text = text(&model, 80, 50);
    for line in overlay::HELP.lines() {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let list = Model {
        overlay: list(30),
        ..playing()
    };
    let text = self::text(&list, 80, 24);
    for wanted in [
        "search: inst",
        "▸  instrument-15",
        "words words",
        "Enter takes it",
    ] {
        assert!(text.contains(wanted), "{wanted}\n{text}");
    }
}

#[test]
fn a_terminal_gets_the_picture() {
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    let model = playing();
    let drawn = terminal.draw(|frame| draw(frame.buffer_mut(), &model, Theme::new(true)));
    assert_eq!(drawn.unwrap().area, Rect::new(0, 0, 80, 24));
    let expected = picture(&model, 80, 24, Theme::new(true));
    assert_eq!(terminal.backend().buffer(), &expected);
}
