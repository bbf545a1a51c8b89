"""The peers of the bench: how each is built, started and asked.

A peer is a program in bench/peers that says who it is, and then answers each line on its standard
input with the seconds of an epoch (or of one sample) and the loss that it came to: nan where first
weights or loss are its own, so that only the work can be compared.
"""

import itertools
import os
import select
import shutil
import subprocess

from shop import BENCH, TIMEOUT, Failed, run

PYTHON = "/usr/bin/python3"  # the one that Debian's packages are for
FOLDER = BENCH / "peers"
OPTIMIZED = "-O3", "-march=native"
LIBRARIES = {
    "openblas": ["-lopenblas"],
    "libxsmm": ["-fopenmp", "-lxsmm", "-lxsmmnoblas", "-ldl", "-lpthread"],
    "onednn": ["-fopenmp", "-ldnnl"],
}
TITLES = {
    "pytorch": "PyTorch", "sklearn": "scikit-learn", "fann": "FANN", "openblas": "OpenBLAS",
    "onednn": "oneDNN", "libxsmm": "LIBXSMM", "onnxruntime": "ONNX Runtime",
}


class Peer:
    """A running peer."""

    def __init__(self, command, threads=1, blas=None):
        environment = dict(os.environ, OMP_NUM_THREADS=str(threads),
                           OPENBLAS_NUM_THREADS=str(blas or threads))
        self.process = subprocess.Popen(
            [str(part) for part in command], env=environment, text=True, bufsize=1,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            self.title = self.line()
        except Failed:
            self.close()
            raise

    def line(self):
        if not select.select([self.process.stdout], [], [], TIMEOUT)[0]:
            raise Failed(f"no answer within {TIMEOUT} s")
        text = self.process.stdout.readline()
        if not text:
            raise Failed(f"ended with status {self.process.wait()}")
        return text.strip()

    def ask(self, question="1"):
        try:
            self.process.stdin.write(question + "\n")
        except OSError as error:
            raise Failed(str(error)) from None
        seconds, loss = self.line().split()
        return float(seconds), float(loss)

    def close(self):
        self.process.kill()
        self.process.communicate()


class Searched:
    """PyTorch with the numbers of threads that are best for it: its own, BLAS's and OpenMP's."""

    def __init__(self, command, most):
        counts = range(1, most + 1)
        peers = {pair: Peer(command, *pair) for pair in itertools.product(counts, counts)}
        tried = {}
        for pair, own in itertools.product(peers, counts):
            tried[pair, own] = peers[pair].ask(str(own))[0]
        best, self.own = min(tried, key=tried.get)
        self.peer = peers.pop(best)
        for other in peers.values():
            other.close()
        self.title = self.peer.title
        if most > 1:
            self.title += ", threads %d/%d/%d" % (self.own, best[1], best[0])

    def ask(self):
        return self.peer.ask(str(self.own))

    def close(self):
        self.peer.close()


def present(module):
    try:
        run([PYTHON, "-c", f"import {module}"])
    except Failed:
        raise Failed("not installed") from None


def build(shop, name, sources, flags):
    program = shop.folder / f"peer-{name}"
    try:
        run(["cc", "-std=c11", *OPTIMIZED, *[FOLDER / source for source in sources], *flags, "-lm",
             "-o", program])
    except Failed as error:  # a header that is not there ends the compilation
        raise Failed("not installed" if "terminated" in str(error) else str(error)) from None
    return program


def of_training(shop, name, row, folder):
    """Starts the peer that trains what the row trains."""
    shape = "-".join(str(n) for n in row.shape)
    arguments = [folder, shape, row.batch, row.lr, row.momentum, row.epochs]
    if name in LIBRARIES:
        program = build(shop, name, ["mlp.c", f"{name}.c"], LIBRARIES[name])
        return Peer([program, *arguments, row.threads], row.threads)
    if name == "fann":
        program = build(shop, name, ["fann.c"], ["-lfann"])
        return Peer([program, *arguments, row.threads])
    if name == "sklearn":
        present("sklearn")
        return Peer([PYTHON, FOLDER / "sklearn_mlp.py", *arguments, row.activation], row.threads)
    present("torch")
    return Searched([PYTHON, FOLDER / "pytorch.py", *arguments, row.activation], row.threads)


def of_inference(shop, name, row, folder):
    """Starts the peer that takes single samples through a network of the row's shape."""
    shape = "-".join(str(n) for n in row.shape)
    if name == "fann":
        return Peer([build(shop, name, ["fann.c"], ["-lfann"]), folder, shape, "run"])
    present("onnx")
    model = shop.folder / f"{shape}.onnx"
    run([PYTHON, FOLDER / "onnx_model.py", shape, row.activation, model])
    return Peer(["node", FOLDER / "onnxruntime.js", node_module(shop), model, row.shape[0]])


def node_module(shop):
    """ONNX Runtime as npm has it, below the build directory; its script fetches parts for GPUs."""
    module = shop.folder / "node_modules/onnxruntime-node"
    if not module.exists():
        if not shutil.which("node") or not shutil.which("npm"):
            raise Failed("not installed (npm)")
        run(["npm", "install", "--prefix", shop.folder, "--no-fund", "--no-audit",
             "--ignore-scripts", "onnxruntime-node"])
    return module


def cold(name):
    """The command that trains an epoch of Fashion-MNIST from nothing."""
    module, script = {"pytorch": ("torch", "pytorch.py"),
                      "sklearn": ("sklearn", "sklearn_mlp.py")}[name]
    present(module)
    return [PYTHON, FOLDER / script, "--cold"]
