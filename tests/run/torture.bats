# Bad input, tried on whole programs: it is answered with its place and the status of its kind, leaves
# nothing behind, and takes little time and memory. More of it, for single readers: tests/unit, tests/diag.

load common

# What all tests start with: net.mlp, its program ./net and the same by --standalone, ./alone, its data
# x.idx and t.idx, its weights w.
setup_file() {
    load common
    cd "$BATS_FILE_TMPDIR"
    cat >net.mlp <<'MLP'
model net { input = 2; loss = softmax_cross_entropy; one: dense(3); tanh; two: dense(3); }
data { train = idx("x.idx", "t.idx"); }
train { optimizer = adam(lr = 0.1); batch = 2; epochs = 2; }
MLP
    mlpgen --target=portable net.mlp -o net.c
    linked net.c net -O0
    mlpgen --standalone --target=portable net.mlp -o alone.c
    standalone alone.c alone -O0
    printf '\0\0\10\2\0\0\0\6\0\0\0\2\0\1\2\3\4\5\6\7\10\11\12\13' >x.idx
    printf '\0\0\10\1\0\0\0\6\0\1\2\2\1\0' >t.idx
    ./net train --quiet --save w
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    cp "$BATS_FILE_TMPDIR"/{net.mlp,net,alone,x.idx,t.idx,w} .
}

# bounded COMMAND…: in half a minute and 400 MB, or not at all.
bounded() {
    (ulimit -v $((400 << 10)) && exec timeout 30 "$@")
}

