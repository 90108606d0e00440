//! The network 4-64-128-64-66 over the columns of 1, 8, 64 and 512 voices, by several runtimes.

mod candle;
mod gemm_crate;
mod numpy;
mod onnx_runtime;
mod ours;
mod plain;
mod tract;
mod work;

use mil_runtime::cpu::{Level, MultiplyAdds};

use crate::Failure;
use crate::arguments::Arguments;
use crate::stopwatch::{Called, Candidate, Effort, Timing, compare};
use crate::table::{Table, three_digits};
use candle::Candle;
use gemm_crate::Gemm;
use numpy::Numpy;
use onnx_runtime::OnnxRuntime;
use ours::Ours;
use plain::Plain;
use tract::Tract;
use work::Work;

const VOICES: [usize; 4] = [1, 8, 64, 512];
/// Control frames of a buffer.
const FRAMES: usize = 8;

/// How far a right answer in f32 may be from the one in f64, relative to the largest output. Sums of at
/// most 128 products through four layers, each step rounded to 24 bits, stay well below.
const MOST_ERROR: f64 = 1e-5;

/// Pairs of multiply-adds in a chain: some 50 microseconds.
const PEAK_PAIRS: u32 = 8_000;

/// What was measured.
pub(crate) struct Measured {
    pub(crate) table: Table,
    /// Versions of what is no crate.
    pub(crate) foreign_versions: Vec<String>,
    level: Level,
    peak_gflops: f64,
}

impl Measured {
    /// The level that ours ran on and what the processor could do.
    pub(crate) fn description(&self) -> String {
        format!(
            "Ours on the level {}; FMA peak of one core {} GFLOP/s, measured in turns with the rest.",
            self.level,
            three_digits(self.peak_gflops)
        )
    }
}

/// A runtime with the network ready for one number of columns.
trait Inference {
    /// Computes the answer.
    fn run(&mut self) -> Result<(), Failure>;
    /// The last answer, `[columns, outputs]`.
    fn answer(&mut self) -> Result<Vec<f32>, Failure>;
}

/// A runtime that can be measured and asked for its answer.
trait Rival: Candidate {
    fn answer(&mut self) -> Result<Vec<f32>, Failure>;
}

/// A runtime in this process.
struct InProcess<I> {
    inference: I,
    calls_a_sample: u32,
}

impl<I: Inference> InProcess<I> {
    fn boxed<'a>(mut inference: I) -> Result<Box<dyn Rival + 'a>, Failure>
    where
        I: 'a,
    {
        let calls_a_sample = Called::new(|| inference.run())?.calls_a_sample();
        Ok(Box::new(Self {
            inference,
            calls_a_sample,
        }))
    }
}

impl<I: Inference> Candidate for InProcess<I> {
    fn turn(&mut self, samples: usize) -> Result<Vec<f64>, Failure> {
        let run = || self.inference.run();
        Called::with_calls(self.calls_a_sample, run).turn(samples)
    }
}

impl<I: Inference> Rival for InProcess<I> {
    fn answer(&mut self) -> Result<Vec<f32>, Failure> {
        self.inference.answer()
    }
}

/// What became of one rival at one number of voices.
struct Cell {
    p5_us: f64,
    error: f64,
}

/// A row, or why there is none.
struct Row {
    name: &'static str,
    cells: Vec<Result<Cell, String>>,
}

/// A name, and a runtime or why there is none.
type Entry<'a> = (&'static str, Result<Box<dyn Rival + 'a>, Failure>);

pub(crate) fn measure(arguments: &Arguments, effort: Effort) -> Result<Measured, Failure> {
    let columns = VOICES.map(|voices| voices * FRAMES);
    let works = columns.into_iter().map(Work::new);
    let works: Vec<Work> = works.collect::<Result<_, _>>()?;
    for work in &works {
        work.write(&arguments.folder)?;
    }
    let models = onnx_runtime::write_models(arguments, &columns);
    let library = models.and_then(|()| OnnxRuntime::load(&arguments.onnxruntime));
    let library = library.map_err(|error| error.to_string());
    let mut foreign_versions = Vec::new();
    if let Ok(library) = &library {
        foreign_versions.push(format!("ONNX Runtime {}", library.version));
    }
    if let Ok(mut numpy) = Numpy::start(arguments, &works[0]) {
        foreign_versions.push(numpy.version()?);
    }

    let level = Level::widest();
    let multiply_adds = MultiplyAdds::with_level(level)
        .ok_or_else(|| format!("{level} is the widest level here and cannot be run"))?;
    let mut peak_gflops: f64 = 0.0;
    let mut rows: Vec<Row> = Vec::new();
    for work in &works {
        let mut entries = entries(arguments, &library, work);
        if rows.is_empty() {
            rows.extend(entries.iter().map(|&(name, _)| Row {
                name,
                cells: Vec::new(),
            }));
        }
        check_all(work, &mut entries)?;
        let mut flops = 0;
        let mut peak = Called::new(|| {
            flops = std::hint::black_box(multiply_adds.run(PEAK_PAIRS)).flops;
            Ok(())
        })?;
        let mut candidates: Vec<&mut dyn Candidate> = vec![&mut peak];
        for (_, entry) in &mut entries {
            if let Ok(rival) = entry {
                candidates.push(&mut **rival);
            }
        }
        let timings = compare(effort, &mut candidates)?;
        let errors = check_all(work, &mut entries)?;
        peak_gflops = peak_gflops.max(gflops(flops as f64, timings[0].best_us));
        let mut measured = timings[1..].iter();
        for ((row, (_, entry)), error) in rows.iter_mut().zip(&entries).zip(errors) {
            row.cells.push(match entry {
                Ok(_) => {
                    let &Timing { p5_us, .. } = measured.next().ok_or("a timing is missing")?;
                    Ok(Cell { p5_us, error })
                }
                Err(reason) => Err(reason.to_string()),
            });
        }
    }
    Ok(Measured {
        table: table(&rows, &works, peak_gflops),
        foreign_versions,
        level,
        peak_gflops,
    })
}

