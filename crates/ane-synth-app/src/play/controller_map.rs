//! Which MIDI controllers move parameters of the whole instrument, and learning them: the next controller
//! that moves is the one.
//!
//! Messages arrive on threads that must not wait, so all of it is atomic.

use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};

use synth_engine::{Event, Parameter};

/// Controllers of a channel.
pub(crate) const CONTROLLERS: u8 = 128;
/// In the place of a parameter: none.
const NONE: u8 = 0;
/// In the place of a value: none, for no parameter has it.
const NO_VALUE: u32 = f32::NAN.to_bits();
/// Controllers from here on say more of the one that is 32 below (MIDI 1.0, "least significant byte").
const FINE: u8 = 32;

/// A parameter by controller, and what to learn. With none bound it does nothing.
pub(super) struct ControllerMap {
    /// The number of a parameter plus one.
    bound: [AtomicU8; CONTROLLERS as usize],
    learning: AtomicU8,
    /// Values that parameters were moved to and of which nobody knows yet.
    moved: [AtomicU32; Parameter::COUNT],
    most_polyphony: AtomicU32,
}

/// What a message is to this map.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Meaning {
    /// What it always is.
    Usual,
    /// It moves a parameter.
    Moves(Event),
    /// It says more of a controller that moves a parameter, which is told in whole steps.
    Nothing,
}

impl ControllerMap {
    pub(super) fn new() -> Self {
        Self {
            bound: [const { AtomicU8::new(NONE) }; CONTROLLERS as usize],
            learning: AtomicU8::new(NONE),
            moved: [const { AtomicU32::new(NO_VALUE) }; Parameter::COUNT],
            most_polyphony: AtomicU32::new(u32::MAX),
        }
    }

    /// Takes a message.
    ///
    /// # Realtime safety
    /// RT-safe.
    pub(super) fn take(&self, message: &[u8]) -> Meaning {
        let &[0xb0..=0xbf, controller @ 0..CONTROLLERS, value] = message else {
            return Meaning::Usual;
        };
        self.learn(controller);
        let Some(parameter) = self.parameter_of(controller) else {
            let coarse = controller.checked_sub(FINE).filter(|coarse| *coarse < FINE);
            return match coarse.and_then(|coarse| self.parameter_of(coarse)) {
                Some(_) => Meaning::Nothing,
                None => Meaning::Usual,
            };
        };
        let info = parameter.info();
        let way = f32::from(value & 0x7f) / 127.0;
        let mut value = info.at(way);
        if parameter == Parameter::Polyphony {
            let most = self.most_polyphony.load(Ordering::Relaxed) as f32;
            let (low, high) = info.range;
            value = (low + (most.min(high) - low) * way).round();
        }
        self.moved[parameter as usize].store(value.to_bits(), Ordering::Relaxed);
        Meaning::Moves(Event::Parameter { parameter, value })
    }

    fn learn(&self, controller: u8) {
        if self.learning.load(Ordering::Relaxed) == NONE || !can_be_learnt(controller) {
            return;
        }
        let number = self.learning.swap(NONE, Ordering::Relaxed);
        if number != NONE {
            self.bind_number(controller, number);
        }
    }

    fn bind_number(&self, controller: u8, number: u8) {
        for other in &self.bound {
            let _ = other.compare_exchange(number, NONE, Ordering::Relaxed, Ordering::Relaxed);
        }
        self.bound[usize::from(controller)].store(number, Ordering::Relaxed);
    }

    fn parameter_of(&self, controller: u8) -> Option<Parameter> {
        let bound = self.bound.get(usize::from(controller))?;
        parameter(bound.load(Ordering::Relaxed))
    }

    /// Has a controller move a parameter, which nothing else moves then; one that means something special is
    /// not bound.
    pub(super) fn bind(&self, controller: u8, parameter: Parameter) {
        if can_be_learnt(controller) {
            self.bind_number(controller, number(parameter));
        }
    }