# What a failure must not leave: weights, C, anything half written.
left_over() {
    (
        shopt -s nullglob dotglob
        echo *.tmp */*.tmp *.c *.safetensors*
    )
}

# ends STATUS COMMAND…: runs it, standard output in out, standard error in err, and checks its end.
ends() {
    local expected=$1 status=0 left=
    shift
    "$@" >out 2>err </dev/null || status=$?
    [ "$status" = 0 ] || left=$(left_over)
    [ "$status$left" = "$expected" ] || {
        echo "$* ended with $status instead of $expected, and left: $left"
        head -c 2000 out
        head -c 2000 err
        return 1
    }
}

# says TEXT: the first line of standard error is this.
says() {
    local line=
    read -r line <err || true
    [ "$line" = "$1" ] || {
        echo "instead of: $1"
        head -c 2000 err
        return 1
    }
}

# mistaken FILE LINE:COLUMN MESSAGE: mlpgen's first words of a file, and no output.
mistaken() {
    ends 1 bounded "$BUILD/mlpgen" "$1"
    says "$1:$2: error: $3"
}

# times N TEXT: the text so many times.
times() {
    yes -- "$2" | head -n "$1" | tr -d '\n'
}

# without_digest FILE.c: its text but for what stands of the input's bytes.
without_digest() {
    sed '1,3s/[0-9a-f]\{64\}/DIGEST/' "$1"
}

# unprivileged COMMAND…: without root's right to read and write what it may not.
unprivileged() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --bounding-set=-all --inh-caps=-all "$@"
    else
        "$@"
    fi
}

# ---- .mlp ----

@test "torture: a file of nothing, or of nothing but comments, lacks its blocks at its end" {
    : >empty.mlp
    printf '# one\n  # two' >comments.mlp
    printf '\357\273\277' >mark.mlp
    printf ' \n\t\n\n' >blank.mlp
    for file in empty.mlp:1:1 comments.mlp:2:8 mark.mlp:1:1 blank.mlp:3:1; do
        mistaken ${file%%:*} ${file#*:} "the file has no model block [missing-block]"
        grep -q "^$file: error: the file has no data block " err
        grep -q "^$file: error: the file has no train block " err
    done
}

@test "torture: a byte order mark, CRLF and no final newline change nothing" {
    mkdir mark crlf open
    mlpgen net.mlp -o plain
    printf '\357\273\277' | cat - net.mlp >mark/net.mlp
    sed 's/$/\r/' net.mlp >crlf/net.mlp
    printf %s "$(cat net.mlp)" >open/net.mlp
    for kind in mark crlf open; do
        differ net.mlp $kind/net.mlp
        mlpgen $kind/net.mlp -o $kind/plain
        cmp <(without_digest plain) <(without_digest $kind/plain)
    done
}

@test "torture: NUL bytes and bytes that are not UTF-8 are named with their place" {
    sed 's/tanh/ta\x00nh/' net.mlp >nul.mlp
    mistaken nul.mlp 1:71 "control character 0x00 [bad-character]"
    sed 's/"x/"x\x00/' net.mlp >string.mlp
    mistaken string.mlp 2:22 "control character in a string [bad-string]"
    sed 's/tanh;/tanh; # \xe4/' net.mlp >latin.mlp
    mistaken latin.mlp 1:77 "byte 0xE4 is not UTF-8 [encoding]"
    head -c 1000000 /dev/zero >zero.mlp
    mistaken zero.mlp 1:1 "control character 0x00 [bad-character]"
    tr '\0' '\377' <zero.mlp >ff.mlp
    mistaken ff.mlp 1:1 "byte 0xFF is not UTF-8 [encoding]"
}

@test "torture: what is too large is refused before it is read to its end" {
    for size in 1G 5G; do
        truncate -s $size line.mlp
        ends 3 bounded "$BUILD/mlpgen" line.mlp
        says "mlpgen: error: line.mlp: is larger than 64 MiB, which no model file is"
    done
}

@test "torture: in a line of megabytes the column is right, and the message short" {
    { head -c 4000000 /dev/zero | tr '\0' ' '; echo '@'; } >line.mlp
    mistaken line.mlp 1:4000001 "unexpected character '@' [bad-character]"
    { printf 'let a = "'; head -c 4000000 /dev/zero | tr '\0' s; } >line.mlp
    mistaken line.mlp 1:9 "string is not closed on its line [unclosed-string]"
    { printf 'let '; head -c 4000000 /dev/zero | tr '\0' n; } >line.mlp
    mistaken line.mlp 1:5 "name 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn...' is longer than 64 bytes [bad-name]"
    [ "$(wc -c <err)" -lt 4000 ]
}

@test "torture: of a million layers the first that is too much is named" {
    { echo 'model net { input = 2; loss = mse;'; yes 'dense(4);' | head -n 1000000; echo '}'; } >net.mlp
    mistaken net.mlp 4098:1 "more than 4096 layers [too-large]"
}

@test "torture: a hundred thousand brackets are too deep, on a small stack too" {
    # deep PLACE START TEXT
    deep() {
        { printf '%s' "$2"; times 100000 "$3"; } >deep.mlp
        ends 1 bash -c "ulimit -s 256; exec timeout 30 '$BUILD/mlpgen' deep.mlp"
        says "deep.mlp:$1: error: nested too deep [too-deep]"
    }
    deep 1:109 'let a = ' '('
    deep 1:359 'let a = ' '[f(a = '
    deep 1:10003 'let a = ' '-'
    deep 1:9 'let a = 1' '+1'
    deep 1:1205 'model m { ' 'repeat(1) { '
    times 100000 '}' >deep.mlp
    mistaken deep.mlp 1:1 "'}' closes nothing [unopened]"
}

@test "torture: a number of a million digits is one" {
    { printf 'let a = '; times 1000000 7; echo ';'; } >digits.mlp
    mistaken digits.mlp 1:9 "number '7777777777777777777777777777777777777777...' is out of range [bad-number]"
    { printf 'let a = 1'; times 1000000 0; echo 'e-1000000;'; sed 's/lr = 0.1/lr = 0.1 * a/' net.mlp; } >digits.mlp
    ends 0 bounded "$BUILD/mlpgen" --emit=resolved digits.mlp -o small
    ends 0 bounded "$BUILD/mlpgen" --emit=resolved net.mlp -o plain
    cmp plain small
    { printf 'let a = 0.'; times 1000000 0; echo '1;'; sed 's/lr = 0.1/lr = 0.1 + a/' net.mlp; } >digits.mlp
    ends 0 bounded "$BUILD/mlpgen" --emit=resolved digits.mlp -o small
    cmp plain small
}

@test "torture: sizes that 32 or 64 bits cannot hold are out of range where they stand" {
    units() {
        sed "s/dense(3); tanh/dense($1); tanh/" net.mlp >size.mlp
        mistaken size.mlp 1:65 "'units' must be from 1 to 16777216, not $2 [out-of-range]"
    }
    units 0 0
    units 2147483648 2147483648
    units 4294967297 4294967297
    units 18446744073709551617 1.8446744073709552e+19
    units 1e300 1e+300
    for input in '[65536, 65536]' '[4294967296, 4294967296]' '[4294967297, 4294967297]' \
        "[$(times 70 '2, ')]"; do
        sed "s/input = 2/input = $input/" net.mlp >size.mlp
        ends 1 bounded "$BUILD/mlpgen" size.mlp
        grep -q "^size.mlp:1:2[12]: error: 'input' must be from 1 to 16777216" err
    done
    sed 's/batch = 2/batch = 4294967298/; s/epochs = 2/epochs = 4294967298/' net.mlp >size.mlp
    ends 1 mlpgen size.mlp
    [ "$(grep -c "^size.mlp:3:.*: error: .* must be from 1 to [0-9]*, not 4294967298 \[out-of-range\]$" err)" = 2 ]
    sed 's/dense(3); tanh/repeat(4294967297) { dense(3); tanh; }/' net.mlp >size.mlp
    ends 1 bounded "$BUILD/mlpgen" size.mlp
    grep -q "^size.mlp:1:66: error: 'times' must be from 1 to 16777216, not 4294967297 \[out-of-range\]$" err
}

# ---- what mlpgen writes ----

# hostile_model NAME LABEL… STRING…: five names, then five strings, which go to all places that keep them.
hostile_model() {
    cat <<MLP
let $5 = "$6";
model $1 { input = 2; loss = softmax_cross_entropy; $2: dense(3); tanh; $3: repeat(2) { $4: dense(3); relu; } dense(3); }
data { train = idx($5, "$7"); classes = ["$8", "$9", "${10}"]; }
train { optimizer = sgd(lr = 0.1); batch = 2; epochs = 1; }
MLP
}
# same_tokens A.c B.c: to a compiler they are the same, but for names, one for each, and what strings say.
same_tokens() {
    cat >tokens.py <<'END'
import re, subprocess, sys
TOKEN = (r"""("(?:\\.|[^"\\\n])*"\s*)+|'(?:\\.|[^'\\\n])*'|[A-Za-z_]\w*|"""
         r"""\.?\d(?:[eEpP][+-]|[\w.])*|\S""")
def tokens(path):
    text = subprocess.run(["cc", "-std=c11", "-E", "-P", "-I" + sys.argv[1], path],
                          check=True, capture_output=True, text=True).stdout
    return ['"' if t[0].startswith('"') and len(t[0]) > 1 else t[0] for t in re.finditer(TOKEN, text)]
a, b = tokens(sys.argv[2]), tokens(sys.argv[3])
there, back = {}, {}
for i, (x, y) in enumerate(zip(a, b)):
    names = x == y or re.match(r"[A-Za-z_]", x) and re.match(r"[A-Za-z_]", y)
    if not names or there.setdefault(x, y) != y or back.setdefault(y, x) != x:
        sys.exit("differ at token %d: %s\nand: %s" % (i, " ".join(a[i - 20:i + 9]), " ".join(b[i - 20:i + 9])))
KEYWORDS = "int while NULL main printf return float double static const sizeof if else for".split()
for word in KEYWORDS:
    if there.get(word, word) != word or back.get(word, word) != word:
        sys.exit(word + " stands for another name")
if len(a) != len(b) or len(a) < 5000:
    sys.exit("%d and %d tokens" % (len(a), len(b)))
END
    "$PYTHON" tokens.py "$ROOT/runtime" "$1" "$2"
}

@test "torture: names and strings that mean something in C change no token of it" {
    local hostile=(main int NULL while printf
        '*/ ??/' '??/\" \\' '*/ int x; /*' '%s%n\\' '\"}; #error ??/\\')
    hostile_model "${hostile[@]}" >hostile.mlp
    # The same lengths, so that lines break at the same places.
    "$PYTHON" - <<'END'
import re
text = open("hostile.mlp").read()
for name in "main int NULL while printf".split():
    text = re.sub(r"\b%s\b(?! d)" % name, name[0] * len(name), text)
letters = iter("abcde")
plain = re.sub(r'"(?:\\.|[^"\\])*"', lambda m: '"%s"' % (next(letters) * (len(m[0]) - 2)), text)
open("plain.mlp", "w").write(plain)
END
    local unroll
    for unroll in always never; do
        for name in hostile plain; do
            mlpgen -w --target=portable --unroll=$unroll $name.mlp -o $name.c
        done
        same_tokens plain.c hostile.c
    done
    # An override and the file's name stand in comments. A directory's name stands nowhere.
    mkdir 'a*'
    cp hostile.mlp 'a*/ ??"%s \'
    cp plain.mlp 'plain "%s x'
    mlpgen -w --target=portable 'a*/ ??"%s \' -o hostile.c -D printf='*/ int x; /* ??/'
    mlpgen -w --target=portable 'plain "%s x' -o plain.c -D pppppp='xx xxx xx xx xxx'
    same_tokens plain.c hostile.c
    # Digraphs, trigraphs and all warnings included, C it is.
    cc $STRICT -trigraphs -I"$ROOT/runtime" -c hostile.c -o hostile.o
}

@test "torture: labels that are names of the emitted code, or equal for 63 bytes, train the same weights" {
    local long name
    long=$(times 63 n)
    cat >labels.mlp <<MLP
model mlprt { input = 2; loss = softmax_cross_entropy; one: dense(3); tanh; d_one: dense(3); relu;
    one_w: dense(3); prelu; PLACE_one: dense(3); relu; input_w: dense(3); relu; evaluate: dense(3); relu;
    loss: dense(3); relu; mlprt_main: dense(3); relu; ${long}a: dense(3); relu; ${long}b: dense(3); relu;
    restrict: dense(3); relu; x: dense(3); }
data { train = idx("x.idx", "t.idx"); }
train { optimizer = adam; batch = 2; epochs = 2; }
MLP
    sed 's/[a-zA-Z_]*: //g' labels.mlp >plain.mlp
    mlpgen -w --standalone --target=portable labels.mlp -o labels.c
    cc $STRICT -fsyntax-only labels.c
    for name in labels plain; do
        mlpgen -w --target=portable $name.mlp -o $name.c
        linked $name.c $name -O0
        ./$name train --quiet --save $name.w
    done
    cmp <(tail -c 568 labels.w) <(tail -c 568 plain.w)
}

@test "torture: strings are shown as they are" {
    cat >net.mlp <<'MLP'
model net { input = 2; loss = softmax_cross_entropy; dense(3); }
data { train = idx("%s%n/*", "??/\"\\"); classes = ["%d %s%n", "*/", "??/\\\""]; }
train { optimizer = sgd(lr = 0.1); batch = 2; epochs = 1; }
MLP
    mlpgen --target=portable net.mlp
    linked net.c net -O0
    rm net.c
    ./net info >out
    grep -qxF 'classes    %d %s%n, */, ??/\"' out
    ./net info --program | mlpgen - --emit=resolved -o - | cmp - <(./net info --program)
    grep -qF '"%s%n/*", "??/\"\\"' <(./net info --program)
    ends 3 ./net train
    says 'net: error: %s%n/*: no such file in the current directory; --data DIR says where the paths in net.mlp start'
    mkdir '%s%n'
    mv x.idx '%s%n/*' # of a directory
    mkdir '??'
    mv t.idx '??/"\'
    ./net train --quiet --save w
    ./net predict --weights w --quiet | sed 's/,[^,]*$//' | sort -u | grep -vx class >said
    lacks -vxF -e '%d %s%n' -e '*/' -e '"??/\"""' said
    [ -s said ]
}

