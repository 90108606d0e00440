//! The instrument file, `NAME.synth`: one safetensors file, format version "2".
//!
//! | tensor | type | shape |
//! |---|---|---|
//! | `w0`, `w1`, ... | F16 | `[outputs, inputs]` of the layer |
//! | `b0`, `b1`, ... | F16 | `[outputs]` of the layer |
//! | `body_eq_gain_db` | F32 | `[points]`, 60 Hz to 20 kHz |
//! | `output_lo`, `output_hi` | F32 | `[outputs]` of the network |
//! | `TABLE.f0_hz`, `TABLE.velocity` | F32 | `[pitches]`, `[velocities]` |
//! | `TABLE.values` | F32 | `[pitches, velocities, length]` |
//!
//! with TABLE one of `sustain_db`, `attack_db`, `onset_noise_db`, `onset_cents`, `tilt_db`,
//! `release_s`, `vibrato`, `fluctuation`, `drift`; [`Expression`] says what they mean. Text keys:
//! `format_version`; `shape.inputs`, `shape.hidden` (comma-separated), `shape.partials`,
//! `shape.noise_bands`, `shape.head` (`classic` or `log`); `ranges.` and the fields of [`Ranges`];
//! `attack_step_s`; and those of [`Metadata`]. Numbers are written so that they read back exactly.
//!
//! Version 1 had no `onset_noise_db`, `onset_cents`, `tilt_db`, `ranges.velocity_*` and output ranges.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::body_eq::BodyEq;
use crate::curve_table::CurveTable;
use crate::expression::Expression;
use crate::instrument::{Instrument, InstrumentError};
use crate::metadata::{Metadata, MetadataError, parse};
use crate::network::{Layer, Network, NetworkError};
use crate::output_range::OutputRange;
use crate::ranges::Ranges;
use crate::shape::{Head, ModelShape, ShapeError};
use crate::tensor_file::{MAX_FILE_BYTES, TensorFile, TensorFileWriter};

/// The version this program writes, and the only one it reads.
const FORMAT_VERSION: &str = "2";

impl Instrument {
    /// The bytes of the instrument file; the same instrument always gives the same bytes.
    ///
    /// An instrument that does not pass [`Instrument::check`] is written as it is, and refused when
    /// it is read.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut file = TensorFileWriter::default();
        self.metadata.write(&mut file.keys);
        let mut key = |key: &str, text: String| file.keys.insert(key.to_owned(), text);
        key("format_version", FORMAT_VERSION.to_owned());
        let shape = &self.network.shape;
        let hidden: Vec<String> = shape.hidden.iter().map(usize::to_string).collect();
        key("shape.inputs", shape.inputs.to_string());
        key("shape.hidden", hidden.join(","));
        key("shape.partials", shape.partials.to_string());
        key("shape.noise_bands", shape.noise_bands.to_string());
        key("shape.head", head_name(shape.head).to_owned());
        let ranges = &self.ranges;
        key("ranges.f0_lo_hz", ranges.f0_lo_hz.to_string());
        key("ranges.f0_hi_hz", ranges.f0_hi_hz.to_string());
        key("ranges.loudness_lo_db", ranges.loudness_lo_db.to_string());
        key("ranges.loudness_hi_db", ranges.loudness_hi_db.to_string());
        let centre_db = ranges.loudness_centre_db.to_string();
        key("ranges.loudness_centre_db", centre_db);
        key("ranges.velocity_lo", ranges.velocity_lo.to_string());
        key("ranges.velocity_hi", ranges.velocity_hi.to_string());
        key("attack_step_s", self.expression.attack_step_s.to_string());
        for (index, layer) in self.network.layers.iter().enumerate() {
            file.f16(
                format!("w{index}"),
                &[layer.outputs, layer.inputs],
                &layer.weight,
            );
            file.f16(format!("b{index}"), &[layer.outputs], &layer.bias);
        }
        let gain_db = &self.body_eq.gain_db;
        file.f32("body_eq_gain_db", &[gain_db.len()], gain_db);
        let OutputRange { lo, hi } = &self.outputs;
        file.f32("output_lo", &[lo.len()], lo);
        file.f32("output_hi", &[hi.len()], hi);
        for (name, table) in self.expression.tables() {
            let (pitches, velocities) = (table.f0_hz(), table.velocity());
            file.f32(format!("{name}.f0_hz"), &[pitches.len()], pitches);
            file.f32(format!("{name}.velocity"), &[velocities.len()], velocities);
            let shape = [pitches.len(), velocities.len(), table.length()];
            file.f32(format!("{name}.values"), &shape, table.values());
        }
        file.finish()
    }

    /// Reads the bytes of an instrument file and checks everything in it.
    ///
    /// # Errors
    /// [`InstrumentError`] says in one sentence what is wrong and what to do.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InstrumentError> {
        let mut file = TensorFile::open(bytes)?;
        match file.take_key("format_version") {
            None => return Err(InstrumentError::NotAnInstrument),
            Some(version) if version != FORMAT_VERSION => {
                return Err(InstrumentError::Version(version.chars().take(40).collect()));
            }
            Some(_) => {}
        }
        let network = read_network(&mut file)?;
        let (_, gain_db) = file.f32("body_eq_gain_db", 1)?;
        let ranges = Ranges {
            f0_lo_hz: number(&mut file, "ranges.f0_lo_hz")?,
            f0_hi_hz: number(&mut file, "ranges.f0_hi_hz")?,
            loudness_lo_db: number(&mut file, "ranges.loudness_lo_db")?,
            loudness_hi_db: number(&mut file, "ranges.loudness_hi_db")?,
            loudness_centre_db: number(&mut file, "ranges.loudness_centre_db")?,
            velocity_lo: number(&mut file, "ranges.velocity_lo")?,
            velocity_hi: number(&mut file, "ranges.velocity_hi")?,
        };
        let outputs = OutputRange {
            lo: file.f32("output_lo", 1)?.1,
            hi: file.f32("output_hi", 1)?.1,
        };
        let expression = Expression {
            sustain_db: read_table(&mut file, "sustain_db")?,
            attack_db: read_table(&mut file, "attack_db")?,
            attack_step_s: number(&mut file, "attack_step_s")?,
            onset_noise_db: read_table(&mut file, "onset_noise_db")?,
            onset_cents: read_table(&mut file, "onset_cents")?,
            tilt_db: read_table(&mut file, "tilt_db")?,
            release_s: read_table(&mut file, "release_s")?,
            vibrato: read_table(&mut file, "vibrato")?,
            fluctuation: read_table(&mut file, "fluctuation")?,
            drift: read_table(&mut file, "drift")?,
        };
        let metadata = Metadata::read(file.finish()?)?;
        let body_eq = BodyEq { gain_db };
        let instrument = Self {
            metadata,
            network,
            body_eq,
            ranges,
            outputs,
            expression,
        };
        instrument.check()?;
        Ok(instrument)
    }

    /// Reads an instrument file.
    ///
    /// # Errors
    /// [`InstrumentError::InFile`]: as [`Instrument::from_bytes`], with the path.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, InstrumentError> {
        let path = path.as_ref();
        read_bounded(path)
            .and_then(|bytes| Self::from_bytes(&bytes))
            .map_err(|error| InstrumentError::InFile {
                path: path.display().to_string(),
                error: Box::new(error),
            })
    }
}

