"""The data and first weights that the rows train on, in the forms that trainers and peers read.

A folder holds x and t as IDX for mlpgen's trainers, and for the peers x.f32, t.u32, order.u32 (the
order of the samples in each epoch, as the trainers draw it) and weights.f32, whose numbers
weights.safetensors has too.
"""

import gzip
import json
import struct

import numpy

from shop import FASHION, ROOT, Failed, run

BYTE, FLOAT = 0x08, 0x0D  # element types of IDX


def write_idx(path, array):
    kind = BYTE if array.dtype == numpy.uint8 else FLOAT
    head = bytes([0, 0, kind, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    path.write_bytes(head + (array if kind == BYTE else array.astype(">f4")).tobytes())


def read_gzip(name, header):
    path = FASHION / name
    if not path.exists():
        raise Failed("dataset-fashion-mnist is not installed")
    return numpy.frombuffer(gzip.decompress(path.read_bytes()), numpy.uint8, offset=header)


def fashion(draw, samples, inputs):
    x = read_gzip("train-images-idx3-ubyte.gz", 16).reshape(-1, inputs)
    return x[:samples], read_gzip("train-labels-idx1-ubyte.gz", 8)[:samples]


def clusters(draw, samples, inputs):
    """Three classes around three points."""
    t = draw.integers(0, 3, samples)
    centre = draw.normal(size=(3, inputs))
    return (centre[t] + draw.normal(size=(samples, inputs))).astype("f4"), t.astype("u1")


def exclusive(draw, samples, inputs):
    """The exclusive or of two signs."""
    x = draw.uniform(-1, 1, (samples, inputs)).astype("f4")
    return x, (x[:, 0] * x[:, 1] < 0).astype("u1")


def noise(draw, samples, inputs):
    return (draw.integers(0, 256, (samples, inputs), dtype="u1"),
            draw.integers(0, 10, samples, dtype="u1"))


SHUFFLE = sorted((ROOT / "runtime").glob("shuffle*.c"))
SETS = {make.__name__: make for make in (fashion, clusters, exclusive, noise)}


def first_weights(folder, shape):
    """He's for relu, and good enough for tanh; biases 0. Tensors as PyTorch has them."""
    draw = numpy.random.default_rng(1)
    tensors, numbers, offset = {}, [], 0
    for number, (fan_in, fan_out) in enumerate(zip(shape, shape[1:]), 1):
        weight = draw.normal(0, (2 / fan_in) ** 0.5, (fan_out, fan_in))
        for name, value in ("weight", weight), ("bias", numpy.zeros(fan_out)):
            value = value.astype("<f4")
            tensors[f"dense{number}.{name}"] = {
                "dtype": "F32", "shape": value.shape, "data_offsets": [offset, offset + value.nbytes]}
            offset += value.nbytes
            numbers.append(value.tobytes())
    head = json.dumps(tensors).encode()
    numbers = b"".join(numbers)
    (folder / "weights.f32").write_bytes(numbers)
    (folder / "weights.safetensors").write_bytes(struct.pack("<Q", len(head)) + head + numbers)


def folder_of(shop, name, samples, shape, epochs):
    """The folder with that data, for networks of that shape and peers that train so many epochs."""
    folder = shop.folder / "data" / "-".join(str(n) for n in (name, samples, *shape))
    folder.mkdir(parents=True, exist_ok=True)
    x, t = SETS[name](numpy.random.default_rng(1), samples, shape[0])
    write_idx(folder / "x", x)
    write_idx(folder / "t", t)
    scaled = x / numpy.float32(255) if x.dtype == numpy.uint8 else x
    scaled.astype("f4").tofile(folder / "x.f32")
    t.astype("u4").tofile(folder / "t.u32")
    first_weights(folder, shape)
    order = [shop.helper("order", *SHUFFLE), samples, epochs]
    (folder / "order.u32").write_bytes(run(order))
    return folder
