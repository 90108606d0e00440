"""Writes the network as ONNX files: write_onnx.py FOLDER COLUMNS...

Of the weights in FOLDER (weight0.f32, bias0.f32, ...) it makes, for each number of columns, gemmN.onnx
([columns, channels], Gemm) and convN.onnx ([1, channels, 1, columns], 1x1 Conv).
"""

import pathlib
import sys

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

from network_files import layers


def model(form, folder, columns):
    nodes, initialisers = [], []
    value = "x"
    weights = layers(folder)
    for index, (weight, bias) in enumerate(weights):
        if form == "gemm":
            matrix, operator, attributes = numpy.ascontiguousarray(weight.T), "Gemm", {}
        else:
            matrix, operator = weight.reshape(*weight.shape, 1, 1), "Conv"
            attributes = {"kernel_shape": [1, 1]}
        initialisers.append(numpy_helper.from_array(matrix, f"weight{index}"))
        initialisers.append(numpy_helper.from_array(bias, f"bias{index}"))
        is_last = index + 1 == len(weights)
        result = "y" if is_last else f"sum{index}"
        inputs = [value, f"weight{index}", f"bias{index}"]
        nodes.append(helper.make_node(operator, inputs, [result], **attributes))
        if not is_last:
            value = f"relu{index}"
            nodes.append(helper.make_node("Relu", [result], [value]))
    channels = weights[0][0].shape[1], weights[-1][0].shape[0]
    shapes = [[columns, c] if form == "gemm" else [1, c, 1, columns] for c in channels]
    of = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    graph = helper.make_graph(nodes, "network", [of("x", shapes[0])], [of("y", shapes[1])], initialisers)
    # Old enough that every reader knows it.
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(made)
    return made


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    for columns in map(int, sys.argv[2:]):
        for form in ("gemm", "conv"):
            onnx.save(model(form, folder, columns), folder / f"{form}{columns}.onnx")
