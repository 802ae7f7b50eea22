"""The language's layers as PyTorch computations in float64: the independent opinion that the engine is held against.

Written from the definitions (TensorFlow.js's and Keras's layouts and formulas outside, PyTorch's operations inside), not
from the engine's code. Shapes are (batch, …, channels) as in the language; each function turns them for PyTorch itself.
Of the composites it knows `residual`, whose layers then need names; dropout is left out, as at rate 0.
"""
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)

ACTIVATIONS = {
    "linear": lambda z: z,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": F.relu,
    "leakyRelu": lambda z: F.leaky_relu(z, 0.3),
    "elu": F.elu,
    "selu": F.selu,
    "gelu": F.gelu,
    "silu": F.silu,
    "mish": F.mish,
    "softplus": F.softplus,
    "softsign": F.softsign,
    # TensorFlow.js's slope; PyTorch's own hardsigmoid has 1/6.
    "hardSigmoid": lambda z: torch.clamp(0.2 * z + 0.5, 0, 1),
    "hardTanh": F.hardtanh,
    "relu6": F.relu6,
    "softmax": lambda z: F.softmax(z, dim=-1),
}
LOSSES = {
    "meanSquaredError": F.mse_loss,
    "meanAbsoluteError": F.l1_loss,
    "huber": F.huber_loss,
    "softmaxCrossEntropy": lambda y, t: F.cross_entropy(y.reshape(-1, y.shape[-1]), t.reshape(-1)),
    "binaryCrossEntropy": lambda y, t: F.binary_cross_entropy_with_logits(y.reshape(-1), t.to(y).reshape(-1)),
    "hinge": lambda y, t: torch.clamp(1 - (2 * t.to(y).reshape(-1) - 1) * y.reshape(-1), min=0).mean(),
}


def rounded(*shape, generator, scale=1.0):
    """Normal numbers that float32 has exactly and JSON spells shortly."""
    return (torch.randn(*shape, generator=generator) * scale * 1024).round() / 1024


def pair(value):
    return [value, value] if isinstance(value, int) else list(value)


def channels_first(x):
    """(batch, …, channels) → (batch, channels, …)."""
    return x.movedim(-1, 1)


def channels_last(x):
    return x.movedim(1, -1)


