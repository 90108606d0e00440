//! Presses, repetitions, releases and lost focus, as terminals of both kinds tell them.

use super::*;
use NoteChange::{Off, On};

struct Player {
    keyboard: Keyboard,
    begun: Instant,
    changes: Vec<NoteChange>,
}

impl Player {
    fn new(tells_releases: bool) -> Self {
        Self {
            keyboard: Keyboard::new(tells_releases, 0, 100),
            begun: Instant::now(),
            changes: Vec::new(),
        }
    }

    fn at(&self, ms: u64) -> Instant {
        self.begun + Duration::from_millis(ms)
    }

    /// What comes of a stroke at a time, of what has run out until then first.
    fn stroke(&mut self, letter: char, stroke: Stroke, ms: u64) -> Vec<NoteChange> {
        let now = self.at(ms);
        let changes = &mut self.changes;
        self.keyboard.tick(now, &mut |change| changes.push(change));
        let is_key = self
            .keyboard
            .stroke(letter, stroke, now, &mut |change| changes.push(change));
        assert!(is_key, "{letter}");
        std::mem::take(&mut self.changes)
    }

    fn press(&mut self, letter: char, ms: u64) -> Vec<NoteChange> {
        self.stroke(letter, Stroke::Press, ms)
    }

    fn release(&mut self, letter: char, ms: u64) -> Vec<NoteChange> {
        self.stroke(letter, Stroke::Release, ms)
    }

    fn tick(&mut self, ms: u64) -> Vec<NoteChange> {
        let now = self.at(ms);
        let changes = &mut self.changes;
        self.keyboard.tick(now, &mut |change| changes.push(change));
        std::mem::take(&mut self.changes)
    }

    fn latch(&mut self) -> Vec<NoteChange> {
        let changes = &mut self.changes;
        self.keyboard
            .toggle_latch(&mut |change| changes.push(change));
        std::mem::take(&mut self.changes)
    }
}

fn on(key: u8) -> NoteChange {
    On { key, velocity: 100 }
}

fn off(key: u8) -> NoteChange {
    Off { key }
}

#[test]
fn all_24_keys_of_both_rows_begin_and_end_their_notes() {
    for (row, lowest) in [("Q2W3ER5T6Y7U", 60), ("ZSXDCVGBHNJM", 48)] {
        for (place, letter) in row.chars().enumerate() {
            let key = lowest + place as u8;
            for letter in [letter, letter.to_ascii_lowercase()] {
                let mut player = Player::new(true);
                assert_eq!(player.press(letter, 0), [on(key)], "{letter}");
                assert_eq!(player.keyboard.down(), 1 << key);
                assert_eq!(player.release(letter, 5), [off(key)], "{letter}");
                let mut player = Player::new(false);
                assert_eq!(player.press(letter, 0), [on(key)], "{letter}");
                assert_eq!(player.tick(600), [off(key)], "{letter}");
            }
            let at = usize::from(key - LOWEST);
            assert_eq!(letter_at(at), Some(letter));
        }
    }
    assert_eq!(letter_at(24), None);
    let mut keyboard = Keyboard::new(true, 0, 100);
    for letter in ['a', '1', '4', '8', ' ', 'é'] {
        let now = Instant::now();
        assert!(!keyboard.stroke(letter, Stroke::Press, now, &mut |_| panic!("a note")));
    }
}

#[test]
fn where_releases_are_told_a_note_lasts_as_long_as_its_key() {
    let mut player = Player::new(true);
    assert_eq!(player.press('q', 0), [on(60)]);
    for ms in [500, 530, 560] {
        assert_eq!(player.stroke('q', Stroke::Repeat, ms), []);
    }
    assert_eq!(player.press('e', 1000), [on(64)]);
    assert_eq!(player.tick(60_000), []);
    assert_eq!(player.keyboard.next_end(), None);
    assert_eq!(player.release('q', 60_000), [off(60)]);
    assert_eq!(player.release('q', 60_001), []);
    assert_eq!(player.release('e', 60_002), [off(64)]);
    // A release that got lost is made up for.
    assert_eq!(player.press('q', 60_003), [on(60)]);
    assert_eq!(player.press('q', 60_004), [off(60), on(60)]);
}

#[test]
fn elsewhere_a_note_ends_by_itself_unless_the_keyboard_repeats_it() {
    let mut player = Player::new(false);
    assert_eq!(player.press('z', 0), [on(48)]);
    assert_eq!(player.keyboard.next_end(), Some(player.at(600)));
    assert_eq!(player.tick(599), []);
    assert_eq!(player.tick(600), [off(48)]);
    // 500 ms, then 30 a second.
    assert_eq!(player.press('z', 1000), [on(48)]);
    let repeats: Vec<u64> = (0..30).map(|n| 1500 + 33 * n).collect();
    for &ms in &repeats {
        assert_eq!(player.press('z', ms), [], "{ms}");
    }
    let last = repeats[29];
    assert_eq!(player.tick(last + 299), []);
    assert_eq!(player.tick(last + 300), [off(48)]);
}

