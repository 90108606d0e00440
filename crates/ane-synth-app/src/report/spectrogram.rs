//! A spectrogram as a PNG picture.

use synth_train::evaluation::Stft;

/// Frequency at the top of a picture, Hz.
pub(super) const TOP_HZ: f64 = 16_000.0;
/// Levels shown below the loudest, dB.
pub(super) const RANGE_DB: f32 = 80.0;
/// Rows of a picture.
pub(super) const ROWS: usize = 200;
/// Most columns of a picture.
pub(super) const COLUMNS: usize = 640;
/// Length of a window, s: what tells the partials of low notes apart.
const WINDOW_S: f64 = 0.046;
/// Below this fundamental the window is twice as long, Hz.
const LOW_HZ: f32 = 110.0;
/// Lengths of windows are multiples of this, which suits the FFT.
const LENGTH_STEP: usize = 8;

/// Levels of a note over time and frequency, dB.
pub(super) struct Levels {
    columns: usize,
    /// `[columns, ROWS]`, lowest frequency first.
    db: Vec<f32>,
}

impl Levels {
    /// Measures a sound; `f0_hz` is its fundamental.
    pub(super) fn of(samples: &[f32], sample_rate_hz: u32, f0_hz: f32) -> Self {
        let longer = if f0_hz < LOW_HZ { 2.0 } else { 1.0 };
        let length = (WINDOW_S * longer * f64::from(sample_rate_hz)).round() as usize;
        let length = length.max(16).next_multiple_of(LENGTH_STEP);
        // Half a window of silence at either end, so that a column shows what is around its time.
        let mut padded = vec![0.0; length / 2];
        padded.extend_from_slice(samples);
        padded.resize(samples.len() + length, 0.0);
        let hop = samples.len().div_ceil(COLUMNS).max(1);
        let stft = Stft::new(length, hop);
        let bins = stft.bins();
        let rows = row_bins(length, bins, sample_rate_hz);
        let powers = stft.powers(&padded);
        let columns = powers.len() / bins;
        let mut db = Vec::with_capacity(columns * ROWS);
        for frame in powers.chunks_exact(bins) {
            for &(first, last, fraction) in &rows {
                // The strongest of several bins, or a point between two.
                let power = match last > first + 1 {
                    true => frame[first..last].iter().copied().fold(0.0, f32::max),
                    false => {
                        let next = frame[(first + 1).min(bins - 1)];
                        frame[first] + (next - frame[first]) * fraction
                    }
                };
                db.push(10.0 * power.max(1e-30).log10());
            }
        }
        Self { columns, db }
    }

    /// The loudest level.
    pub(super) fn loudest_db(&self) -> f32 {
        self.db.iter().copied().fold(f32::MIN, f32::max)
    }

    /// The picture's width.
    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    /// A PNG picture: bright at `top_db`, dark 80 dB below it.
    pub(super) fn picture(&self, top_db: f32) -> Result<Vec<u8>, png::EncodingError> {
        let mut pixels = Vec::with_capacity(self.db.len());
        for row in (0..ROWS).rev() {
            for column in 0..self.columns {
                let level = 1.0 + (self.db[column * ROWS + row] - top_db) / RANGE_DB;
                pixels.push((level.clamp(0.0, 1.0) * 255.0).round() as u8);
            }
        }
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.columns as u32, ROWS as u32);
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_palette(palette());
        encoder.set_compression(png::Compression::High);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&pixels)?;
        writer.finish()?;
        Ok(bytes)
    }
}

/// Bins of each row, first and one past the last, and where between two bins its centre lies.
fn row_bins(length: usize, bins: usize, sample_rate_hz: u32) -> Vec<(usize, usize, f32)> {
    let bin_hz = f64::from(sample_rate_hz) / length as f64;
    let bin_at = |row: f64| frequency_hz(row / ROWS as f64) / bin_hz;
    (0..ROWS)
        .map(|row| {
            let edges = [bin_at(row as f64), bin_at(row as f64 + 1.0)];
            let centre = bin_at(row as f64 + 0.5);
            let (low, high) = (edges[0].ceil() as usize, edges[1].ceil() as usize);
            match high > low + 1 {
                true => (low.min(bins - 1), high.min(bins), 0.0),
                false => {
                    let first = (centre as usize).min(bins - 1);
                    (first, first + 1, centre.fract() as f32)
                }
            }
        })
        .collect()
}

