"""Writes optimizers.json: weights after each of six steps of PyTorch's optimizers, float64, on given gradients.

Run with a Python that has PyTorch 1.13: python3 test/golden/optimizers.py
The optimizers are PyTorch's own but for Lion and NAdam (see rules.py).
"""
import json
import pathlib

import torch

from rules import Lion, NAdam

ROWS, COLUMNS, STEPS = 5, 7, 6
torch.manual_seed(3)
START = torch.randn(ROWS, COLUMNS, dtype=torch.float64).float().double()
GRADIENTS = [torch.randn(ROWS, COLUMNS, dtype=torch.float64).float().double() for _ in range(STEPS)]


# name: (kind, class, arguments of the class, hyper-parameters by their names in the contract, how many states)
optim = torch.optim
CASES = {
    "sgd": ("sgd", optim.SGD, dict(lr=0.1), {}, 0),
    "sgd, weight decay": ("sgd", optim.SGD, dict(lr=0.1, weight_decay=0.2), dict(weightDecay=0.2), 0),
    "sgd, momentum": ("sgd", optim.SGD, dict(lr=0.1, momentum=0.9), dict(momentum=0.9), 1),
    "sgd, nesterov, weight decay": (
        "sgd", optim.SGD, dict(lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.1),
        dict(momentum=0.9, nesterov=1, weightDecay=0.1), 1,
    ),
    "rmsprop": ("rmsprop", optim.RMSprop, dict(lr=0.01, alpha=0.99, eps=1e-8), dict(beta1=0.99, epsilon=1e-8), 1),
    "rmsprop, momentum": (
        "rmsprop", optim.RMSprop, dict(lr=0.01, alpha=0.9, eps=1e-8, momentum=0.8, weight_decay=0.1),
        dict(beta1=0.9, epsilon=1e-8, momentum=0.8, weightDecay=0.1), 2,
    ),
    "adagrad": ("adagrad", optim.Adagrad, dict(lr=0.05, eps=1e-10), dict(epsilon=1e-10), 1),
    "adadelta": ("adadelta", optim.Adadelta, dict(lr=1.0, rho=0.9, eps=1e-6), dict(beta1=0.9, epsilon=1e-6), 2),
    "adam": ("adam", optim.Adam, dict(lr=0.01), dict(beta1=0.9, beta2=0.999, epsilon=1e-8), 2),
    "adam, weight decay": (
        "adam", optim.Adam, dict(lr=0.01, weight_decay=0.3),
        dict(beta1=0.9, beta2=0.999, epsilon=1e-8, weightDecay=0.3), 2,
    ),
    "adamw": (
        "adamw", optim.AdamW, dict(lr=0.01, betas=(0.8, 0.95), weight_decay=0.3),
        dict(beta1=0.8, beta2=0.95, epsilon=1e-8, weightDecay=0.3), 2,
    ),
    "nadam": (
        "nadam", NAdam, dict(lr=0.02, momentum_decay=0.004),
        dict(beta1=0.9, beta2=0.999, epsilon=1e-8, momentumDecay=0.004), 2,
    ),
    "lion": (
        "lion", Lion, dict(lr=0.01, betas=(0.9, 0.99), weight_decay=0.1),
        dict(beta1=0.9, beta2=0.99, weightDecay=0.1), 1,
    ),
}


def run(make, arguments):
    w = START.clone().requires_grad_()
    optimizer = make([w], **arguments)
    after = []
    for g in GRADIENTS:
        w.grad = g.clone()
        optimizer.step()
        after.append(w.detach().flatten().tolist())
    return after


cases = [
    dict(name=name, kind=kind, learningRate=arguments["lr"], hyper=hyper, states=states, weights=run(make, arguments))
    for name, (kind, make, arguments, hyper, states) in CASES.items()
]
out = dict(
    torch=torch.__version__, rows=ROWS, columns=COLUMNS, start=START.flatten().tolist(),
    gradients=[g.flatten().tolist() for g in GRADIENTS], cases=cases,
)
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(out) + "\n")
