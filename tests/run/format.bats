# --format: one layout, the same tokens and comments, and nothing lost. On every model of the tree:
# tests/unit/test_format.c.

load common

@test "format: a model means the same before and after" {
    sed 's/#.*//' "$ROOT/examples/xor/xor.mlp" | tr -s ' \n' ' ' >xor.mlp
    mlpgen --format xor.mlp
    mlpgen --emit=resolved -o a xor.mlp
    mlpgen --emit=resolved -o b "$ROOT/examples/xor/xor.mlp"
    cmp a b
}

@test "format: the layout, all of its rules" {
    cat >messy.mlp <<'END'

# first
mlp 1 ;let n=-2*( 3+-1 ) ; # behind
let longer = 1;  let list=[1,2 ,
3,   [ 4 ] ];


model   net
{   # the brace goes up
  input=[2,2 ]; loss   =mse;


  # of two
  # lines
  a:dense( 4,bias=true ) ; tanh( );
  bee : dense(n);   # ten
  repeat( 2 ){ dense(4);tanh; }
  g: repeat(2) { dense(4);
  tanh;}

}
data{train=table(
[1,2,3,4,5],

    # a row
[1,2,3,4,5]); test = table([1, 2, 3, 4, 5],
 [1,2,3,4,5]);normalize_target=standardize;}
train { optimizer =
sgd(lr=0.1 , # small
momentum = 0.9,
) ; batch=1;epochs=2; }
# last
END
    cat >neat.mlp <<'END'
# first
mlp 1;
let n      = -2 * (3 + -1);  # behind
let longer = 1;
let list   = [1, 2,
              3, [4]];

model net {                  # the brace goes up
    input = [2, 2]; loss = mse;

    # of two
    # lines
    a:   dense(4, bias = true); tanh();
    bee: dense(n);           # ten
    repeat(2) { dense(4); tanh; }
    g: repeat(2) {
        dense(4);
        tanh;
    }
}
data {
    train = table(
        [1, 2, 3, 4, 5],

        # a row
        [1, 2, 3, 4, 5]); test = table([1, 2, 3, 4, 5],
                                       [1, 2, 3, 4, 5]); normalize_target = standardize;
}
train {
    optimizer =
        sgd(lr = 0.1,        # small
            momentum = 0.9,
        ); batch = 1; epochs = 2;
}
# last
END
    mlpgen --format messy.mlp -o - >got.mlp
    diff -u neat.mlp got.mlp
}

@test "format: in its place, and only where something changes" {
    printf 'model  m { input = 1; }\n' >m.mlp
    run mlpgen --format --check m.mlp
    [ "$status" = 1 ]
    [[ $output == *"m.mlp:1:7: error: the layout is not the one that --format gives [not-formatted]"* ]]
    [[ $output == *"help: mlpgen --format m.mlp"* ]]
    grep -q 'model  m' m.mlp
    mlpgen --format m.mlp
    [ "$(cat m.mlp)" = 'model m { input = 1; }' ]
    touch -d 2001-01-01 m.mlp
    mlpgen --format m.mlp
    mlpgen --format --check m.mlp
    [ "$(date -r m.mlp +%Y)" = 2001 ]
    printf 'model  m { }' | mlpgen --format - -o - >out
    [ "$(cat out)" = 'model m {}' ]
    printf '\xef\xbb\xbfmodel m {}\r\n' >bom.mlp
    run mlpgen --format --check bom.mlp
    [ "$status" = 1 ]
    mlpgen --format bom.mlp
    printf 'model m {}\n' | cmp - bom.mlp
}

@test "format: a file with a mistake is left alone" {
    printf 'model m { input = ; }\n' >wrong.mlp
    cp wrong.mlp before
    run mlpgen --format wrong.mlp
    [ "$status" = 1 ]
    [[ $output == *"wrong.mlp:1:19: error:"* ]]
    cmp wrong.mlp before
    printf 'mlp 2; model m ( neuer )' >newer.mlp
    run mlpgen --format newer.mlp
    [ "$status" = 1 ]
    [[ $output == *"newer.mlp:1:5: error: the file is written for language 2"* ]]
    run mlpgen --check wrong.mlp
    [ "$status" = 2 ]
    [[ $output == *"'--check' goes with '--format'"* ]]
}

@test "format: every example is laid out" {
    for model in "$ROOT"/examples/*/*.mlp; do
        mlpgen --format --check "$model"
    done
}
