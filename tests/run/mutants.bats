# The table of single faults follows the sources. (Whether tests find them: `make check-mutants`.)

load common

MUTANTS=$ROOT/tests/mutants/run

@test "mutants: every text of the table stands where it says" {
    "$MUTANTS" --check
}

@test "mutants: there are enough of each group" {
    for least in "adjoint 6" "loss 5" "optimizer 5" "random 4" "emitter 5" "loader 3" "training 3" "control 1"; do
        set -- $least
        [ "$(grep -c "^$1 " "$ROOT/tests/mutants/mutants.txt")" -ge "$2" ] || { echo "$1"; return 1; }
    done
}

# row FILE TEXT [FUNCTION]: a table of one row, with an edit of that text.
row() {
    printf 'adjoint one\n    a fault\n    test gradients 101\n    edit %s\n    - %s\n    + x\n' \
        "$1 $3" "$2" >table.txt
}

@test "mutants: a text that stands nowhere, or twice, is an error" {
    row compiler/ops/relu.c 'return y > 0 ? dy : 0;' eval_gradient
    "$MUTANTS" --check --table table.txt
    row compiler/ops/relu.c 'return y > 0 ? dy : 0;' eval
    run "$MUTANTS" --check --table table.txt
    [ "$status" = 2 ]
    [ "$output" = "mutants: one: 0 times in compiler/ops/relu.c eval: return y > 0 ? dy : 0;" ]
    row compiler/ops/relu.c '(void)attr;'
    run "$MUTANTS" --check --table table.txt
    [ "$status" = 2 ]
    row compiler/ops/none.c '(void)attr;'
    run "$MUTANTS" --check --table table.txt
    [ "$status" = 2 ]
    sed '/test/d' table.txt >table2.txt
    run "$MUTANTS" --check --table table2.txt
    [ "$status" = 2 ]
}
