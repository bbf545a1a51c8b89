# mlpgen's command line: what it takes, what it writes and where, with which exit status.

load common

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    cat >small.mlp <<'END'
let width = 3;
model small { input = 2; loss = half_squared; dense(width); tanh; dense(1); }
data { train = table([0, 1, 1], [1, 0, 1], [1, 1, 0]); }
train { optimizer = sgd(lr = 0.1); batch = 2; epochs = 1; }
END
    sed 's/tanh/tahn/' small.mlp >wrong.mlp
}

# expect STATUS ARGUMENT…: runs mlpgen, standard output in $output, standard error in the file err.
expect() {
    local wanted=$1 status=0
    shift
    output=$(mlpgen "$@" 2>err </dev/null) || status=$?
    [ "$status" = "$wanted" ] || { echo "exit status $status of mlpgen $*"; cat err; return 1; }
}

# says TEXT: standard error holds the text.
says() {
    grep -qF -e "$1" err || { echo "missing: $1"; cat err; return 1; }
}

silent() {
    [ ! -s err ] || { cat err; return 1; }
}

@test "cli: one thing alone is written in place of the program" {
    expect 2 --emit=plan --blame=3 small.mlp
    says "'--emit' and '--blame' exclude each other"
    expect 2 --format --dump=ast small.mlp
    says "'--dump' and '--format' exclude each other"
    expect 0 --emit=trainer --blame=3 small.mlp
    [ ! -e small.plan ]
}

@test "cli: the output is named after the input and written here" {
    mkdir models
    mv small.mlp models/
    expect 0 models/small.mlp
    silent
    [ -z "$output" ]
    [ -s small.c ]
    [ ! -e models/small.c ]
    expect 0 --emit=resolved models/small.mlp
    [ -s small.resolved.mlp ]
    expect 0 --emit=plan models/small.mlp
    [ -s small.plan ]
    cp models/small.mlp other
    expect 0 other
    cmp <(sed 's/other/small.mlp/' other.c) small.c
}

@test "cli: -o names the output, - the standard streams" {
    expect 0 small.mlp
    expect 0 small.mlp -o a.c
    cmp a.c small.c
    expect 0 -ob.c small.mlp
    cmp b.c small.c
    mlpgen small.mlp -o - >c.c
    cmp c.c small.c
    mlpgen - -o d.c <small.mlp
    sed 's/<stdin>/small.mlp/' d.c | cmp - small.c
    expect 2 -
    says "say where to write: -o FILE"
}

@test "cli: options stand anywhere, -- ends them, the last one wins" {
    expect 0 small.mlp --dtype f64 -o a.c --emit trainer
    expect 0 --emit=resolved --dtype=f64 -o b.c --emit=trainer small.mlp
    cmp a.c b.c
    cp small.mlp ./-small.mlp
    expect 2 -small.mlp
    says "unknown option '-small.mlp'"
    expect 0 -o c.c -- -small.mlp
    [ -s c.c ]
}

@test "cli: a wrong command line is 2, says why, and writes nothing" {
    expect 2; says "no input file"
    expect 2 small.mlp wrong.mlp; says "more than one input file: 'small.mlp' and 'wrong.mlp'"
    expect 2 --dum=ast small.mlp; says "unknown option '--dum'"; says "did you mean '--dump'?"
    expect 2 --dumpast small.mlp; says "unknown option '--dumpast'"
    expect 2 --standalon small.mlp; says "did you mean '--standalone'?"
    expect 2 -x small.mlp; says "unknown option '-x'"
    expect 2 --standalone=yes small.mlp; says "'--standalone' takes no argument"
    expect 2 small.mlp -o; says "'-o' needs an argument: FILE"
    expect 2 small.mlp --emit; says "'--emit' needs an argument: trainer|resolved|plan"
    expect 2 small.mlp --emit=resolve; says "did you mean 'resolved'?"
    expect 2 small.mlp --dtype=; says "'--dtype' takes 'f32' or 'f64', not ''"
    expect 2 small.mlp --unroll=sometimes; says "'auto', 'always' or 'never'"
    expect 2 small.mlp --target=avx; says "did you mean 'avx2'?"
    expect 2 small.mlp --dump=everything; says "'--dump' takes 'list', 'ast'"
    expect 2 small.mlp -D width; says "'-D' takes NAME=VALUE, not 'width'"
    expect 2 small.mlp -D =3; says "not '=3'"
    [ -z "$(find . -name '*.c')" ]
}

