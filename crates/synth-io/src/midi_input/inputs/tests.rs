//! Ports that come and go, on a MIDI system made of lists.

use std::collections::HashMap;
use std::sync::Mutex;

use super::*;

/// What the system is like at the moment.
#[derive(Default)]
struct World {
    /// Why there is no MIDI.
    down: Option<MidiInputError>,
    ports: Vec<PortInfo>,
    /// Names of ports that cannot be opened.
    taken: Vec<String>,
    /// Names of ports whose connection was taken away.
    severed: Vec<String>,
    /// What listens, and to which port.
    receivers: HashMap<PortId, (String, Receiver)>,
    starts: usize,
    openings: usize,
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<World>>);

impl Shared {
    fn set(&self, names: &[&str]) {
        self.0.lock().unwrap().ports = names.iter().map(|name| info(name)).collect();
    }

    fn change(&self, change: impl FnOnce(&mut World)) {
        change(&mut self.0.lock().unwrap());
    }

    fn inputs(&self, choice: Choice, handler: &Arc<Heard>) -> Result<MidiInputs, MidiInputError> {
        let world = self.clone();
        let start: Starter = Box::new(move || {
            let mut inside = world.0.lock().unwrap();
            inside.starts += 1;
            match &inside.down {
                Some(error) => Err(error.clone()),
                None => Ok(Box::new(world.clone())),
            }
        });
        MidiInputs::with_client(start, choice, handler.clone(), Instant::now())
    }

    fn send(&self, port: u32, bytes: &[u8]) {
        let mut world = self.0.lock().unwrap();
        let (_, receiver) = world.receivers.get_mut(&PortId(port)).unwrap();
        receiver.take(Instant::now(), bytes);
    }
}

impl Client for Shared {
    fn ports(&mut self) -> Result<Vec<PortInfo>, MidiInputError> {
        let world = self.0.lock().unwrap();
        match &world.down {
            Some(error) => Err(error.clone()),
            None => Ok(world.ports.clone()),
        }
    }

    fn open(&mut self, port: &PortInfo, receiver: Receiver) -> Result<(), String> {
        let mut world = self.0.lock().unwrap();
        world.openings += 1;
        if world.taken.contains(&port.name) {
            return Err("another program has it".to_owned());
        }
        let entry = (port.name.clone(), receiver);
        world.receivers.insert(entry.1.port(), entry);
        Ok(())
    }

    fn is_connected(&mut self, port: PortId) -> bool {
        let world = self.0.lock().unwrap();
        !world.severed.contains(&world.receivers[&port].0)
    }

    fn close(&mut self, port: PortId) {
        let mut world = self.0.lock().unwrap();
        let (_, mut receiver) = world.receivers.remove(&port).unwrap();
        // A system may still have something under way.
        receiver.take(Instant::now(), &[0x90, 1, 1]);
    }
}

#[derive(Default)]
struct Heard(Mutex<Vec<(u32, Vec<u8>)>>);

impl MidiHandler for Heard {
    fn message(&self, port: PortId, _: Instant, bytes: &[u8]) {
        self.0.lock().unwrap().push((port.0, bytes.to_vec()));
    }
}

fn info(name: &str) -> PortInfo {
    PortInfo {
        id: format!("id of {name}"),
        name: name.to_owned(),
    }
}

fn opened(port: u32, name: &str) -> PortChange {
    PortChange::Opened {
        port: PortId(port),
        name: name.to_owned(),
    }
}

fn vanished(port: u32, name: &str) -> PortChange {
    PortChange::Vanished {
        port: PortId(port),
        name: name.to_owned(),
    }
}

fn no_system() -> MidiInputError {
    MidiInputError::NoSystem("there is no MIDI; buy some".to_owned())
}

fn changes(inputs: &mut MidiInputs) -> Vec<PortChange> {
    inputs.poll().collect()
}

