"""The kinds of measurement: each row of the table is an object of one of these classes.

A row prepares what it needs, and is then asked round by round; ours and every peer's are measured in
turn within a round, and the machine's peak with them. What comes out are lines of the table: one for
ours alone, with its share of the peak, and one for each peer, with the median of the rounds' ratios.
"""

import os
import re
import statistics
import tempfile
import time

import data
import peers
from shop import FASHION, Failed, cost, run

LOSS_ERROR_MAX = 2e-3  # relative, between two that trained the same from the same weights
RUN_SECONDS = 0.2      # that training is timed for, at least
EPOCHS_MAX = 1 << 16
MEMORY = "/dev/shm"    # weights are saved there: no two writes to a disk take as long
READINGS_MAX = 5       # of an epoch, where another program came between


class Line:
    """A line of the table. Ours and theirs are texts; the goal is a text and whether it is met."""

    def __init__(self, row, who, ours, theirs="", ratio=None, share="", goal="", met=None, note=""):
        self.row, self.who, self.ours, self.theirs = row, who, ours, theirs
        self.ratio, self.share, self.goal, self.met, self.note = ratio, share, goal, met, note


def text_of(seconds):
    for unit, factor in ("s", 1), ("ms", 1e3), ("µs", 1e6):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def at_most(value, limit, text):
    """A goal that is a limit: text of the limit, and whether it is kept."""
    return {} if limit is None else {"goal": "≤ " + text(limit), "met": value <= limit}


def at_least_times(ratio, least):
    return {} if least is None else {"goal": f"≥ {least:g}×", "met": ratio >= least}


class Row:
    """What all rows have: a name, rounds, and peers that may be missing or fail."""

    rounds = None  # fewer than the bench's, where one says so
    peers = {}     # name: how many times as fast ours is to be, or None

    def start_peers(self, start):
        """Starts them; whoever cannot be is kept with the reason."""
        self.running, self.excuse, self.times = {}, {}, {}
        for name in self.peers:
            try:
                self.running[name] = start(name)
            except Failed as error:
                self.excuse[name] = str(error)

    def ask_peers(self):
        """A round of answers in seconds; who fails is asked no more."""
        for name, peer in list(self.running.items()):
            try:
                seconds, self.loss[name] = peer.ask()
                self.times.setdefault(name, []).append(seconds)
            except (Failed, ValueError) as error:
                self.excuse[name] = str(error)
                self.running.pop(name).close()

    def stop_peers(self):
        for peer in self.running.values():
            peer.close()

    def peer_line(self, name, ours, samples=1, note=""):
        """A peer's line: ours are seconds a sample by round, theirs for so many samples."""
        title = peers.TITLES[name]
        own = text_of(statistics.median(ours))
        if name in self.excuse:
            return Line(self.name, title, own, "—", goal=f"≥ {self.peers[name]:g}×"
                        if self.peers[name] else "", note=self.excuse[name])
        theirs = [seconds / samples for seconds in self.times[name]]
        ratio = statistics.median(b / a for a, b in zip(ours, theirs))
        line = Line(self.name, title, own, text_of(statistics.median(theirs)), ratio, note=note,
                    **at_least_times(ratio, self.peers[name]))
        if note.startswith("void"):
            line.ratio, line.met = None, None
        return line

    def measure(self, shop, rounds):
        """The row's lines."""
        try:
            self.prepare(shop)
            for _ in range(min(rounds, self.rounds or rounds)):
                self.round(shop)
            return self.lines()
        except Failed as error:
            return [Line(self.name, "", "—", goal=self.goal_text(), note=str(error))]
        finally:
            if hasattr(self, "running"):
                self.stop_peers()

    def goal_text(self):
        return ""


