"""The programs that the census looks at: models of the bench, as mlpgen writes them."""

import concurrent.futures
import os
import pathlib
import random
import shutil
import struct
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent


class Failed(Exception):
    pass


def run(command):
    """A command's output; all that it says is the message if it fails."""
    command = [str(part) for part in command]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise Failed(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def side_by_side(work, items):
    """[work(item) …], as many at a time as there are processors."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(work, items))


def compiler_version(compiler):
    """"gcc 12": the name, and the part of the version that changes what is written."""
    number = run([compiler, "-dumpversion"]).strip().split(".")[0]
    clang = "clang" in run([compiler, "--version"])
    return f"{'clang' if clang else 'gcc'} {number}"


class Census:
    """The build, and a folder for what is made of it."""

    def __init__(self, build, folder):
        self.build, self.folder = build.resolve(), pathlib.Path(folder)
        self.runtime = self.build / "libmlprt.a", "-ldeflate"
        self.left_out = []

    def present(self, command):
        if shutil.which(command):
            return True
        line = f"{command} is not installed: left out"
        if line not in self.left_out:
            self.left_out.append(line)
            print(line)
        return False

    def emit(self, model, *options):
        """The C of a model of the bench with these options of mlpgen."""
        name = "-".join([model, *options]).translate(str.maketrans("= ", "__"))
        source = self.folder / f"{name}.c"
        words = [word for option in options for word in option.split()]
        run([self.build / "mlpgen", *words, ROOT / f"bench/models/{model}.mlp", "-o", source])
        return source

    def program(self, source, *libraries):
        """A trainer of one thread, by plain cc -O2."""
        run(["cc", "-O2", f"-I{ROOT / 'runtime'}", source, *libraries, "-lm", "-o",
             source.with_suffix("")])
        return source.with_suffix("")

    def data(self, inputs, classes, samples, of_bytes):
        """A folder with x and t as IDX: noise, and classes that have nothing to do with it."""
        draw = random.Random(1)
        folder = self.folder / f"data-{inputs}-{classes}-{samples}"
        folder.mkdir(exist_ok=True)
        count = samples * inputs
        if of_bytes:
            kind, x = 0x08, draw.randbytes(count)
        else:
            kind, x = 0x0D, struct.pack(f">{count}f", *(draw.uniform(-1, 1) for _ in range(count)))
        write_idx(folder / "x", kind, [samples, inputs], x)
        write_idx(folder / "t", 0x08, [samples], bytes(draw.randrange(classes) for _ in range(samples)))
        return folder

    def instructions(self, program, data, samples, *options):
        """Instructions a trained sample on the AVX2 path: what one more epoch adds."""
        epochs = [self.count([program, "train", "--quiet", "--isa", "avx2", "--threads", "1",
                              "--data", data, "--save", f"{program}.out", "--epochs", n, *options])
                  for n in (1, 2)]
        return (epochs[1] - epochs[0]) / samples

    def count(self, command):
        """All instructions of a process, as valgrind counts them (it knows no AVX-512)."""
        counts = pathlib.Path(f"{command[0]}.callgrind")
        run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={counts}", *command])
        lines = counts.read_text().splitlines()
        return int(next(line for line in lines if line.startswith("totals:")).split()[1])


def write_idx(path, kind, dims, values):
    path.write_bytes(bytes([0, 0, kind, len(dims)]) + struct.pack(f">{len(dims)}I", *dims) + values)
