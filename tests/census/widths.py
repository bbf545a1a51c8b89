"""Training at widths from 1 to 130: does one cost far more instructions than its neighbours?

The companion of `bench/run --widths` that does not depend on time: width-width-10 in batches of 64,
instructions for each multiply-add of the model, counted by callgrind on the AVX2 path. No width may
run below 60 % of the rate that its two neighbours have in the mean.
"""

from programs import side_by_side

LAST = 130
LEAST = 0.6
QUICK = 16, 17, 18  # one panel, and a column more
SAMPLES = 64
OUTPUTS = 10


def multiply_adds(width):
    """A sample's: forward, dW, and dX of the last layer."""
    return 2 * (width * width + width * OUTPUTS) + width * OUTPUTS


def cost(census, width):
    """Instructions a multiply-add."""
    source = census.emit("scale", f"-D width={width}", "-D depth=1", f"-D batch={SAMPLES}",
                         "--target=avx2")
    data = census.data(width, OUTPUTS, SAMPLES, of_bytes=True)
    program = census.program(source, *census.runtime)
    return census.instructions(program, data, SAMPLES) / multiply_adds(width)


def cliffs(costs):
    """Yields the widths that are worse than both their neighbours let expect."""
    for width, cost_here in costs.items():
        if width - 1 in costs and width + 1 in costs:
            rate = 2 / cost_here / (1 / costs[width - 1] + 1 / costs[width + 1])
            if rate < LEAST:
                yield (f"width {width}: {100 * rate:.0f} % of its neighbours' rate, at least "
                       f"{100 * LEAST:.0f} %")


def survey(census, quick):
    """Prints the table; returns what is wrong."""
    if not census.present("valgrind"):
        return []
    widths = QUICK if quick else range(1, LAST + 1)
    costs = dict(zip(widths, side_by_side(lambda width: cost(census, width), widths)))
    print("instructions a multiply-add of training width-width-10, B=64, on the AVX2 path")
    for first in range(0, len(widths), 10):
        print("  ".join(f"{width:3}: {costs[width]:6.3f}" for width in widths[first:first + 10]))
    return list(cliffs(costs))
