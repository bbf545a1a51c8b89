# What the data block says, through the compiler and the program: splits, normalisation, classes.

load common

# program NAME: compiles NAME.mlp, linked.
program() {
    mlpgen "$1.mlp"
    linked "$1.c" "$1" -O1
}

# fails STATUS COMMAND…: runs it, and checks its end.
fails() {
    local expected=$1 status=0
    shift
    "$@" >out 2>err || status=$?
    [ "$status" = "$expected" ] || {
        echo "$* ended with $status instead of $expected:"
        cat out err
        return 1
    }
}

# idx_pair N: x.idx with N samples of two bytes, t.idx with classes 0, 1, 2, 0, …
idx_pair() {
    "$PYTHON" - "$1" <<'END'
import struct, sys
n = int(sys.argv[1])
open("x.idx", "wb").write(b"\0\0\x08\2" + struct.pack(">II", n, 2) +
                          bytes((i * 37 + k * 11) % 256 for i in range(n) for k in range(2)))
open("t.idx", "wb").write(b"\0\0\x08\1" + struct.pack(">I", n) + bytes(i % 3 for i in range(n)))
END
}

# model_of DATA [LOSS]: two inputs, three outputs.
model_of() {
    cat <<END
model net { input = 2; loss = ${2:-softmax_cross_entropy}; dense(4); tanh; dense(3); }
data { $1 }
train { optimizer = sgd(lr = 0.1); batch = 7; epochs = 3; }
END
}

@test "data: held-out samples are tested, not trained on" {
    idx_pair 90
    model_of 'train = idx("x.idx", "t.idx"); test = holdout(0.2); validation = holdout(0.25);
              normalize = scale(1 / 255);' >net.mlp
    program net
    ./net train --quiet
    ./net eval >out
    [ "$(value_of samples <out)" = 18 ]
    "$BUILD/oracle" net.mlp train --quiet --save oracle
    cmp net.safetensors oracle
    ./net info >out
    grep -q '^test  *0.2 of the training samples, drawn by seed 1$' out
    grep -q '^validation 0.25 of the training samples, drawn by seed 1$' out
}

@test "data: the trainer's seed does not move a holdout, its own does" {
    idx_pair 30
    model_of 'train = idx("x.idx", "t.idx"); test = holdout(0.3);' >net.mlp
    sed 's/holdout(0.3)/holdout(0.3, seed = 2)/' net.mlp >other.mlp
    program net
    program other
    ./net train --quiet --seed 5
    ./net eval >one
    ./net train --quiet --seed 5 --save again
    ./net eval --weights again >two
    cmp one two
    ./other train --quiet --seed 5 --save other
    differ net.safetensors other
}

@test "data: FILEs are evaluated whole where the test split is held out" {
    idx_pair 30
    model_of 'train = idx("x.idx", "t.idx"); test = holdout(0.3);' >net.mlp
    program net
    ./net train --quiet
    ./net eval x.idx t.idx >out
    [ "$(value_of samples <out)" = 30 ]
    ./net eval >out
    [ "$(value_of samples <out)" = 9 ]
    # of train they replace what is held out of
    mkdir other
    cd other
    fails 3 ../net train
    ../net train --quiet ../x.idx ../t.idx
    cmp net.safetensors <(cd .. && ./net train --quiet --save /dev/stdout)
}

@test "data: a split without samples ends with 4" {
    idx_pair 9
    model_of 'train = idx("x.idx", "t.idx"); test = holdout(0.01);' >net.mlp
    program net
    fails 4 ./net train
    grep -q 'error: net.mlp: the test split is empty: a holdout of 0.01 takes none of 9 samples' err
    fails 4 ./net gradcheck
    [ ! -e net.safetensors ]
}

# Numbers of very different sizes, and one column that is constant.
@test "data: a normalised regression learns what a raw one cannot, in its own units" {
    "$PYTHON" - >rows <<'END'
import random
random.seed(3)
rows = []
for _ in range(40):
    a, b = random.uniform(1e5, 1e5 + 50), random.uniform(0, 1e-3)
    rows.append(f"[{a!r}, {b!r}, 7, {2e4 + 30 * (a - 1e5) + 1e6 * b!r}]")
print(", ".join(rows))
END
    cat >net.mlp <<END
model net { input = 3; loss = mse; dense(1); }
data { train = table($(cat rows)); test = holdout(0.25); normalize = standardize; normalize_target = standardize; }
train { optimizer = sgd(lr = 0.1); batch = 30; epochs = 300; }
END
    program net
    ./net train --quiet
    ./net eval >out
    below "$(value_of loss <out)" 1e-6
    below "$(value_of rmse <out)" 1
    at_least "$(value_of rmse <out)" 1e-6
    ./net predict >out
    awk 'NR > 1 && ($1 < 2e4 || $1 > 2.3e4) { exit 1 } END { exit NR != 11 }' out
    "$BUILD/oracle" net.mlp train --quiet --save oracle
    cmp net.safetensors oracle
    ./net gradcheck
    ./net info >out
    grep -q '^normalize  inputs to mean 0 and standard deviation 1$' out
    grep -q '^normalize  targets to mean 0 and standard deviation 1$' out
    for kind in minmax none; do
        sed "s/= standardize/= $kind/g" net.mlp >$kind.mlp
        program $kind
    done
    ./minmax train --quiet
    ./minmax eval >out
    below "$(value_of rmse <out)" 100
    fails 5 ./none train --quiet
}

