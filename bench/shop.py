"""What a run of the bench works with: commands, compilers and the programs that they made."""

import functools
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
BENCH = ROOT / "bench"
FASHION = pathlib.Path("/usr/share/datasets/fashion-mnist")
TIMEOUT = 90  # seconds, of any command and any answer


class Failed(Exception):
    """Why a cell of the table has no number."""


class Cost:
    """Seconds, and the largest memory of the process and its children in bytes."""

    def __init__(self, seconds, memory):
        self.seconds, self.memory = seconds, memory


def last_line(text):
    return (text.strip().splitlines() or [b""])[-1].decode(errors="replace")


def run(command, **options):
    """A command's output, as bytes; the end of what it says is the message if it fails."""
    command = [str(part) for part in command]
    try:
        done = subprocess.run(command, capture_output=True, timeout=TIMEOUT, **options)
    except subprocess.TimeoutExpired:
        raise Failed(f"no answer within {TIMEOUT} s") from None
    except OSError as error:
        raise Failed(str(error)) from None
    if done.returncode:
        raise Failed(last_line(done.stderr + done.stdout) or f"exit status {done.returncode}")
    return done.stdout


# A process counts the memory of the one that started it as its own at first; this one is small.
LAUNCHER = """
import os, resource, sys, time
start = time.perf_counter()
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
seconds = time.perf_counter() - start
print("cost", seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024, status)
"""


def cost(command, **options):
    """Runs a command for what it takes."""
    command = [str(part) for part in command]
    printed = run([sys.executable, "-S", "-E", "-c", LAUNCHER, *command], **options)
    _, seconds, memory, status = printed.decode().splitlines()[-1].split()
    if int(status):
        raise Failed(f"{pathlib.Path(command[0]).name}: exit status {status}")
    return Cost(float(seconds), int(memory))


class Shop:
    """The build directory, and what was made in it, each once."""

    def __init__(self, build):
        self.build = pathlib.Path(build).resolve()
        self.folder = self.build / "bench"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.compiled = {}  # model and its numbers: the costs of mlpgen and of cc
        self.peak()

    def cc(self, name, sources, *flags):
        """A program from C sources, newer than they are."""
        program = self.folder / name
        run(["cc", "-std=c11", *sources, "-o", program, *flags])
        return program

    @functools.lru_cache(maxsize=None)
    def helper(self, name, *flags):
        return self.cc(name, [BENCH / f"{name}.c"], "-O2", f"-I{ROOT / 'runtime'}", *flags)

    @functools.lru_cache(maxsize=None)
    def emit(self, model, defines=()):
        """A model's C; what mlpgen took for it is kept."""
        source = self.folder / ("-".join([model, *defines]).replace("=", "") + ".c")
        options = [part for define in defines for part in ("-D", define)]
        command = [self.build / "mlpgen", BENCH / f"models/{model}.mlp", "-o", source, *options]
        self.compiled[source] = [cost(command)]
        return source

    @functools.lru_cache(maxsize=None)
    def trainer(self, model, defines=(), flags=()):
        """A model's program, by plain cc -O2 with OpenMP."""
        source = self.emit(model, defines)
        program = source.with_name("-".join([source.stem, *flags]).replace("=", ""))
        spent = cost(["cc", "-O2", "-fopenmp", *flags, f"-I{ROOT / 'runtime'}", source,
                      self.build / "libmlprt.a", "-ldeflate", "-lm", "-o", program])
        self.compiled[source].append(spent)
        return program

    def costs_of(self, model, defines=()):
        """What mlpgen and cc took for a model that trainer was called for last."""
        return self.compiled[self.emit(model, defines)]

    @functools.lru_cache(maxsize=None)
    def inference(self, model, defines=()):
        """A model's program with bench/infer.c in the place of the runtime."""
        source = self.emit(model, defines)
        return self.cc(source.stem + "-infer", [BENCH / "infer.c", source], "-O2",
                       f"-I{ROOT / 'runtime'}", "-lm")

    def peak(self, *sizes):
        """What the machine does at best, now: GFLOP/s by threads, GB/s by bytes read."""
        lines = run([self.helper("peak", "-fopenmp"), *sizes]).decode().splitlines()
        numbers = [line.split() for line in lines if not line.startswith("set")]
        return {(kind, int(what)): float(value) for kind, what, value in numbers}
