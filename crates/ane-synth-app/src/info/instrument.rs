//! What is told about an instrument.

use std::collections::BTreeMap;

use serde::Serialize;
use synth_model::{BodyEq, CurveTable, Expression, Head, Instrument};

use super::lines::{Lines, size};
use super::note_names::nearest_note;
use super::shown;
use crate::instruments::kind;
use crate::listing::program_ranges;

/// The object that `--json` prints.
#[derive(Serialize)]
pub(super) struct InstrumentFacts {
    file: String,
    kind: &'static str,
    size_bytes: u64,
    name: String,
    author: String,
    licence: String,
    source: String,
    /// Fitted to formulas, not to recordings.
    synthetic: bool,
    /// General MIDI programs, 0 to 127.
    programs: Vec<u8>,
    /// Most significant byte * 128 + least significant byte.
    bank: u16,
    /// Sample rate and hop of what it was trained on.
    training_sample_rate_hz: u32,
    training_hop_samples: u32,
    f0_lo_hz: f32,
    f0_hi_hz: f32,
    f0_lo_note: String,
    f0_hi_note: String,
    loudness_lo_dba: f32,
    loudness_hi_dba: f32,
    loudness_centre_dba: f32,
    velocity_lo: f32,
    velocity_hi: f32,
    network: NetworkFacts,
    body_eq: BodyEqFacts,
    tables: Vec<TableFacts>,
    attack_step_s: f32,
    held_out: BTreeMap<String, f64>,
    training: BTreeMap<String, String>,
    unknown_metadata: BTreeMap<String, String>,
}

#[derive(Serialize)]
struct NetworkFacts {
    /// "log" or "classic".
    head: &'static str,
    /// Widths from the inputs to the outputs.
    widths: Vec<usize>,
    partials: usize,
    noise_bands: usize,
    parameters: usize,
    multiply_adds_per_column: usize,
    /// A multiply-add is two.
    flops_per_column: usize,
    /// Smallest and largest value of each output that the instrument says is plausible.
    output_lo: Vec<f32>,
    output_hi: Vec<f32>,
}

#[derive(Serialize)]
struct BodyEqFacts {
    points: usize,
    lo_hz: f32,
    hi_hz: f32,
    min_db: f32,
    max_db: f32,
}

#[derive(Serialize)]
struct TableFacts {
    name: &'static str,
    pitches: usize,
    velocities: usize,
    /// Values of a curve.
    length: usize,
    rows: Vec<RowFacts>,
}

/// The range of one meaning of a table's values.
#[derive(Serialize)]
struct RowFacts {
    name: &'static str,
    unit: &'static str,
    min: f32,
    max: f32,
}