#[test]
fn all_ports_are_opened_as_they_come_and_closed_as_they_go() {
    let (world, heard) = (Shared::default(), Arc::default());
    world.set(&["a", "b"]);
    let mut inputs = world.inputs(Choice::All, &heard).unwrap();
    assert_eq!(changes(&mut inputs), [opened(0, "a"), opened(1, "b")]);
    assert_eq!(changes(&mut inputs), []);
    world.send(0, &[0x90, 60, 100]);
    world.set(&["b", "c"]);
    assert_eq!(changes(&mut inputs), [vanished(0, "a"), opened(2, "c")]);
    world.send(2, &[0xb0, 1, 2]);
    world.set(&["a", "b", "c"]);
    assert_eq!(changes(&mut inputs), [opened(3, "a")]);
    let names: Vec<_> = inputs.ports().map(|(port, name)| (port.0, name)).collect();
    assert_eq!(names, [(1, "b"), (2, "c"), (3, "a")]);
    assert_eq!(inputs.traffic(PortId(2)).unwrap().messages, 1);
    assert_eq!(inputs.traffic(PortId(0)), None);
    drop(inputs);
    assert!(world.0.lock().unwrap().receivers.is_empty());
    let expected = [(0, vec![0x90, 60, 100]), (2, vec![0xb0, 1, 2])];
    assert_eq!(*heard.0.lock().unwrap(), expected, "nothing after the end");
}

#[test]
fn none_asks_the_system_for_nothing() {
    let (world, heard) = (Shared::default(), Arc::default());
    world.set(&["a"]);
    let mut inputs = world.inputs(Choice::None, &heard).unwrap();
    assert_eq!(changes(&mut inputs), []);
    assert_eq!(world.0.lock().unwrap().starts, 0);
}

#[test]
fn a_named_port_must_be_there_and_may_come_back() {
    let (world, heard) = (Shared::default(), Arc::default());
    let named = || Choice::Named("keys".to_owned());
    let error = world.inputs(named(), &heard).err();
    assert_eq!(error, Some(MidiInputError::NoPorts));
    world.set(&["pad 14:0"]);
    let error = world.inputs(named(), &heard).err().unwrap();
    assert!(error.to_string().contains("pad"), "{error}");
    world.set(&["pad 14:0", "Keys 20:0"]);
    let mut inputs = world.inputs(named(), &heard).unwrap();
    assert_eq!(changes(&mut inputs), [opened(0, "Keys 20:0")]);
    world.set(&["Keys 20:0", "More keys 30:0"]);
    assert_eq!(changes(&mut inputs), [], "it is open already");
    world.set(&["pad 14:0"]);
    let after = changes(&mut inputs);
    assert_eq!(after[0], vanished(0, "Keys 20:0"));
    assert!(matches!(
        after[1..],
        [PortChange::Missing(MidiInputError::Unknown { .. })]
    ));
    world.set(&["pad 15:0", "pad 16:0"]);
    assert_eq!(changes(&mut inputs), [], "said once");
    assert!(inputs.missing().is_some());
    world.set(&["More keys 30:0", "Keys 33:0"]);
    assert_eq!(changes(&mut inputs), [opened(1, "Keys 33:0")]);
    assert_eq!(inputs.missing(), None);
}

#[test]
fn a_port_that_another_program_has_is_tried_again_and_said_once() {
    let (world, heard) = (Shared::default(), Arc::default());
    world.set(&["a", "b"]);
    world.change(|world| world.taken = vec!["a".to_owned()]);
    let mut inputs = world.inputs(Choice::All, &heard).unwrap();
    let refused = PortChange::Refused {
        name: "a".to_owned(),
        reason: "another program has it".to_owned(),
    };
    assert_eq!(changes(&mut inputs), [refused.clone(), opened(1, "b")]);
    let mut now = Instant::now();
    for _ in 0..3 {
        assert_eq!(inputs.poll_at(now), []);
    }
    assert_eq!(world.0.lock().unwrap().openings, 2, "not at once");
    now += RETRY * 2;
    assert_eq!(inputs.poll_at(now), []);
    assert_eq!(world.0.lock().unwrap().openings, 3);
    world.change(|world| world.taken.clear());
    now += RETRY;
    assert_eq!(inputs.poll_at(now), [opened(3, "a")]);
    // One that went away and came back is told again.
    world.change(|world| world.taken = vec!["c".to_owned()]);
    for _ in 0..2 {
        world.set(&["a", "b", "c"]);
        assert!(matches!(
            inputs.poll_at(now)[..],
            [PortChange::Refused { .. }]
        ));
        world.set(&["a", "b"]);
        assert_eq!(inputs.poll_at(now), []);
    }
}

