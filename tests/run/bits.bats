# The promise on small models: the weights after training, and what eval says of them, are the
# reference evaluator's, byte for byte, whatever compiles the emitted code, however it is scheduled,
# whichever path it takes.

load common

# Emission and flags, the ends of both: what one compiler has unoptimized, the other has optimized. All
# combinations with all flags are make check-matrix and make check-smith.
OPTIMIZED="-O2 -march=native -ffp-contract=fast"
GCC=("always -O0" "never $OPTIMIZED")
CLANG=("always $OPTIMIZED" "never -O0")

# bits COMPILER MODEL: the builds of that compiler, one run of them for each path.
bits() {
    local compiler=$1 model=$2 build unroll flags path runs=0
    local -n builds=${compiler^^}
    "$BUILD/oracle" "$model" train --quiet --save reference.safetensors
    "$BUILD/oracle" "$model" eval --quiet --json --weights reference.safetensors >reference.json
    for build in "${builds[@]}"; do
        read -r unroll flags <<<"$build"
        mlpgen --unroll=$unroll "$model" -o $unroll.c
        CC=$compiler linked $unroll.c program $flags
        for path in $(paths_of ./program); do
            ./program train --quiet --isa $path --save out.safetensors
            ./program eval --quiet --json --isa $path --weights out.safetensors >out.json
            cmp reference.safetensors out.safetensors && cmp reference.json out.json || {
                echo "$compiler $flags --unroll=$unroll --isa $path differs"
                return 1
            }
            runs=$((runs + 1))
        done
    done
    echo "$runs runs, one hash: $(sha256sum <reference.safetensors | cut -c1-16)"
}

# alike_on_paths THREADS…: on every path of ./net and so many threads, weights are those of reference.
alike_on_paths() {
    local path threads
    for path in $(paths_of ./net); do
        for threads in "$@"; do
            ./net train --quiet --isa $path --threads $threads --save out
            cmp reference out
        done
    done
}

# double_alike_on_paths MODEL: doubles, which are those of the portable path.
double_alike_on_paths() {
    mlpgen --dtype=f64 "$1" -o double.c
    linked double.c net -O1 -fopenmp
    ./net train --quiet --isa portable --threads 1 --save reference
    alike_on_paths 3
}

@test "bits: xor, gcc" {
    bits gcc "$ROOT/examples/xor/xor.mlp"
}

@test "bits: xor, clang" {
    bits clang "$ROOT/examples/xor/xor.mlp"
}

@test "bits: mixed, gcc" {
    bits gcc "$ROOT/tests/models/mixed.mlp"
}

@test "bits: mixed, clang" {
    bits clang "$ROOT/tests/models/mixed.mlp"
}

@test "bits: classes, gcc" {
    bits gcc "$ROOT/tests/models/classes.mlp"
}

@test "bits: columns, gcc" {
    bits gcc "$ROOT/tests/models/columns.mlp"
}

@test "bits: regression, gcc" {
    bits gcc "$ROOT/tests/models/regression.mlp"
}

@test "bits: regression, clang" {
    bits clang "$ROOT/tests/models/regression.mlp"
}

@test "bits: functions, gcc" {
    bits gcc "$ROOT/tests/models/functions.mlp"
}

@test "bits: functions, clang" {
    bits clang "$ROOT/tests/models/functions.mlp"
}

@test "bits: slopes, gcc" {
    bits gcc "$ROOT/tests/models/slopes.mlp"
}

@test "bits: roots, clang" {
    bits clang "$ROOT/tests/models/roots.mlp"
}

@test "bits: another seed or one more epoch gives another file" {
    model=$ROOT/tests/models/mixed.mlp
    mlpgen "$model" -o net.c
    linked net.c net -O0
    ./net train --quiet --save one.safetensors
    ./net train --quiet --save again.safetensors
    cmp one.safetensors again.safetensors
    ./net train --quiet --seed 4 --save seed.safetensors
    ./net train --quiet --epochs 7 --save epoch.safetensors
    differ one.safetensors seed.safetensors
    differ one.safetensors epoch.safetensors
}

# Standalone programs read no gzip: the model is taken with plain files' names.
@test "bits: one epoch of fashion, linked and standalone" {
    need_fashion
    local file
    for file in "$FASHION"/*.gz; do
        gunzip -c "$file" >"$(basename "$file" .gz)"
    done
    sed 's/\.gz"/"/g' "$ROOT/examples/fashion/fashion.mlp" >fashion.mlp
    mlpgen fashion.mlp -o linked.c
    mlpgen --standalone fashion.mlp -o standalone.c
    CC=gcc linked linked.c linked -O2 -std=c11
    CC=clang standalone standalone.c standalone -O1
    ./linked train --quiet --epochs 1 --save reference
    ./standalone train --quiet --epochs 1 --save out
    cmp reference out
    ./linked train --quiet --epochs 1 --seed 2 --save seed
    differ reference seed
}

# What the runtime computes before a step: splits, constants of normalisation, samples gathered by them.
@test "bits: held out and normalised, the runtime compiled with the program" {
    sed 's/test  = samples;/test = holdout(0.2); validation = holdout(0.2); normalize = standardize;/' \
        "$ROOT/tests/models/mixed.mlp" >class.mlp
    sed 's/normalize = .*/test = holdout(0.3); normalize = minmax; normalize_target = standardize;/' \
        "$ROOT/tests/models/regression.mlp" >number.mlp
    for build in "class gcc -O0" "number clang $OPTIMIZED"; do
        set -- $build
        "$BUILD/oracle" $1.mlp train --quiet --save reference
        mlpgen --standalone $1.mlp
        CC=$2 standalone $1.c program "${@:3}"
        ./program train --quiet --save out
        cmp reference out
    done
}