impl InstrumentFacts {
    pub(super) fn of(file: String, size_bytes: u64, instrument: &Instrument) -> Self {
        let Instrument {
            metadata,
            network,
            ranges,
            outputs,
            expression,
            body_eq,
        } = instrument.clone();
        let shape = &network.shape;
        let inputs = std::iter::once(shape.inputs);
        let widths = shape.layer_sizes().into_iter().map(|(_, width)| width);
        let (min_db, max_db) = extremes(body_eq.gain_db.iter().copied());
        Self {
            file,
            kind: "instrument",
            size_bytes,
            name: metadata.name,
            author: metadata.author,
            licence: metadata.licence,
            source: metadata.source,
            synthetic: metadata.synthetic,
            programs: metadata.programs,
            bank: metadata.bank,
            training_sample_rate_hz: metadata.sample_rate_hz,
            training_hop_samples: metadata.hop,
            f0_lo_hz: ranges.f0_lo_hz,
            f0_hi_hz: ranges.f0_hi_hz,
            f0_lo_note: nearest_note(ranges.f0_lo_hz.into()),
            f0_hi_note: nearest_note(ranges.f0_hi_hz.into()),
            loudness_lo_dba: ranges.loudness_lo_db,
            loudness_hi_dba: ranges.loudness_hi_db,
            loudness_centre_dba: ranges.loudness_centre_db,
            velocity_lo: ranges.velocity_lo,
            velocity_hi: ranges.velocity_hi,
            network: NetworkFacts {
                head: match shape.head {
                    Head::Classic => "classic",
                    Head::LogDomain => "log",
                },
                widths: inputs.chain(widths).collect(),
                partials: shape.partials,
                noise_bands: shape.noise_bands,
                parameters: shape.parameter_count(),
                multiply_adds_per_column: shape.macs_per_column(),
                flops_per_column: 2 * shape.macs_per_column(),
                output_lo: outputs.lo,
                output_hi: outputs.hi,
            },
            body_eq: BodyEqFacts {
                points: body_eq.gain_db.len(),
                lo_hz: BodyEq::LO_HZ,
                hi_hz: BodyEq::HI_HZ,
                min_db,
                max_db,
            },
            attack_step_s: expression.attack_step_s,
            tables: tables(&expression),
            held_out: metadata.held_out,
            training: metadata.training,
            unknown_metadata: metadata.unknown,
        }
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        let mut lines = Lines::new(&format!(
            "{}: instrument, {}, {}",
            shown::name(&self.file),
            kind(self.synthetic),
            size(self.size_bytes)
        ));
        for (label, text) in [
            ("name", &self.name),
            ("author", &self.author),
            ("licence", &self.licence),
            ("source", &self.source),
        ] {
            lines.add(label, shown::line(text));
        }
        let bank = match self.bank {
            0 => String::new(),
            bank => format!(" of bank {bank}"),
        };
        lines.add("programs", program_ranges(&self.programs) + &bank);
        lines.add(
            "trained at",
            format!(
                "{} kHz, a frame every {} samples",
                f64::from(self.training_sample_rate_hz) / 1000.0,
                self.training_hop_samples
            ),
        );
        lines.add(
            "pitch",
            format!(
                "{:.1} to {:.1} Hz ({} to {})",
                self.f0_lo_hz, self.f0_hi_hz, self.f0_lo_note, self.f0_hi_note
            ),
        );
        lines.add(
            "loudness",
            format!(
                "{:.1} to {:.1} dBA, centre {:.1} dBA",
                self.loudness_lo_dba, self.loudness_hi_dba, self.loudness_centre_dba
            ),
        );
        lines.add(
            "velocity",
            format!("{:.2} to {:.2}", self.velocity_lo, self.velocity_hi),
        );
        self.add_network(&mut lines);
        for table in &self.tables {
            table.add_to(&mut lines, self.attack_step_s);
        }
        let figures = self.held_out.iter();
        let figures = figures.map(|(name, value)| format!("{name} {value:.4}"));
        lines.add("held out", listed(figures));
        let pairs = |map: &BTreeMap<String, String>| {
            listed(map.iter().map(|(name, value)| format!("{name} {value}")))
        };
        lines.add("training", pairs(&self.training));
        lines.add("also says", pairs(&self.unknown_metadata));
        lines.finish()
    }

    fn add_network(&self, lines: &mut Lines) {
        let NetworkFacts {
            head,
            widths,
            partials,
            noise_bands,
            parameters,
            flops_per_column,
            output_lo,
            output_hi,
            ..
        } = &self.network;
        let widths: Vec<String> = widths.iter().map(usize::to_string).collect();
        lines.add(
            "network",
            format!(
                "{} ({head} head: {partials} partials, {noise_bands} noise bands)",
                widths.join(" -> ")
            ),
        );
        lines.add(
            "",
            format!("{parameters} parameters, {flops_per_column} FLOPs a column"),
        );
        let (min, _) = extremes(output_lo.iter().copied());
        let (_, max) = extremes(output_hi.iter().copied());
        lines.add("", format!("outputs within {min:.2} to {max:.2}"));
        let eq = &self.body_eq;
        let gains = match (eq.min_db, eq.max_db) {
            (0.0, 0.0) => "flat".to_owned(),
            (min_db, max_db) => format!("{min_db:+.1} to {max_db:+.1} dB"),
        };
        let (points, lo_hz, hi_hz) = (eq.points, eq.lo_hz, eq.hi_hz);
        lines.add(
            "body EQ",
            format!("{gains}, {points} points from {lo_hz} to {hi_hz} Hz"),
        );
    }
}

/// Tables of curves over the time since the onset.
const FROM_ONSET: [&str; 3] = ["attack", "onset noise", "onset pitch"];

