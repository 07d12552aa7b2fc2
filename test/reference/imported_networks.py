"""Tiny networks saved as others save them, each with reference tokens and logits computed here in float64.

    python test/reference/imported_networks.py     writes test/fixtures/checkpoints/<name>/*

The forward passes follow the code whose layout they have: huggingface/transformers modeling_gpt2, karpathy/nanoGPT,
TransformerLens, torch.nn.Sequential. Weights are random and large enough that every part of them shows in the logits.
"""

import json
import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

FOLDER = Path(__file__).parent.parent / "fixtures" / "checkpoints"
torch.set_num_threads(1)
generator = torch.Generator().manual_seed(11)


def random(*shape, scale=0.4):
    return (torch.randn(*shape, generator=generator) * scale).float()


def folder(name):
    path = FOLDER / name
    path.mkdir(parents=True, exist_ok=True)
    for old in path.iterdir():
        old.unlink()
    return path


def reference(path, tokens, logits):
    np.savez(path / "reference.npz", tokens=tokens.numpy(), logits=logits.float().numpy())


def attend(q, k, v, scale, causal=True):
    """[batch, head, pos, d_head] each."""
    scores = q @ k.transpose(-1, -2) / scale
    if causal:
        length = q.shape[2]
        scores = scores.masked_fill(~torch.tril(torch.ones(length, length, dtype=torch.bool)), -torch.inf)
    return scores.softmax(-1) @ v


# GPT-2

D, HEADS, LAYERS, VOCAB, CONTEXT = 12, 3, 2, 11, 6


def gpt2_weights(biases=True):
    weights = {"wte.weight": random(VOCAB, D), "wpe.weight": random(CONTEXT, D)}
    for layer in range(LAYERS):
        block = f"h.{layer}."
        shapes = {"attn.c_attn": (D, 3 * D), "attn.c_proj": (D, D), "mlp.c_fc": (D, 4 * D), "mlp.c_proj": (4 * D, D)}
        for name in ("ln_1", "ln_2"):
            weights[f"{block}{name}.weight"] = 1 + random(D)
            if biases:
                weights[f"{block}{name}.bias"] = random(D)
        for name, shape in shapes.items():
            weights[f"{block}{name}.weight"] = random(*shape)
            if biases:
                weights[f"{block}{name}.bias"] = random(shape[1])
    weights["ln_f.weight"] = 1 + random(D)
    if biases:
        weights["ln_f.bias"] = random(D)
    return weights


def gpt2_logits(weights, tokens, activation, epsilon, unembedding):
    w = {name: value.double() for name, value in weights.items()}
    norm = lambda name, x: F.layer_norm(x, (D,), w[name + ".weight"], w.get(name + ".bias"), epsilon)
    linear = lambda name, x: x @ w[name + ".weight"] + w.get(name + ".bias", 0)
    x = w["wte.weight"][tokens] + w["wpe.weight"][: tokens.shape[1]]
    for layer in range(LAYERS):
        block = f"h.{layer}."
        joint = linear(block + "attn.c_attn", norm(block + "ln_1", x))
        q, k, v = (part.reshape(*part.shape[:2], HEADS, -1).transpose(1, 2) for part in joint.split(D, 2))
        z = attend(q, k, v, math.sqrt(D / HEADS)).transpose(1, 2).reshape(*x.shape)
        x = x + linear(block + "attn.c_proj", z)
        x = x + linear(block + "mlp.c_proj", activation(linear(block + "mlp.c_fc", norm(block + "ln_2", x))))
    return norm("ln_f", x) @ unembedding.double().T


TOKENS = torch.randint(0, VOCAB, (4, CONTEXT), generator=generator)
gelu_new = lambda x: F.gelu(x, approximate="tanh")

weights = gpt2_weights()
path = folder("gpt2-safetensors")
mask = {f"h.{layer}.attn.bias": torch.tril(torch.ones(1, 1, CONTEXT, CONTEXT)) for layer in range(LAYERS)}
save_file({**weights, **mask}, path / "model.safetensors", {"format": "pt"})
config = {"model_type": "gpt2", "n_head": HEADS, "activation_function": "gelu_new", "layer_norm_epsilon": 1e-3}
(path / "config.json").write_text(json.dumps(config) + "\n")
reference(path, TOKENS, gpt2_logits(weights, TOKENS, gelu_new, 1e-3, weights["wte.weight"]))

weights = gpt2_weights()
path = folder("gpt2-pickle")
head = random(VOCAB, D)
torch.save({**{f"transformer.{name}": value for name, value in weights.items()}, "lm_head.weight": head}, path / "pytorch_model.bin")
reference(path, TOKENS, gpt2_logits(weights, TOKENS, gelu_new, 1e-5, head))

weights = gpt2_weights(biases=False)
path = folder("nanogpt")
turned = {name: value.T.contiguous() if "attn.c" in name or "mlp.c" in name else value for name, value in weights.items()}
state = {f"_orig_mod.transformer.{name}": value for name, value in turned.items()}
state["_orig_mod.lm_head.weight"] = weights["wte.weight"]
torch.save({"model": state, "model_args": {"n_head": HEADS, "bias": False}, "iter_num": 7}, path / "ckpt.pt")
reference(path, TOKENS, gpt2_logits(weights, TOKENS, F.gelu, 1e-5, weights["wte.weight"]))