# Threads that share a layer's units, and more of them than the second has panels; with all gradients kept
# for their norm, other optimizers, a layer that is frozen, doubles.
@test "bits: units shared by threads" {
    model=$ROOT/tests/models/large/units.mlp
    cp "$model" sgd.mlp
    sed 's/optimizer = .*; batch/optimizer = adam; clip_norm = 0.1; batch/; s/dense(3)/dense(512, bias = false)/' \
        "$model" >adam.mlp
    sed 's/optimizer = .*; batch/optimizer = rmsprop; batch/; s/dense(144); relu/dense(512); relu; dense(512, frozen = true)/' \
        "$model" >rmsprop.mlp
    for name in sgd adam rmsprop; do
        "$BUILD/oracle" $name.mlp train --quiet --save reference
        mlpgen $name.mlp
        grep -q '^static void backward2_units_portable' $name.c
        grep -q '^static void backward3_units_portable' $name.c
        linked $name.c net -O1 -fopenmp
        alike_on_paths 1 3 11
    done
    grep -q '^static void backward4_units_portable' adam.c
    double_alike_on_paths sgd.mlp
}

# Blocks of samples that threads share, some of which have none, with a rest and without; runs and single
# steps; other optimizers, the norm of all gradients; no bias; doubles; what predict reads.
@test "bits: samples side by side" {
    model=$ROOT/tests/models/columns.mlp
    cp "$model" sgd.mlp
    sed 's/optimizer = .*; batch = 16/optimizer = adam; clip_norm = 0.1; batch = 32/; s/(label_smoothing = 0.1)//' \
        "$model" >adam.mlp
    sed 's/optimizer = .*; batch = 16/optimizer = rmsprop; batch = 1024/; s/dense(5)/dense(8, bias = false)/' \
        "$model" >rmsprop.mlp
    for name in sgd adam rmsprop; do
        "$BUILD/oracle" $name.mlp train --quiet --save reference
        "$BUILD/oracle" $name.mlp predict --weights reference >predictions
        mlpgen $name.mlp
        grep -q 'samples stand side by side' $name.c
        linked $name.c net -O1 -fopenmp
        alike_on_paths 1 3 11
        for path in $(paths_of ./net); do
            ./net predict --isa $path --weights reference | cmp predictions
        done
    done
    double_alike_on_paths sgd.mlp
}

# Gradients of 1e18 next to weights that hardly move: what stands in the padding of looped layers must
# not decide whether weights are finite.
@test "bits: large gradients, unrolled and looped" {
    cat >large.mlp <<'MLP'
let t = table([1000, 2000, 1500, 1e18], [500, -200, 1000, 1e18]);
model large {
    input = 3; loss = half_squared; init = uniform(-0.3, 0.3);
    dense(20); dense(20); dense(20); dense(1);
}
data { train = t; }
train { optimizer = sgd(lr = 1e-24); batch = 2; epochs = 5; }
MLP
    "$BUILD/oracle" large.mlp train --quiet --save reference
    for unroll in always never; do
        mlpgen --unroll=$unroll large.mlp -o net.c
        linked net.c net -O0
        for path in $(paths_of ./net); do
            ./net train --quiet --isa $path --save out
            cmp reference out
        done
    done
}

# gcc's -fpredictive-commoning, a part of -O3, keeps stores back for other rows of a loop, and writes what
# was there before to what lies between: a row that another thread may be writing.
@test "bits: gcc keeps no stores back over rows, which may be another thread's" {
    for batch in 3 7; do
        mlpgen --target=avx2 --dtype=f64 - -o net.c <<MLP
model net { input = 8; loss = softmax_cross_entropy; prelu; dense(32); dense(48); tanh; dense(7); }
data { train = idx("x", "t"); }
train { optimizer = sgd(lr = 0.3); epochs = 1; batch = $batch; }
MLP
        gcc -O3 -fopenmp -I"$ROOT/runtime" -c net.c -o net.o -fdump-tree-pcom-details
        grep -q '^;; Function' net.c.*.pcom
        sed -n '/^Store-stores chain/,/max distance/p' net.c.*.pcom >chains
        lacks 'max distance [1-9]' chains
        rm -f net.c.*
    done
}
