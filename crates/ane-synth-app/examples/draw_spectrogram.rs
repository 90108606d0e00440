//! Draws the spectrogram of a sound for the page, on dark and on light ground:
//! `cargo run --release -p ane-synth-app --example draw_spectrogram -- SOUND FOLDER`
//!
//! Pitch goes up in even steps, eight octaves from A1. Low notes need long windows to be told apart and
//! high partials short ones to be seen in time, so each height has a window that suits it.
#![forbid(unsafe_code)]

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use synth_io::audio_file::decode_audio;
use synth_train::evaluation::Stft;

/// The lowest frequency, Hz, and how many octaves there are from it. docs/index.html names both.
const LOW_HZ: f64 = 55.0;
const OCTAVES: usize = 8;
const ROWS_PER_OCTAVE: usize = 42;
const ROWS: usize = OCTAVES * ROWS_PER_OCTAVE;
const COLUMNS: usize = 1200;
/// Levels shown below the loudest, dB. docs/index.html names it.
const RANGE_DB: f32 = 62.0;
/// Levels that are told apart: the picture stays small, and 4 dB are hardly seen as a step.
const LEVELS: usize = 16;
/// Lengths of windows, samples, the shorter for the higher rows.
const WINDOWS: [usize; 4] = [16_384, 8_192, 4_096, 2_048];
/// A window is to hold so many periods of a row's frequency: a Hann window then parts notes a tone
/// apart, 4 bins to 12 %.
const PERIODS: f64 = 4.0 / 0.12;
/// Longer pieces are cut.
const LONGEST: Duration = Duration::from_secs(600);

/// A picture's file, and its colours from silence to the loudest, in even steps.
struct Ground {
    file: &'static str,
    stops: [[f32; 3]; 6],
}

/// Silence is the colour of the page's panels in either scheme (docs/page/page.css, `--panel`).
const GROUNDS: [Ground; 2] = [
    Ground {
        file: "spectrogram-dark.png",
        stops: [
            [18.0, 24.0, 27.0],
            [17.0, 47.0, 56.0],
            [18.0, 92.0, 102.0],
            [52.0, 150.0, 148.0],
            [156.0, 214.0, 192.0],
            [246.0, 251.0, 232.0],
        ],
    },
    Ground {
        file: "spectrogram-light.png",
        stops: [
            [235.0, 239.0, 240.0],
            [190.0, 213.0, 216.0],
            [120.0, 173.0, 179.0],
            [45.0, 124.0, 134.0],
            [11.0, 74.0, 88.0],
            [5.0, 32.0, 42.0],
        ],
    },
];

fn main() -> ExitCode {
    let paths: Vec<_> = std::env::args_os().skip(1).collect();
    let [sound, folder] = paths.as_slice() else {
        eprintln!("name a sound and the folder to draw it into");
        return ExitCode::from(2);
    };
    match draw(Path::new(sound), Path::new(folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", Path::new(sound).display());
            ExitCode::from(2)
        }
    }
}

fn draw(sound: &Path, folder: &Path) -> Result<(), Box<dyn Error>> {
    let audio = decode_audio(sound, LONGEST)?;
    let share = 1.0 / audio.channels.len() as f32;
    let samples: Vec<f32> = (0..audio.channels[0].len())
        .map(|i| {
            audio
                .channels
                .iter()
                .map(|channel| channel[i] * share)
                .sum()
        })
        .collect();
    let pixels = shades(&levels_db(&samples, audio.sample_rate_hz));
    for ground in &GROUNDS {
        std::fs::write(folder.join(ground.file), ground.picture(&pixels)?)?;
    }
    Ok(())
}

/// Levels `[COLUMNS, ROWS]`, lowest row first: a sine has the same level in every window.
fn levels_db(samples: &[f32], sample_rate_hz: u32) -> Vec<f32> {
    let rate = f64::from(sample_rate_hz);
    let hop = samples.len().div_ceil(COLUMNS).max(1);
    let mut levels = vec![0.0; COLUMNS * ROWS];
    for (index, &length) in WINDOWS.iter().enumerate() {
        // Half a window of silence at either end, so that a column shows what is around its time.
        let mut padded = vec![0.0; length / 2];
        padded.extend_from_slice(samples);
        padded.resize(COLUMNS * hop + length, 0.0);
        let stft = Stft::new(length, hop);
        let bins = stft.bins();
        let powers = stft.powers(&padded);
        let to_sine = (4.0 / length as f64).powi(2) as f32;
        for row in 0..ROWS {
            let share = share_of_window(index, row_hz(row as f64 + 0.5), rate);
            if share == 0.0 {
                continue;
            }
            let bin = |edge: f64| row_hz(row as f64 + edge) * length as f64 / rate;
            let (low, centre, high) = (bin(0.0), bin(0.5), bin(1.0));
            for column in 0..COLUMNS {
                let frame = &powers[column * bins..][..bins];
                let level = 10.0
                    * (power_at(frame, low, centre, high) * to_sine)
                        .max(1e-12)
                        .log10();
                levels[column * ROWS + row] += share * level;
            }
        }
    }
    levels
}

/// Frequency at a height, in rows.
fn row_hz(row: f64) -> f64 {
    LOW_HZ * (row / ROWS_PER_OCTAVE as f64).exp2()
}

/// How much of a row's level the window number `index` gives: rows go over from one to the next.
fn share_of_window(index: usize, f_hz: f64, sample_rate_hz: f64) -> f32 {
    let wanted = PERIODS * sample_rate_hz / f_hz;
    let place = (WINDOWS[0] as f64 / wanted).log2();
    let place = place.clamp(0.0, (WINDOWS.len() - 1) as f64);
    (1.0 - (place - index as f64).abs()).max(0.0) as f32
}

