//! What keys and the mouse come to, without a terminal.

use ratatui::crossterm::event::{KeyModifiers, MouseButton, MouseEventKind};

use super::*;
use crate::tui::kept::tests::snapshot;
use crate::tui::view::knobs::Grid;
use crate::tui::view::layout::places;

struct Rig {
    app: App,
    now: Instant,
}

impl Rig {
    fn new() -> Self {
        let catalogue = Catalogue::new(&[]).unwrap();
        let mut app = App::new(Keyboard::new(true, 0, 100), catalogue, (80, 24));
        app.take_snapshot(Arc::new(snapshot()));
        Self {
            app,
            now: Instant::now(),
        }
    }

    fn event(&mut self, event: Event) -> Vec<Action> {
        self.app.take_event(&event, self.now);
        self.app.take_actions()
    }

    fn key(&mut self, code: KeyCode) -> Vec<Action> {
        self.event(Event::Key(KeyEvent::new(code, KeyModifiers::NONE)))
    }

    fn press(&mut self, letter: char) -> Vec<Action> {
        self.key(KeyCode::Char(letter))
    }

    fn with_control(&mut self, letter: char) -> Vec<Action> {
        let code = KeyCode::Char(letter);
        self.event(Event::Key(KeyEvent::new(code, KeyModifiers::CONTROL)))
    }

    fn release(&mut self, letter: char) -> Vec<Action> {
        let code = KeyCode::Char(letter);
        let kind = KeyEventKind::Release;
        let event = KeyEvent::new_with_kind(code, KeyModifiers::NONE, kind);
        self.event(Event::Key(event))
    }

    fn mouse(&mut self, kind: MouseEventKind, x: u16, y: u16) -> Vec<Action> {
        self.event(Event::Mouse(MouseEvent {
            kind,
            column: x,
            row: y,
            modifiers: KeyModifiers::NONE,
        }))
    }

    fn model(&self) -> Model {
        self.app.model(self.now)
    }

    fn on(&self, key: u8) -> Action {
        Action::NoteOn {
            key,
            velocity: 100,
            at: self.now,
        }
    }

    fn off(&self, key: u8) -> Action {
        Action::NoteOff { key, at: self.now }
    }
}

const LEFT: MouseButton = MouseButton::Left;

#[test]
fn letters_play_and_capitals_do_too() {
    let mut rig = Rig::new();
    assert_eq!(rig.press('q'), [rig.on(60)]);
    assert_eq!(rig.model().hands.down, 1 << 60);
    assert_eq!(rig.release('q'), [rig.off(60)]);
    let capital = KeyEvent::new(KeyCode::Char('Z'), KeyModifiers::SHIFT);
    assert_eq!(rig.event(Event::Key(capital)), [rig.on(48)]);
    assert_eq!(rig.event(Event::FocusLost), [rig.off(48)]);
    for modifiers in [
        KeyModifiers::ALT,
        KeyModifiers::CONTROL,
        KeyModifiers::SUPER,
    ] {
        let key = KeyEvent::new(KeyCode::Char('q'), modifiers);
        assert_eq!(rig.event(Event::Key(key)), []);
    }
    assert_eq!(rig.event(Event::Paste("qwerty\u{1b}".to_owned())), []);
}

#[test]
fn escape_closes_what_is_open_first_and_control_c_quits_always() {
    let mut rig = Rig::new();
    for open in [
        KeyCode::F(1),
        KeyCode::Char('?'),
        KeyCode::Char('i'),
        KeyCode::Char('o'),
        KeyCode::Char(':'),
    ] {
        assert_eq!(rig.key(open), []);
        assert_ne!(rig.model().overlay, Overlay::None, "{open:?}");
        assert_eq!(rig.with_control('c'), [Action::Quit], "{open:?}");
        assert_eq!(rig.key(KeyCode::Esc), []);
        assert_eq!(rig.model().overlay, Overlay::None, "{open:?}");
    }
    assert_eq!(rig.key(KeyCode::Esc), [Action::Quit]);
    assert_eq!(rig.with_control('c'), [Action::Quit]);
    let kind = KeyEventKind::Release;
    let release = KeyEvent::new_with_kind(KeyCode::Esc, KeyModifiers::NONE, kind);
    assert_eq!(rig.event(Event::Key(release)), []);
}

