"""Sweeps of activation, attribution and path patching, by whole passes of a small transformer with hooks written out."""

import torch

import golden

N_CTX, D_VOCAB, PAIRS, SEED = 4, 6, 3, 11

CASES = [
    ("two layers with LayerNorm and MLPs", dict(n_layers=2, n_heads=2, d_model=6, d_head=3, d_mlp=8, norm=True, mlp=True)),
    ("three attention-only layers", dict(n_layers=3, n_heads=2, d_model=6, d_head=4, d_mlp=8, norm=False, mlp=False)),
]


class Net:
    def __init__(self, size):
        self.size = size
        g = torch.Generator().manual_seed(SEED)
        draw = lambda *shape, scale: golden.grid(torch.randn(*shape, generator=g) * scale)
        d, h, k, m = size["d_model"], size["n_heads"], size["d_head"], size["d_mlp"]
        s = 0.8
        self.params = {"W_E": draw(D_VOCAB, d, scale=s), "W_pos": draw(N_CTX, d, scale=s)}
        for layer in range(size["n_layers"]):
            b = f"blocks.{layer}"
            for letter in "QKV":
                self.params[f"{b}.attn.W_{letter}"] = draw(h, d, k, scale=s)
                self.params[f"{b}.attn.b_{letter}"] = draw(h, k, scale=0.2)
            self.params[f"{b}.attn.W_O"] = draw(h, k, d, scale=s)
            self.params[f"{b}.attn.b_O"] = draw(d, scale=0.2)
            if size["mlp"]:
                self.params |= {
                    f"{b}.mlp.W_in": draw(d, m, scale=s), f"{b}.mlp.b_in": draw(m, scale=0.2),
                    f"{b}.mlp.W_out": draw(m, d, scale=s), f"{b}.mlp.b_out": draw(d, scale=0.2),
                }
            if size["norm"]:
                for ln in ["ln1", "ln2"] if size["mlp"] else ["ln1"]:
                    self.params |= {f"{b}.{ln}.w": 1 + draw(d, scale=0.2), f"{b}.{ln}.b": draw(d, scale=0.2)}
        if size["norm"]:
            self.params |= {"ln_final.w": 1 + draw(d, scale=0.2), "ln_final.b": draw(d, scale=0.2)}
        self.params |= {"W_U": draw(d, D_VOCAB, scale=s), "b_U": draw(D_VOCAB, scale=0.2)}

    def run(self, tokens, hooks=None):
        """Logits at the last position and every activation by name, as it goes on after its hook."""
        p, size, cache, hooks = self.params, self.size, {}, hooks or {}

        def hook(name, x):
            cache[name] = hooks[name](x) if name in hooks else x
            return cache[name]

        def norm(name, x):
            if not size["norm"]:
                return x
            x = x - x.mean(-1, keepdim=True)
            return x / (x.square().mean(-1, keepdim=True) + 1e-5).sqrt() * p[f"{name}.w"] + p[f"{name}.b"]

        x = p["W_E"][tokens] + p["W_pos"]
        causal = torch.triu(torch.ones(N_CTX, N_CTX, dtype=torch.bool), 1)
        for layer in range(size["n_layers"]):
            b = f"blocks.{layer}"
            x = hook(f"{b}.hook_resid_pre", x)
            y = norm(f"{b}.ln1", x)
            q, k, v = (
                hook(f"{b}.attn.hook_{c.lower()}", torch.einsum("bpd,hdk->bphk", y, p[f"{b}.attn.W_{c}"]) + p[f"{b}.attn.b_{c}"])
                for c in "QKV"
            )
            scores = torch.einsum("bqhk,bphk->bhqp", q, k) / size["d_head"] ** 0.5
            pattern = hook(f"{b}.attn.hook_pattern", scores.masked_fill(causal, -torch.inf).softmax(-1))
            z = hook(f"{b}.attn.hook_z", torch.einsum("bhqp,bphk->bqhk", pattern, v))
            x = x + hook(f"{b}.hook_attn_out", torch.einsum("bphk,hkd->bpd", z, p[f"{b}.attn.W_O"]) + p[f"{b}.attn.b_O"])
            if size["mlp"]:
                x = hook(f"{b}.hook_resid_mid", x)
                pre = hook(f"{b}.mlp.hook_pre", norm(f"{b}.ln2", x) @ p[f"{b}.mlp.W_in"] + p[f"{b}.mlp.b_in"])
                x = x + hook(f"{b}.hook_mlp_out", pre.relu() @ p[f"{b}.mlp.W_out"] + p[f"{b}.mlp.b_out"])
            x = hook(f"{b}.hook_resid_post", x)
        return (norm("ln_final", x) @ p["W_U"] + p["b_U"])[:, -1], cache


def metrics(logits, clean_logits, right, wrong):
    rows = torch.arange(PAIRS)
    log_p, log_clean = logits.log_softmax(-1), clean_logits.log_softmax(-1)
    return {
        "logit-difference": logits[rows, right] - logits[rows, wrong],
        "probability": log_p.exp()[rows, right],
        "kl-divergence": (log_clean.exp() * (log_clean - log_p)).sum(-1),
    }


def inside(name, x, head, pos):
    """1 where a site is, as large as the activation."""
    mask = torch.ones_like(x)
    axes = dict(pattern=("batch", "head", "pos", "key")).get(name.split("hook_")[1], ("batch", "pos", "head", "k"))
    for axis, at in (("head", head), ("pos", pos)):
        if at is not None:
            one = torch.zeros(x.shape[axes.index(axis)])
            one[at] = 1
            shape = [1] * x.dim()
            shape[axes.index(axis)] = -1
            mask = mask * one.reshape(shape)
    return mask


