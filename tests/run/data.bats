# What the data block says, through the compiler and the program: splits, normalisation, classes.

load common

# program NAME: compiles NAME.mlp, linked.
program() {
    mlpgen "$1.mlp"
    linked "$1.c" "$1" -O2
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
