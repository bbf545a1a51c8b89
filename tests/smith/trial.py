"""A trial: a model compiled by mlpgen and a C compiler, held against the reference evaluator."""

import filecmp
import os
import re
import shlex
import subprocess

import builds

STRICT = "-Wall -Wextra -Wconversion -Wshadow -Wvla -pedantic -Werror"
LIMIT = 300  # seconds for any program: gcc at -O3 takes 100 for a hundred layers
DONE, CHECK_FAILED, NOT_FINITE = 0, 1, 5  # exit statuses
SEEDS = 4  # initial weights, among which are some at which every gradient can be seen

# Threads that wait must not keep the processor from those that work.
ENVIRONMENT = {**os.environ, "OMP_WAIT_POLICY": "passive", "OMP_DYNAMIC": "false"}


class Failure(Exception):
    """What went wrong, in words that are the same for a smaller model, and the details."""

    def __init__(self, what, details):
        super().__init__(what)
        self.what, self.details = what, details


def run(command, folder, statuses=(DONE,)):
    """Runs a program; an exit status that is none of these is a failure."""
    name = os.path.basename(command[0])
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=LIMIT,
                              errors="replace", stdin=subprocess.DEVNULL, env=ENVIRONMENT)
    except subprocess.TimeoutExpired:
        raise Failure(f"{name} does not end", shlex.join(command)) from None
    if done.returncode not in statuses:
        raise Failure(f"{name} ends with {done.returncode}",
                      f"{shlex.join(command)}\n{done.stdout[-2000:]}{done.stderr[:2000]}")
    return done


def answer(done, who):
    """What two programs have to say alike. Their warnings and names may differ; and so may what is
    said not to be finite: layers that are fused keep no numbers of their own to be looked at."""
    errors = re.findall("error: .*", done.stderr.replace(f" {who}.", " WHO."))
    return (done.returncode, done.stdout,
            [re.sub("error: .* not finite", "error: not finite", e) for e in errors])


def said(done, kind):
    """What follows that word on the lines that start with it."""
    return [line[len(kind) + 1:] for line in done.stdout.splitlines()
            if line.startswith(kind + " ")]


