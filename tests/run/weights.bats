# Weights files, read and written by mlprt and by Python's json and numpy.

load common

oracle() {
    "$PYTHON" "$ROOT/tests/run/safetensors_oracle.py" "$@"
}

# weights_tool …: see weights_tool.c; built once for all tests.
setup_file() {
    load common
    cc -O1 -std=c11 -I"$ROOT/runtime" "$ROOT/tests/run/weights_tool.c" "$BUILD/libmlprt.a" \
        -ldeflate -lm -o "$BATS_FILE_TMPDIR/weights_tool"
}

weights_tool() {
    "$BATS_FILE_TMPDIR/weights_tool" "$@"
}

@test "weights: Python reads what mlprt wrote, by name and shape" {
    for element in f32 f64; do
        weights_tool $element save w
        weights_tool $element print w >ours
        oracle values w >theirs
        [ "$(wc -l <ours)" = 30 ]
        diff ours theirs
    done
    [ "$(oracle metadata w format)" = "mlpgen 1" ]
    [ "$(oracle metadata w program)" = "mlp 1;
model tool { }" ]
    [ "$(oracle metadata w lr) $(oracle metadata w epochs)" = "0.05 7" ]
}

@test "weights: a file of Python's in another order, without metadata, is accepted" {
    for element in f32 f64; do
        weights_tool $element save w
        oracle rewrite w v
        differ w v
        weights_tool $element print w >ours
        weights_tool $element print v >theirs
        cmp ours theirs
    done
}

@test "weights: equal weights are equal bytes, whoever wrote them first" {
    weights_tool f32 save w
    oracle rewrite w v
    weights_tool f32 copy v u
    cmp w u
}

@test "weights: a pipe will do" {
    weights_tool f32 save w
    weights_tool f32 print w >file
    weights_tool f32 print - <w >pipe
    cmp file pipe
}

@test "weights: what does not fit is refused" {
    weights_tool f32 save w
    run weights_tool f64 print w
    [ "$status $output" = "4 error: w: 'hidden.weight' is F32; expected F64" ]
    oracle poison w nan hidden.bias
    run weights_tool f32 print nan
    [ "$status $output" = "4 error: nan: 'hidden.bias'[4] is NaN; expected finite numbers" ]
    oracle extend w more
    run weights_tool f32 print more
    [ "$status $output" = "4 error: more: 'more' is no tensor of model 'tool'" ]
    weights_tool f32 by-name more | cmp - <(weights_tool f32 print w)
    head -c 5 w >short
    run weights_tool f32 print short
    [ "$status $output" = "3 error: short: the file ends at byte 5; expected 8 bytes of header length" ]
    run weights_tool f32 print .
    [ "$status" = 3 ]
    run weights_tool f32 print absent
    [ "$status" = 3 ]
}

@test "weights: a file is described, whatever its tensors are" {
    weights_tool f32 save w
    oracle extend w more
    run weights_tool any describe more
    [ "$output" = "more: safetensors, 4 tensors
  'more'           I64  [3]
  'hidden.weight'  F32  [5, 3]
  'hidden.bias'    F32  [5]
  'output.weight'  F32  [2, 5]" ]
    run weights_tool any describe w
    [ "${lines[4]}" = "metadata" ]
    [ "${lines[5]}" = "  'format': mlpgen 1" ]
    [ "${lines[10]} ${lines[11]}" = "  'program':       mlp 1;" ]
    [ "${lines[15]} ${lines[16]}" = "  'steps': 70   'seed': 1" ]
    [ "${lines[17]}" = "  'data_sha256': 1234" ]
}

@test "weights: Python's json and this reader agree on damaged and respelled headers" {
    weights_tool f32 save w
    mkdir mutants
    oracle mutants w mutants 3000
    weights_tool any parse mutants/[0-9]* >found
    diff mutants/expected found
    [ "$(grep -c read found)" -gt 300 ]
    [ "$(grep -c refused found)" -gt 300 ]
}

@test "weights: a trained network's file goes through Python and back" {
    trainer xor xor
    ./xor train --quiet --epochs 3 --save w
    oracle rewrite w v
    [ "$(./xor eval --weights v | tail -n 1)" = "$(./xor eval --weights w | tail -n 1)" ]
    ./xor train --quiet --epochs 3 --init v --save from-v
    ./xor train --quiet --epochs 3 --init w --save from-w
    cmp from-v from-w
    ./xor info w | grep "'model': xor"
}

@test "weights: numpy reaches the same test accuracy from them" {
    need_fashion
    trainer fashion fashion
    ./fashion train --quiet --data "$FASHION" --epochs 1 --save w
    ours=$(./fashion eval --data "$FASHION" --weights w | value_of accuracy)
    theirs=$(oracle accuracy w "$FASHION"/t10k-{images-idx3,labels-idx1}-ubyte.gz)
    at_least "$theirs" 0.5
    at_least "$ours" "$(awk "BEGIN { print $theirs - 0.0003 }")"
    at_least "$theirs" "$(awk "BEGIN { print $ours - 0.0003 }")"
}

@test "weights: those of a model of the same shapes are refused by the line that differs" {
    trainer xor xor
    ./xor train --quiet --epochs 1
    sed 's/tanh/relu/' "$ROOT/examples/xor/xor.mlp" >xor.mlp
    mlpgen xor.mlp
    linked xor.c other -O1
    run ./other eval
    [ "$status" = 4 ]
    [[ $output == *"made by another model, though its tensors fit: line "*" of its program, resolved, is '    tanh;'; expected '    relu;'"* ]]
}
