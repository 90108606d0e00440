//! The instruments of a renderer with all they need to play: what is exchanged while voices sound.

use crate::ahead::{Ahead, Answers};
use crate::clock::Clock;
use crate::columns::{Answer, ColumnRoom, ColumnShare};
use crate::config::RendererError;
use crate::inference::{InferenceWorker, WorkerKernel, link};
use crate::instruments::{AheadKernel, LoadedInstrument, PreparedInstrument};
use crate::program_map::ProgramMap;
use crate::workforce;
use std::sync::Arc;
use std::thread::JoinHandle;
use synth_dsp::filtered_noise::NOISE_BANDS;
use synth_model::{Head, Instrument, Predictor};

/// Sets a worker to work; its thread, if it has one that is to be waited for.
pub(crate) type StartWorker = dyn FnMut(InferenceWorker) -> Option<JoinHandle<()>> + Send;

/// Jobs for each instrument on a device, and for all of them: few of them play at the same time.
const JOBS_EACH: usize = 3;
const MOST_JOBS: usize = 12;

/// What instruments must fit to be played by a renderer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Fit {
    pub(crate) clock: Clock,
    pub(crate) threads: usize,
    /// Most voices, those that fade away included.
    pub(crate) slots: usize,
    /// Most columns of a pass.
    pub(crate) columns: usize,
    /// Partials that a voice has room for.
    pub(crate) partials: usize,
    /// Most answers of a network to a column.
    pub(crate) outputs: usize,
}

/// Which instrument a voice plays: the set's place in the renderer, the instrument's in the set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InstrumentRef {
    pub(crate) set: u8,
    pub(crate) index: u32,
}

impl InstrumentRef {
    pub(crate) const FIRST: Self = Self { set: 0, index: 0 };
}

/// Instruments, their networks and which of them plays which program.
pub(crate) struct InstrumentSet {
    pub(crate) fit: Fit,
    pub(crate) played: Played,
    /// `[thread][instrument]`.
    pub(crate) predictors: Vec<Vec<Predictor>>,
    /// What a network answers before it is turned, by thread.
    raw: Vec<Box<[f32]>>,
    pub(crate) programs: ProgramMap,
    /// Networks on a device that may block, until a worker takes them.
    kernels: Vec<Option<AheadKernel>>,
    /// The way to that worker.
    pub(crate) ahead: Option<Ahead>,
}

/// What threads share of a set.
pub(crate) struct Played {
    pub(crate) instruments: Vec<PreparedInstrument>,
    pub(crate) shares: Vec<ColumnShare>,
    /// What a device has answered ahead of time.
    pub(crate) answers: Answers,
}

impl InstrumentSet {
    pub(crate) fn new(
        fit: &Fit,
        loaded: Vec<LoadedInstrument>,
        programs: ProgramMap,
    ) -> Result<Self, RendererError> {
        check(fit, &loaded, &programs)?;
        let mut set = Self {
            fit: *fit,
            played: Played {
                instruments: Vec::new(),
                shares: Vec::new(),
                answers: Answers::default(),
            },
            ahead: None,
            kernels: Vec::new(),
            predictors: (0..fit.threads).map(|_| Vec::new()).collect(),
            raw: Vec::new(),
            programs,
        };
        for LoadedInstrument {
            instrument,
            predictors,
            ahead,
        } in loaded
        {
            set.kernels.push(ahead);
            let batches = predictors.iter().map(Predictor::max_columns);
            let batch = batches.min().unwrap_or(1).max(1);
            let outputs = instrument.network.shape.outputs();
            set.played.shares.push(ColumnShare::new(outputs, batch));
            for (thread, predictor) in set.predictors.iter_mut().zip(predictors) {
                thread.push(predictor);
            }
            let prepared = PreparedInstrument::new(instrument)?;
            set.played.instruments.push(prepared);
        }
        let shares = set.played.shares.iter();
        let most_answers = shares.map(|share| share.most_answers(fit.columns)).max();
        let longest = most_answers.unwrap_or(0);
        set.raw = (0..fit.threads)
            .map(|_| vec![0.0; longest].into())
            .collect();
        Ok(set)
    }