/// The strongest bin of those between two edges, or a point between the two nearest; nothing above
/// half of the sample rate.
fn power_at(frame: &[f32], low: f64, centre: f64, high: f64) -> f32 {
    let (first, last) = (low.ceil() as usize, high.ceil() as usize);
    if last > first + 1 {
        let there = &frame[first.min(frame.len())..last.min(frame.len())];
        return there.iter().copied().fold(0.0, f32::max);
    }
    let below = centre as usize;
    match frame.get(below..below + 2) {
        Some(pair) => pair[0] + (pair[1] - pair[0]) * centre.fract() as f32,
        None => 0.0,
    }
}

/// Shades of a picture, top row first: 0 is silence.
fn shades(levels_db: &[f32]) -> Vec<u8> {
    let loudest_db = levels_db.iter().copied().fold(f32::MIN, f32::max);
    let shade = |level: f32| {
        let height = (1.0 + (level - loudest_db) / RANGE_DB).clamp(0.0, 1.0);
        (height * (LEVELS - 1) as f32).round() as u8
    };
    (0..ROWS)
        .rev()
        .flat_map(|row| (0..COLUMNS).map(move |column| shade(levels_db[column * ROWS + row])))
        .collect()
}

impl Ground {
    /// The shades as a PNG picture in these colours.
    fn picture(&self, shades: &[u8]) -> Result<Vec<u8>, png::EncodingError> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, COLUMNS as u32, ROWS as u32);
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_palette(
            (0..LEVELS)
                .flat_map(|shade| self.colour(shade))
                .collect::<Vec<u8>>(),
        );
        encoder.set_compression(png::Compression::High);
        encoder.set_filter(png::Filter::Sub);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(shades)?;
        writer.finish()?;
        Ok(bytes)
    }

    fn colour(&self, shade: usize) -> [u8; 3] {
        let place = shade as f32 / (LEVELS - 1) as f32 * (self.stops.len() - 1) as f32;
        let below = (place as usize).min(self.stops.len() - 2);
        let (from, to) = (self.stops[below], self.stops[below + 1]);
        [0, 1, 2].map(|c| (from[c] + (to[c] - from[c]) * (place - below as f32)).round() as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE_HZ: u32 = 44_100;

    #[test]
    fn a_sine_is_seen_at_its_height_time_and_level_whatever_its_window() {
        for f_hz in [82.0_f64, 230.0, 700.0, 1500.0, 9000.0] {
            let step = std::f64::consts::TAU * f_hz / f64::from(RATE_HZ);
            let sounds = |i: i32| (44_100..132_300).contains(&i);
            let sine = |i| {
                if sounds(i) {
                    0.5 * (step * f64::from(i)).sin()
                } else {
                    0.0
                }
            };
            let samples: Vec<f32> = (0..176_400).map(|i| sine(i) as f32).collect();
            let levels = levels_db(&samples, RATE_HZ);
            let column = |time_s: f64| {
                let column = (time_s / 4.0 * COLUMNS as f64) as usize;
                &levels[column * ROWS..][..ROWS]
            };
            let middle = column(2.0);
            let loudest = (0..ROWS)
                .max_by(|&a, &b| middle[a].total_cmp(&middle[b]))
                .unwrap();
            let octaves_off = (row_hz(loudest as f64 + 0.5) / f_hz).log2().abs();
            assert!(
                octaves_off < 1.5 / ROWS_PER_OCTAVE as f64,
                "{f_hz} Hz: {octaves_off}"
            );
            // A Hann window's bins lose at most 1.4 dB between two of them.
            let level = middle[loudest] - 20.0 * 0.5_f32.log10();
            assert!((-1.5..0.1).contains(&level), "{f_hz} Hz: {level} dB");
            for silent in [column(0.5), column(3.5)] {
                assert!(silent.iter().all(|level| *level < -100.0), "{f_hz} Hz");
            }
        }
    }

    #[test]
    fn windows_share_every_height_wholly() {
        for row in 0..ROWS {
            let shares = (0..WINDOWS.len())
                .map(|index| share_of_window(index, row_hz(row as f64), f64::from(RATE_HZ)));
            assert!((shares.sum::<f32>() - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn a_picture_reads_back_and_silence_is_the_colour_of_the_ground() {
        let mut levels = vec![-120.0; COLUMNS * ROWS];
        levels[ROWS - 1] = -6.0;
        let shades = shades(&levels);
        assert_eq!(
            (shades[0], shades[1]),
            (LEVELS as u8 - 1, 0),
            "the top row comes first"
        );
        for ground in &GROUNDS {
            let bytes = ground.picture(&shades).unwrap();
            let mut reader = png::Decoder::new(std::io::Cursor::new(bytes))
                .read_info()
                .unwrap();
            let palette = reader.info().palette.clone().unwrap();
            assert_eq!(palette[..3], ground.stops[0].map(|c| c as u8));
            assert_eq!(
                palette[3 * (LEVELS - 1)..],
                ground.stops[5].map(|c| c as u8)
            );
            let mut read = vec![9; reader.output_buffer_size().unwrap()];
            reader.next_frame(&mut read).unwrap();
            assert_eq!(read, shades);
        }
    }

    #[test]
    fn silence_and_the_shortest_sound_are_drawn() {
        assert!(
            levels_db(&[0.0], RATE_HZ)
                .iter()
                .all(|level| *level <= -119.0)
        );
        assert!(levels_db(&[], 8_000).iter().all(|level| level.is_finite()));
    }
}
