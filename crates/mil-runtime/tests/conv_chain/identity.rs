//! A column's bits depend on the column alone.

use mil_runtime::ColumnKernel;
use mil_runtime::cpu::conv_chain::ConvChain;

use crate::levels::available;
use crate::twin::{Random, SHAPES, columns, cut, network};

const MOST: usize = 200;

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

#[test]
fn a_column_has_the_same_bits_in_every_batch_and_at_every_place() {
    let mut random = Random(1);
    for (index, widths) in SHAPES.into_iter().enumerate() {
        let layers = network(widths, 300 + index as u64);
        let (inputs, outputs) = (widths[0], widths[widths.len() - 1]);
        let all = columns(inputs, MOST, 400 + index as u64);
        for level in available() {
            let mut chain = ConvChain::with_level(layers.clone(), MOST, level).unwrap();
            let mut whole = vec![0.0; outputs * MOST];
            chain.run(MOST, &all, &mut whole).unwrap();
            for count in 1..=MOST {
                let first = random.below(MOST - count + 1);
                let mut part = vec![f32::NAN; outputs * count];
                chain
                    .run(count, &cut(&all, MOST, first, count), &mut part)
                    .unwrap();
                assert_eq!(
                    bits(&part),
                    bits(&cut(&whole, MOST, first, count)),
                    "{level}, {widths:?}: columns {first}..{} apart and in a batch",
                    first + count
                );
            }
        }
    }
}

#[test]
fn levels_that_round_alike_give_the_same_bits() {
    for (index, widths) in SHAPES.into_iter().enumerate() {
        let layers = network(widths, 500 + index as u64);
        let (inputs, outputs) = (widths[0], widths[widths.len() - 1]);
        let input = columns(inputs, MOST, 600 + index as u64);
        let mut seen = [None, None];
        for level in available() {
            let mut chain = ConvChain::with_level(layers.clone(), MOST, level).unwrap();
            let mut output = vec![0.0; outputs * MOST];
            chain.run(MOST, &input, &mut output).unwrap();
            let alike = &mut seen[usize::from(level.is_fused())];
            let (first, expected) = alike.get_or_insert_with(|| (level, bits(&output)));
            assert_eq!(&bits(&output), expected, "{level} and {first}, {widths:?}");
        }
    }
}

#[test]
fn what_is_not_finite_poisons_its_own_column_only() {
    let layers = network(&[5, 17, 66], 3);
    let count = 45;
    let clean_input = columns(5, count, 4);
    for level in available() {
        let mut chain = ConvChain::with_level(layers.clone(), count, level).unwrap();
        let mut clean = vec![0.0; 66 * count];
        chain.run(count, &clean_input, &mut clean).unwrap();
        for poisoned in 0..count {
            let mut input = clean_input.clone();
            input[3 * count + poisoned] = f32::NAN;
            let mut output = vec![0.0; 66 * count];
            chain.run(count, &input, &mut output).unwrap();
            for (row, clean) in output.chunks_exact(count).zip(clean.chunks_exact(count)) {
                for column in 0..count {
                    if column == poisoned {
                        assert!(
                            row[column].is_nan(),
                            "{level}: column {column} hides its NaN"
                        );
                    } else {
                        assert_eq!(row[column].to_bits(), clean[column].to_bits(), "{level}");
                    }
                }
            }
        }
    }
}
