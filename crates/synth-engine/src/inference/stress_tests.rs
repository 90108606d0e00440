//! A million jobs through the real rings to a worker on a thread of its own.

use super::flat_instrument::flat_instrument;
use super::job::{ColumnKey, Job, Outcome};
use super::link::link;
use super::worker::{WorkerKernel, spawn};
use crate::instruments::AheadKernel;
use mil::{Program, Weights};
use mil_runtime::{ColumnKernel, Device, DeviceError, Executable, RunError, Timing};
use synth_model::{Features, Instrument, Predictor};

/// Answers in so little time that the rings are what is tried.
struct Quick;

struct QuickKernel;

impl ColumnKernel for QuickKernel {
    fn timing(&self) -> Timing {
        Timing::MayBlock
    }

    fn run(&mut self, columns: usize, input: &[f32], output: &mut [f32]) -> Result<(), RunError> {
        for (row, answers) in output.chunks_exact_mut(columns).enumerate() {
            for (answer, asked) in answers.iter_mut().zip(&input[..columns]) {
                *answer = asked + row as f32;
            }
        }
        Ok(())
    }
}

impl Device for Quick {
    fn name(&self) -> &'static str {
        "quick"
    }

    fn prepare(&self, _: &Program, _: &Weights) -> Result<Box<dyn Executable>, DeviceError> {
        unreachable!("columns alone are asked for")
    }

    fn prepare_columns(
        &self,
        _: &Program,
        _: &Weights,
        _: usize,
    ) -> Result<Box<dyn ColumnKernel>, DeviceError> {
        Ok(Box::new(QuickKernel))
    }
}

fn on(device: &dyn Device, instrument: &Instrument, columns: usize) -> WorkerKernel {
    let prepare = |columns| Predictor::new(device, instrument, columns).unwrap();
    let ahead = AheadKernel {
        kernel: prepare(columns),
        check: prepare(8),
    };
    WorkerKernel::new(ahead, instrument)
}

const JOBS: u64 = 1_000_000;

/// Columns of the job of this number.
fn columns(job: u64) -> usize {
    1 + (job % 3) as usize
}

/// What a column asks: exact, and no two within 2^20 alike.
fn asked(job: u64, column: usize) -> f32 {
    ((4 * job + column as u64) % (1 << 20)) as f32 / 1024.0
}

fn fill(job: &mut Job, number: u64) {
    job.columns = columns(number);
    job.outcome = Outcome::Asked;
    for column in 0..job.columns {
        job.keys[column] = ColumnKey {
            slot: column as u32,
            generation: 7,
            frame: number,
        };
        job.features[column] = [asked(number, column); Features::COUNT];
    }
}

/// The answers of job `number` and no other's.
fn expect(job: &Job, number: u64) {
    assert_eq!(job.outcome, Outcome::Answered, "{number}");
    assert_eq!(job.columns, columns(number));
    for column in 0..job.columns {
        assert_eq!(job.keys[column].frame, number);
        assert_eq!(job.keys[column].slot, column as u32);
        let answer = &job.answers[column * job.rows..][..job.rows];
        for row in [0, job.rows / 2, job.rows - 1] {
            assert_eq!(answer[row], asked(number, column) + row as f32);
        }
    }
}

#[test]
fn a_million_jobs_come_back_in_order_with_their_own_answers() {
    let instrument = flat_instrument();
    let (mut link, worker) = link(vec![None, Some(on(&Quick, &instrument, 4))], 16);
    link.watch(spawn(worker).unwrap());
    let (mut sent, mut back) = (0, 0);
    while back < JOBS {
        while sent < JOBS {
            let Some(mut job) = link.take_free() else {
                break;
            };
            job.instrument = 1;
            fill(&mut job, sent);
            link.send(job);
            sent += 1;
        }
        while let Some(job) = link.receive() {
            expect(&job, back);
            back += 1;
            link.give_back(job);
        }
        assert_eq!(link.outstanding() as u64, sent - back);
        std::thread::yield_now();
    }
}
