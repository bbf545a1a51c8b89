#!/usr/bin/python3
"""The promise as a matrix of runs: the weights after training are the same bytes everywhere.

    tests/matrix/matrix.py BUILD [--quick] [--control]

Each model is trained by every build × path × number of threads, in one go and stopped and resumed at
each epoch, and every weights file is compared with the reference evaluator's. A build is compiled
once: compiler × flags × unrolled or looped. Small models go through all of it, and on other machines
under qemu-user; fashion, where its data is installed, through one full epoch. Prints a line a group
and one hash a model. Exit status 1 if a run failed or differed.

--quick takes a slice of the matrix, for make check. --control breaks the order of one kernel's sums
in the emitted C and succeeds if the matrix sees it.
"""

import argparse
import concurrent.futures
import hashlib
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
FASHION = pathlib.Path("/usr/share/datasets/fashion-mnist")
MODELS = {
    "xor": ROOT / "examples/xor/xor.mlp",
    "deep": ROOT / "tests/matrix/deep.mlp",
    "adam": ROOT / "tests/matrix/adam.mlp",
    "fashion": ROOT / "examples/fashion/fashion.mlp",
}
EPOCHS = {"xor": 6, "deep": 3, "adam": 3}
ROWS = 500  # of the data that deep and adam train on

FLAGS = ["-O0", "-O2", "-O3", "-O2 -std=c11", "-O2 -ffp-contract=off", "-O2 -march=native",
         "-O2 -march=x86-64-v3"]
COMPILERS = ["gcc", "clang-14", "clang-19"]
UNROLL = ["always", "never"]
THREADS = [1, 2, 3, 7]
# clang 19 takes the OpenMP of clang 14: Debian has room for one.
OMP14 = pathlib.Path("/usr/lib/llvm-14/lib")
# Compiler and flags, what runs its programs. musl has no OpenMP of its own.
FOREIGN = {
    "AArch64": (["aarch64-linux-gnu-gcc", "-fopenmp"], ["qemu-aarch64"]),
    "s390x (big-endian)": (["s390x-linux-gnu-gcc", "-fopenmp"], ["qemu-s390x"]),
    "32-bit x86": (["i686-linux-gnu-gcc", "-msse2", "-mfpmath=sse", "-fopenmp"], ["qemu-i386"]),
    "musl": (["musl-gcc"], []),
}


class Failed(Exception):
    pass