#[test]
fn a_key_that_is_let_go_over_a_list_ends_its_note() {
    let mut rig = Rig::new();
    rig.press('q');
    rig.press('i');
    assert_eq!(rig.press('w'), [], "it is searched for");
    assert_eq!(rig.release('w'), []);
    assert_eq!(rig.release('q'), [rig.off(60)]);
}

#[test]
fn octave_velocity_hold_and_panic() {
    let mut rig = Rig::new();
    for letter in ['.', '.', ',', '-', '-', '+', '='] {
        assert_eq!(rig.press(letter), []);
    }
    let hands = rig.model().hands;
    assert_eq!((hands.octave, hands.lowest, hands.velocity), (1, 60, 100));
    rig.press('a');
    assert!(rig.model().hands.latch);
    assert_eq!(rig.press('z'), [rig.on(60)]);
    assert_eq!(rig.release('z'), []);
    assert_eq!(rig.press(' '), [Action::Panic]);
    assert_eq!(rig.model().hands.down, 0);
    assert_eq!(rig.press('z'), [rig.on(60)]);
}

#[test]
fn knobs_are_chosen_turned_and_put_back() {
    let mut rig = Rig::new();
    let set = |parameter, value| [Action::Set { parameter, value }];
    assert_eq!(rig.model().knob().parameter, Parameter::Volume);
    rig.key(KeyCode::Up);
    assert_eq!(rig.model().knob().parameter, Parameter::Polyphony);
    assert_eq!(rig.key(KeyCode::Right), set(Parameter::Polyphony, 65.0));
    // Before the session has told.
    assert_eq!(rig.key(KeyCode::Right), set(Parameter::Polyphony, 66.0));
    for _ in 0..20 {
        rig.key(KeyCode::PageUp);
    }
    assert_eq!(rig.key(KeyCode::PageUp), set(Parameter::Polyphony, 256.0));
    assert_eq!(rig.key(KeyCode::Backspace), set(Parameter::Polyphony, 64.0));
    rig.key(KeyCode::Down);
    rig.key(KeyCode::Down);
    assert_eq!(rig.model().knob().parameter, Parameter::Tuning);
    rig.key(KeyCode::Right);
    rig.key(KeyCode::Left);
    assert_eq!(rig.key(KeyCode::Left), set(Parameter::Tuning, 440.0));
    for info in Parameter::table() {
        let at = Parameter::table().iter().position(|other| other == info);
        while rig.model().knob != at.unwrap() {
            rig.key(KeyCode::Down);
        }
        let mut turn = |code, times: usize| {
            let turns: Vec<Action> = (0..times).flat_map(|_| rig.key(code)).collect();
            match turns.last() {
                Some(Action::Set { value, .. }) => *value,
                other => panic!("{other:?}"),
            }
        };
        let least = turn(KeyCode::PageDown, 300);
        assert_eq!(least, info.range.0, "{}", info.name);
        let most = turn(KeyCode::PageUp, 300);
        let highest = if info.parameter == Parameter::Polyphony {
            256.0
        } else {
            info.range.1
        };
        assert!((most - highest).abs() < 1e-3, "{}", info.name);
        // On the way back the default is met.
        let mut met = most;
        for _ in 0..500 {
            if met == info.default {
                break;
            }
            met = turn(KeyCode::Left, 1);
        }
        assert_eq!(met, info.default, "{}", info.name);
    }
}

