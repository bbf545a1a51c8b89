# What make builds anew, and what it leaves out, when sources come and go.

load common

# A small tree to build: a few sources of each kind, and one that will go.
setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    mkdir -p tree/tests
    cp -r "$ROOT"/{Makefile,compiler,runtime,tools} tree
    cd tree || return 1
    find compiler runtime -name '*.c' ! -name arena.c ! -name ice.c ! -name status.c -delete
    mkdir -p runtime/data
    echo 'int stray_runtime(void); int stray_runtime(void) { return 0; }' >runtime/stray.c
    echo 'int stray_compiler(void); int stray_compiler(void) { return 0; }' >compiler/stray.c
}

build() {
    make -s B=b CFLAGS=-O0 b/libmlprt.a b/libmlpgen.a
}

@test "build: a source that is deleted is gone from libraries and embedded text" {
    build
    ar t b/libmlprt.a | grep -q '^stray'
    ar t b/libmlpgen.a | grep -q '^stray'
    grep -q stray_runtime b/embed.c
    rm runtime/stray.c compiler/stray.c
    build
    ar t b/libmlprt.a >runtime.list
    ar t b/libmlpgen.a >compiler.list
    grep -q '^status' runtime.list
    grep -q '^arena' compiler.list
    lacks '^stray' runtime.list compiler.list
    lacks stray_runtime b/embed.c
}

@test "build: with the same sources there is nothing to do" {
    build
    touch -d '2001-01-01 00:00:00' b/libmlprt.a b/libmlpgen.a
    find . -type f ! -name '*.a' -exec touch -d '2000-01-01 00:00:00' {} +
    build
    [ "$(stat -c %Y b/libmlprt.a)" = "$(date -d '2001-01-01 00:00:00' +%s)" ]
    [ "$(stat -c %Y b/libmlpgen.a)" = "$(date -d '2001-01-01 00:00:00' +%s)" ]
}
