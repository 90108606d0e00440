"""The network by numpy: numpy_network.py FOLDER COLUMNS, then commands by line.

version   the releases of numpy and OpenBLAS, and OpenBLAS's kernel
turn N    calls once unmeasured, then N times; the microseconds of each
answer    writes the last answer, [columns, outputs], to answerCOLUMNS.f32
"""

import pathlib
import sys
import time

import numpy
import threadpoolctl

from network_files import layers, values


class Network:
    def __init__(self, folder, columns):
        weights = layers(folder)
        self.input = values(folder / f"input{columns}.f32").reshape(columns, -1)
        # Its results go to arrays that are there already: the fastest way that numpy has.
        self.steps = [
            (numpy.ascontiguousarray(weight.T), bias, numpy.empty((columns, len(bias)), dtype=numpy.float32))
            for weight, bias in weights
        ]
        self.run()

    def run(self):
        value = self.input
        last = self.steps[-1][2]
        for weight, bias, out in self.steps:
            numpy.dot(value, weight, out=out)
            numpy.add(out, bias, out=out)
            if out is not last:
                numpy.maximum(out, 0.0, out=out)
            value = out

    def turn(self, samples):
        self.run()
        taken = []
        for _ in range(samples):
            begun = time.perf_counter_ns()
            self.run()
            taken.append((time.perf_counter_ns() - begun) / 1e3)
        return taken


def version():
    pools = [pool for pool in threadpoolctl.threadpool_info() if pool["internal_api"] == "openblas"]
    if len(pools) != 1 or pools[0]["num_threads"] != 1:
        sys.exit(f"numpy is not on one thread of OpenBLAS: {pools}")
    return f"numpy {numpy.__version__} with OpenBLAS {pools[0]['version']} ({pools[0]['architecture']})"


if __name__ == "__main__":
    folder, columns = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    network = Network(folder, columns)
    for line in sys.stdin:
        command, *rest = line.split()
        if command == "version":
            print(version(), flush=True)
        elif command == "turn":
            print(*network.turn(int(rest[0])), flush=True)
        elif command == "answer":
            network.steps[-1][2].tofile(folder / f"answer{columns}.f32")
            print("written", flush=True)
