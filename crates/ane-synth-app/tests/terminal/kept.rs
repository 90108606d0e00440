//! It is as it was left.

use crate::screen::Screen;

const NULL: &str = "--audio-device null --sample-rate 8000 --buffer 64";

fn row(text: &str, name: &str) -> String {
    let row = text.lines().find(|row| row.contains(name));
    row.unwrap_or_default().to_owned()
}

#[test]
fn what_was_changed_is_there_again_and_flags_win() {
    let screen = Screen::play(80, 24, NULL);
    screen.wait_for("18 instruments");
    screen.type_text("i");
    screen.wait_for("search:");
    screen.type_text("viola");
    screen.press("Enter");
    screen.wait_for("♪ viola");
    screen.press("Right");
    screen.type_text(".-");
    screen.wait_for("C4-B5 · velocity 92");
    screen.type_text("l");
    screen.wait_for("waits for a MIDI controller");
    screen.type_text(":cc 20 0");
    screen.press("Enter");
    screen.wait("a learnt knob", |text| {
        row(text, "▸ volume").contains("-60 dB")
    });
    screen.type_text(":cc 20 64");
    screen.press("Enter");
    screen.wait("a moved knob", |text| {
        row(text, "▸ volume").contains("-23.7 dB")
    });
    screen.press("Escape");
    screen.assert_ended("0");

    screen.play_again(80, 24, NULL);
    screen.wait_for("♪ viola");
    screen.wait_for("C4-B5 · velocity 92");
    let text = screen.wait_for("CC20");
    assert!(row(&text, "▸ volume").contains("-23.7 dB"), "{text}");
    screen.press("Escape");
    screen.assert_ended("0");

    let kept = screen.read("kept/state.json");
    screen.play_again(80, 24, &format!("{NULL} --instrument oboe --set volume=-3"));
    let text = screen.wait_for("♪ oboe");
    assert!(row(&text, "▸ volume").contains("-3 dB"), "{text}");
    screen.press("Escape");
    screen.assert_ended("0");
    assert_eq!(screen.read("kept/state.json"), kept, "flags are not kept");
}

#[test]
fn a_damaged_file_is_set_aside_and_what_is_gone_is_told() {
    let screen = Screen::play(80, 24, "--audio-device null --plain");
    screen.wait_for("type help");
    let folder = screen.path("kept");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("state.json"), "{ damaged").unwrap();
    screen.play_again(80, 24, NULL);
    screen.wait_for("18 instruments");
    screen.press("Escape");
    screen.assert_ended("0");
    screen.wait_for("state.damaged-1.json");
    assert_eq!(screen.read("kept/state.damaged-1.json"), "{ damaged");

    let gone =
        r#"{"version": 1, "instrument": "/nowhere/kazoo.synth", "audio_device": "no such card"}"#;
    std::fs::write(folder.join("state.json"), gone).unwrap();
    screen.play_again(80, 24, "--sample-rate 8000 --midi none --audio-device null");
    screen.wait_for("18 instruments");
    screen.press("Escape");
    screen.assert_ended("0");
    screen.wait_for("kazoo.synth");
    assert_eq!(screen.read("kept/state.json"), gone);
}
