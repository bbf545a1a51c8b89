# Numbers that are not finite, and numbers that are large, small or equal but must not become so.

load common

oracle() {
    "$PYTHON" "$ROOT/tests/run/safetensors_oracle.py" "$@"
}

# fails_with MESSAGE ARGUMENT…: ./net train ends with 5 and says so, before what to try.
fails_with() {
    local message=$1 status=0
    shift
    ./net train --quiet "$@" 2>err || status=$?
    cat err
    [ "$status" = 5 ]
    [ "$(sed 's/; try a lower learning rate than .*, clip_norm, or normalize the data$//' err)" \
        = "net: error: $message" ]
}

# classifier LR EPOCHS: a small network for xor in ./net, all samples in a step.
classifier() {
    cat >net.mlp <<MLP
model net { input = 2; loss = softmax_cross_entropy; dense(8); relu; out: dense(2); }
data { train = table([0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]); }
train { optimizer = sgd(lr = $1); batch = 4; epochs = $2; }
MLP
    mlpgen net.mlp
    linked net.c net -O0
}

@test "faults: the first layer that overflows is named with its line" {
    cat >net.mlp <<'MLP'
model net {
    input = 2;
    loss = half_squared;
    first: dense(20, init = constant(1e20)); relu;
    second: dense(20, init = constant(1e20));
    relu;
    dense(1);
}
data { train = table([0, 0, 1], [1, 1, 2], [0, 1, 2]); }
train { optimizer = sgd(lr = 0.1); batch = 2; epochs = 2; shuffle = false; }
MLP
    for unroll in always never; do
        mlpgen --unroll=$unroll net.mlp
        linked net.c net -O0 -fopenmp
        for path in $(paths_of ./net); do
            rm -f net.safetensors
            fails_with "net.mlp:5: the output of second (dense) is not finite in epoch 1, step 1; \
the initial weights are saved in net.safetensors" --isa $path
            [ "$(oracle metadata net.safetensors steps)" = 0 ]
            oracle values net.safetensors >values
            [ "$(wc -l <values)" = 501 ]
        done
    done
}

# The loss is a few hundred, the gradient of the first layer has the weights of the second as a factor.
@test "faults: a gradient that overflows behind a finite loss is named, and no weight has it" {
    cat >net.mlp <<'MLP'
model net {
    input = 1;
    loss = mae;
    one: dense(3, init = constant(1e-37));
    tanh;
    two: dense(1, init = constant(2e38));
}
data { train = table([1, 500], [1, 500], [1, 500], [1, 500]); }
train { optimizer = sgd(lr = 0.1); batch = 4; epochs = 2; }
MLP
    mlpgen net.mlp
    linked net.c net -O0
    fails_with "net.mlp:4: the gradient of one.bias is not finite in epoch 1, step 1; \
the initial weights are saved in net.safetensors"
    lacks "inf\|nan" <(oracle values net.safetensors)
}

@test "faults: a learning rate that is too large leaves the last good weights" {
    classifier 1e12 100
    local status=0 steps
    ./net train --quiet --save bad 2>err || status=$?
    cat err
    [ $status = 5 ]
    grep -qE '^net: error: net\.mlp:1: .* is not finite in epoch [0-9]+, step [0-9]+; the weights after step [0-9]+ are saved in bad; try a lower learning rate than 1e\+12, clip_norm, or normalize the data$' err
    # one step an epoch: the same weights come of so many epochs
    steps=$(oracle metadata bad steps)
    ./net train --quiet --epochs "$steps" --save good
    cmp good bad
    ./net eval --quiet --weights bad
}

# The loss of the second epoch shows that the first has spoiled them.
@test "faults: weights of before are not lost to a training that fails" {
    classifier 0.1 2
    local what="net.mlp:1: the output of out (dense) is not finite in epoch 2, step 2"
    fails_with "$what; the initial weights are saved in net.safetensors" --lr 1e37
    [ "$(oracle metadata net.safetensors steps)" = 0 ]
    ./net train --quiet
    cp net.safetensors before
    fails_with "$what; net.safetensors is left as it was" --lr 1e37
    cmp before net.safetensors
}

