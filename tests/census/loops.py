"""The innermost loops of the emitted kernels, in the assembly of several compilers.

A tile's loop over k must have, for each step, one multiply-add of vectors for each of its rows and
vectors, and nothing in it may reach into the stack: neither may any other innermost loop with
multiply-adds. What is known to do so has a row in known.txt that says why, and up to how many times.
A loop belongs to a tile by the lines that its instructions come from; one that also has lines from
behind the tile's loop over k is a loop around the tile, whose steps of k were all unrolled.
"""

import collections
import fnmatch
import re

import assembly
from programs import HERE, ROOT, run, side_by_side

# 784-256-10; large squares; widths that fill no panel, and K odd with N = 10; doubles.
PROGRAMS = [("fashion",), ("wide",), ("scale", "-D width=37"), ("scale", "-D width=72", "--dtype=f64")]
AARCH64 = "-isystem/usr/aarch64-linux-gnu/include"
COMPILERS = {
    "gcc": ["gcc"],
    "clang-14": ["clang-14"],
    "clang-19": ["clang-19"],
    "gcc neon": ["aarch64-linux-gnu-gcc"],
    "clang-19 neon": ["clang-19", "--target=aarch64-linux-gnu", AARCH64],
}
QUICK = "gcc", "clang-14"
FLAGS = "-O2", "-O3"
STEPS_MAX = 8  # of k that a compiler takes at a time in a loop over k
FUNCTION = re.compile(r"static (?:inline )?\S+ \*?(\w+)\(")
TILE = re.compile(r"tile(\d+)x(\d+)_(?:\w+_)?(avx512|avx2|neon)$")
VECTOR_BYTES = {"avx512": 64, "avx2": 32, "neon": 16}
REAL_BYTES = {"float": 4, "double": 8}


class Tile:
    """A tile of the source: how large, and where its loop over k stands."""

    def __init__(self, name, real):
        found = TILE.match(name)
        self.name, self.isa = name, found[3]
        lanes = VECTOR_BYTES[self.isa] // REAL_BYTES[real]
        self.fmas = int(found[1]) * int(found[2]) // lanes
        self.size = f"{self.isa} {found[1]}×{found[2]}" + (" f64" if real == "double" else "")
        self.loop = range(0)


class Found:
    """An innermost loop with multiply-adds of vectors."""

    def __init__(self, program, build, function, tile, loop, whole):
        self.program, self.build, self.function, self.tile = program, build, function, tile
        self.fmas, self.length, self.stack = loop.fmas, len(loop.instructions), len(loop.stack)
        self.over_k = tile is not None and not whole
        self.place = function + (f"/{tile.name}" if tile else "")

    def steps(self):
        """How many steps of k it takes at a time, 0: not a whole number."""
        return 0 if self.fmas % self.tile.fmas else self.fmas // self.tile.fmas

    def __str__(self):
        return (f"{self.program}, {self.build}: {self.place}: {self.fmas} multiply-adds in "
                f"{self.length} instructions, {self.stack} of them reach into the stack")


def tiles_of(text):
    """The tiles of a C source, by the numbers of their lines."""
    real = "double" if "static const double zeros" in text else "float"
    lines, tile = {}, None
    for number, line in enumerate(text.splitlines(), 1):
        if found := FUNCTION.match(line):
            tile = Tile(found[1], real) if TILE.match(found[1]) else None
        if tile:
            lines[number] = tile
            if line.startswith("    for (size_t k"):
                tile.loop = range(number, number + 1)
            elif tile.loop and line == "    }":
                tile.loop = range(tile.loop.start, number + 1)
        if line == "}":
            tile = None
    return lines


def loops_of(program, build, source, text):
    """The loops of a program's assembly that do multiply-adds."""
    lines = tiles_of(source.read_text())
    for function, instructions, labels in assembly.functions(text, source.name):
        for loop in assembly.innermost(instructions, labels):
            if not loop.fmas:
                continue
            inside = collections.Counter()
            for number, count in loop.lines.items():
                if number in lines:
                    inside[lines[number]] += count
            tile = max(inside, key=inside.get) if inside else None
            # What the loop around k says, or the tile after it: then no loop over k was left.
            whole = any(lines.get(number) and number not in lines[number].loop for number in loop.lines)
            whole |= tile is not None and loop.fmas > STEPS_MAX * tile.fmas
            yield Found(program, build, function.split(".")[0], tile, loop, whole)


class Known:
    """A row of known.txt."""

    def __init__(self, row):
        self.loop, self.place, self.compiler, self.flags, most, self.why = row.split(None, 5)
        self.most, self.used = int(most), 0

    def covers(self, found):
        compiler, flags = found.build.rsplit(" ", 1)
        return ((self.loop == "k") == found.over_k and found.stack <= self.most
                and fnmatch.fnmatchcase(found.place, self.place)
                and fnmatch.fnmatchcase(compiler.split()[0], self.compiler)
                and fnmatch.fnmatchcase(flags, self.flags))


def known_rows():
    lines = (HERE / "known.txt").read_text().splitlines()
    return [Known(line) for line in lines if line and not line.startswith("#")]


