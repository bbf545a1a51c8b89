# What PyTorch computes from the same models and weights: forward pass, losses, gradients, training.

load common

VECTORS=$ROOT/tests/parity/vectors

@test "parity: the evaluator meets every recorded tensor" {
    "$ROOT/tools/check-parity" "$BUILD"
}

# wrong TENSOR MODEL: with its first number changed a little, it is not met.
wrong() {
    cp "$VECTORS/$2.mlp" .
    awk -v key="$1" '$1 == key { $3 += 1e-4 + $3 * 1e-4; found = 1 } { print }
                     END { exit !found }' "$VECTORS/$2.txt" >"$2.txt"
    run "$BUILD/parity" "$2.mlp"
    [ "$status" = 1 ]
    [[ $output == *"$2 "*"NOT MET"*"$1: "* ]]
}

@test "parity: a wrong number is found" {
    wrong f64/outputs relu
    wrong f32/gradients/prelu2.weight prelu
    wrong f64/losses mae
    wrong f32/trained/dense3.bias adamw
    wrong f64/states/dense1.weight/square_avg rmsprop
    wrong rates cosine_sgd
    wrong initial/prelu1.weight prelu_slope
}

@test "parity: what is recorded and not computed is found, and the reverse" {
    cp "$VECTORS/sgd_momentum.mlp" .
    sed 's,bias/momentum_buffer,bias/exp_avg,' "$VECTORS/sgd_momentum.txt" >sgd_momentum.txt
    run "$BUILD/parity" sgd_momentum.mlp
    [ "$status" = 1 ]
    [[ $output == *"f64/states/dense1.bias/exp_avg: recorded, but not computed"* ]]
    [[ $output == *"f64/states/dense1.bias/momentum_buffer: not recorded as 1 x 5"* ]]
}

@test "parity: a word that no model has is found" {
    run "$BUILD/parity" "$VECTORS/relu.mlp"
    [ "$status" = 1 ]
    [[ $output == *"relu "*"met"*"no model has gelu"*"no model has adamw(beta2 = …)"* ]]
}

@test "parity: without models there is nothing to compare" {
    run "$BUILD/parity"
    [ "$status" = 2 ]
    run "$BUILD/parity" missing.mlp
    [ "$status" = 1 ]
    [[ $output == *missing.mlp* ]]
    cp "$VECTORS/relu.mlp" .
    run "$BUILD/parity" relu.mlp
    [ "$status" = 1 ]
    [[ $output == *"relu.txt: no recording"* ]]
}
