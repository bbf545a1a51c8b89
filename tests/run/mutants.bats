# The list of single faults follows the sources. (Whether tests find them: `make check-mutants`.)

load common

MUTANTS=$ROOT/tests/mutants/run

@test "mutants: every text that a fault replaces stands where it says" {
    "$MUTANTS" --check
}

@test "mutants: there are enough of each group" {
    for least in "adjoint 6" "loss 5" "optimizer 5" "random 4" "emitter 5" "speed 2" "loader 3" "resume 2" "control 1"; do
        set -- $least
        [ "$(grep -c "^[a-z]" "$ROOT/tests/mutants/faults/$1.txt")" -ge "$2" ] || { echo "$1"; return 1; }
    done
}

# fault FILE TEXT [FUNCTION]: a list of one, that replaces that text.
fault() {
    mkdir -p faults
    printf 'one\n    a fault\n    test gradients 101\n    edit %s\n    - %s\n    + x\n' \
        "$1${3:+ $3}" "$2" >faults/some.txt
}

# wrong LINE: the list is refused with that message.
wrong() {
    run "$MUTANTS" --check --faults faults
    [ "$status" = 2 ]
    [ "$output" = "mutants: $1" ]
}

@test "mutants: a text that stands nowhere, or twice, is an error, and so is a test that is not there" {
    fault compiler/ops/relu.c 'return y > 0 ? dy : 0;' eval_gradient
    "$MUTANTS" --check --faults faults
    fault compiler/ops/relu.c 'return y > 0 ? dy : 0;' eval
    wrong "one: 0 times in compiler/ops/relu.c eval: return y > 0 ? dy : 0;"
    fault compiler/ops/relu.c '(void)ev, (void)attr;'
    wrong "one: 2 times in compiler/ops/relu.c: (void)ev, (void)attr;"
    fault compiler/ops/relu.c 'A NaN passes through.'
    sed -i 's/test .*/test unit rng\/philox/' faults/some.txt
    wrong "one: there is no test unit rng/philox"
    sed -i 's/test .*/test bats "bits: fortran" tests\/run\/bits.bats/' faults/some.txt
    wrong 'one: there is no test bats "bits: fortran" tests/run/bits.bats'
    sed -i '/test/d' faults/some.txt
    wrong "one: no fault, no edit, or no known kind of test"
}
