"""Small random transformers by TransformerLens (one by Hugging Face): logits, activations, gradients, patching sweeps.

Needs transformer-lens 2 (the last with HookedTransformer) and transformers beside torch. Weights are random, rounded to
a grid of 2^-12, and shared by both sides. Arrays are float32 in base64. The loss is the mean cross-entropy of the labels
over all positions that are not padding.
"""

import base64
from importlib.metadata import version

import torch
from torch.nn import functional as F
from transformer_lens import HookedTransformer, HookedTransformerConfig, patching
from transformers import GPT2Config, GPT2LMHeadModel

import golden
from golden import grid

SEED, BATCH, LENGTH, VOCABULARY = 17, 3, 6, 11
NORMS = {"none": None, "LN": "LN", "LNPre": "LNPre", "RMS": "RMS", "RMSPre": "RMSPre"}
DEFAULTS = dict(
    n_layers=2, d_model=8, n_heads=2, d_head=4, d_mlp=16, attentionOnly=False, activation="relu", gatedMlp=False,
    normalization="none", positions="learned", attentionDirection="causal", biases=False, tiedUnembedding=False,
)

CASES = [
    ("one layer as of Nanda et al.", dict(n_layers=1), ["cache"]),
    ("LayerNorm, biases, tanh GELU", dict(normalization="LN", biases=True, activation="gelu_new"), ["cache", "patching"]),
    ("bidirectional, exact GELU", dict(attentionDirection="bidirectional", activation="gelu", normalization="LN"), []),
    ("gated SiLU, RMSNorm, rotary", dict(gatedMlp=True, activation="silu", normalization="RMS", positions="rotary"), ["cache"]),
    ("gated with biases, folded RMSNorm", dict(gatedMlp=True, activation="silu", normalization="RMSPre", biases=True), []),
    ("attention only", dict(attentionOnly=True), ["patching"]),
    ("attention only, heads wider than the stream", dict(attentionOnly=True, n_heads=3, d_head=5, biases=True), []),
    ("heads narrower than the stream, folded LayerNorm", dict(n_heads=3, d_head=2, normalization="LNPre"), []),
    ("no positions", dict(positions="none", activation="gelu", biases=True), []),
    ("causal with padding", dict(normalization="LN", biases=True), ["mask"]),
    ("bidirectional with padding", dict(attentionDirection="bidirectional"), ["mask"]),
    ("tied unembedding", dict(tiedUnembedding=True, n_layers=1), []),
]


def packed(tensor):
    values = tensor.detach().to(torch.float32).contiguous()
    return {"shape": list(values.shape), "base64": base64.b64encode(values.numpy().tobytes()).decode()}


def our_name(name):
    """Parameters carry TransformerLens's names, without the modules of the ends: `embed.W_E` is W_E."""
    return name.removeprefix("embed.").removeprefix("pos_embed.").removeprefix("unembed.")


def lens_model(settings):
    s = settings
    return HookedTransformer(
        HookedTransformerConfig(
            n_layers=s["n_layers"], d_model=s["d_model"], n_ctx=LENGTH, d_head=s["d_head"], n_heads=s["n_heads"],
            d_mlp=s["d_mlp"], d_vocab=VOCABULARY, act_fn=s["activation"], attn_only=s["attentionOnly"],
            gated_mlp=s["gatedMlp"], normalization_type=NORMS[s["normalization"]], use_attn_result=True,
            positional_embedding_type="rotary" if s["positions"] == "rotary" else "standard",
            rotary_dim=s["d_head"] if s["positions"] == "rotary" else None,
            attention_dir=s["attentionDirection"], dtype=torch.float64, device="cpu", seed=SEED,
        )
    )


