"""The table of models that record.py trains with PyTorch, and what each starts from.

A case names the layers, the loss, the optimizer and what else its `train` block has, in the words
of the language. All other numbers are drawn from the case's name: decimals, as a file has them.
"""

import math
import random
from typing import NamedTuple

INPUTS, ROWS, BATCH, EPOCHS = 3, 14, 4, 5  # an epoch's last batch has two rows

# ---- the language ----


class Word(NamedTuple):
    """NAME(PLACE, …, NAME = VALUE, …)"""

    name: str
    places: tuple
    names: dict


def word(name, *places, **names):
    return Word(name, places, names)


def text(value):
    """A value as it stands in a model file."""
    if isinstance(value, Word):
        args = [text(v) for v in value.places]
        args += [f"{name} = {text(v)}" for name, v in value.names.items()]
        return value.name + (f"({', '.join(args)})" if args else "")
    return str(value).lower() if isinstance(value, bool) else repr(value)


# ---- the table ----


def dense(units, **names):
    return word("dense", units, **names)


def net(activation, outputs=2):
    return [dense(5), activation, dense(4), activation, dense(outputs)]


TANH = word("tanh")
PRELU = [dense(5), word("prelu"), dense(4), word("prelu", per_unit=True), dense(2)]


class Case(NamedTuple):
    name: str
    layers: list = net(TANH)
    loss: Word = word("half_squared")
    optimizer: Word = word("sgd", lr=0.1)
    train: dict = {}  # further properties of the block
    # The first row's inputs are zeros, for which the first layer gives its biases: they start with
    # these, where an activation has its kink …
    bias: list = []
    met: bool = False  # … and the row's targets are the last layer's biases
    scale: float = 1  # of all initial weights


def activation_cases():
    yield Case("relu", net(word("relu")), bias=[0, -0.0])
    yield Case("leaky_relu", net(word("leaky_relu")), bias=[0])
    yield Case("leaky_relu_slope", net(word("leaky_relu", slope=0.2)), bias=[0])
    yield Case("leaky_relu_negative", net(word("leaky_relu", slope=-0.3)), bias=[0])
    yield Case("prelu", net(word("prelu")), bias=[0])
    yield Case("prelu_slope", net(word("prelu", slope=0.1)), bias=[0])
    yield Case("prelu_per_unit", net(word("prelu", per_unit=True)), bias=[0])
    yield Case("prelu_per_unit_slope", net(word("prelu", slope=-0.3, per_unit=True)), bias=[0])
    yield Case("sigmoid", net(word("sigmoid")))
    yield Case("tanh", net(TANH))
    yield Case("hardtanh", net(word("hardtanh")), bias=[1, -1], scale=2)
    yield Case("hardtanh_bounds", net(word("hardtanh", low=-0.25, high=0.5)), bias=[0.5, -0.25])
    yield Case("softplus", net(word("softplus")))
    yield Case("softplus_beta", net(word("softplus", beta=2.5)))
    yield Case("softplus_beta_small", net(word("softplus", beta=0.3)))
    yield Case("elu", net(word("elu")), bias=[0])
    yield Case("elu_alpha", net(word("elu", alpha=0.4)), bias=[0])
    yield Case("selu", net(word("selu")), bias=[0])
    yield Case("gelu", net(word("gelu")))
    yield Case("silu", net(word("silu")))
    yield Case("identity", [dense(4), word("identity"), dense(2)])
    for name in "sigmoid", "tanh", "softplus", "elu", "selu", "gelu", "silu":
        wide = [dense(5), word(name), dense(2)]
        yield Case(name + "_wide", wide, optimizer=word("sgd", lr=0.01), scale=6)


