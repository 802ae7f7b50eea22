"""Update rules that PyTorch 1.13 has not, or has wrong: what the scripts beside this one hold the engine's against."""
import torch


class Lion(torch.optim.Optimizer):
    """Chen et al. 2023, in the order of its authors' reference (github.com/google/automl/tree/master/lion)."""

    def __init__(self, params, lr, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            b1, b2 = group["betas"]
            for p in group["params"]:
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                direction = torch.sign(b1 * m + (1 - b1) * p.grad)
                p.mul_(1 - group["lr"] * group["weight_decay"]).sub_(direction, alpha=group["lr"])
                m.mul_(b2).add_(p.grad, alpha=1 - b2)


class NAdam(torch.optim.Optimizer):
    """The documented rule, as releases from 2.0 on have it: 1.13 multiplies the next step's product by its μ twice."""

    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, momentum_decay=4e-3, weight_decay=0.0):
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "mu": momentum_decay, "weight_decay": weight_decay})
        self.t, self.product = 0, 1.0

    @torch.no_grad()
    def step(self):
        self.t += 1
        for group in self.param_groups:
            b1, b2 = group["betas"]
            mu, mu_next = (b1 * (1 - 0.5 * 0.96 ** (t * group["mu"])) for t in (self.t, self.t + 1))
            self.product *= mu
            for p in group["params"]:
                g = p.grad + group["weight_decay"] * p
                m = self.state[p].setdefault("m", torch.zeros_like(p)).mul_(b1).add_(g, alpha=1 - b1)
                v = self.state[p].setdefault("v", torch.zeros_like(p)).mul_(b2).addcmul_(g, g, value=1 - b2)
                root = (v / (1 - b2**self.t)).sqrt() + group["eps"]
                p.addcdiv_(g, root, value=-group["lr"] * (1 - mu) / (1 - self.product))
                p.addcdiv_(m, root, value=-group["lr"] * mu_next / (1 - self.product * mu_next))
