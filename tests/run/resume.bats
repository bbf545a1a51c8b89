# Checkpoints: a run that was stopped, however, ends with the bytes of one that never was.

load common

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    export OMP_NUM_THREADS=2
}

# program OPTIMIZER [TRAIN-PROPERTY…]: ./net, with every layer that training changes or draws for.
program() {
    local optimizer=$1
    shift
    cat >net.mlp <<MLP
model net {
    input = 2;
    loss = softmax_cross_entropy;
    fixed: dense(5, frozen = true);
    tanh;
    hidden: dense(17);
    prelu;
    dropout(0.3);
    output: dense(3);
}
data {
    train = table([0, 0.1, 0], [0.2, 1, 1], [1, 0.3, 1], [1, 1, 0], [-1, 0.5, 2], [0.3, -1, 2],
        [-0.5, -0.7, 0], [0.8, 0.9, 1], [0.6, -0.2, 2], [0.7, 0.1, 1], [-0.9, 0.2, 0]);
}
train { optimizer = $optimizer; batch = 4; epochs = 6; $* }
MLP
    mlpgen net.mlp
    linked net.c net -O0 -fopenmp
}

# The files of a run at once, in whole.*, and whatever run comes after has to leave the same ones.
at_once() {
    ./net train --quiet "$@" --save whole --checkpoint whole.ckpt
}
same_as_at_once() {
    cmp whole part
    cmp whole.ckpt part.ckpt
}

# A run in two parts, cut at each epoch, and one in parts of one epoch.
in_parts() {
    local part="--quiet --save part --checkpoint part.ckpt" epoch
    at_once
    for epoch in 1 2 3 4 5; do
        rm -f part part.ckpt
        ./net train $part --stop-after $epoch
        differ whole part
        ./net train $part --resume part.ckpt --threads $((epoch % 2 + 1))
        same_as_at_once
    done
    ./net train $part --stop-after 1
    for epoch in 2 3 4 5 6; do
        differ whole part
        ./net train $part --stop-after 1 --resume part.ckpt
    done
    same_as_at_once
}

@test "resume: sgd, with momentum and a cosine" {
    program 'sgd(lr = 0.1, momentum = 0.9, nesterov = true, weight_decay = 0.01)' \
        'schedule = cosine(warmup = 2, final = 0.1);'
    in_parts
}

@test "resume: sgd that keeps nothing, in steps and without shuffling" {
    program 'sgd(lr = 0.1)' 'schedule = step(every = 2, factor = 0.5); shuffle = false;'
    in_parts
}

@test "resume: adam, with clipped gradients and without the last batch" {
    program 'adam(lr = 0.02, weight_decay = 0.01)' 'clip_norm = 0.5; drop_last = true;'
    in_parts
}

@test "resume: adamw, exponentially" {
    program 'adamw(lr = 0.02)' 'schedule = exponential(factor = 0.8);'
    in_parts
}

@test "resume: rmsprop, with momentum" {
    program 'rmsprop(lr = 0.01, momentum = 0.5)'
    in_parts
}

@test "resume: rmsprop, without" {
    program 'rmsprop(lr = 0.01)' 'schedule = cosine;'
    in_parts
}

@test "resume: f64" {
    program 'adam'
    mlpgen --dtype=f64 net.mlp
    linked net.c net -O0
    in_parts
}

# stop SIGNAL SECONDS ARGUMENT…: trains into part and sends it a signal; $status is its end.
stop() {
    local signal=$1 seconds=$2
    shift 2
    status=0
    bash -c 'set -m; ./net train --quiet --save part "${@:3}" & sleep "$2"
        kill -"$1" $! 2>kill.err; wait $!' stop "$signal" "$seconds" "$@" || status=$?
}

# interrupt SIGNAL ARGUMENT…: trains into part without end, and sends a signal some time after an epoch
# was done; $status is its end.
interrupt() {
    local signal=$1
    shift
    status=0
    rm -f log
    bash -c 'set -m; ./net train --save part --epochs 1000000000 "${@:2}" >log &
        until grep -q ^epoch log; do kill -0 $! 2>kill.err || break; sleep 0.05; done
        kill -"$1" $! 2>kill.err; wait $!' interrupt "$signal" "$@" || status=$?
}