@test "cli: every message of the command line starts with the program's name" {
    expect 2 --nonsense
    [ "$(head -1 err)" = "mlpgen: error: unknown option '--nonsense'" ]
    expect 3 missing.mlp
    [ "$(cat err)" = "mlpgen: error: missing.mlp: cannot open: No such file or directory" ]
}

@test "cli: --help lists every option and --version the version, on standard output" {
    expect 0 --help
    silent
    for option in '-o FILE' '-D NAME=VALUE' --emit= --dump= --standalone --dtype= --target= --unroll= \
        --help --version; do
        [[ $output == *"  $option"* ]]
    done
    [ "$(awk 'length > 100' <<<"$output")" = "" ]
    expect 0 wrong.mlp --version
    [[ $output =~ ^mlpgen\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
}

@test "cli: --dump=list names what can be dumped, and each can be" {
    expect 0 --dump=list
    [ "$(head -c 4 <<<"$output")" = "ast " ]
    for what in $(awk '{ print $1 }' <<<"$output"); do
        expect 0 "--dump=$what" small.mlp
        [ -n "$output" ]
    done
    [ ! -e small.c ]
}

@test "cli: -D replaces a let, the last one wins" {
    expect 0 small.mlp --emit=resolved -o - -D width=4 -Dwidth=2+3
    [[ $output == *5* ]]
    expect 0 small.mlp -o 3.c
    expect 0 small.mlp -o 5.c -D width=5
    differ 3.c 5.c
}

@test "cli: a -D that cannot be is a wrong command line" {
    expect 2 small.mlp -D widht=4
    says "-D widht=4:1:1: error: "
    says "did you mean 'width'?"
    expect 2 small.mlp -D 'width="x"'
    says "error: "
    expect 1 wrong.mlp -D widht=4
    [ ! -e small.c ]
}

@test "cli: a wrong model is 1 and leaves the old output as it was" {
    echo precious >out.c
    expect 1 wrong.mlp -o out.c
    says "wrong.mlp:2:"
    says "did you mean 'tanh'?"
    [ "$(cat out.c)" = precious ]
    expect 1 wrong.mlp
    [ ! -e wrong.c ]
    [ -z "$(find . -name '*.tmp')" ]
}

@test "cli: what cannot be read is 3" {
    mkdir folder
    expect 3 folder
    says "folder: cannot read: Is a directory"
    expect 3 no/such.mlp
    truncate -s 65M huge.mlp
    expect 3 huge.mlp
    says "huge.mlp: is larger than 64 MiB"
    expect 3 ''
    [ "$(id -u)" = 0 ] || { chmod 0 small.mlp; expect 3 small.mlp; says "Permission denied"; }
}

@test "cli: an empty file, and one of NULs, are wrong models" {
    : >empty.mlp
    expect 1 empty.mlp
    head -c 1000 /dev/zero >nul.mlp
    expect 1 nul.mlp
}

@test "cli: what cannot be written is 3 and leaves nothing behind" {
    mkdir folder
    expect 3 small.mlp -o folder
    says "folder: cannot write: Is a directory"
    expect 3 small.mlp -o no/such.c
    says "no/such.c: cannot write: No such file or directory"
    [ -z "$(find . -name '*.tmp' -o -name '*.c')" ]
}

@test "cli: a full or closed standard output is 3" {
    [ -c /dev/full ] || skip "/dev/full is no device here"
    for what in "-o -" "--dump=ast" --help --version --dump=list; do
        status=0
        mlpgen small.mlp $what >/dev/full 2>err || status=$?
        [ "$status" = 3 ]
        says "<stdout>: cannot write: No space left on device"
        status=0
        mlpgen small.mlp $what >&- 2>err || status=$?
        [ "$status" = 3 ]
    done
}

@test "cli: the output is replaced in one step, with its mode, behind links" {
    echo old >real.c
    chmod 640 real.c
    ln real.c hard.c
    ln -s real.c link.c
    expect 0 small.mlp -o link.c
    [ -L link.c ]
    [ "$(cat hard.c)" = old ]
    [ "$(stat -c %a real.c)" = 640 ]
    expect 0 small.mlp
    cmp real.c small.c
}

# A pipe of the test's own stands for all that is no regular file: with a device of the machine, a
# mistake here would replace it.
@test "cli: what is no regular file is written to, not replaced" {
    mkfifo pipe
    timeout 20 cat pipe >through.c & # not for ever, should the pipe be replaced
    expect 0 small.mlp -o pipe
    wait $!
    [ -p pipe ]
    expect 0 small.mlp
    cmp through.c small.c
}

@test "cli: an output that would not change is left alone" {
    expect 0 small.mlp
    touch -d '2001-01-01 00:00:00' small.c
    expect 0 small.mlp
    [ "$(stat -c %Y small.c)" = "$(date -d '2001-01-01 00:00:00' +%s)" ]
    expect 0 small.mlp --dtype=f64
    [ "$(stat -c %Y small.c)" != "$(date -d '2001-01-01 00:00:00' +%s)" ]
}

@test "cli: the input is never overwritten" {
    cp small.mlp before
    ln -s small.mlp link.mlp
    for output in small.mlp ./small.mlp link.mlp; do
        expect 2 small.mlp --emit=resolved -o $output
        says "$output: the output would overwrite the input"
    done
    status=0
    mlpgen - -o small.mlp <small.mlp 2>err || status=$?
    [ "$status" = 2 ]
    cmp before small.mlp
}

@test "cli: same input, same bytes, wherever it stands" {
    mkdir -p deep/er
    cp small.mlp deep/er
    expect 0 small.mlp -o a.c
    expect 0 "$PWD/deep/er/small.mlp" -o deep/b.c
    cmp a.c deep/b.c
}

@test "cli: --explain says what a message means, and list names them all" {
    expect 0 --explain unknown-layer
    silent
    [ "$(head -n 1 <<<"$output")" = "unknown-layer (error)" ]
    [ "$(tail -n 1 <<<"$output")" = "There is no layer of that name." ]
    expect 0 --explain=collapsing-layers small.mlp
    [ "$(head -n 1 <<<"$output")" = "collapsing-layers (warning)" ]
    expect 0 --explain list
    [ "$output" = "$(sed -n 's/^DIAG([A-Z_]*, *"\([a-z-]*\)".*/\1/p' "$ROOT/compiler/diag.def")" ]
    for slug in $output; do
        expect 0 --explain "$slug"
        [ "$(tail -n 1 <<<"$output" | wc -w)" -gt 4 ]
    done
    expect 2 --explain unknown-lair; says "there is no message 'unknown-lair'"; says "did you mean 'unknown-layer'?"
    expect 2 --explain nonsense; says "mlpgen --explain list names them"
}

@test "cli: warnings can be left out and made errors; the last option that names one wins" {
    sed 's/dense(1); }/dense(2); dense(1); dropout(0.5); }/' small.mlp >warned.mlp
    expect 0 warned.mlp -o a.c; says "[collapsing-layers]"; says "[dropout-on-output]"
    [ "$(grep -c warning: err)" = 2 ]
    sed '/^warned.mlp:.*dropout-on-output/,$d' err >first
    expect 0 -Wno-dropout-on-output warned.mlp -o b.c; cmp first err; [ -s first ]
    expect 0 warned.mlp -w -o c.c; silent
    expect 0 -Werror -w warned.mlp -o d.c; silent
    cmp a.c b.c; cmp a.c c.c; cmp a.c d.c
    expect 1 -Werror warned.mlp -o e.c; [ "$(grep -c error: err)" = 2 ]
    expect 1 -Werror=dropout-on-output warned.mlp -o e.c
    says "error: dropout on the outputs"; says "warning: nothing between"
    expect 1 -Wno-dropout-on-output -Werror warned.mlp -o e.c; [ "$(grep -c error: err)" = 1 ]
    expect 0 -Wno-dropout-on-output -Werror=collapsing-layers -Wno-error=collapsing-layers warned.mlp
    expect 0 -Werror -Wno-error warned.mlp
    expect 0 -Werror small.mlp
    [ ! -e e.c ]
    expect 2 -Wno-such warned.mlp; says "there is no message 'such'"
    expect 2 -Wno-dropout-on-outputs warned.mlp; says "did you mean 'dropout-on-output'?"
    expect 2 -Werror=unknown-layer warned.mlp; says "'unknown-layer' is an error by itself, not a warning"
    expect 2 -Wall warned.mlp; says "'-W' takes no-SLUG, error or error=SLUG, not 'all'"
}

@test "cli: --diagnostics=json says the same, an object a line" {
    printf 'let a\t= "\xe4\xba\x8c";\n' | cat - wrong.mlp >mixed.mlp
    echo 'train { batch = 1; } train { batch = "\"\\"; }' >>mixed.mlp
    expect 1 mixed.mlp
    mv err text
    expect 1 mixed.mlp --diagnostics=json
    "$PYTHON" - text err <<'END'
import json, re, sys
text = re.findall(r"^([^:\n]*):(\d+):(\d+): (error|warning|note): (.*?)(?: \[([a-z-]+)\])?$",
                  open(sys.argv[1]).read(), re.M)
said = []
for line in open(sys.argv[2]):
    one = json.loads(line)
    said.append((one["file"], one["line"], one["column"], one["severity"], one["message"], one["slug"]))
    assert (one["end_line"], one["end_column"]) >= (one["line"], one["column"])
    if "note" in one:
        note = one["note"]
        said.append((note["file"], note["line"], note["column"], "note", note["message"], ""))
assert said == [(f, int(l), int(c), *rest) for f, l, c, *rest in text], (said, text)
assert len(said) > 3 and any(s[3] == "note" for s in said)
END
    printf 'let a = b%s;\n' {1..25} >many.mlp
    expect 1 many.mlp --diagnostics=json
    [ "$(wc -l <err)" = 21 ]
    grep -qx '{"severity": "note", "message": "[0-9]* more messages"}' err
    expect 3 --diagnostics=json missing.mlp
    says '{"severity": "error", "message": "missing.mlp: cannot open: No such file or directory"}'
    expect 2 --diagnostics=json --nonsense
    says '{"severity": "error", "message": "unknown option '"'--nonsense'"'", "help": "mlpgen --help lists the options"}'
}

@test "cli: colours where they are asked for, and by themselves only on a terminal" {
    escape=$(printf '\033')
    expect 1 wrong.mlp; [ "$(grep -c "$escape" err)" = 0 ]
    expect 1 --color=always wrong.mlp; says "${escape}[1;31merror:${escape}[0m"
    sed "s/$escape\[[0-9;]*m//g" err >plain
    expect 1 wrong.mlp; cmp plain err
    seen() {
        TERM=xterm script -qec "$* '$BUILD/mlpgen' wrong.mlp" /dev/null | grep -c "$escape" || true
    }
    if command -v script >/dev/null; then
        [ "$(seen env)" -gt 0 ]
        [ "$(seen env NO_COLOR=1)" = 0 ]
        [ "$(seen env NO_COLOR=)" -gt 0 ]
        [ "$(seen env TERM=dumb)" = 0 ]
    fi
}

@test "cli: --emit=dot is a graph of the layers" {
    expect 0 --emit=dot small.mlp
    [ "$(head -n 1 small.dot)" = 'digraph "small" {' ]
    grep -qF '"dense1" [label="dense1\ndense 2 × 3\n9 parameters\n' small.dot
    [ "$(grep -c -- '->' small.dot)" = 5 ]
    sed 's/model small/model strict/; s/dense(1)/loss: dense(1)/' small.mlp >named.mlp
    expect 0 --emit=dot -o named.dot named.mlp
    if command -v dot >/dev/null; then
        dot -Tplain small.dot | grep -q '^edge input dense1'
        dot -Tplain named.dot | grep -q '^edge loss "(loss)"'
    fi
}

@test "cli: --blame names the line of the emitter that made a line" {
    expect 0 small.mlp
    lines=$(wc -l <small.c)
    for line in 1 2 9 $(seq 20 37 "$lines") "$lines"; do
        expect 0 --blame=$line small.mlp
        [[ $output =~ ^(compiler/[a-z_/]+\.c):([0-9]+),\ small\.mlp:[0-9]+$ ]]
        place=$(sed -n "${BASH_REMATCH[2]}p" "$ROOT/${BASH_REMATCH[1]}")
        [[ $place == *cb_* ]] || { echo "$line: $output: $place"; false; }
    done
    for line in $(grep -n '^        [a-z].*;$' small.c | sed -n 's/:.*//; 1~40p'); do # not the blocks around
        expect 0 --blame=$line small.mlp
        [[ $output =~ ^(compiler/[a-z_/]+\.c):([0-9]+), ]]
        place=$(sed -n "${BASH_REMATCH[2]}p" "$ROOT/${BASH_REMATCH[1]}")
        [[ $place != *cb_for* && $place != *cb_function* && $place != *cb_if* ]]
    done
    expect 2 --blame=$((lines + 1)) small.mlp
    says "small.mlp: the program has no line $((lines + 1))"
    for wrong in 0 -1 x 3x '' 1234567890; do
        expect 2 --blame="$wrong" small.mlp; says "'--blame' takes the number of a line, not '$wrong'"
    done
}
