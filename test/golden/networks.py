#!/usr/bin/env python3
"""Writes networks.json: losses, gradients and what flows back through each layer, by PyTorch in float64.

Run with a Python that has PyTorch (made with 1.13.1): python3 test/golden/networks.py
"""
import json
import pathlib

import torch

from mirror import ACTIVATIONS, LOSSES, rounded


def dense(units, activation="linear", **more):
    return {"type": "dense", "units": units, "activation": activation, **more}


def run(name, layers, input_shape, loss, classes=None, target_shape=(), batch=9, weight=0.7, seed=0):
    g = torch.Generator().manual_seed(seed)
    x = rounded(batch, *input_shape, generator=g)
    if classes is None:
        t = rounded(batch, *target_shape, generator=g)
    else:
        t = torch.randint(classes, (batch, *target_shape), generator=g)
    values = {"data": x}
    parameters, measured, previous, counts = {}, [], "data", {}
    for layer in layers:
        kind = layer["type"]
        if "name" not in layer:
            counts[kind] = counts.get(kind, 0) + 1
        own = layer.get("name", f"{kind}_{counts.get(kind)}")
        sources = layer.get("inputs", [previous])
        inputs = [values[s] for s in sources]
        a = inputs[0]
        z = None
        if kind == "dense":
            fan_in = a.shape[-1]
            w = rounded(fan_in, layer["units"], generator=g, scale=weight / fan_in**0.5 * 2).requires_grad_()
            b = rounded(layer["units"], generator=g, scale=0.3).requires_grad_()
            parameters[f"{own}/kernel"], parameters[f"{own}/bias"] = w, b
            z = a @ w + b
            z.retain_grad()
            h = ACTIVATIONS[layer["activation"]](z)
        elif kind == "activation":
            z = a * 1.0
            z.retain_grad()
            h = ACTIVATIONS[layer["activation"]](z)
        elif kind == "flatten":
            h = a.reshape(batch, -1)
        elif kind == "reshape":
            h = a.reshape(batch, *layer["targetShape"])
        elif kind == "add":
            h = sum(inputs)
        elif kind == "concatenate":
            axis = layer.get("axis", -1)
            h = torch.cat(inputs, dim=axis + 1 if axis >= 0 else axis)
        else:
            raise ValueError(kind)
        if h.requires_grad:
            h.retain_grad()
        values[own], previous = h, own
        measured.append((own, a, z, h))
    value = LOSSES[loss](values[previous], t)
    value.backward()
    flow = {}
    for own, a, z, h in measured:
        if h.grad is None:
            continue
        delta = (h if z is None else z).grad
        flow[own] = {
            "outputGradient": [
                delta.norm().item(),
                delta.pow(2).mean().sqrt().item(),
                delta.mean().item(),
                delta.std(unbiased=False).item(),
                delta.min().item(),
                delta.max().item(),
                (delta == 0).double().mean().item(),
                0,
            ],
            "activationFactor": (delta.norm() / h.grad.norm()).item(),
            "activation": [h.mean().item(), h.std(unbiased=False).item(), (h == 0).double().mean().item()],
        }
    return {
        "name": name,
        "layers": layers,
        "loss": loss,
        "inputShape": list(input_shape),
        "classes": classes,
        "targetShape": list(target_shape),
        "batch": batch,
        "inputs": x.reshape(-1).tolist(),
        "targets": t.reshape(-1).tolist(),
        "parameters": {k: v.detach().reshape(-1).tolist() for k, v in parameters.items()},
        "value": value.item(),
        "gradients": {k: v.grad.reshape(-1).tolist() for k, v in parameters.items()},
        "flow": flow,
    }


def main():
    cases = []
    for i, activation in enumerate(ACTIVATIONS):
        layers = [dense(6, activation), dense(5, activation), dense(3)]
        cases.append(run(activation, layers, [4], "meanSquaredError", target_shape=[3], seed=i))
    for loss in ["meanSquaredError", "meanAbsoluteError", "huber"]:
        layers = [dense(5, "tanh"), dense(2)]
        cases.append(run(f"{loss} of positions", layers, [3, 4], loss, target_shape=[3, 2], seed=20))
    for loss in ["binaryCrossEntropy", "hinge"]:
        cases.append(run(loss, [dense(5, "tanh"), dense(1)], [4], loss, classes=2, seed=21))
    layers = [dense(5, "relu"), dense(4)]
    cases.append(run("softmaxCrossEntropy", layers, [4], "softmaxCrossEntropy", classes=4, seed=22))
    layers = [dense(5, "tanh"), {"type": "activation", "activation": "gelu"}, dense(4)]
    cases.append(run("a label a position", layers, [3, 4], "softmaxCrossEntropy", classes=4, target_shape=[3], seed=23))
    layers = [
        dense(4, "tanh", name="a"),
        dense(4, "sigmoid", name="b"),
        {"type": "add", "name": "sum", "inputs": ["a", "b", "a"]},
        {"type": "concatenate", "name": "both", "inputs": ["sum", "a", "data"]},
        {"type": "concatenate", "name": "long", "axis": 0, "inputs": ["both", "both"]},
        {"type": "reshape", "targetShape": [3, 22]},
        dense(3, "silu"),
        {"type": "flatten"},
        dense(2),
    ]
    cases.append(run("shared, joined, reshaped", layers, [3, 3], "huber", target_shape=[2], seed=24))
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(json.dumps({"torch": torch.__version__, "cases": cases}) + "\n")


main()