# The constants are the training split's, whatever is evaluated.
@test "data: weights carry their normalisation" {
    idx_pair 30
    model_of 'train = idx("x.idx", "t.idx"); test = idx("y.idx", "t.idx"); normalize = minmax;' >net.mlp
    program net
    cp x.idx y.idx
    ./net train --quiet
    ./net eval >one
    mv x.idx gone.idx
    ./net eval >two
    cmp one two
    ./net info net.safetensors >out
    grep -q "'normalize': minmax" out
    grep -q "'normalize_offset': \[[0-9]*, [0-9]*\]$" out
}

# foreign W V: the same tensors without metadata.
foreign() {
    "$PYTHON" - "$@" <<'END'
import json, struct, sys
data = open(sys.argv[1], "rb").read()
n = int.from_bytes(data[:8], "little")
header = json.loads(data[8:8 + n])
del header["__metadata__"]
text = json.dumps(header).encode()
open(sys.argv[2], "wb").write(struct.pack("<Q", len(text)) + text + data[8 + n:])
END
}

@test "data: foreign weights are normalised by the training split, which has to be there" {
    idx_pair 30
    model_of 'train = idx("x.idx", "t.idx"); normalize = standardize; test = holdout(0.5);' >net.mlp
    program net
    ./net train --quiet
    ./net eval >one
    foreign net.safetensors foreign
    ./net eval --weights foreign >two 2>err
    cmp one two
    grep -q '^note: foreign does not say how it is normalized; fitted to the training split$' err
    ./net eval --quiet --weights foreign 2>err >two
    [ ! -s err ]
    cp x.idx y.idx
    ./net eval x.idx t.idx >one
    ./net eval --weights foreign y.idx t.idx >two 2>err
    cmp one two
    rm x.idx
    fails 3 ./net eval --quiet --weights foreign y.idx t.idx
    grep -q 'error: the weights do not say how they are normalized, and the training split cannot: x.idx: no such file' err
}

@test "data: class names stand in the weights, in predictions and in info" {
    cat >net.mlp <<'END'
model net { input = 2; loss = softmax_cross_entropy; dense(3); }
data { train = table([0, 0, 0], [0, 9, 1], [9, 0, 2]); classes = ["T-shirt, top", "\"\\\t", "Schuhe für"]; }
train { optimizer = sgd(lr = 0.1); batch = 3; epochs = 100; }
END
    program net
    ./net train --quiet
    ./net predict >out 2>err
    "$PYTHON" - <<'END'
import csv, json
names = ["T-shirt, top", '"\\\t', "Schuhe für"]
data = open("net.safetensors", "rb").read()
header = json.loads(data[8:8 + int.from_bytes(data[:8], "little")])
assert json.loads(header["__metadata__"]["classes"]) == names
said = [row["class"] for row in csv.DictReader(open("out"))]
assert said == names, said
END
    ./net info >out
    grep -q '^classes    T-shirt, top, "\\	, Schuhe für$' out
    sed 's/Schuhe für/shoes/' net.mlp >other.mlp
    program other
    fails 4 ./other eval --weights net.safetensors
    grep -q "made by another model" err
}

@test "data: 0 and 1 as targets, told by the share of outputs that say so" {
    cat >net.mlp <<'END'
model net { input = 1; loss = sigmoid_cross_entropy; dense(2); }
data { train = table([-3, 0, 1], [-2, 0, 1], [2, 1, 0], [3, 1, 0], [3, 1, 0], [3, 1, 1]); }
train { optimizer = sgd(lr = 1); batch = 6; epochs = 50; }
END
    program net
    ./net train --quiet
    ./net eval 2>err >out
    grep -qE '^loss 0\.[0-9]+  accuracy 0\.9167  samples 6$' out
    ./net eval --json 2>err >out
    grep -qE '^\{"loss": 0\.[0-9]+, "accuracy": 0\.9166666666666666[0-9]*, "samples": 6\}$' out
    ./net info >out
    grep -q '^outputs  *2, the target is 0 or 1 for each$' out
    idx_pair 9
    sed 's/input = 1/input = 2/; s/dense(2)/dense(1)/; s/table.*; }/idx("x.idx", "t.idx"); }/' net.mlp >idx.mlp
    program idx
    fails 4 ./idx train
    grep -q 'error: t.idx: target 0 of sample 2 (both counted from 0) is 2; expected 0 or 1' err
}