impl TableFacts {
    fn of(name: &'static str, table: &CurveTable, rows: &[(&'static str, &'static str)]) -> Self {
        let length = table.length();
        // One meaning for all values of a curve, or one for each.
        let all_the_same = rows.len() != length;
        let rows = rows.iter().enumerate().map(|(row, &(name, unit))| {
            let curves = table.values().chunks_exact(length);
            let (min, max) = match all_the_same {
                true => extremes(table.values().iter().copied()),
                false => extremes(curves.map(|curve| curve[row])),
            };
            RowFacts {
                name,
                unit,
                min,
                max,
            }
        });
        Self {
            name,
            pitches: table.f0_hz().len(),
            velocities: table.velocity().len(),
            length,
            rows: rows.collect(),
        }
    }

    fn add_to(&self, lines: &mut Lines, attack_step_s: f32) {
        let rows = self.rows.iter().map(RowFacts::text);
        let mut text = listed(rows);
        if FROM_ONSET.contains(&self.name) {
            let seconds = attack_step_s * self.length.saturating_sub(1) as f32;
            text.push_str(&format!(" over {seconds:.3} s"));
        }
        if self.pitches > 1 || self.velocities > 1 {
            let (pitches, velocities) = (self.pitches, self.velocities);
            text.push_str(&format!(" ({pitches} pitches x {velocities} velocities)"));
        }
        lines.add(self.name, text);
    }
}

impl RowFacts {
    /// "rate 5.50 to 6.00 Hz".
    fn text(&self) -> String {
        let Self {
            name,
            unit,
            min,
            max,
        } = self;
        let (low, high) = (rounded(*min), rounded(*max));
        let range = match low == high {
            true => low,
            false => format!("{low} to {high}"),
        };
        format!("{name} {range} {unit}").trim_start().to_owned()
    }
}

fn rounded(value: f32) -> String {
    let text = format!("{value:.2}");
    match text.as_str() {
        "-0.00" => "0.00".to_owned(),
        _ => text,
    }
}

fn tables(expression: &Expression) -> Vec<TableFacts> {
    let of = TableFacts::of;
    vec![
        of("sustain", &expression.sustain_db, &[("", "dBA")]),
        of("attack", &expression.attack_db, &[("", "dB")]),
        of("onset noise", &expression.onset_noise_db, &[("", "dB")]),
        of("onset pitch", &expression.onset_cents, &[("", "cents")]),
        of("tilt", &expression.tilt_db, &[("", "dB/octave")]),
        of("release", &expression.release_s, &[("", "s")]),
        of(
            "vibrato",
            &expression.vibrato,
            &[
                ("rate", "Hz"),
                ("depth", "cents"),
                ("delay", "s"),
                ("fade-in", "s"),
            ],
        ),
        of(
            "fluctuation",
            &expression.fluctuation,
            &[("loudness", "dB"), ("bandwidth", "Hz")],
        ),
        of(
            "drift",
            &expression.drift,
            &[("pitch", "cents"), ("bandwidth", "Hz")],
        ),
    ]
}

fn extremes(values: impl Iterator<Item = f32>) -> (f32, f32) {
    values.fold((f32::INFINITY, f32::NEG_INFINITY), |(min, max), value| {
        (min.min(value), max.max(value))
    })
}

/// Printable and joined by commas.
fn listed(texts: impl Iterator<Item = String>) -> String {
    let texts: Vec<String> = texts.map(|text| shown::line(&text)).collect();
    texts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_tell_the_range_of_each_row() {
        let vibrato =
            CurveTable::new(vec![100.0, 200.0], vec![1.0], 2, vec![5.0, 10.0, 6.0, 10.0]).unwrap();
        let facts = TableFacts::of("vibrato", &vibrato, &[("rate", "Hz"), ("depth", "cents")]);
        let mut lines = Lines::new("x");
        facts.add_to(&mut lines, 0.01);
        assert_eq!(
            lines.finish(),
            "x\n  vibrato      rate 5.00 to 6.00 Hz, depth 10.00 cents (2 pitches x 1 velocities)"
        );
        let attack = CurveTable::constant(&[-30.0, -10.0, 0.0]).unwrap();
        let facts = TableFacts::of("attack", &attack, &[("", "dB")]);
        let mut lines = Lines::new("x");
        facts.add_to(&mut lines, 0.01);
        assert_eq!(
            lines.finish(),
            "x\n  attack       -30.00 to 0.00 dB over 0.020 s"
        );
    }
}
