"""pytorch.py FOLDER SHAPE BATCH LR MOMENTUM EPOCHS ACTIVATION: a peer of bench/run.

Data, first weights, order of the samples and the answers are those of mlp.c; a line of standard input
says how many threads PyTorch is to take, what BLAS takes is the environment's. One output means
sigmoid cross-entropy, several softmax. With --cold DATA instead: one epoch of Fashion-MNIST from its
compressed files, and no answer.
"""

import gzip
import sys
import time

import numpy
import torch
from torch import nn


def blas():
    """The library that PyTorch's matrix products are in: Debian's reference BLAS is no peer."""
    with open("/proc/self/maps") as maps:
        text = maps.read()
    return next((name for name in ("openblas", "mkl", "blis") if name in text), "reference BLAS")


def network(shape, activation):
    units = [int(n) for n in shape.split("-")]
    modules = []
    for i, o in zip(units, units[1:]):
        modules += [nn.Linear(i, o), nn.ReLU() if activation == "relu" else nn.Tanh()]
    return nn.Sequential(*modules[:-1])


def set_weights(model, numbers):
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(torch.from_numpy(numbers[:p.numel()].reshape(p.shape)))
            numbers = numbers[p.numel():]


def train_epoch(model, optimizer, loss_of, x, t, order, batch):
    """The mean loss of an epoch that takes the samples in that order."""
    total = torch.zeros(())
    for index in order.split(batch):
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(model(x.index_select(0, index)), t.index_select(0, index))
        loss.backward()
        optimizer.step()
        total += loss.detach() * len(index)
    return float(total) / len(x)


def train(arguments, threads):
    folder, shape, batch, lr, momentum, epochs, activation = arguments
    torch.set_num_threads(threads)
    model = network(shape, activation)
    set_weights(model, numpy.fromfile(f"{folder}/weights.f32", "f4"))
    x = torch.from_numpy(numpy.fromfile(f"{folder}/x.f32", "f4")).reshape(-1, model[0].in_features)
    t = torch.from_numpy(numpy.fromfile(f"{folder}/t.u32", "u4").astype("i8"))
    order = numpy.fromfile(f"{folder}/order.u32", "u4").astype("i8").reshape(-1, len(x))
    loss_of = nn.CrossEntropyLoss()
    if model[-1].out_features == 1:
        loss_of, t = nn.BCEWithLogitsLoss(), t.to(torch.float32).reshape(-1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=float(lr), momentum=float(momentum))
    for epoch in range(int(epochs)):
        start = time.perf_counter()
        mean = train_epoch(model, optimizer, loss_of, x, t, torch.from_numpy(order[epoch]),
                           int(batch))
    return time.perf_counter() - start, mean


def idx(path, header):
    with gzip.open(path) as file:
        return numpy.frombuffer(file.read(), numpy.uint8, offset=header)


def cold(folder):
    x = torch.tensor(idx(folder + "/train-images-idx3-ubyte.gz", 16).astype("f4") / 255)
    t = torch.tensor(idx(folder + "/train-labels-idx1-ubyte.gz", 8).astype("i8"))
    model = network("784-256-10", "relu")
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    train_epoch(model, optimizer, nn.CrossEntropyLoss(), x.reshape(-1, 784), t,
                torch.randperm(len(t)), 256)


def main(arguments):
    if arguments[0] == "--cold":
        cold(arguments[1])
        return
    print("PyTorch", torch.__version__, "with", blas(), flush=True)
    for line in sys.stdin:
        print(*train(arguments, int(line)), flush=True)


main(sys.argv[1:])