    /// Gives the networks that may block to a worker, which `start` sets to work. Those of them that are
    /// not started are never asked.
    pub(crate) fn start_worker(&mut self, start: &mut StartWorker) {
        let kernels = std::mem::take(&mut self.kernels);
        let on_device: Vec<bool> = kernels.iter().map(Option::is_some).collect();
        let count = kernels.iter().flatten().count();
        if count == 0 {
            return;
        }
        let instruments = &self.played.instruments;
        let outputs = instruments
            .iter()
            .map(|i| i.instrument.network.shape.outputs());
        let rows = outputs.max().unwrap_or(0);
        let kernels = kernels.into_iter().zip(instruments);
        let kernels = kernels
            .map(|(kernel, own)| kernel.map(|kernel| WorkerKernel::new(kernel, &own.instrument)));
        let jobs = (JOBS_EACH * count).min(MOST_JOBS);
        let (mut link, worker) = link(kernels.collect(), jobs);
        if let Some(thread) = start(worker) {
            link.watch(thread);
        }
        let Fit { clock, slots, .. } = self.fit;
        self.played.answers = Answers::new(slots, rows);
        self.ahead = Some(Ahead::new(link, &on_device, slots, clock.sample_rate_hz));
    }

    /// Takes what a device has answered since the last block.
    pub(crate) fn receive(&mut self, now: u64) {
        if let Some(ahead) = &mut self.ahead {
            ahead.receive(now, &mut self.played.answers);
        }
    }

    /// Where the very same instrument stands in this set; `likely` is looked at first.
    pub(crate) fn find(&self, instrument: &Arc<Instrument>, likely: usize) -> Option<usize> {
        let is_it = |own: &PreparedInstrument| Arc::ptr_eq(&own.instrument, instrument);
        match self.played.instruments.get(likely) {
            Some(own) if is_it(own) => Some(likely),
            _ => self.played.instruments.iter().position(is_it),
        }
    }
}

/// Two places for instruments: those that notes begin on, and those that are being left. Both keep their
/// columns in the same room.
pub(crate) struct InstrumentSets {
    places: [Option<Box<InstrumentSet>>; 2],
    current: u8,
    room: ColumnRoom,
}

impl InstrumentSets {
    pub(crate) fn new(set: InstrumentSet) -> Self {
        let Fit {
            columns, outputs, ..
        } = set.fit;
        Self {
            places: [Some(Box::new(set)), None],
            current: 0,
            room: ColumnRoom::new(columns, outputs),
        }
    }

    /// Those that notes begin on.
    pub(crate) fn current(&self) -> &InstrumentSet {
        self.set(self.current)
    }

    /// An instrument of those that notes begin on, as voices refer to it.
    pub(crate) fn refer(&self, index: usize) -> InstrumentRef {
        InstrumentRef {
            set: self.current,
            index: index as u32,
        }
    }

    pub(crate) fn is_leaving(&self) -> bool {
        self.places[usize::from(1 - self.current)].is_some()
    }

    pub(crate) fn prepared(&self, place: InstrumentRef) -> &PreparedInstrument {
        &self.set(place.set).played.instruments[place.index as usize]
    }

    pub(crate) fn instrument(&self, place: InstrumentRef) -> &Instrument {
        &self.prepared(place).instrument
    }

    /// What threads share of both places.
    pub(crate) fn view(&self) -> InstrumentView<'_> {
        InstrumentView {
            places: self
                .places
                .each_ref()
                .map(|set| set.as_ref().map(|set| &set.played)),
            room: &self.room,
        }
    }

    /// An instrument, its columns to be written, and the way to its device, which only the present
    /// instruments have a use for.
    pub(crate) fn freezing(&mut self, place: InstrumentRef) -> Freezing<'_> {
        let is_current = place.set == self.current;
        let set = self.places[usize::from(place.set)].as_mut().expect(STAYS);
        let index = place.index as usize;
        let Played {
            instruments,
            shares,
            ..
        } = &mut set.played;
        Freezing {
            room: &mut self.room,
            share: &mut shares[index],
            instrument: &instruments[index].instrument,
            ahead: set.ahead.as_mut().filter(|_| is_current),
        }
    }

    /// Sends what has been asked ahead of time.
    pub(crate) fn send_asked(&mut self, now: u64) {
        let set = self.places[usize::from(self.current)].as_mut();
        if let Some(ahead) = set.expect(STAYS).ahead.as_mut() {
            ahead.send_all(now);
        }
    }

    /// Those that notes begin on.
    pub(crate) fn current_mut(&mut self) -> &mut InstrumentSet {
        self.places[usize::from(self.current)]
            .as_mut()
            .expect(STAYS)
    }

    /// Begins a block without columns, with what devices have answered since the last one.
    pub(crate) fn begin_columns(&mut self, now: u64) {
        self.room.clear();
        for set in self.places.iter_mut().flatten() {
            set.played.shares.iter_mut().for_each(ColumnShare::clear);
            set.receive(now);
        }
    }

    /// All columns have been added: puts what they ask where the networks read it.
    pub(crate) fn lay_out_columns(&mut self) {
        let shares = self.places.each_mut().map(|set| match set {
            Some(set) => &mut *set.played.shares,
            None => &mut [],
        });
        self.room.lay_out(shares);
    }

    /// Runs the networks over them.
    ///
    /// # Realtime safety
    /// RT-safe with one thread.
    pub(crate) fn run_networks(&mut self) {
        for set in self.places.iter_mut().flatten() {
            let InstrumentSet {
                played,
                predictors,
                raw,
                ..
            } = &mut **set;
            workforce::run_networks(&mut self.room, &played.shares, predictors, raw);
        }
    }

    /// Makes `set` the one that notes begin on; the place must be free.
    pub(crate) fn enter(&mut self, set: Box<InstrumentSet>) {
        self.current = 1 - self.current;
        self.places[usize::from(self.current)] = Some(set);
    }

    /// Takes out what is being left; no voice may refer to it any more.
    pub(crate) fn leave(&mut self) -> Option<Box<InstrumentSet>> {
        self.places[usize::from(1 - self.current)].take()
    }

    fn set(&self, place: u8) -> &InstrumentSet {
        self.places[usize::from(place)].as_ref().expect(STAYS)
    }
}

