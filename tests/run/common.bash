# What the tests of the command line share: load common
#
#   $BUILD      the build directory (MLPGEN_BUILD, default build/), absolute
#   $ROOT       the repository
#   $FASHION    the folder of the data, or nothing where Debian's package is absent
#   a test runs in its own empty directory, which goes when it passes

ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
BUILD=${MLPGEN_BUILD:-$ROOT/build}
STRICT="-std=c11 -Wall -Wextra -Wconversion -Wshadow -Wvla -pedantic -Werror"
PYTHON=/usr/bin/python3
FASHION=/usr/share/datasets/fashion-mnist
[ -e "$FASHION/train-images-idx3-ubyte.gz" ] || FASHION=

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
}

mlpgen() {
    "$BUILD/mlpgen" "$@"
}

# linked FILE.c PROGRAM [FLAG…]: compiles an emitted file against the runtime of the build directory.
# CC chooses the compiler.
linked() {
    local source=$1 program=$2
    shift 2
    ${CC:-cc} "$@" -I"$ROOT/runtime" "$source" "$BUILD/libmlprt.a" -ldeflate -lm -o "$program"
}

# standalone FILE.c PROGRAM [FLAG…]: compiles a file of --standalone.
standalone() {
    local source=$1 program=$2
    shift 2
    ${CC:-cc} "$@" "$source" -lm -o "$program"
}

# trainer EXAMPLE PROGRAM [MLPGEN-OPTION…]: an example's program, linked, with -O1.
trainer() {
    local example=$1 program=$2
    shift 2
    mlpgen "$@" "$ROOT/examples/$example/$example.mlp" -o "$program.c"
    linked "$program.c" "$program" -O1
}

need_fashion() {
    [ -n "$FASHION" ] || skip "the Debian package dataset-fashion-mnist is not installed"
}

# The value behind a word in a line such as `loss 0.3621  accuracy 0.8713  samples 10000`.
value_of() {
    awk -v word="$1" '{ for (i = 1; i < NF; i++) if ($i == word) value = $(i + 1) } END { print value }'
}

# Bash lets a test go on after "! COMMAND", whatever comes of it; these two are said instead.
# differ A B: the files are there and not the same.
differ() {
    local end=0
    cmp -s "$1" "$2" || end=$?
    [ $end = 1 ] || {
        echo "$1 and $2 are the same, or one is missing"
        return 1
    }
}
# lacks PATTERN FILE…: the files are there and none of their lines matches.
lacks() {
    local end=0
    grep "$@" || end=$?
    [ $end = 1 ]
}

# at_least A B, below A B: comparisons of decimal numbers
at_least() {
    awk -v a="$1" -v b="$2" 'BEGIN { exit !(a != "" && a + 0 >= b + 0) }'
}
below() {
    awk -v a="$1" -v b="$2" 'BEGIN { exit !(a != "" && a + 0 < b + 0) }'
}

# The paths that program NET can be told to take on this machine (--isa).
paths_of() {
    "$1" info | sed -n 's/^paths *//p' | tr ',' '\n' | awk '!/not on this machine/ { print $1 }'
}
