#!/usr/bin/env python3
"""Writes curves.json: the losses of 50 steps of six nets under every optimizer, by PyTorch in float64 (see mirror.py).

Run with a Python that has PyTorch (made with 1.13): python3 test/golden/curves.py
The optimizers are PyTorch's own but for Lion and NAdam (see rules.py).

Rounding grows along a training curve. Each run is therefore done in float32 too: learning rates are small enough that
PyTorch's own float32 stays within DRIFT of its float64, so that another float32 can be asked for a few times that.
"""
import json
import pathlib

import torch
from torch import optim

from mirror import LOSSES, Net, rounded
from rules import Lion, NAdam

STEPS, SAMPLES, BATCH, DRIFT = 50, 20, 8, 5e-5


def optimizers(pace):
    """Each as the language has it and as PyTorch has it; `pace` is multiplied onto the learning rates."""
    return [
        told(lambda p, lr: optim.SGD(p, lr, momentum=0.9, nesterov=True, weight_decay=0.001), "sgd", 0.05 * pace,
             momentum=0.9, nesterov=True, weightDecay=0.001),
        told(lambda p, lr: optim.RMSprop(p, lr, alpha=0.9, momentum=0.5, weight_decay=0.002), "rmsprop", 0.005 * pace,
             rho=0.9, momentum=0.5, weightDecay=0.002),
        told(lambda p, lr: optim.Adagrad(p, lr, weight_decay=0.002), "adagrad", 0.05 * pace, weightDecay=0.002),
        told(lambda p, lr: optim.Adadelta(p, lr, weight_decay=0.002), "adadelta", 2 * pace, weightDecay=0.002),
        told(lambda p, lr: optim.Adam(p, lr, weight_decay=0.002), "adam", 0.02 * pace, weightDecay=0.002),
        told(lambda p, lr: optim.AdamW(p, lr, weight_decay=0.1), "adamw", 0.02 * pace, weightDecay=0.1),
        told(lambda p, lr: NAdam(p, lr, weight_decay=0.002), "nadam", 0.02 * pace, weightDecay=0.002),
        told(lambda p, lr: Lion(p, lr, weight_decay=0.1), "lion", 0.01 * pace, weightDecay=0.1),
    ]


def told(make, kind, rate, **options):
    rate = float(f"{rate:.6g}")
    return {"type": kind, "learningRate": rate, **options}, lambda parameters: make(parameters, rate)


def dense(units, activation="linear", **more):
    return {"type": "dense", "units": units, "activation": activation, **more}


def normalized(name):
    """Without biases, which a batch normalization behind them would make of no effect."""
    return {"type": "residual", "name": name, "layers": [
        dense(6, useBias=False, name=f"{name}a"),
        {"type": "batchNormalization", "name": f"{name}b"},
        {"type": "activation", "activation": "relu", "name": f"{name}c"},
        dense(6, useBias=False, name=f"{name}d"),
        {"type": "batchNormalization", "momentum": 0.9, "name": f"{name}e"},
    ]}


