#!/usr/bin/python3 -B
"""Records what PyTorch computes from a table of models: what tests/parity/parity.c compares with.

A case becomes two files in vectors/. NAME.mlp is the model in the project's own language, its data
a table. NAME.txt holds one tensor a line: KEY ROWSxCOLUMNS NUMBER …, with the keys

    initial/LAYER.weight           where training starts; decimals that serve both precisions
    rates                          the learning rate of each step
    f64/outputs                    of the first batch
    f64/gradients/LAYER.weight     of the first batch's mean loss
    f64/losses                     of each step's batch, before the step
    f64/trained/LAYER.weight       after the last step
    f64/states/LAYER.weight/STATE  the optimizer's, by torch.optim's names

and those of f64/ once more in f32/. Names and shapes are those of PyTorch's state_dict.

Before anything is overwritten, the largest differences from the old recording are shown. Two things
are computed by definition and not by PyTorch: the learning rates, and the clipping of gradients,
which multiplies by min(1, most / norm), where PyTorch's clip_grad_norm_ adds 1e-6 to the norm.
"""

import hashlib
import math
import pathlib
from collections import OrderedDict

import torch
from torch import nn
from torch.nn import functional

from cases import BATCH, CASES, EPOCHS, INPUTS, ROWS, layer_names, model_text, start, word

FOLDER = pathlib.Path(__file__).resolve().parent
VECTORS = FOLDER / "vectors"
BATCHES = math.ceil(ROWS / BATCH)
STEPS = BATCHES * EPOCHS
PRECISIONS = {"f64": torch.float64, "f32": torch.float32}
SOURCES = "cases.py", "record.py"
FLOAT_ERROR_MAX = 2e-6  # a fifth of what the comparison with floats allows
ATTEMPTS = 20  # at drawing numbers
SHOWN = 10  # differences between two recordings

# ---- the language's words in PyTorch ----

# Of each activation the module, and what its arguments are called there.
ACTIVATIONS = {
    "relu": (nn.ReLU, {}),
    "leaky_relu": (nn.LeakyReLU, {"slope": "negative_slope"}),
    "prelu": (nn.PReLU, {"slope": "init"}),
    "sigmoid": (nn.Sigmoid, {}),
    "tanh": (nn.Tanh, {}),
    "hardtanh": (nn.Hardtanh, {"low": "min_val", "high": "max_val"}),
    "softplus": (nn.Softplus, {}),
    "elu": (nn.ELU, {}),
    "selu": (nn.SELU, {}),
    "gelu": (nn.GELU, {}),
    "silu": (nn.SiLU, {}),
    "identity": (nn.Identity, {}),
}


def half_squared(outputs, targets):
    return functional.mse_loss(outputs, targets, reduction="sum") / 2 / len(outputs)


LOSSES = {
    "softmax_cross_entropy": functional.cross_entropy,
    "sigmoid_cross_entropy": functional.binary_cross_entropy_with_logits,
    "half_squared": half_squared,
    "mse": functional.mse_loss,
    "mae": functional.l1_loss,
    "huber": functional.huber_loss,
}

OPTIMIZERS = {
    "sgd": torch.optim.SGD,
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "rmsprop": torch.optim.RMSprop,
}


def rate(schedule, lr, step):
    """The learning rate of a step, counted from 0."""
    epoch, args = step // BATCHES, schedule.names
    if schedule.name == "step":
        return lr * args["factor"] ** (epoch // args["every"])
    if schedule.name == "exponential":
        return lr * args["factor"] ** epoch
    if schedule.name == "cosine":
        warm, final = args.get("warmup", 0) * BATCHES, args.get("final", 0)
        if step < warm:
            return lr * (step + 1) / warm
        way = (step - warm) / (STEPS - warm)
        return lr * (final + (1 - final) * (1 + math.cos(math.pi * way)) / 2)
    return lr


def clip(parameters, most):
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float(g.double().square().sum()) for g in gradients))
    for g in gradients:
        g.mul_(min(1, most / norm))


def build(case, initial, dtype):
    """The network, its weights as they start."""
    torch.set_default_dtype(dtype)
    modules, units = OrderedDict(), INPUTS
    for name, layer in zip(layer_names(case.layers), case.layers):
        args = dict(layer.names)
        if layer.name == "dense":
            modules[name] = nn.Linear(units, layer.places[0], bias=args.get("bias", True))
            modules[name].requires_grad_(not args.get("frozen", False))
            units = layer.places[0]
            continue
        module, names = ACTIVATIONS[layer.name]
        if args.pop("per_unit", False):
            args["num_parameters"] = units
        modules[name] = module(**{names.get(k, k): v for k, v in args.items()})
    network = nn.Sequential(modules)
    network.load_state_dict({k: torch.tensor(v) for k, v in initial.items()}, strict=False)
    return network


def build_optimizer(optimizer, network):
    """In two groups, since not everything decays: never a prelu's slope, biases only on request."""
    args = dict(optimizer.names)
    biases = args.pop("decay_bias", False)
    if "beta1" in args or "beta2" in args:
        args["betas"] = (args.pop("beta1", 0.9), args.pop("beta2", 0.999))
    groups = [{"params": []}, {"params": [], "weight_decay": 0}]
    for name, p in network.named_parameters():
        decays = name.startswith("dense") and (biases or name.endswith(".weight"))
        groups[0 if decays else 1]["params"].append(p)
    return OPTIMIZERS[optimizer.name](groups, **args)


def below_switch(module, inputs):
    """Beyond its switch PyTorch's softplus is the identity, and ours is not."""
    assert (module.beta * inputs[0]).max() < module.threshold


