//! The interpreter's convolution against a twin over a padded copy, in f64.

use half::f16;
use mil::{Conv, PadType, TensorType, ValueId, Weights};

use crate::network::SplitMix;
use crate::running::run;

/// Correlation by definition over a padded copy of the input.
fn plain_conv(
    (x, x_shape): (&[f32], [usize; 4]),
    (w, w_shape): (&[f16], [usize; 4]),
    bias: &[f16],
    conv: &Conv,
    pad: [usize; 4],
) -> (Vec<f64>, [usize; 4]) {
    let [batch, channels, height, width] = x_shape;
    let [outputs, per_group, kernel_h, kernel_w] = w_shape;
    let (full_h, full_w) = (height + pad[0] + pad[1], width + pad[2] + pad[3]);
    let mut padded = vec![0.0; batch * channels * full_h * full_w];
    for (i, &x) in x.iter().enumerate() {
        let (plane, h, w) = (i / (height * width), i / width % height, i % width);
        padded[(plane * full_h + h + pad[0]) * full_w + w + pad[2]] = f64::from(x);
    }
    let steps = |full: usize, kernel: usize, axis: usize| {
        let reach = (kernel - 1) * conv.dilations[axis] + 1;
        (0..)
            .take_while(|i| i * conv.strides[axis] + reach <= full)
            .count()
    };
    let shape = [
        batch,
        outputs,
        steps(full_h, kernel_h, 0),
        steps(full_w, kernel_w, 1),
    ];
    let mut y = Vec::new();
    for n in 0..batch {
        for m in 0..outputs {
            let group = m * conv.groups / outputs;
            for (i, j) in (0..shape[2]).flat_map(|i| (0..shape[3]).map(move |j| (i, j))) {
                let mut sum = bias[m].to_f64();
                for t in 0..per_group * kernel_h * kernel_w {
                    let (c, p, q) = (
                        t / (kernel_h * kernel_w),
                        t / kernel_w % kernel_h,
                        t % kernel_w,
                    );
                    let h = i * conv.strides[0] + p * conv.dilations[0];
                    let w_at = j * conv.strides[1] + q * conv.dilations[1];
                    let channel = n * channels + group * per_group + c;
                    sum += padded[(channel * full_h + h) * full_w + w_at]
                        * w[m * per_group * kernel_h * kernel_w + t].to_f64();
                }
                y.push(sum);
            }
        }
    }
    (y, shape)
}

#[test]
fn convolutions_of_every_kind() {
    let mut random = SplitMix(5);
    let any = ValueId::from_index(0);
    let custom = |pad| Conv {
        pad_type: PadType::Custom,
        pad,
        ..Conv::new(any, any)
    };
    // The paddings of `same` written out by hand for these sizes: 5 x 7, kernel 2 x 3.
    let same = Conv {
        pad_type: PadType::Same,
        ..Conv::new(any, any)
    };
    let lower = Conv {
        pad_type: PadType::SameLower,
        ..Conv::new(any, any)
    };
    let strided = Conv {
        strides: [2, 3],
        ..same.clone()
    };
    let dilated = Conv {
        dilations: [3, 2],
        ..Conv::new(any, any)
    };
    for (conv, pad) in [
        (Conv::new(any, any), [0, 0, 0, 0]),
        (custom([1, 2, 3, 0]), [1, 2, 3, 0]),
        (
            Conv {
                groups: 2,
                ..custom([2, 0, 0, 4])
            },
            [2, 0, 0, 4],
        ),
        (
            Conv {
                groups: 4,
                ..Conv::new(any, any)
            },
            [0, 0, 0, 0],
        ),
        (same, [0, 1, 1, 1]),
        (lower, [1, 0, 1, 1]),
        (strided, [0, 1, 1, 1]),
        (dilated, [0, 0, 0, 0]),
        (
            Conv {
                strides: [1, 2],
                dilations: [2, 1],
                ..custom([4, 4, 4, 4])
            },
            [4, 4, 4, 4],
        ),
    ] {
        let (x_shape, w_shape) = ([2, 4, 5, 7], [8, 4 / conv.groups, 2, 3]);
        let x = random.uniforms(x_shape.iter().product());
        let fp16s = |values: Vec<f32>| values.into_iter().map(f16::from_f32).collect::<Vec<_>>();
        let w = fp16s(random.uniforms(w_shape.iter().product()));
        let bias = fp16s(random.uniforms(8));
        let (expected, shape) = plain_conv((&x, x_shape), (&w, w_shape), &bias, &conv, pad);
        // fp32 in the blob: the interpreter rounds it to the FP16 numbers the twin has.
        let shy = |value: &f16| value.to_f32() * (1.0 + 1.0 / 8192.0);
        let mut blob = Weights::builder();
        let w_at = blob.add_fp32("w", &w.iter().map(shy).collect::<Vec<_>>());
        let b_at = blob.add_fp32("b", &bias.iter().map(shy).collect::<Vec<_>>());
        let y = run(&[(&x_shape, &x)], &shape, &blob.finish(), |builder, ids| {
            let weight = builder.blob("w", TensorType::fp32(w_shape), w_at).unwrap();
            let bias = builder.blob("b", TensorType::fp32([8]), b_at).unwrap();
            let conv = Conv {
                x: ids[0],
                weight,
                bias: Some(bias),
                ..conv.clone()
            };
            builder.conv("y", conv).unwrap()
        });
        for (y, expected) in y.iter().zip(&expected) {
            // 25 terms of at most 1 each, in f32.
            assert!(
                (f64::from(*y) - expected).abs() < 25.0 * 25.0 * 6e-8,
                "{conv:?}"
            );
        }
    }
}
