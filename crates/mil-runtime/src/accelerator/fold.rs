//! Where columns stand in the packed tensors of a compiled program.

use half::f16;
use half::slice::HalfFloatSliceExt;

use super::form::Form;

/// The tensor `[batches, channels, 1, width]` of one side. Column `batch * width + w` is at place w of
/// its batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fold {
    batches: usize,
    /// Channels that the program has, and those of them that mean something: the first.
    channels: usize,
    used: usize,
    width: usize,
}

impl Fold {
    /// For `used` channels in a form, `capacity` columns.
    pub(crate) fn new(form: &Form, used: usize, capacity: usize) -> Self {
        Self {
            batches: form.batches,
            channels: form.channels(used),
            used,
            width: capacity / form.batches,
        }
    }

    pub(crate) fn shape(&self) -> [usize; 4] {
        [self.batches, self.channels, 1, self.width]
    }

    /// Elements of the tensor.
    pub(crate) fn values(&self) -> usize {
        self.batches * self.channels * self.width
    }

    /// Columns of the tensor.
    pub(crate) fn columns(&self) -> usize {
        self.batches * self.width
    }

    /// Puts columns `first..first + taken` of `rows`, `[used, columns]`, at the beginning, rounded to
    /// FP16, and zeros into all other columns. Padded channels are left as they are.
    ///
    /// # Realtime safety
    /// RT-safe.
    pub(crate) fn fill(
        &self,
        rows: &[f32],
        columns: usize,
        first: usize,
        taken: usize,
        tensor: &mut [f16],
    ) {
        for (channel, row) in rows.chunks_exact(columns).take(self.used).enumerate() {
            let row = &row[first..first + taken];
            for batch in 0..self.batches {
                let begin = (batch * self.width).min(taken);
                let end = (begin + self.width).min(taken);
                let place = self.row_mut(tensor, batch, channel);
                let (filled, rest) = place.split_at_mut(end - begin);
                filled.convert_from_f32_slice(&row[begin..end]);
                rest.fill(f16::ZERO);
            }
        }
    }

    /// The first `taken` columns, put at columns `first..first + taken` of `rows`, `[used, columns]`.
    ///
    /// # Realtime safety
    /// RT-safe.
    pub(crate) fn take(
        &self,
        tensor: &[f16],
        rows: &mut [f32],
        columns: usize,
        first: usize,
        taken: usize,
    ) {
        for (channel, row) in rows.chunks_exact_mut(columns).take(self.used).enumerate() {
            let row = &mut row[first..first + taken];
            for batch in 0..self.batches {
                let begin = (batch * self.width).min(taken);
                let end = (begin + self.width).min(taken);
                let place = (batch * self.channels + channel) * self.width;
                tensor[place..place + (end - begin)].convert_to_f32_slice(&mut row[begin..end]);
            }
        }
    }

    fn row_mut<'a>(&self, tensor: &'a mut [f16], batch: usize, channel: usize) -> &'a mut [f16] {
        let place = (batch * self.channels + channel) * self.width;
        &mut tensor[place..place + self.width]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PADDED: Form = Form {
        channel_multiple: 32,
        ..Form::PLAIN
    };
    const PADDED_AND_BATCHED: Form = Form {
        batches: 8,
        ..PADDED
    };

    #[test]
    fn every_column_stands_where_its_batch_is() {
        let fold = Fold::new(&PADDED_AND_BATCHED, 2, 16);
        assert_eq!(fold.shape(), [8, 32, 1, 2]);
        assert_eq!((fold.columns(), fold.values()), (16, 512));
        let rows: Vec<f32> = (0..32).map(|i| i as f32 + 1.0).collect();
        let mut tensor = vec![f16::ZERO; 512];
        fold.fill(&rows, 16, 0, 16, &mut tensor);
        for column in 0..16 {
            for channel in 0..2 {
                let at = (column / 2 * 32 + channel) * 2 + column % 2;
                assert_eq!(tensor[at].to_f32(), rows[channel * 16 + column]);
            }
        }
        let set = tensor.iter().filter(|value| value.to_f32() != 0.0).count();
        assert_eq!(set, 32);
    }

    #[test]
    fn a_part_of_the_columns_comes_back_and_leaves_the_others() {
        for form in [Form::PLAIN, PADDED, PADDED_AND_BATCHED] {
            let fold = Fold::new(&form, 3, 64);
            let columns = 100;
            let rows: Vec<f32> = (0..300).map(|i| i as f32).collect();
            let mut tensor = vec![f16::ONE; fold.values()];
            for (first, taken) in [(0, 64), (64, 36), (99, 1), (7, 0)] {
                fold.fill(&rows, columns, first, taken, &mut tensor);
                let mut back = vec![-1.0; 300];
                fold.take(&tensor, &mut back, columns, first, taken);
                for (at, value) in back.iter().enumerate() {
                    let inside = (first..first + taken).contains(&(at % columns));
                    let expected = if inside { at as f32 } else { -1.0 };
                    assert_eq!(*value, expected, "{form:?}: {first}, {taken}, {at}");
                }
                // What an earlier call left in the columns behind is gone.
                let mut whole = vec![-1.0; 3 * 64];
                fold.take(&tensor, &mut whole, 64, 0, 64);
                let behind = whole.chunks_exact(64).flat_map(|row| &row[taken..]);
                assert!(behind.into_iter().all(|value| *value == 0.0));
            }
        }
    }
}
