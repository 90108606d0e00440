//! What is told about a finished render.

use serde::Serialize;
use synth_engine::Counters;
use synth_io::audio_file::Container;

use crate::error::AppError;
use crate::job::Output;
use crate::levels::Levels;
use crate::printable;
use crate::render_arguments::RenderOptions;
use crate::room_option::reverberation_s;
use crate::stems::WrittenStem;

/// A finished render.
pub(crate) struct Summary<'a> {
    /// The input as JSON names it.
    pub(crate) input: String,
    pub(crate) output: Output,
    pub(crate) container: Container,
    pub(crate) stems: Vec<WrittenStem>,
    /// Whether a file of the output's name was there before.
    pub(crate) replaced: bool,
    /// Sample frames in the file.
    pub(crate) frames: u64,
    pub(crate) levels: Levels,
    /// What `--normalise` did, dB.
    pub(crate) gain_db: f64,
    pub(crate) counters: Counters,
    pub(crate) device: &'static str,
    pub(crate) threads: usize,
    pub(crate) wall_s: f64,
    pub(crate) cpu_s: Option<f64>,
    /// The instruments that played.
    pub(crate) instruments: Vec<String>,
    pub(crate) notices: Vec<String>,
    pub(crate) options: &'a RenderOptions,
}

fn replacement(replaced: bool) -> &'static str {
    match replaced {
        true => "; replaced the file that was there",
        false => "",
    }
}

/// The object that `--json` prints.
#[derive(Serialize)]
struct Json<'a> {
    input: &'a str,
    output: String,
    /// In order of their channels; empty without `--stems`.
    stems: Vec<String>,
    /// Those of them whose name a file had before.
    replaced_stems: Vec<String>,
    format: &'static str,
    replaced: bool,
    duration_s: f64,
    frames: u64,
    sample_rate_hz: u32,
    bits: &'static str,
    /// `null` in silence.
    peak_dbfs: Option<f64>,
    true_peak_dbfs: Option<f64>,
    /// Integrated, EBU R 128; `null` in silence and below 0.4 s.
    loudness_lufs: Option<f64>,
    /// What `--normalise` asked for.
    normalise_lufs: Option<f64>,
    /// What `--normalise` did.
    gain_db: f64,
    most_voices: usize,
    polyphony: u16,
    stolen_voices: u64,
    non_finite: u64,
    device: &'static str,
    threads: usize,
    seed: u64,
    steady: bool,
    /// 0 is no room.
    room_amount: f32,
    room_size: f32,
    wall_s: f64,
    /// `null` where the system does not tell, or not of this file alone.
    cpu_s: Option<f64>,
    /// Seconds of audio a wall second.
    real_time_factor: f64,
    /// Seconds of audio a processor second.
    real_time_factor_cpu: Option<f64>,
    instruments: &'a [String],
    notices: &'a [String],
}