#[test]
fn an_instrument_is_searched_for_and_taken() {
    let mut rig = Rig::new();
    rig.press('i');
    for letter in "flut".chars() {
        assert_eq!(rig.press(letter), []);
    }
    let Overlay::List(list) = rig.model().overlay else {
        panic!("no list");
    };
    assert_eq!(list.query.as_deref(), Some("flut"));
    assert_eq!(list.choices[0].name, "flute");
    let flute = Action::Instrument(Some("flute".to_owned()));
    assert_eq!(rig.key(KeyCode::Enter), [flute]);
    assert_eq!(rig.model().overlay, Overlay::None);
    // The first row is all of them, and lists go around.
    rig.press('i');
    assert_eq!(rig.key(KeyCode::Enter), [Action::Instrument(None)]);
    rig.press('i');
    rig.key(KeyCode::Up);
    let last = Action::Instrument(Some("choir".to_owned()));
    assert_eq!(rig.key(KeyCode::Enter), [last]);
    // Nothing is found, nothing is taken.
    rig.press('i');
    rig.event(Event::Paste("no such thing".to_owned()));
    assert_eq!(rig.key(KeyCode::Enter), []);
    for _ in 0..20 {
        rig.key(KeyCode::Backspace);
    }
    rig.key(KeyCode::End);
    rig.key(KeyCode::Home);
    rig.key(KeyCode::PageDown);
    assert!(matches!(
        rig.key(KeyCode::Enter)[..],
        [Action::Instrument(Some(_))]
    ));
}

#[test]
fn audio_devices_are_looked_for_and_taken() {
    let mut rig = Rig::new();
    rig.press('o');
    assert_eq!(rig.app.take_effects(), [Effect::ListDevices]);
    assert_eq!(rig.key(KeyCode::Enter), [], "they are not there yet");
    let row = |id: Option<&str>| DeviceRow {
        id: id.map(str::to_owned),
        name: "a name".to_owned(),
        remark: String::new(),
    };
    rig.app.take_devices(vec![row(None), row(Some("null"))]);
    rig.key(KeyCode::Down);
    let null = Action::AudioDevice(Some("null".to_owned()));
    assert_eq!(rig.key(KeyCode::Enter), [null]);
    // Too late for anybody to see.
    rig.app.take_devices(vec![row(None)]);
    assert_eq!(rig.model().overlay, Overlay::None);
}

#[test]
fn learning_is_asked_for_and_given_up() {
    let mut rig = Rig::new();
    rig.key(KeyCode::Down);
    let tuning = Parameter::Tuning;
    assert_eq!(rig.press('l'), [Action::Learn(Some(tuning))]);
    let mut learning = snapshot();
    learning.learning = Some(tuning);
    rig.app.take_snapshot(Arc::new(learning));
    assert_eq!(rig.press('l'), [Action::Learn(None)]);
    assert_eq!(rig.press('k'), [Action::Forget(tuning)]);
}

#[test]
fn a_line_is_typed() {
    let mut rig = Rig::new();
    rig.press(':');
    for letter in "cc 74 1x".chars() {
        assert_eq!(rig.press(letter), []);
    }
    rig.key(KeyCode::Backspace);
    let line = Action::Command("cc 74 1".to_owned());
    assert_eq!(rig.key(KeyCode::Enter), [line]);
    rig.press(':');
    assert_eq!(rig.key(KeyCode::Backspace), []);
    assert_eq!(rig.model().overlay, Overlay::None);
}

