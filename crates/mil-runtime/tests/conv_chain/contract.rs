//! What the kernel promises besides its numbers: errors that touch nothing, and no allocation.

use mil_runtime::cpu::conv_chain::{ConvChain, ConvLayer};
use mil_runtime::{ColumnKernel, DeviceError, RunError, Timing};

use crate::levels::available;
use crate::twin::{columns, network};

#[test]
fn a_refused_run_leaves_the_output_untouched() {
    for level in available() {
        let mut chain = ConvChain::with_level(network(&[3, 5], 1), 10, level).unwrap();
        assert_eq!(chain.timing(), Timing::Bounded);
        assert_eq!(
            (chain.inputs(), chain.outputs(), chain.max_columns()),
            (3, 5, 10)
        );
        let input = columns(3, 12, 2);
        let mut output = vec![7.0; 60];

        let refused = chain.run(11, &input[..33], &mut output[..55]);
        assert_eq!(refused, Err(RunError::TooManyColumns { max: 10, got: 11 }));
        let refused = chain.run(usize::MAX, &input, &mut output);
        assert_eq!(
            refused,
            Err(RunError::TooManyColumns {
                max: 10,
                got: usize::MAX
            })
        );
        for got in [0, 29, 31] {
            let refused = chain.run(10, &input[..got], &mut output[..50]);
            assert_eq!(refused, Err(RunError::InputLength { expected: 30, got }));
        }
        for got in [0, 49, 51] {
            let refused = chain.run(10, &input[..30], &mut output[..got]);
            assert_eq!(refused, Err(RunError::OutputLength { expected: 50, got }));
        }
        assert!(output.iter().all(|&value| value == 7.0), "{level}");

        chain.run(10, &input[..30], &mut output[..50]).unwrap();
        assert!(output[..50].iter().all(|&value| value != 7.0), "{level}");
        assert!(output[50..].iter().all(|&value| value == 7.0), "{level}");
    }
}

#[test]
fn no_columns_are_no_error() {
    let mut chain = ConvChain::new(network(&[3, 5], 1), 10).unwrap();
    assert_eq!(chain.run(0, &[], &mut []), Ok(()));
}

#[test]
fn running_never_allocates() {
    for level in available() {
        for widths in [&[4, 64, 128, 64, 66][..], &[17, 3, 5, 1]] {
            let (inputs, outputs) = (widths[0], widths[widths.len() - 1]);
            let mut chain = ConvChain::with_level(network(widths, 5), 100, level).unwrap();
            let input = columns(inputs, 100, 6);
            let mut output = vec![0.0; outputs * 100];
            testkit::no_alloc(|| {
                for count in 0..=101 {
                    let input = &input[..inputs * count.min(100)];
                    let output = &mut output[..outputs * count.min(100)];
                    assert_eq!(chain.run(count, input, output).is_ok(), count <= 100);
                }
            });
        }
    }
}

#[test]
fn layers_that_form_no_chain_are_refused_with_the_layer_at_fault() {
    let refusal = |layers: Vec<ConvLayer>| match ConvChain::new(layers, 8) {
        Err(DeviceError::Chain { layer, reason }) => (layer, reason),
        Err(other) => panic!("another error: {other}"),
        Ok(_) => panic!("accepted"),
    };
    let sound = || network(&[4, 5, 6], 1);

    assert_eq!(refusal(vec![]).0, 0);
    let mut layers = sound();
    layers[1].weight.pop();
    assert_eq!(
        refusal(layers),
        (1, "29 weights for [6, 5]; store one a pair".into())
    );
    let mut layers = sound();
    layers[0].bias.push(0.0);
    assert_eq!(
        refusal(layers),
        (0, "6 biases for 5 outputs; store one an output".into())
    );
    let mut layers = sound();
    layers.swap(0, 1);
    assert_eq!(
        refusal(layers),
        (1, "it takes 4 channels, but is given 6".into())
    );
    for (inputs, outputs) in [(0, 1), (1, 0), (usize::MAX, 2)] {
        let hollow = ConvLayer {
            inputs,
            outputs,
            weight: vec![],
            bias: vec![],
            relu: false,
        };
        assert_eq!(refusal(vec![hollow]).0, 0);
    }
}

#[test]
fn room_for_no_column_or_too_many_is_refused() {
    for max_columns in [0, usize::MAX] {
        let refused = ConvChain::new(network(&[4, 5], 1), max_columns).err();
        assert!(matches!(refused, Some(DeviceError::MaxColumns { got }) if got == max_columns));
    }
}

#[test]
fn a_level_that_is_not_here_is_refused_by_name() {
    for level in mil_runtime::cpu::Level::ALL {
        if !level.is_available() {
            let refused = ConvChain::with_level(network(&[4, 5], 1), 8, level)
                .err()
                .unwrap();
            assert!(refused.to_string().contains(level.name()), "{refused}");
        }
    }
}
