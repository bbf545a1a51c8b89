# The runtime's mathematics and random numbers have the same bits from every compiler and at every
# level of optimisation, also where it may fuse products into sums, and its errors are bounded.
load common

# Recorded once. A change here changes the weights of every program: it must be meant.
expected="mlprt_expf f2e7528e4a19d756
mlprt_expm1f 2b25dec791378e46
mlprt_logf a268f1c76a229489
mlprt_log1pf ea21135b366481c1
mlprt_tanhf e43cb06ebabde8f7
mlprt_sigmoidf 36859ade1f1f6c38
mlprt_erff 26bc0175c0f4d66d
mlprt_cosine_pi 9510445fe61c90f4
mlprt_normal_quantile cf3913667330cb96
random 193beba20a70f6c6"

# has_bits COMPILER FLAG…: a build has the recorded bits.
has_bits() {
    "$@" -I"$ROOT/runtime" "$ROOT/tests/run/math_bits.c" "$ROOT"/runtime/shuffle*.c -o bits -lm
    [ "$(./bits)" = "$expected" ]
}

needs() {
    command -v "$1" >/dev/null || skip "$1 is not installed"
}

# Instructions beyond the baseline, and with them fused multiply-add, where the machine has them.
fused() {
    case $(uname -m) in
    x86_64) grep -qw fma /proc/cpuinfo && echo -march=native ;;
    esac
}

@test "bits: gcc" {
    needs gcc
    has_bits gcc $STRICT -O0
    has_bits gcc $STRICT -O2
    has_bits gcc -std=gnu11 -O2 -ffp-contract=off
    has_bits gcc -std=gnu11 -O2 -ffp-contract=fast $(fused)
    has_bits gcc -std=gnu11 -O3 -ffp-contract=fast $(fused)
}

@test "bits: clang" {
    needs clang
    has_bits clang $STRICT -O0
    has_bits clang $STRICT -O2
    has_bits clang -std=gnu11 -O2 -ffp-contract=off
    has_bits clang -std=gnu11 -O3 -ffp-contract=fast $(fused)
}

@test "bits: tcc" {
    needs tcc
    has_bits tcc
}

# check_math COMPILER: on a sample of all floats, with the vector functions that mlpgen writes.
check_math() {
    needs "$1"
    "$1" $STRICT -O2 $(fused) -I"$ROOT/runtime" -I"$BUILD" "$ROOT/tests/math/check_math.c" -lm \
        -o check_math
    ./check_math 9973
}

@test "errors: within their bounds, and vectors have the same bits, gcc" {
    check_math gcc
}

@test "errors: within their bounds, and vectors have the same bits, clang" {
    check_math clang
}
