# What the README and the manual show is what happens.

load common

# play PAGE: does what a page shows. A block fenced as `console` is run: its commands must print what stands
# behind them. One with a name, as `mlp NAME`, is put into a file of that name before that.
play() {
    awk '
        /^```/ && open { close(file); open = 0; next }
        /^```/ { open = 1; file = $1 == "```console" ? "expected" : NF > 1 ? $2 : "/dev/null" }
        /^```/ && file == "expected" { next }
        /^```/ { printf "" >file; next }
        open { print >>file }' "$ROOT/$1"
    sed -n 's/^\$ //p' expected | while read -r line; do
        echo "\$ $line"
        eval "$line" 2>&1 || true
    done >printed
    diff -u expected printed
    for model in *.mlp; do
        mlpgen "$model" -o compiled.c
    done
}

# quotes PAGE MODEL: every piece of C that a page shows stands in what mlpgen makes of a model.
quotes() {
    mlpgen --target=portable "$2" -o emitted.c
    "$PYTHON" - "$ROOT/$1" emitted.c <<'END'
import re, sys
page, emitted = (open(path).read() for path in sys.argv[1:])
blocks = re.findall(r"^```c\n(.*?)^```$", page, re.M | re.S)
assert blocks
for piece in "\n\n".join(blocks).split("\n\n"):
    assert piece.strip() and piece in emitted, piece
END
}

@test "readme: the example prints what stands there, and Python reads its weights" {
    PATH=$BUILD:$PATH play README.md
    $PYTHON weights.py >classes
    [ "$(cat classes)" = "$(sed -n 's/^print.*# //p' weights.py)" ]
    [ -s classes ]
    quotes README.md xor.mlp
}

@test "readme: the C that is walked through is what mlpgen makes" {
    PATH=$BUILD:$PATH play docs/emitted.md
    quotes docs/emitted.md bend.mlp
}

@test "readme: what is shown of the IR is what passes make" {
    PATH=$BUILD:$PATH play docs/ir.md
}

@test "readme: an activation is added as the page says" {
    mkdir copy
    cp -r "$ROOT/compiler" "$ROOT/runtime" "$ROOT/tools" "$ROOT/Makefile" copy
    awk '/^```/ && open { open = 0; next }
         /^```(c|mlp) / { open = 1; file = "copy/" $2; next }
         open { print >>file }' "$ROOT/docs/activation.md"
    make -s -C copy -j2 CFLAGS=-O0 all >made 2>&1 || { tail made; false; }
    copy/build/mlpgen --dtype=f64 copy/softsign.mlp -o f64.c
    ${CC:-cc} $STRICT -O1 -Icopy/runtime f64.c copy/build/libmlprt.a -ldeflate -lm -o f64
    ./f64 gradcheck | grep "worst relative error"
    for unroll in always never; do
        for target in portable avx2; do
            copy/build/mlpgen --target=$target --unroll=$unroll copy/softsign.mlp -o net.c
            ${CC:-cc} $STRICT -O1 -Icopy/runtime net.c copy/build/libmlprt.a -ldeflate -lm -o net
            ./net train --quiet --save $target-$unroll
            cmp portable-always $target-$unroll
        done
    done
    ./net train --quiet
    [ "$(./net eval | value_of accuracy)" = 1.0000 ]
    copy/build/mlpgen --emit=resolved copy/softsign.mlp -o - | grep -q softsign
}

@test "readme: the examples of the manual print what stands there" {
    PATH=$BUILD:$PATH play docs/language.md
}

@test "readme: the examples of numerics print what stands there, and its errors are those measured" {
    PATH=$BUILD:$PATH play docs/numerics.md
    cmp math.txt "$ROOT/docs/results/math.txt"
}

@test "readme: the tables of the manual are those of the sources" {
    "$BUILD/tables" <"$ROOT/docs/language.md" >filled
    diff -u "$ROOT/docs/language.md" filled || { echo "make manual writes them anew"; false; }
}

@test "readme: every target that it names exists" {
    targets=$(grep -ohE '(`|^    )make [a-z-]+' "$ROOT/README.md" "$ROOT/CONTRIBUTING.md" | sed 's/.*make //' | sort -u)
    [ -n "$targets" ]
    for target in $targets; do
        make -s -C "$ROOT" help | grep -q "make $target " || { echo "no target: $target"; false; }
    done
}

@test "readme: every file that it links to exists" {
    cd "$ROOT"
    for page in README.md CONTRIBUTING.md docs/*.md; do
        for link in $(grep -o '](\([^)#]*\))' "$ROOT/$page" | sed 's/](\(.*\))/\1/' | grep -v '^http'); do
            [ -e "$(dirname "$ROOT/$page")/$link" ] || { echo "$page: $link"; false; }
        done
    done
}
