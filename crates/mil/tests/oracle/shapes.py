"""Builds single operations with coremltools and prints the shape each one yields.

usage: shapes.py < lines of JSON: {"op": NAME, "tensors": {ARGUMENT: SHAPE}, "lists": {ARGUMENT:
[SHAPE, ..]}, "parameters": {ARGUMENT: VALUE}}

Tensors are fp16. Conv weights and biases are constants, all others inputs. Prints the shape as
comma-separated numbers, or "refused" where coremltools does not take the operation.
"""

import json
import sys

import coremltools as ct
import numpy as np
from coremltools.converters.mil import Builder as mb
from coremltools.converters.mil.mil import types


def shape_of(case):
    shapes = dict(case["tensors"])
    for name, members in case["lists"].items():
        shapes.update({f"{name}_{i}": shape for i, shape in enumerate(members)})
    constants = {n: shapes.pop(n) for n in list(shapes) if n in ("weight", "bias")}
    specs = [mb.TensorSpec(shape=shape, dtype=types.fp16) for shape in shapes.values()]
    found = []

    def body(*inputs):
        inputs = dict(zip(shapes, inputs))
        arguments = {n: inputs[n] for n in case["tensors"] if n in inputs}
        arguments.update({n: np.zeros(s, np.float16) for n, s in constants.items()})
        for name, members in case["lists"].items():
            arguments[name] = [inputs[f"{name}_{i}"] for i in range(len(members))]
        for name, value in case["parameters"].items():
            arguments[name] = np.float16(value) if isinstance(value, float) else value
        result = getattr(mb, case["op"])(**arguments)
        found.append(result.shape)
        return result

    # TensorSpec inputs become the named parameters of the function's signature.
    signature = ", ".join(shapes)
    program = eval(f"lambda {signature}: body({signature})", {"body": body})
    mb.program(input_specs=specs, opset_version=ct.target.iOS16)(program)
    return ",".join(str(dim) for dim in found[0])


def main():
    for line in sys.stdin:
        case = json.loads(line)
        try:
            print(shape_of(case), flush=True)
        except (ValueError, AssertionError) as error:
            print(f"{case}: {error}", file=sys.stderr)
            print("refused", flush=True)


main()
