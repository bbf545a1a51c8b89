# The examples do what their READMEs say. The full accuracies are taken by `make check-seeds`.

load common

@test "examples: xor is learned with every seed from 1 to 10" {
    trainer xor xor
    for seed in 1 2 3 4 5 6 7 8 9 10; do
        ./xor train --seed $seed --quiet
        [ "$(./xor eval | value_of accuracy)" = 1.0000 ] || { echo "seed $seed"; false; }
    done
}

@test "examples: xor is not learned without training" {
    trainer xor xor
    ./xor train --epochs 1 --lr 0.000001 --quiet
    [ "$(./xor eval | value_of accuracy)" != 1.0000 ]
}

@test "examples: those on Fashion-MNIST get somewhere within an epoch" {
    need_fashion
    while read -r example least; do
        trainer $example $example
        ./$example train --data "$FASHION" --epochs 1 --quiet
        accuracy=$(./$example eval --data "$FASHION" | value_of accuracy)
        echo "$example: accuracy $accuracy"
        at_least "$accuracy" "$least"
    done <<<"fashion 0.70
fashion_dropout 0.65
fashion_decay 0.80"
}

@test "examples: activations: all learn the sine curve, and identity a line" {
    PATH=$BUILD:$PATH "$ROOT/examples/activations/gallery" 1 >gallery
    cat gallery
    shown=$(head -n 1 gallery | tr -s ' ' '\n' | sort)
    there=$(sed -n 's/^ACTIVATION(\([a-z_]*\),.*/\1/p' "$ROOT/compiler/activation.def")
    [ "$(printf '%s\n' $there prelu identity 'sin(x)' x | sort)" = "$(echo "$shown" | grep .)" ]
    [ "$(grep -c '^ *rmse' gallery)" = 1 ]
    awk '$1 == "rmse" { for (i = 4; i < NF; i++) if ($i > 0.1) exit 1; if ($NF < 0.6) exit 1 }' gallery
}

@test "examples: four_neurons finds the four edges of the two towers" {
    trainer four_neurons four_neurons
    for seed in 1 2 3 4 5; do
        ./four_neurons train --seed $seed --quiet
        rmse=$(./four_neurons eval | value_of rmse)
        "$ROOT/examples/four_neurons/units" >units
        echo "seed $seed: rmse $rmse"
        cat units
        below "$rmse" 0.01
        printf '%s\n' '-2 1' '-0.5 -1' '1 0.5' '2 -0.5' | paste - <(tail -n +2 units) |
            awk '($1 - $3) ^ 2 > 0.05 ^ 2 || ($2 - $5) ^ 2 > 0.1 ^ 2 { exit 1 }'
    done
}

@test "examples: approximation comes nearer the wider it is" {
    PATH=$BUILD:$PATH "$ROOT/examples/approximation/growth" 1 2 3 >growth
    # the table of the README, whose lines have no space at their ends
    sed -n '/^    width/,/^    *32/ s/^    //p' "$ROOT/examples/approximation/README.md" | diff -Z - growth
    awk 'NR > 2 { for (i = 2; i <= 4; i++) if ($i >= last[i]) exit 1 }
         { for (i = 2; i <= 4; i++) last[i] = $i }' growth
}

@test "examples: multi_label knows where the discs overlap" {
    trainer multi_label multi_label
    for seed in 1 2 3 4 5; do
        ./multi_label train --seed $seed --quiet
        accuracy=$(./multi_label eval | value_of accuracy)
        echo "seed $seed: accuracy $accuracy"
        at_least "$accuracy" 0.93
        # the origin is in all three, the corner in none
        ./multi_label predict | sed -n '26p; $p' | tr '\n' ',' >chances
        awk -F, '{ exit !($1 > 0.9 && $2 > 0.9 && $3 > 0.9 && $4 < 0.1 && $5 < 0.1 && $6 < 0.1) }' chances
    done
}

@test "examples: several_outputs are right in their own units" {
    trainer several_outputs several_outputs
    for seed in 1 2 3 4 5; do
        ./several_outputs train --seed $seed --quiet
        rmse=$(./several_outputs eval | value_of rmse)
        echo "seed $seed: rmse $rmse"
        below "$rmse" 1
        ./several_outputs predict >throws
        [ "$(head -n 1 throws)" = y1,y2,y3 ]
        # 27.5 m/s, 45 degrees
        sed -n 26p throws |
            awk -F, '{ exit !(($1 - 77.09) ^ 2 < 4 && ($2 - 19.27) ^ 2 < 1 && ($3 - 3.96) ^ 2 < 0.01) }'
    done
}

