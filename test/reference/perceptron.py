"""The perceptron of lab/models/mlp.ts, written with torch layers, and the pairs it is trained on."""

import torch
from torch.nn import functional as F

from golden import grid


class Xoshiro128:
    """The generator of base/rng.ts, to draw the dropout masks that the program draws."""

    def __init__(self, state):
        self.s = list(state)

    def uint32(self) -> int:
        s = self.s
        scrambled = (rotate((s[1] * 5) & MASK, 7) * 9) & MASK
        t = (s[1] << 9) & MASK
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotate(s[3], 11)
        return scrambled


MASK = 0xFFFFFFFF


def rotate(word: int, bits: int) -> int:
    return ((word << bits) | (word >> (32 - bits))) & MASK


ACTIVATIONS = {"quadratic": torch.square, "relu": F.relu, "gelu": F.gelu}


class Perceptron:
    def __init__(self, p, d_mlp, *, activation="quadratic", batch_norm=False, dropout=0.0, biases=False, seed=0):
        generator = torch.Generator().manual_seed(seed)
        self.params = {"W_in": grid(0.4 * torch.randn(2, p, d_mlp, generator=generator))}
        if batch_norm:
            self.params["gamma"] = torch.ones(d_mlp)
            self.params["beta"] = torch.zeros(d_mlp)
        self.params["W_out"] = grid(0.4 * torch.randn(d_mlp, p, generator=generator))
        if biases:
            self.params["b_in"] = torch.zeros(d_mlp)
            self.params["b_out"] = torch.zeros(p)
        self.initial = {name: value.clone() for name, value in self.params.items()}
        for value in self.params.values():
            value.requires_grad_(True)
        self.activation = ACTIVATIONS[activation]
        self.dropout = dropout
        self.masks = Xoshiro128([1, 2, 3, 4])
        self.norm = torch.nn.BatchNorm1d(d_mlp) if batch_norm else None
        self.p = p

    def logits(self, pairs, is_training):
        one_hot = F.one_hot(pairs, self.p).to(torch.get_default_dtype())  # [batch, 2, p]
        pre = torch.einsum("bip,ipd->bd", one_hot, self.params["W_in"])
        if "b_in" in self.params:
            pre = pre + self.params["b_in"]
        if is_training and self.dropout > 0:
            pre = pre * self.mask(pre.shape)
        post = self.activation(pre)
        if self.norm:
            post = F.batch_norm(
                post,
                self.norm.running_mean,
                self.norm.running_var,
                self.params["gamma"],
                self.params["beta"],
                training=is_training,
                momentum=self.norm.momentum,
                eps=self.norm.eps,
            )
        out = post @ self.params["W_out"]
        return out + self.params["b_out"] if "b_out" in self.params else out

    def mask(self, shape):
        threshold = self.dropout * 2**32
        draws = [0.0 if self.masks.uint32() < threshold else 1 / (1 - self.dropout) for _ in range(shape.numel())]
        return torch.tensor(draws).reshape(shape)


def addition(p):
    pairs = torch.cartesian_prod(torch.arange(p), torch.arange(p))
    return pairs, (pairs[:, 0] + pairs[:, 1]) % p


LOSSES = {
    "mse": lambda logits, labels: F.mse_loss(logits, F.one_hot(labels, logits.shape[1]).to(logits.dtype)),
    "cross-entropy": F.cross_entropy,
}


def train(model, optimizer, loss, pairs, labels, steps):
    """Losses before each step."""
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        value = LOSSES[loss](model.logits(pairs, True), labels)
        value.backward()
        optimizer.step()
        losses.append(value.item())
    return losses


def flat(arrays):
    return {name: value.detach().flatten().tolist() for name, value in arrays.items()}
