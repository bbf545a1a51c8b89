# Bad input: names and strings that must not change what mlpgen writes.

load torture

# hostile_model NAME LABEL… STRING…: five names, then five strings, which go to all places that keep them.
hostile_model() {
    cat <<MLP
let $5 = "$6";
model $1 { input = 2; loss = softmax_cross_entropy; $2: dense(3); tanh; $3: repeat(2) { $4: dense(3); relu; } dense(3); }
data { train = idx($5, "$7"); classes = ["$8", "$9", "${10}"]; }
train { optimizer = sgd(lr = 0.1); batch = 2; epochs = 1; }
MLP
}
# same_tokens A.c B.c: to a compiler they are the same, but for names, one for each, and what strings say.
same_tokens() {
    cat >tokens.py <<'END'
import re, subprocess, sys
TOKEN = (r"""("(?:\\.|[^"\\\n])*"\s*)+|'(?:\\.|[^'\\\n])*'|[A-Za-z_]\w*|"""
         r"""\.?\d(?:[eEpP][+-]|[\w.])*|\S""")
def tokens(path):
    text = subprocess.run(["cc", "-std=c11", "-E", "-P", "-I" + sys.argv[1], path],
                          check=True, capture_output=True, text=True).stdout
    return ['"' if t[0].startswith('"') and len(t[0]) > 1 else t[0] for t in re.finditer(TOKEN, text)]
a, b = tokens(sys.argv[2]), tokens(sys.argv[3])
there, back = {}, {}
for i, (x, y) in enumerate(zip(a, b)):
    names = x == y or re.match(r"[A-Za-z_]", x) and re.match(r"[A-Za-z_]", y)
    if not names or there.setdefault(x, y) != y or back.setdefault(y, x) != x:
        sys.exit("differ at token %d: %s\nand: %s" % (i, " ".join(a[i - 20:i + 9]), " ".join(b[i - 20:i + 9])))
KEYWORDS = "int while NULL main printf return float double static const sizeof if else for".split()
for word in KEYWORDS:
    if there.get(word, word) != word or back.get(word, word) != word:
        sys.exit(word + " stands for another name")
if len(a) != len(b) or len(a) < 5000:
    sys.exit("%d and %d tokens" % (len(a), len(b)))
END
    "$PYTHON" tokens.py "$ROOT/runtime" "$1" "$2"
}

@test "torture: names and strings that mean something in C change no token of it" {
    local hostile=(main int NULL while printf
        '*/ ??/' '??/\" \\' '*/ int x; /*' '%s%n\\' '\"}; #error ??/\\')
    hostile_model "${hostile[@]}" >hostile.mlp
    # The same lengths, so that lines break at the same places.
    "$PYTHON" - <<'END'
import re
text = open("hostile.mlp").read()
for name in "main int NULL while printf".split():
    text = re.sub(r"\b%s\b(?! d)" % name, name[0] * len(name), text)
letters = iter("abcde")
plain = re.sub(r'"(?:\\.|[^"\\])*"', lambda m: '"%s"' % (next(letters) * (len(m[0]) - 2)), text)
open("plain.mlp", "w").write(plain)
END
    local unroll
    for unroll in always never; do
        for name in hostile plain; do
            mlpgen -w --target=portable --unroll=$unroll $name.mlp -o $name.c
        done
        same_tokens plain.c hostile.c
    done
    # An override and the file's name stand in comments. A directory's name stands nowhere.
    mkdir 'a*'
    cp hostile.mlp 'a*/ ??"%s \'
    cp plain.mlp 'plain "%s x'
    mlpgen -w --target=portable 'a*/ ??"%s \' -o hostile.c -D printf='*/ int x; /* ??/'
    mlpgen -w --target=portable 'plain "%s x' -o plain.c -D pppppp='xx xxx xx xx xxx'
    same_tokens plain.c hostile.c
    # Digraphs, trigraphs and all warnings included, C it is.
    cc $STRICT -trigraphs -I"$ROOT/runtime" -c hostile.c -o hostile.o
}

@test "torture: labels that are names of the emitted code, or equal for 63 bytes, train the same weights" {
    local long name
    long=$(times 63 n)
    cat >labels.mlp <<MLP
model mlprt { input = 2; loss = softmax_cross_entropy; one: dense(3); tanh; d_one: dense(3); relu;
    one_w: dense(3); prelu; PLACE_one: dense(3); relu; input_w: dense(3); relu; evaluate: dense(3); relu;
    loss: dense(3); relu; mlprt_main: dense(3); relu; ${long}a: dense(3); relu; ${long}b: dense(3); relu;
    restrict: dense(3); relu; x: dense(3); }
data { train = idx("x.idx", "t.idx"); }
train { optimizer = adam; batch = 2; epochs = 2; }
MLP
    sed 's/[a-zA-Z_]*: //g' labels.mlp >plain.mlp
    mlpgen -w --standalone --target=portable labels.mlp -o labels.c
    cc $STRICT -fsyntax-only labels.c
    for name in labels plain; do
        mlpgen -w --target=portable $name.mlp -o $name.c
        linked $name.c $name -O0
        ./$name train --quiet --save $name.w
    done
    cmp <(tail -c 568 labels.w) <(tail -c 568 plain.w)
}

@test "torture: strings are shown as they are" {
    cat >net.mlp <<'MLP'
model net { input = 2; loss = softmax_cross_entropy; dense(3); }
data { train = idx("%s%n/*", "??/\"\\"); classes = ["%d %s%n", "*/", "??/\\\""]; }
train { optimizer = sgd(lr = 0.1); batch = 2; epochs = 1; }
MLP
    mlpgen --target=portable net.mlp
    linked net.c net -O0
    rm net.c
    ./net info >out
    grep -qxF 'classes    %d %s%n, */, ??/\"' out
    ./net info --program | mlpgen - --emit=resolved -o - | cmp - <(./net info --program)
    grep -qF '"%s%n/*", "??/\"\\"' <(./net info --program)
    ends 3 ./net train
    says 'net: error: %s%n/*: no such file in the current directory; --data DIR says where the paths in net.mlp start'
    mkdir '%s%n'
    mv x.idx '%s%n/*' # of a directory
    mkdir '??'
    mv t.idx '??/"\'
    ./net train --quiet --save w
    ./net predict --weights w --quiet | sed 's/,[^,]*$//' | sort -u | grep -vx class >said
    lacks -vxF -e '%d %s%n' -e '*/' -e '"??/\"""' said
    [ -s said ]
}
