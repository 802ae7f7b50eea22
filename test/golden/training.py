#!/usr/bin/env python3
"""Writes training.json: weights and losses of some steps under each optimizer, schedule and clipping, by PyTorch in float64.

Run with a Python that has PyTorch (made with 1.13.1): python3 test/golden/training.py
The optimizers are PyTorch's own but for Lion and NAdam (see rules.py).
"""
import json
import pathlib

import torch
from torch import optim

from rules import Lion, NAdam

torch.set_default_dtype(torch.float64)
STEPS, SAMPLES, BATCH = 9, 10, 4


OPTIMIZERS = [
    ({"type": "sgd", "learningRate": 0.1}, lambda p: optim.SGD(p, 0.1)),
    (
        {"type": "sgd", "learningRate": 0.1, "momentum": 0.9, "weightDecay": 0.01},
        lambda p: optim.SGD(p, 0.1, momentum=0.9, weight_decay=0.01),
    ),
    (
        {"type": "sgd", "learningRate": 0.1, "momentum": 0.9, "nesterov": True},
        lambda p: optim.SGD(p, 0.1, momentum=0.9, nesterov=True),
    ),
    ({"type": "rmsprop"}, lambda p: optim.RMSprop(p, 0.01)),
    (
        {"type": "rmsprop", "learningRate": 0.02, "rho": 0.9, "momentum": 0.5, "weightDecay": 0.1},
        lambda p: optim.RMSprop(p, 0.02, alpha=0.9, momentum=0.5, weight_decay=0.1),
    ),
    ({"type": "adagrad", "learningRate": 0.1}, lambda p: optim.Adagrad(p, 0.1)),
    ({"type": "adadelta"}, lambda p: optim.Adadelta(p)),
    ({"type": "adam", "learningRate": 0.05}, lambda p: optim.Adam(p, 0.05)),
    (
        {"type": "adam", "learningRate": 0.05, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-4, "weightDecay": 0.1},
        lambda p: optim.Adam(p, 0.05, betas=(0.8, 0.95), eps=1e-4, weight_decay=0.1),
    ),
    ({"type": "adamw", "learningRate": 0.05}, lambda p: optim.AdamW(p, 0.05)),
    ({"type": "nadam", "learningRate": 0.05}, lambda p: NAdam(p, 0.05)),
    (
        {"type": "lion", "learningRate": 0.01, "weightDecay": 0.1},
        lambda p: Lion(p, 0.01, (0.9, 0.99), 0.1),
    ),
]


def unit_norm(x):
    """As in Brock et al. 2021: of a kernel by unit, of a bias altogether. Kernels are (in, out) here."""
    return x.norm() if x.ndim < 2 else x.norm(dim=0, keepdim=True)


def adaptive_clip(parameters, limit, eps=1e-3):
    for p in parameters:
        longest = unit_norm(p.detach()).clamp(min=eps) * limit
        norm = unit_norm(p.grad)
        p.grad.copy_(torch.where(norm > longest, p.grad * (longest / norm.clamp(min=1e-6)), p.grad))


def run(name, optimizer, make, training=None, scheduler=None):
    training = training or {}
    g = torch.Generator().manual_seed(5)
    rounded = lambda *shape: (torch.randn(*shape, generator=g) * 1024).round() / 1024
    x, t = rounded(SAMPLES, 4), rounded(SAMPLES, 3) * 3
    weights = [rounded(4, 6) * 0.5, rounded(6) * 0.25, rounded(6, 3) * 0.5, rounded(3) * 0.25]
    start = [w.reshape(-1).tolist() for w in weights]
    w1, b1, w2, b2 = weights = [w.clone().requires_grad_() for w in weights]
    opt = make(weights)
    rates = scheduler(opt) if scheduler else None
    losses, norms, scales, used = [], [], [], []
    for step in range(STEPS):
        at = (step % -(-SAMPLES // BATCH)) * BATCH
        xs, ts = x[at : at + BATCH], t[at : at + BATCH]
        loss = torch.nn.functional.mse_loss(torch.tanh(xs @ w1 + b1) @ w2 + b2, ts)
        opt.zero_grad()
        loss.backward()
        losses.append(loss.item())
        norms.append(torch.cat([w.grad.reshape(-1) for w in weights]).norm().item())
        if "adaptiveClip" in training:
            adaptive_clip(weights, training["adaptiveClip"])
        if "clipNorm" in training:
            norm = torch.nn.utils.clip_grad_norm_(weights, training["clipNorm"]).item()
            scales.append(min(1.0, training["clipNorm"] / (norm + 1e-6)))
        if "clipValue" in training:
            torch.nn.utils.clip_grad_value_(weights, training["clipValue"])
        used.append(opt.param_groups[0]["lr"])
        opt.step()
        if rates and step + 1 < STEPS:
            rates.step()
    return {
        "name": name,
        "optimizer": optimizer,
        "training": {"batchSize": BATCH, "steps": STEPS, **training},
        "inputs": x.reshape(-1).tolist(),
        "targets": t.reshape(-1).tolist(),
        "start": start,
        "end": [w.detach().reshape(-1).tolist() for w in weights],
        "losses": losses,
        "gradientNorms": norms,
        "clipScales": scales,
        "learningRates": used,
    }


def main():
    cases = [run(f"{o['type']} {i}", o, make) for i, (o, make) in enumerate(OPTIMIZERS)]
    sgd = {"type": "sgd", "learningRate": 0.1}
    make = lambda p: optim.SGD(p, 0.1)
    cases.append(run("clipNorm", sgd, make, {"clipNorm": 1.5}))
    cases.append(run("clipValue", sgd, make, {"clipValue": 0.2}))
    cases.append(run("adaptiveClip", sgd, make, {"adaptiveClip": 0.3}))
    cases.append(run("adaptiveClip, then clipNorm", sgd, make, {"adaptiveClip": 0.5, "clipNorm": 0.4}))
    s = optim.lr_scheduler
    schedules = [
        ({"type": "step", "stepSize": 2, "gamma": 0.5}, lambda o: s.StepLR(o, 2, 0.5)),
        ({"type": "exponential", "gamma": 0.8}, lambda o: s.ExponentialLR(o, 0.8)),
        ({"type": "cosine", "minLearningRate": 0.01}, lambda o: s.CosineAnnealingLR(o, STEPS - 1, 0.01)),
        (
            {"type": "oneCycle", "pctStart": 0.4},
            lambda o: s.OneCycleLR(o, 0.1, total_steps=STEPS, pct_start=0.4, cycle_momentum=False),
        ),
    ]
    for schedule, scheduler in schedules:
        cases.append(run(f"schedule {schedule['type']}", sgd, make, {"schedule": schedule}, scheduler))
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(json.dumps({"torch": torch.__version__, "cases": cases}) + "\n")


main()
