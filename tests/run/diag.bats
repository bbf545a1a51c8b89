# Messages as transcripts: what mlpgen says of tests/diag/NAME.mlp stands in NAME.expected beside it,
# with the exit status. A first line `# options: …` adds options.
#     MLPGEN_UPDATE=1 bats tests/run/diag.bats      writes them anew: read the difference

load common

# What mlpgen says of a file, run where it lies, so that messages name it without a path.
transcript() {
    local options status=0
    options=$(sed -n '1s/^# options: //p' "$1")
    mlpgen $options "$1" -o "$BATS_TEST_TMPDIR/out.c" 2>&1 >/dev/null </dev/null || status=$?
    echo "[exit $status]"
}

@test "diag: every transcript is as written" {
    cd "$ROOT/tests/diag"
    wrong=0
    for model in *.mlp; do
        expected=${model%.mlp}.expected
        transcript "$model" >"$BATS_TEST_TMPDIR/said"
        if [ -n "$MLPGEN_UPDATE" ]; then
            cp "$BATS_TEST_TMPDIR/said" "$expected"
        else
            diff -u "$expected" "$BATS_TEST_TMPDIR/said" || wrong=1
        fi
    done
    [ $wrong = 0 ]
}

@test "diag: every slug has a transcript" {
    slugs=$(sed -n 's/^DIAG([A-Z_]*, *"\([a-z-]*\)".*/\1/p' "$ROOT/compiler/diag.def")
    [ -n "$slugs" ]
    wrong=0
    for slug in $slugs; do
        grep -q "\[$slug\]" "$ROOT"/tests/diag/*.expected || { echo "no transcript: $slug"; wrong=1; }
    done
    [ $wrong = 0 ]
}

@test "diag: every transcript belongs to a model, and shows a known slug" {
    cd "$ROOT/tests/diag"
    for expected in *.expected; do
        [ -f "${expected%.expected}.mlp" ]
    done
    for slug in $(sed -n 's/^[^ ]*: \(error\|warning\): .*\[\([a-z-]*\)\]$/\2/p' *.expected | sort -u); do
        grep -q "^DIAG([A-Z_]*, *\"$slug\"" "$ROOT/compiler/diag.def" || { echo "unknown: $slug"; false; }
    done
}