def loss_cases():
    classes, chances = word("softmax_cross_entropy"), word("sigmoid_cross_entropy")
    yield Case("softmax_cross_entropy", net(TANH, 4), classes)
    yield Case("softmax_cross_entropy_two", net(TANH, 2), classes)
    yield Case("softmax_cross_entropy_far", [dense(4)], classes, scale=30)
    smooth, flat = (word("softmax_cross_entropy", label_smoothing=s) for s in (0.1, 0.9))
    yield Case("label_smoothing", net(TANH, 4), smooth)
    yield Case("label_smoothing_most", net(TANH, 3), flat)
    yield Case("label_smoothing_far", [dense(4)], smooth, scale=30)
    yield Case("sigmoid_cross_entropy", net(TANH, 3), chances)
    yield Case("sigmoid_cross_entropy_one", net(TANH, 1), chances)
    yield Case("sigmoid_cross_entropy_far", [dense(3)], chances, scale=30)
    for name in "half_squared", "mse", "mae", "huber":
        yield Case(name, net(TANH, 3), word(name))
        yield Case(name + "_one", net(TANH, 1), word(name))
    yield Case("huber_delta", net(TANH, 3), word("huber", delta=0.3))
    yield Case("huber_delta_large", net(TANH, 3), word("huber", delta=1.7))
    yield Case("mae_met", [dense(3)], word("mae"), met=True)


def optimizer_cases():
    decay, biases = {"weight_decay": 0.1}, {"weight_decay": 0.1, "decay_bias": True}
    nesterov = {"lr": 0.05, "momentum": 0.9, "nesterov": True}
    adam = {"lr": 0.02, "beta1": 0.8, "beta2": 0.99, "eps": 1e-5, "weight_decay": 0.2}
    rmsprop = {"lr": 0.002, "alpha": 0.9, "eps": 1e-3, "momentum": 0.5, "weight_decay": 0.2}
    optimizers = {
        "sgd": word("sgd", lr=0.05),
        "sgd_momentum": word("sgd", lr=0.05, momentum=0.9),
        "sgd_nesterov": word("sgd", **nesterov),
        "sgd_weight_decay": word("sgd", lr=0.05, **decay),
        "sgd_decay_bias": word("sgd", lr=0.05, **biases),
        "sgd_all": word("sgd", **nesterov, **biases),
        "adam": word("adam"),
        "adam_lr": word("adam", lr=0.02),
        "adam_beta1": word("adam", beta1=0.5),
        "adam_beta1_0": word("adam", beta1=0),
        "adam_beta2": word("adam", beta2=0.9),
        "adam_eps": word("adam", eps=0.01),
        "adam_weight_decay": word("adam", **decay),
        "adam_decay_bias": word("adam", **biases),
        "adam_all": word("adam", **adam, decay_bias=True),
        "adamw": word("adamw"),
        "adamw_lr": word("adamw", lr=0.02),
        "adamw_beta1": word("adamw", beta1=0.5),
        "adamw_beta2": word("adamw", beta2=0.9),
        "adamw_eps": word("adamw", eps=0.01),
        "adamw_weight_decay": word("adamw", weight_decay=0.5),
        "adamw_weight_decay_0": word("adamw", weight_decay=0),
        "adamw_decay_bias": word("adamw", **biases),
        "adamw_all": word("adamw", **adam, decay_bias=True),
        "rmsprop": word("rmsprop"),
        "rmsprop_lr": word("rmsprop", lr=0.002),
        "rmsprop_alpha": word("rmsprop", alpha=0.5),
        "rmsprop_eps": word("rmsprop", eps=0.01),
        "rmsprop_momentum": word("rmsprop", momentum=0.7),
        "rmsprop_weight_decay": word("rmsprop", **decay),
        "rmsprop_decay_bias": word("rmsprop", **biases),
        "rmsprop_all": word("rmsprop", **rmsprop, decay_bias=True),
    }
    for name, optimizer in optimizers.items():
        yield Case(name, PRELU, optimizer=optimizer)


def train_cases():
    momentum = word("sgd", lr=0.1, momentum=0.9, weight_decay=0.05)
    adam, adamw = word("adam", lr=0.02), word("adamw", lr=0.02, weight_decay=0.3)
    for optimizer in momentum, adamw, word("rmsprop", lr=0.005, momentum=0.5):
        for most in 0.2, 1.0, 100.0:
            name = f"clip_{optimizer.name}_{text(most).replace('.', '_')}"
            yield Case(name, PRELU, optimizer=optimizer, train={"clip_norm": most})
    schedules = {
        "constant": word("constant"),
        "step": word("step", every=2, factor=0.3),
        "exponential": word("exponential", factor=0.7),
        "cosine": word("cosine"),
        "cosine_warmup": word("cosine", warmup=2),
        "cosine_final": word("cosine", final=0.1),
        "cosine_both": word("cosine", warmup=1, final=0.25),
    }
    for name, schedule in schedules.items():
        for optimizer in momentum, adamw if "cosine" in name else adam:
            of = f"{name}_{optimizer.name}"
            yield Case(of, optimizer=optimizer, train={"schedule": schedule})


