#!/usr/bin/env python3
"""Writes layers.json: each layer with each option that changes its arithmetic, by PyTorch in float64 (see mirror.py).

Run with a Python that has PyTorch (made with 1.13): python3 test/golden/layers.py
"""
import json
import math
import pathlib

import torch

from mirror import LOSSES, Net, rounded

HEAD = [{"type": "flatten", "name": "flat"}, {"type": "dense", "units": 2, "name": "head"}]
CASES = []


def exact(tensor):
    """What goes in, row-major: whole multiples of 1/1024, as those multiples."""
    whole = (tensor.detach() * 1024).round()
    assert torch.equal(whole / 1024, tensor.detach().double())
    return [int(value) for value in whole.reshape(-1).tolist()]


def figures(tensor):
    """What comes out, row-major, with the digits that a comparison of tensors at 1e-9 of their norm needs."""
    tensor = torch.as_tensor(tensor).detach()
    # A number far smaller than the others needs fewer of its own.
    least = tensor.norm().item() * 1e-11 / tensor.numel() ** 0.5
    spelled = lambda v: f"{v:.0f}" if v == 0 else f"{v:.{max(1, min(10, math.ceil(math.log10(abs(v) / least))))}g}"
    return [plain(float(spelled(value))) if least > 0 else 0 for value in tensor.reshape(-1).tolist()]


def plain(value):
    return int(value) if value.is_integer() and abs(value) < 1e6 else value


def figure(value):
    """One number by itself."""
    return plain(float(f"{float(value):.11g}"))


def norm(tensors):
    return torch.cat([t.reshape(-1) for t in tensors]).norm().item()


def case(name, layers, input_shape, *, direct=False, loss="meanSquaredError", classes=None, batch=3, samples=None,
         whole=None, weight=1.0, scale=1.0, shift=0.0, watch=None, steps=None, tested=None):
    """
    Adds a case. `layers`: one or several; a flatten and a dense layer of two units follow, unless `direct`.
    @param samples more than `batch` for a last batch that is short: both are then compared
    @param whole inputs are whole numbers below it
    @param watch name of the layer whose output is compared; default: the first without a name
    @param steps this many steps of SGD, with the moving statistics after them and the loss at inference on test samples
    """
    layers = [*([layers] if isinstance(layers, dict) else layers), *([] if direct else HEAD)]
    layers = [{**layer, "name": layer.get("name", "tested" if i == 0 else f"layer{i}")} for i, layer in enumerate(layers)]
    watch = watch or layers[0]["name"]
    g = torch.Generator().manual_seed(len(CASES))
    total = samples or batch
    held = total if steps else 0

    def draw():
        if whole:
            return torch.randint(whole, (total, *input_shape), generator=g).double()
        return rounded(total, *input_shape, generator=g, scale=scale) + shift

    net = Net(layers, g, weight)
    x = draw()
    shape = list(net.forward(x[:1]).shape[1:])

    def draw_targets():
        if classes:
            return torch.randint(classes, (total, *shape[:-1]), generator=g)
        return rounded(total, *shape, generator=g)

    t = draw_targets()
    target_shape = shape[:-1] if classes else shape
    golden = {
        "name": name, "layers": layers, "loss": loss, "inputShape": list(input_shape), "targetShape": target_shape,
        "classes": classes, "batch": batch, "watch": watch,
        "inputs": exact(x), "targets": t.reshape(-1).tolist() if classes else exact(t),
        "parameters": {k: exact(v) for k, v in [*net.parameters.items(), *net.states.items()]},
        "batches": [],
    }
    for start in range(0, total, batch):
        for p in net.parameters.values():
            p.grad = None
        xs = x[start : start + batch].clone().requires_grad_()
        value = LOSSES[loss](net.forward(xs), t[start : start + batch])
        value.backward()
        gradients = {k: torch.zeros_like(v) if v.grad is None else v.grad for k, v in net.parameters.items()}
        largest = max([g.norm() for g in gradients.values()], default=0)
        # What is 0 but for rounding, such as by a bias before a normalization, is said to be 0.
        cleaned = lambda gradient: figures(gradient * 0 if gradient.norm() < 1e-12 * largest else gradient)
        flow = {}
        for own, delta in net.deltas.items():
            if delta.grad is None:
                continue
            h, sources = net.outputs[own], net.sources[own]
            back = None
            if "data" not in sources and all(i.grad is not None for i in net.taken[own]) and h.grad.norm() > 0:
                back = norm([i.grad for i in net.taken[own]]) / h.grad.norm().item()
                back = figure(back) if back > 1e-12 else 0
            flow[own] = [figure(delta.grad.norm()), back, figure(h.mean()), figure(h.std(unbiased=False))]
        golden["batches"].append({
            "loss": figure(value),
            "output": figures(net.outputs[watch]),
            "inputGradient": cleaned(torch.zeros_like(xs) if xs.grad is None else xs.grad),
            "gradients": {k: cleaned(v) for k, v in gradients.items()},
            "flow": flow,
            "times": {own: [figure(h.grad.norm()) for h in states] for own, states in net.times.items()},
        })
    if steps:
        golden["training"] = train(net, loss, x, t, batch, steps, draw(), draw_targets())
    CASES.append(golden)


