//! A model of the fake's: strict about what the real runtime is known to be strict about.

use super::script::{Answer, Bytes, Call, State};
use super::signature::{Port, signature};
use super::{FakeAne, Shared};
use crate::error::{Direction, Stage};
use crate::sys::{Model, Refusal, Value};
use half::f16;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// What the runtime takes as quality of service.
const QUALITIES: [u32; 6] = [0, 9, 17, 21, 25, 33];
/// One value of an output that holds no number.
const NAN: f16 = f16::NAN;

pub(super) struct FakeModel {
    shared: Arc<Shared>,
    text: Vec<u8>,
    weights: Option<Vec<u8>>,
    identifier: String,
    inputs: Vec<Placed>,
    outputs: Vec<Placed>,
    is_compiled: bool,
    is_loaded: bool,
}

/// A tensor where the fake's hardware has it.
struct Placed {
    port: Port,
    row: usize,
    surface: Option<Arc<Bytes>>,
}

impl Placed {
    fn plane(&self) -> usize {
        self.port.shape[2] * self.row
    }

    fn batch(&self) -> usize {
        self.port.shape[1] * self.plane()
    }

    /// Byte of each value, in the packed order.
    fn places(&self, packed: bool) -> Vec<usize> {
        let [n, c, h, w] = self.port.shape;
        let (row, plane, batch) = if packed {
            (2 * w, 2 * w * h, 2 * w * h * c)
        } else {
            (self.row, self.plane(), self.batch())
        };
        let mut places = Vec::new();
        for n in 0..n {
            for c in 0..c {
                for h in 0..h {
                    places.extend((0..w).map(|w| n * batch + c * plane + h * row + 2 * w));
                }
            }
        }
        places
    }

    fn is_large_enough(&self) -> bool {
        let needed = self.port.shape[0] * self.batch();
        self.surface
            .as_ref()
            .is_some_and(|bytes| locked(bytes).len() >= needed)
    }

    fn read(&self) -> Vec<f16> {
        let Some(surface) = &self.surface else {
            return Vec::new();
        };
        let bytes = locked(surface);
        let value =
            |at: usize| f16::from_bits(u16::from(bytes[at]) | u16::from(bytes[at + 1]) << 8);
        self.places(false).into_iter().map(value).collect()
    }

    fn write(&self, values: &[f16], packed: bool) {
        let Some(surface) = &self.surface else {
            return;
        };
        let mut bytes = locked(surface);
        for (at, value) in self.places(packed).into_iter().zip(values) {
            bytes[at] = (value.to_bits() & 0xff) as u8;
            bytes[at + 1] = (value.to_bits() >> 8) as u8;
        }
    }

    fn record(&self, direction: Direction, state: &State) -> Value {
        let [n, c, h, w] = self.port.shape;
        let suffix = match direction {
            Direction::Input => "",
            Direction::Output => "@output",
        };
        let number = |value: usize| Value::Integer(value.try_into().unwrap_or(i64::MAX));
        let mut entries: BTreeMap<String, Value> = [
            ("Name", Value::Text(format!("{}{suffix}", self.port.name))),
            ("Type", Value::Text(state.type_name.clone())),
            ("Batches", number(n)),
            ("Channels", number(c)),
            ("Depth", number(1)),
            ("Height", number(h)),
            ("Width", number(w)),
            ("RowStride", number(self.row)),
            ("PlaneStride", number(self.plane())),
            ("BatchStride", number(self.batch())),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into();
        for (key, value) in &state.attributes {
            match value {
                Some(value) => entries.insert(key.clone(), Value::Integer(*value)),
                None => entries.remove(key),
            };
        }
        Value::Dictionary(entries)
    }
}

fn locked(bytes: &Bytes) -> std::sync::MutexGuard<'_, Vec<u8>> {
    bytes.lock().unwrap_or_else(PoisonError::into_inner)
}

