"""How much C mlpgen writes, and what that costs cc: from 8×8 to 4096×4096, each model of the bench.

Seconds depend on the machine; lines, bytes of C and of machine code, and cc's memory do not, and cc's
seconds follow the machine code. Width must not show in them, and depth only in proportion.
"""

import collections
import sys

from programs import ROOT, run, side_by_side

WIDTHS = 8, 256, 1024, 4096
DEPTHS = 1, 4, 16
QUICK = [("scale", f"-D width={width}") for width in (256, 4096)]
ROWS = ([("scale", f"-D width={width}") for width in WIDTHS]
        + [("scale", f"-D depth={depth}") for depth in DEPTHS]
        + [(path.stem,) for path in sorted((ROOT / "bench/models").glob("*.mlp"))
           if path.stem != "scale"])
MEMORY_MAX = 300 << 20
CODE_MAX = 96 << 10  # bytes, but for the deepest
DEEPEST = "scale -D depth=16"
WIDER = 1.2  # times as much as a model of width 256
DEEPER = 1.2  # times as much for a layer more, where there are many
Size = collections.namedtuple("Size", "lines written functions code memory")

# A process counts the memory of the one that started it as its own at first; this one is small.
LAUNCHER = """
import os, resource, sys
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
sys.exit(status)
"""


def size_of(census, row):
    source = census.emit(*row)
    text = source.read_text()
    unit = source.with_suffix(".o")
    memory = int(run([sys.executable, "-S", "-E", "-c", LAUNCHER, "cc", "-O2", "-fopenmp",
                      f"-I{ROOT / 'runtime'}", "-c", source, "-o", unit]))
    code = int(run(["size", "--format=berkeley", unit]).splitlines()[1].split()[0])
    functions = sum(line == "}" for line in text.splitlines())
    return Size(text.count("\n"), len(text.encode()), functions, code, memory)


def wider(sizes, field):
    """Yields what grows with the width."""
    base = getattr(sizes["scale", "-D width=256"], field)
    for row, size in sizes.items():
        found = getattr(size, field)
        if "width=" in row[-1] and found > WIDER * base:
            yield f"{' '.join(row)}: {field} {found}, more than {WIDER} times the {base} at 256"


def deeper(sizes, field):
    """Yields what grows faster than the depth."""
    one, four, sixteen = (getattr(sizes["scale", f"-D depth={depth}"], field) for depth in DEPTHS)
    early, late = (four - one) / (DEPTHS[1] - DEPTHS[0]), (sixteen - four) / (DEPTHS[2] - DEPTHS[1])
    if late > DEEPER * early:
        yield (f"scale, {field} for a layer more: {late:.0f} from depth {DEPTHS[1]} on, more than "
               f"{DEEPER} times the {early:.0f} before")


def too_large(name, size):
    if size.memory > MEMORY_MAX:
        yield f"{name}: cc takes {size.memory >> 20} MiB, at most {MEMORY_MAX >> 20}"
    if size.code > CODE_MAX and name != DEEPEST:
        yield f"{name}: {size.code} bytes of code, at most {CODE_MAX}"


def survey(census, quick):
    """Prints the table; returns what is wrong."""
    rows = QUICK if quick else ROWS
    sizes = dict(zip(rows, side_by_side(lambda row: size_of(census, row), rows)))
    wrong = []
    print("C of a model, and what cc -O2 makes of it")
    print(f"{'model':22} {'lines':>7} {'bytes':>8} {'functions':>9} {'code':>8}  memory of cc")
    for row, size in sizes.items():
        name = " ".join(row)
        print(f"{name:22} {size.lines:7} {size.written:8} {size.functions:9} {size.code:8} "
              f"{size.memory / 2**20:9.0f} MiB")
        wrong += too_large(name, size)
    for field in ("lines", "written", "code"):
        wrong += wider(sizes, field)
        wrong += [] if quick else deeper(sizes, field)
    return wrong
