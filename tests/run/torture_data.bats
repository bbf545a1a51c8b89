# Bad input: gzip, IDX and safetensors files.

load torture

# answers COMMAND…: with each file of bad/ in FILE's place, a line of its status and what is said of it,
# to compare with the file expected. Of none of them there is a trace.
answers() {
    (
        ulimit -v $((400 << 10))
        for file in bad/*; do
            status=0
            "${@/#FILE/$file}" >out 2>err </dev/null || status=$?
            read -r line <err || true
            echo "$status ${line#*: error: }"
        done
    ) >said
    diff expected said
    [ -z "$(left_over)" ]
}

@test "torture: gzip files that are cut, damaged, of another format or go on with something else" {
    mkdir bad
    "$PYTHON" - <<'END' >expected
import gzip
x = open("x.idx", "rb").read()
whole, n = gzip.compress(x, mtime=0), len(gzip.compress(x, mtime=0))
def changed(at):
    return whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:]
damaged = "damaged or truncated gzip data in the member at byte %d of %d"
garbage = "byte %d: %d bytes of garbage behind the gzip data; expected the end of the file or another gzip member"
cases = [
    (whole[:-1], damaged % (0, n - 1)),
    (whole[:-8], damaged % (0, n - 8)),
    (whole[:10], damaged % (0, 10)),
    (whole[:2], damaged % (0, 2)),
    (whole + whole[:-1], damaged % (n, 2 * n - 1)),
    (changed(n - 8), damaged % (0, n)),  # the CRC
    (changed(n - 1), damaged % (0, n)),  # the size
    (changed(12), damaged % (0, n)),
    (whole + b"\0", garbage % (n, 1)),
    (whole + b"hello", garbage % (n, 5)),
    (b"", "0 bytes; expected an IDX header of at least 8"),
    (b"PK\3\4" + whole, "byte 0: no IDX file: starts with 0x50 0x4B; expected 0x00 0x00"),
    (b"BZh9" + whole, "byte 0: text, and no IDX file"),
    (gzip.compress(b""), "0 bytes; expected an IDX header of at least 8"),
    (gzip.compress(whole), "byte 0: no IDX file: starts with 0x1F 0x8B; expected 0x00 0x00"),
    (gzip.compress(x + b"\0"), "byte 12: expected 6 samples of 2 elements of 1 bytes; 13 bytes follow"),
]
for i, (file, message) in enumerate(cases):
    open("bad/%02d.gz" % i, "wb").write(file)
    print("3 bad/%02d.gz: %s" % (i, message))
half = len(x) // 2
for i in 1, 2, 3, half, 13:
    open("members%d.gz" % i, "wb").write(gzip.compress(x[:i]) + gzip.compress(b"") + gzip.compress(x[i:]))
END
    answers ./net train FILE t.idx
    for file in members*.gz; do
        ./net train --quiet $file t.idx --save again
        same_weights w again
    done
}

# Of a kilobyte it is a megabyte at most that comes out: see GZIP_RATIO. Beyond what there is, it is said.
@test "torture: a gzip bomb takes no more memory than there is" {
    "$PYTHON" - <<'END'
import gzip
head = b"\0\0\x08\2\0\0\0\6\0\0\0\2" + bytes(12)
member = gzip.compress(bytes(16 << 20), 9)
open("small.gz", "wb").write(gzip.compress(head) + member)
open("large.gz", "wb").write(gzip.compress(head) + member * 64)
END
    ends 3 bounded ./net train small.gz t.idx
    says "net: error: small.gz: byte 12: expected 6 samples of 2 elements of 1 bytes; 16777228 bytes follow"
    ends 3 bounded ./net train large.gz t.idx
    grep -qx 'net: error: large.gz: not enough memory for [0-9]* bytes' err
}

@test "torture: IDX files that are not what they say end with 3, those of another shape with 4" {
    mkdir bad
    "$PYTHON" - <<'END' >expected
from struct import pack
def idx(kind, *dims, data=b""):
    return bytes([0, 0, kind, len(dims)]) + b"".join(pack(">I", d) for d in dims) + data
most = 2**32 - 1
expected = "byte %d: expected %d samples of %d elements of %d bytes; %d bytes follow"
types = "expected 0x08, 0x09, 0x0B, 0x0C, 0x0D or 0x0E"
cases = [
    (3, b"\1\0\x08\1", "byte 0: no IDX file: starts with 0x01 0x00; expected 0x00 0x00"),
    (3, idx(0x0A, 1), "byte 2: element type 0x0A; " + types),
    (3, idx(0x00, 1), "byte 2: element type 0x00; " + types),
    (3, idx(0x08), "byte 3: no dimensions; expected 1 at least"),
    (4, idx(0x08, 0, 2), "byte 4: a dimension of 0; expected 1 at least"),
    (4, idx(0x08, 6, 0), "byte 8: a dimension of 0; expected 1 at least"),
    (3, idx(0x08, most, 2, data=bytes(12)), expected % (12, most, 2, 1, 12)),
    (3, idx(0x08, 6, most, data=bytes(12)), expected % (12, 6, most, 1, 12)),
    (3, idx(0x0E, most, most), expected % (12, most, most, 8, 0)),
    (3, idx(0x0C, 2**31, 2**31), expected % (12, 2**31, 2**31, 4, 0)),
    (3, idx(0x08, 1, 2**16, 2**16), "byte 12: the dimensions make more than 4294967295 elements a sample"),
    (3, idx(0x08, 6, 2)[:11], "byte 3: a header of 2 dimensions has 12 bytes; the file ends at 11"),
    (3, bytes([0, 0, 8, 255]), "byte 3: a header of 255 dimensions has 1024 bytes; the file ends at 4"),
    (3, idx(0x08, 6, 2, data=bytes(11)), expected % (12, 6, 2, 1, 11)),
    (3, idx(0x08, 6, 2, data=bytes(13)), expected % (12, 6, 2, 1, 13)),
    (3, idx(0x0B, 6, 2, data=bytes(23)), expected % (12, 6, 2, 2, 23)),
    (4, idx(0x08, 6, 3, data=bytes(18)), "3 numbers a sample; the model's input is 2"),
]
for i, (status, file, message) in enumerate(cases):
    open("bad/%02d" % i, "wb").write(file)
    print("%d bad/%02d: %s" % (status, i, message))
END
    answers ./net train FILE t.idx
    rm bad/*
    "$PYTHON" - <<'END' >expected
from struct import pack
label = "sample %d (counted from 0) has label %s; expected a whole number from 0 to 2"
cases = [
    (b"\x08\1" + pack(">I5B", 5, 0, 1, 2, 0, 1), "5 targets for 6 samples of input"),
    (b"\x08\1" + pack(">I7B", 7, 0, 1, 2, 0, 1, 2, 0), "7 targets for 6 samples of input"),
    (b"\x08\1" + pack(">I6B", 6, 0, 1, 2, 0, 1, 3), label % (5, 3)),
    (b"\x08\1" + pack(">I6B", 6, 255, 1, 2, 0, 1, 3), label % (0, 255)),
    (b"\x0C\1" + pack(">I6i", 6, 0, -1, 2, 0, 1, 2), label % (1, -1)),
    (b"\x0D\1" + pack(">I6f", 6, 0, 1, 2, 0.5, 1, 2), label % (3, 0.5)),
    (b"\x0E\1" + pack(">I6d", 6, 0, 1, 2, float("nan"), 1, 2), label % (3, "nan")),
]
for i, (file, message) in enumerate(cases):
    open("bad/%02d" % i, "wb").write(b"\0\0" + file)
    print("4 bad/%02d: %s" % (i, message))
END
    answers ./net train x.idx FILE
}

@test "torture: the same numbers in every element type of IDX train the same weights" {
    "$PYTHON" - <<'END'
from struct import pack
for code, name in (9, "b"), (11, "h"), (12, "i"), (13, "f"), (14, "d"):
    head = bytes([0, 0, code])
    open("x%d" % code, "wb").write(head + b"\2" + pack(">II12" + name, 6, 2, *range(12)))
    open("t%d" % code, "wb").write(head + b"\1" + pack(">I6" + name, 6, 0, 1, 2, 2, 1, 0))
END
    for code in 9 11 12 13 14; do
        differ x$code x.idx
        ./net train --quiet x$code t$code --save again
        same_weights w again
    done
}

@test "torture: weights that are none, linked and standalone" {
    mkdir bad
    "$PYTHON" - <<'END' >expected
import json, struct
file = open("w", "rb").read()
size = int.from_bytes(file[:8], "little")
text, data = file[8:8 + size].rstrip(), file[8 + size:]
def pack(header, data=data, size=None):
    header = header if type(header) is bytes else json.dumps(header).encode()
    return struct.pack("<Q", len(header) if size is None else size) + header + data
def changed(name, **entries):
    header = json.loads(text)
    del header["__metadata__"]
    header[name].update(entries)
    return pack(header)
def renamed(old, new):
    return pack(text.replace(b'"%s"' % old, b'"%s"' % new))
def first(value):
    return pack(text, struct.pack("<f", value) + data[4:])
plain = json.loads(text)
del plain["__metadata__"]
at = text.index(b'"one.weight"') + 8  # of the first tensor
tensor = json.dumps(plain["one.weight"]).encode()
hole = {k: v for k, v in plain.items() if k != "one.bias"}
def place(name, header=plain):
    return 8 + json.dumps(header).index('"%s"' % name)
cases = [
    (3, pack(text, size=100000001), "a header of 100000001 bytes; expected at most 100000000 "
        "(is this a safetensors file?)"),
    (3, pack(text, size=2**63), "a header of 9223372036854775808 bytes; expected at most 100000000 "
        "(is this a safetensors file?)"),
    (3, pack(text, size=100000000), "a header of 100000000 bytes, but the file ends at byte %d" % len(pack(text))),
    (3, file[:7], "the file ends at byte 7; expected 8 bytes of header length"),
    (3, b"", "the file ends at byte 0; expected 8 bytes of header length"),
    (3, pack(b"rubbish"), "byte 8: a header starts with '{', this one with byte 0x72"),
    (3, pack(b"{\"a\":" + b"[" * 1000000), "byte 13: expected '{', found '['"),
    (3, pack(text[:-1] + b',"one.weight":' + tensor + b"}"), "byte %d: duplicate key 'one.weight', first at byte %d"
        % (8 + len(text), at)),
    (3, changed("one.bias", data_offsets=[20, 32]), "byte %d: the data of 'one.bias' overlaps that of "
        "'one.weight'" % place("one.bias")),
    (3, pack(hole), "byte %d: 'two.weight' starts at 36 of the data; the bytes from 24 on belong to no tensor"
        % place("two.weight", hole)),
    (3, pack(plain, data[:-1]), "byte %d: 'two.bias' ends at 84 of the data, but the file has only 83 bytes "
        "of data" % place("two.bias")),
    (3, pack(plain, data + b"\0"), "byte %d: 1 bytes behind the last tensor" % (8 + len(json.dumps(plain)) + 84)),
    (3, changed("one.bias", dtype="F64"), "byte %d: 'one.bias': data_offsets [24, 36]; F64 [3] takes 24 bytes"
        % place("one.bias")),
    (4, changed("one.bias", dtype="I32"), "'one.bias' is I32; expected F32"),
    (4, changed("one.weight", shape=[2, 3]), "'one.weight' has shape [2, 3]; expected [3, 2]"),
    (4, changed("one.weight", shape=[6]), "'one.weight' has shape [6]; expected [3, 2]"),
    (3, changed("one.weight", shape=[2**62]), "byte %d: 'one.weight': shape [4611686018427387904] is too large"
        % place("one.weight")),
    (4, renamed(b"two.bias", b"two.bios"), "no tensor 'two.bias'; expected F32 [3]"),
    (4, pack({**plain, "more": {"dtype": "I8", "shape": [0], "data_offsets": [84, 84]}}),
        "'more' is no tensor of model 'net'"),
    (4, first(float("nan")), "'one.weight'[0, 0] is NaN; expected finite numbers"),
    (4, first(float("-inf")), "'one.weight'[0, 0] is infinite; expected finite numbers"),
]
for i, (status, file, message) in enumerate(cases):
    open("bad/%02d" % i, "wb").write(file)
    print("%d bad/%02d: %s" % (status, i, message))
END
    answers ./net eval --weights FILE
    answers ./alone eval --weights FILE
}

# Of white space for the most part.
@test "torture: a header of 10 MB is read, and one of more than 100 MB not" {
    "$PYTHON" - <<'END'
import struct
file = open("w", "rb").read()
size = int.from_bytes(file[:8], "little")
with open("much", "wb") as f:
    f.write(struct.pack("<Q", 10000000) + file[8:8 + size] + b" " * (10000000 - size) + file[8 + size:])
with open("more", "wb") as f:
    f.write(struct.pack("<Q", 100000001) + file[8:8 + size])
    f.truncate(100000009 + len(file) - size)
END
    bounded ./net eval --quiet --weights much | cmp - <(./net eval --quiet --weights w)
    ends 3 bounded ./net eval --weights more
    says "net: error: more: a header of 100000001 bytes; expected at most 100000000 (is this a safetensors file?)"
}