# Layers, shape of a sample, loss, classes, and how fast it can be trained without rounding growing too much.
SPECS = {
    "dense": (
        [dense(8, "tanh"), dense(8, "gelu"), dense(6, "softsign"), dense(3)],
        [4], "softmaxCrossEntropy", 3, 2,
    ),
    "convolutional": (
        [
            {"type": "conv2d", "filters": 4, "kernelSize": 3, "padding": "same", "activation": "relu"},
            {"type": "maxPooling2d"},
            {"type": "depthwiseConv2d", "kernelSize": 2, "padding": "same", "activation": "tanh"},
            {"type": "conv2d", "filters": 4, "kernelSize": 2, "strides": 2, "padding": "same", "activation": "silu"},
            {"type": "flatten"},
            dense(3),
        ],
        [6, 5, 1], "softmaxCrossEntropy", 3, 1,
    ),
    "recurrent": (
        [
            {"type": "lstm", "units": 5, "returnSequences": True, "recurrentActivation": "sigmoid"},
            {"type": "lstm", "units": 4, "recurrentActivation": "sigmoid"},
            dense(2),
        ],
        [6, 2], "meanSquaredError", None, 2,
    ),
    "attention": (
        [
            {"type": "positionalEmbedding"},
            {"type": "residual", "name": "mix", "layers": [
                {"type": "layerNormalization", "name": "before"},
                {"type": "multiHeadAttention", "numHeads": 2, "keyDim": 2, "causal": True, "name": "heads"},
            ]},
            {"type": "residual", "name": "think", "layers": [
                {"type": "layerNormalization", "name": "again"},
                dense(8, "gelu", name="wide"),
                dense(4, name="narrow"),
            ]},
            {"type": "rmsNormalization"},
            {"type": "globalAveragePooling1d"},
            dense(3),
        ],
        [5, 4], "softmaxCrossEntropy", 3, 0.6,
    ),
    "residual": ([dense(6), normalized("first"), normalized("second"), dense(3)], [4], "softmaxCrossEntropy", 3, 0.4),
    "embedding": (
        [
            {"type": "embedding", "inputDim": 9, "outputDim": 4},
            {"type": "gru", "units": 5, "recurrentActivation": "sigmoid"},
            dense(1),
        ],
        [5], "huber", None, 2,
    ),
}


def curve(net, make, loss, x, t):
    """The loss of each step, before its update; `net` itself stays as it is."""
    start, net = net, Net(net.layers, net.generator)
    net.parameters = {k: v.detach().to(x.dtype, copy=True).requires_grad_() for k, v in start.parameters.items()}
    net.states = {k: v.to(x.dtype) for k, v in start.states.items()}
    optimizer = make(list(net.parameters.values()))
    losses = []
    for step in range(STEPS):
        at = (step % -(-SAMPLES // BATCH)) * BATCH
        value = LOSSES[loss](net.forward(x[at : at + BATCH]), t[at : at + BATCH])
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        losses.append(value.item())
    return torch.tensor(losses)


def main():
    cases = []
    for seed, (name, (layers, input_shape, loss, classes, pace)) in enumerate(SPECS.items()):
        g = torch.Generator().manual_seed(seed)
        net = Net(layers, g)
        tokens = layers[0].get("inputDim")
        x = rounded(SAMPLES, *input_shape, generator=g)
        if tokens:
            x = torch.randint(tokens, (SAMPLES, *input_shape), generator=g).double()
        shape = list(net.forward(x[:2]).shape[1:])
        t = torch.randint(classes, (SAMPLES,), generator=g) if classes else rounded(SAMPLES, *shape, generator=g)
        curves = []
        for optimizer, make in optimizers(pace):
            losses = curve(net, make, loss, x, t)
            single = curve(net, make, loss, x.float(), t if classes else t.float())
            drift = ((single - losses) / losses).abs().max().item()
            print(f"{name:14} {optimizer['type']:9} {losses[0]:.4f} → {losses[-1]:.4f}, float32 within {drift:.1e}")
            assert drift < DRIFT, "rounding grows too fast here: lower the learning rate"
            curves.append({"optimizer": optimizer, "losses": [float(f"{v:.11g}") for v in losses.tolist()]})
        units = lambda v: [int(n) for n in (v.detach() * 1024).round().reshape(-1).tolist()]
        cases.append({
            "name": name, "layers": layers, "loss": loss, "inputShape": input_shape, "classes": classes,
            "targetShape": [] if classes else shape, "batch": BATCH, "inputs": units(x),
            "targets": t.tolist() if classes else units(t),
            "parameters": {k: units(v) for k, v in [*net.parameters.items(), *net.states.items()]},
            "curves": curves,
        })
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(json.dumps({"torch": torch.__version__, "cases": cases}, separators=(",", ":")) + "\n")


main()
