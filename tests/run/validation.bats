# What a validation split is for: ending a run early, and keeping its best weights.

load common

# overfit PROPERTIES: a network that learns its ten noisy samples by heart, and then some.
overfit() {
    cat >net.mlp <<MLP
let rows = table([-1.0, 0.9], [-0.8, 0.1], [-0.6, 0.5], [-0.4, -0.2], [-0.2, 0.3], [0.0, -0.4], [0.2, 0.2],
                 [0.4, -0.6], [0.6, 0.1], [0.8, -0.7], [1.0, 0.0]);
let unseen = table([-0.9, 0.6], [-0.5, 0.3], [-0.1, 0.0], [0.3, -0.1], [0.7, -0.3]);
model net { input = 1; loss = mse; dense(24); tanh; dense(24); tanh; dense(1); }
data  { train = rows; validation = unseen; }
train { optimizer = adam(lr = 0.02); batch = 4; epochs = 60; $1 }
MLP
    mlpgen net.mlp -o net.c
    linked net.c net -O0
}

# The validation losses of a run's lines, one a line.
validation_losses() {
    sed -n 's/^epoch.*validation loss \([^ ]*\).*/\1/p'
}

@test "validation: the best weights are kept, and eval finds their loss" {
    overfit ''
    ./net train >log
    least=$(validation_losses <log | sort -g | head -n 1)
    last=$(validation_losses <log | tail -n 1)
    epoch=$(sed -n 's/^the best weights are those of epoch //p' log)
    [ -n "$epoch" ]
    [ "$(validation_losses <log | sed -n "${epoch}p")" = "$least" ]
    below "$least" "$last"
    ./net train --quiet --epochs "$epoch" --save then.safetensors
    ./net info net.safetensors | grep -x "  'epochs': $epoch"
    cmp net.safetensors then.safetensors
}

@test "validation: keep = last keeps the last" {
    overfit 'keep = last;'
    ./net train >log
    lacks 'best weights' log
    ./net info net.safetensors | grep -x "  'epochs': 60"
}

@test "validation: patience ends a run, and resuming does not revive it" {
    overfit 'early_stop = patience(5);'
    ./net train --checkpoint kept >log
    grep 'stopped after epoch .*: the validation loss gets no smaller' log
    stopped=$(sed -n 's/^stopped after epoch \([0-9]*\).*/\1/p' log)
    best=$(sed -n 's/^the best weights are those of epoch //p' log)
    [ $((stopped - best)) = 5 ]
    cp net.safetensors first.safetensors
    ./net train --resume kept >log
    grep "stopped after epoch $stopped:" log
    cmp first.safetensors net.safetensors
}

@test "validation: a run stopped and resumed at each epoch keeps and ends with the same" {
    overfit 'early_stop = patience(5, min_delta = 0.001);'
    ./net train --quiet --checkpoint whole --save whole.safetensors
    ./net train --quiet --checkpoint parts --save parts.safetensors --stop-after 1
    for _ in $(seq 60); do
        ./net train --quiet --checkpoint parts --save parts.safetensors --stop-after 1 --resume parts
    done
    cmp whole.safetensors parts.safetensors
    cmp whole parts
}

@test "validation: the test split chooses nothing" {
    overfit ''
    ./net train --quiet --save without.safetensors
    sed 's/validation = unseen;/validation = unseen; test = table([0.5, 100]);/' net.mlp >tested.mlp
    mlpgen tested.mlp -o tested.c
    linked tested.c tested -O0
    ./tested train --quiet --save with.safetensors
    tail -c 2000 without.safetensors >a
    tail -c 2000 with.safetensors >b
    cmp a b
}
