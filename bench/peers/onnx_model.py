"""onnx_model.py SHAPE ACTIVATION FILE: such a network of random weights, for onnxruntime.js."""

import sys

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper


def network(shape, activation):
    draw = numpy.random.default_rng(1)
    units = [int(n) for n in shape.split("-")]
    nodes, tensors, value = [], [], "x"
    for i, (fan_in, fan_out) in enumerate(zip(units, units[1:])):
        weight = draw.uniform(-1, 1, (fan_in, fan_out)).astype("f4") / fan_in ** 0.5
        tensors += [numpy_helper.from_array(weight, f"w{i}"),
                    numpy_helper.from_array(numpy.zeros(fan_out, "f4"), f"b{i}")]
        nodes.append(helper.make_node("Gemm", [value, f"w{i}", f"b{i}"], [f"z{i}"]))
        value = f"z{i}"
        if i + 2 < len(units):
            nodes.append(helper.make_node(activation, [value], [f"y{i}"]))
            value = f"y{i}"
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, n])
            for name, n in (("x", units[0]), (value, units[-1]))]
    graph = helper.make_graph(nodes, "network", ends[:1], ends[1:], tensors)
    return helper.make_model(graph, ir_version=8,
                             opset_imports=[helper.make_operatorsetid("", 13)])


onnx.save(network(sys.argv[1], {"relu": "Relu", "tanh": "Tanh"}[sys.argv[2]]), sys.argv[3])