/// Frequency at a height of the picture, 0..=1: even steps in mel, which are a musician's at the top
/// and let the low partials be told apart. Source: O'Shaughnessy, "Speech Communication", 1987:
/// mel = 2595 log10(1 + f / 700 Hz).
pub(super) fn frequency_hz(height: f64) -> f64 {
    700.0 * ((1.0 + TOP_HZ / 700.0).powf(height) - 1.0)
}

/// Height of a frequency, 0..=1.
pub(super) fn height(f_hz: f64) -> f64 {
    (1.0 + f_hz / 700.0).ln() / (1.0 + TOP_HZ / 700.0).ln()
}

/// 256 colours from near black over violet, red and orange to pale yellow, each a little lighter
/// than the one before, so that it also reads in grey.
fn palette() -> Vec<u8> {
    /// Places and colours between which the rest lies on lines.
    const STOPS: [(f32, [f32; 3]); 6] = [
        (0.0, [4.0, 4.0, 14.0]),
        (0.25, [58.0, 15.0, 98.0]),
        (0.45, [135.0, 33.0, 107.0]),
        (0.65, [212.0, 72.0, 66.0]),
        (0.85, [250.0, 160.0, 40.0]),
        (1.0, [252.0, 252.0, 190.0]),
    ];
    let colour = |index: usize| {
        let place = index as f32 / 255.0;
        let above = STOPS.iter().position(|stop| stop.0 >= place);
        let above = above.unwrap_or(STOPS.len() - 1).max(1);
        let ((low, from), (high, to)) = (STOPS[above - 1], STOPS[above]);
        let way = (place - low) / (high - low);
        [0, 1, 2].map(|c| (from[c] + (to[c] - from[c]) * way).round() as u8)
    };
    (0..256).flat_map(colour).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_is_the_brightest_row_at_its_frequency_and_time() {
        let rate = 44_100;
        for f_hz in [200.0_f64, 1000.0, 9000.0] {
            let step = std::f64::consts::TAU * f_hz / f64::from(rate);
            let sounds = |i: i32| (22_050..44_100).contains(&i);
            let samples: Vec<f32> = (0..66_150)
                .map(|i| {
                    if sounds(i) {
                        (step * f64::from(i)).sin() as f32
                    } else {
                        0.0
                    }
                })
                .collect();
            let levels = Levels::of(&samples, rate, 200.0);
            assert!(levels.columns() <= COLUMNS + 1);
            let column = |share: f64| {
                let start = (levels.columns() as f64 * share) as usize * ROWS;
                &levels.db[start..start + ROWS]
            };
            let middle = column(0.5);
            let brightest = (0..ROWS)
                .max_by(|&a, &b| middle[a].total_cmp(&middle[b]))
                .unwrap();
            let wanted = height(f_hz) * ROWS as f64;
            assert!(
                (brightest as f64 + 0.5 - wanted).abs() < 3.0,
                "{brightest} {wanted}"
            );
            assert!((middle[brightest] - levels.loudest_db()).abs() < 1.0);
            for silent in [column(0.1), column(0.9)] {
                assert!(silent.iter().all(|db| *db < levels.loudest_db() - 100.0));
            }
        }
    }

    #[test]
    fn a_picture_is_a_png_of_its_size_and_silence_is_dark() {
        let levels = Levels::of(&[0.0; 5000], 44_100, 50.0);
        let bytes = levels.picture(0.0).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes))
            .read_info()
            .unwrap();
        let info = reader.info();
        assert_eq!(
            (info.width as usize, info.height as usize),
            (levels.columns(), ROWS)
        );
        let mut pixels = vec![9; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        assert!(pixels.iter().all(|&pixel| pixel == 0));
        assert!(Levels::of(&[], 8_000, 440.0).picture(0.0).is_ok());
    }

    #[test]
    fn the_scale_goes_both_ways_and_colours_get_lighter() {
        for f_hz in [0.0, 440.0, 3000.0, TOP_HZ] {
            assert!((frequency_hz(height(f_hz)) - f_hz).abs() < 1e-6);
        }
        let palette = palette();
        let light = |rgb: &[u8]| {
            0.2126 * f32::from(rgb[0]) + 0.7152 * f32::from(rgb[1]) + 0.0722 * f32::from(rgb[2])
        };
        let lights: Vec<f32> = palette.chunks_exact(3).map(light).collect();
        assert_eq!(lights.len(), 256);
        assert!(lights.windows(2).all(|pair| pair[1] >= pair[0] - 0.6));
    }
}
