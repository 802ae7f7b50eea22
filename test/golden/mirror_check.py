#!/usr/bin/env python3
"""Holds mirror.py's recurrent cells and attention, which it writes out itself, against PyTorch's own modules.

Prints one line a module and fails where they differ: python3 test/golden/mirror_check.py
"""
import torch

from mirror import Net

BATCH, STEPS, FEATURES, UNITS = 3, 5, 4, 6


def reordered(matrix, order):
    """Rows of PyTorch's weights, gate by gate, from columns of the language's."""
    gates = matrix.chunk(len(order), -1)
    return torch.cat([gates[i] for i in order], -1).movedim(-1, 0)


def check(name, ours, theirs):
    distance = ((ours - theirs).norm() / theirs.norm()).item()
    assert distance < 1e-13, f"{name} is off by {distance}"
    print(f"{name}: {distance:.1e}")


def mirror(layer, x):
    net = Net([{"name": "l", **layer}], torch.Generator().manual_seed(1))
    return net.forward(x), {k[2:]: v.detach() for k, v in net.parameters.items()}


@torch.no_grad()
def main():
    x = torch.randn(BATCH, STEPS, FEATURES, generator=torch.Generator().manual_seed(2))
    options = {"units": UNITS, "returnSequences": True, "recurrentActivation": "sigmoid"}
    # i, f, c, o in both; PyTorch's GRU has r before z.
    for kind, module, order in [("simpleRNN", "RNN", [0]), ("lstm", "LSTM", [0, 1, 2, 3]), ("gru", "GRU", [1, 0, 2])]:
        h, p = mirror({"type": kind, **options}, x)
        theirs = getattr(torch.nn, module)(FEATURES, UNITS, batch_first=True)
        theirs.weight_ih_l0.copy_(reordered(p["kernel"], order))
        theirs.weight_hh_l0.copy_(reordered(p["recurrentKernel"], order))
        both = p["bias"] if kind == "gru" else torch.stack([p["bias"], p["bias"] * 0])
        theirs.bias_ih_l0.copy_(reordered(both[0], order))
        theirs.bias_hh_l0.copy_(reordered(both[1], order))
        check(module, h, theirs(x)[0])
    for causal in [False, True]:
        h, p = mirror({"type": "multiHeadAttention", "numHeads": 2, "keyDim": FEATURES // 2, "causal": causal}, x)
        theirs = torch.nn.MultiheadAttention(FEATURES, 2, batch_first=True)
        parts = ["query", "key", "value"]
        theirs.in_proj_weight.copy_(torch.cat([p[f"{n}Kernel"].reshape(FEATURES, -1).T for n in parts]))
        theirs.in_proj_bias.copy_(torch.cat([p[f"{n}Bias"].reshape(-1) for n in parts]))
        theirs.out_proj.weight.copy_(p["outputKernel"].reshape(-1, FEATURES).T)
        theirs.out_proj.bias.copy_(p["outputBias"])
        mask = torch.ones(STEPS, STEPS, dtype=torch.bool).triu(1) if causal else None
        check(f"MultiheadAttention, causal {causal}", h, theirs(x, x, x, attn_mask=mask)[0])


main()