/// The whole file, or an error once it is known to be too large.
fn read_bounded(path: &Path) -> Result<Vec<u8>, InstrumentError> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        let bytes = std::fs::metadata(path)?.len();
        return Err(InstrumentError::TooLarge {
            bytes,
            max: MAX_FILE_BYTES,
        });
    }
    Ok(bytes)
}

fn head_name(head: Head) -> &'static str {
    match head {
        Head::Classic => "classic",
        Head::LogDomain => "log",
    }
}

fn number<T: std::str::FromStr>(
    file: &mut TensorFile<'_>,
    key: &'static str,
) -> Result<T, InstrumentError> {
    let text = file.take_key(key).ok_or(MetadataError::Missing(key))?;
    Ok(parse(key, &text)?)
}

fn read_shape(file: &mut TensorFile<'_>) -> Result<ModelShape, InstrumentError> {
    let hidden_key = "shape.hidden";
    let hidden = file
        .take_key(hidden_key)
        .ok_or(MetadataError::Missing(hidden_key))?;
    let hidden = match hidden.as_str() {
        "" => Vec::new(),
        list => {
            let layers = list.split(',').count() + 1;
            if layers > ModelShape::MAX_LAYERS {
                return Err(NetworkError::from(ShapeError::TooManyLayers(layers)).into());
            }
            list.split(',')
                .map(|width| parse(hidden_key, width))
                .collect::<Result<_, _>>()?
        }
    };
    let head: String = number(file, "shape.head")?;
    let head = [Head::Classic, Head::LogDomain]
        .into_iter()
        .find(|h| head_name(*h) == head)
        .ok_or(MetadataError::Value {
            field: "shape.head",
            value: head.chars().take(40).collect(),
        })?;
    let shape = ModelShape {
        inputs: number(file, "shape.inputs")?,
        hidden,
        partials: number(file, "shape.partials")?,
        noise_bands: number(file, "shape.noise_bands")?,
        head,
    };
    shape.check().map_err(NetworkError::from)?;
    Ok(shape)
}

fn read_network(file: &mut TensorFile<'_>) -> Result<Network, InstrumentError> {
    let shape = read_shape(file)?;
    let mut layers = Vec::new();
    for index in 0..=shape.hidden.len() {
        let (sizes, weight) = file.f16(&format!("w{index}"), 2)?;
        let (_, bias) = file.f16(&format!("b{index}"), 1)?;
        layers.push(Layer {
            inputs: sizes[1],
            outputs: sizes[0],
            weight,
            bias,
        });
    }
    Ok(Network::new(shape, layers)?)
}

fn read_table(
    file: &mut TensorFile<'_>,
    table: &'static str,
) -> Result<CurveTable, InstrumentError> {
    let (_, f0_hz) = file.f32(&format!("{table}.f0_hz"), 1)?;
    let (_, velocity) = file.f32(&format!("{table}.velocity"), 1)?;
    let (sizes, values) = file.f32(&format!("{table}.values"), 3)?;
    if sizes[..2] != [f0_hz.len(), velocity.len()] {
        return Err(InstrumentError::Tensor {
            name: format!("{table}.values"),
            problem: format!(
                "has {} by {} curves where its knots ask for {} by {}",
                sizes[0],
                sizes[1],
                f0_hz.len(),
                velocity.len()
            ),
        });
    }
    CurveTable::new(f0_hz, velocity, sizes[2], values)
        .map_err(|error| InstrumentError::Table { table, error })
}