@test "examples: thermometer comes to the textbook's loss, and its weights" {
    trainer thermometer thermometer
    ./thermometer train --quiet
    [ "$(./thermometer eval)" = "loss 2.9276  rmse 1.7110  samples 11" ]
    # what a reading of 0 and one of 100 are
    sed "s/test      = readings/test = table([0, 0], [100, 0])/" "$ROOT/examples/thermometer/thermometer.mlp" >thermometer.mlp
    mlpgen thermometer.mlp
    linked thermometer.c ends -O1
    ./ends predict >ends.csv
    paste -s -d , ends.csv | awk -F, '{ exit !(($2 + 17.3012) ^ 2 < 1e-6 && ($3 - $2 - 53.671) ^ 2 < 1e-4) }'
}

@test "examples: house_price knows what houses cost" {
    trainer house_price house_price
    ./house_price train --quiet
    [ "$(./house_price eval)" = "loss 4.575e-05  rmse 1.4833  samples 12" ]
    ./house_price predict | tail -n +2 >prices
    printf '%s\n' 191.8 163 131 291 262.2 230.2 408.8 380 348 594.8 566 534 | paste prices - |
        awk '($1 - $2) ^ 2 > 9 { exit 1 }'
}

@test "examples: four_inputs tells irises apart" {
    trainer four_inputs four_inputs
    for seed in 1 2 3 4 5; do
        ./four_inputs train --seed $seed --quiet
        at_least "$(./four_inputs eval | value_of accuracy)" 0.96
    done
    ./four_inputs predict | cut -d, -f1 | sort | uniq -c >kinds
    [ "$(awk '$2 != "class" { n++; if ($1 < 8 || $1 > 12) exit 1 } END { print n }' kinds)" = 3 ]
}

@test "examples: risk wants a hidden layer" {
    trainer risk risk
    mlpgen "$ROOT/examples/risk/risk_linear.mlp" -o risk_linear.c
    linked risk_linear.c risk_linear -O1
    for seed in 1 2 3 4 5; do
        ./risk_linear train --seed $seed --quiet
        [ "$(./risk_linear eval)" = "loss 0.6705  accuracy 0.6061  samples 33" ]
        ./risk train --seed $seed --quiet
        [ "$(./risk eval | value_of accuracy)" = 1.0000 ]
        below "$(./risk eval | value_of loss)" 0.01
    done
}

@test "examples: deep wants its layers" {
    trainer deep deep
    trainer deep flat -D layers=1
    for seed in 1 2 3; do
        ./deep train --seed $seed --quiet
        [ "$(./deep eval | value_of accuracy)" = 1.0000 ]
        ./flat train --seed $seed --quiet
        below "$(./flat eval | value_of accuracy)" 0.65
    done
}

@test "examples: frozen learns from nine points what it could not alone" {
    trainer frozen frozen
    mlpgen "$ROOT/examples/frozen/sine.mlp" -o sine.c
    linked sine.c sine -O1
    for seed in 1 2 3 4 5; do
        ./sine train --seed $seed --quiet
        below "$(./sine eval | value_of rmse)" 0.02
        ./frozen train --quiet --init sine.safetensors
        below "$(./frozen eval | value_of rmse)" 0.13
        ./frozen train --quiet --seed $seed
        [ "$(./frozen eval | value_of rmse)" = 0.7275 ]
    done
}

@test "examples: gradients agree with finite differences in double builds" {
    for folder in "$ROOT"/examples/*/; do
        example=$(basename "$folder")
        [[ $example != fashion* ]] || [ -n "$FASHION" ] || continue
        # -O0 is what compiles fastest, but its code is too slow for images
        case $example in
        fashion*) options=-O1 ;;
        *) options=-O0 ;;
        esac
        mlpgen --dtype=f64 "$folder/$example.mlp"
        linked $example.c $example $options
        run ./$example gradcheck --data "${FASHION:-.}"
        echo "$example: $output"
        [ "$status" = 0 ]
        [[ $output == *"worst relative error"* ]]
    done
}

@test "examples: each is a folder with its model and a README that shows the commands" {
    for folder in "$ROOT"/examples/*/; do
        name=$(basename "$folder")
        [ -f "$folder/$name.mlp" ]
        grep -q -e "mlpgen .*$name.mlp" -e "for m in .*$name" "$folder/README.md"
    done
}
