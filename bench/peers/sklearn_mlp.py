"""sklearn_mlp.py FOLDER SHAPE BATCH LR MOMENTUM EPOCHS ACTIVATION: scikit-learn, a peer of bench/run.

Data and answers are those of mlp.c; first weights and order are its own, so that its loss says
nothing: "work only". With --cold DATA instead: one epoch of Fashion-MNIST from its compressed files.
"""

import gzip
import sys
import time
import warnings

import numpy
import sklearn
from sklearn.neural_network import MLPClassifier

warnings.filterwarnings("ignore")  # that one epoch is too few


def network(shape, batch, lr, momentum, activation):
    hidden = [int(n) for n in shape.split("-")[1:-1]]
    return MLPClassifier(hidden, activation=activation, solver="sgd", alpha=0, batch_size=batch,
                         learning_rate_init=lr, momentum=momentum, nesterovs_momentum=False,
                         max_iter=1, warm_start=True, random_state=1)


def train(arguments):
    folder, shape, batch, lr, momentum, epochs, activation = arguments
    x = numpy.fromfile(f"{folder}/x.f32", "f4").reshape(-1, int(shape.split("-")[0]))
    t = numpy.fromfile(f"{folder}/t.u32", "u4")
    model = network(shape, int(batch), float(lr), float(momentum), activation)
    for _ in range(int(epochs)):
        start = time.perf_counter()
        model.fit(x, t)
    return time.perf_counter() - start, "nan"


def idx(path, header):
    with gzip.open(path) as file:
        return numpy.frombuffer(file.read(), numpy.uint8, offset=header)


def cold(folder):
    x = idx(folder + "/train-images-idx3-ubyte.gz", 16).astype("f4") / 255
    t = idx(folder + "/train-labels-idx1-ubyte.gz", 8)
    network("784-256-10", 256, 0.1, 0, "relu").fit(x.reshape(-1, 784), t)


def main(arguments):
    if arguments[0] == "--cold":
        cold(arguments[1])
        return
    print("scikit-learn", sklearn.__version__, flush=True)
    for _ in sys.stdin:
        print(*train(arguments), flush=True)


main(sys.argv[1:])
