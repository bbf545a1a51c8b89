"""examples/fashion in PyTorch, on one thread: the peer of bench/run.

Trains one epoch for every line on standard input and answers with its seconds and mean loss. The
data lies in memory as float tensors; a mini-batch is gathered by index_select, in an order that is
drawn anew each epoch.
"""

import gzip
import sys
import time

import numpy
import torch

BATCH, RATE, STD = 256, 0.1, 0.01


def idx(path, header):
    with gzip.open(path) as file:
        return numpy.frombuffer(file.read(), numpy.uint8, offset=header)


def blas():
    """The library that PyTorch's matrix products are in: Debian's reference BLAS is no peer."""
    with open("/proc/self/maps") as maps:
        text = maps.read()
    return next((name for name in ("openblas", "mkl", "blis") if name in text), "reference BLAS")


def main(folder):
    torch.set_num_threads(1)
    torch.manual_seed(1)
    images = torch.tensor(idx(folder + "/train-images-idx3-ubyte.gz", 16).astype("float32") / 255)
    images = images.reshape(-1, 784)
    labels = torch.tensor(idx(folder + "/train-labels-idx1-ubyte.gz", 8).astype("int64"))

    model = torch.nn.Sequential(
        torch.nn.Linear(784, 256), torch.nn.ReLU(), torch.nn.Linear(256, 10)
    )
    for layer in (model[0], model[2]):
        torch.nn.init.normal_(layer.weight, std=STD)
        torch.nn.init.zeros_(layer.bias)
    loss_of = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)

    print("PyTorch", torch.__version__, "with", blas(), flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        total = torch.zeros(())
        for batch in torch.randperm(len(images)).split(BATCH):
            optimizer.zero_grad(set_to_none=True)
            loss = loss_of(model(images.index_select(0, batch)), labels.index_select(0, batch))
            loss.backward()
            optimizer.step()
            total += loss.detach() * len(batch)
        mean = float(total) / len(images)
        print(time.perf_counter() - start, mean, flush=True)


main(sys.argv[1])
