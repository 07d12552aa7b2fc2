"""The forward pass of an exported network in PyTorch. Weights are named and shaped as TransformerLens has them."""
import math
import torch
from torch.nn import functional as F

ACTIVATIONS = {
    "relu": F.relu,
    "gelu": F.gelu,
    "gelu_new": lambda x: F.gelu(x, approximate="tanh"),
    "silu": F.silu,
    "quadratic": torch.square,
}


def logits(config, weights, tokens):
    """[batch, pos, d_vocab_out] of a transformer, [batch, d_vocab_out] of the others; tokens [batch, pos], integers."""
    forward = {"transformer": transformer, "mlp": perceptron, "mlp-stack": stack}[config["grokscope"]["model"]]
    return forward(config["grokscope"]["settings"], weights, tokens)


def transformer(s, w, tokens):
    stream = w["embed.W_E"][tokens]
    if s["positions"] == "learned":
        stream = stream + w["pos_embed.W_pos"][: tokens.shape[1]]
    for layer in range(s["n_layers"]):
        block = f"blocks.{layer}"
        stream = stream + attention(s, w, f"{block}.attn", norm(s, w, f"{block}.ln1", stream))
        if not s["attentionOnly"]:
            stream = stream + mlp(s, w, f"{block}.mlp", norm(s, w, f"{block}.ln2", stream))
    out = norm(s, w, "ln_final", stream)
    unembed = w["embed.W_E"].T if s["tiedUnembedding"] else w["unembed.W_U"]
    return out @ unembed + w.get("unembed.b_U", 0)


def norm(s, w, name, x):
    if s["normalization"] == "none":
        return x
    if s["normalization"].startswith("LN"):
        x = x - x.mean(-1, keepdim=True)
    x = x / (x.square().mean(-1, keepdim=True) + s["normEpsilon"]).sqrt()
    return x * w.get(f"{name}.w", 1) + w.get(f"{name}.b", 0)


def attention(s, w, name, x):
    q, k, v = (
        torch.einsum("bpm,hmd->bhpd", x, w[f"{name}.W_{c}"]) + w.get(f"{name}.b_{c}", torch.zeros(s["n_heads"], s["d_head"]))[:, None]
        for c in "QKV"
    )
    if s["positions"] == "rotary":
        q, k = rotated(s, q), rotated(s, k)
    scores = q @ k.transpose(-1, -2) / (s["attentionScale"] or math.sqrt(s["d_head"]))
    if s["attentionDirection"] == "causal":
        later = torch.ones(x.shape[1], x.shape[1]).triu(1).bool()
        scores = scores.masked_fill(later, -1e30)
    pattern = scores.softmax(-1) * (1 - s["constantAttention"]) + s["constantAttention"]
    return torch.einsum("bhpd,hdm->bpm", pattern @ v, w[f"{name}.W_O"]) + w.get(f"{name}.b_O", 0)


def rotated(s, x):
    half = s["d_head"] // 2
    freq = s["rotaryBase"] ** (-2 * torch.arange(half) / s["d_head"])
    angle = torch.arange(x.shape[2])[:, None] * freq
    first, second, rest = x[..., :half], x[..., half : 2 * half], x[..., 2 * half :]
    turned = [first * angle.cos() - second * angle.sin(), second * angle.cos() + first * angle.sin(), rest]
    return torch.cat(turned, -1)


def mlp(s, w, name, x):
    act = ACTIVATIONS[s["activation"]]
    if s["gatedMlp"]:
        post = act(x @ w[f"{name}.W_gate"]) * (x @ w[f"{name}.W_in"]) + w.get(f"{name}.b_in", 0)
    else:
        post = act(x @ w[f"{name}.W_in"] + w.get(f"{name}.b_in", 0))
    return post @ w[f"{name}.W_out"] + w.get(f"{name}.b_out", 0)


def perceptron(s, w, tokens):
    pre = sum(w["W_in"][pos][tokens[:, pos]] for pos in range(tokens.shape[1])) + w.get("b_in", 0)
    post = ACTIVATIONS[s["activation"]](pre)
    if s["batchNorm"]:
        post = (post - w["running_mean"]) * (w["gamma"] / (w["running_var"] + 1e-5).sqrt()) + w["beta"]
    return post @ w["W_out"] + w.get("b_out", 0)


def stack(s, w, tokens):
    hidden = tokens.float() * s["inputScale"]
    for layer in range(s["n_layers"]):
        hidden = ACTIVATIONS[s["activation"]](hidden @ w[f"layers.{layer}.W"] + w.get(f"layers.{layer}.b", 0))
    return hidden @ w[f"layers.{s['n_layers']}.W"] + w.get(f"layers.{s['n_layers']}.b", 0)