impl Summary<'_> {
    pub(crate) fn duration_s(&self) -> f64 {
        self.frames as f64 / f64::from(self.options.sample_rate)
    }

    fn real_time_factor(&self) -> f64 {
        self.duration_s() / self.wall_s.max(1e-9)
    }

    fn real_time_factor_cpu(&self) -> Option<f64> {
        self.cpu_s.map(|cpu_s| self.duration_s() / cpu_s.max(0.01))
    }

    /// For people, of one among several.
    pub(crate) fn line(&self) -> String {
        format!(
            "{}{}: {}, {}, true peak {}, {:.1} x real time{}",
            self.output.name(),
            match self.stems.len() {
                0 => String::new(),
                stems => format!(" and {stems} stems{}", self.replaced_stems()),
            },
            minutes(self.duration_s()),
            self.loudness(),
            decibels(self.levels.true_peak, "dBTP"),
            self.real_time_factor(),
            replacement(self.replaced)
        )
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        let Self {
            options, counters, ..
        } = self;
        let khz = f64::from(options.sample_rate) / 1000.0;
        let container = match self.container {
            Container::Wav => "",
            Container::Flac => ", FLAC",
        };
        let mut lines = vec![format!(
            "{}: {}, {khz} kHz, {} bits, stereo{container}{}",
            self.output.name(),
            minutes(self.duration_s()),
            options.bits().name(),
            replacement(self.replaced)
        )];
        let instruments = match self.instruments.is_empty() {
            true => "none played".to_owned(),
            false => self.instruments.join(", "),
        };
        lines.push(format!("  instruments  {instruments}"));
        lines.push(format!(
            "  peak         {}, true peak {}",
            decibels(self.levels.sample_peak, "dBFS"),
            decibels(self.levels.true_peak, "dBTP")
        ));
        let gain = match options.normalise {
            None => String::new(),
            Some(_) => format!(", gain {:+.2} dB", self.gain_db),
        };
        lines.push(format!("  loudness     {}{gain}", self.loudness()));
        lines.push(format!("  room         {}", self.room()));
        let stolen = match counters.stolen {
            0 => String::new(),
            stolen => format!(", {stolen} stolen; --polyphony allows more"),
        };
        let most = counters.most_voices;
        lines.push(format!(
            "  voices       {most} at once of {}{stolen}",
            options.polyphony()
        ));
        lines.push(format!(
            "  device       {}, {} thread(s)",
            self.device, self.threads
        ));
        let cpu = match (self.cpu_s, self.real_time_factor_cpu()) {
            (Some(cpu_s), Some(factor)) => {
                format!(", {factor:.1} x by processor time ({cpu_s:.2} s)")
            }
            _ => String::new(),
        };
        lines.push(format!(
            "  speed        {:.1} x real time ({:.2} s){cpu}",
            self.real_time_factor(),
            self.wall_s
        ));
        for stem in &self.stems {
            lines.push(format!(
                "  stem         {}{}",
                printable::path(&stem.path),
                replacement(stem.replaced)
            ));
        }
        if counters.non_finite > 0 {
            lines.push(format!(
                "  warning      {} answers of the network were not finite and are silent",
                counters.non_finite
            ));
        }
        lines.join("\n")
    }

    fn room(&self) -> String {
        let room = self.options.room();
        match room.amount > 0.0 {
            true => format!(
                "{} of one of {:.1} s (size {})",
                room.amount,
                reverberation_s(room.size),
                room.size
            ),
            false => "off".to_owned(),
        }
    }

    fn loudness(&self) -> String {
        match (self.levels.loudness_lufs, self.levels.sample_peak > 0.0) {
            (Some(lufs), _) => format!("{lufs:.1} LUFS"),
            (None, false) => "silence".to_owned(),
            (None, true) => "too short or soft for LUFS".to_owned(),
        }
    }

    /// How many stems replaced a file, for a line.
    fn replaced_stems(&self) -> String {
        match self.stems.iter().filter(|stem| stem.replaced).count() {
            0 => String::new(),
            replaced => format!(" ({replaced} replaced files that were there)"),
        }
    }

    /// For programs.
    pub(crate) fn json(&self) -> Result<String, AppError> {
        let names = |is_named: &dyn Fn(&WrittenStem) -> bool| {
            let stems = self.stems.iter().filter(|stem| is_named(stem));
            stems.map(|stem| printable::json(&stem.path)).collect()
        };
        let room = self.options.room();
        let json = Json {
            input: &self.input,
            output: self.output.json_name(),
            stems: names(&|_| true),
            replaced_stems: names(&|stem| stem.replaced),
            format: self.container.extension(),
            replaced: self.replaced,
            duration_s: self.duration_s(),
            frames: self.frames,
            sample_rate_hz: self.options.sample_rate,
            bits: self.options.bits().name(),
            peak_dbfs: level_db(self.levels.sample_peak),
            true_peak_dbfs: level_db(self.levels.true_peak),
            loudness_lufs: self.levels.loudness_lufs,
            normalise_lufs: self.options.normalise,
            gain_db: self.gain_db,
            most_voices: self.counters.most_voices,
            polyphony: self.options.polyphony(),
            stolen_voices: self.counters.stolen,
            non_finite: self.counters.non_finite,
            device: self.device,
            threads: self.threads,
            seed: self.options.seed,
            steady: self.options.steady,
            room_amount: room.amount,
            room_size: room.size,
            wall_s: self.wall_s,
            cpu_s: self.cpu_s,
            real_time_factor: self.real_time_factor(),
            real_time_factor_cpu: self.real_time_factor_cpu(),
            instruments: &self.instruments,
            notices: &self.notices,
        };
        serde_json::to_string(&json).map_err(AppError::new)
    }
}

/// `None` in silence.
pub(crate) fn level_db(magnitude: f32) -> Option<f64> {
    (magnitude > 0.0).then(|| 20.0 * f64::from(magnitude).log10())
}

fn decibels(magnitude: f32, unit: &str) -> String {
    match level_db(magnitude) {
        Some(level_db) => format!("{level_db:.2} {unit}"),
        None => "silence".to_owned(),
    }
}

/// "5 min 07.25 s".
pub(crate) fn minutes(seconds: f64) -> String {
    let hundredths = (seconds * 100.0).round() as u64;
    match (hundredths / 6000, (hundredths % 6000) as f64 / 100.0) {
        (0, rest) => format!("{rest:.2} s"),
        (minutes, rest) => format!("{minutes} min {rest:05.2} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_levels_read_well() {
        assert_eq!(minutes(7.254), "7.25 s");
        assert_eq!(minutes(59.999), "1 min 00.00 s");
        assert_eq!(minutes(307.25), "5 min 07.25 s");
        assert_eq!(decibels(0.5, "dBFS"), "-6.02 dBFS");
        assert_eq!(decibels(0.0, "dBFS"), "silence");
    }
}