# Weights of about 1e37 are finite: it is their outputs that are not.
@test "faults: eval and predict say what is not finite, and print no such number" {
    classifier 1e37 1
    ./net train --quiet
    local command status
    for command in eval 'eval --json' predict; do
        status=0
        ./net $command --quiet >out 2>err || status=$?
        cat err
        [ $status = 5 ]
        lacks 'nan\|inf' out
        case $command in
        predict) grep -qE '^net: error: net\.mlp: what the network says of sample [0-3] \(counted from 0\) is not finite$' err ;;
        *)
            [ ! -s out ]
            [ "$(cat err)" = "net: error: net.mlp:1: the output of out (dense) is not finite" ]
            ;;
        esac
    done
}

@test "faults: a sample that is not finite is named" {
    cat >net.mlp <<'MLP'
model net { input = 2; loss = softmax_cross_entropy; dense(2); }
data { train = idx("x", "y"); }
train { optimizer = sgd(lr = 0.1); batch = 4; epochs = 2; }
MLP
    printf '\0\0\15\2\0\0\0\3\0\0\0\2\0\0\0\0\0\0\0\0\77\200\0\0\177\200\0\0\0\0\0\0\0\0\0\0' >x
    printf '\0\0\10\1\0\0\0\3\0\1\0' >y
    mlpgen net.mlp
    linked net.c net -O0
    fails_with "net.mlp: the input of sample 1 (counted from 0) of 'x' is not finite in epoch 1, step 1; \
the initial weights are saved in net.safetensors"
    lacks 'learning rate' err
}

@test "faults: the checkpoint before a fault stays, and leads to it again" {
    trainer xor net
    local status=0
    ./net train --quiet --lr 3e37 --checkpoint-every 1 2>first || status=$?
    [ $status = 5 ]
    cp xor.safetensors first.safetensors
    ./net train --quiet --resume xor.safetensors.ckpt 2>again || status=$?
    [ $status = 5 ]
    cmp first again
    cmp first.safetensors xor.safetensors
}

# extreme LOSS LAYERS ROW…: every loss that is shown is finite, gradients are those of the definition
# (bit for bit the evaluator's) and of the differences.
extreme() {
    local loss=$1 layers=$2 inputs=$3 rows
    shift 3
    rows=$(printf ', [%s]' "$@")
    cat >net.mlp <<MLP
model net { input = $inputs; loss = $loss; $layers }
data { train = table(${rows#, }); test = table(${rows#, }); }
train { optimizer = sgd(lr = 1e-6); batch = 2; epochs = 3; }
MLP
    for unroll in always never; do
        mlpgen --unroll=$unroll net.mlp
        linked net.c net -O0
        ./net train >out
        cat out
        lacks "nan\|inf" out
        "$BUILD/oracle" net.mlp train --quiet --save reference
        cmp reference net.safetensors
    done
    mlpgen --dtype=f64 net.mlp -o double.c
    linked double.c double -O0
    [ "$loss $layers" = "softmax_cross_entropy dense(1);" ] || ./double gradcheck
}

@test "faults: logits of ±1e4 are none" {
    extreme softmax_cross_entropy "dense(3, init = uniform(-1, 1));" 1 "1e4, 0" "-1e4, 1" "1e4, 2"
    extreme sigmoid_cross_entropy "dense(2, init = uniform(-1, 1));" 1 "1e4, 0, 1" "-1e4, 1, 1" "1e4, 1, 0"
}

@test "faults: equal logits are none" {
    extreme softmax_cross_entropy "dense(3, init = zeros);" 2 "1, 2, 0" "3, 4, 1" "5, 6, 1"
    extreme "softmax_cross_entropy(label_smoothing = 0.1)" "dense(3, init = zeros);" 2 "1, 2, 0" "3, 4, 1"
}

@test "faults: one class is none: its loss and its gradient are zero" {
    extreme softmax_cross_entropy "dense(1);" 2 "1, 2, 0" "3, 4, 0" "5, 6, 0"
    grep -q "^epoch 3/3  loss 0.0000  test loss 0.0000  accuracy 1.0000" out
    ./net train --quiet --epochs 1 --lr 1 --save other
    cmp <(oracle values net.safetensors) <(oracle values other)
}

@test "faults: constant columns are none" {
    extreme softmax_cross_entropy "dense(4); tanh; dense(2);" 3 "7, 0, 1, 0" "7, 0, 2, 1" "7, 0, 3, 1"
}

@test "faults: subnormal inputs are none" {
    extreme softmax_cross_entropy "dense(4); tanh; dense(2);" 2 "1e-40, 1, 0" "3e-39, 2, 1" "1e-45, -1, 1"
    extreme mse "dense(4); sigmoid; dense(1);" 2 "1e-40, 1, 1e-42" "3e-39, 2, 1" "1e-45, -1, 1"
}
