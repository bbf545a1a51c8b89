# Random models: emitted code is free of warnings and computes what the evaluator computes, whatever
# is combined. A few of them here; `make check-smith` takes a thousand.

load common

SMITH=$ROOT/tests/smith/run

@test "smith: ten models, all pairs of settings among their builds" {
    "$SMITH" "$BUILD" 10 --least 0 --jobs 1
}

# The sums of looped layers from their other end.
@test "smith: an order that is broken is seen, and shrunk to a model of a few lines" {
    run "$SMITH" "$BUILD" 3 --first 3 --jobs 1 --trials 20 \
        --edit 's/for (size_t k = 0; k < depth; k++)/for (size_t k = depth; k-- > 0;)/'
    echo "$output"
    [ "$status" = 1 ]
    [[ $output == *"seed "*": train writes other bytes"* ]]
    model=$(sed -n '/^the smallest that fails alike/,/^cd /p' <<<"$output")
    [[ $model == *"model "*"dense("*"data {"*"train {"* ]]
    [ "$(wc -l <<<"$model")" -lt 40 ]
}

@test "smith: a seed makes one model, and so do its choices" {
    for seed in 1 2 3 4 5 6 7 8; do
        mkdir $seed $seed.again
        "$BUILD/mlpgen-smith" $seed $seed >said
        "$BUILD/mlpgen-smith" "--choices=$(sed -n 's/^choices //p' said)" $seed.again >said_again
        grep -v '^refused' said | cmp - said_again
        for file in $seed.again/*; do
            cmp "$file" "$seed/$(basename "$file")"
        done
    done
}

@test "smith: whatever choices are made, there is a model or there is none" {
    "$BUILD/mlpgen-smith" --choices= . >said
    grep -q "^item layer	dense$" said
    "$BUILD/mlpgen-smith" --choices="1 99 99 99 99 99 99 99" . || [ $? = 1 ]
    "$BUILD/mlpgen-smith" --choices="no number" . >/dev/null
}

@test "smith: shrinking keeps what matters and nothing else" {
    cat >shrinks.py <<'END'
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
import shrink
fails = lambda numbers: " ".join(map(str, numbers)) if 7 in numbers and sum(numbers) > 9 else None
assert shrink.parse("3 ( 1 ( 7 ) 2 ) 9")[1] == [(1, 4), (2, 3)]
smallest = shrink.shrink("3 ( 1 ( 7 ) 2 ) 9 8 8 8", fails, 500)
assert smallest in ("3 7", "7 3"), smallest
assert shrink.shrink("3 7 9", fails, 0) == "3 7 9"
END
    "$PYTHON" shrinks.py "$ROOT/tests/smith"
}
