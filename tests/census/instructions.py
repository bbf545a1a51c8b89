"""Instructions a trained sample of tiny networks, where each of them shows, against instructions.txt.

Counted by callgrind on the AVX2 path; what one more epoch adds, so that loading and starting do not
count. More than the recorded number by a tenth fails, and so does less: a gain is recorded (`make
record-census`), or it would be lost unseen. Another compiler writes other instructions: the numbers
are those of the one that the file names.
"""

import collections

from programs import HERE, Failed, compiler_version, side_by_side

RECORDED = HERE / "instructions.txt"
BAND = 0.10
Row = collections.namedtuple("Row", "name model batch inputs classes samples")
ROWS = [
    Row("4-16-3 online", "iris", 1, 4, 3, 1000),
    Row("4-16-3 B=16", "iris", 16, 4, 3, 1600),
    Row("2-4-1 online", "xor", 1, 2, 2, 1000),
    Row("4-32-16-4 B=2000", "chains", 2000, 4, 4, 2000),
]


def measure(census, row):
    """Instructions a sample; the runtime is inside, so that it too is what -O2 makes of it."""
    source = census.emit(row.model, f"-D batch={row.batch}", "--standalone")
    data = census.data(row.inputs, row.classes, row.samples, of_bytes=False)
    return census.instructions(census.program(source), data, row.samples)


def measured(census, rows):
    return dict(zip((row.name for row in rows),
                    side_by_side(lambda row: measure(census, row), rows)))


def recorded():
    """The compiler, and the number of each row."""
    lines = [line for line in RECORDED.read_text().splitlines() if not line.startswith("#")]
    compiler = lines[0].removeprefix("compiler ")
    return compiler, {name.strip(): float(number)
                      for name, number in (line.rsplit(None, 1) for line in lines[1:])}


def record(census):
    """Writes the file anew, after showing what changed."""
    numbers, before = measured(census, ROWS), {}
    if RECORDED.exists():
        before = recorded()[1]
    for name, number in numbers.items():
        print(f"{name:18} {before.get(name, 0):10.1f} → {number:10.1f}")
    RECORDED.write_text(
        "# Instructions a trained sample on the AVX2 path (make record-census writes this)\n"
        f"compiler {compiler_version('cc')}\n"
        + "".join(f"{name:18} {number:10.1f}\n" for name, number in numbers.items()))


def survey(census, quick):
    """Prints the table; returns what is wrong."""
    compiler, numbers = recorded()
    here = compiler_version("cc")
    if here != compiler:
        print(f"instructions of tiny networks: left out, recorded with {compiler} and this is {here}")
        return []
    if not census.present("valgrind"):
        return []
    found, wrong = measured(census, ROWS[:1] + ROWS[2:3] if quick else ROWS), []
    print(f"instructions a trained sample on the AVX2 path, {compiler} -O2")
    print(f"{'network':18} {'recorded':>10} {'now':>10}  change")
    for name, now in found.items():
        if name not in numbers:
            raise Failed(f"{RECORDED.name} has no row '{name}': make record-census")
        change = now / numbers[name] - 1
        print(f"{name:18} {numbers[name]:10.1f} {now:10.1f}  {100 * change:+.1f} %")
        if abs(change) > BAND:
            wrong.append(f"{name}: {now:.1f} instructions a sample, recorded are {numbers[name]:.1f}: "
                         "more than a tenth off (if that is meant: make record-census)")
    return wrong
