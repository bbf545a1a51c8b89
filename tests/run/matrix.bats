# The promise as a matrix of runs (tests/matrix/matrix.py): a slice of it, and that it can fail. All of
# it is `make check-matrix`.

load common

@test "matrix: a slice of the builds, threads and resumed runs gives one hash a model" {
    run "$ROOT/tests/matrix/matrix.py" "$BUILD" --quick
    echo "$output"
    [ "$status" = 0 ]
    [[ $output == *" runs of "*" builds, 0 failed"* ]]
}

@test "matrix: a kernel that sums in another order is seen" {
    run "$ROOT/tests/matrix/matrix.py" "$BUILD" --control
    echo "$output"
    [ "$status" = 0 ]
    [[ $output == *"seen"* ]]
}