    /// Has a parameter moved by nothing.
    pub(super) fn forget(&self, parameter: Parameter) {
        let number = number(parameter);
        for bound in &self.bound {
            let _ = bound.compare_exchange(number, NONE, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    /// The next controller that moves is to move this parameter; none for `None`.
    pub(super) fn begin_to_learn(&self, parameter: Option<Parameter>) {
        let number = parameter.map_or(NONE, number);
        self.learning.store(number, Ordering::Relaxed);
    }

    /// What waits for a controller.
    pub(super) fn learning(&self) -> Option<Parameter> {
        parameter(self.learning.load(Ordering::Relaxed))
    }

    /// The controller that moves each parameter.
    pub(super) fn controllers(&self) -> [Option<u8>; Parameter::COUNT] {
        let mut controllers = [None; Parameter::COUNT];
        for controller in 0..CONTROLLERS {
            if let Some(parameter) = self.parameter_of(controller) {
                controllers[parameter as usize] = Some(controller);
            }
        }
        controllers
    }

    /// What the polyphony may be moved to.
    pub(super) fn keep_polyphony_to(&self, most: usize) {
        let most = u32::try_from(most).unwrap_or(u32::MAX);
        self.most_polyphony.store(most, Ordering::Relaxed);
    }

    /// What a parameter was moved to since the last call, if it was.
    pub(super) fn take_moved(&self, parameter: Parameter) -> Option<f32> {
        let bits = self.moved[parameter as usize].swap(NO_VALUE, Ordering::Relaxed);
        Some(f32::from_bits(bits)).filter(|value| !value.is_nan())
    }
}

/// Whether a controller may be bound. The others are parts of longer messages or modes of a channel: bank
/// select, data entry and its parameter numbers, and all from 120 on (MIDI 1.0, table III).
pub(crate) fn can_be_learnt(controller: u8) -> bool {
    !matches!(controller, 0 | 6 | 32 | 38 | 96..=101 | 120..)
}

fn number(parameter: Parameter) -> u8 {
    parameter as u8 + 1
}

fn parameter(number: u8) -> Option<Parameter> {
    let at = usize::from(number.checked_sub(1)?);
    Parameter::table().get(at).map(|info| info.parameter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moves(map: &ControllerMap, message: [u8; 3]) -> Option<(Parameter, f32)> {
        match map.take(&message) {
            Meaning::Moves(Event::Parameter { parameter, value }) => Some((parameter, value)),
            _ => None,
        }
    }

    #[test]
    fn without_a_binding_everything_is_as_usual() {
        let map = ControllerMap::new();
        for message in [&[0xb0, 74, 3][..], &[0x90, 60, 1], &[0xf8], &[], &[0xb0]] {
            assert_eq!(map.take(message), Meaning::Usual);
        }
        assert_eq!(map.controllers(), [None; Parameter::COUNT]);
    }

    #[test]
    fn the_next_controller_that_moves_is_learnt_and_moves_the_whole_range() {
        let map = ControllerMap::new();
        map.begin_to_learn(Some(Parameter::Brightness));
        assert_eq!(map.learning(), Some(Parameter::Brightness));
        // Notes and what is no knob are not learnt.
        for message in [[0x90, 74, 1], [0xb0, 0, 1], [0xb0, 123, 0], [0xb0, 101, 0]] {
            assert_eq!(map.take(&message), Meaning::Usual);
        }
        assert_eq!(
            moves(&map, [0xb3, 74, 127]),
            Some((Parameter::Brightness, 1.0))
        );
        assert_eq!(map.learning(), None);
        assert_eq!(
            moves(&map, [0xb0, 74, 0]),
            Some((Parameter::Brightness, -1.0))
        );
        assert_eq!(map.take_moved(Parameter::Brightness), Some(-1.0));
        assert_eq!(map.take_moved(Parameter::Brightness), None);
        assert_eq!(map.take(&[0xb0, 75, 0]), Meaning::Usual);
        assert_eq!(map.controllers()[Parameter::Brightness as usize], Some(74));
    }

    #[test]
    fn one_controller_moves_one_parameter() {
        let map = ControllerMap::new();
        map.bind(1, Parameter::Volume);
        map.bind(2, Parameter::Volume);
        assert_eq!(map.take(&[0xb0, 1, 5]), Meaning::Usual);
        assert!(moves(&map, [0xb0, 2, 5]).is_some());
        map.bind(2, Parameter::Room);
        assert_eq!(map.controllers().iter().flatten().count(), 1);
        assert_eq!(moves(&map, [0xb0, 2, 127]), Some((Parameter::Room, 1.0)));
        // Its least significant byte does nothing else meanwhile.
        assert_eq!(map.take(&[0xb0, 34, 5]), Meaning::Nothing);
        map.forget(Parameter::Room);
        assert_eq!(map.take(&[0xb0, 2, 5]), Meaning::Usual);
        assert_eq!(map.take(&[0xb0, 34, 5]), Meaning::Usual);
        map.bind(120, Parameter::Room);
        assert_eq!(map.controllers(), [None; Parameter::COUNT]);
    }

    #[test]
    fn the_polyphony_stays_within_what_there_is() {
        let map = ControllerMap::new();
        map.bind(20, Parameter::Polyphony);
        map.keep_polyphony_to(100);
        assert_eq!(
            moves(&map, [0xb0, 20, 127]),
            Some((Parameter::Polyphony, 100.0))
        );
        assert_eq!(
            moves(&map, [0xb0, 20, 0]),
            Some((Parameter::Polyphony, 1.0))
        );
        for value in 0..=127 {
            let (_, voices) = moves(&map, [0xb0, 20, value]).unwrap();
            assert!(voices.fract() == 0.0 && (1.0..=100.0).contains(&voices));
        }
    }
}
