# The command line of a generated program: what its commands print, and how they end.

load common

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    [ -e "$BATS_FILE_TMPDIR/xor" ] || (cd "$BATS_FILE_TMPDIR" && trainer xor xor)
    ln -s "$BATS_FILE_TMPDIR/xor" xor
}

# ends STATUS COMMAND…: runs it, standard output in out, standard error in err, and checks its end.
ends() {
    local expected=$1 status=0
    shift
    "$@" >out 2>err || status=$?
    [ "$status" = "$expected" ] || {
        echo "$* ended with $status instead of $expected:"
        cat out err
        return 1
    }
}

# A network to make programs of: `model_of ACTIVATION DATA`.
model_of() {
    cat <<END
model net { input = 2; loss = softmax_cross_entropy; hidden: dense(8); $1; output: dense(2); }
data { $2 }
train { optimizer = sgd(lr = 0.5); batch = 3; epochs = 2; }
END
}
rows="train = table([0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]);"

@test "trainer: without a command there is help on standard error" {
    ends 2 ./xor
    [ ! -s out ]
    grep -q "^usage: xor COMMAND" err
    for command in train eval predict gradcheck info bench; do
        grep -q "^  $command " err
    done
}

@test "trainer: --help and -h are answered on standard output" {
    ends 0 ./xor --help
    grep -q "^usage: xor COMMAND" out
    [ ! -s err ]
    ends 0 ./xor train --epochs 3 -h
    grep -q "^usage: xor train" out
    grep -q -- "--epochs" out
    ends 0 ./xor help
    grep -q "^usage: xor COMMAND" out
    ends 0 ./xor --version
    [ "$(cat out)" = "xor: the network of xor.mlp, compiled by $(mlpgen --version)" ]
    ends 0 ./xor eval --help
    grep -q -- "--json" out
    lacks -- "--epochs" out
}

@test "trainer: what is no command or option ends with 2 and the usage" {
    ends 2 ./xor tarin
    grep -q "error: unknown command 'tarin'; did you mean 'train'?" err
    ends 2 ./xor learn
    grep -q "error: unknown command 'learn'$" err
    grep -q "^usage: xor COMMAND" err
    ends 2 ./xor train --epoch 3
    grep -q "error: unknown option '--epoch'; did you mean '--epochs'?" err
    ends 2 ./xor train --batch 3
    grep -q "error: unknown option '--batch'$" err
    grep -q "^usage: xor train" err
    ends 2 ./xor eval --lr 3
    grep -q "error: 'eval' has no option '--lr'" err
    ends 2 ./xor train --epochs 1.5
    ends 2 ./xor train --lr=
    ends 2 ./xor info a b
    [ ! -e xor.safetensors ]
}

@test "trainer: --isa takes a path of this machine and no other" {
    ends 0 ./xor train --isa portable --quiet
    ends 2 ./xor train --isa sse9
    grep -q "no path 'sse9': there is .*portable" err
}

@test "trainer: train shows each epoch, the final metrics and what it saved" {
    ends 0 ./xor train --epochs 12
    [ "$(grep -cE '^epoch ( [1-9]|1[0-2])/12  loss [0-9.e-]+  test loss [0-9.e-]+  accuracy [01]\.[0-9]{4}  [0-9]+\.[0-9] s$' out)" = 12 ]
    tail -n 2 out | head -n 1 | grep -qE '^loss [0-9.e-]+  accuracy [01]\.[0-9]{4}  samples 4$'
    [ "$(tail -n 1 out)" = "saved xor.safetensors" ]
    [ ! -s err ]
    final=$(tail -n 2 out | head -n 1)
    ends 0 ./xor eval
    [ "$(tail -n 1 out)" = "$final" ]
}

@test "trainer: --quiet leaves warnings and errors" {
    ends 0 ./xor train --quiet
    [ ! -s out ]
    [ ! -s err ]
    ends 0 ./xor train --quiet --threads 3
    [ ! -s out ]
    grep -q "warning: .*one thread" err
}

@test "trainer: options change the weights, and the same ones repeat them" {
    ends 0 ./xor train --save a
    ends 0 ./xor train --save=b --quiet
    cmp a b
    ends 0 ./xor train --save b --isa portable
    cmp a b
    for option in --seed=2 --lr=0.4 --epochs=3; do
        ends 0 ./xor train --save b "$option"
        differ a b
    done
}

@test "trainer: --init says what it takes, and goes on from there" {
    ends 0 ./xor train --save a --quiet
    ends 0 ./xor train --init a --save b --epochs 1
    grep -q "^  taken from it: hidden.weight, hidden.bias, output.weight, output.bias$" out
    lacks "drawn" out
    ends 3 ./xor train --init nothing
    model_of tanh "$rows" | mlpgen - -o net.c
    sed 's/hidden/first/' <(model_of tanh "$rows") | mlpgen - -o other.c
    linked net.c net
    linked other.c other
    ends 0 ./net train --quiet
    ends 0 ./other train --init net.safetensors --save c
    grep -q "^  taken from it: output.weight, output.bias$" out
    grep -q "^  drawn: first.weight, first.bias$" out
}