/// What freezing a voice's columns takes.
pub(crate) struct Freezing<'a> {
    pub(crate) room: &'a mut ColumnRoom,
    pub(crate) share: &'a mut ColumnShare,
    pub(crate) instrument: &'a Instrument,
    pub(crate) ahead: Option<&'a mut Ahead>,
}

/// Both places as the rendering threads see them.
#[derive(Clone, Copy)]
pub(crate) struct InstrumentView<'a> {
    places: [Option<&'a Played>; 2],
    pub(crate) room: &'a ColumnRoom,
}

impl<'a> InstrumentView<'a> {
    pub(crate) fn prepared(&self, place: InstrumentRef) -> &'a PreparedInstrument {
        &self.played(place).instruments[place.index as usize]
    }

    /// What the network says to a column of the instrument at `place`.
    pub(crate) fn answer(&self, place: InstrumentRef, column: usize) -> Answer<'a> {
        let played = self.played(place);
        let share = &played.shares[place.index as usize];
        self.room.answer(column, share, &played.answers)
    }

    fn played(&self, place: InstrumentRef) -> &'a Played {
        self.places[usize::from(place.set)].expect(STAYS)
    }
}

/// Why a place that a voice refers to is never empty.
const STAYS: &str = "instruments are not taken out while a voice plays them";

/// Most partials of any of the instruments.
pub(crate) fn most_partials(loaded: &[LoadedInstrument]) -> usize {
    let partials = loaded.iter().map(|l| l.instrument.network.shape.partials);
    partials.max().unwrap_or(0)
}

/// Most answers to a column of any instrument that has so many partials: those, a gain and the noise.
pub(crate) fn most_outputs(partials: usize) -> usize {
    partials + 1 + NOISE_BANDS
}

fn check(
    fit: &Fit,
    loaded: &[LoadedInstrument],
    programs: &ProgramMap,
) -> Result<(), RendererError> {
    if loaded.is_empty() {
        return Err(RendererError::NoInstrument);
    }
    if programs.highest() >= loaded.len() {
        return Err(RendererError::ProgramMap {
            index: programs.highest(),
            loaded: loaded.len(),
        });
    }
    for LoadedInstrument {
        instrument,
        predictors,
        ..
    } in loaded
    {
        let name = || instrument.metadata.name.clone();
        if predictors.len() != fit.threads {
            return Err(RendererError::Predictors {
                name: name(),
                predictors: predictors.len(),
                threads: fit.threads,
            });
        }
        let shape = &instrument.network.shape;
        let bands = shape.noise_bands;
        // The classic head has one white level, which the decoder spreads over all bands.
        if shape.head == Head::LogDomain && bands != NOISE_BANDS {
            return Err(RendererError::NoiseBands {
                name: name(),
                bands,
                expected: NOISE_BANDS,
            });
        }
        if shape.partials > fit.partials {
            return Err(RendererError::Partials {
                name: name(),
                partials: shape.partials,
                most: fit.partials,
            });
        }
    }
    Ok(())
}
