# --standalone: the runtime inside the emitted file.

load common

@test "standalone: one file, one cc, no library" {
    mlpgen --standalone "$ROOT/examples/xor/xor.mlp" -o xor.c
    run grep '#include.*mlprt' xor.c
    [ "$status" = 1 ]
    cc -O2 xor.c -lm -o xor
    ./xor train
    [ "$(./xor eval | value_of accuracy)" = 1.0000 ]
}

@test "standalone: the same weights as linked" {
    trainer xor linked-xor
    mlpgen --standalone "$ROOT/examples/xor/xor.mlp" -o xor.c
    standalone xor.c standalone-xor -O1
    ./linked-xor train --save linked.safetensors
    ./standalone-xor train --save standalone.safetensors
    cmp linked.safetensors standalone.safetensors
    ./standalone-xor train --seed 2 --save other.safetensors
    differ linked.safetensors other.safetensors
}

@test "standalone: a gzip file is answered with what to do" {
    mlpgen --standalone "$ROOT/examples/fashion/fashion.mlp" -o fashion.c
    standalone fashion.c fashion -O1
    for file in train-images-idx3-ubyte.gz train-labels-idx1-ubyte.gz; do
        echo data | gzip >$file
    done
    run ./fashion train
    [ "$status" = 3 ]
    [[ $output == *"train-images-idx3-ubyte.gz: "*"need the installed runtime"* ]]
}
