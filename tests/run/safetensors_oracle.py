"""Safetensors by Python's json and numpy: what mlprt's reader and writer are compared with.

    safetensors_oracle.py values F            every element: NAME UNIT K VALUE, in the data's order
    safetensors_oracle.py metadata F KEY      one entry of the metadata
    safetensors_oracle.py rewrite F G         the same tensors in another order, without metadata
    safetensors_oracle.py poison F G NAME     the same with a NaN in a tensor
    safetensors_oracle.py extend F G          the same and one tensor more, of another type
    safetensors_oracle.py mutants F DIR N     N damaged and respelled files, and what is to be read
                                              from each, one line a file, in DIR/expected
    safetensors_oracle.py accuracy F IMAGES LABELS      of dense layers with relu between them
"""

import gzip
import json
import random
import struct
import sys

import numpy

SIZES = {
    "F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U64": 8,
    "U32": 4, "U16": 2, "U8": 1, "BOOL": 1, "C64": 8, "F8_E4M3": 1, "F8_E5M2": 1, "F8_E8M0": 1,
}
NUMPY = {"F32": "<f4", "F64": "<f8", "I64": "<i8"}


class Refused(Exception):
    pass


def demand(condition):
    if not condition:
        raise Refused


def unique(pairs):
    demand(len({key for key, _ in pairs}) == len(pairs))
    for key, _ in pairs:
        key.encode()
    return dict(pairs)


def whole(text):
    demand(not text.startswith("-") and int(text) < 2**64)
    return int(text)


