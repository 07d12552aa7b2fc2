"""Training steps in PyTorch, for `npm run bench`: float32, full batch, cross-entropy, AdamW, the loss read every step."""

import torch
from torch.nn import functional as F

import bench_windows

P, WIDTH, PAIRS = 97, 500, 4704


def pairs_of(p, count):
    generator = torch.Generator().manual_seed(1)
    chosen = torch.randperm(p * p, generator=generator)[:count]
    pairs = torch.stack([chosen // p, chosen % p], 1)
    return pairs, pairs.sum(1) % p


def adamw(params, learning_rate, decay):
    options = dict(lr=learning_rate, betas=(0.9, 0.98), eps=1e-8, weight_decay=decay)
    try:
        return torch.optim.AdamW(params, fused=True, **options)
    except (RuntimeError, TypeError):  # no fused form for processors before 2.4
        return torch.optim.AdamW(params, foreach=True, **options)


def stepper(params, loss_of, *, learning_rate, decay):
    for param in params:
        param.requires_grad_(True)
    optimizer = adamw(params, learning_rate, decay)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def perceptron():
    generator = torch.Generator().manual_seed(2)
    deviation = (16 * WIDTH) ** (-1 / 3)
    draw = lambda *shape: deviation * torch.randn(*shape, generator=generator)
    return draw(2 * P, WIDTH), draw(WIDTH, P)


def mlp_one_hot():
    pairs, labels = pairs_of(P, PAIRS)
    inputs = F.one_hot(pairs, P).float().reshape(PAIRS, 2 * P)
    w_in, w_out = perceptron()
    loss = lambda: F.cross_entropy(torch.square(inputs @ w_in) @ w_out, labels)
    return stepper([w_in, w_out], loss, learning_rate=0.005, decay=0.1)


def mlp_gather(loss_of=F.cross_entropy):
    pairs, labels = pairs_of(P, PAIRS)
    rows = pairs + torch.tensor([0, P])
    w_in, w_out = perceptron()
    loss = lambda: loss_of(torch.square(F.embedding_bag(rows, w_in, mode="sum")) @ w_out, labels)
    return stepper([w_in, w_out], loss, learning_rate=0.005, decay=0.1)


def mlp_gather_mse():
    _, labels = pairs_of(P, PAIRS)
    wanted = F.one_hot(labels, P).float()
    return mlp_gather(lambda logits, _: F.mse_loss(logits, wanted))


def transformer(last_only):
    """One layer, no norm, no biases: p = 113, d_model 128, 4 heads, d_mlp 512, after an equals token."""
    p, d_model, heads, d_mlp, count = 113, 128, 4, 512, 3830
    pairs, labels = pairs_of(p, count)
    tokens = torch.cat([pairs, torch.full((count, 1), p)], 1)
    generator = torch.Generator().manual_seed(3)
    draw = lambda *shape, by=d_model: torch.randn(*shape, generator=generator) / by**0.5
    w_e, w_pos, w_u = draw(p + 1, d_model), draw(3, d_model), draw(d_model, p, by=p)
    w_q, w_k, w_v, w_o = (draw(d_model, d_model) for _ in range(4))
    w_in, w_out = draw(d_model, d_mlp), draw(d_mlp, d_model)
    causal = torch.full((3, 3), float("-inf")).triu(1)
    split = lambda x: x.unflatten(-1, (heads, d_model // heads)).transpose(1, 2)

    def loss():
        stream = F.embedding(tokens, w_e) + w_pos
        asked = stream[:, 2:] if last_only else stream
        q, k, v = split(asked @ w_q), split(stream @ w_k), split(stream @ w_v)
        scores = q @ k.transpose(-1, -2) / (d_model // heads) ** 0.5
        pattern = torch.softmax(scores if last_only else scores + causal, -1)
        asked = asked + (pattern @ v).transpose(1, 2).flatten(2) @ w_o
        asked = asked + torch.relu(asked @ w_in) @ w_out
        return F.cross_entropy((asked @ w_u)[:, -1], labels)

    return stepper([w_e, w_pos, w_q, w_k, w_v, w_o, w_in, w_out, w_u], loss, learning_rate=0.001, decay=1.0)


class Reader:
    """Two layers of eight heads with LayerNorm and biases; every activation passes `hook`, as in tools that patch."""

    def __init__(self):
        generator = torch.Generator().manual_seed(4)
        self.draw = lambda *shape: torch.randn(*shape, generator=generator) / 128**0.5
        self.w_e, self.w_pos, self.w_u = self.draw(64, 128), self.draw(32, 128), self.draw(128, 64)
        self.layers = [
            {name: self.draw(*shape) for name, shape in dict(q=(128, 128), k=(128, 128), v=(128, 128), o=(128, 128), i=(128, 512), u=(512, 128)).items()}
            for _ in range(2)
        ]
        self.bias = torch.zeros(128)
        self.causal = torch.full((32, 32), float("-inf")).triu(1)

    def __call__(self, tokens, hook):
        split = lambda x: x.unflatten(-1, (8, 16)).transpose(1, 2)
        stream = hook("embed", F.embedding(tokens, self.w_e)) + hook("pos_embed", self.w_pos)
        for at, layer in enumerate(self.layers):
            name = lambda part: f"{at}.{part}"
            read = hook(name("ln1"), F.layer_norm(hook(name("resid_pre"), stream), (128,)))
            q, k, v = (hook(name(letter), split(read @ layer[letter] + self.bias)) for letter in "qkv")
            scores = hook(name("scores"), q @ k.transpose(-1, -2) / 4 + self.causal)
            pattern = hook(name("pattern"), torch.softmax(scores, -1))
            z = hook(name("z"), (pattern @ v).transpose(1, 2))
            stream = hook(name("resid_mid"), stream + hook(name("attn_out"), z.flatten(2) @ layer["o"] + self.bias))
            read = hook(name("ln2"), F.layer_norm(stream, (128,)))
            post = hook(name("post"), F.gelu(hook(name("pre"), read @ layer["i"])))
            stream = hook(name("resid_post"), stream + hook(name("mlp_out"), post @ layer["u"] + self.bias))
        return hook("ln_final", F.layer_norm(stream, (128,))) @ self.w_u


def reader_tokens(seed):
    return torch.randint(0, 64, (16, 32), generator=torch.Generator().manual_seed(seed))


def forward_with_cache():
    model, tokens = Reader(), reader_tokens(5)

    def call():
        cache = {}
        with torch.no_grad():
            model(tokens, lambda name, x: cache.setdefault(name, x))

    return call


def sweep_of_heads():
    model, clean, corrupted = Reader(), reader_tokens(5), reader_tokens(6)

    def call():
        cache, effects = {}, []
        with torch.no_grad():
            model(clean, lambda name, x: cache.setdefault(name, x))
            model(corrupted, lambda _, x: x)
            for layer in range(2):
                for head in range(8):

                    def patch(name, x):
                        if name != f"{layer}.z":
                            return x
                        patched = x.clone()
                        patched[:, :, head] = cache[name][:, :, head]
                        return patched

                    logits = model(corrupted, patch)[:, -1]
                    effects.append((logits[:, 0] - logits[:, 1]).mean().item())

    return call


if __name__ == "__main__":
    bench_windows.serve(
        {
            "mlp one-hot": mlp_one_hot,
            "mlp gather": mlp_gather,
            "mlp gather, mse": mlp_gather_mse,
            "transformer, every position": lambda: transformer(False),
            "transformer, last position": lambda: transformer(True),
            "forward pass keeping every activation": forward_with_cache,
            "patching sweep of 16 heads": sweep_of_heads,
        }
    )
