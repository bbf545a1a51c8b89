"""Training at every width from 1 to 130: is there one that runs far below its neighbours?"""

from rows import scaling
from shop import Failed

FIRST, LAST = 1, 130
LEAST = 0.6  # of the mean rate of the two neighbours
DEPTH, BATCH = 1, 64


def rate_of(shop, width):
    """GFLOP/s, the best of two."""
    row = scaling(f"width {width}", width, DEPTH, BATCH, 1)
    row.prepare(shop)
    return max(1e-9 * row.flops * row.samples / row.trainer.epoch() for _ in range(2))


def sweep(shop):
    rates = {}
    for width in range(FIRST, LAST + 1):
        try:
            rates[width] = rate_of(shop, width)
            print(f"width {width:4d}  {rates[width]:7.2f} GFLOP/s", flush=True)
        except Failed as error:
            print(f"width {width:4d}  {error}", flush=True)
    slow = [width for width in rates if width - 1 in rates and width + 1 in rates
            and rates[width] < LEAST * (rates[width - 1] + rates[width + 1]) / 2]
    print("below 60 % of their neighbours:", ", ".join(map(str, slow)) or "none")
