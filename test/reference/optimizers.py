"""Ten steps of each optimizer on a small perceptron: parameters after the last one."""

import torch

import golden
from perceptron import Perceptron, addition, flat, train

P, WIDTH, STEPS, SEED = 5, 8, 10, 3

CASES = [
    ("adamw", "adamw", dict(learningRate=0.01, weightDecay=0.5, beta1=0.9, beta2=0.98, epsilon=1e-8)),
    ("adamw, decay as large as in the paper", "adamw", dict(learningRate=0.01, weightDecay=15, beta1=0.9, beta2=0.98, epsilon=1e-8)),
    ("adamw, epsilon that matters", "adamw", dict(learningRate=0.01, weightDecay=0, beta1=0.9, beta2=0.999, epsilon=1e-2)),
    ("adam", "adam", dict(learningRate=0.01, weightDecay=0, beta1=0.9, beta2=0.999, epsilon=1e-8)),
    ("adam, L2 penalty", "adam", dict(learningRate=0.01, weightDecay=0.1, beta1=0.8, beta2=0.99, epsilon=1e-8)),
    ("sgd", "sgd", dict(learningRate=0.5, momentum=0, nesterov=False, weightDecay=0)),
    ("sgd, momentum and decay", "sgd", dict(learningRate=0.2, momentum=0.9, nesterov=False, weightDecay=0.01)),
    ("sgd, Nesterov", "sgd", dict(learningRate=0.2, momentum=0.9, nesterov=True, weightDecay=0.01)),
]


def make(optimizer, params, s):
    if optimizer == "sgd":
        return torch.optim.SGD(
            params, lr=s["learningRate"], momentum=s["momentum"], nesterov=s["nesterov"], weight_decay=s["weightDecay"]
        )
    kind = torch.optim.AdamW if optimizer == "adamw" else torch.optim.Adam
    betas = (s["beta1"], s["beta2"])
    return kind(params, lr=s["learningRate"], betas=betas, eps=s["epsilon"], weight_decay=s["weightDecay"])


cases = []
for name, optimizer, settings in CASES:
    model = Perceptron(P, WIDTH, seed=SEED)
    losses = train(model, make(optimizer, list(model.params.values()), settings), "mse", *addition(P), STEPS)
    cases.append(
        {
            "id": name,
            "optimizer": optimizer,
            "settings": settings,
            "p": P,
            "d_mlp": WIDTH,
            "initial": flat(model.initial),
            "losses": losses,
            "final": flat(model.params),
        }
    )

golden.write(
    "optimizers",
    seed=SEED,
    tolerance=2e-6,
    reason="ten steps in float32 against float64: weights of order 1 carry a relative rounding of 6e-8 a step and op",
    cases=cases,
)
