"""Opens model packages in every way that coremltools has and prints what they hold.

usage: package.py < lines of "PATH"

For every package, in order: "spec VERSION", "manifest ITEMS", "about DESCRIPTION|AUTHOR|LICENCE",
"input NAME SHAPE TYPE" and "output ..." of the model's description, "opset NAME", "op TYPE NAME
SHAPE TYPE" of every operation but constants, "const NAME SHAPE TYPE HEX" of every constant, "end";
or "refused WHY" in place of what cannot be opened.
"""

import json
import sys

import coremltools as ct
import numpy as np
from coremltools.converters.mil.frontend.milproto.load import load
from coremltools.converters.mil.mil import types

ARRAYS = {65552: "fp16", 65568: "fp32"}


def shape_of(dims):
    return ",".join(str(int(dim)) for dim in dims) or "-"


def tell_constant(op):
    value = op.outputs[0].val
    if isinstance(value, str):
        print(f"const {op.outputs[0].name} - string {value.encode().hex() or '-'}")
        return
    array = np.asarray(value)
    print(f"const {op.outputs[0].name} {shape_of(array.shape)} {array.dtype} {array.tobytes().hex()}")


def tell(path):
    with open(f"{path}/Manifest.json") as file:
        manifest = json.load(file)
    model = ct.models.MLModel(path, skip_model_load=True)
    spec = ct.utils.load_spec(path)
    if model.get_spec() != spec:
        raise ValueError("MLModel and load_spec differ")
    program = load(spec, spec.specificationVersion, model.weights_dir)
    lines = [f"spec {spec.specificationVersion}", f"manifest {len(manifest['itemInfoEntries'])}"]
    about = spec.description.metadata
    lines.append(f"about {about.shortDescription}|{about.author}|{about.license}")
    for what, features in (("input", spec.description.input), ("output", spec.description.output)):
        for feature in features:
            array = feature.type.multiArrayType
            lines.append(f"{what} {feature.name} {shape_of(array.shape)} {ARRAYS[array.dataType]}")
    lines.append(f"opset {spec.mlProgram.functions['main'].opset}")
    print("\n".join(lines))
    for op in program.functions["main"].operations:
        result = op.outputs[0]
        if op.op_type == "const":
            tell_constant(op)
        else:
            kind = types.builtin_to_string(result.dtype)
            print(f"op {op.op_type} {result.name} {shape_of(result.shape)} {kind}")


def main():
    for line in sys.stdin:
        try:
            tell(line.rstrip("\n"))
            print("end", flush=True)
        except Exception as error:  # Whatever it is: it was refused.
            print(f"refused {type(error).__name__}: {error}".replace("\n", " "), flush=True)


main()
