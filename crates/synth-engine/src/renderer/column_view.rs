//! Looking at what the networks said, for displays and measurements.

use super::Renderer;
use crate::columns::Answer;
use crate::instruments::PreparedInstrument;
use crate::voice::Slot;

/// One network column of the last block: what a network said to one voice at one control frame.
pub struct ColumnView<'a> {
    note: u64,
    key: u8,
    frame: u64,
    hops: u64,
    answer: Answer<'a>,
    prepared: &'a PreparedInstrument,
}

impl ColumnView<'_> {
    /// The number of the note, counted from the renderer's start.
    #[must_use]
    pub fn note(&self) -> u64 {
        self.note
    }

    /// The key of the note, 0..=127.
    #[must_use]
    pub fn key(&self) -> u8 {
        self.key
    }

    /// The control frame, counted from the note's onset.
    #[must_use]
    pub fn frame(&self) -> u64 {
        self.frame
    }

    /// Control frames that the way to what it says takes, one after the other, if no event comes between: 1,
    /// 2 or 4. What it says is meant for the last of them, and reached at its end.
    #[must_use]
    pub fn hops(&self) -> u64 {
        self.hops
    }

    /// Whether a device answered it ahead of time
    /// ([`ColumnCounts::taken`](crate::ColumnCounts::taken)); it was computed in `process` otherwise.
    #[must_use]
    pub fn is_from_device(&self) -> bool {
        self.answer.is_from_device
    }

    /// Partials and noise bands of the instrument: what [`ColumnView::harmonics`] and
    /// [`ColumnView::noise`] fill.
    #[must_use]
    pub fn sizes(&self) -> (usize, usize) {
        let shape = &self.prepared.instrument.network.shape;
        (shape.partials, shape.noise_bands)
    }

    /// The decoded amplitudes of the partials at unit loudness, as
    /// [`Decoder::tilted_harmonics`](synth_model::Decoder::tilted_harmonics) gives them. False, and
    /// zeros, where the answer was not finite.
    ///
    /// # Realtime safety
    /// RT-safe.
    pub fn harmonics(&self, partials: &mut [f32]) -> bool {
        let Answer {
            output,
            f0_hz,
            tilt_db,
            ..
        } = self.answer;
        let decoder = &self.prepared.decoder;
        decoder.tilted_harmonics(output, 1, 0, f0_hz, tilt_db, partials)
    }

    /// The decoded noise densities, as [`Decoder::noise`](synth_model::Decoder::noise) gives them. False,
    /// and zeros, where the answer was not finite.
    ///
    /// # Realtime safety
    /// RT-safe.
    pub fn noise(&self, power: &mut [f32]) -> bool {
        let decoder = &self.prepared.decoder;
        decoder.noise(self.answer.output, 1, 0, power)
    }
}

impl Renderer {
    /// The network columns of the last block, voice by voice and in order of time. Of a block so long that
    /// it was rendered in several passes, those of the last pass.
    ///
    /// # Realtime safety
    /// RT-safe.
    pub fn columns(&self) -> impl Iterator<Item = ColumnView<'_>> {
        self.pool.slots().iter().flat_map(move |slot| {
            let columns = slot.output.frames.columns();
            columns.map(move |column| self.column_view(slot, column))
        })
    }

    /// The last network column that the note which began last, of those that sound, has in the last block.
    /// `None` where nothing sounds, and where that note asked nothing in the block.
    ///
    /// # Realtime safety
    /// RT-safe: a glance at each voice.
    #[must_use]
    pub fn newest_note_column(&self) -> Option<ColumnView<'_>> {
        let slots = self.pool.slots().iter();
        let sounding = slots.filter(|slot| slot.voice.life.sounds_at(self.now));
        let newest = sounding.max_by_key(|slot| slot.voice.note.serial)?;
        let column = newest.output.frames.last()?;
        Some(self.column_view(newest, column))
    }

    fn column_view<'a>(
        &'a self,
        slot: &'a Slot,
        (frame, column, hops): (u64, usize, u64),
    ) -> ColumnView<'a> {
        let instruments = self.instruments.view();
        let note = &slot.voice.note;
        ColumnView {
            note: note.serial,
            key: note.key,
            frame,
            hops,
            answer: instruments.answer(note.instrument, column),
            prepared: instruments.prepared(note.instrument),
        }
    }
}