def faults(found, known):
    """What is wrong with a loop, in words."""
    if found.over_k and not found.steps():
        yield f"{found}; a step of k has {found.tile.fmas}"
    row = found.stack and next((row for row in known if row.covers(found)), None)
    if row:
        row.used += 1
    elif found.stack:
        yield str(found)


def compiled(census, source, build, compiler, flags):
    assembled = source.with_name(f"{source.stem}-{build}.s".replace(" ", "-"))
    run([*compiler, flags, "-g1", f"-I{ROOT / 'runtime'}", "-S", source, "-o", assembled])
    return assembled.read_text()


def longest_steps(loops):
    """Instructions for a step of k in the longest loop, by size of tile and build."""
    longest = {}
    for found in loops:
        if found.over_k and found.steps():
            key = found.tile.size, found.build
            longest[key] = max(longest.get(key, 0), found.length / found.steps())
    return longest


def print_table(tiles, builds, longest):
    """One table for each machine."""
    print("instructions for a step of k in the longest loop of each tile; planned: its multiply-adds")
    for neon in (False, True):
        columns = [build for build in builds if ("neon" in build) == neon]
        if columns:
            print(f"\n{'tile':17} planned  " + "  ".join(f"{build:>12}" for build in columns))
        for tile in tiles if columns else ():
            if (tile.isa == "neon") == neon:
                cells = (longest.get((tile.size, build)) for build in columns)
                print(f"{tile.size:17} {tile.fmas:7}  " + "  ".join(
                    f"{cell:{max(12, len(build))}.1f}" if cell else f"{'none':>12}"
                    for cell, build in zip(cells, columns)))


def missing(tiles, builds, longest):
    """Tiles whose loop was found in no program: what is not seen is not checked."""
    for build in builds:
        for tile in tiles:
            if ("neon" in build) == (tile.isa == "neon") and (tile.size, build) not in longest:
                yield f"{build}: no loop of a tile {tile.size} was found"


def print_known(loops, known):
    """What reaches into the stack, and why that is known."""
    print(f"\n{len(loops)} innermost loops with multiply-adds, "
          f"{sum(found.over_k for found in loops)} of them over k alone; "
          f"{sum(found.stack > 0 for found in loops)} reach into the stack, known:")
    for row in known:
        if row.used:
            print(f"{row.used:4} {row.place} by {row.compiler} {row.flags}, up to {row.most} times:\n"
                  f"     {row.why}")


def grouped(wrong):
    """Each line once, with how often it came."""
    for line, count in collections.Counter(wrong).items():
        yield line + (f" ({count} such loops)" if count > 1 else "")


def survey(census, quick, alter=None):
    """Prints the tables; returns what is wrong. `alter` changes the text of each source."""
    programs = PROGRAMS[:1] if quick else PROGRAMS
    names = QUICK[:1] if alter else QUICK if quick else COMPILERS
    compilers = {name: COMPILERS[name] for name in names if census.present(COMPILERS[name][0])}
    sources = {program: census.emit(*program) for program in programs}
    for source in sources.values() if alter else ():
        source.write_text(alter(source.read_text()))
    jobs = [(program, f"{name} {flags}", command, flags) for program in programs
            for name, command in compilers.items() for flags in (FLAGS[:1] if quick else FLAGS)]

    def look(job):
        program, build, command, flags = job
        text = compiled(census, sources[program], build, command, flags)
        return list(loops_of(" ".join(program), build, sources[program], text))

    loops = [found for some in side_by_side(look, jobs) for found in some]
    builds = list(dict.fromkeys(job[1] for job in jobs))
    tiles = {tile.size: tile for source in sources.values()
             for tile in tiles_of(source.read_text()).values()}.values()
    longest, known = longest_steps(loops), known_rows()
    wrong = [fault for found in loops for fault in faults(found, known)]
    wrong = [*grouped(wrong), *missing(tiles, builds, longest)]
    if not alter:
        print_table(tiles, builds, longest)
        print_known(loops, known)
    if not quick:
        wrong += [f"known.txt: {row.place} {row.compiler} {row.flags}: no loop is like that"
                  for row in known if not row.used]
    return wrong


def spilled(text):
    """No register of vectors is left over a step of k."""
    registers = ", ".join(f'"xmm{n}"' for n in range(16))
    return text.replace("k < depth; k++) {\n        const __m256 ",
                        f"k < depth; k++) {{\n__asm__ volatile(\"\" : : : {registers});\n"
                        "        const __m256 ")


def shortened(text):
    """A step of k of each large tile of AVX-512 lacks one multiply-add."""
    return text.replace("        c71 = _mm512_fmadd_ps(a7, b1, c71);\n", "")


def controls(census):
    """Are a spilled and a shortened loop seen? Prints what is; returns whether both are."""
    seen = []
    for alter, expected in (spilled, "reach into the stack"), (shortened, "a step of k has 24"):
        wrong = [line for line in survey(census, True, alter) if expected in line and "tile" in line]
        seen.append(len(wrong))
        print(f"control: {alter.__doc__[:-1]}: {len(wrong)} loops "
              + (f"seen, as {wrong[0]}" if wrong else "NOT SEEN"))
    return all(seen)
