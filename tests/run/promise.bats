# The promise of equal bits: said where it holds, and said where a build or a machine breaks it.

load common

# built COMPILER FLAG…: ./net, and what it warns of in err.
built() {
    local compiler=$1
    shift
    [ -e net.c ] || mlpgen "$ROOT/examples/xor/xor.mlp" -o net.c
    CC=$compiler linked net.c net "$@"
    ./net train --quiet --epochs 2 --save w 2>err
    ./net info >out
    cat err out
}

@test "promise: usual flags keep it" {
    for build in "gcc -O0" "gcc -O2 -std=c11 -ffp-contract=off" "clang -O2 -fopenmp" \
        {gcc,clang}" -O3 -march=native" "gcc -O3 -march=native -ffp-contract=fast"; do
        built $build
        [ ! -s err ]
        grep -qE "^bits       path [a-z0-9]+, fma exact, subnormals kept: the same everywhere$" out
    done
    mlpgen --standalone "$ROOT/examples/xor/xor.mlp" -o alone.c
    standalone alone.c alone -O0
    ./alone info >out 2>err
    [ ! -s err ]
    grep -q "the same everywhere$" out
    mlpgen --dtype=f64 "$ROOT/examples/xor/xor.mlp" -o net.c
    built gcc -O2
    grep -q "the same everywhere with this C library$" out
}

# broken CAUSE COMPILER FLAG…
broken() {
    local cause=$1
    shift
    built "$@"
    [ "$(cat err)" = "net: warning: results may differ from other builds' in their bits: $cause" ]
    grep -qF ", outside the promise: $cause" out
}

@test "promise: flags that break it are named, once" {
    mlpgen --target=portable "$ROOT/examples/xor/xor.mlp" -o net.c
    local loose="-fno-signed-zeros -fno-trapping-math" fast="compiled with -ffast-math, as -Ofast is too"
    local order="sums or quotients are rearranged (-fassociative-math, -freciprocal-math?)"
    for compiler in gcc clang; do
        broken "$fast" $compiler -O2 -ffast-math
        broken "$fast" $compiler -Ofast
        broken "compiled with -ffinite-math-only" $compiler -O1 -ffinite-math-only
        broken "$order" $compiler -O2 -freciprocal-math
    done
    broken "$order" gcc -O2 -fassociative-math $loose
    mlpgen --standalone --target=portable "$ROOT/examples/xor/xor.mlp" -o alone.c
    standalone alone.c net -O0 -ffast-math
    ./net info 2>err >out
    [ "$(cat err)" = "net: warning: results may differ from other builds' in their bits: $fast" ]
}

@test "promise: arithmetic that breaks it is seen as it runs" {
    case $(cc -dumpmachine) in x86_64*) ;; *) skip "flags of x86-64" ;; esac
    broken "floats are computed in wider registers (FLT_EVAL_METHOD is not 0)" gcc -O2 -mfpmath=387
    broken "products and sums are not rounded as written (-ffp-contract=fast?)" \
        clang -O2 -mfma -ffp-contract=fast
    # a function of the C library that no longer keeps subnormal numbers
    cat >flush.c <<'END'
#include <xmmintrin.h>
int fesetenv(const void *env);
int fesetenv(const void *env) { (void)env; _mm_setcsr(_mm_getcsr() | 0x8040); return 0; }
END
    cc -shared -fPIC flush.c -o flush.so
    built gcc -O2
    [ ! -s err ]
    LD_PRELOAD=./flush.so ./net train --quiet --save w 2>err
    [ "$(cat err)" = "net: warning: results may differ from other builds' in their bits: subnormal numbers are taken for zero" ]
}

# Weights of 1e38 make inputs below the normal numbers count.
small_numbers() {
    cat >net.mlp <<'MLP'
model net {
    input = 2; loss = softmax_cross_entropy;
    dense(40, init = uniform(-1e38, 1e38)); tanh;
    dense(40); tanh;
    dense(3);
}
data { train = table([1e-39, 2e-40, 0], [-3e-39, 1e-40, 1], [5e-39, -3e-39, 2], [2e-39, 4e-39, 1]); }
train { optimizer = sgd(lr = 0.1); batch = 4; epochs = 20; }
MLP
    mlpgen net.mlp
}

@test "promise: what is linked with -ffast-math keeps subnormal numbers all the same" {
    small_numbers
    "$BUILD/oracle" net.mlp train --quiet --save reference
    cc -O2 -I"$ROOT/runtime" -c net.c -o net.o
    cc -ffast-math net.o "$BUILD/libmlprt.a" -ldeflate -lm -o net
    ./net train --quiet --save w 2>err
    [ ! -s err ]
    cmp reference w
    ./net train --quiet --save w --isa portable
    cmp reference w
}

@test "promise: threads that are started with other arithmetic compute the same" {
    case $(cc -dumpmachine) in x86_64*) ;; *) skip "registers of x86-64" ;; esac
    small_numbers
    linked net.c net -O2 -fopenmp
    ./net train --quiet --threads 1 --save reference
    cat >threads.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <xmmintrin.h>
struct start { void *(*work)(void *); void *data; };
static void *begin(void *data)
{
    struct start s = *(struct start *)data;
    free(data);
    _mm_setcsr(_mm_getcsr() | 0x8040 | 0x2000); /* flushed to zero, rounded down */
    fputs("thread\n", stderr);
    return s.work(s.data);
}
int pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*work)(void *), void *data)
{
    int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    *(void **)&create = dlsym(RTLD_NEXT, "pthread_create");
    struct start *s = malloc(sizeof *s);
    *s = (struct start){work, data};
    return create(t, a, begin, s);
}
END
    cc -shared -fPIC threads.c -ldl -o threads.so
    LD_PRELOAD=./threads.so ./net train --quiet --threads 3 --save w 2>err
    [ "$(sort -u err)" = thread ]
    cmp reference w
}

@test "promise: threads are OpenMP's own, or those asked for" {
    built gcc -O2 -fopenmp
    OMP_NUM_THREADS=3 ./net info | grep -qx "threads    1, since a step is small"
    mlpgen "$ROOT/examples/fashion/fashion.mlp"
    linked fashion.c fashion -O0 -fopenmp
    OMP_NUM_THREADS=3 ./fashion info | grep -qx "threads    3"
    OMP_NUM_THREADS=3 ./net train --quiet --threads 2 2>err
    [ ! -s err ]
    run ./net train --threads 1025
    [ "$status" = 2 ]
    [[ $output == *"option '--threads' needs a whole number from 1 to 1024, not '1025'"* ]]
    built gcc -O2
    grep -qx "threads    1, compiled without OpenMP" out
    ./net train --quiet --threads 1 2>err
    [ ! -s err ]
    ./net train --quiet --threads 2 2>err
    [ "$(cat err)" = "net: warning: this build works on one thread, not on 2" ]
}