# ---- data and weights ----

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

# The 21 numbers of two files of weights are the same.
same_weights() {
    cmp <(tail -c 84 "$1") <(tail -c 84 "$2")
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

# ---- files of any kind ----

# The ways of a program to read and to write a file, with FILE in its place.
readers=('train FILE t.idx' 'train x.idx FILE' 'predict --weights w FILE' 'eval --weights FILE' 'info FILE' 'train --init FILE'
    'train --resume FILE')
writers=('train --save FILE' 'train --checkpoint FILE --checkpoint-every 1' 'train --log FILE')

# all_end MESSAGE FILE COMMAND…: each command ends with 3 and says that of the file, in one line.
all_end() {
    local message=$1 file=$2 command words lines
    shift 2
    for command in "$@"; do
        read -ra words <<<"$command"
        ends 3 ./net "${words[@]/#FILE/$file}"
        says "net: error: ${file//[$'\n\e']/?}: $message"
        mapfile -t lines <err
        [ ${#lines[@]} = 1 ]
    done
}

@test "torture: directories, files that are not there and those that are forbidden" {
    mkdir folder locked
    cp x.idx secret
    chmod 0 secret
    chmod 500 locked
    all_end "is a directory; expected a file" folder "${readers[@]}"
    all_end "cannot write: Is a directory" folder "${writers[@]}"
    all_end "cannot open: No such file or directory" no/such "${readers[@]}"
    all_end "cannot write: No such file or directory" no/such "${writers[@]}"
    ends 3 ./net train --data no/such
    says "net: error: no/such/x.idx: cannot open: No such file or directory"
    unprivileged true || skip "root's rights cannot be dropped here"
    for command in "${readers[@]:0:4}"; do
        ends 3 unprivileged ./net ${command/FILE/secret}
        says "net: error: secret: cannot open: Permission denied"
    done
    for command in "${writers[@]}"; do
        ends 3 unprivileged ./net ${command/FILE/locked/w}
        says "net: error: locked/w: cannot write: Permission denied"
    done
    cp net.mlp locked.mlp
    chmod 0 locked.mlp
    ends 3 unprivileged "$BUILD/mlpgen" locked.mlp
    says "mlpgen: error: locked.mlp: cannot open: Permission denied"
    ends 3 unprivileged "$BUILD/mlpgen" net.mlp -o locked/x
    says "mlpgen: error: locked/x: cannot write: Permission denied"
    echo old >kept
    chmod 400 kept
    ends 3 unprivileged "$BUILD/mlpgen" net.mlp -o kept
    says "mlpgen: error: kept: cannot write: Permission denied"
    [ "$(cat kept)" = old ]
}

@test "torture: pipes serve where files do" {
    # feed FILE PIPE: not for ever, should nobody read
    feed() { timeout 20 cat "$1" >"$2" & }
    mkdir pipe
    mkfifo pipe/net.mlp pipe/x
    feed net.mlp pipe/net.mlp
    ends 0 bounded "$BUILD/mlpgen" pipe/net.mlp -o piped
    mlpgen net.mlp -o plain
    cmp plain piped
    gzip -c x.idx >x.gz
    for file in x.idx x.gz; do
        feed $file pipe/x
        ends 0 bounded ./net train --quiet pipe/x t.idx --save again
        same_weights w again
    done
    feed w pipe/x
    ends 0 bounded ./net eval --quiet --weights pipe/x
    head -c 100 w >half
    feed half pipe/x
    ends 3 bounded ./net eval --weights pipe/x
    grep -qx "net: error: pipe/x: a header of [0-9]* bytes, but the file ends at byte 100" err
}

# A file is cut to its half as soon as its size was asked for.
@test "torture: a file that shrinks while it is read is one that is too short" {
    cat >shrink.c.txt <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

static int shrink(int fd, mode_t mode, off_t size)
{
    char path[] = "/proc/self/fd/0";
    path[sizeof path - 2] = (char)('0' + fd);
    return S_ISREG(mode) && fd < 10 ? truncate(path, size / 2) : 0;
}
#define SHRINKING(name, type)                                                \
    int name(int fd, struct type *st)                                        \
    {                                                                        \
        int (*real)(int, struct type *) = dlsym(RTLD_NEXT, #name);           \
        return real(fd, st) || shrink(fd, st->st_mode, (off_t)st->st_size);  \
    }
SHRINKING(fstat, stat)
SHRINKING(fstat64, stat64)
C
    cc -shared -fPIC -x c shrink.c.txt -o shrink.so -ldl || skip "no library to put before others here"
    cp x.idx x
    ends 3 env LD_PRELOAD=./shrink.so ./net train x t.idx
    [ "$(wc -c <x)" = 12 ] || skip "the size is asked for in another way here"
    says "net: error: x: byte 12: expected 6 samples of 2 elements of 1 bytes; 0 bytes follow"
    gzip -nc x.idx >x.gz
    ends 3 env LD_PRELOAD=./shrink.so ./net train x.gz t.idx
    says "net: error: x.gz: damaged or truncated gzip data in the member at byte 0 of $(wc -c <x.gz)"
    cp w half
    ends 3 env LD_PRELOAD=./shrink.so ./net eval --weights half
    grep -qx "net: error: half: a header of [0-9]* bytes, but the file ends at byte $(wc -c <half)" err
}

@test "torture: sizes beyond 4 GiB are not taken for small ones" {
    truncate -s $(((4 << 30) + 24)) x.big
    printf '\0\0\10\2\0\0\0\6\0\0\0\2' | dd of=x.big conv=notrunc status=none
    truncate -s $(((4 << 30) + $(wc -c <w))) w.big
    dd if=w of=w.big conv=notrunc status=none
    ends 3 bounded ./net train x.big t.idx
    says "net: error: x.big: not enough memory for $(((4 << 30) + 25)) bytes"
    ends 3 bounded ./net eval --weights w.big
    says "net: error: w.big: not enough memory for $(((4 << 30) + $(wc -c <w) + 1)) bytes"
}

@test "torture: paths of 4095 bytes are opened, those of 4096 named by their end" {
    local here far file
    here=$(times 2047 ./)
    far=$(times 2048 /d)
    for file in x.idx w net.mlp; do
        cp $file a
        [ $((${#here} + 1)) = 4095 ]
        case $file in
        x.idx) ends 0 ./net train --quiet ${here}a t.idx --save again ;;
        w) ends 0 ./net eval --quiet --weights ${here}a ;;
        *) ends 0 mlpgen ${here}a -o plain ;;
        esac
    done
    same_weights w again
    for command in "${readers[@]}"; do
        ends 3 ./net ${command/FILE/$far}
        says "net: error: ...${far: -400}: cannot open: File name too long"
    done
    for command in "${writers[@]}"; do
        ends 3 ./net ${command/FILE/$far}
        grep -q "^net: error: \.\.\.[d/.ckpt]*: cannot write: File name too long$" err
    done
    ends 3 mlpgen $far
    says "mlpgen: error: $far: cannot open: File name too long"
    ends 3 mlpgen net.mlp -o $far
    says "mlpgen: error: $far: cannot write: File name too long"
}

@test "torture: a path with a newline and worse keeps a program's message on one line" {
    local name=$'a\n\e[31mb'
    all_end "cannot open: No such file or directory" "$name" "${readers[@]}"
    mkdir "$name"
    all_end "cannot write: Is a directory" "$name" "${writers[@]}"
    rmdir "$name"
    ends 3 ./net train --data "$name"
    says "net: error: a??[31mb/x.idx: cannot open: No such file or directory"
    ends 3 "$BUILD/mlpgen" --diagnostics=json "$name"
    says '{"severity": "error", "message": "a??[31mb: cannot open: No such file or directory"}'
    cp x.idx "$name"
    ends 0 ./net train --quiet "$name" t.idx --save again
    same_weights w again
    ./net train --quiet --save "$name"
    cmp w "$name"
    cp net.mlp "$name"
    ends 0 mlpgen --target=portable "$name" -o "$name.2"
    cc $STRICT -I"$ROOT/runtime" -fsyntax-only -x c "$name.2"
}

# The limit on the size of files stands for a disk that fills up.
@test "torture: a full disk leaves the checkpoint of before, and of mlpgen's output nothing" {
    ./net train --quiet --save v --stop-after 1
    [ "$(wc -c <v)" -lt 2048 ]
    [ "$(wc -c <v.ckpt)" -gt 2048 ]
    cp v.ckpt before
    ends 3 bash -c 'ulimit -f 2; ./net train --quiet --save v --resume v.ckpt --checkpoint-every 1'
    says "net: error: v.ckpt: cannot write: File too large"
    cmp before v.ckpt
    ./net train --quiet --save v --resume v.ckpt
    same_weights w v
    ends 3 bash -c "trap '' XFSZ; ulimit -f 2; '$BUILD/mlpgen' net.mlp"
    says "mlpgen: error: net.c: cannot write: File too large"
}

# unread COMMAND…: its standard output is a pipe whose reader has gone, and SIGPIPE is ignored.
unread() {
    "$PYTHON" -c 'import os, subprocess, sys
r, w = os.pipe()
os.close(r)
sys.exit(subprocess.run(sys.argv[1:], stdout=w, restore_signals=False).returncode)' "$@"
}

@test "torture: what is written to a pipe that nobody reads any more ends with 3" {
    ends 3 unread "$BUILD/mlpgen" net.mlp -o -
    says "mlpgen: error: <stdout>: cannot write: Broken pipe"
    for command in --help info 'info w' 'predict --quiet --weights w' 'eval --quiet --weights w'; do
        ends 3 unread ./net $command
        says "net: error: standard output: Broken pipe"
    done
    ends 3 unread ./net train --save again
    same_weights w again
}

@test "torture: a limit on file sizes ends mlpgen with 3 and leaves nothing behind" {
    status=0
    bash -c "ulimit -f 1; exec '$BUILD/mlpgen' net.mlp" 2>err || status=$?
    cat err
    [ "$status" = 3 ]
    [ "$(cat err)" = "mlpgen: error: net.c: cannot write: File too large" ]
    [ -z "$(find . -name '*.tmp' -o -name '*.c')" ]
}

@test "torture: a standard output that nobody reads ends mlpgen with 3" {
    status=0
    "$PYTHON" -c 'import os, subprocess, sys
r, w = os.pipe()
os.close(r)
sys.exit(subprocess.run(sys.argv[1:], stdout=w).returncode % 256)' "$BUILD/mlpgen" net.mlp -o - 2>err || status=$?
    cat err
    [ "$status" = 3 ]
    [ "$(cat err)" = "mlpgen: error: <stdout>: cannot write: Broken pipe" ]
}

@test "torture: control characters of a path do not reach the terminal, nor break mlpgen's message" {
    name=$'a\n\e[31mb'
    mlpgen "$name" 2>err || true
    [ "$(cat err)" = "mlpgen: error: a??[31mb: cannot open: No such file or directory" ]
    sed 's/tanh/tahn/' net.mlp >"$name"
    mlpgen "$name" 2>err || true
    [ "$(head -n 1 err)" = "a??[31mb:1:69: error: unknown layer 'tahn' [unknown-layer]" ]
}

@test "torture: a newline in the name of a model file changes no token of the C" {
    cp net.mlp $'a\nb'
    cp net.mlp axb
    mlpgen $'a\nb' -o newline.c
    mlpgen axb -o plain.c
    count() { cc -std=c11 -E -P -I"$ROOT/runtime" "$1" | sed -n '/ plan\[\] *=/,/NULL/p' | wc -l; }
    [ "$(count newline.c)" = "$(count plain.c)" ]
}

@test "torture: a program does not replace weights that may not be written" {
    mlpgen net.mlp
    linked net.c net -O0
    ./net train --quiet --save kept
    cp kept before
    chmod 400 kept
    drop=
    [ "$(id -u)" != 0 ] || drop="setpriv --bounding-set=-all --inh-caps=-all"
    status=0
    $drop ./net train --quiet --lr 0.2 --save kept 2>err || status=$?
    cat err
    cmp before kept
    [ "$status" = 3 ]
    [ "$(cat err)" = "net: error: kept: cannot write: Permission denied" ]
}

# Half of the layers that there may be, in memory that grows with them and not with their square.
@test "torture: thousands of layers are compiled in half a gigabyte" {
    { echo 'model net { input = 2; loss = mse;'; yes 'dense(1);' | head -n 2048; echo '}'
        echo 'data { train = table([1, 2, 3]); }'
        echo 'train { optimizer = sgd(lr = 0.1); batch = 2; epochs = 1; }'; } >large.mlp
    (ulimit -v $((640 << 10)); exec "$BUILD/mlpgen" -w large.mlp -o /dev/null)
}
