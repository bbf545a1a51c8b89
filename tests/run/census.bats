# What speed rests on and time does not show (tests/census/run): a slice of it, and that it can fail. All
# of it is `make check-census`.

load common

# census WORD…: that part of the census is well; skipped where what it needs is not installed.
census() {
    run "$ROOT/tests/census/run" "$BUILD" "$@" --quick
    echo "$output"
    [ "$status" = 0 ]
    if grep -q "left out" <<<"$output"; then
        skip "$(grep "left out" <<<"$output")"
    fi
}

# judged FILE: Python that asserts, with the census's modules.
judged() {
    PYTHONPATH=$ROOT/tests/census "$PYTHON" -B "$1"
}

@test "census: loops over k have the multiply-adds of their tiles and leave the stack alone" {
    census loops
}

@test "census: a loop that spills is seen, and so is one that lacks a multiply-add" {
    command -v gcc || skip "gcc is not installed"
    run "$ROOT/tests/census/run" "$BUILD" --control
    echo "$output"
    [ "$status" = 0 ]
    [ "$(grep -c "loops seen" <<<"$output")" = 2 ]
}

@test "census: tiny networks take the instructions that are recorded" {
    census instructions
}

@test "census: a width of one column more than a panel has is no cliff" {
    census widths
}

@test "census: width does not show in the size of the code" {
    census size
}

@test "census: the innermost of loops, what they add and where they reach" {
    cat >loops.py <<'END'
import assembly
X86 = """
	.file 1 "net.c"
	.type	f, @function
f:
	.loc 1 7 1
	movq	%rsp, %rbp
.L1:
	movq	8(%rsp), %rax
.L2:
	.loc 1 9 1
	vmovups	-8(%rbp), %ymm0   # a reload
	vfmadd231ps	%ymm0, %ymm1, %ymm2
	vfmadd231ss	%xmm0, %xmm1, %xmm2
	jne	.L2
	.loc 1 8 1
	jne	.L1
	jmp	.L3
.L3:
	ret
"""
ARM = """
	.type	g, %function
g:
.L2:
	ldr	q0, [sp, 16]
	ldr	q1, [x29, 16]
	fmla	v1.4s, v2.4s, v3.s[0]
	fmadd	s0, s1, s2, s3
	bne	.L2
"""
(name, code, labels), = assembly.functions(X86, "net.c")
loop, = assembly.innermost(code, labels)
assert (name, loop.fmas, len(loop.stack), len(loop.instructions)) == ("f", 1, 1, 4), vars(loop)
assert dict(loop.lines) == {9: 4}, loop.lines
(name, code, labels), = assembly.functions(X86.replace("movq	%rsp, %rbp", "nop"), "net.c")
loop, = assembly.innermost(code, labels)
assert loop.stack == [], "rbp is no frame pointer here"
for branch in "bne\t", "b.ne\t", "cbnz\tx1, ":
    (name, code, labels), = assembly.functions(ARM.replace("bne\t", branch), "net.c")
    loop, = assembly.innermost(code, labels)
    assert (name, loop.fmas, len(loop.stack)) == ("g", 1, 1), vars(loop)
END
    judged loops.py
}

@test "census: what grows and what falls off is told from what does not" {
    cat >judge.py <<'END'
import size
import widths
assert list(widths.cliffs({1: 4.0, 2: 2.0, 3: 3.0, 4: 2.0})) == []
line, = widths.cliffs({1: 4.0, 2: 2.0, 3: 3.4, 4: 2.0})
assert line.startswith("width 3: 59 %"), line
sizes = {("scale", f"-D {name}={n}"): size.Size(100, 100, 1, 100, 1) for name, n in
         [("width", 256), ("width", 4096), ("depth", 1), ("depth", 4), ("depth", 16)]}
assert [*size.wider(sizes, "code"), *size.deeper(sizes, "code")] == []
sizes["scale", "-D width=4096"] = size.Size(121, 120, 1, 100, 1)
assert len(list(size.wider(sizes, "lines"))) == 1 and not list(size.wider(sizes, "written"))
sizes["scale", "-D depth=4"] = size.Size(400, 400, 1, 400, 1)
sizes["scale", "-D depth=16"] = size.Size(1600, 1900, 1, 1600, 1)
assert len(list(size.deeper(sizes, "written"))) == 1 and not list(size.deeper(sizes, "lines"))
assert list(size.too_large("a", size.Size(1, 1, 1, 1, 1))) == []
assert len(list(size.too_large("a", size.Size(1, 1, 1, 1 << 20, 1 << 30)))) == 2
END
    judged judge.py
}