def sweeps(net, clean, corrupted, right, wrong):
    size = net.size
    (clean_logits, clean_cache), (corrupted_logits, corrupted_cache) = net.run(clean), net.run(corrupted)
    kinds = ["resid_pre", "attn_out", "resid_post"] + (["resid_mid", "mlp_out"] if size["mlp"] else [])
    grids = [(kind, "layer-pos") for kind in kinds] + [(kind, "layer-head-pos") for kind in ["z", "q", "k", "v", "pattern"]]
    found = []
    for direction in ["denoise", "noise"]:
        base, base_cache, donor_cache = (
            (corrupted, corrupted_cache, clean_cache) if direction == "denoise" else (clean, clean_cache, corrupted_cache)
        )
        for metric in ["logit-difference", "probability", "kl-divergence"]:
            judge = lambda logits: metrics(logits, clean_logits, right, wrong)[metric]
            for kind, grid in grids:
                values, estimates = [], []
                for layer in range(size["n_layers"]):
                    name = f"blocks.{layer}.{'attn.' if grid != 'layer-pos' else ''}hook_{kind}"
                    delta = torch.zeros_like(base_cache[name], requires_grad=True)
                    judge(net.run(base, {name: lambda x: x + delta})[0]).sum().backward()
                    product = (donor_cache[name] - base_cache[name]) * delta.grad
                    heads = range(size["n_heads"]) if grid == "layer-head-pos" else [None]
                    for head in heads:
                        for pos in range(N_CTX):
                            mask = inside(name, base_cache[name], head, pos)
                            patched = lambda x: x * (1 - mask) + donor_cache[name] * mask
                            values.append(judge(net.run(base, {name: patched})[0]).mean().item())
                            estimates.append(((product * mask).sum() / PAIRS).item())
                found.append(dict(direction=direction, metric=metric, kind=kind, grid=grid, values=values, estimates=estimates))
    return found


def paths(net, clean, corrupted, right, wrong):
    """App. B of arXiv:2211.00593, base run clean: freeze, keep what arrives at the receivers, patch them alone."""
    size = net.size
    _, base = net.run(clean)
    _, donor = net.run(corrupted)
    last = size["n_layers"] - 1
    receiver_sets = {
        "logits": "logits",
        "query of the last layer's head 1": [("q", last, 1)],
        "keys and values of the last layer": [("k", last, None), ("v", last, 0)],
    }
    if size["mlp"]:
        receiver_sets["both MLPs"] = [("mlp", 0, None), ("mlp", 1, None)]
    found = []
    for title, receivers in receiver_sets.items():
        for freezes in [False, True] if size["mlp"] else [False]:
            values = []
            for layer in range(size["n_layers"]):
                for head in range(size["n_heads"]):
                    hooks = {}
                    for other in range(size["n_layers"]):
                        z = f"blocks.{other}.attn.hook_z"
                        mask = inside(z, base[z], head, None) if other == layer else torch.zeros_like(base[z])
                        hooks[z] = lambda x, z=z, mask=mask: base[z] * (1 - mask) + donor[z] * mask
                        if freezes:
                            out = f"blocks.{other}.hook_mlp_out"
                            hooks[out] = lambda x, out=out: base[out]
                    logits, arrived = net.run(clean, hooks)
                    if receivers != "logits":
                        second = {}
                        for kind, at, receiver in receivers:
                            name = f"blocks.{at}.mlp.hook_pre" if kind == "mlp" else f"blocks.{at}.attn.hook_{kind}"
                            mask = inside(name, base[name], receiver, None)
                            second[name] = lambda x, name=name, mask=mask: x * (1 - mask) + arrived[name] * mask
                        logits, _ = net.run(clean, second)
                    rows = torch.arange(PAIRS)
                    values.append((logits[rows, right] - logits[rows, wrong]).mean().item())
            found.append(
                dict(
                    receivers=receivers if receivers == "logits" else [
                        dict(kind=kind, layer=at) | ({} if head is None else dict(head=head)) for kind, at, head in receivers
                    ],
                    freezesMlps=freezes,
                    values=values,
                )
            )
    return found


cases = []
for name, size in CASES:
    net = Net(size)
    g = torch.Generator().manual_seed(SEED + 1)
    clean, corrupted = (torch.randint(D_VOCAB, (PAIRS, N_CTX), generator=g) for _ in range(2))
    right = torch.randint(D_VOCAB, (PAIRS,), generator=g)
    wrong = (right + 1 + torch.randint(D_VOCAB - 1, (PAIRS,), generator=g)) % D_VOCAB
    answers = dict(clean=clean.flatten().tolist(), corrupted=corrupted.flatten().tolist(), right=right.tolist(), wrong=wrong.tolist())
    both = (clean, corrupted, right, wrong)
    cases.append(
        {
            "id": name,
            "settings": {key: size[key] for key in ["n_layers", "n_heads", "d_model", "d_head", "d_mlp"]}
            | dict(attentionOnly=not size["mlp"], normalization="LN" if size["norm"] else "none", biases=True),
            "params": {key: dict(shape=list(value.shape), values=value.flatten().tolist()) for key, value in net.params.items()},
            "pairs": answers,
            "sweeps": sweeps(net, *both),
            "paths": paths(net, *both),
        }
    )

golden.write(
    "patching",
    seed=SEED,
    tolerance=1e-4,
    reason="whole passes in float64 against resumed, batched passes in float32 with logits of order 10",
    cases=cases,
)