impl FakeModel {
    pub(super) fn describe(
        shared: Arc<Shared>,
        text: &[u8],
        weights: Option<&[u8]>,
    ) -> Result<Self, Refusal> {
        {
            let mut state = shared.state();
            state.calls.push(Call::Describe);
            state.scripted(Stage::Describe, &String::from_utf8_lossy(text))?;
            state.models += 1;
        }
        let mut hasher = DefaultHasher::new();
        (text, weights).hash(&mut hasher);
        Ok(Self {
            identifier: format!("{:016X}_FA4E", hasher.finish()),
            shared,
            text: text.to_vec(),
            weights: weights.map(<[u8]>::to_vec),
            inputs: Vec::new(),
            outputs: Vec::new(),
            is_compiled: false,
            is_loaded: false,
        })
    }

    fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.text)
    }

    fn own_folder(&self) -> PathBuf {
        self.shared.folder.join(&self.identifier)
    }

    /// Counts the call, then does to it what the script says.
    fn begin(&self, stage: Stage, call: Call, qos: u32) -> Result<(), Refusal> {
        let text = self.text();
        let mut state = self.shared.state();
        state.calls.push(call);
        if state.loses_files(stage) {
            let _ = std::fs::remove_dir_all(self.own_folder());
        }
        if !QUALITIES.contains(&qos) {
            return Err(Some(FakeAne::runtime_error(26, "Invalid qos requested")));
        }
        state.scripted(stage, &text)
    }

    fn side(&self, direction: Direction) -> &[Placed] {
        match direction {
            Direction::Input => &self.inputs,
            Direction::Output => &self.outputs,
        }
    }

    fn surface(&self, direction: Direction, slot: usize) -> Result<&Arc<Bytes>, Refusal> {
        let placed = self.side(direction).get(slot).ok_or(None)?;
        placed.surface.as_ref().ok_or(None)
    }

    fn holds(&self, name: &str, content: &[u8]) -> bool {
        std::fs::read(self.own_folder().join(name)).is_ok_and(|found| found == content)
    }
}

impl Model for FakeModel {
    fn identifier(&self) -> Option<String> {
        Some(self.identifier.clone())
    }

    fn folder(&self) -> Option<PathBuf> {
        let named = self.shared.state().named_folder.clone();
        named.unwrap_or_else(|| Some(self.own_folder()))
    }

    fn is_compiled(&self) -> bool {
        self.shared.state().cache.contains(&self.identifier)
    }

    fn compile(&mut self, qos: u32) -> Result<(), Refusal> {
        self.begin(Stage::Compile, Call::Compile { qos }, qos)?;
        let has_weights = self
            .weights
            .as_ref()
            .is_none_or(|weights| self.holds("weights/weight.bin", weights));
        if !self.holds("model.mil", &self.text) || !has_weights || signature(&self.text()).is_none()
        {
            return Err(Some(FakeAne::compiler_error("InvalidMILProgram")));
        }
        self.is_compiled = true;
        let mut state = self.shared.state();
        if state.caches {
            state.cache.insert(self.identifier.clone());
        }
        Ok(())
    }

    fn load(&mut self, qos: u32) -> Result<(), Refusal> {
        self.begin(Stage::Load, Call::Load { qos }, qos)?;
        let state = self.shared.state();
        if !self.is_compiled && !state.cache.contains(&self.identifier) {
            return Err(Some(FakeAne::runtime_error(23, "program not found")));
        }
        let Some((inputs, outputs)) = signature(&String::from_utf8_lossy(&self.text)) else {
            return Err(Some(FakeAne::runtime_error(10, "invalid model")));
        };
        let alignment = state.row_alignment;
        drop(state);
        let place = |port: Port| Placed {
            row: (port.shape[3] * 2).next_multiple_of(alignment),
            port,
            surface: None,
        };
        self.inputs = inputs.into_iter().map(place).collect();
        self.outputs = outputs.into_iter().map(place).collect();
        self.is_loaded = true;
        Ok(())
    }

    fn attributes(&self) -> Value {
        let state = self.shared.state();
        if state.hides_attributes || !self.is_loaded {
            return Value::Other;
        }
        let list = |direction: Direction| {
            let records = self.side(direction).iter();
            Value::List(
                records
                    .map(|placed| placed.record(direction, &state))
                    .collect(),
            )
        };
        let status = BTreeMap::from([
            ("LiveInputList".to_owned(), list(Direction::Input)),
            ("LiveOutputList".to_owned(), list(Direction::Output)),
        ]);
        Value::Dictionary(BTreeMap::from([(
            "NetworkStatusList".to_owned(),
            Value::List(vec![Value::Dictionary(status)]),
        )]))
    }

