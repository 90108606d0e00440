//! `conv` over `[N, C, H, W]`.

use crate::{TensorType, ValueId};

/// How the borders are padded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PadType {
    /// No padding.
    Valid,
    /// By [`Conv::pad`].
    Custom,
    /// So that an output dimension is ceil(input / stride); an odd rest goes to the end.
    Same,
    /// As `Same`, but an odd rest goes to the start.
    SameLower,
}

impl PadType {
    /// The name MIL text uses.
    #[must_use]
    pub fn mil_name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Custom => "custom",
            Self::Same => "same",
            Self::SameLower => "same_lower",
        }
    }
}

/// Two-dimensional convolution (correlation, as in every network library):
/// `y[n, m, i, j] = bias[m] + sum_cpq weight[m, c, p, q] * x[n, c, i s0 + p d0 - top, ...]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Conv {
    /// Input `[N, C_in, H, W]`.
    pub x: ValueId,
    /// Weight `[C_out, C_in / groups, K_h, K_w]`, a constant.
    pub weight: ValueId,
    /// Bias `[C_out]`, a constant.
    pub bias: Option<ValueId>,
    /// Step along height and width, at least 1.
    pub strides: [usize; 2],
    /// Padding rule.
    pub pad_type: PadType,
    /// Padding in elements: top, bottom, left, right. Only read by [`PadType::Custom`].
    pub pad: [usize; 4],
    /// Distance of kernel taps along height and width, at least 1.
    pub dilations: [usize; 2],
    /// Number of groups the channels are split into.
    pub groups: usize,
}

impl Conv {
    /// A convolution of stride 1 without padding, dilation, groups or bias.
    #[must_use]
    pub fn new(x: ValueId, weight: ValueId) -> Self {
        Self {
            x,
            weight,
            bias: None,
            strides: [1, 1],
            pad_type: PadType::Valid,
            pad: [0; 4],
            dilations: [1, 1],
            groups: 1,
        }
    }

    /// Output dimension and padding (before, after) along `axis` (0 height, 1 width), or `None` if
    /// the kernel does not fit. All arguments in elements. The formulas are those of coremltools'
    /// `spatial_dimensions_out_shape`; where an odd rest of `same` goes is its `conv`'s text.
    #[must_use]
    pub fn extent(&self, axis: usize, input: usize, kernel: usize) -> Option<(usize, [usize; 2])> {
        let (stride, dilation) = (*self.strides.get(axis)?, *self.dilations.get(axis)?);
        let reach = kernel
            .checked_sub(1)?
            .checked_mul(dilation)?
            .checked_add(1)?;
        let pad = match self.pad_type {
            PadType::Valid => [0, 0],
            PadType::Custom => [self.pad[2 * axis], self.pad[2 * axis + 1]],
            PadType::Same | PadType::SameLower => {
                let steps = input.div_ceil(stride.max(1)).checked_sub(1)?;
                let total = steps
                    .checked_mul(stride)?
                    .checked_add(reach)?
                    .saturating_sub(input);
                let (small, large) = (total / 2, total - total / 2);
                if self.pad_type == PadType::Same {
                    [small, large]
                } else {
                    [large, small]
                }
            }
        };
        let padded = input.checked_add(pad[0])?.checked_add(pad[1])?;
        let output = padded
            .checked_sub(reach)?
            .checked_div(stride)?
            .checked_add(1)?;
        Some((output, pad))
    }

    pub(super) fn infer(
        &self,
        x: &TensorType,
        weight: &TensorType,
        bias: Option<&TensorType>,
    ) -> Result<TensorType, String> {
        if !x.data_type.is_float() || x.data_type != weight.data_type {
            return Err(format!(
                "x is {x} and weight {weight}: both must be one float type"
            ));
        }
        let ([batch, channels, height, width], [outputs, per_group, kernel_h, kernel_w]) =
            (rank4("x", x)?, rank4("weight", weight)?);
        if self.strides.contains(&0) || self.dilations.contains(&0) || self.groups == 0 {
            return Err("strides, dilations and groups must be at least 1".into());
        }
        let parameters = self.strides.iter().chain(&self.dilations).chain(&self.pad);
        if parameters
            .chain([&self.groups])
            .any(|&parameter| parameter > i32::MAX as usize)
        {
            return Err("strides, dilations, pad and groups must fit an int32".into());
        }
        if per_group.checked_mul(self.groups) != Some(channels) || outputs % self.groups != 0 {
            return Err(format!(
                "weight {weight} with {} group(s) does not fit the {channels} channels of x; it \
                 must be [C_out, C_in / groups, K_h, K_w] with C_out a multiple of groups",
                self.groups
            ));
        }
        if let Some(bias) = bias
            && (bias.data_type != x.data_type || bias.shape != [outputs])
        {
            return Err(format!(
                "bias is {bias}, it must be {}[{outputs}]",
                x.data_type
            ));
        }
        let fit = |axis, input, kernel| {
            self.extent(axis, input, kernel)
                .map(|(output, _)| output)
                .ok_or_else(|| {
                    format!("a kernel of {kernel} does not fit a padded input of {input}")
                })
        };
        let shape = [
            batch,
            outputs,
            fit(0, height, kernel_h)?,
            fit(1, width, kernel_w)?,
        ];
        Ok(TensorType::new(x.data_type, shape))
    }
}

fn rank4(what: &str, tensor: &TensorType) -> Result<[usize; 4], String> {
    <[usize; 4]>::try_from(tensor.shape.as_slice())
        .map_err(|_| format!("{what} is {tensor}, it must have four dimensions"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conv(pad_type: PadType, stride: usize, dilation: usize) -> Conv {
        let any = ValueId::from_index(0);
        Conv {
            pad_type,
            strides: [1, stride],
            dilations: [1, dilation],
            pad: [0, 0, 2, 1],
            ..Conv::new(any, any)
        }
    }

    #[test]
    fn extents_follow_the_documented_formulas() {
        assert_eq!(
            conv(PadType::Valid, 1, 1).extent(1, 10, 3),
            Some((8, [0, 0]))
        );
        assert_eq!(
            conv(PadType::Valid, 2, 2).extent(1, 10, 3),
            Some((3, [0, 0]))
        );
        assert_eq!(
            conv(PadType::Custom, 1, 1).extent(1, 10, 3),
            Some((11, [2, 1]))
        );
        assert_eq!(
            conv(PadType::Same, 1, 1).extent(1, 10, 4),
            Some((10, [1, 2]))
        );
        assert_eq!(
            conv(PadType::SameLower, 1, 1).extent(1, 10, 4),
            Some((10, [2, 1]))
        );
        assert_eq!(
            conv(PadType::Same, 3, 1).extent(1, 10, 3),
            Some((4, [1, 1]))
        );
        assert_eq!(conv(PadType::Valid, 1, 1).extent(1, 2, 3), None);
        assert_eq!(conv(PadType::Custom, 1, usize::MAX).extent(1, 2, 3), None);
    }

    #[test]
    fn same_always_yields_the_ceiling() {
        for pad_type in [PadType::Same, PadType::SameLower] {
            for (input, kernel, stride) in
                (1..20).flat_map(|i| (1..6).flat_map(move |k| (1..5).map(move |s| (i, k, s))))
            {
                let (output, _) = conv(pad_type, stride, 1).extent(1, input, kernel).unwrap();
                assert_eq!(output, input.div_ceil(stride), "{input} {kernel} {stride}");
            }
        }
    }
}