def randomize(model, settings, generator):
    """Draws every weight; those that the settings leave out stay zero. Returns the parameters that are learned."""
    learned = {}
    with torch.no_grad():
        for name, param in model.named_parameters():
            is_bias = name.split(".")[-1].startswith("b_")
            is_absent = (is_bias and not settings["biases"]) or (name == "pos_embed.W_pos" and settings["positions"] == "none")
            is_norm_weight = name.endswith(".w")
            param.copy_(torch.zeros_like(param) if is_absent else grid(0.5 * torch.randn(param.shape, generator=generator) + is_norm_weight))
            if not is_absent:
                learned[name] = param
        if settings["tiedUnembedding"]:
            model.unembed.W_U.copy_(model.embed.W_E.T)
            del learned["unembed.W_U"]
    return learned


def loss_of(logits, labels, mask):
    losses = F.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none")
    return (losses * mask.flatten()).sum() / mask.sum()


def sweeps(model, tokens, corrupted):
    """Logit of token 1 minus that of token 2 at the last position, mean over the batch, in the corrupted run patched."""
    metric = lambda logits: (logits[:, -1, 1] - logits[:, -1, 2]).mean()
    _, clean = model.run_with_cache(tokens)
    by_position = {"hook_resid_pre": patching.get_act_patch_resid_pre, "hook_attn_out": patching.get_act_patch_attn_out}
    if not model.cfg.attn_only:
        by_position |= {"hook_resid_mid": patching.get_act_patch_resid_mid, "hook_mlp_out": patching.get_act_patch_mlp_out}
    by_head = {
        "attn.hook_z": patching.get_act_patch_attn_head_out_all_pos,
        "attn.hook_q": patching.get_act_patch_attn_head_q_all_pos,
        "attn.hook_k": patching.get_act_patch_attn_head_k_all_pos,
        "attn.hook_v": patching.get_act_patch_attn_head_v_all_pos,
        "attn.hook_pattern": patching.get_act_patch_attn_head_pattern_all_pos,
    }
    return {
        "corrupted": corrupted.flatten().tolist(),
        "metricClean": metric(model(tokens)).item(),
        "metricCorrupted": metric(model(corrupted)).item(),
        "byPosition": {site: packed(sweep(model, corrupted, clean, metric)) for site, sweep in by_position.items()},
        "byHead": {site: packed(sweep(model, corrupted, clean, metric)) for site, sweep in by_head.items()},
    }


def lens_case(name, changes, wanted):
    settings = DEFAULTS | changes
    generator = torch.Generator().manual_seed(SEED)
    model = lens_model(settings)
    learned = randomize(model, settings, generator)
    tokens, labels, corrupted = (torch.randint(0, VOCABULARY, (BATCH, LENGTH), generator=generator) for _ in range(3))
    mask = torch.ones(BATCH, LENGTH, dtype=torch.long)
    if "mask" in wanted:
        mask[0, 4:], mask[1, 2:] = 0, 0
    forward = lambda: model(tokens)
    if "mask" in wanted:
        # Its own argument moves positions and is ignored by bidirectional attention; a hook hides the keys and no more.
        hide = lambda scores, hook: scores.masked_fill(mask[:, None, None, :] == 0, -torch.inf)
        forward = lambda: model.run_with_hooks(tokens, fwd_hooks=[(lambda name: name.endswith("attn_scores"), hide)])

    logits = forward()
    loss = loss_of(logits, labels, mask)
    loss.backward()
    grads = {our_name(key): param.grad.clone() for key, param in learned.items()}
    if settings["tiedUnembedding"]:
        grads["W_E"] += model.unembed.W_U.grad.T
    cache = {}
    if "cache" in wanted:
        _, recorded = model.run_with_cache(tokens)
        cache = {key: packed(value) for key, value in recorded.items()}
    return {
        "id": name,
        "settings": settings,
        "dims": {"n_ctx": LENGTH, "d_vocab": VOCABULARY, "d_vocab_out": VOCABULARY},
        "tokens": tokens.flatten().tolist(),
        "labels": labels.flatten().tolist(),
        "mask": mask.flatten().tolist(),
        "params": {our_name(key): packed(param) for key, param in learned.items()},
        "logits": packed(logits),
        "loss": loss.item(),
        "grads": {key: packed(value) for key, value in grads.items()},
        "cache": cache,
        "patching": sweeps(model, tokens, corrupted) if "patching" in wanted else None,
    }


