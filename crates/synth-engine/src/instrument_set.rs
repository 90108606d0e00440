//! The instruments of a renderer with all they need to play: what is exchanged while voices sound.

use crate::clock::Clock;
use crate::columns::ColumnStore;
use crate::config::RendererError;
use crate::instruments::{LoadedInstrument, PreparedInstrument};
use crate::program_map::ProgramMap;
use std::sync::Arc;
use synth_dsp::filtered_noise::NOISE_BANDS;
use synth_model::{Head, Instrument, Predictor};

/// What instruments must fit to be played by a renderer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fit {
    pub(crate) clock: Clock,
    pub(crate) threads: usize,
    /// Most columns of a pass.
    pub(crate) columns: usize,
    /// Partials that a voice has room for.
    pub(crate) partials: usize,
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
    pub(crate) played: Played,
    /// `[thread][instrument]`.
    pub(crate) predictors: Vec<Vec<Predictor>>,
    pub(crate) programs: ProgramMap,
}

/// What threads share of a set.
pub(crate) struct Played {
    pub(crate) instruments: Vec<PreparedInstrument>,
    pub(crate) columns: Vec<ColumnStore>,
}

impl InstrumentSet {
    pub(crate) fn new(
        fit: &Fit,
        loaded: Vec<LoadedInstrument>,
        programs: ProgramMap,
    ) -> Result<Self, RendererError> {
        check(fit, &loaded, &programs)?;
        let mut set = Self {
            played: Played {
                instruments: Vec::new(),
                columns: Vec::new(),
            },
            predictors: (0..fit.threads).map(|_| Vec::new()).collect(),
            programs,
        };
        for LoadedInstrument {
            instrument,
            predictors,
            ..
        } in loaded
        {
            let batches = predictors.iter().map(Predictor::max_columns);
            let batch = batches.min().unwrap_or(1).max(1);
            let columns = ColumnStore::new(&instrument, batch, fit.columns);
            set.played.columns.push(columns);
            for (thread, predictor) in set.predictors.iter_mut().zip(predictors) {
                thread.push(predictor);
            }
            let prepared = PreparedInstrument::new(instrument)?;
            set.played.instruments.push(prepared);
        }
        Ok(set)
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

/// Two places for instruments: those that notes begin on, and those that are being left.
pub(crate) struct InstrumentSets {
    places: [Option<Box<InstrumentSet>>; 2],
    current: u8,
}

impl InstrumentSets {
    pub(crate) fn new(set: InstrumentSet) -> Self {
        Self {
            places: [Some(Box::new(set)), None],
            current: 0,
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
        }
    }

    /// The columns of an instrument, to be written, and the instrument.
    pub(crate) fn columns_mut(&mut self, place: InstrumentRef) -> (&mut ColumnStore, &Instrument) {
        let set = self.places[usize::from(place.set)].as_mut().expect(STAYS);
        let index = place.index as usize;
        let Played {
            instruments,
            columns,
        } = &mut set.played;
        (&mut columns[index], &instruments[index].instrument)
    }

    pub(crate) fn sets_mut(&mut self) -> impl Iterator<Item = &mut InstrumentSet> {
        self.places.iter_mut().flatten().map(|set| &mut **set)
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

/// Both places as the rendering threads see them.
#[derive(Clone, Copy)]
pub(crate) struct InstrumentView<'a> {
    places: [Option<&'a Played>; 2],
}

impl<'a> InstrumentView<'a> {
    pub(crate) fn prepared(&self, place: InstrumentRef) -> &'a PreparedInstrument {
        &self.played(place).instruments[place.index as usize]
    }

    pub(crate) fn columns(&self, place: InstrumentRef) -> &'a ColumnStore {
        &self.played(place).columns[place.index as usize]
    }

    /// Columns of all instruments.
    pub(crate) fn column_count(&self) -> usize {
        let played = self.places.iter().flatten();
        let stores = played.flat_map(|played| &played.columns);
        stores.map(ColumnStore::count).sum()
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