/// Every runtime; ours first.
fn entries<'a>(
    arguments: &Arguments,
    library: &Result<OnnxRuntime, String>,
    work: &'a Work,
) -> Vec<Entry<'a>> {
    let folder = &arguments.folder;
    let on_onnx_runtime = |form| match library {
        Ok(library) => library.session(folder, form, work),
        Err(reason) => Err(reason.clone().into()),
    };
    let on_tract = |form| Tract::new(folder, form, work).and_then(InProcess::boxed);
    let in_numpy = Numpy::start(arguments, work);
    vec![
        ("ours", Ours::new(work).and_then(InProcess::boxed)),
        ("ONNX Runtime, Gemm, IoBinding", on_onnx_runtime("gemm")),
        ("ONNX Runtime, Conv, IoBinding", on_onnx_runtime("conv")),
        (
            "gemm crate, bias and ReLU by hand",
            InProcess::boxed(Gemm::new(work)),
        ),
        (
            "candle linear",
            Candle::new(work).and_then(InProcess::boxed),
        ),
        ("tract, Gemm", on_tract("gemm")),
        ("tract, Conv", on_tract("conv")),
        (
            "numpy with OpenBLAS",
            in_numpy.map(|numpy| Box::new(numpy) as Box<dyn Rival>),
        ),
        ("plain loops", InProcess::boxed(Plain::new(work))),
    ]
}

/// The largest relative error of every rival that is here.
///
/// # Errors
/// The first that is wrong.
fn check_all(work: &Work, entries: &mut [Entry<'_>]) -> Result<Vec<f64>, Failure> {
    let mut errors = Vec::new();
    for (name, entry) in entries {
        errors.push(match entry {
            Ok(rival) => {
                let error = work.relative_error(&rival.answer()?);
                if error.is_nan() || error > MOST_ERROR {
                    let columns = work.columns;
                    return Err(format!(
                        "{name} is wrong over {columns} columns: off by {error:.1e} of the largest output"
                    )
                    .into());
                }
                error
            }
            Err(_) => 0.0,
        });
    }
    Ok(errors)
}

fn table(rows: &[Row], works: &[Work], peak_gflops: f64) -> Table {
    let ours = &rows[0].cells;
    let mut printed = Vec::new();
    let mut not_measured = Vec::new();
    for row in rows {
        let mut line = vec![row.name.to_owned()];
        let mut error: f64 = 0.0;
        for (cell, ours) in row.cells.iter().zip(ours) {
            match (cell, ours) {
                (Ok(cell), Ok(ours)) => {
                    error = error.max(cell.error);
                    line.push(format!(
                        "{} ({})",
                        three_digits(cell.p5_us),
                        three_digits(cell.p5_us / ours.p5_us)
                    ));
                }
                (Err(reason), _) | (_, Err(reason)) => {
                    let known = not_measured.iter().any(|(name, _)| name == row.name);
                    if !known {
                        not_measured.push((row.name.to_owned(), reason.clone()));
                    }
                    line.push("not measured".to_owned());
                }
            }
        }
        line.push(format!("{error:.1e}"));
        printed.push(line);
    }
    let mut share = vec!["share of the FMA peak that ours reaches".to_owned()];
    for (cell, work) in ours.iter().zip(works) {
        share.push(match cell {
            Ok(cell) => {
                let percent = 100.0 * gflops(work.flops(), cell.p5_us) / peak_gflops;
                format!("{percent:.0} %")
            }
            Err(_) => "not measured".to_owned(),
        });
    }
    share.push(String::new());
    printed.push(share);
    let mut columns = vec!["p5 in µs (times ours)".to_owned()];
    columns.extend(VOICES.map(|voices| format!("B = {voices}")));
    columns.push("largest relative error".to_owned());
    Table {
        title: "Network",
        about: "The network 4-64-128-64-66 in f32 over B voices x 8 control frames.".to_owned(),
        columns,
        rows: printed,
        not_measured,
    }
}

/// A rate, from products and sums in so many microseconds.
fn gflops(flops: f64, us: f64) -> f64 {
    flops / us / 1e3
}
