# Emitted code is free of warnings under strict flags, with both compilers, ISO and gnu mode,
# straight-line, looped, and some of each.

load common

# all_pass COMMAND…: it compiles every kind of emission, in ISO and gnu mode.
all_pass() {
    mlpgen "$ROOT/examples/fashion_dropout/fashion_dropout.mlp"
    mlpgen --target=portable "$ROOT/examples/xor/xor.mlp" -o portable.c
    mlpgen --unroll=always "$ROOT/examples/xor/xor.mlp" -o always.c
    mlpgen --unroll=never "$ROOT/examples/xor/xor.mlp" -o never.c
    mlpgen --unroll=never "$ROOT/tests/models/functions.mlp" -o functions.c
    mlpgen --unroll=never "$ROOT/tests/models/slopes.mlp" -o slopes.c
    mlpgen --dtype=f64 "$ROOT/examples/fashion_dropout/fashion_dropout.mlp" -o f64.c
    mlpgen "$ROOT/tests/models/large/units.mlp" -o units.c
    mlpgen "$ROOT/tests/models/columns.mlp" -o columns.c
    mlpgen --standalone "$ROOT/examples/fashion_dropout/fashion_dropout.mlp" -o alone.c
    mlpgen --standalone --dtype=f64 "$ROOT/examples/risk/risk.mlp" -o alone64.c
    for source in *.c; do
        "$@" $STRICT -I"$ROOT/runtime" "$source"
        "${@/-c/-fsyntax-only}" $STRICT -std=gnu11 -I"$ROOT/runtime" "$source"
    done
}

# Some of its warnings come from its optimizer, such as those of what may not be initialized.
@test "strict: gcc has nothing to say about emitted code" {
    all_pass gcc -O1 -c
}

@test "strict: clang has nothing to say about emitted code" {
    all_pass clang -fsyntax-only
}

@test "strict: a decay that no parameter has leaves nothing unused" {
    cat >net.mlp <<'MLP'
model net { input = 2; loss = half_squared; dense(20, frozen = true); prelu; }
data { train = table([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22]); }
train { optimizer = adamw(weight_decay = 0.1); batch = 1; epochs = 1; }
MLP
    mlpgen net.mlp -o net.c
    gcc $STRICT -O2 -I"$ROOT/runtime" -c net.c -o net.o
}

# Their gradients are fused into one place, where both want names for what they need twice.
@test "strict: two activations of a kind in a row have names of their own" {
    for layers in "silu; silu; dense(20);" "gelu; gelu; silu; silu;"; do
        cat >net.mlp <<MLP
model net { input = 2; loss = half_squared; dense(20); $layers dense(1); }
data { train = table([1, 2, 3]); }
train { optimizer = sgd(lr = 0.1); batch = 1; epochs = 1; }
MLP
        for unroll in always never; do
            mlpgen --unroll=$unroll net.mlp -o net.c
            gcc $STRICT -O0 -I"$ROOT/runtime" -c net.c -o net.o
        done
    done
}

@test "strict: a warning would be seen" {
    mlpgen "$ROOT/examples/xor/xor.mlp" -o xor.c
    echo 'static int narrowed(double x) { return x; } int use(void); int use(void) { return narrowed(1); }' >>xor.c
    for compiler in gcc clang; do
        run $compiler -fsyntax-only $STRICT -I"$ROOT/runtime" xor.c
        [ "$status" != 0 ]
        [[ $output == *onversion* ]]
    done
}

@test "strict: emitting is deterministic and names no path, date or host" {
    cp "$ROOT/examples/fashion/fashion.mlp" .
    mlpgen fashion.mlp -o one.c
    mkdir below
    (cd below && mlpgen ../fashion.mlp -o two.c)
    cmp one.c below/two.c
    lacks -Fw "$(hostname)" one.c
    lacks -F -e "$PWD" -e "$(date +%Y-%m-%d)" one.c
}

# Found by smith: nothing but columns of samples, one class, a transposed copy of a single row that is
# not trained.
@test "strict: models of one layer in columns, and of a layer with one input" {
    cat >net.mlp <<'MLP'
let inputs = 16;
let units  = 5;
model net { input = inputs; loss = softmax_cross_entropy; dense(units); }
data { train = table([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 0]); }
train { optimizer = sgd(lr = 0.1); batch = 16; epochs = 1; }
MLP
    cat >row.mlp <<'MLP'
model row { input = 2; loss = half_squared; dense(1); dense(48, frozen = true); relu; dense(1); }
data { train = table([1, 2, 3]); }
train { optimizer = sgd(lr = 0.1); batch = 1; epochs = 1; }
MLP
    mlpgen --unroll=never net.mlp -o five.c
    mlpgen --unroll=never -D units=1 net.mlp -o one.c
    mlpgen --unroll=never row.mlp -o row.c
    for name in five one row; do
        gcc $STRICT -O2 -I"$ROOT/runtime" -c $name.c -o $name.o
    done
    grep -q 'samples stand side by side' five.c
}
