"""PyTorch's side of the benchmark, eager: python3 torch.py --threads 1. The protocol is ../serve.mjs's.

With statistics: for every weight gradient of every step, l2, mean, standard deviation, largest magnitude, share of zeros.
"""
import argparse
import json
import os
import sys
import time

parser = argparse.ArgumentParser()
parser.add_argument("--threads", type=int, default=1)
THREADS = parser.parse_args().threads

# Before the BLAS library is loaded. Settings for another machine's BLAS would slow this one's down.
for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = str(THREADS)
# This file's own name must not stand in PyTorch's way.
sys.path = [p for p in sys.path if os.path.abspath(p or ".") != os.path.dirname(os.path.abspath(__file__))]

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402

torch.set_num_threads(THREADS)
torch.manual_seed(1)
BATCHES = 4
WARM_UP_SECONDS = 0.5


class Mlp(nn.Module):
    def __init__(self, sizes, activation):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))
        self.activation = {"relu": F.relu, "tanh": torch.tanh}[activation]

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = self.activation(layer(x))
        return self.layers[-1](x)


class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.convolutions = nn.ModuleList([nn.Conv2d(1, 8, 5, padding=2), nn.Conv2d(8, 16, 5, padding=2)])
        self.hidden, self.out = nn.Linear(7 * 7 * 16, 128), nn.Linear(128, 10)

    def forward(self, x):
        for convolution in self.convolutions:
            x = F.max_pool2d(F.relu(convolution(x)), 2)
        return self.out(F.relu(self.hidden(x.flatten(1))))


class Lstm(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.rnn, self.out = nn.LSTM(features, 128, batch_first=True), nn.Linear(128, 1)

    def forward(self, x):
        return self.out(self.rnn(x)[0][:, -1])


class Block(nn.Module):
    """Pre-norm transformer block without mask and dropout; one product for queries, keys and values."""

    def __init__(self, d=128, heads=4, hidden=512):
        super().__init__()
        self.heads, self.norms = heads, nn.ModuleList([nn.LayerNorm(d), nn.LayerNorm(d)])
        self.projections, self.out = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.mlp = nn.ModuleList([nn.Linear(d, hidden), nn.Linear(hidden, d)])

    def forward(self, x):
        b, t, d = x.shape
        size = d // self.heads
        q, k, v = self.projections(self.norms[0](x)).view(b, t, 3, self.heads, size).permute(2, 0, 3, 1, 4)
        weights = torch.softmax(q @ k.transpose(-1, -2) * size**-0.5, -1)
        x = x + self.out((weights @ v).transpose(1, 2).reshape(b, t, d))
        return x + self.mlp[1](F.gelu(self.mlp[0](self.norms[1](x)), approximate="tanh"))


def model_of(workload):
    model = workload["model"]
    if model == "mlp":
        return Mlp(workload["sizes"], workload["activation"])
    return {"cnn": Cnn, "lstm": lambda: Lstm(workload["input"][-1]), "block": Block}[model]()


class Runner:
    def __init__(self, workload):
        batch, shape = workload["batch"], list(workload["input"])
        if workload["model"] == "cnn":
            shape = [shape[2], shape[0], shape[1]]
        self.model = model_of(workload)
        parameters = self.model.parameters()
        if workload["optimizer"] == "adam":
            self.optimizer = torch.optim.Adam(parameters, lr=0.001)
        else:
            self.optimizer = torch.optim.SGD(parameters, lr=0.01, momentum=workload["momentum"])
        self.weights = [p for p in self.model.parameters() if p.dim() > 1]
        if workload["targets"] == "classes":
            self.loss, target = F.cross_entropy, lambda: torch.randint(0, 10, (batch,))
        else:
            self.loss, target = F.mse_loss, lambda: torch.randn(batch, *workload["output"])
        self.batches = [(torch.randn(batch, *shape), target()) for _ in range(BATCHES)]
        self.count = 0

    def step(self):
        x, y = self.batches[self.count % BATCHES]
        self.count += 1
        self.optimizer.zero_grad(set_to_none=True)
        self.loss(self.model(x), y).backward()
        rows = []
        for p in self.weights:
            g = p.grad
            std, mean = torch.std_mean(g)
            zeros = 1 - torch.count_nonzero(g) / g.numel()
            rows += [torch.linalg.vector_norm(g), mean, std, g.abs().max(), zeros]
        self.statistics = torch.stack(rows).tolist()
        self.optimizer.step()

    def window(self, seconds):
        steps, start, cpu = 0, time.perf_counter(), time.process_time()
        while True:
            self.step()
            steps += 1
            elapsed = time.perf_counter() - start
            if elapsed >= seconds:
                return {"steps": steps, "seconds": elapsed, "cpuSeconds": time.process_time() - cpu}


def blas():
    """Which BLAS is loaded: without a fast one PyTorch is many times slower, and a comparison would be a lie."""
    with open("/proc/self/maps") as maps:
        names = {os.path.basename(line.split()[-1]) for line in maps if "/" in line}
    return sorted(n for n in names if "blas" in n or "mkl" in n)


def main():
    torch.mm(torch.ones(8, 8), torch.ones(8, 8))
    try:
        libraries = blas()
    except OSError:
        libraries = []
    print(json.dumps({"version": "PyTorch " + torch.__version__, "blas": libraries}), flush=True)
    runners = {}
    for line in sys.stdin:
        request = json.loads(line)
        name = request["workload"]
        if name not in runners:
            runners[name] = Runner(request["definition"])
            runners[name].window(WARM_UP_SECONDS)
        print(json.dumps(runners[name].window(request["seconds"])), flush=True)


main()