@test "trainer: eval as JSON is one object in full precision" {
    ends 0 ./xor train --quiet
    ends 0 ./xor eval --json
    "$PYTHON" - <<'END'
import json
text = open("out").read()
assert text.count("\n") == 1
result = json.loads(text)
assert list(result) == ["loss", "accuracy", "samples"], result
assert result["samples"] == 4 and result["accuracy"] == 1, result
assert len(repr(result["loss"])) > 10, result
END
}

@test "trainer: eval without a test split takes the training split and says so" {
    model_of tanh "$rows" | mlpgen - -o net.c
    linked net.c net
    ends 0 ./net train
    lacks test out
    ends 0 ./net eval
    grep -q "has no test split" err
    grep -qE '^loss [0-9.e-]+  accuracy [01]\.[0-9]{4}  samples 4$' out
    ends 0 ./net eval --quiet
    [ ! -s err ]
    # FILEs are no training split
    printf '\0\0\10\2\0\0\0\1\0\0\0\2\1\1' >x
    printf '\0\0\10\1\0\0\0\1\0' >y
    model_of tanh 'train = idx("x", "y");' | mlpgen - -o idx.c
    linked idx.c idx
    ends 0 ./idx train --quiet
    ends 0 ./idx eval
    grep -q "has no test split" err
    ends 0 ./idx eval x y
    [ ! -s err ]
}

@test "trainer: numbers are told by their root mean square error" {
    cat >net.mlp <<'END'
model net { input = 1; loss = half_squared; dense(1); }
data { train = table([0, 1], [1, 3], [2, 5]); test = table([3, 7]); }
train { optimizer = sgd(lr = 0.2); batch = 3; epochs = 300; }
END
    mlpgen net.mlp
    linked net.c net
    ends 0 ./net train
    ends 0 ./net eval
    grep -qE '^loss [0-9.e-]+  rmse [0-9.e-]+  samples 1$' out
    below "$(value_of rmse <out)" 0.01
}

@test "trainer: FILEs replace the data's paths" {
    need_fashion
    model_of relu 'train = idx("x", "y"); normalize = scale(1 / 255);' |
        sed 's/input = 2/input = [28, 28]/; s/dense(2)/dense(10)/' | mlpgen - -o net.c
    linked net.c net -O1
    ends 3 ./net gradcheck
    grep -qxF "net: error: x: no such file in the current directory; --data DIR says where the paths in <stdin> start" err
    ends 3 ./net gradcheck --data there
    grep -qxF "net: error: there/x: cannot open: No such file or directory" err
    ends 3 ./net train lost
    grep -qxF "net: error: lost: cannot open: No such file or directory" err
    ends 0 ./net train --epochs 1 "$FASHION/t10k-images-idx3-ubyte.gz" --lr 0.01 \
        "$FASHION/t10k-labels-idx1-ubyte.gz"
    ends 0 ./net eval -- "$FASHION/t10k-images-idx3-ubyte.gz" "$FASHION/t10k-labels-idx1-ubyte.gz"
    [ "$(value_of samples <out)" = 10000 ]
    at_least "$(value_of accuracy <out)" 0.5
    ends 3 ./net eval
}

@test "trainer: missing, damaged and foreign weights end with 3 or 4" {
    ends 3 ./xor eval
    grep -qxF "xor: error: xor.safetensors: no such file; 'train' makes it, --weights names another" err
    ends 3 ./xor eval --weights lost
    grep -qxF "xor: error: lost: cannot open: No such file or directory" err
    echo rubbish >xor.safetensors
    ends 3 ./xor eval
    ends 0 ./xor train --quiet
    model_of tanh "$rows" | sed 's/dense(8)/dense(7)/' | mlpgen - -o net.c
    linked net.c net
    ends 4 ./net eval --weights xor.safetensors
    ends 3 ./xor train --save missing/weights
    ends 2 ./xor train --save -
    grep -q "error: option '--save' needs a file, not standard output" err
    [ ! -e - ]
}

