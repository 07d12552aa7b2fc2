"""The transformer of lab/models/transformer.ts in plain torch, with the activations that analyses of it read."""

import torch
from torch.nn import functional as F

from golden import grid

ACTIVATIONS = {"relu": F.relu, "gelu": F.gelu, "gelu_new": lambda x: F.gelu(x, approximate="tanh"), "silu": F.silu}


class Decoder:
    def __init__(self, size, seed):
        self.size = size
        g = torch.Generator().manual_seed(seed)
        d, h, k, m, v = (size[key] for key in ("d_model", "n_heads", "d_head", "d_mlp", "d_vocab"))
        draw = lambda *shape, scale=0.5: grid(torch.randn(*shape, generator=g) * scale)
        p = {"W_E": draw(v, d)}
        if size["positions"] == "learned":
            p["W_pos"] = draw(size["n_ctx"], d)

        def norm(name):
            if size["normalization"] in ("LN", "RMS"):
                p[f"{name}.w"] = 1 + draw(d, scale=0.3)
            if size["normalization"] == "LN":
                p[f"{name}.b"] = draw(d, scale=0.3)

        def bias(name, *shape):
            if size["biases"]:
                p[name] = draw(*shape, scale=0.3)

        for layer in range(size["n_layers"]):
            b = f"blocks.{layer}"
            norm(f"{b}.ln1")
            for letter in "QKV":
                p[f"{b}.attn.W_{letter}"] = draw(h, d, k)
                bias(f"{b}.attn.b_{letter}", h, k)
            p[f"{b}.attn.W_O"] = draw(h, k, d)
            bias(f"{b}.attn.b_O", d)
            if not size["attentionOnly"]:
                norm(f"{b}.ln2")
                p[f"{b}.mlp.W_in"] = draw(d, m)
                bias(f"{b}.mlp.b_in", m)
                p[f"{b}.mlp.W_out"] = draw(m, d)
                bias(f"{b}.mlp.b_out", d)
        norm("ln_final")
        p["W_U"] = draw(d, v)
        bias("b_U", v)
        self.p = p

    def norm(self, name, x):
        """The normalized stream, and the scale it was divided by."""
        kind, p = self.size["normalization"], self.p
        if kind == "none":
            return x, torch.ones_like(x[..., :1])
        centred = x - x.mean(-1, keepdim=True) if kind == "LN" else x
        scale = (centred.square().mean(-1, keepdim=True) + 1e-5).sqrt()
        return centred / scale * p[f"{name}.w"] + (p[f"{name}.b"] if kind == "LN" else 0), scale

    def bias(self, name):
        return self.p.get(name, torch.zeros(()))

    def logits(self, x):
        return self.norm("ln_final", x)[0] @ self.p["W_U"] + self.bias("b_U")

    def run(self, tokens):
        """Every activation by name; tokens [batch, pos]."""
        p, size, cache = self.p, self.size, {}
        length = tokens.shape[1]
        x = cache["hook_embed"] = p["W_E"][tokens]
        if size["positions"] == "learned":
            cache["hook_pos_embed"] = p["W_pos"][:length].expand_as(x)
            x = x + cache["hook_pos_embed"]
        later = torch.triu(torch.ones(length, length, dtype=torch.bool), 1)
        for layer in range(size["n_layers"]):
            b = f"blocks.{layer}"
            cache[f"{b}.hook_resid_pre"] = x
            n, _ = self.norm(f"{b}.ln1", x)
            q, k, v = (
                torch.einsum("bpd,hde->bphe", n, p[f"{b}.attn.W_{letter}"]) + self.bias(f"{b}.attn.b_{letter}")
                for letter in "QKV"
            )
            scores = torch.einsum("bqhe,bkhe->bhqk", q, k) / size["d_head"] ** 0.5
            cache[f"{b}.scores"] = scores
            pattern = cache[f"{b}.pattern"] = scores.masked_fill(later, -torch.inf).softmax(-1)
            cache[f"{b}.v"] = v
            z = cache[f"{b}.z"] = torch.einsum("bhqk,bkhe->bqhe", pattern, v)
            attn = cache[f"{b}.hook_attn_out"] = torch.einsum("bqhe,hed->bqd", z, p[f"{b}.attn.W_O"]) + self.bias(f"{b}.attn.b_O")
            x = x + attn
            if not size["attentionOnly"]:
                cache[f"{b}.hook_resid_mid"] = x
                pre = self.norm(f"{b}.ln2", x)[0] @ p[f"{b}.mlp.W_in"] + self.bias(f"{b}.mlp.b_in")
                post = cache[f"{b}.post"] = ACTIVATIONS[size["activation"]](pre)
                mlp = cache[f"{b}.hook_mlp_out"] = post @ p[f"{b}.mlp.W_out"] + self.bias(f"{b}.mlp.b_out")
                x = x + mlp
            cache[f"{b}.hook_resid_post"] = x
        cache["logits"] = self.logits(x)
        return cache