def from_gpt2(name, array, heads):
    """A Hugging Face GPT-2 array under our names; its Conv1D weights are [in, out], queries, keys and values side by side."""
    if name in ("transformer.wte.weight", "transformer.wpe.weight", "lm_head.weight"):
        ends = {"transformer.wte.weight": "W_E", "transformer.wpe.weight": "W_pos"}
        return {ends[name]: array} if name in ends else {}
    parts = name.removeprefix("transformer.").split(".")
    norm = {"weight": "w", "bias": "b"}
    if parts[0] == "ln_f":
        return {f"ln_final.{norm[parts[1]]}": array}
    layer, module, kind = f"blocks.{parts[1]}", parts[2], parts[-1]
    if module in ("ln_1", "ln_2"):
        return {f"{layer}.ln{module[-1]}.{norm[kind]}": array}
    by_head = lambda x: x.reshape(x.shape[:-1] + (heads, -1))
    if parts[3] == "c_attn":
        thirds = zip("QKV", array.chunk(3, dim=-1))
        if kind == "bias":
            return {f"{layer}.attn.b_{letter}": by_head(third) for letter, third in thirds}
        return {f"{layer}.attn.W_{letter}": by_head(third).permute(1, 0, 2) for letter, third in thirds}
    if module == "attn":
        return {f"{layer}.attn.b_O": array} if kind == "bias" else {f"{layer}.attn.W_O": array.reshape(heads, -1, array.shape[-1])}
    side = {"c_fc": "in", "c_proj": "out"}[parts[3]]
    return {f"{layer}.mlp.{'b' if kind == 'bias' else 'W'}_{side}": array}


def gpt2_case():
    settings = DEFAULTS | dict(normalization="LN", biases=True, activation="gelu_new", tiedUnembedding=True)
    heads = settings["n_heads"]
    config = GPT2Config(
        vocab_size=VOCABULARY, n_positions=LENGTH, n_embd=settings["d_model"], n_layer=settings["n_layers"], n_head=heads,
        n_inner=settings["d_mlp"], activation_function="gelu_new", attn_pdrop=0, embd_pdrop=0, resid_pdrop=0,
        bos_token_id=0, eos_token_id=0,
    )
    generator = torch.Generator().manual_seed(SEED)
    model = GPT2LMHeadModel(config).double().eval()
    with torch.no_grad():
        for name, param in model.named_parameters():
            param.copy_(grid(0.5 * torch.randn(param.shape, generator=generator) + ("ln_" in name and name.endswith("weight"))))
    tokens, labels = (torch.randint(0, VOCABULARY, (BATCH, LENGTH), generator=generator) for _ in range(2))
    mask = torch.ones(BATCH, LENGTH, dtype=torch.long)
    logits = model(tokens).logits
    loss = loss_of(logits, labels, mask)
    loss.backward()
    params, grads = {}, {}
    for name, param in model.named_parameters():
        params |= from_gpt2(name, param.detach(), heads)
        grads |= from_gpt2(name, param.grad, heads)
    params["b_U"] = torch.zeros(VOCABULARY)
    return {
        "id": "GPT-2 of Hugging Face",
        "settings": settings,
        "dims": {"n_ctx": LENGTH, "d_vocab": VOCABULARY, "d_vocab_out": VOCABULARY},
        "tokens": tokens.flatten().tolist(),
        "labels": labels.flatten().tolist(),
        "mask": mask.flatten().tolist(),
        "params": {key: packed(value) for key, value in params.items()},
        "logits": packed(logits),
        "loss": loss.item(),
        "grads": {key: packed(value) for key, value in grads.items()},
        "cache": {},
        "patching": None,
    }


golden.write(
    "tiny_transformers",
    seed=SEED,
    tolerance=5e-5,
    reason="one pass in float32 against float64 with logits of order 1 to 10, and answers rounded to float32",
    versions={package: version(package) for package in ("transformer-lens", "transformers")},
    cases=[lens_case(*case) for case in CASES] + [gpt2_case()],
)
