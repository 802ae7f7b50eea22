"""Writes arrays as NumPy itself does, for the reader of NumPy's files: `python3 numpyFiles.py > numpyFiles.json`.

Every array is a function of its place alone (see `value`), so that the test knows its numbers without NumPy. Written
with NumPy 1.24.2.
"""
import base64
import io
import json
import sys

import numpy as np

SHAPE = (3, 2, 5)


def value(dtype):
    """The k-th element, row-major: small whole numbers, with signs and fractions where the type has them."""
    k = np.arange(30).reshape(SHAPE)
    kind = np.dtype(dtype).kind
    if kind == "b":
        return (k % 3 == 0).astype(dtype)
    if kind == "u":
        return (k * 7 % 251).astype(dtype)
    if kind == "i":
        return (k * 7 % 251 - 125).astype(dtype)
    return (k * 0.375 - 5).astype(dtype)


def saved(array, version=None):
    out = io.BytesIO()
    np.lib.format.write_array(out, array, version=version)
    return base64.b64encode(out.getvalue()).decode()


def archive(save, **arrays):
    out = io.BytesIO()
    save(out, **arrays)
    return base64.b64encode(out.getvalue()).decode()


arrays = {}
for order in "CF":
    for dtype in "?,u1,i1,<u2,>u2,<i2,>i2,<u4,>u4,<i4,>i4,<u8,>u8,<i8,>i8,<f2,>f2,<f4,>f4,<f8,>f8".split(","):
        arrays[f"{dtype} {order}"] = saved(np.array(value(dtype), order=order))
for version in [(1, 0), (2, 0), (3, 0)]:
    arrays[f"version {version[0]}"] = saved(value("<f4"), version)
x = value("<f4")
labels = np.array([2, 0, 1])
pair = {"x": x, "y": labels}
others = {
    "objects": saved(np.array([{}, 1], dtype=object)),
    "texts": saved(np.array(["a", "bc"])),
    "records": saved(np.zeros(2, dtype=[("a", "<f4"), ("b", "<i2")])),
    "complex numbers": saved(np.zeros(2, dtype="c8")),
    "dates": saved(np.zeros(2, dtype="M8[s]")),
    "a single number": saved(np.array(1.0)),
    "an empty array": saved(np.zeros((0, 3))),
    "half specials": saved(np.array([5.960464477539063e-08, 6.103515625e-05, 65504, -0.333251953125, 1], dtype="<f2")),
    "wide integers": saved(np.array([2**53, -(2**63), 2**62 + 1, -1], dtype="<i8")),
    "labels": saved(labels),
    "labels in a column": saved(labels.reshape(3, 1)),
    "labels by step": saved(np.arange(6).reshape(3, 2)),
    "labels as floats": saved(labels.astype("f8")),
}
archives = {"stored": archive(np.savez, **pair), "deflated": archive(np.savez_compressed, **pair)}
json.dump({"numpy": np.__version__, "arrays": arrays, "others": others, "archives": archives}, sys.stdout, indent=1)
print()
