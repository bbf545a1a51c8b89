# The gradient check of emitted programs: it passes for what mlpgen derives, and one wrong adjoint
# anywhere is seen.

load common

# A double build of a model, its C first edited by a sed script.
program() {
    mlpgen --dtype=f64 --target=portable --unroll=always "$1" -o right.c
    sed "$2" right.c >edited.c
    linked edited.c net -O0
}

# fault NAME SCRIPT: the edit changes the text, and gradcheck says no.
fault() {
    program "$ROOT/tests/models/mixed.mlp" "$2"
    differ right.c edited.c || { echo "$1: nothing was edited"; return 1; }
    run ./net gradcheck
    [ "$status" = 1 ] || { echo "$1 was not seen: $output"; return 1; }
    [[ $output == *"worst relative error"* ]]
}

# checked MODEL UNROLL: every path's gradients within 1e-6.
checked() {
    mlpgen --dtype=f64 --unroll=$2 "$1" -o net.c
    linked net.c net -O0
    for path in $(paths_of ./net); do
        ./net gradcheck --all --isa $path
    done
}

@test "gradients: every model of the tests within 1e-6 on every path, looped, and two unrolled" {
    for model in "$ROOT"/tests/models/*.mlp; do
        checked "$model" never
    done
    for model in "$ROOT/tests/models/mixed.mlp" "$ROOT/examples/xor/xor.mlp"; do
        checked "$model" always
    done
}

# The whole table is `make check-gradients`.
@test "gradients: every combination of words in the evaluator, one in thirteen" {
    run "$BUILD/gradients" 13
    echo "$output"
    [ "$status" = 0 ]
    [[ $output == *" right, of "* ]]
}

@test "gradients: a float build checks to 1e-3 and says how to get more" {
    mlpgen "$ROOT/examples/xor/xor.mlp" -o net.c
    linked net.c net -O1
    run ./net gradcheck
    [ "$status" = 0 ]
    [[ $output == *"--dtype=f64"* ]]
}

@test "gradients: broken adjoints are seen" {
    # one function each, by its name and what stands in it
    fault "sigmoid's derivative" '/^static void output_dx/,/^}/ s/fma(-t0, y0, t0)/t0/'
    fault "tanh's derivative" '/^static void tanh1_backward/,/^}/ s/fma(-(y3 \* y3), dy3, dy3)/dy3/'
    fault "relu's derivative" '/^static void block_0_relu1_backward/,/^}/ s/> 0\.0 ? \(dy[0-9]*\) : 0\.0/> 0.0 ? \1 : \1/'
    fault "the mask of dropout" '/^static void dropout1_backward/,/^}/ s/keep\[4\] ?/1 ?/'
    fault "the scale of dropout" '/^static void dropout1_backward/,/^}/ s|x5 / 0\.7|x5|'
    fault "softmax" 's/pr\[label\[r\]\] - 1\.0/pr[label[r]] - 1.001/'
    fault "the weights of dX" '/^static void dense2_dx/,/^}/ s/fma(in\[1\], w\[[0-9]*\]/fma(in[1], w[0]/'
    fault "an input of dW" '/^static void first_dw/,/^}/ s/dw\[20\] = fma(xr\[1\]/dw[20] = fma(xr[2]/'
    fault "the bias" '/^static void output_db/,/^}/ s/db\[1\] = db\[1\] + dyr\[1\]/db[1] = db[1] + dyr[0]/'
    fault "the last sample" '/^static void first_dw/,/^}/ s/r < n;/r + 1 < n;/'
}