#[test]
fn the_mouse_turns_knobs() {
    let mut rig = Rig::new();
    let places = places(80, 24, ViewKind::Scope);
    let grid = Grid::new(&places, 0);
    let (knob, area) = grid.knobs().nth(3).unwrap();
    let info = &Parameter::table()[knob];
    let bar =
        (area.x..area.right()).filter(|x| matches!(grid.knob_at(*x, area.y), Some((_, Some(_)))));
    let bar: Vec<u16> = bar.collect();
    let (first, last) = (bar[0], bar[bar.len() - 1]);
    let set = |value| {
        [Action::Set {
            parameter: info.parameter,
            value,
        }]
    };
    let down = rig.mouse(MouseEventKind::Down(LEFT), first, area.y);
    assert_eq!(down, set(info.range.0));
    assert_eq!(rig.model().knob, knob);
    // The row below is another knob's, but this one is held.
    let drag = rig.mouse(MouseEventKind::Drag(LEFT), last, area.y + 1);
    assert_eq!(drag, set(info.range.1));
    assert_eq!(rig.mouse(MouseEventKind::Up(LEFT), last, area.y), []);
    assert_eq!(rig.mouse(MouseEventKind::Drag(LEFT), first, area.y), []);
    let scrolled = rig.mouse(MouseEventKind::ScrollDown, first, area.y);
    assert!(matches!(scrolled[..], [Action::Set { value, .. }] if value < info.range.1));
    // A name chooses, and turns nothing.
    assert_eq!(rig.mouse(MouseEventKind::Down(LEFT), area.x, area.y), []);
}

#[test]
fn the_mouse_plays_the_piano_and_glides() {
    let mut rig = Rig::new();
    let piano = places(80, 24, ViewKind::Scope).piano;
    let low = piano.y + 3;
    let key = |action: &Action| match action {
        Action::NoteOn { key, .. } => *key,
        other => panic!("{other:?}"),
    };
    let down = rig.mouse(MouseEventKind::Down(LEFT), 40, low);
    let first = key(&down[0]);
    assert_eq!(rig.model().hands.down, 1 << first);
    assert_eq!(rig.mouse(MouseEventKind::Drag(LEFT), 40, low), []);
    let glide = rig.mouse(MouseEventKind::Drag(LEFT), 44, low);
    assert_eq!(glide[0], rig.off(first));
    let second = key(&glide[1]);
    assert!(second > first);
    assert_eq!(
        rig.mouse(MouseEventKind::Drag(LEFT), 44, 2),
        [rig.off(second)]
    );
    assert_eq!(rig.mouse(MouseEventKind::Up(LEFT), 44, 2), []);
    rig.mouse(MouseEventKind::Down(LEFT), 40, low);
    assert_eq!(rig.event(Event::FocusLost), [rig.off(first)]);
    // A view is another one when it is clicked.
    let view = places(80, 24, ViewKind::Scope).views[0].1;
    rig.mouse(MouseEventKind::Down(LEFT), view.x + 2, view.y + 2);
    assert_eq!(rig.model().view, ViewKind::Spectrum);
}

#[test]
fn whatever_comes_at_whatever_size_nothing_fails() {
    let mut rig = Rig::new();
    let mut state = 7_u64;
    // The generator of P. L'Ecuyer, "Tables of linear congruential generators", 1999.
    let mut below = |end: u64| {
        state = state
            .wrapping_mul(2_862_933_555_777_941_757)
            .wrapping_add(1);
        (state >> 33) % end
    };
    for _ in 0..20_000 {
        let (x, y) = (below(260) as u16, below(90) as u16);
        let code = match below(8) {
            0 => KeyCode::Esc,
            1 => KeyCode::Enter,
            2 => KeyCode::Up,
            3 => KeyCode::Right,
            4 => KeyCode::Tab,
            _ => KeyCode::Char(char::from(32 + below(95) as u8)),
        };
        match below(6) {
            0 => rig.mouse(MouseEventKind::Down(LEFT), x, y),
            1 => rig.mouse(MouseEventKind::Drag(LEFT), x, y),
            2 => rig.mouse(MouseEventKind::ScrollUp, x, y),
            3 => rig.event(Event::Resize(x, y)),
            _ => rig.key(code),
        };
        rig.now += Duration::from_millis(below(300));
        rig.app.tick(rig.now);
        rig.app.take_effects();
    }
}