def train(net, loss, x, t, batch, steps, held_x, held_t, rate=0.05):
    """SGD, the batches in the order of the data; then the loss at inference."""
    losses = []
    for step in range(steps):
        at = (step % -(-len(x) // batch)) * batch
        for p in net.parameters.values():
            p.grad = None
        value = LOSSES[loss](net.forward(x[at : at + batch]), t[at : at + batch])
        value.backward()
        losses.append(figure(value))
        net.states.update(net.moved)
        with torch.no_grad():
            for p in net.parameters.values():
                p -= rate * p.grad
    with torch.no_grad():
        held = LOSSES[loss](net.forward(held_x, training=False), held_t)
    return {
        "learningRate": rate, "steps": steps, "losses": losses, "states": {k: figures(v) for k, v in net.states.items()},
        "testInputs": exact(held_x), "testLoss": figure(held),
        "testTargets": exact(held_t) if held_t.is_floating_point() else held_t.tolist(),
    }


def each(kind, base, input_shape, variants, **more):
    """`variants`: options on top of `base`, with `at` for another input and `_…` for arguments of `case`."""
    for options in variants:
        arguments = {**more, **{k[1:]: v for k, v in options.items() if k.startswith("_")}}
        shape = options.get("at", input_shape)
        layer = {"type": kind, **base, **{k: v for k, v in options.items() if k != "at" and not k.startswith("_")}}
        told = [f"{k} {v}" for k, v in options.items() if k != "at"]
        said = ", ".join([*told, *([f"on {'×'.join(map(str, shape))}"] if "at" in options else [])]).replace("_", "")
        case(f"{kind}: {said or 'defaults'}", layer, shape, **arguments)


# Few samples, the same with a padded column, and more than one vector register has; then a last batch that is short.
BATCHES = [{"_batch": 1}, {"_batch": 17}, {"_batch": 9, "_samples": 11}]


def small(*shape):
    """The three batches with inputs of this shape."""
    return [{**b, "at": list(shape)} for b in BATCHES]



def core():
    each("dense", {"units": 3}, [4], [{}, {"useBias": False}, {"activation": "relu", "at": [2, 3, 4]}, *BATCHES])
    for units in [1, 17]:
        each("dense", {}, [17], [{"units": units, "activation": "tanh", "at": [1, 18 - units], "_batch": 2}])
    each("activation", {}, [2, 3], [{"activation": a} for a in ("softmax", "mish", "linear")])
    each("dropout", {}, [5], [{"rate": 0}])
    each("flatten", {}, [2, 3, 2], [{}, {"at": [1]}])
    each("reshape", {}, [2, 6], [{"targetShape": [3, 2, 2]}, {"targetShape": [-1]}, {"targetShape": [4, -1]}])
    three = lambda kind, **more: [
        {"type": "dense", "units": 4, "activation": "tanh", "name": "a"},
        {"type": "dense", "units": 4, "activation": "sigmoid", "name": "b", "inputs": ["data"]},
        {"type": kind, "name": "tested", **more},
    ]
    for kind in ["add", "multiply", "concatenate"]:
        case(f"{kind}: two", three(kind, inputs=["a", "b"]), [3], watch="tested")
        case(f"{kind}: one twice, and the data", three(kind, inputs=["a", "b", "a", "data"]), [2, 4], watch="tested")
        case(f"{kind}: nothing but the data", {"type": kind, "inputs": ["data", "data"]}, [17])
        case(f"{kind}: short last batch", three(kind, inputs=["a", "b"]), [3, 1], batch=9, samples=10, watch="tested")
    for axis in [0, 1, -2]:
        case(f"concatenate: axis {axis}", three("concatenate", inputs=["a", "b"], axis=axis), [3, 3], watch="tested")
    case("multiply: straight to the loss", three("multiply", inputs=["b", "b", "b"])[1:], [5], direct=True, watch="tested")
    residual = lambda **more: [
        {"type": "dense", "units": 3, "activation": "tanh", "name": "first"},
        {"type": "residual", "name": "block", **more},
    ]
    body = lambda units: [{"type": "dense", "units": units, "activation": "relu", "name": "inner"}]
    case("residual: identity, scale", residual(layers=body(3), scale=0.5), [4], watch="first")
    case("residual: projection", residual(layers=body(5), shortcut="projection"), [4], watch="first")


def convolutions():
    tall = [{"activation": a} for a in ("relu", "tanh", "gelu", "softmax")]
    each("conv1d", {"filters": 4, "kernelSize": 3}, [7, 3], [
        {}, {"useBias": False}, {"kernelSize": 1}, {"kernelSize": 7}, {"strides": 2}, {"strides": 4},
        {"padding": "same"}, {"padding": "same", "kernelSize": 4}, {"padding": "same", "strides": 2, "kernelSize": 4},
        {"padding": "same", "strides": 3}, {"padding": "causal"}, {"padding": "causal", "dilationRate": 2},
        {"padding": "causal", "strides": 2}, {"padding": "causal", "dilationRate": 4, "kernelSize": 2},
        {"dilationRate": 2}, {"dilationRate": 3}, {"padding": "same", "dilationRate": 3}, *tall, *small(4, 2),
        {"filters": 17, "at": [3, 1]}, {"filters": 1, "at": [3, 17]}, {"padding": "same", "kernelSize": 5, "at": [1, 3]},
        {"filters": 17, "kernelSize": 1, "at": [5, 1]}, {"_direct": True, "activation": "sigmoid"},
    ])
    each("conv2d", {"filters": 3, "kernelSize": 3}, [5, 4, 2], [
        {}, {"useBias": False}, {"kernelSize": [3, 2]}, {"kernelSize": [1, 4]}, {"kernelSize": [5, 4]}, {"kernelSize": 1},
        {"strides": 2}, {"strides": [2, 1]}, {"strides": 3, "kernelSize": 2}, {"padding": "same"},
        {"padding": "same", "kernelSize": [2, 4]}, {"padding": "same", "strides": 2}, {"padding": "same", "strides": [3, 2]},
        {"padding": "same", "strides": 2, "kernelSize": [4, 2]}, {"padding": "same", "kernelSize": 5, "at": [3, 2, 2]},
        {"dilationRate": 2, "kernelSize": 2}, {"dilationRate": [1, 3], "kernelSize": 2}, {"dilationRate": 2, "at": [7, 6, 1]},
        {"padding": "same", "dilationRate": [2, 1]}, {"padding": "same", "dilationRate": 3}, *tall, {"_batch": 1},
        {"_batch": 17, "at": [3, 4, 1], "filters": 2}, {"_batch": 9, "_samples": 11, "at": [3, 4, 2], "filters": 2},
        {"filters": 17, "at": [3, 3, 1]}, {"filters": 1, "at": [3, 3, 17]}, {"filters": 9, "kernelSize": 1, "at": [1, 1, 5]},
        {"padding": "same", "strides": 2, "at": [7, 8, 1]}, {"_direct": True, "activation": "elu"},
        {"filters": 5, "at": [4, 4, 3], "padding": "same"},
    ], batch=2)
    each("depthwiseConv2d", {"kernelSize": 3}, [4, 5, 2], [
        {}, {"useBias": False}, {"depthMultiplier": 2}, {"depthMultiplier": 3, "at": [3, 4, 1]}, {"kernelSize": [1, 2]},
        {"strides": 2}, {"strides": [1, 2], "depthMultiplier": 2}, {"padding": "same"},
        {"padding": "same", "strides": 2, "kernelSize": [2, 4]}, {"dilationRate": 2, "kernelSize": 2},
        {"dilationRate": [2, 1], "kernelSize": 2}, {"padding": "same", "dilationRate": 2, "depthMultiplier": 2}, *tall[1:],
        {"_batch": 1}, {"_batch": 17, "at": [3, 4, 1]}, {"_batch": 9, "_samples": 11, "at": [3, 4, 2]},
        {"at": [3, 3, 17], "_batch": 1}, {"at": [3, 4, 3], "kernelSize": 2, "depthMultiplier": 2},
    ], batch=2)
    net = [
        {"type": "conv2d", "filters": 3, "kernelSize": 3, "padding": "same", "activation": "relu", "name": "one"},
        {"type": "maxPooling2d", "name": "pool"},
        {"type": "depthwiseConv2d", "kernelSize": 2, "depthMultiplier": 2, "activation": "silu", "name": "depth"},
        {"type": "conv2d", "filters": 4, "kernelSize": 2, "strides": 2, "padding": "same", "name": "two"},
        {"type": "averagePooling2d", "padding": "same", "strides": 1, "name": "mean"},
        {"type": "globalAveragePooling2d", "name": "all"},
        {"type": "dense", "units": 4, "name": "out"},
    ]
    for batch in [3, 9]:
        case(f"a small convolutional net, batch {batch}", net, [7, 6, 1], direct=True, loss="softmaxCrossEntropy",
             classes=4, batch=batch, samples=batch + 1, watch="two")
    net = [
        {"type": "conv1d", "filters": 3, "kernelSize": 2, "padding": "causal", "activation": "tanh", "name": "one"},
        {"type": "averagePooling1d", "name": "mean"},
        {"type": "conv1d", "filters": 4, "kernelSize": 2, "padding": "causal", "dilationRate": 2, "name": "two"},
        {"type": "maxPooling1d", "padding": "same", "name": "pool"},
        {"type": "globalAveragePooling1d", "name": "all"},
        {"type": "dense", "units": 2, "name": "out"},
    ]
    case("causal convolutions one after the other", net, [11, 2], direct=True, batch=3, watch="two")


def pools():
    for kind in ["max", "average"]:
        each(f"{kind}Pooling1d", {}, [7, 3], [
            {}, {"poolSize": 3, "strides": 1}, {"poolSize": 3, "strides": 2}, {"poolSize": 2, "strides": 3}, {"poolSize": 1},
            {"poolSize": 7}, {"padding": "same"}, {"poolSize": 3, "strides": 2, "padding": "same"},
            {"poolSize": 4, "strides": 1, "padding": "same"}, {"poolSize": 5, "padding": "same", "at": [3, 1]},
            {"_batch": 1, "at": [2, 1]}, {"_batch": 17, "at": [4, 1]}, {"_batch": 9, "_samples": 11},
        ])
        each(f"{kind}Pooling2d", {}, [5, 6, 2], [
            {}, {"poolSize": [3, 2]}, {"poolSize": 3, "strides": 1}, {"poolSize": 3, "strides": [2, 1]},
            {"poolSize": 2, "strides": 3}, {"poolSize": [5, 6]}, {"padding": "same"},
            {"poolSize": 3, "strides": 2, "padding": "same"}, {"poolSize": [4, 2], "strides": 1, "padding": "same"},
            {"poolSize": 4, "padding": "same", "at": [3, 3, 1]}, {"_batch": 1}, {"_batch": 17, "at": [3, 3, 1]},
            {"_batch": 9, "_samples": 11, "at": [4, 3, 1]}, {"at": [3, 2, 17], "_batch": 1}, {"_direct": True},
        ], batch=2)
    # The first of equal numbers gets the gradient, in PyTorch and in TensorFlow.
    each("maxPooling1d", {}, [7, 2], [{"poolSize": 3, "strides": 1, "_whole": 3}])
    each("maxPooling2d", {}, [4, 5, 2], [{"poolSize": 3, "strides": 1, "padding": "same", "_whole": 3}])
    for kind, shape in [("globalAveragePooling1d", [5, 3]), ("globalAveragePooling2d", [3, 5, 3]), ("globalMaxPooling2d", [3, 5, 3])]:
        few = [{**v, "at": [2] * (len(shape) - 1) + [2]} for v in BATCHES]
        each(kind, {}, shape, [{}, {"at": [1] * (len(shape) - 1) + [17]}, *few, {"_direct": True}])


def normalizations():
    plain = [{}, {"center": False}, {"scale": False}, {"center": False, "scale": False}, {"epsilon": 0.25}]
    shapes = [{"at": [4, 3]}, {"at": [3, 2, 3]}, {"at": [17]}, {"at": [3, 1]}, {"_direct": True}]
    far = [{"_shift": 100.0, "_scale": 0.1, "at": [5, 4]}, {"_scale": 0.02}, {"_scale": 1000.0}]
    each("batchNormalization", {}, [5], [
        *[{**v, "_batch": 7} for v in [*plain, *shapes, *far]], {"_batch": 1}, {"_batch": 1, "at": [4, 3]}, *BATCHES[1:],
        {"_batch": 2},
    ])
    each("batchNormalization", {}, [3, 2], [
        {"momentum": 0.9}, {"momentum": 0.5, "epsilon": 0.01}, {"momentum": 0}, {"momentum": 1}, {"center": False},
        {"scale": False}, {"at": [3]}, {"at": [2, 2, 3]},
    ], batch=5, samples=8, steps=3)
    each("layerNormalization", {}, [5], [*plain, *shapes, *far, *BATCHES])
    rms = [{}, {"scale": False}, {"epsilon": 0.25}]
    # Of one feature hardly anything but its sign is left, unless epsilon is large: no float32 has the gradient of that.
    few = [{**v, "epsilon": 0.5} if v.get("at") == [3, 1] else v for v in shapes]
    each("rmsNormalization", {}, [5], [*rms, *few, *far, *BATCHES])
    each("groupNormalization", {"groups": 2}, [3, 6], [
        *plain, *far[1:], *small(2, 4), {"groups": 1}, {"groups": 6}, {"groups": 3, "at": [2, 3, 6]}, {"at": [6]},
        {"groups": 1, "at": [17]}, {"_shift": 100.0, "_scale": 0.1}, {"_direct": True}, {"groups": 17, "at": [3, 17]},
    ])
    case("groupNormalization: 32 groups by default", {"type": "groupNormalization"}, [3, 32], batch=1)
    net = [
        {"type": "conv2d", "filters": 4, "kernelSize": 3, "padding": "same", "useBias": False, "name": "conv"},
        {"type": "batchNormalization", "name": "norm"},
        {"type": "activation", "activation": "relu", "name": "act"},
        {"type": "residual", "name": "block", "layers": [
            {"type": "conv2d", "filters": 4, "kernelSize": 3, "padding": "same", "name": "inner"},
            {"type": "batchNormalization", "momentum": 0.8, "name": "innerNorm"},
            {"type": "activation", "activation": "relu", "name": "innerAct"},
        ]},
        {"type": "groupNormalization", "groups": 2, "name": "groups"},
        {"type": "globalMaxPooling2d", "name": "all"},
        {"type": "layerNormalization", "name": "layerNorm"},
        {"type": "rmsNormalization", "name": "rms"},
        {"type": "dense", "units": 3, "name": "out"},
    ]
    case("every normalization in one net", net, [5, 4, 2], direct=True, loss="softmaxCrossEntropy", classes=3, batch=5,
         samples=8, steps=3, watch="block/add")


def tables():
    each("embedding", {"inputDim": 7, "outputDim": 3}, [5], [
        {}, {"at": [1]}, {"outputDim": 1}, {"outputDim": 17, "at": [2]}, {"at": [2, 3]}, *BATCHES, {"_direct": True},
        {"inputDim": 1, "_whole": 1},
    ], whole=7)
    each("positionalEmbedding", {}, [5, 3], [{}, {"at": [1, 1]}, {"at": [17, 1]}, *BATCHES, {"_direct": True}])
    tokens = [
        {"type": "embedding", "inputDim": 7, "outputDim": 4, "name": "words"},
        {"type": "positionalEmbedding", "name": "places"},
    ]
    case("embedding and positions before a dense layer", tokens, [6], whole=7, batch=9, samples=12, watch="places")
    reshaped = [{"type": "reshape", "targetShape": [2, 3], "name": "turned"}, *tokens[:1]]
    case("embedding after a reshape of the data", reshaped, [6], whole=7, watch="words")


def recurrents():
    gated = [{"recurrentActivation": a} for a in ("sigmoid", "tanh", "silu")]
    for kind in ["simpleRNN", "lstm", "gru"]:
        variants = [
            {}, {"returnSequences": True}, {"goBackwards": True}, {"goBackwards": True, "returnSequences": True},
            {"useBias": False}, *[{"activation": a} for a in ("linear", "relu", "softsign", "gelu")], *small(3, 2),
            {"units": 1}, {"units": 17 if kind == "simpleRNN" else 9, "at": [2, 1]}, {"units": 1, "at": [3, 17]}, {"at": [1, 3]}, {"at": [17, 1], "units": 2},
            {"_direct": True, "returnSequences": True}, {"_direct": True},
        ]
        if kind != "simpleRNN":
            variants += gated
        if kind == "gru":
            variants += [{"resetAfter": False, **v} for v in [
                {}, {"useBias": False}, {"returnSequences": True, "goBackwards": True}, {"activation": "mish"}, *gated[:1],
                *small(3, 2), {"units": 1, "at": [3, 1]}, {"units": 9, "at": [2, 2]},
            ]]
        each(kind, {"units": 3}, [5, 2], variants)
        stack = [
            {"type": kind, "units": 4, "returnSequences": True, "name": "one"},
            {"type": kind, "units": 3, "goBackwards": True, "name": "two"},
            {"type": "dense", "units": 3, "name": "out"},
        ]
        case(f"{kind}: two of them", stack, [6, 2], direct=True, loss="softmaxCrossEntropy", classes=3, batch=9, samples=10)
        stack = [
            {"type": "embedding", "inputDim": 5, "outputDim": 3, "name": "words"},
            {"type": kind, "units": 4, "returnSequences": True, "name": "one"},
            {"type": "dense", "units": 3, "name": "out"},
        ]
        case(f"{kind}: a label a time step", stack, [5], direct=True, loss="softmaxCrossEntropy", classes=3, whole=5, watch="one")


def attentions():
    each("multiHeadAttention", {"numHeads": 2, "keyDim": 2}, [4, 3], [
        {}, {"causal": True}, {"useBias": False}, {"useBias": False, "causal": True}, {"valueDim": 5},
        {"valueDim": 1, "keyDim": 4}, {"numHeads": 1}, {"numHeads": 3, "keyDim": 1}, {"dropout": 0}, *small(3, 3),
        {"causal": True, "_batch": 17, "at": [3, 2]}, {"at": [1, 4]}, {"at": [17, 1], "keyDim": 1, "_batch": 2},
        {"at": [2, 17], "numHeads": 1, "keyDim": 2}, {"keyDim": 17, "numHeads": 1, "at": [3, 1]}, {"_direct": True},
        {"_weight": 3.0}, {"_weight": 0.2},
    ])
    block = [
        {"type": "residual", "name": "mix", "layers": [
            {"type": "layerNormalization", "name": "before"},
            {"type": "multiHeadAttention", "numHeads": 2, "keyDim": 2, "causal": True, "name": "heads"},
        ]},
        {"type": "residual", "name": "think", "layers": [
            {"type": "layerNormalization", "name": "again"},
            {"type": "dense", "units": 8, "activation": "gelu", "name": "wide"},
            {"type": "dense", "units": 4, "name": "narrow"},
        ]},
        {"type": "rmsNormalization", "name": "last"},
        {"type": "dense", "units": 3, "name": "out"},
    ]
    case("a transformer block", block, [5, 4], direct=True, loss="softmaxCrossEntropy", classes=3, batch=9, samples=10, watch="heads")


def main():
    for group in [core, convolutions, pools, normalizations, tables, recurrents, attentions]:
        group()
    names = [c["name"] for c in CASES]
    assert len(set(names)) == len(names), [n for n in names if names.count(n) > 1]
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(json.dumps({"torch": torch.__version__, "cases": CASES}, separators=(",", ":")) + "\n")


main()