#[test]
fn a_system_that_is_not_there_is_looked_for_again() {
    let (world, heard) = (Shared::default(), Arc::default());
    world.set(&["a"]);
    world.change(|world| world.down = Some(no_system()));
    let mut inputs = world.inputs(Choice::All, &heard).unwrap();
    assert_eq!(changes(&mut inputs), [PortChange::Missing(no_system())]);
    assert_eq!(inputs.missing(), Some(&no_system()));
    let mut now = Instant::now();
    world.change(|world| world.down = None);
    assert_eq!(inputs.poll_at(now), [], "not so soon");
    assert_eq!(world.0.lock().unwrap().starts, 1);
    now += RETRY * 2;
    assert_eq!(inputs.poll_at(now), [opened(0, "a")]);
    assert_eq!(inputs.missing(), None);
    world.change(|world| world.down = Some(no_system()));
    let gone = [vanished(0, "a"), PortChange::Missing(no_system())];
    assert_eq!(inputs.poll_at(now), gone);
    world.change(|world| world.down = None);
    now += RETRY;
    assert_eq!(inputs.poll_at(now), [opened(1, "a")]);
}

#[test]
fn without_instruments_it_says_so_once() {
    let (world, heard) = (Shared::default(), Arc::default());
    let mut inputs = world.inputs(Choice::All, &heard).unwrap();
    let missing = PortChange::Missing(MidiInputError::NoPorts);
    assert_eq!(inputs.poll().next().as_ref(), Some(&missing));
    assert_eq!(changes(&mut inputs), []);
    world.set(&["a"]);
    assert_eq!(changes(&mut inputs), [opened(0, "a")]);
    world.set(&[]);
    assert_eq!(changes(&mut inputs), [vanished(0, "a"), missing]);
}

#[test]
fn a_connection_taken_away_by_hand_may_be_given_back() {
    let (world, heard) = (Shared::default(), Arc::default());
    world.set(&["a"]);
    let mut inputs = world.inputs(Choice::All, &heard).unwrap();
    changes(&mut inputs);
    world.change(|world| world.severed = vec!["a".to_owned()]);
    assert_eq!(changes(&mut inputs), [vanished(0, "a")]);
    assert_eq!(inputs.ports().count(), 0);
    assert_eq!(changes(&mut inputs), []);
    world.change(|world| world.severed.clear());
    world.send(0, &[0x90, 60, 1]);
    assert_eq!(changes(&mut inputs), [opened(0, "a")]);
    assert_eq!(heard.0.lock().unwrap().len(), 1, "nothing is missed");
    world.change(|world| world.severed = vec!["a".to_owned()]);
    assert_eq!(changes(&mut inputs), [vanished(0, "a")]);
    world.set(&[]);
    let missing = PortChange::Missing(MidiInputError::NoPorts);
    assert_eq!(changes(&mut inputs), [missing], "it was told to be gone");
}

#[test]
fn after_a_sleep_every_port_is_opened_anew() {
    let (world, heard) = (Shared::default(), Arc::default());
    world.set(&["a", "b"]);
    let mut inputs = world.inputs(Choice::All, &heard).unwrap();
    changes(&mut inputs);
    inputs.reopen();
    let expected = [
        vanished(0, "a"),
        vanished(1, "b"),
        opened(2, "a"),
        opened(3, "b"),
    ];
    assert_eq!(changes(&mut inputs), expected);
    assert_eq!(world.0.lock().unwrap().starts, 2);
}