def layer_cases():
    momentum = word("sgd", lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.05, decay_bias=True)
    frozen, free = {"frozen": True}, {"bias": False}
    for optimizer in momentum, word("adamw", lr=0.02, decay_bias=True):
        name = optimizer.name
        for suffix, args in {
            "frozen_first": [frozen, {}, {}],
            "frozen_middle": [{}, frozen, {}],
            "frozen_last": [{}, {}, frozen],
            "no_bias": [free, free, free],
            "no_bias_middle": [{}, free, {}],
            "frozen_no_bias": [{}, {**frozen, **free}, {}],
        }.items():
            layers = [dense(5, **args[0]), TANH, dense(4, **args[1]), TANH, dense(2, **args[2])]
            yield Case(f"{suffix}_{name}", layers, optimizer=optimizer, train={"clip_norm": 0.5})
    yield Case("one_layer", [dense(4)], word("softmax_cross_entropy"))
    four = [dense(7), word("relu"), dense(6), TANH, dense(1), word("elu"), dense(5)]
    yield Case("four_layers", four, word("softmax_cross_entropy"), momentum)


CASES = [*activation_cases(), *loss_cases(), *optimizer_cases(), *train_cases(), *layer_cases()]

# ---- what a case starts from, and its model file ----


def layer_names(layers):
    """By kind and number among its kind: dense1, tanh1, dense2."""
    seen = {}
    for layer in layers:
        seen[layer.name] = seen.get(layer.name, 0) + 1
        yield f"{layer.name}{seen[layer.name]}"


def drawn(draw, bound, count):
    """Decimals of three digits."""
    return [round(draw.uniform(-bound, bound), 3) for _ in range(count)]


def draw_initial(case, draw):
    """The weights and biases of dense layers, by name."""
    initial, inputs, bias = {}, INPUTS, case.bias
    for name, layer in zip(layer_names(case.layers), case.layers):
        if layer.name == "dense":
            units, bound = layer.places[0], case.scale / math.sqrt(inputs)
            initial[name + ".weight"] = [drawn(draw, bound, inputs) for _ in range(units)]
            if layer.names.get("bias", True):
                initial[name + ".bias"] = bias + drawn(draw, 0.5, units - len(bias))
            inputs, bias = units, []
    return initial


def draw_targets(loss, outputs, draw):
    if loss.name == "softmax_cross_entropy":
        return [draw.randrange(outputs)]
    if loss.name == "sigmoid_cross_entropy":
        return [draw.randrange(2) for _ in range(outputs)]
    return drawn(draw, 2, outputs)


def start(case, attempt):
    """The initial tensors of dense layers by name, and the rows of data: inputs, targets."""
    draw = random.Random(f"{case.name} {attempt}")
    initial = draw_initial(case, draw)
    last = list(initial.values())[-1]
    inputs = [[0] * INPUTS] + [drawn(draw, 1.5, INPUTS) for _ in range(ROWS - 1)]
    targets = [draw_targets(case.loss, len(last), draw) for _ in range(ROWS)]
    if case.met:
        targets[0] = last
    return initial, list(zip(inputs, targets))


def model_text(case, rows):
    layers = "\n".join(f"    {text(layer)};" for layer in case.layers)
    table = ",\n".join(f"        {inputs + targets}" for inputs, targets in rows)
    train = {"optimizer": case.optimizer, "batch": BATCH, "epochs": EPOCHS, "shuffle": False}
    train = "\n".join(f"    {k} = {text(v)};" for k, v in {**train, **case.train}.items())
    return f"""# Written by tests/parity/record.py; {case.name}.txt is what PyTorch computes from it.
model {case.name} {{
    input = {INPUTS};
    loss = {text(case.loss)};

{layers}
}}

data {{
    train = table(
{table});
}}

train {{
{train}
}}
"""
