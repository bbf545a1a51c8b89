# The predict command: its CSV, against what NumPy makes of the same weights.

load common

# network LOSS OUTPUTS ROW…: trains net for a little, without a test split.
network() {
    local loss=$1 outputs=$2 rows
    shift 2
    rows=$(printf '[%s], ' "$@")
    cat >net.mlp <<END
model net { input = 2; loss = $loss; dense(8); tanh; dense($outputs); }
data { train = table($rows); }
train { optimizer = sgd(lr = 0.1); batch = 3; epochs = 20; }
END
    mlpgen $dtype net.mlp -o net.c
    linked net.c net
    ./net train --quiet
}
dtype=

# numpy_agrees EXPRESSION: the CSV in the file out, its header apart, holds what the expression says
# of the outputs z for the inputs (0, 0), (0, 1), (1, 0), (1, 1).
numpy_agrees() {
    "$PYTHON" - "$1" <<'END'
import json, sys, numpy
file = open("net.safetensors", "rb").read()
data = 8 + int.from_bytes(file[:8], "little")
w = {name: numpy.frombuffer(file[data:][slice(*t["data_offsets"])], "<f4").reshape(t["shape"])
     for name, t in json.loads(file[8:data]).items() if name != "__metadata__"}
x = numpy.array([[0, 0], [0, 1], [1, 0], [1, 1]])
hidden = numpy.tanh(x @ w["dense1.weight"].T + w["dense1.bias"])
z = hidden @ w["dense2.weight"].T + w["dense2.bias"]
softmax = numpy.exp(z) / numpy.exp(z).sum(axis=1, keepdims=True)
sigmoid = 1 / (1 + numpy.exp(-z))
expected = eval(sys.argv[1])
said = numpy.loadtxt("out", delimiter=",", skiprows=1, ndmin=2)
assert said.shape == expected.shape, (said, expected)
assert abs(said - expected).max() < 1e-5, (said, expected)
END
}

# ends STATUS COMMAND…: standard output in out, standard error in err.
ends() {
    local expected=$1 status=0
    shift
    "$@" >out 2>err || status=$?
    [ "$status" = "$expected" ] || {
        echo "$* ended with $status instead of $expected:"
        cat err
        return 1
    }
}

@test "predict: the most probable class and its probability" {
    network softmax_cross_entropy 3 0,0,0 0,1,1 1,0,1 1,1,2
    ends 0 ./net predict
    [ "$(head -n 1 out)" = class,probability ]
    numpy_agrees 'numpy.stack([z.argmax(axis=1), softmax.max(axis=1)], axis=1)'
    cp out all
    ends 0 ./net predict --isa portable
    cmp all out
}

@test "predict: a probability for each output that has one of its own" {
    network sigmoid_cross_entropy 3 0,0,0,0,1 0,1,1,1,1 1,0,1,1,0 1,1,0,1,0
    ends 0 ./net predict
    [ "$(head -n 1 out)" = p1,p2,p3 ]
    numpy_agrees sigmoid
}

@test "predict: numbers, one column each" {
    network mse 2 0,0,-1,2 0,1,1,2 1,0,1,3 1,1,-2,2
    ends 0 ./net predict
    [ "$(head -n 1 out)" = y1,y2 ]
    numpy_agrees z
}

@test "predict: double builds say the same, as far as floats go" {
    for loss in softmax_cross_entropy mse sigmoid_cross_entropy; do
        outputs=1
        [ $loss != softmax_cross_entropy ] || outputs=2
        dtype= network $loss $outputs 0,0,0 0,1,1 1,0,1 1,1,0
        ./net predict --quiet >single
        dtype=--dtype=f64 network $loss $outputs 0,0,0 0,1,1 1,0,1 1,1,0
        ./net predict --quiet >double
        differ single double
        [ "$(wc -l <double)" = 5 ]
        paste -d, single double | awk -F, 'NR > 1 && ($(NF / 2) - $NF) ^ 2 > 1e-10 { exit 1 }'
    done
}