class Trainer:
    """One of our programs, and how an epoch of it is timed."""

    def __init__(self, program, folder, threads, compared=False):
        self.output = tempfile.TemporaryDirectory(dir=MEMORY if os.path.isdir(MEMORY) else None)
        saved = os.path.join(self.output.name, "saved")
        self.command = [str(program), "train", "--data", str(folder), "--save", saved,
                        "--checkpoint", saved + ".ckpt"]
        if compared:  # with peers, who start from the same weights
            self.command += ["--init", str(folder / "weights.safetensors")]
        self.environment = dict(os.environ, OMP_NUM_THREADS=str(threads))
        self.epochs = None

    def loss(self, epochs):
        """The mean loss that the last of so many epochs ends with."""
        text = run([*self.command, "--epochs", epochs], env=self.environment).decode()
        return float(re.findall(r"^epoch .*  loss (\S+)", text, re.MULTILINE)[-1])

    def expected(self):
        """Seconds a sample, as the compiler and the machine's peak of this minute have it."""
        text = run([self.command[0], "info"], env=self.environment).decode()
        return 1e-6 * float(re.search(r"^expected\s+training (\S+)", text, re.MULTILINE).group(1))

    def whole(self, epochs):
        start = time.perf_counter()
        run([*self.command, "--quiet", "--epochs", epochs], env=self.environment)
        return time.perf_counter() - start

    def difference(self):
        """Seconds that the whole program takes with N epochs, and how many more it takes with 2N."""
        once = self.whole(self.epochs)
        return once, self.whole(2 * self.epochs) - once

    def epoch(self):
        """Seconds: of the N epochs that two runs of the whole program differ by."""
        if not self.epochs:
            self.calibrate()
        for _ in range(READINGS_MAX):
            _, spent = self.difference()
            if spent > 0:
                return spent / self.epochs
        raise Failed("what the program does beside its epochs varies by more than they take")

    def calibrate(self):
        """Finds the N that takes long enough, by what one epoch takes and then by trying: not
        too short beside all else that the program does, which varies too."""
        self.epochs = 1
        while self.epochs < EPOCHS_MAX:
            once, spent = self.difference()
            least = max(RUN_SECONDS, once / 4)
            if spent >= least:
                return
            factor = least / max(spent, least / 16)
            self.epochs = int(self.epochs * max(factor, 1) + 1)


class Training(Row):
    """Training of a model, per sample: of all that an epoch takes."""

    def __init__(self, name, model, shape, samples, source, batch=1, lr=0.1, momentum=0, threads=1,
                 activation="relu", share=None, limit=None, epochs=2, defines=(), peers=(),
                 rounds=None):
        self.name, self.model, self.shape, self.samples = name, model, shape, samples
        self.source, self.batch, self.lr, self.momentum = source, batch, lr, momentum
        self.threads, self.activation, self.share, self.limit = threads, activation, share, limit
        self.epochs, self.peers, self.rounds = epochs, dict(peers), rounds
        self.defines = (f"batch={batch}", *defines)
        layers = [a * b for a, b in zip(shape, shape[1:])]
        self.flops = 2 * (3 * sum(layers) - layers[0])  # no slope by the input

    def prepare(self, shop):
        folder = data.folder_of(shop, self.source, self.samples, self.shape, self.epochs)
        program = shop.trainer(self.model, self.defines)
        self.trainer = Trainer(program, folder, self.threads, bool(self.peers))
        self.ours, self.shares, self.floors, self.expected, self.loss = [], [], [], [], {}
        self.own_loss = self.trainer.loss(self.epochs) if self.peers else None
        self.start_peers(lambda name: peers.of_training(shop, name, self, folder))

    def round(self, shop):
        seconds = self.trainer.epoch() / self.samples
        self.expected.append(self.trainer.expected())
        peak = 1e9 * shop.peak()["fma", self.threads]
        self.ours.append(seconds)
        self.floors.append(self.flops / peak)
        self.shares.append(self.flops / peak / seconds)
        self.ask_peers()

    def goal_text(self):
        if self.limit:
            return f"≤ {text_of(self.limit)}"
        return f"≥ {100 * self.share:.0f} %" if self.share else ""

    def lines(self):
        seconds, share = statistics.median(self.ours), statistics.median(self.shares)
        met = None
        if self.limit or self.share:
            met = seconds <= self.limit if self.limit else share >= self.share
        expected = statistics.median(self.expected)
        note = (f"floor {text_of(statistics.median(self.floors))}, expected {text_of(expected)}, "
                f"{100 * (seconds / expected - 1):+.0f} %")
        first = Line(self.name, "", text_of(seconds), share=f"{100 * share:.1f} %",
                     goal=self.goal_text(), met=met, note=note)
        return [first] + [self.peer_line(name, self.ours, self.samples, self.remark(name))
                          for name in self.peers]

    def remark(self, name):
        """Whether the peer came to the same loss, and in what form it is at its best."""
        if name not in self.running:
            return ""
        loss = self.loss[name]
        if loss != loss:
            return "work only"
        title = self.running[name].title
        if abs(loss - self.own_loss) > LOSS_ERROR_MAX * abs(self.own_loss):
            return f"void: loss {loss:.4g}, ours {self.own_loss:.4g}"
        setting = re.search(r"threads \S+", title)
        return f"same loss {loss:.4g}" + (f", {setting.group()}" if setting else "")