def run(command, **options):
    """Runs a command; its output is the message if it fails."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    if done.returncode:
        raise Failed(f"{' '.join(str(part) for part in command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def write_idx(path, kind, dims, values):
    with open(path, "wb") as file:
        file.write(bytes([0, 0, kind, len(dims)]) + struct.pack(f">{len(dims)}I", *dims))
        file.write(values)


def write_data(folder):
    """20 bytes a sample and one of 5 classes for deep; 6 floats and 3 for adam."""
    draw = random.Random(7)
    pixels = bytes(draw.randrange(256) for _ in range(ROWS * 20))
    classes = bytes(sum(pixels[20 * i:20 * i + 4]) % 5 for i in range(ROWS))
    write_idx(folder / "deep-x", 0x08, [ROWS, 4, 5], pixels)
    write_idx(folder / "deep-t", 0x08, [ROWS], classes)
    x = [[draw.uniform(-2, 2) for _ in range(6)] for _ in range(ROWS)]
    t = [[row[0] * row[1], row[2] - row[3] ** 2, abs(row[4]) + 0.1 * row[5]] for row in x]
    write_idx(folder / "adam-x", 0x0D, [ROWS, 6], b"".join(struct.pack(">6f", *row) for row in x))
    write_idx(folder / "adam-t", 0x0D, [ROWS, 3], b"".join(struct.pack(">3f", *row) for row in t))


class Matrix:
    """The runs of one invocation: each compared with its model's reference."""

    def __init__(self, build, folder):
        self.build, self.folder = build, folder
        self.reference, self.runs, self.builds, self.wrong = {}, {}, 0, []
        self.lock = threading.Lock()  # of the counts
        self.environment = dict(os.environ, OMP_WAIT_POLICY="passive", OMP_DYNAMIC="false")

    def refer(self, model):
        """Trains the model by the evaluator."""
        saved = self.folder / f"{model}.reference"
        run([self.build / "oracle", MODELS[model], "train", "--quiet", "--data", self.folder,
             "--epochs", EPOCHS[model], "--save", saved])
        self.reference[model] = saved.read_bytes()
        self.runs[model] = 0

    def emit(self, model, name, *options):
        source = self.folder / f"{model}-{name}.c"
        run([self.build / "mlpgen", *options, MODELS[model], "-o", source])
        return source

    def compare(self, model, what, saved):
        with self.lock:
            self.runs[model] += 1
        if saved.read_bytes() != self.reference[model]:
            self.wrong.append(f"{model}: {what}: other bytes")
        saved.unlink()

    def train(self, model, what, command, options):
        """Two runs: in one go, and stopped and resumed at each epoch."""
        name = f"{model} {what}".replace(" ", "_").replace("/", "_")
        saved, kept = self.folder / f"{name}.out", self.folder / f"{name}.ckpt"
        train = [*command, "train", "--quiet", "--data", self.folder, "--save", saved, "--epochs",
                 EPOCHS[model], *options]
        try:
            run(train, env=self.environment)
            self.compare(model, what, saved)
            for epoch in range(EPOCHS[model]):
                run([*train, "--stop-after", 1, "--checkpoint", kept,
                     *(["--resume", kept] if epoch else [])], env=self.environment)
            self.compare(model, what + ", resumed", saved)
        except Failed as failure:
            self.wrong.append(f"{model}: {what}: {failure}")

    def compile(self, compiler, flags, source, program, libraries):
        run([compiler, *flags, f"-I{ROOT / 'runtime'}", source, *libraries, "-lm", "-o", program])
        with self.lock:
            self.builds += 1

    def native(self, model, compiler, flags, unroll, source, threads):
        """All that one compilation on this machine serves."""
        program = self.folder / f"{model}-{compiler}-{flags}-{unroll}".replace(" ", "")
        what = f"{compiler} {flags} {unroll}"
        try:
            self.compile(compiler, [*flags.split(), *openmp(compiler)], source, program,
                         [self.build / "libmlprt.a", "-ldeflate"])
        except Failed as failure:
            self.wrong.append(f"{model}: {what}: {failure}")
            return
        for path in paths([program]):
            for count in threads:
                self.train(model, f"{what} {path} threads {count}", [program],
                           ["--isa", path, "--threads", count])
        program.unlink()

    def tcc(self, model):
        """Neither intrinsics nor OpenMP: the portable path alone."""
        program = self.folder / f"{model}-tcc"
        try:
            self.compile("tcc", [], self.emit(model, "tcc", "--standalone"), program, [])
            self.train(model, "tcc", [program], [])
        except Failed as failure:
            self.wrong.append(f"{model}: tcc: {failure}")

    def foreign(self, model, machine):
        """Another machine's program, on its processor as qemu knows it."""
        (compiler, *flags), emulator = FOREIGN[machine]
        name = machine.split()[0]
        program = self.folder / f"{model}-{name}"
        try:
            self.compile(compiler, ["-O2", "-static", *flags],
                         self.emit(model, name, "--standalone"), program, [])
            for path in paths([*emulator, program]):
                for count in (1, 2) if "-fopenmp" in flags else (1,):
                    self.train(model, f"{machine} {path} threads {count}", [*emulator, program],
                               ["--isa", path, "--threads", count])
        except Failed as failure:
            self.wrong.append(f"{model}: {machine}: {failure}")

    def fashion(self):
        """One full epoch; the first run is the reference: the evaluator would take an hour."""
        source = self.emit("fashion", "looped")
        for compiler in ("gcc", "clang"):
            program = self.folder / f"fashion-{compiler}"
            self.compile(compiler, ["-O2", *openmp(compiler)], source, program,
                         [self.build / "libmlprt.a", "-ldeflate"])
            for count in (1, 2, 7):
                saved = self.folder / "fashion.out"
                run([program, "train", "--quiet", "--data", FASHION, "--epochs", 1, "--threads",
                     count, "--save", saved], env=self.environment)
                self.reference.setdefault("fashion", saved.read_bytes())
                self.runs.setdefault("fashion", 0)
                self.compare("fashion", f"{compiler} -O2 threads {count}", saved)

    def report(self):
        """One hash a model; whether all is well."""
        for model, count in self.runs.items():
            digest = hashlib.sha256(self.reference[model]).hexdigest()[:16]
            differ = sum(line.startswith(model + ":") for line in self.wrong)
            verdict = "one hash" if not differ else f"{differ} FAILED, the others"
            print(f"{model:8} {count:5} runs, {verdict}: {digest}")
        print(f"matrix: {sum(self.runs.values())} runs of {self.builds} builds, "
              f"{len(self.wrong)} failed")
        for line in self.wrong[:20]:
            print("  " + line)
        return not self.wrong