# The signal comes when it comes; that it came in the middle of an epoch is the unit tests' business.
@test "resume: a run interrupted again and again" {
    program 'adam(lr = 0.001)'
    local signal status epoch
    interrupt INT
    [ $status = 130 ]
    [ -s part ]
    for signal in TERM:143 INT:130 TERM:143 INT:130; do
        interrupt ${signal%:*} --resume part.ckpt
        [ $status = ${signal#*:} ]
    done
    ./net train --save part --resume part.ckpt --checkpoint part.ckpt --stop-after 1 >out
    epoch=$(sed -n 's/^resumed part.ckpt: epoch \([0-9]*\),.*/\1/p' out)
    echo "epoch $epoch"
    ./net train --quiet --save part --resume part.ckpt --checkpoint part.ckpt --epochs $((epoch + 3))
    at_once --epochs $((epoch + 3))
    same_as_at_once
}

@test "resume: a run killed again and again" {
    program 'adam(lr = 0.001)'
    local epochs=1500 status parts=0
    local part="--checkpoint part.ckpt --checkpoint-every 7"
    at_once --epochs $epochs
    until [ -e part.ckpt ]; do
        stop KILL 0.1 $part --epochs $epochs
        [ $status = 137 ]
    done
    while [ $status != 0 ]; do
        stop KILL 0.$((parts % 3 + 1)) $part --resume part.ckpt
        parts=$((parts + 1))
    done
    echo "$parts parts"
    same_as_at_once
}

@test "resume: a longer run goes on from the end of a shorter one" {
    program 'sgd(lr = 0.1, momentum = 0.9)'
    at_once --epochs 9
    ./net train --quiet --save part --checkpoint part.ckpt
    ./net train --quiet --save part --checkpoint part.ckpt --resume part.ckpt --epochs 9
    same_as_at_once
    # or where the program says so
    ./net train --quiet --save part --checkpoint part.ckpt
    sed -i 's/epochs = 6/epochs = 9/' net.mlp
    mlpgen net.mlp
    linked net.c net -O0
    at_once
    ./net train --quiet --save part --checkpoint part.ckpt --resume part.ckpt
    same_as_at_once
}

@test "resume: lr, epochs and seed stay as they were" {
    program 'sgd(lr = 0.1)' 'schedule = cosine;'
    at_once --epochs 9 --lr 0.3 --seed 5
    ./net train --quiet --save part --checkpoint part.ckpt --epochs 9 --lr 0.3 --seed 5 --stop-after 2
    ./net train --quiet --save part --checkpoint part.ckpt --resume part.ckpt
    same_as_at_once
}

@test "resume: what does not fit is refused with 4" {
    program 'sgd(lr = 0.1)'
    ./net train --quiet --checkpoint c --stop-after 2
    # refuse MESSAGE ARGUMENT…
    refuse() {
        local message=$1 status=0
        shift
        ./net train --resume c "$@" >out 2>err || status=$?
        cat err
        [ "$status" = 4 ]
        grep -qF "net: error: c: $message" err
    }
    refuse "run with --lr 0.1, which --lr 0.2 cannot change" --lr 0.2
    refuse "run with --seed 1, which --seed 2 cannot change" --seed 2
    refuse "has done 6 steps, more than the 1 epochs that are asked for have" --epochs 1
    ./net train --resume c --lr 0.1 --seed 1 --epochs 6
    program 'sgd(lr = 0.2)'
    refuse "made by another program: line 34 of it, resolved, is '    optimizer = sgd(lr = 0.1, "
    program 'sgd(lr = 0.1)'
    sed -i 's/\[-0.9, 0.2, 0\]/[-0.9, 0.2, 1]/' net.mlp
    mlpgen net.mlp
    linked net.c net -O0
    refuse "made by another program: line 28 of it, resolved, is '        [-0.9, 0.2, 0]);"
    cp net.safetensors c
    refuse "not a checkpoint; weights are started from with --init"
}

@test "resume: other data of the same name is refused" {
    printf '\0\0\10\2\0\0\0\2\0\0\0\2\1\1\2\3' >x
    printf '\0\0\10\1\0\0\0\2\0\1' >y
    cat >net.mlp <<'MLP'
model net { input = 2; loss = softmax_cross_entropy; dense(2); }
data { train = idx("x", "y"); }
train { optimizer = sgd(lr = 0.1); batch = 1; epochs = 2; }
MLP
    mlpgen net.mlp
    linked net.c net -O0
    ./net train --quiet --stop-after 1
    printf '\0\0\10\1\0\0\0\2\1\1' >y
    run ./net train --resume net.safetensors.ckpt
    [ "$status" = 4 ]
    [[ $output == *"net.safetensors.ckpt: trained on other data: data_sha256 is "* ]]
}

@test "resume: a run says where it stops and goes on" {
    program 'adam'
    ./net train --stop-after 2 >out
    tail -n 3 out | diff - <(printf '%s\n' "stopped after epoch 2" \
        "checkpoint net.safetensors.ckpt" "saved net.safetensors")
    ./net train --resume net.safetensors.ckpt >out
    head -n 2 out | grep -qx "resumed net.safetensors.ckpt: epoch 2, step 6"
    head -n 2 out | grep -q "^epoch 3/6  loss "
    tail -n 1 out | grep -qx "saved net.safetensors"
    ./net info net.safetensors.ckpt >out
    grep -q "hidden.weight.exp_avg_sq.*\[17, 5\]" out
    lacks "fixed.weight.exp" out
    run ./net train --resume net.safetensors.ckpt --init net.safetensors
    [ "$status" = 2 ]
}

@test "resume: a checkpoint's weights are a start, but no weights file" {
    program 'adam'
    ./net train --quiet --stop-after 2
    ./net train --init net.safetensors.ckpt --epochs 1 >out
    grep -q "^  taken from it: fixed.weight, fixed.bias, hidden.weight" out
    lacks "drawn" out
    run ./net eval --weights net.safetensors.ckpt
    [ "$status" = 4 ]
    [[ $output == *"'hidden.weight.exp_avg' is no tensor of model 'net'"* ]]
}
