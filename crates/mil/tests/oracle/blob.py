"""Reads OURS with coremltools' own blob reader and writes THEIRS with its writer.

usage: blob.py OURS THEIRS < lines of "KIND NUMPY_DTYPE OFFSET HEX"

Every line is a tensor that OURS holds at OFFSET; HEX are its elements, unpacked, little-endian.
Prints "OFFSET_IN_THEIRS" for each tensor; exits with 1 and a message where OURS reads differently.
"""

import sys

import numpy as np
from coremltools.libmilstoragepython import _BlobStorageReader, _BlobStorageWriter


def main():
    ours, theirs = sys.argv[1:]
    reader = _BlobStorageReader(ours)
    writer = _BlobStorageWriter(theirs)
    for line in sys.stdin:
        kind, dtype, offset, elements = line.split()
        expected = np.frombuffer(bytes.fromhex(elements), dtype=dtype)
        found = getattr(reader, f"read_{kind}_data")(int(offset))
        if found.tobytes() != expected.tobytes():
            sys.exit(f"{kind} at {offset}: read {found}, expected {expected}")
        print(getattr(writer, f"write_{kind}_data")(expected))
    # The file is complete only once the writer is gone.
    del writer


main()