class Trial:
    """root: the repository; tools: the build directory; edit: a sed script for emitted C."""

    def __init__(self, root, tools, edit):
        self.root, self.tools, self.edit = root, tools, edit

    def tool(self, name):
        return os.path.join(self.tools, name)

    def make(self, source, folder):
        """Makes a model of a seed or of --choices=LIST: (choices, items, slugs of the drafts that
        the checker refused); None if those choices make none."""
        done = run([self.tool("mlpgen-smith"), source, "."], folder, (DONE, CHECK_FAILED))
        if done.returncode == CHECK_FAILED:
            return None
        return said(done, "choices")[0], said(done, "item"), said(done, "refused")

    def all_items(self):
        return said(run([self.tool("mlpgen-smith"), "--list"], self.root), "item")

    def commands(self, build):
        """mlpgen and the C compiler on a model, for that build."""
        mlpgen = [self.tool("mlpgen"), f"--dtype={build['type']}", f"--unroll={build['unroll']}",
                  "model.mlp", "-o", "net.c"]
        if build["path"] != builds.ALL_PATHS:
            mlpgen.insert(1, f"--target={build['path']}")
        threads = "" if build["threads"] == "1" else "-fopenmp"
        flags = f"{builds.MODES[build['mode']]} {build['level']} {STRICT} {threads}"
        cc = [build["compiler"], *flags.split(), "-I" + os.path.join(self.root, "runtime"), "net.c",
              self.tool("libmlprt.a"), "-ldeflate", "-lm", "-o", "net"]
        return mlpgen, cc

    def compile(self, build, folder):
        """Makes ./net, where nothing is left of an earlier build."""
        mlpgen, cc = self.commands(build)
        for name in os.listdir(folder):
            if name.startswith(("net", "oracle")):
                os.remove(f"{folder}/{name}")
        run(mlpgen, folder)
        if self.edit:
            run(["sed", "-i", self.edit, "net.c"], folder)
        run(cc, folder)

    def oracle(self, number_type, folder, *arguments):
        f64 = ["--f64"] if number_type == "f64" else []
        return run([self.tool("oracle"), *f64, *arguments], folder, (DONE, NOT_FINITE))

    def agree(self, build, folder, *arguments):
        """The program and the evaluator take the same command and have to end alike, print the
        same, and write the same into files that WHO begins the name of. Returns the status."""
        def said_by(who):
            return [a.replace("WHO.", f"{who}.") for a in arguments]

        expected = answer(self.oracle(build["type"], folder, "model.mlp", *said_by("oracle")),
                          "oracle")
        found = answer(run(["./net", *said_by("net")], folder, (DONE, NOT_FINITE)), "net")
        command = arguments[0]
        if found != expected:
            raise Failure(f"{command} says something else",
                          f"{found}\nwhere the evaluator says\n{expected}")
        for a in arguments:
            if a.startswith("WHO."):
                self.same(folder, a.replace("WHO", "net"), a.replace("WHO", "oracle"), command)
        return expected[0]

    @staticmethod
    def same(folder, found, expected, command):
        there = [os.path.exists(f"{folder}/{name}") for name in (found, expected)]
        if not any(there):  # training that ended in its first step
            return
        if not all(there) or not filecmp.cmp(f"{folder}/{found}", f"{folder}/{expected}", False):
            raise Failure(f"{command} writes other bytes", f"{found} is not {expected}")

    def train(self, build, folder):
        """Trains in one go, or stops after an epoch and resumes."""
        train = ["train", "--quiet", "--threads", build["threads"]]
        if build["run"] == "whole":
            return self.agree(build, folder, *train, "--save", "WHO.weights")
        status = self.agree(build, folder, *train, "--stop-after", "1", "--checkpoint",
                            "WHO.checkpoint", "--save", "WHO.half")
        if status == DONE:
            status = self.agree(build, folder, *train, "--resume", "WHO.checkpoint", "--save",
                                "WHO.weights")
        if status == DONE:
            self.oracle(build["type"], folder, "model.mlp", *train, "--save", "oracle.whole")
            self.same(folder, "net.weights", "oracle.whole", "resuming")
        return status

    def resolved(self, folder):
        """The resolved program trains to the same weights file, which has it in itself."""
        run([self.tool("mlpgen"), "--emit=resolved", "model.mlp", "-o", "resolved.mlp"], folder)
        self.oracle("f32", folder, "resolved.mlp", "train", "--quiet", "--save", "resolved.weights")
        self.same(folder, "resolved.weights", "oracle.weights", "the resolved program")

    @staticmethod
    def gradients(folder):
        """Every gradient against differences; what came of it. Initial weights at which a tensor's
        are all zero, as behind a dead relu, show nothing; others are tried."""
        excuses = ("is zero everywhere", "on kinks", "not finite")
        for seed in range(1, SEEDS + 1):
            done = run(["./net", "gradcheck", "--seed", str(seed)], folder,
                       (DONE, CHECK_FAILED, NOT_FINITE))
            if done.returncode == DONE:
                return "gradients checked"
            excuse = next((e for e in excuses if e in done.stderr), None)
            if not excuse:
                raise Failure("gradcheck finds a wrong gradient", done.stdout + done.stderr)
        return f"gradients checked, but some tensor's {excuse}"

    def build(self, build, folder):
        """Tries one build of the model in a folder; what came of it, to be counted."""
        self.compile(build, folder)
        outcomes = ["same bits"]
        if self.train(build, folder) == DONE:
            self.agree(build, folder, "eval", "--json", "--quiet", "--weights", "WHO.weights")
            self.agree(build, folder, "predict", "--weights", "WHO.weights")
            if build["type"] == "f32":
                self.resolved(folder)
        else:
            outcomes = ["same end, numbers that are not finite"]
        if build["type"] == "f64":
            outcomes.append(self.gradients(folder))
        return outcomes
