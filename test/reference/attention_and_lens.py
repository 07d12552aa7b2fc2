"""What attention heads look at, and reading the residual stream: analyses of lab/interpret by another road.

Head scores go by comparing tokens pair by pair; attribution by autograd through a final norm whose scale is detached, where
the program takes products with a direction; copying by the eigenvalues of the whole OV circuit.
"""

import torch

import golden
from decoder import Decoder

SEED = 5
SIZE = dict(n_ctx=6, d_vocab=7, n_layers=2, n_heads=2, d_model=6, d_head=3, d_mlp=8, activation="relu", normalization="none",
            positions="learned", attentionOnly=False, biases=False)
CASES = [
    ("two layers with LayerNorm, biases and MLPs", dict(normalization="LN", biases=True, activation="gelu_new")),
    ("two attention-only layers without a norm", dict(attentionOnly=True)),
    ("two layers with RMSNorm and no positions", dict(normalization="RMS", positions="none", activation="silu")),
]
TOKENS = torch.tensor([[1, 4, 1, 2, 4, 1], [6, 0, 3, 6, 0, 3]])
POSITIONS, ANSWERS = torch.tensor([5, 3]), torch.tensor([2, 6])


def blocks(model):
    return [f"blocks.{layer}" for layer in range(model.size["n_layers"])]


def head_scores(model, cache):
    batch, length = TOKENS.shape
    rows = {"previous-token": [], "duplicate-token": [], "induction": [], "prefix-matching": [], "entropy": []}
    for b in range(batch):
        for q in range(length):
            at = lambda keys: torch.stack([cache[f"{name}.pattern"][b, :, q][:, keys].sum(-1) for name in blocks(model)])
            same = [k for k in range(q) if TOKENS[b, k] == TOKENS[b, q]]
            after = [k + 1 for k in same if k + 1 < q]
            if q > 0:
                rows["previous-token"].append(at([q - 1]))
            if same:
                rows["duplicate-token"].append(at(same))
            if after:
                rows["prefix-matching"].append(at(after))
                rows["induction"].append(at([max(after)]))
            entropies = [torch.distributions.Categorical(cache[f"{name}.pattern"][b, :, q]).entropy() for name in blocks(model)]
            rows["entropy"].append(torch.stack(entropies))
    return {score: torch.stack(values).mean(0).flatten().tolist() for score, values in rows.items()}


def copying(model):
    p, scores = model.p, []
    centre = lambda m: m - m.mean(0, keepdim=True) if model.size["normalization"] == "LN" else m
    reading = lambda name, m: centre(p[f"{name}.w"][:, None] * m if f"{name}.w" in p else m)
    for name in blocks(model):
        for head in range(model.size["n_heads"]):
            V = reading(f"{name}.ln1", p[f"{name}.attn.W_V"][head])
            circuit = p["W_E"] @ V @ p[f"{name}.attn.W_O"][head] @ reading("ln_final", p["W_U"])
            eigenvalues = torch.linalg.eigvals(circuit)
            scores.append((eigenvalues.sum().real / eigenvalues.abs().sum()).item())
    return scores


def patterns(model, cache):
    later = torch.triu(torch.ones(6, 6, dtype=torch.bool), 1)
    stacked = lambda read: torch.stack([read(name).mean(0) for name in blocks(model)])
    weighted = lambda name: cache[f"{name}.pattern"] * cache[f"{name}.v"].norm(dim=-1).transpose(1, 2)[:, :, None]
    scores = stacked(lambda name: cache[f"{name}.scores"]).masked_fill(later, 0)
    return {
        "pattern": stacked(lambda name: cache[f"{name}.pattern"]).flatten().tolist(),
        "valueWeighted": stacked(weighted).flatten().tolist(),
        "scores": scores.flatten().tolist(),
    }


def points(model, cache):
    names = [key for key in cache if "hook_resid_" in key]
    return [name for i, name in enumerate(names) if i == 0 or not name.endswith("resid_pre")]


