"""Fifty steps of each model from the same weights, in float64: losses before each step, at the papers' sizes and small.

Weights and choices of examples come from a hash of an index, which both sides compute, so the file holds losses only.
The perceptron's first layer is a product with one-hot rows here, and a choice of rows in the program.
"""

import math

import numpy as np
import torch
from torch.nn import functional as F

import golden

STEPS, SEED = 50, 23
MASK = 0xFFFFFFFF


def hashed(count: int, salt: int) -> np.ndarray:
    """Uniform in [0, 1), 24 bits each: MurmurHash3's finalizer on index + salt * 2^20 (mod 2^32)."""
    h = (np.arange(count, dtype=np.uint64) + np.uint64((salt << 20) & MASK)) & np.uint64(MASK)
    h ^= h >> np.uint64(16)
    h = (h * np.uint64(0x85EBCA6B)) & np.uint64(MASK)
    h ^= h >> np.uint64(13)
    h = (h * np.uint64(0xC2B2AE35)) & np.uint64(MASK)
    h ^= h >> np.uint64(16)
    return (h >> np.uint64(8)).astype(np.float64) / 2**24


def weights(salt: int, deviation: float, *shape: int) -> torch.Tensor:
    """Uniform of that deviation, as the nearest float32."""
    spread = np.float32(deviation * math.sqrt(12))
    values = (hashed(math.prod(shape), salt) - 0.5).astype(np.float32) * spread
    return torch.from_numpy(values.astype(np.float64)).reshape(shape).requires_grad_(True)


def examples(p, share, corrupted):
    """Tokens and labels of the pairs (a, b) that training sees, in the order a p + b."""
    chosen = torch.from_numpy(np.flatnonzero(hashed(p * p, 1) < share))
    pairs = torch.stack([chosen // p, chosen % p], 1)
    labels = pairs.sum(1) % p
    wrong = torch.from_numpy(hashed(p * p, 2))[chosen] < corrupted
    drawn = torch.from_numpy(np.floor(hashed(p * p, 3) * p).astype(np.int64))[chosen]
    return pairs, torch.where(wrong, drawn, labels)


def perceptron(pairs, p, d_mlp, **_):
    deviation = (16 * d_mlp) ** (-1 / 3)
    w_in, w_out = weights(10, deviation, 2, p, d_mlp), weights(11, deviation, d_mlp, p)
    inputs = F.one_hot(pairs, p).double().reshape(-1, 2 * p)
    return [w_in, w_out], lambda: torch.square(inputs @ w_in.reshape(2 * p, d_mlp)) @ w_out


def ticket_perceptron(pairs, p, d_embed, d_mlp, **_):
    w_e, w_in = weights(10, p**-0.5, p, d_embed), weights(11, d_embed**-0.5, d_embed, d_mlp)
    w_out, w_u = weights(12, d_mlp**-0.5, d_mlp, d_embed), weights(13, d_embed**-0.5, d_embed, p)
    one_hot = F.one_hot(pairs, p).double()
    return [w_e, w_in, w_out, w_u], lambda: F.relu((one_hot @ w_e).sum(1) @ w_in) @ w_out @ w_u


def transformer(pairs, p, d_model, n_heads, d_head, d_mlp):
    shapes = {
        "W_E": (p + 1, d_model), "W_pos": (3, d_model),
        "W_Q": (n_heads, d_model, d_head), "W_K": (n_heads, d_model, d_head), "W_V": (n_heads, d_model, d_head),
        "W_O": (n_heads, d_head, d_model), "W_in": (d_model, d_mlp), "W_out": (d_mlp, d_model), "W_U": (d_model, p),
    }
    w = {name: weights(10 + i, d_model**-0.5, *shape) for i, (name, shape) in enumerate(shapes.items())}
    tokens = F.pad(pairs, (0, 1), value=p)
    causal = torch.ones(3, 3).tril().bool()

    def logits():
        x = w["W_E"][tokens] + w["W_pos"]
        q, k, v = (torch.einsum("bpm,hmd->bhpd", x, w[name]) for name in ("W_Q", "W_K", "W_V"))
        scores = (q @ k.transpose(-1, -2) / math.sqrt(d_head)).masked_fill(~causal, -torch.inf)
        x = x + torch.einsum("bhpd,hdm->bpm", scores.softmax(-1) @ v, w["W_O"])
        x = x + F.relu(x @ w["W_in"]) @ w["W_out"]
        return (x @ w["W_U"])[:, -1]

    return list(w.values()), logits


MODELS = {"mlp": perceptron, "ticket-perceptron": ticket_perceptron, "transformer": transformer}
LOSSES = {
    "cross-entropy": F.cross_entropy,
    "mse": lambda logits, labels: F.mse_loss(logits, F.one_hot(labels, logits.shape[1]).double()),
}
DOSHI = dict(learningRate=0.01, weightDecay=0.0, beta1=0.9, beta2=0.98, epsilon=1e-8)
NANDA = dict(learningRate=0.001, weightDecay=1.0, beta1=0.9, beta2=0.98, epsilon=1e-8)

CASES = [
    ("quadratic perceptron", "mlp", "cross-entropy", DOSHI, dict(p=97, share=0.5), dict(d_mlp=500)),
    ("quadratic perceptron, corrupted labels", "mlp", "mse", DOSHI, dict(p=97, share=0.5, corrupted=0.35), dict(d_mlp=500)),
    ("small quadratic perceptron, corrupted labels", "mlp", "mse", DOSHI, dict(p=23, share=0.5, corrupted=0.35), dict(d_mlp=48)),
    ("perceptron of Grokking Tickets", "ticket-perceptron", "cross-entropy", NANDA, dict(p=67, share=0.2), dict(d_embed=500, d_mlp=48)),
    ("small perceptron of Grokking Tickets", "ticket-perceptron", "cross-entropy", NANDA, dict(p=23, share=0.4), dict(d_embed=40, d_mlp=16)),
    ("one-layer transformer", "transformer", "cross-entropy", NANDA, dict(p=113, share=0.3), dict(d_model=128, n_heads=4, d_head=32, d_mlp=512)),
    ("small one-layer transformer", "transformer", "cross-entropy", NANDA, dict(p=23, share=0.4), dict(d_model=24, n_heads=3, d_head=8, d_mlp=40)),
]


def case(name, model, loss, optimizer, task, sizes):
    p, share, corrupted = task["p"], task["share"], task.get("corrupted", 0)
    pairs, labels = examples(p, share, corrupted)
    params, logits = MODELS[model](pairs, p=p, **sizes)
    o = optimizer
    adamw = torch.optim.AdamW(params, lr=o["learningRate"], betas=(o["beta1"], o["beta2"]), eps=o["epsilon"], weight_decay=o["weightDecay"])
    losses = []
    for _ in range(STEPS):
        adamw.zero_grad()
        value = LOSSES[loss](logits(), labels)
        value.backward()
        adamw.step()
        losses.append(value.item())
    return {
        "id": name, "model": model, "settings": sizes, "loss": loss, "optimizer": optimizer,
        "p": p, "share": share, "corrupted": corrupted, "count": len(labels), "losses": losses,
    }


torch.set_num_threads(2)
golden.write(
    "learning_curves",
    seed=SEED,
    tolerance=2e-4,
    reason="fifty AdamW steps in float32 against float64; where a gradient is near zero the division by its root mean square magnifies rounding",
    cases=[case(*given) for given in CASES],
)