def batches(case, rows, dtype):
    """Of one epoch, as tensors."""
    classes = case.loss.name == "softmax_cross_entropy"
    for first in range(0, ROWS, BATCH):
        inputs, targets = zip(*rows[first : first + BATCH])
        targets = torch.tensor(targets, dtype=torch.int64 if classes else dtype)
        yield torch.tensor(inputs, dtype=dtype), targets.squeeze(1) if classes else targets


def optimizer_states(optimizer, network):
    for name, p in network.named_parameters():
        for key, value in optimizer.state[p].items():
            if key != "step" and value is not None:
                yield f"states/{name}/{key}", value


def train(case, initial, rows, rates, precision):
    """Trains in one precision; returns its tensors by key."""
    network = build(case, initial, PRECISIONS[precision])
    for module in network:
        if isinstance(module, nn.Softplus):
            module.register_forward_pre_hook(below_switch)
    optimizer = build_optimizer(case.optimizer, network)
    epoch = list(batches(case, rows, PRECISIONS[precision]))
    tensors, losses = {}, []
    for step, lr in enumerate(rates):
        inputs, targets = epoch[step % BATCHES]
        optimizer.zero_grad()
        outputs = network(inputs)
        loss = LOSSES[case.loss.name](outputs, targets, **case.loss.names)
        loss.backward()
        losses.append(loss.detach())
        trained = {k: p for k, p in network.named_parameters() if p.requires_grad}
        if step == 0:
            tensors["outputs"] = outputs.detach()
            tensors.update({"gradients/" + k: p.grad.clone() for k, p in trained.items()})
        if "clip_norm" in case.train:
            clip(trained.values(), case.train["clip_norm"])
        for group in optimizer.param_groups:
            group["lr"] = lr
        optimizer.step()
    tensors["losses"] = torch.stack(losses)
    tensors.update({"trained/" + k: p.detach() for k, p in network.named_parameters()})
    tensors.update(optimizer_states(optimizer, network))
    return {f"{precision}/{key}": tensor for key, tensor in tensors.items()}


# ---- recordings ----


def difference(a, b):
    """‖a − b‖ / ‖b‖; of a from zeros, infinity."""
    distance, norm = float((a.double() - b.double()).norm()), float(b.double().norm())
    return distance / norm if norm else math.inf if distance else 0.0


def compute(case, initial, rows):
    """Every tensor of a case by key."""
    network = build(case, initial, torch.float64)
    tensors = {"initial/" + k: p for k, p in network.state_dict().items()}
    schedule = case.train.get("schedule", word("constant"))
    lr = build_optimizer(case.optimizer, network).defaults["lr"]
    rates = [rate(schedule, lr, step) for step in range(STEPS)]
    tensors["rates"] = torch.tensor(rates, dtype=torch.float64)
    for precision in PRECISIONS:
        tensors.update(train(case, initial, rows, rates, precision))
    return tensors


def float_error(tensors):
    """How far PyTorch's floats are from its doubles, in the worst tensor."""
    doubles = [key for key in tensors if key.startswith("f64/")]
    return max(difference(tensors["f32/" + key[4:]], tensors[key]) for key in doubles)


def record(case):
    """The model file and the tensors, from the first numbers drawn for which floats tell enough: a
    gradient that cancels to nearly nothing, or a sample on either side of a kink, does not."""
    for attempt in range(ATTEMPTS):
        initial, rows = start(case, attempt)
        tensors = compute(case, initial, rows)
        if float_error(tensors) <= FLOAT_ERROR_MAX:
            return model_text(case, rows), tensors
    raise ValueError(f"{case.name}: the floats are too far from the doubles")


def line(key, tensor):
    """A tensor in a recording; all digits that its numbers have."""
    rows, columns = tensor.shape if tensor.dim() == 2 else (1, len(tensor))
    numbers = (str(v) for v in tensor.flatten().numpy())
    return f"{key} {rows}x{columns} {' '.join(numbers)}\n"


def tensors_of(files):
    """The tensors of a recording by file, key and shape, from the files' texts by name."""
    for name, content in files.items():
        for row in content.splitlines() if name.endswith(".txt") else []:
            key, shape, *numbers = row.split()
            values = [float(v) for v in numbers]
            yield f"{name} {key} {shape}", torch.tensor(values, dtype=torch.float64)


def show_differences(old, new):
    """What a new recording changes, the largest first."""
    old, new = dict(tensors_of(old)), dict(tensors_of(new))
    came, gone = new.keys() - old.keys(), old.keys() - new.keys()
    found = sorted(((difference(new[k], old[k]), k) for k in old.keys() & new.keys()), reverse=True)
    for distance, key in [row for row in found if row[0] > 0][:SHOWN]:
        print(f"{distance:.1e}  {key}")
    differ = sum(distance > 0 for distance, _ in found)
    print(f"{differ} of {len(found)} tensors differ; {len(came)} are new, {len(gone)} are gone")


def main():
    torch.set_num_threads(1)
    VECTORS.mkdir(exist_ok=True)
    old = {path.name: path.read_text() for path in VECTORS.iterdir()}
    new = {}
    for case in CASES:
        model, tensors = record(case)
        new[case.name + ".mlp"] = model
        new[case.name + ".txt"] = "".join(line(*item) for item in tensors.items())
    sums = [f"{hashlib.sha256((FOLDER / f).read_bytes()).hexdigest()}  {f}\n" for f in SOURCES]
    new["RECORDED"] = f"# recorded by PyTorch {torch.__version__}\n" + "".join(sums)
    show_differences(old, new)
    for name in old.keys() - new.keys():
        (VECTORS / name).unlink()
    for name, content in new.items():
        (VECTORS / name).write_text(content)


main()
