# What the README shows is what happens.

load common

# The blocks of README.md that are fenced as the language named, one after the other.
fenced() {
    awk -v fence="\`\`\`$1" '$0 == "```" { inside = 0 } inside; $0 == fence { inside = 1 }' "$ROOT/README.md"
}

@test "readme: the example prints what stands there, and Python reads its weights" {
    fenced mlp >xor.mlp
    fenced console >expected
    PATH=$BUILD:$PATH
    sed -n 's/^\$ //p' expected | while read -r line; do
        echo "\$ $line"
        eval "$line" 2>&1 || true
    done >printed
    diff -u expected printed
    fenced python >weights.py
    $PYTHON weights.py >classes
    [ "$(cat classes)" = "$(sed -n 's/^print.*# //p' weights.py)" ]
    [ -s classes ]
}

@test "readme: every target that it names exists" {
    targets=$(grep -ohE '(`|^    )make [a-z-]+' "$ROOT/README.md" "$ROOT/CONTRIBUTING.md" | sed 's/.*make //' | sort -u)
    [ -n "$targets" ]
    for target in $targets; do
        make -s -C "$ROOT" help | grep -q "make $target " || { echo "no target: $target"; false; }
    done
}

@test "readme: every file that it links to exists" {
    for page in README.md CONTRIBUTING.md; do
        for link in $(grep -o '](\([^)#]*\))' "$ROOT/$page" | sed 's/](\(.*\))/\1/' | grep -v '^http'); do
            [ -e "$ROOT/$link" ] || { echo "$page: $link"; false; }
        done
    done
}