def lens(model, cache):
    final = cache["logits"].log_softmax(-1)
    rows = {"answerProbability": [], "answerRank": [], "kl": [], "top": []}
    for name in points(model, cache):
        logits = model.logits(cache[name])
        log_probs = logits.log_softmax(-1)
        own = log_probs[torch.arange(2), POSITIONS, ANSWERS]
        at = log_probs[torch.arange(2), POSITIONS]
        rows["answerProbability"].append(own.exp().tolist())
        rows["answerRank"].append((1 + (at > own[:, None]).sum(-1)).tolist())
        rows["kl"].append((final.exp() * (final - log_probs)).sum(-1).tolist())
        rows["top"].append(logits.argmax(-1).tolist())
    return {"points": points(model, cache), **rows}


def attribution(model, cache):
    """The gradient of the answers' logits, the scale detached, times what each component wrote."""
    last = cache[f"{blocks(model)[-1]}.hook_resid_post"].detach().requires_grad_()
    kind, p = model.size["normalization"], model.p
    _, scale = model.norm("ln_final", last.detach())
    centred = last - last.mean(-1, keepdim=True) if kind == "LN" else last
    weighted = centred / scale * p.get("ln_final.w", 1.0)
    logits = weighted @ p["W_U"]
    logits[torch.arange(2), POSITIONS, ANSWERS].mean().backward()
    g = last.grad
    part = lambda written: (written * g).sum().item()
    heads, sources, neurons = [], [], []
    for name in blocks(model):
        by_source = torch.einsum("bhqk,bkhe,hed,bqd->hk", cache[f"{name}.pattern"], cache[f"{name}.v"], p[f"{name}.attn.W_O"], g)
        sources += by_source.flatten().tolist()
        heads += torch.einsum("bqhe,hed,bqd->h", cache[f"{name}.z"], p[f"{name}.attn.W_O"], g).tolist()
        if f"{name}.post" in cache:
            neurons.append(torch.einsum("bpm,md,bpd->m", cache[f"{name}.post"], p[f"{name}.mlp.W_out"], g).tolist())
    starts = {key: part(cache[key]) for key in ("hook_embed", "hook_pos_embed") if key in cache}
    biases = {key: part(p[key].expand_as(g)) for key in p if key.endswith(("attn.b_O", "mlp.b_out"))}
    whole = cache["logits"][torch.arange(2), POSITIONS, ANSWERS].mean().item()
    return {"logit": whole, "heads": heads, "sources": sources, "neurons": neurons, "single": {**starts, **biases}}


def decomposition(model, cache):
    names = points(model, cache)
    writers = [key for key in cache if key.endswith(("attn_out", "mlp_out"))]
    cosine = torch.nn.functional.cosine_similarity
    return {
        "norm": [cache[name].norm(dim=-1).mean().item() for name in names],
        "finalCosine": [cosine(cache[name], cache[names[-1]], dim=-1).mean().item() for name in names],
        "writeNorm": [cache[name].norm(dim=-1).mean().item() for name in writers],
        "writeCosine": [cosine(cache[w], cache[n], dim=-1).mean().item() for w, n in zip(writers, names)],
    }


def case(title, settings):
    model = Decoder({**SIZE, **settings}, SEED)
    cache = model.run(TOKENS)
    return {
        "id": title,
        "settings": {key: value for key, value in model.size.items() if key not in ("n_ctx", "d_vocab")},
        "dims": {"n_ctx": SIZE["n_ctx"], "d_vocab": SIZE["d_vocab"], "d_vocab_out": SIZE["d_vocab"]},
        "params": {name: {"shape": list(value.shape), "values": value.flatten().tolist()} for name, value in model.p.items()},
        "tokens": TOKENS.flatten().tolist(),
        "positions": POSITIONS.tolist(),
        "answers": ANSWERS.tolist(),
        "patterns": patterns(model, cache),
        "headScores": {**head_scores(model, cache), "copying": copying(model)},
        "lens": lens(model, cache),
        "attribution": attribution(model, cache),
        "decomposition": decomposition(model, cache),
    }


golden.write(
    "attention_and_lens",
    seed=SEED,
    tolerance=1e-4,
    reason="float32 forward passes of two layers against float64; the largest difference seen is below 1e-5",
    cases=[case(*one) for one in CASES],
)
