# Bad input: files of any kind, their names, and what they are written to.

load torture

# The ways of a program to read and to write a file, with FILE in its place.
readers=('train FILE t.idx' 'train x.idx FILE' 'predict --weights w FILE' 'eval --weights FILE' 'info FILE' 'train --init FILE'
    'train --resume FILE')
writers=('train --save FILE' 'train --checkpoint FILE --checkpoint-every 1' 'train --log FILE')

# all_end MESSAGE FILE COMMAND…: each command ends with 3 and says that of the file, in one line.
all_end() {
    local message=$1 file=$2 command words lines
    shift 2
    for command in "$@"; do
        read -ra words <<<"$command"
        ends 3 ./net "${words[@]/#FILE/$file}"
        says "net: error: ${file//[$'\n\e']/?}: $message"
        mapfile -t lines <err
        [ ${#lines[@]} = 1 ]
    done
}

@test "torture: directories, files that are not there and those that are forbidden" {
    mkdir folder locked
    cp x.idx secret
    chmod 0 secret
    chmod 500 locked
    all_end "is a directory; expected a file" folder "${readers[@]}"
    all_end "cannot write: Is a directory" folder "${writers[@]}"
    all_end "cannot open: No such file or directory" no/such "${readers[@]}"
    all_end "cannot write: No such file or directory" no/such "${writers[@]}"
    ends 3 ./net train --data no/such
    says "net: error: no/such/x.idx: cannot open: No such file or directory"
    unprivileged true || skip "root's rights cannot be dropped here"
    for command in "${readers[@]:0:4}"; do
        ends 3 unprivileged ./net ${command/FILE/secret}
        says "net: error: secret: cannot open: Permission denied"
    done
    for command in "${writers[@]}"; do
        ends 3 unprivileged ./net ${command/FILE/locked/w}
        says "net: error: locked/w: cannot write: Permission denied"
    done
    cp net.mlp locked.mlp
    chmod 0 locked.mlp
    ends 3 unprivileged "$BUILD/mlpgen" locked.mlp
    says "mlpgen: error: locked.mlp: cannot open: Permission denied"
    ends 3 unprivileged "$BUILD/mlpgen" net.mlp -o locked/x
    says "mlpgen: error: locked/x: cannot write: Permission denied"
    echo old >kept
    chmod 400 kept
    ends 3 unprivileged "$BUILD/mlpgen" net.mlp -o kept
    says "mlpgen: error: kept: cannot write: Permission denied"
    [ "$(cat kept)" = old ]
}

@test "torture: pipes serve where files do" {
    # feed FILE PIPE: not for ever, should nobody read
    feed() { timeout 20 cat "$1" >"$2" & }
    mkdir pipe
    mkfifo pipe/net.mlp pipe/x
    feed net.mlp pipe/net.mlp
    ends 0 bounded "$BUILD/mlpgen" pipe/net.mlp -o piped
    mlpgen net.mlp -o plain
    cmp plain piped
    gzip -c x.idx >x.gz
    for file in x.idx x.gz; do
        feed $file pipe/x
        ends 0 bounded ./net train --quiet pipe/x t.idx --save again
        same_weights w again
    done
    feed w pipe/x
    ends 0 bounded ./net eval --quiet --weights pipe/x
    head -c 100 w >half
    feed half pipe/x
    ends 3 bounded ./net eval --weights pipe/x
    grep -qx "net: error: pipe/x: a header of [0-9]* bytes, but the file ends at byte 100" err
}

# A file is cut to its half as soon as its size was asked for.
@test "torture: a file that shrinks while it is read is one that is too short" {
    cat >shrink.c.txt <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

static int shrink(int fd, mode_t mode, off_t size)
{
    char path[] = "/proc/self/fd/0";
    path[sizeof path - 2] = (char)('0' + fd);
    return S_ISREG(mode) && fd < 10 ? truncate(path, size / 2) : 0;
}
#define SHRINKING(name, type)                                                \
    int name(int fd, struct type *st)                                        \
    {                                                                        \
        int (*real)(int, struct type *) = dlsym(RTLD_NEXT, #name);           \
        return real(fd, st) || shrink(fd, st->st_mode, (off_t)st->st_size);  \
    }
SHRINKING(fstat, stat)
SHRINKING(fstat64, stat64)
C
    cc -shared -fPIC -x c shrink.c.txt -o shrink.so -ldl || skip "no library to put before others here"
    cp x.idx x
    ends 3 env LD_PRELOAD=./shrink.so ./net train x t.idx
    [ "$(wc -c <x)" = 12 ] || skip "the size is asked for in another way here"
    says "net: error: x: byte 12: expected 6 samples of 2 elements of 1 bytes; 0 bytes follow"
    gzip -nc x.idx >x.gz
    ends 3 env LD_PRELOAD=./shrink.so ./net train x.gz t.idx
    says "net: error: x.gz: damaged or truncated gzip data in the member at byte 0 of $(wc -c <x.gz)"
    cp w half
    ends 3 env LD_PRELOAD=./shrink.so ./net eval --weights half
    grep -qx "net: error: half: a header of [0-9]* bytes, but the file ends at byte $(wc -c <half)" err
}

@test "torture: sizes beyond 4 GiB are not taken for small ones" {
    truncate -s $(((4 << 30) + 24)) x.big
    printf '\0\0\10\2\0\0\0\6\0\0\0\2' | dd of=x.big conv=notrunc status=none
    truncate -s $(((4 << 30) + $(wc -c <w))) w.big
    dd if=w of=w.big conv=notrunc status=none
    ends 3 bounded ./net train x.big t.idx
    says "net: error: x.big: not enough memory for $(((4 << 30) + 25)) bytes"
    ends 3 bounded ./net eval --weights w.big
    says "net: error: w.big: not enough memory for $(((4 << 30) + $(wc -c <w) + 1)) bytes"
}

@test "torture: paths of 4095 bytes are opened, those of 4096 named by their end" {
    local here far file
    here=$(times 2047 ./)
    far=$(times 2048 /d)
    for file in x.idx w net.mlp; do
        cp $file a
        [ $((${#here} + 1)) = 4095 ]
        case $file in
        x.idx) ends 0 ./net train --quiet ${here}a t.idx --save again ;;
        w) ends 0 ./net eval --quiet --weights ${here}a ;;
        *) ends 0 mlpgen ${here}a -o plain ;;
        esac
    done
    same_weights w again
    for command in "${readers[@]}"; do
        ends 3 ./net ${command/FILE/$far}
        says "net: error: ...${far: -400}: cannot open: File name too long"
    done
    for command in "${writers[@]}"; do
        ends 3 ./net ${command/FILE/$far}
        grep -q "^net: error: \.\.\.[d/.ckpt]*: cannot write: File name too long$" err
    done
    ends 3 mlpgen $far
    says "mlpgen: error: $far: cannot open: File name too long"
    ends 3 mlpgen net.mlp -o $far
    says "mlpgen: error: $far: cannot write: File name too long"
}

@test "torture: a path with a newline and worse keeps a program's message on one line" {
    local name=$'a\n\e[31mb'
    all_end "cannot open: No such file or directory" "$name" "${readers[@]}"
    mkdir "$name"
    all_end "cannot write: Is a directory" "$name" "${writers[@]}"
    rmdir "$name"
    ends 3 ./net train --data "$name"
    says "net: error: a??[31mb/x.idx: cannot open: No such file or directory"
    ends 3 "$BUILD/mlpgen" --diagnostics=json "$name"
    says '{"severity": "error", "message": "a??[31mb: cannot open: No such file or directory"}'
    cp x.idx "$name"
    ends 0 ./net train --quiet "$name" t.idx --save again
    same_weights w again
    ./net train --quiet --save "$name"
    cmp w "$name"
    cp net.mlp "$name"
    ends 0 mlpgen --target=portable "$name" -o "$name.2"
    cc $STRICT -I"$ROOT/runtime" -fsyntax-only -x c "$name.2"
}

# The limit on the size of files stands for a disk that fills up.
@test "torture: a full disk leaves the checkpoint of before, and of mlpgen's output nothing" {
    ./net train --quiet --save v --stop-after 1
    [ "$(wc -c <v)" -lt 2048 ]
    [ "$(wc -c <v.ckpt)" -gt 2048 ]
    cp v.ckpt before
    ends 3 bash -c 'ulimit -f 2; ./net train --quiet --save v --resume v.ckpt --checkpoint-every 1'
    says "net: error: v.ckpt: cannot write: File too large"
    cmp before v.ckpt
    ./net train --quiet --save v --resume v.ckpt
    same_weights w v
    ends 3 bash -c "trap '' XFSZ; ulimit -f 2; '$BUILD/mlpgen' net.mlp"
    says "mlpgen: error: net.c: cannot write: File too large"
}

# unread COMMAND…: its standard output is a pipe whose reader has gone, and SIGPIPE is ignored.
unread() {
    "$PYTHON" -c 'import os, subprocess, sys
r, w = os.pipe()
os.close(r)
sys.exit(subprocess.run(sys.argv[1:], stdout=w, restore_signals=False).returncode)' "$@"
}

@test "torture: what is written to a pipe that nobody reads any more ends with 3" {
    ends 3 unread "$BUILD/mlpgen" net.mlp -o -
    says "mlpgen: error: <stdout>: cannot write: Broken pipe"
    for command in --help info 'info w' 'predict --quiet --weights w' 'eval --quiet --weights w'; do
        ends 3 unread ./net $command
        says "net: error: standard output: Broken pipe"
    done
    ends 3 unread ./net train --save again
    same_weights w again
}

@test "torture: a limit on file sizes ends mlpgen with 3 and leaves nothing behind" {
    status=0
    bash -c "ulimit -f 1; exec '$BUILD/mlpgen' net.mlp" 2>err || status=$?
    cat err
    [ "$status" = 3 ]
    [ "$(cat err)" = "mlpgen: error: net.c: cannot write: File too large" ]
    [ -z "$(find . -name '*.tmp' -o -name '*.c')" ]
}

@test "torture: a standard output that nobody reads ends mlpgen with 3" {
    status=0
    "$PYTHON" -c 'import os, subprocess, sys
r, w = os.pipe()
os.close(r)
sys.exit(subprocess.run(sys.argv[1:], stdout=w).returncode % 256)' "$BUILD/mlpgen" net.mlp -o - 2>err || status=$?
    cat err
    [ "$status" = 3 ]
    [ "$(cat err)" = "mlpgen: error: <stdout>: cannot write: Broken pipe" ]
}

@test "torture: control characters of a path do not reach the terminal, nor break mlpgen's message" {
    name=$'a\n\e[31mb'
    mlpgen "$name" 2>err || true
    [ "$(cat err)" = "mlpgen: error: a??[31mb: cannot open: No such file or directory" ]
    sed 's/tanh/tahn/' net.mlp >"$name"
    mlpgen "$name" 2>err || true
    [ "$(head -n 1 err)" = "a??[31mb:1:69: error: unknown layer 'tahn' [unknown-layer]" ]
}

@test "torture: a newline in the name of a model file changes no token of the C" {
    cp net.mlp $'a\nb'
    cp net.mlp axb
    mlpgen $'a\nb' -o newline.c
    mlpgen axb -o plain.c
    count() { cc -std=c11 -E -P -I"$ROOT/runtime" "$1" | sed -n '/ plan\[\] *=/,/NULL/p' | wc -l; }
    [ "$(count newline.c)" = "$(count plain.c)" ]
}

@test "torture: a program does not replace weights that may not be written" {
    mlpgen net.mlp
    linked net.c net -O0
    ./net train --quiet --save kept
    cp kept before
    chmod 400 kept
    drop=
    [ "$(id -u)" != 0 ] || drop="setpriv --bounding-set=-all --inh-caps=-all"
    status=0
    $drop ./net train --quiet --lr 0.2 --save kept 2>err || status=$?
    cat err
    cmp before kept
    [ "$status" = 3 ]
    [ "$(cat err)" = "net: error: kept: cannot write: Permission denied" ]
}

# Half of the layers that there may be, in memory that grows with them and not with their square.
@test "torture: thousands of layers are compiled in half a gigabyte" {
    { echo 'model net { input = 2; loss = mse;'; yes 'dense(1);' | head -n 2048; echo '}'
        echo 'data { train = table([1, 2, 3]); }'
        echo 'train { optimizer = sgd(lr = 0.1); batch = 2; epochs = 1; }'; } >large.mlp
    (ulimit -v $((640 << 10)); exec "$BUILD/mlpgen" -w large.mlp -o /dev/null)
}