    fn bind(&mut self, inputs: &[usize], outputs: &[usize]) -> Result<(), Refusal> {
        let call = Call::Bind {
            inputs: inputs.len(),
            outputs: outputs.len(),
        };
        self.begin(Stage::Bind, call, QUALITIES[0])?;
        let mut state = self.shared.state();
        let most = state.most_surface_bytes;
        for (placed, bytes) in [(&mut self.inputs, inputs), (&mut self.outputs, outputs)] {
            for (placed, &bytes) in placed.iter_mut().zip(bytes) {
                // Memory that is not zero, so that whoever forgets to zero it is found.
                let bytes = vec![0x55; bytes.min(most)];
                placed.surface = Some(Arc::new(Mutex::new(bytes)));
                state.surfaces += 1;
            }
        }
        Ok(())
    }

    fn surface_bytes(&self, direction: Direction, slot: usize) -> usize {
        self.surface(direction, slot)
            .map_or(0, |bytes| locked(bytes).len())
    }

    fn edit(
        &mut self,
        direction: Direction,
        slot: usize,
        edit: &mut dyn FnMut(&mut [u8]),
    ) -> Result<(), Refusal> {
        self.shared.state().scripted(Stage::Lock, &self.text())?;
        edit(&mut locked(self.surface(direction, slot)?));
        Ok(())
    }

    fn view(
        &self,
        direction: Direction,
        slot: usize,
        view: &mut dyn FnMut(&[u8]),
    ) -> Result<(), Refusal> {
        self.shared.state().scripted(Stage::Lock, &self.text())?;
        view(&locked(self.surface(direction, slot)?));
        Ok(())
    }

    fn evaluate(&mut self, qos: u32) -> Result<(), Refusal> {
        self.begin(Stage::Evaluate, Call::Evaluate { qos }, qos)?;
        if !self.is_loaded {
            return Err(Some(FakeAne::runtime_error(23, "program not found")));
        }
        let mut placed = self.inputs.iter().chain(&self.outputs);
        if !placed.all(Placed::is_large_enough) {
            return Err(Some(FakeAne::runtime_error(
                8,
                "Program Inference error: status=0x1d",
            )));
        }
        let inputs: Vec<Vec<f16>> = self.inputs.iter().map(Placed::read).collect();
        let values: Vec<usize> = self
            .outputs
            .iter()
            .map(|placed| placed.places(false).len())
            .collect();
        let text = self.text();
        let mut state = self.shared.state();
        let answer = state.answer_to(&text);
        let outputs = match answer {
            Answer::Computed | Answer::Packed => {
                (state.compute)(&text, self.weights.as_deref(), &inputs, &values)
            }
            Answer::Zeros => values.iter().map(|&n| vec![f16::ZERO; n]).collect(),
            Answer::Nan => values.iter().map(|&n| vec![NAN; n]).collect(),
            Answer::Nothing => return Ok(()),
            Answer::TimeOut => {
                let surfaces = self
                    .outputs
                    .iter()
                    .filter_map(|placed| placed.surface.as_ref());
                state.late.extend(surfaces.map(Arc::downgrade));
                return Err(Some(FakeAne::runtime_error(3, "request timed out")));
            }
            Answer::Exception => {
                drop(state);
                std::panic::panic_any("the fake's exception");
            }
        };
        for (placed, values) in self.outputs.iter().zip(outputs) {
            placed.write(&values, answer == Answer::Packed);
        }
        Ok(())
    }

    fn unload(&mut self, qos: u32) -> Result<(), Refusal> {
        self.begin(Stage::Unload, Call::Unload { qos }, qos)?;
        self.is_loaded = false;
        if !self.shared.state().unload_keeps_folder {
            let _ = std::fs::remove_dir_all(self.own_folder());
        }
        Ok(())
    }
}

impl Drop for FakeModel {
    fn drop(&mut self) {
        let bound = self.inputs.iter().chain(&self.outputs);
        let surfaces = bound.filter(|placed| placed.surface.is_some()).count();
        let mut state = self.shared.state();
        state.models -= 1;
        state.surfaces -= surfaces;
    }
}