@test "predict: the test split where there is one, else the training split, which is said" {
    network mse 1 0,0,1 0,1,2 1,0,2 1,1,3
    ends 0 ./net predict
    [ "$(wc -l <out)" = 5 ]
    grep -q "note: net.mlp has no test split; this is the training split" err
    cp out all
    ends 0 ./net predict --quiet
    [ ! -s err ]
    sed -i 's/data {/& test = table([1, 1, 9]);/' net.mlp
    mlpgen net.mlp -o net.c
    linked net.c net
    ends 0 ./net predict
    [ ! -s err ]
    [ "$(cat out)" = "$(sed -n '1p; $p' all)" ]
}

@test "predict: a FILE has inputs and needs no targets; '-' is standard input" {
    printf '\0\0\10\2\0\0\0\3\0\0\0\2\0\0\0\1\1\1' >x
    printf '\0\0\10\1\0\0\0\3\0\1\1' >t
    printf '\0\0\10\2\0\0\0\1\0\0\0\2\1\1' >last
    cat >net.mlp <<'END'
model net { input = 2; loss = softmax_cross_entropy; dense(2); }
data { train = idx("x", "t"); test = holdout(0.4); }
train { optimizer = sgd(lr = 0.1); batch = 3; epochs = 20; }
END
    mlpgen net.mlp -o net.c
    linked net.c net
    ends 0 ./net train
    ends 0 ./net predict
    [ "$(wc -l <out)" = 2 ]
    ends 0 ./net predict x
    [ "$(wc -l <out)" = 4 ]
    cp out all
    rm t
    ends 0 ./net predict x
    cmp all out
    ./net predict - <x | cmp all -
    ends 0 ./net predict --data nowhere last
    [ "$(cat out)" = "$(sed -n '1p; $p' all)" ]
    ends 3 ./net predict
}

@test "predict: a FILE serves a model whose rows stand in the program, too" {
    network mse 1 0,0,1 0,1,2 1,0,2 1,1,3
    ends 0 ./net predict --quiet
    cp out rows
    printf '\0\0\10\2\0\0\0\4\0\0\0\2\0\0\0\1\1\0\1\1' >x
    ends 0 ./net predict x
    cmp rows out
    printf '\0\0\10\2\0\0\0\2\0\0\0\3\0\0\1\1\1\0' >wide
    ends 4 ./net predict wide
}

@test "predict: what it cannot do ends as elsewhere" {
    network mse 1 0,0,1 0,1,2
    ends 2 ./net eval x t
    grep -q "error: x: the data stands in the program and takes no FILE" err
    ends 2 ./net predict x t
    ends 2 ./net predict --epochs 3
    ends 3 ./net predict --weights nothing
    sed 's/table(.*)/idx("x", "t")/' net.mlp >files.mlp
    mlpgen files.mlp -o files.c
    linked files.c files
    printf '\0\0\10\2\0\0\0\1\0\0\0\3\1\1\1' >wide
    ends 3 ./files predict missing
    ends 4 ./files predict wide
    grep -q "wide: 3 numbers a sample; the model's input is 2" err
}

@test "predict: output that does not arrive ends with 3" {
    network mse 1 0,0,1 0,1,2
    sed 's/table(.*)/idx("x", "t")/' net.mlp >files.mlp
    mlpgen files.mlp -o files.c
    linked files.c files
    printf '\0\0\10\2\0\17\102\100\0\0\0\2' >x # a million samples
    head -c 2000000 /dev/zero >>x
    status=$(bash -c './files predict x 2>/dev/null | head -n 1 >first; echo ${PIPESTATUS[0]}')
    [ "$status" = 3 ]
    [ "$(cat first)" = y1 ]
    ends 3 bash -c './files predict x >/dev/full'
    grep -q "error: standard output: " err
}