def same_padding(x, size, stride, dilation, value=0.0):
    """TensorFlow's `same` around the trailing axes of (batch, channels, …): what is odd goes to the end."""
    amounts = []
    for n, k, s, d in reversed(list(zip(x.shape[2:], size, stride, dilation))):
        total = max((-(-n // s) - 1) * s + (k - 1) * d + 1 - n, 0)
        amounts += [total // 2, total - total // 2]
    return F.pad(x, amounts, value=value)


class Net:
    """
    A list of layers with its parameters, which come into being with the first forward pass.

    After `forward` and a backward pass from the loss: `outputs` has h of each layer, `deltas` what `outputGradient` is the
    gradient by (z, or h where there is no pre-activation), `taken` the inputs of each layer as it alone sees them, `times`
    the hidden states of recurrent layers in the order of the input's time. All of them have their gradients.
    """

    def __init__(self, layers, generator, weight=1.0):
        self.layers, self.generator, self.weight = layers, generator, weight
        self.parameters, self.states = {}, {}
        self.moved = {}
        self.training = True

    def parameter(self, own, name, shape, scale, offset=0.0):
        key = f"{own}/{name}"
        if key not in self.parameters:
            value = rounded(*shape, generator=self.generator, scale=scale) + offset
            self.parameters[key] = value.requires_grad_()
        return self.parameters[key]

    def kernel(self, own, name, shape, fan_in):
        return self.parameter(own, name, shape, self.weight / fan_in**0.5)

    def state(self, own, name, make):
        return self.states.setdefault(f"{own}/{name}", make())

    def forward(self, x, training=True):
        self.training = training
        self.counts, self.outputs, self.deltas, self.taken, self.times, self.moved = {}, {"data": x}, {}, {}, {}, {}
        self.sources = {}
        self.batch = x.shape[0]
        return self.outputs[self.run(self.layers, "data")]

    def run(self, layers, previous):
        for layer in layers:
            previous = self.layer(layer, previous)
        return previous

    def layer(self, layer, previous):
        kind = layer["type"]
        if "name" not in layer:
            self.counts[kind] = self.counts.get(kind, 0) + 1
        own = layer.get("name", f"{kind}_{self.counts.get(kind)}")
        names = layer.get("inputs", [previous])
        if kind == "residual":
            return self.residual(own, layer, names[0])
        return self.plain(own, names, lambda inputs: LAYERS[kind](self, own, layer, *inputs))

    def residual(self, own, layer, source):
        body = self.run(layer["layers"], source)
        shortcut = source
        if layer.get("shortcut") == "projection":
            units = self.outputs[body].shape[-1]
            shortcut = self.plain(f"{own}/shortcut", [source], lambda i: dense(self, f"{own}/shortcut", {"units": units}, *i))
        scale = layer.get("scale", 1)
        self.plain(f"{own}/add", [shortcut, body], lambda i: (None, i[0] + scale * i[1]))
        self.outputs[own] = self.outputs[f"{own}/add"]
        return own

    def plain(self, own, names, compute):
        # A copy for each: its gradient is what comes back through this layer alone.
        inputs = [self.outputs[name] * 1.0 for name in names]
        z, h = compute(inputs)
        if z is None and h is inputs[0]:
            h = h * 1.0
        self.sources[own], self.taken[own], self.outputs[own] = names, inputs, h
        self.deltas[own] = h if z is None else z
        for tensor in [*inputs, h, self.deltas[own]]:
            if tensor.requires_grad:
                tensor.retain_grad()
        return own


def activated(layer, z):
    z = z * 1.0
    return z, ACTIVATIONS[layer.get("activation", "linear")](z)


def bias(net, own, layer, shape, name="bias"):
    return net.parameter(own, name, shape, 0.3) if layer.get("useBias", True) else 0.0


def dense(net, own, layer, x):
    w = net.kernel(own, "kernel", [x.shape[-1], layer["units"]], x.shape[-1])
    return activated(layer, x @ w + bias(net, own, layer, [layer["units"]]))


def activation(net, own, layer, x):
    return activated(layer, x)


def flatten(net, own, layer, x):
    return None, x.reshape(x.shape[0], -1)


def reshape(net, own, layer, x):
    return None, x.reshape(x.shape[0], *layer["targetShape"])


def dropout(net, own, layer, x):
    assert layer["rate"] == 0
    return None, x


def add(net, own, layer, *inputs):
    return None, sum(inputs)


def multiply(net, own, layer, *inputs):
    h = inputs[0]
    for other in inputs[1:]:
        h = h * other
    return None, h


def concatenate(net, own, layer, *inputs):
    axis = layer.get("axis", -1)
    return None, torch.cat(inputs, dim=axis + 1 if axis >= 0 else axis)


def convolve(x, weight, layer, size, stride, dilation, groups=1):
    """x (batch, channels, …), weight as PyTorch has it."""
    padding = layer.get("padding", "valid")
    if padding == "same":
        x = same_padding(x, size, stride, dilation)
    elif padding == "causal":
        x = F.pad(x, [(size[0] - 1) * dilation[0], 0])
    convolution = F.conv1d if x.ndim == 3 else F.conv2d
    return convolution(x, weight.contiguous(), stride=stride, dilation=dilation, groups=groups)


def conv1d(net, own, layer, x):
    size, stride, dilation = [layer["kernelSize"]], [layer.get("strides", 1)], [layer.get("dilationRate", 1)]
    filters, channels = layer["filters"], x.shape[-1]
    w = net.kernel(own, "kernel", [*size, channels, filters], size[0] * channels)
    z = channels_last(convolve(channels_first(x), w.permute(2, 1, 0), layer, size, stride, dilation))
    return activated(layer, z + bias(net, own, layer, [filters]))


def conv2d(net, own, layer, x):
    size, stride, dilation = (pair(layer.get(k, 1)) for k in ("kernelSize", "strides", "dilationRate"))
    filters, channels = layer["filters"], x.shape[-1]
    w = net.kernel(own, "kernel", [*size, channels, filters], size[0] * size[1] * channels)
    z = channels_last(convolve(channels_first(x), w.permute(3, 2, 0, 1), layer, size, stride, dilation))
    return activated(layer, z + bias(net, own, layer, [filters]))


def depthwise_conv2d(net, own, layer, x):
    size, stride, dilation = (pair(layer.get(k, 1)) for k in ("kernelSize", "strides", "dilationRate"))
    channels, times = x.shape[-1], layer.get("depthMultiplier", 1)
    w = net.kernel(own, "depthwiseKernel", [*size, channels, times], size[0] * size[1])
    # Output channel c · times + m is the m-th of input channel c, in TensorFlow and in PyTorch's groups alike.
    weight = w.permute(2, 3, 0, 1).reshape(channels * times, 1, *size)
    z = channels_last(convolve(channels_first(x), weight, layer, size, stride, dilation, groups=channels))
    return activated(layer, z + bias(net, own, layer, [channels * times]))


def pooling(reduce, axes):
    def pool(net, own, layer, x):
        of_axes = pair if axes == 2 else lambda value: [value]
        size = of_axes(layer.get("poolSize", 2))
        stride = of_axes(layer["strides"]) if "strides" in layer else size
        x = channels_first(x)
        same = layer.get("padding", "valid") == "same"
        padded = lambda v, value: same_padding(v, size, stride, [1] * axes, value) if same else v
        if reduce == "max":
            h = (F.max_pool2d if axes == 2 else F.max_pool1d)(padded(x, -torch.inf), size, stride)
        else:
            # TensorFlow's mean is over the true cells alone.
            mean = F.avg_pool2d if axes == 2 else F.avg_pool1d
            h = mean(padded(x, 0.0), size, stride) / mean(padded(torch.ones_like(x), 0.0), size, stride)
        return None, channels_last(h)

    return pool


def global_average(net, own, layer, x):
    return None, x.flatten(1, -2).mean(1)


def global_max(net, own, layer, x):
    return None, F.max_pool2d(channels_first(x), x.shape[1:3]).flatten(1)


def scale_and_center(net, own, layer, channels, center=True):
    """gamma and beta, None where the layer has none."""
    gamma = net.parameter(own, "gamma", [channels], 0.3, 1.0) if layer.get("scale", True) else None
    beta = net.parameter(own, "beta", [channels], 0.3) if center and layer.get("center", True) else None
    return gamma, beta


def batch_normalization(net, own, layer, x):
    channels, eps, keep = x.shape[-1], layer.get("epsilon", 0.001), layer.get("momentum", 0.99)
    gamma, beta = scale_and_center(net, own, layer, channels)
    moving_mean = net.state(own, "movingMean", lambda: rounded(channels, generator=net.generator, scale=0.3))
    moving_variance = net.state(own, "movingVariance", lambda: 1 + rounded(channels, generator=net.generator).abs())
    x = channels_first(x)
    if not net.training:
        return None, channels_last(F.batch_norm(x, moving_mean, moving_variance, gamma, beta, False, 0.0, eps))
    axes = [i for i in range(x.ndim) if i != 1]
    mean, variance = x.mean(axes), x.var(axes, unbiased=False)
    # Keras and TensorFlow.js keep the biased variance that they divide by; PyTorch's running one would be unbiased.
    net.moved[f"{own}/movingMean"] = (keep * moving_mean + (1 - keep) * mean).detach()
    net.moved[f"{own}/movingVariance"] = (keep * moving_variance + (1 - keep) * variance).detach()
    if x.numel() == channels:
        # F.batch_norm refuses one value a channel: it is its own mean.
        h = (x - mean.reshape(1, channels, *[1] * (x.ndim - 2))) / eps**0.5
        to_channels = lambda p, otherwise: otherwise if p is None else p.reshape(1, channels, *[1] * (x.ndim - 2))
        return None, channels_last(h * to_channels(gamma, 1.0) + to_channels(beta, 0.0))
    return None, channels_last(F.batch_norm(x, None, None, gamma, beta, True, 0.0, eps))


def layer_normalization(net, own, layer, x):
    gamma, beta = scale_and_center(net, own, layer, x.shape[-1])
    return None, F.layer_norm(x, [x.shape[-1]], gamma, beta, layer.get("epsilon", 0.001))


def rms_normalization(net, own, layer, x):
    gamma, _ = scale_and_center(net, own, layer, x.shape[-1], center=False)
    h = x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + layer.get("epsilon", 1e-6))
    return None, h if gamma is None else h * gamma


def group_normalization(net, own, layer, x):
    gamma, beta = scale_and_center(net, own, layer, x.shape[-1])
    # PyTorch 1.13 cannot differentiate with one of the two missing.
    gamma = torch.ones(x.shape[-1]) if gamma is None else gamma
    beta = torch.zeros(x.shape[-1]) if beta is None else beta
    h = F.group_norm(channels_first(x), layer.get("groups", 32), gamma, beta, layer.get("epsilon", 0.001))
    return None, channels_last(h)


def embedding(net, own, layer, x):
    table = net.parameter(own, "embeddings", [layer["inputDim"], layer["outputDim"]], 1.0)
    return None, F.embedding(x.detach().long(), table)


def positional_embedding(net, own, layer, x):
    return None, x + net.parameter(own, "embeddings", x.shape[1:], 0.5)


def recurrent(gates, step, units_states):
    """A layer from one step: (layer, columns of x·W + b by gate, states, recurrent kernel, recurrent bias) → new states."""

    def compute(net, own, layer, x):
        units, features, columns = layer["units"], x.shape[-1], gates * layer["units"]
        w = net.kernel(own, "kernel", [features, columns], features)
        u = net.kernel(own, "recurrentKernel", [units, columns], units)
        both = gates == 3 and layer.get("resetAfter", True)
        b = bias(net, own, layer, [2, columns] if both else [columns])
        b_in, b_rec = (b[0], b[1]) if both and layer.get("useBias", True) else (b, 0.0)
        times = list(range(x.shape[1]))
        if layer.get("goBackwards", False):
            times.reverse()
        states, outputs = [x.new_zeros(x.shape[0], units)] * units_states, {}
        for t in times:
            states = step(layer, x[:, t] @ w + b_in, states, u, b_rec)
            if states[0].requires_grad:
                states[0].retain_grad()
            outputs[t] = states[0]
        net.times[own] = [outputs[t] for t in range(len(times))]
        # In the order of reading: Keras and TensorFlow.js leave a sequence that was read backwards reversed.
        h = torch.stack([outputs[t] for t in times], 1) if layer.get("returnSequences", False) else states[0] * 1.0
        return None, h

    return compute


def functions(layer):
    return ACTIVATIONS[layer.get("activation", "tanh")], ACTIVATIONS[layer.get("recurrentActivation", "hardSigmoid")]


def rnn_step(layer, a, states, u, _):
    return [ACTIVATIONS[layer.get("activation", "tanh")](a + states[0] @ u)]


def lstm_step(layer, a, states, u, _):
    phi, gate = functions(layer)
    h, c = states
    i, f, g, o = (a + h @ u).chunk(4, -1)
    c = gate(f) * c + gate(i) * phi(g)
    return [gate(o) * phi(c), c]


def gru_step(layer, a, states, u, b_rec):
    phi, gate = functions(layer)
    (h,) = states
    az, ar, ah = a.chunk(3, -1)
    uz, ur, uh = u.chunk(3, -1)
    if layer.get("resetAfter", True):
        rz, rr, rh = (h @ u + b_rec).chunk(3, -1)
        z, r = gate(az + rz), gate(ar + rr)
        new = phi(ah + r * rh)
    else:
        z, r = gate(az + h @ uz), gate(ar + h @ ur)
        new = phi(ah + (r * h) @ uh)
    return [z * h + (1 - z) * new]


def attention(net, own, layer, x):
    heads, key = layer["numHeads"], layer["keyDim"]
    value, steps, features = layer.get("valueDim", key), x.shape[1], x.shape[-1]

    def project(name, size):
        w = net.kernel(own, f"{name}Kernel", [features, heads, size], features)
        return torch.einsum("btf,fhd->bhtd", x, w) + (
            bias(net, own, layer, [heads, size], f"{name}Bias").unsqueeze(1) if layer.get("useBias", True) else 0.0
        )

    q, k, v = project("query", key), project("key", key), project("value", value)
    scores = q @ k.transpose(-1, -2) / key**0.5
    if layer.get("causal", False):
        later = torch.ones(steps, steps, dtype=torch.bool).triu(1)
        scores = scores.masked_fill(later, -torch.inf)
    context = F.softmax(scores, -1) @ v
    w = net.kernel(own, "outputKernel", [heads, value, features], heads * value)
    return None, torch.einsum("bhtd,hdf->btf", context, w) + bias(net, own, layer, [features], "outputBias")


LAYERS = {
    "dense": dense,
    "activation": activation,
    "flatten": flatten,
    "reshape": reshape,
    "dropout": dropout,
    "add": add,
    "multiply": multiply,
    "concatenate": concatenate,
    "conv1d": conv1d,
    "conv2d": conv2d,
    "depthwiseConv2d": depthwise_conv2d,
    "maxPooling1d": pooling("max", 1),
    "maxPooling2d": pooling("max", 2),
    "averagePooling1d": pooling("average", 1),
    "averagePooling2d": pooling("average", 2),
    "globalAveragePooling1d": global_average,
    "globalAveragePooling2d": global_average,
    "globalMaxPooling2d": global_max,
    "batchNormalization": batch_normalization,
    "layerNormalization": layer_normalization,
    "rmsNormalization": rms_normalization,
    "groupNormalization": group_normalization,
    "embedding": embedding,
    "positionalEmbedding": positional_embedding,
    "simpleRNN": recurrent(1, rnn_step, 1),
    "lstm": recurrent(4, lstm_step, 2),
    "gru": recurrent(3, gru_step, 1),
    "multiHeadAttention": attention,
}
