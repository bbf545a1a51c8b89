# The order of the layers in CONTRIBUTING.md holds, and breaking it would be seen.

load common

setup() {
    cp -r "$ROOT/compiler" "$ROOT/runtime" "$ROOT/CONTRIBUTING.md" "$BATS_TEST_TMPDIR"
    cd "$BATS_TEST_TMPDIR" || return 1
}

check_layers() {
    run "$ROOT/tools/check-layers" CONTRIBUTING.md $(find compiler runtime -type f)
}

@test "layers: no file includes a header of a later layer" {
    check_layers
    echo "$output"
    [ "$status" = 0 ]
}

@test "layers: a lower layer that includes a higher one is reported with its line" {
    echo '#include "model.h"' >compiler/arena.c
    check_layers
    [ "$status" = 1 ]
    [ "$output" = 'compiler/arena.c:1: arena must not include "model.h", which is of a later layer' ]
}

@test "layers: the compiler includes nothing of the runtime but what the list excepts" {
    echo '#include "runtime/mlprt/math.h"' >compiler/check.c
    echo '#include "weights.h"' >compiler/model.h
    check_layers
    [ "$status" = 1 ]
    [ "${#lines[@]}" = 2 ]
    [[ $output == *'compiler/check.c:1: "runtime/mlprt/math.h" stands in no layer of compiler'* ]]
    [[ $output == *'compiler/model.h:1: "weights.h" stands in no layer of compiler'* ]]
}

@test "layers: a file that stands in no list is reported" {
    echo 'int x;' >runtime/stray.c
    check_layers
    [ "$status" = 1 ]
    [ "$output" = 'runtime/stray.c:1: stray stands in no layer' ]
}
