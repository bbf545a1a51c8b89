# Plans: what --emit=plan writes, and that programs keep to it. Plans of examples stand in tests/plan/;
#     MLPGEN_UPDATE=1 bats tests/run/plan.bats      writes them anew: read the difference

load common

ends() {
    local status=0
    "${@:2}" >out 2>err || status=$?
    [ $status = "$1" ] || { cat out err; echo "exit $status, not $1"; return 1; }
}

# The number behind a word at the start of a line of a plan.
figure() {
    awk -v name="$2" '$1 == name { print $2; exit }' "$1"
}

@test "plan: those of xor and fashion are as written" {
    for name in xor fashion; do
        expected=$ROOT/tests/plan/$name.plan
        mlpgen --emit=plan "$ROOT/examples/$name/$name.mlp" -o $name.plan
        [ -z "$MLPGEN_UPDATE" ] || cp $name.plan "$expected"
        diff -u "$expected" $name.plan
    done
}

@test "plan: small layers are written out where nothing has vectors" {
    mlpgen --emit=plan --target=portable "$ROOT/examples/xor/xor.mlp" -o portable
    grep -Eq '^hidden_forward +straight +8$' portable
    grep -Eq '^straight +96 statements' portable
    mlpgen --emit=plan --target=avx2 "$ROOT/examples/xor/xor.mlp" -o avx2
    lacks '_forward *straight' avx2
    grep -q '^straight *0 statements' avx2
}

@test "plan: every example has one, of every element type and form" {
    for model in "$ROOT"/examples/*/*.mlp "$ROOT"/tests/models/*.mlp; do
        for option in --dtype=f32 --dtype=f64 --unroll=always --unroll=never; do
            mlpgen --emit=plan $option "$model" -o plan
            head -n 1 plan | grep -q "^plan of $(basename "$model") by mlpgen "
            tail -n 1 plan | grep -q '^A slot is '
            lacks ' $' plan
        done
    done
}

@test "plan: only the instruction sets that are emitted are planned" {
    mlpgen --emit=plan --target=avx2 "$ROOT/examples/fashion/fashion.mlp" -o plan
    grep -q '^avx2 ' plan
    grep -q '^portable ' plan
    lacks -E 'avx512|neon' plan
}

@test "plan: info says the same, and what it makes of it on this machine" {
    trainer fashion net
    mlpgen --emit=plan "$ROOT/examples/fashion/fashion.mlp" -o plan
    ends 0 ./net info --data nowhere
    sed -n '/^plan of/,/^A slot/p' out | cmp - plan
    grep -qE '^peak +[0-9.e+]+ GFLOP/s' out
    grep -qE '^expected +training [0-9.e+]+ µs a sample, [0-9.e+]+ µs a step$' out
    grep -qE '^ +inference [0-9.e+]+ µs a sample, [0-9.e+]+ µs of one alone$' out
    grep -qE '^ +epoch not known without the training data: nowhere/' out
    trainer xor xor
    ends 0 ./xor info --isa portable
    grep -qE '^ +epoch [0-9.e+-]+ s, of 4 samples$' out
}

@test "plan: the arena is what the program allocates" {
    cat >spy.c <<'END'
#include <stdio.h>
#include <stdlib.h>
int __real_posix_memalign(void **, size_t, size_t);
int __wrap_posix_memalign(void **p, size_t align, size_t size)
{
    fprintf(stderr, "allocated %zu\n", size);
    return __real_posix_memalign(p, align, size);
}
END
    for name in xor fashion activations; do
        model=$(ls "$ROOT/examples/$name"/*.mlp | head -n 1)
        for type in f32 f64; do
            mlpgen --emit=plan --dtype=$type "$model" -o plan
            mlpgen --dtype=$type "$model" -o net.c
            linked net.c net spy.c -Wl,--wrap=posix_memalign
            ends 0 ./net info --data nowhere
            echo "$name $type: $(figure plan memory)"
            [ "$(sed -n 's/^allocated //p' err)" = "$(figure plan memory)" ]
        done
    done
}

@test "plan: bench times a program without a file, and leaves none" {
    mlpgen "$ROOT/examples/fashion/fashion.mlp" -o net.c
    linked net.c net -O1
    rm net.c
    ends 0 ./net bench --threads 1
    [ ! -s err ]
    head -n 1 out | grep -qE '^fashion: path [a-z0-9]+, threads 1, batch 256, peak [0-9.e+]+ GFLOP/s$'
    [ "$(grep -cE '^(training|inference|inference, alone) +([0-9.]+ +){4}%$' out)" = 3 ]
    [ "$(ls | sort | tr '\n' ' ')" = 'err net out ' ]
    ends 2 ./net bench more
    ends 2 ./net bench --epochs 3
    ends 2 ./net bench --isa sse
}

# bench [OPTION…]: what ./net bench says is numbers.
bench() {
    ends 0 ./net bench "$@"
    lacks -wE 'nan|inf' out
}

@test "plan: bench has data for every kind of target, path and element type, standalone too" {
    for target in 'softmax_cross_entropy "t"' 'sigmoid_cross_entropy "t"' 'mse "t"' 'mse input'; do
        set -- $target
        cat >net.mlp <<END
model net { input = 3; loss = $1; dense(4); dropout(0.5); dense(3); }
data { train = idx("x", $2); normalize = standardize; }
train { optimizer = adam; batch = 5; epochs = 1; }
END
        for option in --dtype=f32 --dtype=f64; do
            mlpgen $option net.mlp -o net.c
            linked net.c net -O0
            bench
        done
    done
    for path in $(paths_of ./net); do
        bench --isa $path
        head -n 1 out | grep -q "^net: path $path, "
    done
    mlpgen --standalone net.mlp -o net.c
    standalone net.c net -O0
    bench
}
