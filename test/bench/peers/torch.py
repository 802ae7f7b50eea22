"""PyTorch's side of the benchmark, eager, one thread: python3 torch.py --serve. The protocol is ../serve.mjs's.

With statistics: for every weight gradient of every step, l2, mean, standard deviation, largest magnitude, share of zeros.
"""
import json
import os
import sys
import time

# Before the BLAS library is loaded. Settings for another machine's BLAS would slow this one's down.
for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
# This file's own name must not stand in PyTorch's way.
sys.path = [p for p in sys.path if os.path.abspath(p or ".") != os.path.dirname(os.path.abspath(__file__))]

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402

torch.set_num_threads(1)
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


class Runner:
    def __init__(self, workload):
        sizes, batch = workload["sizes"], workload["batch"]
        self.model = Mlp(sizes, workload["activation"])
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.01, momentum=workload["momentum"])
        self.weights = [p for p in self.model.parameters() if p.dim() > 1]
        if workload["targets"] == "classes":
            self.loss, target = F.cross_entropy, lambda: torch.randint(0, 10, (batch,))
        else:
            self.loss, target = F.mse_loss, lambda: torch.randn(batch, 1)
        self.batches = [(torch.randn(batch, sizes[0]), target()) for _ in range(BATCHES)]
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