class Inference(Row):
    """One sample after the other through a model."""

    def __init__(self, name, model, shape, activation="relu", limit=None, latency=None, defines=(),
                 peers=(), streams=False):
        self.name, self.model, self.shape, self.activation = name, model, shape, activation
        self.limit, self.latency, self.streams = limit, latency, streams
        self.defines, self.peers = ("batch=1", *defines), dict(peers)
        numbers = [a * b for a, b in zip(shape, shape[1:])]
        self.flops, self.bytes = 2 * sum(numbers), 4 * sum(numbers)

    def prepare(self, shop):
        self.program = shop.inference(self.model, self.defines)
        self.ours, self.waits, self.shares, self.loss = [], [], [], {}
        folder = None
        if "fann" in self.peers:
            folder = data.folder_of(shop, "clusters", 1024, self.shape, 1)
        self.start_peers(lambda name: peers.of_inference(shop, name, self, folder))

    def round(self, shop):
        words = run([self.program]).decode().split()
        seconds = 1e-9 * float(words[words.index("throughput") + 1])
        self.ours.append(seconds)
        self.waits.append(1e-9 * float(words[words.index("latency") + 1]))
        peak = shop.peak(*[self.bytes] if self.streams else [])
        best = peak["read", self.bytes // 512 * 512] if self.streams else peak["fma", 1]
        self.shares.append((self.bytes if self.streams else self.flops) / seconds / best / 1e9)
        self.ask_peers()

    def goal_text(self):
        return f"≤ {text_of(self.limit)}" if self.limit else ""

    def lines(self):
        seconds, wait = statistics.median(self.ours), statistics.median(self.waits)
        share = f"{100 * statistics.median(self.shares):.1f} %"
        note = "of the rate of reading its weights; " if self.streams else ""
        lines = [Line(self.name, "", text_of(seconds), share=share,
                      note=note + "one sample by path.infer",
                      **at_most(seconds, self.limit, text_of)),
                 Line(self.name + ", latency", "", text_of(wait),
                      **at_most(wait, self.latency, text_of))]
        return lines + [self.peer_line(name, self.ours, 1, "work only") for name in self.peers]


class Native(Row):
    """Plain -O2 beside -march=native: the code is to choose its instructions itself."""

    def __init__(self, name, training, least):
        self.name, self.training, self.least = name, training, least

    def prepare(self, shop):
        t = self.training
        folder = data.folder_of(shop, t.source, t.samples, t.shape, t.epochs)
        self.trainers = [Trainer(shop.trainer(t.model, t.defines, flags), folder, t.threads)
                         for flags in ((), ("-march=native",))]
        self.rounds_taken = []

    def round(self, shop):
        self.rounds_taken.append([trainer.epoch() / self.training.samples
                                  for trainer in self.trainers])

    def lines(self):
        plain, native = (statistics.median(column) for column in zip(*self.rounds_taken))
        ratio = statistics.median(b / a for a, b in self.rounds_taken)
        return [Line(self.name, "-march=native", text_of(plain), text_of(native), ratio,
                     goal=f"≥ {self.least:g}×", met=ratio >= self.least)]


def megabytes(count):
    return f"{count / 1e6:.0f} MB"


def three_limits(name, emitted, compiled):
    """Lines for mlpgen's time, cc's time and cc's memory."""
    return [Line(f"mlpgen, {name}", "", text_of(emitted.seconds),
                 **at_most(emitted.seconds, 10e-3, text_of)),
            Line(f"cc -O2, {name}", "", text_of(compiled.seconds),
                 **at_most(compiled.seconds, 1.5, text_of)),
            Line(f"cc -O2 memory, {name}", "", megabytes(compiled.memory),
                 **at_most(compiled.memory, 300e6, megabytes))]


class Compilation(Row):
    """What mlpgen and cc take for one model."""

    def __init__(self, name, model, defines):
        self.name, self.model, self.defines = name, model, defines

    def prepare(self, shop):
        self.spent = []

    def round(self, shop):
        for cached in shop.emit, shop.trainer:
            cached.cache_clear()
        shop.trainer(self.model, self.defines)
        self.spent.append(shop.costs_of(self.model, self.defines))

    def lines(self):
        emitted, compiled = (min(column, key=lambda spent: spent.seconds)
                             for column in zip(*self.spent))
        return three_limits(self.name, emitted, compiled)


class Worst(Row):
    """The largest of those costs over all models that the bench compiled before."""

    def __init__(self, name):
        self.name = name

    def prepare(self, shop):
        self.costs = [spent for spent in shop.compiled.values() if len(spent) == 2]
        if not self.costs:
            raise Failed("no other row was run")

    def round(self, shop):
        pass

    def lines(self):
        emitted, compiled = zip(*self.costs)
        slowest = max(compiled, key=lambda spent: spent.seconds)
        slowest.memory = max(spent.memory for spent in compiled)
        return three_limits(self.name, max(emitted, key=lambda spent: spent.seconds), slowest)


def fashion_files():
    """The training split, as it is installed."""
    files = [FASHION / f"train-{what}.gz" for what in ("images-idx3-ubyte", "labels-idx1-ubyte")]
    if not files[0].exists():
        raise Failed("dataset-fashion-mnist is not installed")
    return files


class Loading(Row):
    """Reading the training split of Fashion-MNIST: gunzipped, checked, hashed, as it is stored."""

    def __init__(self, name, limit):
        self.name, self.limit = name, limit

    def goal_text(self):
        return f"≤ {text_of(self.limit)}"

    def prepare(self, shop):
        self.command = [shop.helper("load", shop.build / "libmlprt.a", "-ldeflate", "-lm"),
                        *fashion_files()]
        self.ours = []

    def round(self, shop):
        self.ours.append(float(run(self.command).split()[1]))

    def lines(self):
        seconds = statistics.median(self.ours)
        return [Line(self.name, "", text_of(seconds), **at_most(seconds, self.limit, text_of))]


class Cold(Row):
    """From the .mlp file, or the script, to one trained epoch of Fashion-MNIST; and its memory."""

    peers = {"pytorch": 1, "sklearn": 1}
    rounds = 3

    def __init__(self, name, limit):
        self.name, self.limit = name, limit

    def goal_text(self):
        return f"≤ {text_of(self.limit)}"

    def prepare(self, shop):
        self.files = fashion_files()
        self.ours, self.memory, self.peer_memory, self.loss = [], 0, {}, {}
        self.commands = {}
        self.start_peers(lambda name: Once([*peers.cold(name), FASHION], self.peer_memory, name))

    def round(self, shop):
        start = time.perf_counter()
        for cached in shop.emit, shop.trainer:
            cached.cache_clear()
        program = shop.trainer("fashion")
        spent = cost([program, "train", "--epochs", "1", *self.files], cwd=shop.folder)
        self.ours.append(time.perf_counter() - start)
        self.memory = spent.memory
        self.bound = self.memory_bound(program)
        self.ask_peers()

    def memory_bound(self, program):
        """Data as stored, the compressed file besides, parameters and arena as info has them."""
        info = run([program, "info"]).decode()
        arena = int(re.search(r"^memory\s+(\d+) bytes", info, re.MULTILINE).group(1))
        parameters = int(re.search(r"^total\s+(\d+)", info, re.MULTILINE).group(1))
        transposed = 256 * 10  # of the second layer, whose slope by its input is needed
        stored = 60000 * (784 + 1) + self.files[0].stat().st_size
        return stored + 4 * (parameters + transposed) + arena + (4 << 20)

    def lines(self):
        seconds = statistics.median(self.ours)
        first = Line(self.name, "", text_of(seconds), **at_most(seconds, self.limit, text_of))
        lines = [first] + [self.peer_line(name, self.ours, 1, "work only") for name in self.peers]
        lines.append(Line("memory of that", "", megabytes(self.memory),
                          **at_most(self.memory, self.bound, megabytes)))
        for name in self.peers:
            lines.append(Line("memory of that", peers.TITLES[name], megabytes(self.memory),
                              *self.memory_of(name), note=self.excuse.get(name, "")))
        return lines

    def memory_of(self, name):
        """What the peer took, as text, and how many times ours that is."""
        if name not in self.peer_memory:
            return "—", None
        return megabytes(self.peer_memory[name]), self.peer_memory[name] / self.memory


class Once:
    """A peer that is started anew for each answer; what memory it took goes to a table."""

    def __init__(self, command, memory, name):
        self.command, self.memory, self.name = command, memory, name

    def ask(self):
        spent = cost(self.command)
        self.memory[self.name] = spent.memory
        return spent.seconds, float("nan")

    def close(self):
        pass
