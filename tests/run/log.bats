# train --log: a line of JSON for the run, and one for each epoch.

load common

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    cat >net.mlp <<'MLP'
model net { input = 2; loss = softmax_cross_entropy; dense(8); tanh; dense(2); }
data {
    train = table([0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0], [2, 2, 0], [2, 1, 1]);
    test  = table([0, 0, 0]);
    validation = holdout(0.4, seed = 3);
}
train { optimizer = sgd(lr = 0.1); schedule = step(every = 2, factor = 0.5); batch = 2; epochs = 6; }
MLP
    mlpgen net.mlp
    linked net.c net -O0
}

without_time() {
    sed 's/, "seconds": [0-9.]*}/}/' "$1"
}

@test "log: what it says is what is printed, and what made the run" {
    ./net train --log log --seed 7 >out
    mlpgen --emit=resolved net.mlp -o resolved
    "$PYTHON" - log out resolved <<'END'
import json, re, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
start, epochs = lines[0], lines[1:]
assert start["model"] == "net" and start["lr"] == 0.1 and start["seed"] == 7 and start["epochs"] == 6
assert start["program"] == open(sys.argv[3]).read()
assert re.fullmatch("[0-9a-f]{64}", start["data_sha256"])
printed = re.findall(r"^epoch (\d)/6  loss (\S+)  validation loss (\S+)  accuracy (\S+)"
                     r"  test loss (\S+)  accuracy (\S+)  (\S+) s$", open(sys.argv[2]).read(), re.M)
assert len(printed) == len(epochs) == 6
for line, numbers in zip(epochs, printed):
    v, t = line["validation"], line["test"]
    said = [line["epoch"], line["loss"], v["loss"], v["accuracy"], t["loss"], t["accuracy"]]
    assert all(abs(a - float(b)) < 6e-5 for a, b in zip(said, numbers)), (said, numbers)
    assert line["step"] == 2 * line["epoch"] and line["seconds"] >= 0
    assert line["lr"] == 0.1 * 0.5 ** ((line["epoch"] - 1) // 2)
END
}

@test "log: a resumed run adds to it, another starts anew" {
    ./net train --quiet --log whole
    ./net train --quiet --log part --stop-after 2
    [ "$(wc -l <part)" = 3 ]
    ./net train --quiet --log part --resume net.safetensors.ckpt
    cmp <(without_time whole) <(without_time part)
    ./net train --quiet --log part --epochs 1
    [ "$(wc -l <part)" = 2 ]
    ./net train --quiet --log - --epochs 1 >out
    cmp <(without_time out) <(without_time part)
}

@test "log: what cannot be written is 3" {
    run ./net train --quiet --log no/such
    [ "$status" = 3 ]
    [[ $output == *"no/such: cannot write: No such file or directory"* ]]
    [ ! -e net.safetensors ]
    [ -c /dev/full ] || skip "/dev/full is no device here"
    run ./net train --quiet --log /dev/full
    [ "$status" = 3 ]
    [[ $output == *"/dev/full: cannot write: No space left on device"* ]]
}

@test "log: a run whose log is cut off saves what it has" {
    status=0
    (./net train --quiet --log - --epochs 1000000000 2>err || echo $? >status) | head -n 2 >out
    [ "$(cat status)" = 3 ]
    grep -q "standard output: cannot write: Broken pipe" err
    [ -s net.safetensors ]
    ./net eval --quiet
}

@test "log: it is no file that is saved" {
    run ./net train --log net.safetensors
    [ "$status" = 2 ]
    [[ $output == *"'net.safetensors' cannot be both the log and what is saved"* ]]
    run ./net train --log c --checkpoint ./c
    [ "$status" = 2 ]
    [ ! -e c ]
}
