"""The rows of the bench: shapes, peers, and the goals that they are held to."""

from measure import Cold, Compilation, Inference, Loading, Native, Training, Worst

NS, US = 1e-9, 1e-6
C_LIBRARIES = "openblas", "libxsmm", "onednn"


def fashion(batch, threads, share, peers, samples=30000, **options):
    return Training(f"784-256-10, B={batch}, {threads}T", "fashion", (784, 256, 10), samples,
                    "fashion", batch, threads=threads, share=share, peers=peers, **options)


def wide(threads, share, peers):
    return Training(f"784-1024-1024-10, B=256, {threads}T", "wide", (784, 1024, 1024, 10), 6144,
                    "fashion", 256, threads=threads, share=share, peers=peers)


def no_goal(*names):
    return dict.fromkeys(names)


MOMENTUM = dict(lr=0.01, momentum=0.9, defines=("lr=0.01", "momentum=0.9"), samples=16384)
LARGE = [
    fashion(256, 1, 0.92, no_goal("pytorch", *C_LIBRARIES, "sklearn")),
    fashion(256, 2, 0.88, {"pytorch": 2, "openblas": 1.6,
                           **no_goal("libxsmm", "onednn", "sklearn")}),
    fashion(32, 1, 0.80, no_goal("pytorch", *C_LIBRARIES)),
    fashion(32, 2, 0.72, {"pytorch": 4, "openblas": 1.4, **no_goal("libxsmm", "onednn")}),
    fashion(8, 1, 0.55, no_goal("pytorch", *C_LIBRARIES, "fann"), **MOMENTUM),
    fashion(8, 2, None, no_goal("pytorch", *C_LIBRARIES), **MOMENTUM),
    wide(1, 0.92, no_goal("pytorch", *C_LIBRARIES)),
    wide(2, 0.88, {"pytorch": 1.5, **no_goal(*C_LIBRARIES)}),
    Native("plain cc -O2, B=256, 1T", fashion(256, 1, None, {}), 0.95),
]

IRIS = dict(model="iris", shape=(4, 16, 3), source="clusters", lr=0.05, activation="tanh")
TINY = [
    Training("4-16-3, online", samples=10000, limit=60 * NS,
             peers={"fann": 8, "pytorch": 1000}, epochs=1, **IRIS),
    Training("4-16-3, B=16", samples=10000, batch=16, limit=15 * NS,
             peers={"pytorch": 400, "sklearn": None}, **IRIS),
    Training("2-4-1, online", "xor", (2, 4, 1), 10000, "exclusive", lr=0.05, activation="tanh",
             limit=25 * NS, peers={"fann": 8, "pytorch": 1000}, epochs=1),
    Training("4-32-16-4, B=10000, 1T", "chains", (4, 32, 16, 4), 10000, "clusters", 10000,
             activation="tanh", limit=60 * NS, peers={"pytorch": None}),
]

ONE_SAMPLE = [
    Inference("infer 4-16-3", "iris", (4, 16, 3), "tanh", 12 * NS, 45 * NS,
              peers={"onnxruntime": None, "fann": None}),
    Inference("infer 64-64-64", "square", (64, 64, 64), limit=300 * NS,
              peers={"onnxruntime": None}),
    Inference("infer 784-256-10", "fashion", (784, 256, 10), limit=9 * US,
              peers={"onnxruntime": None}),
    Inference("infer 1024-1024-1024", "square", (1024, 1024, 1024), defines=("width=1024",),
              peers={"onnxruntime": None}, streams=True),
    Inference("infer 4096-4096-4096", "square", (4096, 4096, 4096), defines=("width=4096",),
              peers={"onnxruntime": None}, streams=True),
]

FLOPS = 8e9  # about so many in an epoch of a row of scaling
SAMPLES_MAX = 1 << 15


def scaling(what, width, depth, batch, threads):
    """A row of noise through so many layers: one number differs from its neighbours'."""
    shape = (width,) * (depth + 1) + (10,)
    layers = 2 * 3 * (depth * width * width + 10 * width)
    samples = max(1, min(SAMPLES_MAX, int(FLOPS / layers)) // batch) * batch
    return Training(f"{what}, {threads}T", "scale", shape, samples, "noise", batch, lr=0.001,
                    threads=threads, defines=(f"width={width}", f"depth={depth}"), rounds=3)


SCALING = [
    *[scaling(f"width {width}", width, 2, 256, threads)
      for width in (64, 256, 1024, 4096) for threads in (1, 2)],
    *[scaling(f"depth {depth}", 256, depth, 256, threads)
      for depth in (1, 4, 16) for threads in (1, 2)],
    *[scaling(f"batch {batch}", 256, 2, batch, threads)
      for batch in (1, 8, 64, 1024, 4096) for threads in (1, 2)],
]


def compilation(width, depth=2):
    return Compilation(f"{width}×{width}", "scale", (f"width={width}", f"depth={depth}"))


COMPILING = [compilation(8), compilation(256), compilation(4096), Worst("any model of the bench"),
             Loading("loading Fashion-MNIST", 0.15), Cold("cold start to one epoch", 2.5)]

ROWS = LARGE + TINY + ONE_SAMPLE + SCALING + COMPILING