# TransformerLens: heads not tied to the width, RMS, gated, rotary in the second


def rotate(x, base):
    """Halves of a head are the pairs, as TransformerLens and GPT-NeoX have it. [batch, head, pos, d_head]"""
    length, width = x.shape[2:]
    angles = torch.arange(length)[:, None] / base ** (torch.arange(0, width, 2) / width)
    sin, cos = (torch.cat([part, part], 1).double() for part in (angles.double().sin(), angles.double().cos()))
    first, second = x.chunk(2, -1)
    return x * cos + torch.cat([-second, first], -1) * sin


def lens(name, *, heads, d_head, rotary, rms, gated, causal, save):
    d_mlp = 10
    weights = {"embed.W_E": random(VOCAB, D)}
    if not rotary:
        weights["pos_embed.W_pos"] = random(CONTEXT, D)
    for layer in range(LAYERS):
        b = f"blocks.{layer}."
        for norm in ("ln1", "ln2"):
            weights[f"{b}{norm}.w"] = 1 + random(D)
            if not rms:
                weights[f"{b}{norm}.b"] = random(D)
        for letter in "QKV":
            weights[f"{b}attn.W_{letter}"] = random(heads, D, d_head)
            weights[f"{b}attn.b_{letter}"] = random(heads, d_head)
        weights[f"{b}attn.W_O"] = random(heads, d_head, D)
        weights[f"{b}attn.b_O"] = random(D)
        weights[f"{b}mlp.W_in"] = random(D, d_mlp)
        weights[f"{b}mlp.b_in"] = random(d_mlp)
        if gated:
            weights[f"{b}mlp.W_gate"] = random(D, d_mlp)
        weights[f"{b}mlp.W_out"] = random(d_mlp, D)
        weights[f"{b}mlp.b_out"] = random(D)
    weights["ln_final.w"] = 1 + random(D)
    if not rms:
        weights["ln_final.b"] = random(D)
    weights["unembed.W_U"] = random(D, VOCAB)
    weights["unembed.b_U"] = random(VOCAB)
    w = {key: value.double() for key, value in weights.items()}

    def normalized(key, x):
        if not rms:
            return F.layer_norm(x, (D,), w[key + ".w"], w[key + ".b"], 1e-5)
        return x / (x.pow(2).mean(-1, keepdim=True) + 1e-5).sqrt() * w[key + ".w"]

    x = w["embed.W_E"][TOKENS] + (0 if rotary else w["pos_embed.W_pos"])
    for layer in range(LAYERS):
        b = f"blocks.{layer}."
        n = normalized(b + "ln1", x)
        q, k, v = (torch.einsum("bpd,hdk->bhpk", n, w[f"{b}attn.W_{i}"]) + w[f"{b}attn.b_{i}"][:, None] for i in "QKV")
        if rotary:
            q, k = rotate(q, 10000), rotate(k, 10000)
        z = attend(q, k, v, math.sqrt(d_head), causal)
        x = x + torch.einsum("bhpk,hkd->bpd", z, w[b + "attn.W_O"]) + w[b + "attn.b_O"]
        n = normalized(b + "ln2", x)
        if gated:
            hidden = F.silu(n @ w[b + "mlp.W_gate"]) * (n @ w[b + "mlp.W_in"]) + w[b + "mlp.b_in"]
        else:
            hidden = F.gelu(n @ w[b + "mlp.W_in"] + w[b + "mlp.b_in"])
        x = x + hidden @ w[b + "mlp.W_out"] + w[b + "mlp.b_out"]
    logits = normalized("ln_final", x) @ w["unembed.W_U"] + w["unembed.b_U"]
    path = folder(name)
    save(path, weights)
    reference(path, TOKENS, logits)


CFG = {"act_fn": "gelu", "eps": 1e-5, "attention_dir": "bidirectional", "normalization_type": "LN"}
lens("transformer-lens", heads=2, d_head=5, rotary=False, rms=False, gated=False, causal=False,
     save=lambda path, weights: torch.save({"state_dict": weights, "cfg": CFG}, path / "model.pt"))
lens("rotary-gated", heads=2, d_head=4, rotary=True, rms=True, gated=True, causal=True,
     save=lambda path, weights: save_file(weights, path / "model.safetensors"))

# A stack of linear layers, the second narrower than the first

net = torch.nn.Sequential(torch.nn.Linear(5, 7), torch.nn.GELU(), torch.nn.Linear(7, 4), torch.nn.GELU(), torch.nn.Linear(4, 3))
with torch.no_grad():
    for parameter in net.parameters():
        parameter.copy_(random(*parameter.shape, scale=0.8))
path = folder("mlp")
torch.save(net.state_dict(), path / "mlp.pth")
inputs = torch.randint(0, 4, (6, 5), generator=generator)
reference(path, inputs, net.double()(inputs.double() * 0.5).detach())