def parse(file):
    """Header and data of a valid file: tensors by name, metadata, bytes."""
    demand(len(file) >= 8)
    (length,) = struct.unpack("<Q", file[:8])
    demand(0 < length <= 100_000_000 and length <= len(file) - 8)
    header, data = file[8 : 8 + length], file[8 + length :]
    demand(header.startswith(b"{"))
    try:
        tensors = json.loads(header.decode(), object_pairs_hook=unique, parse_int=whole)
        metadata = tensors.pop("__metadata__", {})
        demand(type(metadata) is dict and all(type(v) is str for v in metadata.values()))
        json.dumps(metadata, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as e:  # UnicodeError is a ValueError
        raise Refused from e
    for t in tensors.values():
        demand(type(t) is dict and set(t) == {"dtype", "shape", "data_offsets"})
        demand(type(t["dtype"]) is str and t["dtype"] in SIZES)
        demand(all(type(t[k]) is list for k in ("shape", "data_offsets")))
        demand(all(type(x) is int for x in t["shape"] + t["data_offsets"]))
        demand(len(t["data_offsets"]) == 2)
        begin, end = t["data_offsets"]
        size = SIZES[t["dtype"]]
        for n in t["shape"]:
            size *= n
            demand(size < 2**64)
        demand(end - begin == size)
    covered = 0
    for begin, end in sorted(t["data_offsets"] for t in tensors.values()):
        demand(begin == covered)
        covered = end
    demand(covered == len(data))
    return tensors, metadata, data


def read(path):
    with open(path, "rb") as f:
        tensors, metadata, data = parse(f.read())
    arrays = {
        name: numpy.frombuffer(data[slice(*t["data_offsets"])], NUMPY[t["dtype"]]).reshape(t["shape"])
        for name, t in sorted(tensors.items(), key=lambda item: item[1]["data_offsets"])
    }
    return arrays, metadata


def pack(header, data=b""):
    return struct.pack("<Q", len(header)) + header + data


def write(path, arrays):
    names = {numpy.dtype(n): name for name, n in NUMPY.items()}
    header, data = {}, b""
    for name, array in arrays.items():
        begin, data = len(data), data + array.tobytes()
        header[name] = {
            "data_offsets": [begin, len(data)],
            "shape": list(array.shape),
            "dtype": names[array.dtype],
        }
    with open(path, "wb") as f:
        f.write(pack(json.dumps(header, indent=1).encode() + b"   ", data))


def values(path):
    for name, array in read(path)[0].items():
        rows = array if array.ndim == 2 else array[:, None]
        for unit, row in enumerate(rows):
            for k, value in enumerate(row):
                print(name, unit, k, "%.17g" % value)


def canonical(file):
    """The line that weights_tool prints of a file."""
    try:
        tensors, metadata, _ = parse(file)
    except Refused:
        return "refused"
    line = ""
    for name, t in sorted(tensors.items(), key=lambda item: item[0].encode()):
        line += ":".join([
            name.encode().hex(),
            ",".join([t["dtype"], *map(str, t["shape"])]),
            "%d-%d " % tuple(t["data_offsets"]),
        ])
    for key, value in sorted(metadata.items(), key=lambda item: item[0].encode()):
        line += "%s=%s " % (key.encode().hex(), value.encode().hex())
    return line + "read"


TOKENS = [
    b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"0", b"1", b"9", b"-", b"-0", b"1.0", b"1e0",
    b"null", b"NaN", b"true", b"{}", b"[]", b'""', b"\\n", b"\\/", b"\\u0041", b"\\u0000",
    b"\\ud83d\\ude00", b"\\ud83d", b"\\ude00", b"\\u12", b"\\x41", b"\0", b"\n", b"\x1f", b"\x7f",
    b"\xc3\xa4", b"\xc3", b"\xff", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xef\xbb\xbf",
    b"18446744073709551615", b"18446744073709551616", b'"a":1,', b'"shape":[],', b"F32", b"F64",
]


def respelled(header, rng):
    """The same JSON: white space, order and escapes another."""
    items = list(json.loads(header).items())
    rng.shuffle(items)
    text = json.dumps(dict(items), indent=rng.choice([None, 0, 3]))
    text = text.replace("weight", rng.choice(["weight", "\\u0077eight", "w\\u0065ight"]))
    for mark in "{[,:":
        text = text.replace(mark, mark + rng.choice(["", " ", "\n\t", "\r"])) if rng.random() < 0.3 else text
    return text.encode() + rng.choice([b"", b" ", b"  \n"])


def mutant(header, data, rng):
    header = bytearray(respelled(header, rng))
    for _ in range(rng.choice([0, 1, 1, 1, 2, 3])):
        at = rng.randrange(len(header))
        kind = rng.randrange(5)
        if kind == 0:
            header[at] = rng.randrange(256)
        elif kind == 1:
            del header[at : at + rng.randrange(1, 4)]
        elif kind == 2:
            header[at:at] = rng.choice(TOKENS)
        elif kind == 3:
            other = rng.randrange(len(header))
            header[at:at] = header[other : other + rng.randrange(1, 60)]
        else:
            header[at : at + 1] = rng.choice(TOKENS)
    file = pack(bytes(header), data)
    if rng.random() < 0.02:
        file = file[: rng.randrange(len(file))]
    return file


def mutants(path, directory, count):
    with open(path, "rb") as f:
        file = f.read()
    (length,) = struct.unpack("<Q", file[:8])
    rng = random.Random(1)
    with open(directory + "/expected", "w") as expected:
        for i in range(count):
            m = mutant(file[8 : 8 + length], file[8 + length :], rng)
            with open("%s/%05d" % (directory, i), "wb") as f:
                f.write(m)
            expected.write(canonical(m) + "\n")


def idx(path):
    with gzip.open(path) as f:
        file = f.read()
    shape = struct.unpack(">%dI" % file[3], file[4 : 4 + 4 * file[3]])
    return numpy.frombuffer(file[4 + 4 * file[3] :], numpy.uint8).reshape(shape)


def accuracy(path, images, labels):
    arrays, metadata = read(path)
    x = idx(images).reshape(len(idx(images)), -1).astype(numpy.float32)
    if metadata["normalize"] != "none":
        x *= numpy.float32(metadata["normalize"].removeprefix("scale(").removesuffix(")"))
    layers = [name.removesuffix(".weight") for name in arrays if name.endswith(".weight")]
    for i, layer in enumerate(layers):
        x = (numpy.maximum(x, 0) if i else x) @ arrays[layer + ".weight"].T + arrays[layer + ".bias"]
    return numpy.mean(x.argmax(axis=1) == idx(labels))


def main(command, path, *rest):
    if command == "values":
        values(path)
    elif command == "metadata":
        print(read(path)[1][rest[0]])
    elif command == "rewrite":
        write(rest[0], dict(reversed(read(path)[0].items())))
    elif command == "poison":
        arrays = {name: array.copy() for name, array in read(path)[0].items()}
        arrays[rest[1]].flat[-1] = numpy.nan
        write(rest[0], arrays)
    elif command == "extend":
        write(rest[0], {"more": numpy.arange(3, dtype="<i8"), **read(path)[0]})
    elif command == "mutants":
        mutants(path, rest[0], int(rest[1]))
    elif command == "accuracy":
        print("%.4f" % accuracy(path, *rest))
    else:
        sys.exit(__doc__)


main(*sys.argv[1:])
