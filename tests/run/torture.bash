# What the tests of bad input share: load torture. They try it on whole programs: it is answered with its
# place and the status of its kind, leaves nothing behind, and takes little time and memory. More of it,
# for single readers: tests/unit, tests/diag.

load common

# What all tests start with: net.mlp, its program ./net and the same by --standalone, ./alone, its data
# x.idx and t.idx, its weights w.
setup_file() {
    load common
    cd "$BATS_FILE_TMPDIR"
    cat >net.mlp <<'MLP'
model net { input = 2; loss = softmax_cross_entropy; one: dense(3); tanh; two: dense(3); }
data { train = idx("x.idx", "t.idx"); }
train { optimizer = adam(lr = 0.1); batch = 2; epochs = 2; }
MLP
    mlpgen --target=portable net.mlp -o net.c
    linked net.c net -O0
    mlpgen --standalone --target=portable net.mlp -o alone.c
    standalone alone.c alone -O0
    printf '\0\0\10\2\0\0\0\6\0\0\0\2\0\1\2\3\4\5\6\7\10\11\12\13' >x.idx
    printf '\0\0\10\1\0\0\0\6\0\1\2\2\1\0' >t.idx
    ./net train --quiet --save w
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    cp "$BATS_FILE_TMPDIR"/{net.mlp,net,alone,x.idx,t.idx,w} .
}

# bounded COMMAND…: in half a minute and 400 MB, or not at all.
bounded() {
    (ulimit -v $((400 << 10)) && exec timeout 30 "$@")
}

# What a failure must not leave: weights, C, anything half written.
left_over() {
    (
        shopt -s nullglob dotglob
        echo *.tmp */*.tmp *.c *.safetensors*
    )
}

# ends STATUS COMMAND…: runs it, standard output in out, standard error in err, and checks its end.
ends() {
    local expected=$1 status=0 left=
    shift
    "$@" >out 2>err </dev/null || status=$?
    [ "$status" = 0 ] || left=$(left_over)
    [ "$status$left" = "$expected" ] || {
        echo "$* ended with $status instead of $expected, and left: $left"
        head -c 2000 out
        head -c 2000 err
        return 1
    }
}

# says TEXT: the first line of standard error is this.
says() {
    local line=
    read -r line <err || true
    [ "$line" = "$1" ] || {
        echo "instead of: $1"
        head -c 2000 err
        return 1
    }
}

# mistaken FILE LINE:COLUMN MESSAGE: mlpgen's first words of a file, and no output.
mistaken() {
    ends 1 bounded "$BUILD/mlpgen" "$1"
    says "$1:$2: error: $3"
}

# times N TEXT: the text so many times.
times() {
    yes -- "$2" | head -n "$1" | tr -d '\n'
}

# without_digest FILE.c: its text but for what stands of the input's bytes.
without_digest() {
    sed '1,3s/[0-9a-f]\{64\}/DIGEST/' "$1"
}

# unprivileged COMMAND…: without root's right to read and write what it may not.
unprivileged() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --bounding-set=-all --inh-caps=-all "$@"
    else
        "$@"
    fi
}

# The 21 numbers of two files of weights are the same.
same_weights() {
    cmp <(tail -c 84 "$1") <(tail -c 84 "$2")
}