#[test]
fn two_presses_are_two_notes() {
    let mut player = Player::new(false);
    assert_eq!(player.press('z', 0), [on(48)]);
    assert_eq!(player.press('z', 150), [off(48), on(48)]);
    assert_eq!(player.tick(749), []);
    assert_eq!(player.tick(750), [off(48)]);
    // Nobody knows yet how long this keyboard waits before it repeats: this may be it.
    assert_eq!(player.press('z', 1000), [on(48)]);
    assert_eq!(player.press('z', 1250), []);
    // It was not, for a repetition would have come before.
    assert_eq!(player.press('z', 1500), [off(48), on(48)]);
    // Now it is known.
    for ms in [2000, 2030, 2060, 2090] {
        assert_eq!(player.press('z', ms), [], "{ms}");
    }
    assert_eq!(player.tick(3000), [off(48)]);
    assert_eq!(player.press('z', 4000), [on(48)]);
    assert_eq!(player.press('z', 4250), [off(48), on(48)]);
    assert_eq!(player.press('z', 4520), [off(48), on(48)]);
    assert_eq!(player.press('z', 5010), []);
}

#[test]
fn chords_end_each_for_itself() {
    let mut player = Player::new(false);
    player.press('q', 0);
    player.press('e', 100);
    player.press('t', 200);
    assert_eq!(player.keyboard.down(), 1 << 60 | 1 << 64 | 1 << 67);
    assert_eq!(player.tick(650), [off(60)]);
    assert_eq!(player.tick(800), [off(64), off(67)]);
}

#[test]
fn a_latched_key_stays_until_it_is_pressed_again() {
    for tells_releases in [true, false] {
        let mut player = Player::new(tells_releases);
        assert_eq!(player.latch(), []);
        assert!(player.keyboard.latch());
        assert_eq!(player.press('q', 0), [on(60)]);
        if tells_releases {
            assert_eq!(player.release('q', 50), []);
        } else {
            // Held for a while.
            for ms in [500, 530, 560] {
                assert_eq!(player.press('q', ms), []);
            }
        }
        assert_eq!(player.tick(60_000), []);
        assert_eq!(player.press('q', 60_000), [off(60)]);
        assert_eq!(player.release('q', 60_050), []);
        assert_eq!(player.press('w', 61_000), [on(62)]);
        player.release('w', 61_050);
        assert_eq!(player.latch(), [off(62)]);
        assert_eq!(player.keyboard.down(), 0);
    }
}

#[test]
fn what_sounds_when_the_latch_comes_is_latched_and_what_is_held_when_it_goes_is_held() {
    let mut player = Player::new(false);
    player.press('q', 0);
    assert_eq!(player.latch(), []);
    assert_eq!(player.tick(10_000), []);
    let mut player = Player::new(true);
    player.latch();
    player.press('q', 0);
    assert_eq!(player.latch(), []);
    assert_eq!(player.release('q', 200), [off(60)]);
}

#[test]
fn lost_focus_and_letting_go() {
    let mut player = Player::new(true);
    player.press('q', 0);
    let mut changes = Vec::new();
    player
        .keyboard
        .lose_focus(&mut |change| changes.push(change));
    assert_eq!(changes, [off(60)]);
    assert_eq!(player.release('q', 10), []);
    player.latch();
    player.press('q', 20);
    player.keyboard.lose_focus(&mut |_| panic!("it is latched"));
    // Its key was let go elsewhere, so this lets go of the note.
    assert_eq!(player.latch(), [off(60)]);
    player.press('w', 40);
    let mut changes = Vec::new();
    player.keyboard.let_go(&mut |change| changes.push(change));
    assert_eq!(changes, [off(62)]);
    assert_eq!(player.keyboard.down(), 0);
}

#[test]
fn a_digit_whose_release_is_told_as_what_shift_makes_of_it_ends() {
    let mut player = Player::new(true);
    player.press('2', 0);
    player.press('w', 0);
    let mut changes = Vec::new();
    player
        .keyboard
        .release_digits(&mut |change| changes.push(change));
    assert_eq!(changes, [off(61)]);
}

#[test]
fn octaves_and_velocities_are_those_of_notes_to_come() {
    let mut player = Player::new(true);
    player.press('q', 0);
    player.keyboard.move_octave(1);
    player.keyboard.change_velocity(2);
    assert_eq!(player.release('q', 1), [off(60)], "the note that began");
    let higher = On {
        key: 72,
        velocity: 116,
    };
    assert_eq!(player.press('q', 2), [higher]);
    assert_eq!(player.keyboard.lowest(), 60);
    for _ in 0..10 {
        player.keyboard.move_octave(-1);
        player.keyboard.change_velocity(-9);
    }
    assert_eq!(
        (player.keyboard.octave(), player.keyboard.velocity()),
        (-3, 1)
    );
    let lowest = On {
        key: 12,
        velocity: 1,
    };
    assert_eq!(player.press('z', 3), [lowest]);
    for _ in 0..20 {
        player.keyboard.move_octave(1);
        player.keyboard.change_velocity(9);
    }
    assert_eq!(
        (player.keyboard.octave(), player.keyboard.velocity()),
        (3, 127)
    );
    let highest = On {
        key: 107,
        velocity: 127,
    };
    assert_eq!(player.press('u', 4), [highest]);
}
