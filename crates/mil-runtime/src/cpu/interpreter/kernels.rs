//! The operations, each as its definition reads. Every output element is written.

use mil::{BinaryKind, Clip, Conv, UnaryKind};

use super::plan::Slot;

pub(super) fn conv(
    conv: &Conv,
    x: &Slot,
    weight: &Slot,
    bias: Option<&Slot>,
    shape: &[usize],
    out: &mut [f32],
) {
    let (&[_, outputs, height, width], &[_, channels, in_height, in_width]) =
        (shape, x.shape.as_slice())
    else {
        return;
    };
    let &[_, per_group, kernel_h, kernel_w] = weight.shape.as_slice() else {
        return;
    };
    let pad = |axis, input, kernel| {
        conv.extent(axis, input, kernel)
            .map_or(0, |(_, pad)| pad[0])
    };
    let (top, left) = (pad(0, in_height, kernel_h), pad(1, in_width, kernel_w));
    let outputs_per_group = outputs / conv.groups;
    for (row, out) in out.chunks_exact_mut(width).enumerate() {
        let (n, m, i) = (row / height / outputs, row / height % outputs, row % height);
        out.fill(bias.map_or(0.0, |bias| bias.data()[m]));
        for c in 0..per_group {
            let channel = n * channels + m / outputs_per_group * per_group + c;
            for p in 0..kernel_h {
                let Some(h) = (i * conv.strides[0] + p * conv.dilations[0]).checked_sub(top) else {
                    continue;
                };
                if h >= in_height {
                    continue;
                }
                let x = &x.data()[(channel * in_height + h) * in_width..][..in_width];
                for q in 0..kernel_w {
                    let w = weight.data()[((m * per_group + c) * kernel_h + p) * kernel_w + q];
                    accumulate_row(out, x, w, conv.strides[1], q * conv.dilations[1], left);
                }
            }
        }
    }
}

/// `out[j] += w * x[j * stride + tap - left]` wherever that lies in `x`.
fn accumulate_row(out: &mut [f32], x: &[f32], w: f32, stride: usize, tap: usize, left: usize) {
    if stride == 1 && tap == left {
        // The same sums; a loop without tests, for the 1x1 convolutions that matter.
        out.iter_mut().zip(x).for_each(|(sum, x)| *sum += w * x);
        return;
    }
    for (j, sum) in out.iter_mut().enumerate() {
        if let Some(x) = (j * stride + tap)
            .checked_sub(left)
            .and_then(|at| x.get(at))
        {
            *sum += w * x;
        }
    }
}

pub(super) fn unary(kind: UnaryKind, x: &Slot, out: &mut [f32]) {
    let function: fn(f32) -> f32 = match kind {
        // Not f32::max, which would turn NaN into 0 and hide a broken network.
        UnaryKind::Relu => |x| if x < 0.0 { 0.0 } else { x },
        UnaryKind::Sigmoid => |x| 1.0 / (1.0 + (-x).exp()),
        UnaryKind::Tanh => f32::tanh,
        UnaryKind::Exp => f32::exp,
        UnaryKind::Exp2 => f32::exp2,
        // ln(1 + e^x) without overflow for large x; NaN stays NaN through the second term.
        UnaryKind::Softplus => |x| x.max(0.0) + (-x.abs()).exp().ln_1p(),
        UnaryKind::Abs => f32::abs,
        UnaryKind::Square => |x| x * x,
    };
    for (out, x) in out.iter_mut().zip(x.data()) {
        *out = function(*x);
    }
}

pub(super) fn binary(kind: BinaryKind, x: &Slot, y: &Slot, shape: &[usize], out: &mut [f32]) {
    let function: fn(f32, f32) -> f32 = match kind {
        BinaryKind::Add => |x, y| x + y,
        BinaryKind::Sub => |x, y| x - y,
        BinaryKind::Mul => |x, y| x * y,
        BinaryKind::RealDiv => |x, y| x / y,
        // NaN wins, as in numpy.
        BinaryKind::Maximum => |x, y| if x > y || x.is_nan() { x } else { y },
        BinaryKind::Minimum => |x, y| if x < y || x.is_nan() { x } else { y },
    };
    let width = shape.last().copied().unwrap_or(1);
    for (row, out) in out.chunks_exact_mut(width).enumerate() {
        let (x_at, x_step) = broadcast_row(&x.shape, shape, row);
        let (y_at, y_step) = broadcast_row(&y.shape, shape, row);
        for (j, out) in out.iter_mut().enumerate() {
            *out = function(x.data()[x_at + j * x_step], y.data()[y_at + j * y_step]);
        }
    }
}

/// Where innermost row number `row` of a tensor of `shape` starts in an operand of shape `from`
/// that is broadcast to it, and the step (0 or 1) along the row.
fn broadcast_row(from: &[usize], shape: &[usize], mut row: usize) -> (usize, usize) {
    let [outer @ .., inner] = from else {
        return (0, 0);
    };
    let outer_shape = &shape[..shape.len() - 1];
    let (mut at, mut stride) = (0, *inner);
    for (&dim, &full) in outer.iter().rev().zip(outer_shape.iter().rev()) {
        if dim != 1 {
            at += row % full * stride;
        }
        row /= full;
        stride *= dim;
    }
    (at, usize::from(*inner != 1))
}

pub(super) fn clip(clip: &Clip, x: &Slot, out: &mut [f32]) {
    for (out, &x) in out.iter_mut().zip(x.data()) {
        // f32::clamp keeps NaN.
        *out = x.clamp(clip.alpha, clip.beta);
    }
}

pub(super) fn concat<'a>(
    axis: usize,
    values: impl Iterator<Item = &'a Slot> + Clone,
    shape: &[usize],
    out: &mut [f32],
) {
    let block: usize = shape[axis..].iter().product();
    for (outer, out) in out.chunks_exact_mut(block).enumerate() {
        let mut rest = out;
        for value in values.clone() {
            let length: usize = value.shape[axis..].iter().product();
            let (part, tail) = rest.split_at_mut(length);
            part.copy_from_slice(&value.data()[outer * length..][..length]);
            rest = tail;
        }
    }
}
