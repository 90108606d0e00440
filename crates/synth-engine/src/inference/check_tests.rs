//! What passes and what does not.

use super::check::{AnswerCheck, BOUND};
use super::flat_instrument::flat_instrument;
use super::job::Fault;
use mil::{Program, Weights};
use mil_runtime::{ColumnKernel, Device, DeviceError, Executable, RunError, Timing};
use synth_model::{Features, Predictor};

/// A network whose answers are plain: row r of a column is a sum of its features, less r / 100.
struct Plain;

struct PlainKernel;

impl ColumnKernel for PlainKernel {
    fn timing(&self) -> Timing {
        Timing::Bounded
    }

    fn run(&mut self, columns: usize, input: &[f32], output: &mut [f32]) -> Result<(), RunError> {
        for column in 0..columns {
            let features: Vec<f32> = input
                .iter()
                .skip(column)
                .step_by(columns)
                .copied()
                .collect();
            for (row, answers) in output.chunks_exact_mut(columns).enumerate() {
                answers[column] = plain(&features, row);
            }
        }
        Ok(())
    }
}

fn plain(features: &[f32], row: usize) -> f32 {
    features.iter().sum::<f32>() - row as f32 / 100.0
}

impl Device for Plain {
    fn name(&self) -> &'static str {
        "plain"
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
        Ok(Box::new(PlainKernel))
    }
}

const COLUMNS: usize = 6;

/// A call of a device: what it was asked, and a device's right answers to it.
struct Asked {
    check: AnswerCheck,
    rows: usize,
}

impl Asked {
    fn new() -> Self {
        let instrument = flat_instrument();
        let twin = Predictor::new(&Plain, &instrument, 2).unwrap();
        Self {
            rows: instrument.network.shape.outputs(),
            check: AnswerCheck::new(twin, &instrument),
        }
    }

    /// Makes a call of neighbouring columns with a canary among them, whose right answers `spoil` turns
    /// into the device's; the verdict.
    fn verdict(&mut self, spoil: impl FnOnce(&mut [Vec<f32>], usize)) -> Result<(), Fault> {
        let mut asked: Vec<_> = (0..COLUMNS)
            .map(|column| [0.001 * column as f32; Features::COUNT])
            .collect();
        let canary = self.check.canary(COLUMNS);
        asked.insert(canary.place, canary.features);
        let mut answers: Vec<Vec<f32>> = asked
            .iter()
            .map(|features| (0..self.rows).map(|row| plain(features, row)).collect())
            .collect();
        spoil(&mut answers, canary.place);
        self.check.check(&asked, &answers.concat(), Some(&canary))
    }
}

#[test]
fn right_answers_pass_and_so_do_rounded_ones() {
    let mut asked = Asked::new();
    for _ in 0..100 {
        assert_eq!(asked.verdict(|_, _| {}), Ok(()));
        let rounded = asked.verdict(|answers, _| {
            for value in answers.iter_mut().flatten() {
                *value = half::f16::from_f32(*value).to_f32();
            }
        });
        assert_eq!(rounded, Ok(()));
        let off = asked.verdict(|answers, place| answers[place][7] += 0.99 * BOUND);
        assert_eq!(off, Ok(()));
    }
}

#[test]
fn one_value_that_is_no_number_is_enough() {
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut asked = Asked::new();
        let verdict = asked.verdict(|answers, place| {
            let other = (place + 1) % answers.len();
            *answers[other].last_mut().unwrap() = value;
        });
        assert_eq!(verdict, Err(Fault::NotFinite));
    }
}

#[test]
fn a_wrong_canary_is_found_at_once_whatever_its_place() {
    let mut asked = Asked::new();
    let mut places = [false; COLUMNS + 1];
    for row in 0..100 {
        let verdict = asked.verdict(|answers, place| {
            places[place] = true;
            answers[place][row] -= 1.5 * BOUND;
        });
        assert_eq!(verdict, Err(Fault::Wrong), "row {row}");
    }
    assert_eq!(places, [true; COLUMNS + 1]);
}

#[test]
fn every_column_has_its_turn() {
    let mut asked = Asked::new();
    // One column that is always wrong, by so little that it stays within the range.
    let caught = (0..=COLUMNS).any(|_| {
        let verdict = asked.verdict(|answers, place| {
            let column = if place == 3 { 4 } else { 3 };
            answers[column][0] += 2.0 * BOUND;
        });
        verdict == Err(Fault::Wrong)
    });
    assert!(caught);
}

#[test]
fn suspicious_answers_are_compared_out_of_turn() {
    // Outside of the range the instrument says it has (-30 to 10), or with one value in all rows.
    for spoilt in [10.1, -30.1, 0.0, -0.5] {
        let mut asked = Asked::new();
        for _ in 0..=COLUMNS {
            let verdict = asked.verdict(|answers, place| {
                let other = (place + 1) % answers.len();
                match spoilt {
                    -1.0..=0.0 => answers[other].fill(spoilt),
                    _ => answers[other][5] = spoilt,
                }
            });
            assert_eq!(verdict, Err(Fault::Wrong), "{spoilt}");
        }
    }
}

#[test]
fn answers_out_of_their_places_do_not_pass() {
    for shift in 1..=COLUMNS {
        let mut asked = Asked::new();
        let verdict = asked.verdict(|answers, _| answers.rotate_left(shift));
        assert_eq!(verdict, Err(Fault::Wrong), "by {shift}");
    }
    let mut asked = Asked::new();
    let mut before = Vec::new();
    assert_eq!(
        asked.verdict(|answers, _| before = answers.to_vec()),
        Ok(())
    );
    let stale = asked.verdict(|answers, _| answers.clone_from_slice(&before));
    assert_eq!(stale, Err(Fault::Wrong));
}

#[test]
fn without_a_canary_every_column_is_compared() {
    let mut asked = Asked::new();
    let question = [[0.25; Features::COUNT], [0.5; Features::COUNT]];
    let answers = |off: f32| -> Vec<f32> {
        let columns = question.iter().enumerate();
        let answer = |(at, features): (usize, &[f32; Features::COUNT])| {
            let rows = 0..asked.rows;
            let off = if at == 1 { off } else { 0.0 };
            rows.map(|row| plain(features, row) + off)
                .collect::<Vec<_>>()
        };
        columns.flat_map(answer).collect()
    };
    let (right, wrong) = (answers(0.0), answers(2.0 * BOUND));
    for _ in 0..4 {
        assert_eq!(asked.check.check(&question, &right, None), Ok(()));
        let verdict = asked.check.check(&question, &wrong, None);
        assert_eq!(verdict, Err(Fault::Wrong));
    }
}
