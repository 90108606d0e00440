"""The raw files of f32 values that peers writes."""

import numpy

# Channels of the classic network: 4-64-128-64-66.
CHANNELS = (4, 64, 128, 64, 66)


def values(path):
    return numpy.fromfile(path, dtype="<f4")


def layers(folder):
    """Weights ([outputs, inputs]) and biases of all layers."""
    return [
        (values(folder / f"weight{index}.f32").reshape(outputs, inputs), values(folder / f"bias{index}.f32"))
        for index, (inputs, outputs) in enumerate(zip(CHANNELS, CHANNELS[1:]))
    ]