@test "trainer: output that does not arrive ends with 3, training is saved all the same" {
    status=0
    ./xor train >/dev/full 2>err || status=$?
    [ "$status" = 3 ]
    grep -q "error: standard output: " err
    [ -s xor.safetensors ]
    for command in eval predict info gradcheck --help; do
        status=0
        ./xor $command >/dev/full 2>/dev/null || status=$?
        [ "$status" = 3 ]
        status=0
        ./xor $command >&- 2>/dev/null || status=$?
        [ "$status" = 3 ]
    done
    # More lines than a pipe holds, and a reader that ends after the first.
    status=$(bash -c 'timeout 60 ./xor train --epochs 100000 2>/dev/null | head -n 1 >first
        echo ${PIPESTATUS[0]}')
    [ "$status" = 3 ]
    grep -q '^epoch' first
}

@test "trainer: weights beyond the limit on file sizes end with 3 and leave nothing behind" {
    model_of tanh "$rows" | sed 's/dense(8)/dense(80)/' | mlpgen - -o net.c
    linked net.c net
    ends 3 bash -c 'ulimit -f 1; ./net train --quiet'
    grep -q "error: net.safetensors: cannot write: File too large" err
    [ -z "$(find . -name '*safetensors*')" ]
}

@test "trainer: a closed standard output takes no file's place" {
    ends 0 ./xor train --save a
    ./xor train --save b >&- 2>/dev/null || true
    cmp a b
}

# Starts a training without end in the background with signals as a terminal has them, waits until
# it shows an epoch, and sends it a signal; its status goes to the file status.
signalled() {
    bash -c "set -m
        ./xor train --epochs 1000000000 >out 2>err &
        until grep -q '^epoch' out; do sleep 0.01; done
        kill -$1 %1
        wait %1
        echo \$? >status"
}

@test "trainer: SIGINT and SIGTERM save the weights and a checkpoint, and say so" {
    for signal in INT:130 TERM:143; do
        rm -f xor.safetensors*
        signalled ${signal%:*}
        [ "$(cat status)" = ${signal#*:} ]
        grep -qE '^xor: interrupted after epoch [0-9]+, step [0-9]+: saved xor.safetensors; --resume xor.safetensors.ckpt goes on$' err
        ends 0 ./xor eval
        [ -s xor.safetensors.ckpt ]
    done
}

@test "trainer: a progress line is drawn on terminals and nowhere else" {
    script -qec true probe >probe.out 2>&1 || skip "no pseudo-terminal can be had here"
    command -v script >/dev/null || skip "script is not installed"
    TERM=xterm script -qec "./xor train --epochs 1" typescript >/dev/null
    grep -q $'\repoch 1/1  batch 1/1  loss [0-9.]*\e\\[K' typescript
    grep -q $'\r\e\\[Kepoch 1/1' typescript
    for told in "TERM=dumb" "TERM=" "TERM=xterm"; do
        quiet=
        [ $told != TERM=xterm ] || quiet=--quiet
        env $told script -qec "./xor train --epochs 1 $quiet" typescript >/dev/null
        lacks "batch 1/1" typescript
    done
    ends 0 env TERM=xterm ./xor train --epochs 1
    [ ! -s err ]
}

@test "trainer: gradcheck ends with its verdict" {
    mlpgen --dtype=f64 "$ROOT/examples/xor/xor.mlp" -o double.c
    linked double.c double
    ends 0 ./double gradcheck
    tail -n 1 out | grep -qE '^worst relative error [0-9]\.[0-9]e-(0[7-9]|1[0-9]) at [a-z]+\.(weight\[[0-9]+,[0-9]+\]|bias\[[0-9]+\])$'
    ends 0 ./double gradcheck --seed 5 --all
    ends 0 ./xor gradcheck
    grep -q -- "--dtype=f64" out
}

@test "trainer: gradcheck takes relu, whose biases start on its kink" {
    model_of relu "$rows" | mlpgen --dtype=f64 - -o net.c
    linked net.c net
    for seed in 1 2 3 4 5; do
        ends 0 ./net gradcheck --seed $seed
    done
}

@test "trainer: gradcheck sees a broken adjoint" {
    mlpgen --dtype=f64 --unroll=always "$ROOT/examples/xor/xor.mlp" -o broken.c
    # 1 - y², the derivative of tanh, becomes 1 + y²
    grep -q 'fma(-' broken.c
    sed 's/fma(-/fma(/' broken.c >worse.c
    linked worse.c worse
    ends 1 ./worse gradcheck
    grep -q "error: the gradient at .* is wrong" err
    tail -n 1 out | grep -q '^worst relative error .* at '
}

@test "trainer: info says what the compiler planned" {
    ends 0 ./xor info
    mlpgen --emit=plan "$ROOT/examples/xor/xor.mlp" -o xor.plan
    sed -n '/^plan of/,/^A slot/p' out | cmp - xor.plan
    grep -q '^paths .*(taken)' out
    grep -q 'compiled by mlpgen' out
    ends 0 ./xor info --program
    mlpgen --emit=resolved "$ROOT/examples/xor/xor.mlp" -o - | cmp - out
}

@test "trainer: info of a weights file says what made it" {
    ends 0 ./xor train --quiet --epochs 3
    ends 0 ./xor info xor.safetensors
    grep -q "hidden.weight.*\[8, 2\]" out
    grep -q "'epochs': 3" out
    grep -q "'steps': 3" out
    ends 3 ./xor info nothing
}