def openmp(compiler):
    if compiler != "clang-19":
        return ["-fopenmp"]
    headers = next(OMP14.glob("clang/*/include"))
    return ["-fopenmp", f"-L{OMP14}", f"-Wl,-rpath,{OMP14}", "-idirafter", headers]


def paths(command):
    """The paths that a program can take where it runs."""
    said = subprocess.run([*command, "train", "--isa", "?"], capture_output=True, text=True).stderr
    return said.split("there is ")[1].strip().split(", ")


def present(command):
    if shutil.which(command):
        return True
    print(f"{command} is not installed: left out")
    return False


def broken(source):
    """The same C with the sums of the AVX-512 and AVX2 tiles in descending order."""
    text = source.read_text()
    end = text.index("usable_avx2")
    kernels = text[:end].replace("a[k * a_step", "a[(depth - 1 - k) * a_step")
    kernels = kernels.replace("b + k * b_step", "b + (depth - 1 - k) * b_step")
    if kernels == text[:end]:
        raise Failed("no kernel's order was found to break")
    source.write_text(kernels + text[end:])


def control(matrix):
    """Is one kernel that sums in another order seen?"""
    matrix.refer("deep")
    source = matrix.emit("deep", "broken", "--unroll=never")
    broken(source)
    matrix.native("deep", "gcc", "-O2", "never", source, [1])
    seen = len(matrix.wrong)
    print(f"control: one kernel's sums in descending order, {seen} of {matrix.runs['deep']} runs "
          "differ: " + ("seen" if seen else "NOT SEEN"))
    return seen > 0


def small_models(matrix, quick):
    compilers = [c for c in (COMPILERS[:2] if quick else COMPILERS) if present(c)]
    threads = [1, 3] if quick else THREADS
    jobs = []
    for model in ("xor", "deep", "adam"):
        matrix.refer(model)
        for unroll in UNROLL:
            source = matrix.emit(model, unroll, f"--unroll={unroll}")
            for compiler in compilers:
                if quick and (compiler == "gcc") != (unroll == "always"):
                    continue  # gcc's loops and clang's unrolled code are optimized in bits.bats
                for flags in FLAGS[1:2] if quick else FLAGS:
                    jobs.append((matrix.native, model, compiler, flags, unroll, source, threads))
        if not quick:
            jobs += [(matrix.foreign, model, machine) for machine, (compiler, emulator) in
                     FOREIGN.items() if all(present(tool) for tool in [compiler[0], *emulator])]
        if present("tcc"):
            jobs.append((matrix.tcc, model))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for done in [pool.submit(*job) for job in jobs]:
            done.result()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--control", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        matrix = Matrix(given.build.resolve(), pathlib.Path(folder))
        write_data(matrix.folder)
        if given.control:
            return 0 if control(matrix) else 1
        small_models(matrix, given.quick)
        if FASHION.exists() and not given.quick:
            matrix.fashion()
        return 0 if matrix.report() else 1


if __name__ == "__main__":
    sys.exit(main())
