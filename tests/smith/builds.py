"""Builds: how a model is compiled and run, drawn so that all pairs of settings occur evenly."""

import itertools
import random

ALL_PATHS = "all"  # of the machine's instruction sets, in one program
MODES = {
    "c11": "-std=c11",
    "gnu11": "-std=gnu11",
    "fused": "-std=gnu11 -march=native -ffp-contract=fast",
}
DRAFTS = 30  # random builds, of which the one with the rarest pairs is taken


class Builds:
    """Draws builds, dictionaries from a factor to its setting, and counts their pairs."""

    def __init__(self, paths, seed):
        self.factors = {
            "compiler": ("gcc", "clang"),
            "level": ("-O0", "-O1", "-O2", "-O3"),
            "mode": tuple(MODES),
            "unroll": ("always", "never", "auto"),
            "path": (*paths, ALL_PATHS),
            "threads": ("1", "2", "3", "4"),
            "run": ("whole", "resumed"),
            "type": ("f32", "f64"),
        }
        self.random = random.Random(seed)
        self.settings = [(f, s) for f, settings in self.factors.items() for s in settings]
        self.pairs = {(a, b): 0 for a, b in itertools.combinations(self.settings, 2)
                      if a[0] != b[0]}

    def draw(self, number_type):
        """A build of floats or doubles."""
        def rarity(build):
            return sum(1 / (1 + self.pairs[pair]) ** 2 for pair in pairs_of(build))

        drafts = [{**{f: self.random.choice(s) for f, s in self.factors.items()},
                   "type": number_type} for _ in range(DRAFTS)]
        build = max(drafts, key=rarity)
        for pair in pairs_of(build):
            self.pairs[pair] += 1
        return build

    def missing(self):
        return [f"{name(a)} with {name(b)}" for (a, b), n in self.pairs.items() if n == 0]

    def table(self):
        """How often each pair occurred, as lines: the settings to the right and downwards."""
        names = [name(setting) for setting in self.settings]
        first = max(map(len, names))
        columns = [max(4, len(s)) + 1 for _, s in self.settings]
        yield " " * first + "".join(f"{s:>{c}}" for (_, s), c in zip(self.settings, columns))
        for row, a in zip(names, self.settings):
            cells = (self.pairs.get((a, b), "") for b in self.settings)
            line = f"{row:{first}}" + "".join(f"{n:>{c}}" for n, c in zip(cells, columns))
            if a[0] != "type":
                yield line.rstrip()


def name(setting):
    """A setting, in one word or two."""
    return " ".join(setting) if setting[0] == "threads" else setting[1]


def pairs_of(build):
    return itertools.combinations(build.items(), 2)


def describe(build):
    return (f"{build['compiler']} {build['level']} {MODES[build['mode']]}, --dtype={build['type']}"
            f" --unroll={build['unroll']}, path {build['path']}, threads {build['threads']},"
            f" {build['run']} run")
