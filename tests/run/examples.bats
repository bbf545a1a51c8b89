# The examples do what their READMEs say. The full accuracies are taken by `make check-seeds`.

load common

@test "examples: xor is learned with every seed from 1 to 10" {
    trainer xor xor
    for seed in 1 2 3 4 5 6 7 8 9 10; do
        ./xor train --seed $seed --quiet
        [ "$(./xor eval | value_of accuracy)" = 1.0000 ] || { echo "seed $seed"; false; }
    done
}

@test "examples: xor is not learned without training" {
    trainer xor xor
    ./xor train --epochs 1 --lr 0.000001 --quiet
    [ "$(./xor eval | value_of accuracy)" != 1.0000 ]
}

@test "examples: fashion gets somewhere within an epoch" {
    need_fashion
    trainer fashion fashion
    ./fashion train --data "$FASHION" --epochs 1 --quiet
    accuracy=$(./fashion eval --data "$FASHION" | value_of accuracy)
    echo "accuracy $accuracy"
    at_least "$accuracy" 0.70
}

@test "examples: fashion_dropout gets somewhere within an epoch" {
    need_fashion
    trainer fashion_dropout fashion_dropout
    ./fashion_dropout train --data "$FASHION" --epochs 1 --quiet
    accuracy=$(./fashion_dropout eval --data "$FASHION" | value_of accuracy)
    echo "accuracy $accuracy"
    at_least "$accuracy" 0.65
}

@test "examples: gradients agree with finite differences in double builds" {
    for example in xor fashion fashion_dropout; do
        [ $example = xor ] || [ -n "$FASHION" ] || continue
        trainer $example $example --dtype=f64
        run ./$example gradcheck --data "${FASHION:-.}"
        echo "$example: $output"
        [ "$status" = 0 ]
        [[ $output == *"worst relative error"* ]]
    done
}

@test "examples: each is a folder with its model and a README that shows the commands" {
    for folder in "$ROOT"/examples/*/; do
        name=$(basename "$folder")
        [ -f "$folder/$name.mlp" ]
        grep -q "mlpgen .*$name.mlp" "$folder/README.md"
    done
}
